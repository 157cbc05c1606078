// HttpClient against a server on 127.0.0.1 that says what each test wants.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "tests/real/http_fixture.h"

namespace starling::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string Compress(const std::string& text, int window_bits) {
  z_stream z{};
  deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() / 2 + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}
constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string Chunk(const std::string& text) {
  char head[32];
  std::snprintf(head, sizeof(head), "%zx\r\n", text.size());
  return head + text + "\r\n";
}

TEST_F(HttpTest, FetchesABodyOfKnownLength) {
  Serve({HttpOk("hello")});
  Fetch(server->Url("/announce?info_hash=%00%ffAz~&port=1"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_EQ(download.body, "hello");
  EXPECT_EQ(download.head->status, 200);
  EXPECT_EQ(download.head->content_length, 5u);
  ASSERT_EQ(server->requests.size(), 1u);
  EXPECT_THAT(server->requests[0],
              StartsWith("GET /announce?info_hash=%00%ffAz~&port=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server->requests[0],
              HasSubstr(absl::StrCat("\r\nHost: 127.0.0.1:", server->endpoint().port, "\r\n")));
}

TEST_F(HttpTest, FetchesABodyThatEndsWithTheConnection) {
  Serve({"HTTP/1.0 200 OK\r\n\r\nall", " of", " it"});
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_EQ(download.body, "all of it");
  EXPECT_FALSE(download.head->content_length.has_value());
}

TEST_F(HttpTest, FetchesAnAnswerThatComesByteByByte) {
  const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                             Chunk("some bytes") + Chunk("and more;") + "0\r\nTrailer: x\r\n\r\n";
  std::vector<std::string> bytes;
  for (const char c : answer) bytes.push_back(std::string(1, c));
  Serve(bytes);
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_EQ(download.body, "some bytesand more;");
}

TEST_F(HttpTest, FetchesManyChunksInOneGo) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string body;
  for (int i = 1; i < 400; ++i) {
    const std::string part(static_cast<size_t>(i * 7), static_cast<char>('a' + i % 26));
    answer += Chunk(part);
    body += part;
  }
  Serve({answer + "0\r\n\r\n"});
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_TRUE(download.body == body);
}

TEST_F(HttpTest, UndoesEachKindOfCompression) {
  std::string text;
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&text, i, " ");
  for (const int kind : {kGzip, kZlib, kRaw}) {
    const std::string name = kind == kGzip ? "gzip" : "deflate";
    const std::string packed = Compress(text, kind);
    Serve({HttpOk(packed, absl::StrCat("Content-Encoding: ", name, "\r\n"))});
    download = Download();
    Fetch(server->Url("/"));
    EXPECT_TRUE(download.ok()) << *download.status;
    EXPECT_TRUE(download.body == text) << kind;
    EXPECT_FALSE(download.head->content_length.has_value());
    EXPECT_THAT(server->requests[0], HasSubstr("Accept-Encoding: gzip, deflate\r\n"));
  }
}

TEST_F(HttpTest, RefusesDamagedAndCutCompression) {
  std::string packed = Compress(std::string(5000, 'x'), kGzip);
  Serve({HttpOk(packed.substr(0, packed.size() / 2), "Content-Encoding: gzip\r\n")});
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);

  packed[15] = static_cast<char>(packed[15] ^ 0x55);
  Serve({HttpOk(packed, "Content-Encoding: gzip\r\n")});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_FALSE(download.ok());

  Serve({HttpOk("whatever", "Content-Encoding: br\r\n")});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_FALSE(download.ok());
}

