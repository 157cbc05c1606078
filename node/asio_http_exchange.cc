#include "node/asio_http_exchange.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace starling {
namespace {

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Slice SliceOf(const std::string& text) {
  const Buffer buffer(text.size());
  std::memcpy(buffer.data(), text.data(), text.size());
  return buffer.Sub(0, text.size());
}

}  // namespace

HttpExchange::HttpExchange(const HttpSeams& seams, const HttpRequest& request, HttpHandler& handler)
    : seams_(seams),
      request_(request),
      handler_(&handler),
      url_(ParseHttpUrl(request.url)),
      pace_(Time{}, request.timeout),
      deadline_(seams.loop.deadlines(), *this) {}

void HttpExchange::Start(Time now) {
  pace_ = HttpPace(now, request_.timeout);
  if (url_.ok()) {
    Resolve(now);
  } else {
    ScheduleTurnEnd();
  }
}

void HttpExchange::SetReading(Time now, bool on) {
  if (on == reading_ || handler_ == nullptr) return;
  reading_ = on;
  if (stream_ != nullptr) stream_->SetReading(now, on);
  if (on) {
    pace_.Resume(now);
    ScheduleTurnEnd();  // for what has arrived already
  } else {
    pace_.Pause(now);
  }
  ArmDeadline();
}

void HttpExchange::Abandon() {
  handler_ = nullptr;
  deadline_.Set(kNever);
  resolution_ = nullptr;
  stream_ = nullptr;
}

void HttpExchange::ScheduleTurnEnd() {
  if (std::exchange(is_scheduled_, true)) return;
  seams_.loop.AtTurnEnd(shared_from_this());
}

void HttpExchange::OnTurnEnd(Time now) {
  is_scheduled_ = false;
  if (handler_ == nullptr) return;
  if (!url_.ok()) {
    Finish(now, url_.status());
  } else if (hop_.is_open) {
    Pump(now);
  }
}

void HttpExchange::OnDeadline(Time now) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  Finish(now, absl::DeadlineExceededError(absl::StrCat(url_->host, " took too long to answer")));
}

void HttpExchange::ArmDeadline() { deadline_.Set(handler_ == nullptr ? kNever : pace_.deadline()); }

void HttpExchange::Resolve(Time now) {
  stream_ = nullptr;
  hop_ = Hop{};
  hop_.reader = std::make_unique<HttpReader>();
  pace_.OnPhase(now);
  ArmDeadline();
  resolution_ = seams_.resolver.Resolve(now, url_->host, url_->port, *this);
}

void HttpExchange::OnResolved(Time now, absl::StatusOr<std::vector<Endpoint>> endpoints) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  if (!endpoints.ok()) {
    Finish(now, endpoints.status());
    return;
  }
  // A server on the internet must not use us to knock at doors behind our firewall.
  if (was_public_) {
    const auto is_private = [](const Endpoint& endpoint) { return endpoint.is_private(); };
    endpoints->erase(std::remove_if(endpoints->begin(), endpoints->end(), is_private),
                     endpoints->end());
  }
  if (endpoints->size() > AsioHttp::kAddressesMax) endpoints->resize(AsioHttp::kAddressesMax);
  hop_.addresses = *std::move(endpoints);
  DialNext(now, absl::PermissionDeniedError(
                    absl::StrCat("a redirect to the private address of ", url_->host)));
}

void HttpExchange::DialNext(Time now, absl::Status last_failure) {
  stream_ = nullptr;
  if (hop_.addresses_tried == hop_.addresses.size()) {
    Finish(now, std::move(last_failure));
    return;
  }
  pace_.OnPhase(now);
  ArmDeadline();
  stream_ = seams_.dialer.Dial(now, hop_.addresses[hop_.addresses_tried++]);
  stream_->SetHandler(*this);
  if (!reading_) stream_->SetReading(now, false);
}

void HttpExchange::OnOpen(Time now) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  hop_.is_open = true;
  pace_.OnPhase(now);
  if (url_->is_https) {
    absl::StatusOr<std::unique_ptr<TlsSession>> session = seams_.tls.Open(url_->host);
    if (!session.ok()) {
      Finish(now, session.status());
      return;
    }
    hop_.tls = *std::move(session);
  }
  Pump(now);
}

void HttpExchange::OnData(Time now, Slice bytes) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  if (hop_.is_delivering) pace_.OnBody(now, bytes.size());
  if (hop_.tls != nullptr) {
    hop_.tls->Receive(bytes.view());
  } else {
    hop_.reader->Add(std::move(bytes));
  }
  Pump(now);
}

void HttpExchange::OnClosed(Time now, absl::Status why) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  if (!hop_.is_open) {
    DialNext(now, std::move(why));
    return;
  }
  hop_.end = std::move(why);
  Pump(now);
}

// Moves on as far as what has arrived allows, unless the reader pauses.
void HttpExchange::Pump(Time now) {
  const std::shared_ptr<HttpExchange> alive = shared_from_this();
  if (!ShakeHands(now)) return;
  while (handler_ != nullptr && reading_ && Step(now)) {
  }
  if (handler_ != nullptr) ArmDeadline();
}

