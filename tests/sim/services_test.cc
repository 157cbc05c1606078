#include "sim/services.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "sim/tracker_site.h"
#include "sim/world.h"

namespace starling::sim {
namespace {

struct Echo final : Site {
  std::optional<SiteAnswer> OnGet(Time, const Endpoint& from, absl::string_view path) override {
    ++asked;
    if (path == "/silent") return std::nullopt;
    if (path == "/large") return SiteAnswer{200, std::string(2 << 20, 'x')};
    return SiteAnswer{path == "/lost" ? 404 : 200,
                      from.AddressToString() + " asks " + std::string(path.data(), path.size())};
  }
  int asked = 0;
};

struct Asker final : ResolveHandler, HttpHandler {
  void OnResolved(Time, absl::StatusOr<std::vector<Endpoint>> result) override {
    EXPECT_FALSE(forbidden);
    resolved = std::move(result);
    if (at_resolved) at_resolved();
  }
  void OnHeaders(Time, const HttpHead& answer) override {
    EXPECT_FALSE(forbidden);
    head = answer;
    if (at_headers) at_headers();
  }
  void OnData(Time, Slice bytes) override {
    EXPECT_FALSE(forbidden);
    body.append(bytes.text().data(), bytes.size());
    if (at_data) at_data();
  }
  void OnDone(Time, absl::Status result) override {
    EXPECT_FALSE(forbidden);
    done = result;
    if (at_done) at_done();
  }
  std::optional<absl::StatusOr<std::vector<Endpoint>>> resolved;
  HttpHead head;
  std::string body;
  std::optional<absl::Status> done;
  std::function<void()> at_resolved, at_headers, at_data, at_done;
  bool forbidden = false;
};

struct ServicesTest : testing::Test {
  ServicesTest()
      : world({}),
        node(world.AddHost()),
        resolver(world.services(), node),
        http(world.services(), node) {
    world.services().AddName("router.sim", {Endpoint::V4(0x10000001, 6881)});
    world.services().SetSite("web.sim", echo);
  }
  void Resolve(absl::string_view host, uint16_t port) {
    asker.forbidden = true;
    resolution = resolver.Resolve(world.now(), host, port, asker);
    asker.forbidden = false;
  }
  void Get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    asker.forbidden = true;
    transfer = http.Get(world.now(), request, asker);
    asker.forbidden = false;
  }

