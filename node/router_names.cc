#include "node/router_names.h"

#include <algorithm>
#include <utility>

namespace starling {
namespace {

constexpr Duration kRetryFirst = seconds(5);
constexpr Duration kRetryLast = minutes(5);

}  // namespace

// One name: resolved once, or asked again with a growing pause until it can be.
class RouterNames::Router final : public ResolveHandler, public DeadlineHandler {
 public:
  Router(RouterNames& names, HostPort name)
      : names_(names), name_(std::move(name)), retry_(names.deadlines_, *this) {}

  const HostPort& name() const { return name_; }

  void Resolve(Time now) {
    resolution_ = names_.resolver_.Resolve(now, name_.first, name_.second, *this);
  }

  void OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) override {
    if (!endpoints.ok() || endpoints->empty()) {
      retry_.Set(now + pause_);
      pause_ = std::min(2 * pause_, kRetryLast);
      return;
    }
    names_.node_.Bootstrap(now, *endpoints);
  }

  void OnDeadline(Time now) override { Resolve(now); }

 private:
  RouterNames& names_;
  HostPort name_;
  Duration pause_ = kRetryFirst;
  Deadline retry_;
  std::unique_ptr<Resolution> resolution_;
};

RouterNames::RouterNames(Resolver& resolver, Deadlines& deadlines, dht::Node& node)
    : resolver_(resolver), deadlines_(deadlines), node_(node) {}

RouterNames::~RouterNames() = default;

void RouterNames::Add(Time now, const std::vector<HostPort>& routers) {
  for (const HostPort& name : routers) {
    const bool known =
        std::any_of(routers_.begin(), routers_.end(),
                    [&](const std::unique_ptr<Router>& router) { return router->name() == name; });
    if (known || routers_.size() >= kRoutersMax) continue;
    routers_.push_back(std::make_unique<Router>(*this, name));
    routers_.back()->Resolve(now);
  }
}

}  // namespace starling
