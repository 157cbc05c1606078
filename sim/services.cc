#include "sim/services.h"

#include <utility>

#include "base/check.h"

namespace starling::sim {
namespace {

constexpr Duration kNameLookup = milliseconds(30);
constexpr Duration kHalfWay = milliseconds(50);  // to or from any site

std::string Text(absl::string_view text) { return std::string(text.data(), text.size()); }

// Splits http://authority/path; https is taken too, there is nobody to hide from.
std::optional<std::pair<std::string, std::string>> SplitUrl(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return std::nullopt;
  const absl::string_view name = url.substr(0, scheme);
  if (name != "http" && name != "https") return std::nullopt;
  url.remove_prefix(scheme + 3);
  const size_t slash = std::min(url.find_first_of("/?"), url.size());
  return std::make_pair(Text(url.substr(0, slash)), Text(url.substr(slash)));
}

}  // namespace

class SimResolution final : public Resolution {
 public:
  SimResolution(Services& services, uint32_t request) : services_(services), request_(request) {}
  ~SimResolution() override { services_.Cancel(request_); }

 private:
  Services& services_;
  uint32_t request_;
};

class SimTransfer final : public HttpTransfer {
 public:
  SimTransfer(Services& services, uint32_t request) : services_(services), request_(request) {}
  ~SimTransfer() override { services_.Cancel(request_); }
  void SetReading(Time, bool on) override { services_.SetReading(request_, on); }

 private:
  Services& services_;
  uint32_t request_;
};

std::unique_ptr<Resolution> SimResolver::Resolve(Time now, absl::string_view host, uint16_t port,
                                                 ResolveHandler& handler) {
  const uint32_t index = services_.Take(node_);
  Services::Request& request = services_.requests_[index];
  request.resolve_handler = &handler;
  request.host = Text(host);
  request.port = port;
  services_.Continue(now + kNameLookup, index, Services::Step::kResolve);
  return std::make_unique<SimResolution>(services_, index);
}

std::unique_ptr<HttpTransfer> SimHttpClient::Get(Time now, const HttpRequest& asked,
                                                 HttpHandler& handler) {
  ++services_.requests_made_;
  const uint32_t index = services_.Take(node_);
  Services::Request& request = services_.requests_[index];
  request.http_handler = &handler;
  request.body_size_max = asked.body_size_max;
  request.timeout = asked.timeout;
  const auto url = SplitUrl(asked.url);
  if (url.has_value()) {
    request.host = url->first;
    request.path = url->second;
    services_.Continue(now + kHalfWay, index, Services::Step::kArrive);
  } else {
    request.status = absl::InvalidArgumentError("not an HTTP address");
    services_.Continue(now, index, Services::Step::kDone);
  }
  return std::make_unique<SimTransfer>(services_, index);
}

void Services::AddName(absl::string_view host, std::vector<Endpoint> endpoints) {
  names_[Text(host)] = std::move(endpoints);
}

void Services::SetSite(absl::string_view authority, std::shared_ptr<Site> site) {
  sites_[Text(authority)] = std::move(site);
}

std::shared_ptr<Site> Services::TakeSite(absl::string_view authority) {
  return std::exchange(sites_[Text(authority)], nullptr);
}

uint32_t Services::Take(NodeIndex node) {
  uint32_t index = static_cast<uint32_t>(requests_.size());
  if (free_requests_.empty()) {
    requests_.emplace_back();
  } else {
    index = free_requests_.back();
    free_requests_.pop_back();
    requests_[index] = Request{};
  }
  requests_[index].node = node;
  return index;
}

void Services::Continue(Time when, uint32_t request, Step step) {
  requests_[request].step = step;
  ++requests_[request].pins;
  queue_.Push(when, EventKind::kService, request);
}

void Services::Cancel(uint32_t request) {
  requests_[request].cancelled = true;
  if (requests_[request].pins == 0) free_requests_.push_back(request);
}

void Services::Unpin(uint32_t request) {
  Request& it = requests_[request];
  if (--it.pins == 0 && it.cancelled) free_requests_.push_back(request);
}

void Services::SetReading(uint32_t request, bool on) {
  Request& it = requests_[request];
  it.reading = on;
  if (on && std::exchange(it.waiting, false)) Continue(queue_.now(), request, it.step);
}

void Services::Resolve(Time now, Request& request) {
  ResolveHandler* handler = request.resolve_handler;
  std::vector<Endpoint> endpoints;
  if (const auto literal = Endpoint::ParseAddress(request.host, request.port)) {
    endpoints.push_back(*literal);
  } else if (const auto found = names_.find(request.host); found != names_.end()) {
    endpoints = found->second;
    for (Endpoint& endpoint : endpoints) {
      if (endpoint.port == 0 || request.port != 0) endpoint.port = request.port;
    }
  }
  if (endpoints.empty()) {
    handler->OnResolved(now, absl::NotFoundError("no such host"));
  } else {
    handler->OnResolved(now, std::move(endpoints));
  }
}

void Services::Arrive(Time now, uint32_t index) {
  const NodeIndex node = requests_[index].node;
  const auto found = sites_.find(requests_[index].host);
  if (found == sites_.end() || found->second == nullptr) {
    requests_[index].status = absl::UnavailableError("no such site, or the connection was refused");
    Continue(now + kHalfWay, index, Step::kDone);
    return;
  }
  const std::string path = requests_[index].path;
  std::optional<SiteAnswer> answer = found->second->OnGet(now, hosts_.endpoint(node), path);
  Request& request = requests_[index];
  if (!answer.has_value()) {
    request.status = absl::DeadlineExceededError("the site does not answer");
    Continue(now + request.timeout, index, Step::kDone);
    return;
  }
  request.answer = *std::move(answer);
  Continue(now + kHalfWay, index, Step::kHeaders);
}

// Each step of an answer is an event of its own, so the handler may cancel in between.
void Services::Run(Time now, uint32_t index) {
  Request& request = requests_[index];
  switch (request.step) {
    case Step::kResolve:
      request.step = Step::kDone;
      Resolve(now, request);
      break;
    case Step::kArrive:
      Arrive(now, index);
      break;
    case Step::kHeaders: {
      HttpHead head;
      head.status = request.answer.status;
      head.content_length = request.answer.body.size();
      Continue(now, index, Step::kBody);
      request.http_handler->OnHeaders(now, head);
      break;
    }
    case Step::kBody: {
      if (!request.reading) {
        request.waiting = true;
        return;
      }
      const std::string body = std::move(request.answer.body);
      const bool fits = body.size() <= request.body_size_max;
      if (!fits) request.status = absl::ResourceExhaustedError("the answer is too large");
      Continue(now, index, Step::kDone);
      if (fits && !body.empty()) {
        request.http_handler->OnData(now, Buffer::CopyFrom(AsBytes(body)));
      }
      break;
    }
    case Step::kDone: {
      HttpHandler* handler = std::exchange(request.http_handler, nullptr);
      if (handler != nullptr) handler->OnDone(now, std::exchange(request.status, {}));
      break;
    }
  }
}

void Services::OnEvent(const Event& event) {
  const uint32_t index = event.target;
  if (!requests_[index].cancelled) {
    const NodeIndex node = requests_[index].node;
    Run(event.time, index);
    residents_.OnTouched(event.time, node);
  }
  Unpin(index);
}

}  // namespace starling::sim
