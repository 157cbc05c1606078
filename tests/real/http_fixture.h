// An HTTP client on real sockets, and what became of one transfer.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/asio_http.h"
#include "node/asio_resolver.h"
#include "tests/real/scripted_server.h"

namespace starling::testing_support {

class Download final : public HttpHandler {
 public:
  void OnHeaders(Time, const HttpHead& answer) override {
    EXPECT_FALSE(head.has_value());
    head = answer;
    if (at_headers) at_headers();
  }
  void OnData(Time, Slice bytes) override {
    EXPECT_TRUE(head.has_value());
    EXPECT_TRUE(reading);
    body.append(bytes.text().data(), bytes.size());
    ++parts;
    if (at_data) at_data();
  }
  void OnDone(Time, absl::Status why) override {
    EXPECT_FALSE(is_starting) << "answered before Get returned";
    EXPECT_FALSE(status.has_value());
    status = std::move(why);
    if (at_done) at_done();
  }
  void SetReading(Time now, bool on) {
    reading = on;
    transfer->SetReading(now, on);
  }
  bool done() const { return status.has_value(); }
  bool ok() const { return done() && status->ok(); }

  std::unique_ptr<HttpTransfer> transfer;
  std::function<void()> at_headers, at_data, at_done;
  std::optional<HttpHead> head;
  std::string body;
  int parts = 0;
  std::optional<absl::Status> status;
  bool reading = true;
  bool is_starting = false;
};

class HttpTest : public testing::Test {
 protected:
  HttpTest() : http(std::make_unique<AsioHttp>(parts.loop, parts.buffers, dialer, resolver)) {}

  static HttpRequest Request(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return request;
  }
  void Begin(const HttpRequest& request) {
    download.is_starting = true;
    download.transfer = http->Get(parts.loop.now(), request, download);
    download.is_starting = false;
  }
  void Fetch(const HttpRequest& request) {
    Begin(request);
    ASSERT_TRUE(parts.Until([this] { return download.done(); }));
  }
  void Fetch(const std::string& url) { Fetch(Request(url)); }
  // Serves the same answer, in these parts, to whoever asks.
  void Serve(std::vector<std::string> answer) {
    server =
        std::make_unique<ScriptedServer>(parts, [answer](const std::string&) { return answer; });
  }

  RealParts parts;
  AsioDialer dialer{parts.loop, parts.buffers};
  AsioResolver resolver{parts.loop};
  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<AsioHttp> http;
  Download download;
};

}  // namespace starling::testing_support
