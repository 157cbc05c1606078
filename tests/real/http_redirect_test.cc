// Redirects and TLS of the HTTP client: where it goes, where it does not, and whom it believes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "node/asio_http_url.h"
#include "tests/real/http_fixture.h"

namespace starling::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string RedirectTo(const std::string& location, int code = 302) {
  return absl::StrCat("HTTP/1.1 ", code, " Elsewhere\r\nLocation: ", location,
                      "\r\nContent-Length: 4\r\n\r\nbody");
}

class RedirectTest : public HttpTest {
 protected:
  // Answers the n-th request with the n-th answer, the last one for ever.
  void ServeInTurn(std::vector<std::string> answers, const Certificate* certificate = nullptr) {
    server = std::make_unique<ScriptedServer>(
        parts,
        [answers, this](const std::string&) {
          const size_t index = std::min(server->requests.size(), answers.size()) - 1;
          return std::vector<std::string>{answers[index]};
        },
        certificate);
  }
  // Lets the client believe `certificate` besides the system's store.
  void Trust(const Certificate& certificate) {
    const std::string path = testing::TempDir() + "/starling_http_trusted.pem";
    certificate.WritePem(path);
    http = std::make_unique<AsioHttp>(parts.loop, parts.buffers, dialer, resolver, path);
  }
};

TEST_F(RedirectTest, FollowsAbsoluteAndRelativeOnes) {
  for (const int code : {301, 302, 303, 307, 308}) {
    ServeInTurn({RedirectTo("../c/d?e=%20f", code), HttpOk("there")});
    download = Download();
    Fetch(server->Url("/a/b/x?y=z"));
    EXPECT_TRUE(download.ok()) << *download.status;
    EXPECT_EQ(download.body, "there");
    ASSERT_EQ(server->requests.size(), 2u);
    EXPECT_THAT(server->requests[1], StartsWith("GET /a/c/d?e=%20f HTTP/1.1\r\n"));
  }
  ScriptedServer target(
      parts, [](const std::string&) { return std::vector<std::string>{HttpOk("other")}; });
  ServeInTurn({RedirectTo(target.Url("/x y"))});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_EQ(download.body, "other");
  EXPECT_THAT(target.requests[0], StartsWith("GET /x%20y HTTP/1.1\r\n"));
}

TEST_F(RedirectTest, GivesUpAfterFive) {
  ServeInTurn({RedirectTo("/again")});
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server->requests.size(), 6u);
}

TEST_F(RedirectTest, KeepsSecretsFromOtherOrigins) {
  ScriptedServer target(
      parts, [](const std::string&) { return std::vector<std::string>{HttpOk("other")}; });
  ServeInTurn({RedirectTo(target.Url("/"))});
  HttpRequest request = Request(server->Url("/", "user:secret@127.0.0.1"));
  request.headers = {{"Cookie", "secret"}, {"X-Plain", "1"}};
  Fetch(request);
  EXPECT_THAT(server->requests[0], HasSubstr("Cookie: secret"));
  EXPECT_THAT(server->requests[0], HasSubstr("Authorization: Basic"));
  EXPECT_THAT(target.requests[0], Not(HasSubstr("secret")));
  EXPECT_THAT(target.requests[0], Not(HasSubstr("Authorization")));
  EXPECT_THAT(target.requests[0], HasSubstr("X-Plain: 1"));
}

TEST_F(RedirectTest, ARedirectWithoutPlaceIsAnAnswer) {
  ServeInTurn({"HTTP/1.1 302 Found\r\nContent-Length: 2\r\n\r\nhm"});
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok());
  EXPECT_EQ(download.head->status, 302);
  EXPECT_EQ(download.body, "hm");
}

// Names every host 127.0.0.1 as it dials, and otherwise believes what the test says.
class PretendingWorld final : public Resolver, public Dialer, public Resolution {
 public:
  PretendingWorld(AsioLoop& loop, Dialer& dialer) : loop_(loop), dialer_(dialer) {}
  std::unique_ptr<Resolution> Resolve(Time, absl::string_view host, uint16_t port,
                                      ResolveHandler& handler) override {
    const Endpoint there =
        host == "public" ? Endpoint::V4(0x08080808, port) : Endpoint::V4(0x0a000001, port);
    loop_.Post(
        [&handler, there](Time now) { handler.OnResolved(now, std::vector<Endpoint>{there}); });
    return nullptr;
  }
  std::unique_ptr<Stream> Dial(Time now, const Endpoint& to) override {
    return dialer_.Dial(now, Loopback(to.port));
  }