TEST_F(HttpTest, StopsABodyThatIsTooLarge) {
  HttpRequest request;
  request.body_size_max = 100'000;
  const std::string large(100'001, 'x');
  for (const std::string& answer :
       {HttpOk(large), "HTTP/1.1 200 OK\r\n\r\n" + large,
        HttpOk(Compress(std::string(50'000'000, '\0'), kGzip), "Content-Encoding: gzip\r\n")}) {
    Serve({answer});
    download = Download();
    request.url = server->Url("/");
    Fetch(request);
    EXPECT_EQ(download.status->code(), absl::StatusCode::kResourceExhausted);
    EXPECT_LE(download.body.size(), 100'000u);
  }
}

TEST_F(HttpTest, AsksForARangeWithoutCompression) {
  Serve({"HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n\r\nabc"});
  HttpRequest request = Request(server->Url("/file"));
  request.range = {100, 102};
  request.headers = {{"X-One", "1"}, {"X-Bad", "a\r\nInjected: yes"}};
  Fetch(request);
  EXPECT_TRUE(download.ok());
  EXPECT_EQ(download.head->status, 206);
  EXPECT_THAT(server->requests[0], HasSubstr("\r\nRange: bytes=100-102\r\n"));
  EXPECT_THAT(server->requests[0], HasSubstr("\r\nAccept-Encoding: identity\r\n"));
  EXPECT_THAT(server->requests[0], HasSubstr("\r\nX-One: 1\r\n"));
  EXPECT_THAT(server->requests[0], Not(HasSubstr("Injected")));
}

TEST_F(HttpTest, SendsUserInfoAsBasicAuthorization) {
  Serve({HttpOk("in")});
  Fetch(server->Url("/", "us%20er:se%3acret@127.0.0.1"));
  EXPECT_TRUE(download.ok());
  EXPECT_THAT(server->requests[0], HasSubstr("\r\nAuthorization: Basic dXMgZXI6c2U6Y3JldA==\r\n"));
}

TEST_F(HttpTest, PassesFailuresOfTheServerOn) {
  Serve({"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"});
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok());
  EXPECT_EQ(download.head->status, 404);
  EXPECT_EQ(download.body, "gone");
}

TEST_F(HttpTest, SkipsInterimAnswers) {
  Serve({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", HttpOk("ok")});
  Fetch(server->Url("/"));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_EQ(download.body, "ok");

  std::string endless;
  for (int i = 0; i < 1000; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  Serve({endless});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_FALSE(download.ok());
}

TEST_F(HttpTest, SurvivesAnswersThatAreNoHttp) {
  for (const std::string answer :
       {"", "\r\n", "rubbish", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/9.9 999 ?\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        "HTTP/1.1 301 Moved\r\nLocation: http://[\r\n\r\n"}) {
    Serve({answer});
    download = Download();
    Fetch(server->Url("/"));
    EXPECT_FALSE(download.ok()) << answer;
  }
}

TEST_F(HttpTest, SurvivesEndlessHeadersAndEndlessCeremony) {
  std::string headers = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100'000; ++i) absl::StrAppend(&headers, "X-Header-", i, ": value\r\n");
  Serve({headers});
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);

  Serve({"HTTP/1.1 200 OK\r\nX: " + std::string(1 << 20, 'x')});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);

  Serve({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=" + std::string(1 << 20, 'x')});
  download = Download();
  Fetch(server->Url("/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpTest, EndsWhenNothingComesInTime) {
  for (const std::string answer :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}) {
    Serve({answer});
    server->keep_open = true;
    download = Download();
    HttpRequest request = Request(server->Url("/"));
    request.timeout = milliseconds(200);
    Fetch(request);
    EXPECT_EQ(download.status->code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(parts.Until([this] { return server->closed == 1; }));
  }
}

TEST_F(HttpTest, EndsWhenTheServerOnlyDrips) {
  std::vector<std::string> drops(1000, "drop");
  drops[0] = "HTTP/1.1 200 OK\r\nContent-Length: 3996\r\n\r\n";
  Serve(drops);
  server->between_parts = milliseconds(10);
  HttpRequest request = Request(server->Url("/"));
  request.timeout = milliseconds(300);
  const Time start = parts.loop.now();
  Fetch(request);
  EXPECT_EQ(download.status->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_GT(download.body.size(), 0u);
  EXPECT_LT(parts.loop.now() - start, seconds(5));
}

TEST_F(HttpTest, SaysWhenNobodyListensOrTheAddressIsWrong) {
  const Endpoint free = LocalEndpoint(ListenTcp(Loopback()).value().descriptor());
  Fetch(absl::StrCat("http://127.0.0.1:", free.port, "/"));
  EXPECT_EQ(download.status->code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(download.status->message()), HasSubstr("connection refused"));
  for (const std::string url : {"", "nonsense", "ftp://127.0.0.1/", "http://", "http://:80/",
                                "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "udp://a/"}) {
    download = Download();
    Fetch(url);
    EXPECT_EQ(download.status->code(), absl::StatusCode::kInvalidArgument) << url;
  }
}

TEST_F(HttpTest, HoldsBackWhileTheReaderPauses) {
  const std::string body(20 << 20, 'b');
  Serve({HttpOk(body)});
  HttpRequest request = Request(server->Url("/"));
  request.body_size_max = 1 << 30;
  request.timeout = milliseconds(300);
  download.at_data = [this] {
    if (download.parts == 3) download.SetReading(parts.loop.now(), false);
  };
  Begin(request);
  ASSERT_TRUE(parts.Until([this] { return download.parts == 3; }));
  parts.RunFor(milliseconds(500));  // longer than the timeout, which a pause does not use up
  EXPECT_EQ(download.parts, 3);
  EXPECT_FALSE(download.done());
  EXPECT_GT(server->unsent(), size_t{1} << 20);
  download.SetReading(parts.loop.now(), true);
  ASSERT_TRUE(parts.Until([this] { return download.done(); }));
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_TRUE(download.body == body);
}

TEST_F(HttpTest, HoldsBackInTheMiddleOfADecompression) {
  const std::string body(1 << 20, 'c');
  Serve({HttpOk(Compress(body, kGzip), "Content-Encoding: gzip\r\n")});
  download.at_data = [this] { download.SetReading(parts.loop.now(), false); };
  Begin(Request(server->Url("/")));
  while (!download.done()) {
    const int before = download.parts;
    ASSERT_TRUE(parts.Until([&] { return download.parts > before || download.done(); }));
    EXPECT_LE(download.parts, before + 1);
    if (!download.done()) download.SetReading(parts.loop.now(), true);
  }
  EXPECT_TRUE(download.ok()) << *download.status;
  EXPECT_TRUE(download.body == body);
}

TEST_F(HttpTest, MayBeDestroyedInsideEachCallback) {
  for (int which = 0; which < 3; ++which) {
    Serve({HttpOk(std::string(300'000, 'x'))});
    download = Download();
    bool destroyed = false;
    const auto destroy = [&] {
      destroyed = true;
      download.transfer = nullptr;
    };
    if (which == 0) download.at_headers = destroy;
    if (which == 1) download.at_data = destroy;
    if (which == 2) download.at_done = destroy;
    Begin(Request(server->Url("/")));
    ASSERT_TRUE(parts.Until([&] { return destroyed; }));
    const int parts_before = download.parts;
    parts.RunFor(milliseconds(50));
    EXPECT_EQ(download.parts, parts_before);
    EXPECT_EQ(download.done(), which == 2);
  }
}

TEST_F(HttpTest, MayBeDestroyedAtAnyMoment) {
  Serve({HttpOk("x")});
  for (int turns = 0; turns < 8; ++turns) {
    download = Download();
    Begin(Request(server->Url("/")));
    for (int i = 0; i < turns; ++i) parts.loop.RunTurn(milliseconds(1));
    const bool was_done = download.done();
    download.transfer = nullptr;
    parts.RunFor(milliseconds(20));
    EXPECT_EQ(download.done(), was_done);
  }
}

}  // namespace
}  // namespace starling::testing_support
