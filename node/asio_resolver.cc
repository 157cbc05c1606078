#include "node/asio_resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "node/asio_socket.h"

namespace starling {
namespace {

using Answer = absl::StatusOr<std::vector<Endpoint>>;

// Shared by the loop's thread and whoever answers; the handler is gone once it is cancelled.
struct Question {
  std::string host;
  uint16_t port = 0;
  ResolveHandler* handler = nullptr;  // touched on the loop's thread only

  void Deliver(Time now, Answer answer) {
    ResolveHandler* const to = std::exchange(handler, nullptr);
    if (to != nullptr) to->OnResolved(now, std::move(answer));
  }
};

class AsioResolution final : public Resolution {
 public:
  explicit AsioResolution(std::shared_ptr<Question> question) : question_(std::move(question)) {}
  ~AsioResolution() override { question_->handler = nullptr; }

 private:
  const std::shared_ptr<Question> question_;
};

Answer LookUp(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    const std::string message =
        absl::StrCat("cannot find the address of ", host, ": ", gai_strerror(error));
    return error == EAI_NONAME ? absl::NotFoundError(message) : absl::UnavailableError(message);
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    if (at->ai_addrlen > sizeof(address.storage)) continue;
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    Endpoint endpoint = address.endpoint();
    endpoint.port = port;
    if (!endpoint.is_usable()) continue;
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) != endpoints.end()) continue;
    if (endpoints.size() < AsioResolver::kAddressesMax) endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  if (endpoints.empty()) return absl::NotFoundError(absl::StrCat(host, " has no usable address"));
  return endpoints;
}

}  // namespace

// What the threads work on. They hold it alone, and no thread is waited for: when the resolver is
// gone, an answer goes nowhere.
class AsioResolver::Queue final : public std::enable_shared_from_this<Queue> {
 public:
  explicit Queue(AsioLoop& loop) : loop_(&loop) {}

  void Add(std::shared_ptr<Question> question) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (questions_.size() >= kQuestionsMax) {
      Post(std::move(question), absl::ResourceExhaustedError("too many names to look up"));
      return;
    }
    questions_.push_back(std::move(question));
    if (threads_ == kThreadsMax) return;
    try {
      std::thread([self = shared_from_this()] { self->Work(); }).detach();
      ++threads_;
    } catch (const std::system_error&) {
      // Without any thread nobody would ever answer.
      if (threads_ == 0) {
        Post(std::move(questions_.back()), absl::ResourceExhaustedError("cannot start a thread"));
        questions_.pop_back();
      }
    }
  }

  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    loop_ = nullptr;
    questions_.clear();
  }

 private:
  void Work() {
    while (std::shared_ptr<Question> question = Next()) {
      Answer answer = LookUp(question->host, question->port);
      const std::lock_guard<std::mutex> lock(mutex_);
      Post(std::move(question), std::move(answer));
    }
  }

  std::shared_ptr<Question> Next() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (questions_.empty()) {
      --threads_;
      return nullptr;
    }
    std::shared_ptr<Question> question = std::move(questions_.front());
    questions_.pop_front();
    return question;
  }

  void Post(std::shared_ptr<Question> question, Answer answer) {
    if (loop_ == nullptr) return;
    loop_->Post([question = std::move(question), answer = std::move(answer)](Time now) mutable {
      question->Deliver(now, std::move(answer));
    });
  }

  std::mutex mutex_;
  AsioLoop* loop_;  // null once the resolver is gone
  std::deque<std::shared_ptr<Question>> questions_;
  int threads_ = 0;
};

AsioResolver::AsioResolver(AsioLoop& loop) : loop_(loop), queue_(std::make_shared<Queue>(loop)) {}

AsioResolver::~AsioResolver() { queue_->Close(); }

std::unique_ptr<Resolution> AsioResolver::Resolve(Time, absl::string_view host, uint16_t port,
                                                  ResolveHandler& handler) {
  auto question = std::make_shared<Question>();
  question->host = std::string(host.data(), host.size());
  question->port = port;
  question->handler = &handler;
  const std::optional<Endpoint> literal = Endpoint::ParseAddress(host, port);
  if (literal.has_value()) {
    loop_.Post([question, answer = *literal](Time now) {
      question->Deliver(now, std::vector<Endpoint>{answer});
    });
  } else if (absl::EqualsIgnoreCase(host, "localhost")) {
    // RFC 6761, section 6.3: known without asking; a bare system has no file that says so.
    loop_.Post([question, port](Time now) {
      question->Deliver(now, std::vector<Endpoint>{Endpoint::V4(0x7f000001, port),
                                                   *Endpoint::ParseAddress("::1", port)});
    });
  } else {
    queue_->Add(question);
  }
  return std::make_unique<AsioResolution>(std::move(question));
}

}  // namespace starling
