// The rest of the simulated world: names that resolve, and web sites that answer. Scenario code
// registers them; a name that nobody registered does not exist, a site that is down never answers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/seams.h"
#include "sim/event_queue.h"
#include "sim/hosts.h"
#include "sim/residents.h"

namespace starling::sim {

struct SiteAnswer {
  int status = 200;
  std::string body;
};

class Site {
 public:
  virtual ~Site() = default;
  // `from` is the host that asks, `path` what follows the authority of the URL. nullopt: no answer,
  // ever.
  virtual std::optional<SiteAnswer> OnGet(Time now, const Endpoint& from,
                                          absl::string_view path) = 0;
};

class Services {
 public:
  Services(EventQueue& queue, const Hosts& hosts, Residents& residents)
      : queue_(queue), hosts_(hosts), residents_(residents) {}
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  void AddName(absl::string_view host, std::vector<Endpoint> endpoints);
  // Answers http://`authority`/...
  void SetSite(absl::string_view authority, std::shared_ptr<Site> site);
  // Takes it down: connections to it are refused. Returns it; null if there was none.
  std::shared_ptr<Site> TakeSite(absl::string_view authority);
  void OnEvent(const Event& event);  // kService
  uint64_t requests() const { return requests_made_; }

 private:
  friend class SimResolution;
  friend class SimTransfer;
  friend class SimResolver;
  friend class SimHttpClient;
  enum class Step : uint8_t { kResolve, kArrive, kHeaders, kBody, kDone };
  struct Request {
    uint32_t pins = 0;  // events that refer to it
    bool cancelled = false;
    bool reading = true;
    bool waiting = false;  // for SetReading(true)
    Step step{};
    NodeIndex node;
    ResolveHandler* resolve_handler = nullptr;
    HttpHandler* http_handler = nullptr;
    std::string host;  // a name or an authority
    std::string path;
    uint16_t port = 0;
    uint64_t body_size_max = 0;
    Duration timeout{};
    SiteAnswer answer;
    absl::Status status;
  };

  uint32_t Take(NodeIndex node);
  void Continue(Time when, uint32_t request, Step step);
  void Cancel(uint32_t request);
  void Unpin(uint32_t request);
  void SetReading(uint32_t request, bool on);
  void Resolve(Time now, Request& request);
  void Arrive(Time now, uint32_t index);
  void Run(Time now, uint32_t index);

  EventQueue& queue_;
  const Hosts& hosts_;
  Residents& residents_;
  std::map<std::string, std::vector<Endpoint>, std::less<>> names_;
  std::map<std::string, std::shared_ptr<Site>, std::less<>> sites_;
  std::deque<Request> requests_;  // never moves: callbacks run while one is in hand
  std::vector<uint32_t> free_requests_;
  uint64_t requests_made_ = 0;
};

class SimResolver final : public Resolver {
 public:
  SimResolver(Services& services, NodeIndex node) : services_(services), node_(node) {}
  std::unique_ptr<Resolution> Resolve(Time now, absl::string_view host, uint16_t port,
                                      ResolveHandler& handler) override;

 private:
  Services& services_;
  NodeIndex node_;
};

class SimHttpClient final : public HttpClient {
 public:
  SimHttpClient(Services& services, NodeIndex node) : services_(services), node_(node) {}
  std::unique_ptr<HttpTransfer> Get(Time now, const HttpRequest& request,
                                    HttpHandler& handler) override;

 private:
  Services& services_;
  NodeIndex node_;
};

}  // namespace starling::sim
