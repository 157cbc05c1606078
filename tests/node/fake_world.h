// The seams of a Client answered by hand: what was asked is kept, and the test answers when it
// likes. Time is a number that the test moves.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/deadlines.h"
#include "base/random.h"
#include "base/seams.h"

namespace starling {

// Asked URLs in order; each is answered with Answer() or Fail().
class FakeHttp final : public HttpClient {
 public:
  struct Transfer final : HttpTransfer {
    Transfer(FakeHttp& owner, std::string asked, HttpHandler& to)
        : http(owner), url(std::move(asked)), handler(to) {}
    ~Transfer() override { std::erase(http.open, this); }
    void SetReading(Time, bool) override {}
    FakeHttp& http;
    std::string url;
    HttpHandler& handler;
  };

  std::unique_ptr<HttpTransfer> Get(Time, const HttpRequest& request,
                                    HttpHandler& handler) override {
    asked.push_back(request.url);
    auto transfer = std::make_unique<Transfer>(*this, request.url, handler);
    open.push_back(transfer.get());
    return transfer;
  }
  // Answers the oldest open request.
  void Answer(Time now, absl::string_view body, int status = 200) {
    Transfer* transfer = open.front();
    transfer->handler.OnHeaders(now, HttpHead{.status = status, .content_length = body.size()});
    transfer->handler.OnData(now, Buffer::CopyFrom(AsBytes(body)));
    transfer->handler.OnDone(now, absl::OkStatus());
  }
  void Fail(Time now, absl::string_view why) {
    open.front()->handler.OnDone(now, absl::UnavailableError(why));
  }

  std::vector<std::string> asked;
  std::vector<Transfer*> open;
};

class FakePort final : public DatagramPort {
 public:
  void Send(Time, const Endpoint& to, Writer write) override {
    std::string space(kDatagramSizeMax, '\0');
    space.resize(write({reinterpret_cast<std::byte*>(space.data()), space.size()}));
    if (!space.empty()) sent.emplace_back(to, space);
  }
  std::vector<std::pair<Endpoint, std::string>> sent;
};

// Knows the names it was given; answers when the test says so.
class FakeResolver final : public Resolver {
 public:
  struct Asked final : Resolution {
    Asked(FakeResolver& owner, std::string host, uint16_t to_port, ResolveHandler& to)
        : resolver(owner), name(std::move(host)), port(to_port), handler(to) {}
    ~Asked() override { std::erase(resolver.open, this); }
    FakeResolver& resolver;
    std::string name;
    uint16_t port;
    ResolveHandler& handler;
  };

  std::unique_ptr<Resolution> Resolve(Time, absl::string_view host, uint16_t port,
                                      ResolveHandler& handler) override {
    auto asked = std::make_unique<Asked>(*this, std::string(host), port, handler);
    open.push_back(asked.get());
    return asked;
  }
  void AnswerAll(Time now) {
    const std::vector<Asked*> asked = std::exchange(open, {});
    for (Asked* question : asked) {
      const auto found = known.find(question->name);
      if (found == known.end()) {
        question->handler.OnResolved(now, absl::NotFoundError("no such name"));
        continue;
      }
      std::vector<Endpoint> endpoints;
      for (const std::string& address : found->second) {
        endpoints.push_back(*Endpoint::ParseAddress(address, question->port));
      }
      question->handler.OnResolved(now, std::move(endpoints));
    }
  }

  std::map<std::string, std::vector<std::string>> known;
  std::vector<Asked*> open;
};

// Runs what is due up to `until`, jumping from deadline to deadline.
inline void RunUntil(Deadlines& deadlines, Time& now, Time until) {
  while (deadlines.earliest() <= until) {
    now = std::max(now, deadlines.earliest());
    deadlines.RunDue(now);
  }
  now = until;
}

}  // namespace starling