 private:
  AsioLoop& loop_;
  Dialer& dialer_;
};

TEST_F(RedirectTest, NeverLeadFromTheInternetToPrivateAddresses) {
  PretendingWorld world(parts.loop, dialer);
  http = std::make_unique<AsioHttp>(parts.loop, parts.buffers, world, world);
  ServeInTurn({RedirectTo("http://router/reboot"), HttpOk("rebooting")});
  Fetch(server->Url("/", "public"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(server->requests.size(), 1u);
}

TEST_F(RedirectTest, FetchesOverTls) {
  const Certificate certificate("IP:127.0.0.1");
  Trust(certificate);
  const std::string body(500'000, 't');
  ServeInTurn({HttpOk(body)}, &certificate);
  Fetch(server->Url("/secure"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_TRUE(download.body == body);
}

TEST_F(RedirectTest, BelievesOnlyCertificatesThatAreTrustedAndFit) {
  const Certificate trusted("DNS:elsewhere.example");
  const Certificate unknown("IP:127.0.0.1");
  const Certificate expired("IP:127.0.0.1", -1);
  Trust(trusted);
  for (const Certificate* shown : {&trusted, &unknown}) {
    ServeInTurn({HttpOk("lies")}, shown);
    download = Download();
    Fetch(server->Url("/"));
    EXPECT_EQ(download.status->code(), absl::StatusCode::kPermissionDenied) << *download.status;
    EXPECT_TRUE(server->requests.empty());
  }
  Trust(expired);
  ServeInTurn({HttpOk("old lies")}, &expired);
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_THAT(std::string(download.status->message()), HasSubstr("expired"));
}

TEST_F(RedirectTest, NeverLeadFromTlsToPlain) {
  const Certificate certificate("IP:127.0.0.1");
  Trust(certificate);
  ServeInTurn({RedirectTo("http://127.0.0.1/")}, &certificate);
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RedirectTest, NoticesThatABodyWasCutInsideTls) {
  const Certificate certificate("IP:127.0.0.1");
  Trust(certificate);
  for (const bool honest : {true, false}) {
    ServeInTurn({"HTTP/1.1 200 OK\r\n\r\nas far as it goes"}, &certificate);
    server->say_goodbye = honest;
    download = Download();
    Fetch(server->Url("/"));
    EXPECT_EQ(download.ok(), honest) << *download.status;
    EXPECT_EQ(download.body, "as far as it goes");
  }
}

TEST_F(RedirectTest, SaysWhenTheOtherSideSpeaksNoTls) {
  Serve({"HTTP/1.1 400 Bad Request\r\n\r\n"});
  server->greeting = "220 mail.example ESMTP\r\n";
  Fetch(absl::StrCat("https://127.0.0.1:", server->endpoint().port, "/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(download.status->message()), HasSubstr("TLS with 127.0.0.1"));
}

TEST(HttpUrl, EncodesWhatMustNotStandThereAndKeepsTheRest) {
  EXPECT_EQ(ParseHttpUrl("http://h/a b{c}|\xc3\xa9?q=%2f")->target, "/a%20b%7Bc%7D%7C%C3%A9?q=%2f");
  EXPECT_EQ(ParseHttpUrl("http://h?x=1")->target, "/?x=1");
  EXPECT_EQ(ParseHttpUrl("  http://h  ")->target, "/");
  EXPECT_EQ(ParseHttpUrl("HTTP://[::1]:8080/x")->host, "::1");
  EXPECT_EQ(ParseHttpUrl("https://h/")->port, 443);
  EXPECT_FALSE(ParseHttpUrl("http://h/" + std::string(kUrlSizeMax, 'x')).ok());
  EXPECT_FALSE(ParseHttpUrl("http://a%0d%0ab/").ok());
}

}  // namespace
}  // namespace starling::testing_support