// True when the request is on its way.
bool HttpExchange::ShakeHands(Time now) {
  if (hop_.tls != nullptr && !hop_.tls->is_ready()) {
    const absl::Status status = hop_.tls->Shake();
    stream_->Send(now, hop_.tls->TakeOutput());
    if (!status.ok()) {
      Finish(now, status);
      return false;
    }
    if (!hop_.tls->is_ready()) {
      if (hop_.end.has_value()) Finish(now, EndedEarly());
      return false;
    }
  }
  if (!hop_.is_requested) {
    hop_.is_requested = true;
    pace_.OnPhase(now);
    SendRequest(now, FormatHttpRequest(*url_, request_, is_elsewhere_));
  }
  return true;
}

void HttpExchange::SendRequest(Time now, const std::string& text) {
  if (hop_.tls == nullptr) {
    stream_->Send(now, SliceOf(text));
  } else {
    hop_.tls->Write(text);
    stream_->Send(now, hop_.tls->TakeOutput());
  }
}

// Returns whether another step may follow.
bool HttpExchange::Step(Time now) {
  if (hop_.inflater != nullptr) {
    absl::StatusOr<Slice> plain = hop_.inflater->Next(seams_.buffers.small);
    if (!plain.ok()) {
      Finish(now, plain.status());
      return false;
    }
    if (!plain->empty()) {
      Deliver(now, *std::move(plain));
      return true;
    }
  }
  switch (hop_.reader->Next()) {
    case HttpReader::Step::kNeedMore:
      return ReadMore(now);
    case HttpReader::Step::kHead:
      return OnHead(now);
    case HttpReader::Step::kBody:
      OnBody(now, hop_.reader->TakeBody());
      return true;
    case HttpReader::Step::kDone:
      OnEnd(now);
      return false;
    case HttpReader::Step::kBroken:
      Finish(now, hop_.reader->error());
      return false;
  }
  return false;
}

// The reader has used up what it had: is there more?
bool HttpExchange::ReadMore(Time now) {
  if (hop_.tls == nullptr) {
    if (hop_.end.has_value()) hop_.reader->End(hop_.end->ok());
    return hop_.end.has_value();
  }
  absl::StatusOr<Slice> plain = hop_.tls->Read(seams_.buffers.small);
  if (!plain.ok()) {
    Finish(now, plain.status());
    return false;
  }
  if (!plain->empty()) {
    hop_.reader->Add(*std::move(plain));
    return true;
  }
  // Only the server itself can say within TLS that it is done; anybody can cut a connection.
  if (!hop_.tls->is_closed() && !hop_.end.has_value()) return false;
  hop_.reader->End(hop_.tls->is_closed());
  return true;
}

bool HttpExchange::OnHead(Time now) {
  const HttpAnswer& answer = hop_.reader->answer();
  if (IsRedirect(answer.status) && !answer.location.empty()) {
    Redirect(now, answer.location);
    return false;
  }
  hop_.is_compressed = !answer.content_encoding.empty() && answer.content_encoding != "identity";
  if (hop_.is_compressed && !Inflater::Understands(answer.content_encoding)) {
    Finish(now,
           absl::UnavailableError(absl::StrCat(url_->host, " answers in an unknown encoding")));
    return false;
  }
  HttpHead head;
  head.status = answer.status;
  if (!hop_.is_compressed) head.content_length = answer.content_length;
  if (head.content_length.value_or(0) > request_.body_size_max) {
    Finish(now, TooLarge());
    return false;
  }
  pace_.OnPhase(now);
  hop_.is_delivering = true;
  handler_->OnHeaders(now, head);
  return true;
}

void HttpExchange::Redirect(Time now, std::string location) {
  if (++redirects_ > AsioHttp::kRedirectsMax) {
    Finish(now, absl::UnavailableError(absl::StrCat(url_->host, " redirects too many times")));
    return;
  }
  absl::StatusOr<HttpUrl> to = FollowRedirect(*url_, location);
  if (!to.ok()) {
    Finish(now, to.status());
    return;
  }
  is_elsewhere_ |= !to->SameOrigin(*url_);
  was_public_ |= !hop_.addresses[hop_.addresses_tried - 1].is_private();
  url_ = std::move(to);
  Resolve(now);
}

void HttpExchange::OnBody(Time now, Slice body) {
  if (!hop_.is_compressed) {
    Deliver(now, std::move(body));
    return;
  }
  if (hop_.inflater == nullptr) hop_.inflater = std::make_unique<Inflater>();
  hop_.inflater->Add(std::move(body));
}

void HttpExchange::Deliver(Time now, Slice body) {
  body_size_ += body.size();
  if (body_size_ > request_.body_size_max) {
    Finish(now, TooLarge());
  } else {
    handler_->OnData(now, std::move(body));
  }
}

void HttpExchange::OnEnd(Time now) {
  const bool is_cut = hop_.inflater != nullptr && !hop_.inflater->is_complete();
  Finish(now, is_cut ? EndedEarly() : absl::OkStatus());
}

absl::Status HttpExchange::TooLarge() const {
  return absl::ResourceExhaustedError(absl::StrCat("the answer of ", url_->host, " is larger than ",
                                                   request_.body_size_max, " bytes"));
}

absl::Status HttpExchange::EndedEarly() const {
  return absl::UnavailableError(absl::StrCat(url_->host, " ended its answer too early"));
}

void HttpExchange::Finish(Time now, absl::Status status) {
  HttpHandler* const handler = handler_;
  Abandon();
  if (handler != nullptr) handler->OnDone(now, std::move(status));
}

}  // namespace starling