  World world;
  NodeIndex node;
  SimResolver resolver;
  SimHttpClient http;
  std::shared_ptr<Echo> echo = std::make_shared<Echo>();
  Asker asker;
  std::unique_ptr<Resolution> resolution;
  std::unique_ptr<HttpTransfer> transfer;
};

TEST_F(ServicesTest, ResolvesNamesAndLiteralsAndRefusesOthers) {
  Resolve("router.sim", 6881);
  world.RunFor(seconds(1));
  ASSERT_TRUE(asker.resolved.has_value() && asker.resolved->ok());
  EXPECT_EQ((**asker.resolved)[0].ToString(), "16.0.0.1:6881");
  Resolve("10.1.2.3", 80);
  world.RunFor(seconds(1));
  EXPECT_EQ((**asker.resolved)[0].ToString(), "10.1.2.3:80");
  Resolve("nobody.sim", 80);
  world.RunFor(seconds(1));
  EXPECT_EQ(asker.resolved->status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ServicesTest, AnswersARequestInSteps) {
  Get("http://web.sim/a?b=c");
  world.RunFor(seconds(1));
  EXPECT_EQ(asker.head.status, 200);
  EXPECT_EQ(asker.body, world.endpoint(node).AddressToString() + " asks /a?b=c");
  EXPECT_EQ(asker.head.content_length, asker.body.size());
  ASSERT_TRUE(asker.done.has_value());
  EXPECT_TRUE(asker.done->ok());
}

TEST_F(ServicesTest, FailsAsTheRealOneDoes) {
  const auto code_of = [this](const std::string& url) {
    asker.done.reset();
    Get(url);
    world.RunFor(minutes(1));
    return asker.done.has_value() ? asker.done->code() : absl::StatusCode::kUnknown;
  };
  EXPECT_EQ(code_of("http://nobody.sim/"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code_of("http://web.sim/silent"), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code_of("http://web.sim/large"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code_of("udp://web.sim/"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of("nonsense"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code_of("http://web.sim/lost"), absl::StatusCode::kOk);
  EXPECT_EQ(asker.head.status, 404);
  world.services().SetSite("web.sim", nullptr);
  EXPECT_EQ(code_of("http://web.sim/"), absl::StatusCode::kUnavailable);
}

TEST_F(ServicesTest, HoldsTheBodyWhileReadingIsOff) {
  asker.at_headers = [this] { transfer->SetReading(world.now(), false); };
  Get("http://web.sim/");
  world.RunFor(seconds(5));
  EXPECT_EQ(asker.body, "");
  EXPECT_FALSE(asker.done.has_value());
  transfer->SetReading(world.now(), true);
  world.RunFor(seconds(1));
  EXPECT_NE(asker.body, "");
  EXPECT_TRUE(asker.done.has_value());
}

TEST_F(ServicesTest, MayBeCancelledAtAnyMoment) {
  const auto cancel = [this] {
    transfer.reset();
    asker.forbidden = true;
  };
  for (std::function<void()>* moment : {&asker.at_headers, &asker.at_data, &asker.at_done}) {
    asker.forbidden = false;
    *moment = cancel;
    Get("http://web.sim/");
    world.RunFor(seconds(1));
    EXPECT_EQ(transfer, nullptr);
    *moment = nullptr;
  }
  asker.forbidden = false;
  Get("http://web.sim/");
  world.RunFor(milliseconds(70));
  cancel();
  Resolve("router.sim", 1);
  asker.forbidden = true;
  resolution.reset();
  world.RunFor(seconds(1));
}

TEST_F(ServicesTest, MayAskAgainFromInsideAnAnswer) {
  int rounds = 0;
  asker.at_done = [&] {
    if (++rounds < 5) Get("http://web.sim/");
  };
  Get("http://web.sim/");
  world.RunFor(seconds(5));
  EXPECT_EQ(rounds, 5);
  EXPECT_EQ(echo->asked, 5);
}

struct TrackerSiteTest : testing::Test {
  std::string Announce(uint32_t address, const std::string& rest) {
    const auto answer = tracker.OnGet(Time{}, Endpoint::V4(address, 50000),
                                      "/announce?info_hash=%01%02345678901234567890&" + rest);
    return answer.has_value() ? answer->body : "";
  }
  TrackerSite tracker;
};

TEST_F(TrackerSiteTest, KnowsWhoAnnouncedUntilTheyStop) {
  const std::string id = "peer_id=ABCDEFGHIJKLMNOPQRST&";
  EXPECT_EQ(Announce(1, "port=1"), "d14:failure reason17:malformed requeste");
  EXPECT_EQ(Announce(0x10000001, id + "port=6881&left=0&event=started"),
            "d8:completei1e10:incompletei0e8:intervali1800e5:peers0:e");
  EXPECT_EQ(Announce(0x10000002, id + "port=6882&left=5&event=started"),
            std::string("d8:completei1e10:incompletei1e8:intervali1800e5:peers6:\x10\0\0\1\x1a\xe1"
                        "e",
                        62));
  EXPECT_EQ(tracker.started(), 2u);
  Announce(0x10000001, id + "port=6881&left=0&event=stopped");
  EXPECT_EQ(Announce(0x10000002, id + "port=6882&left=5"),
            "d8:completei0e10:incompletei1e8:intervali1800e5:peers0:e");
}

}  // namespace
}  // namespace starling::sim
