#include "peer/connection.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "peer/allowed_fast.h"

namespace starling::peer {

Connection::Connection(ConnectionId id, Swarm& swarm, ConnectionHandler& handler)
    : swarm_(swarm),
      handler_(handler),
      link_(swarm.messages),
      uploads_(swarm, link_),
      extensions_(swarm, link_),
      deadline_(swarm.deadlines, *this) {
  pieces_.id = id;
}

void Connection::Dial(Time now, Dialer& dialer, const Endpoint& to) {
  remote_ = to;
  opened_at_ = now;
  link_.Adopt(now, dialer.Dial(now, to), *this);
  deadline_.Set(now + kHandshakeTimeout);
}

void Connection::Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake,
                        Slice rest) {
  incoming_ = true;
  remote_ = stream->remote();
  link_.Adopt(now, std::move(stream), *this);
  link_.writer().WriteRaw(EncodeHandshake(swarm_.OwnHandshake()));
  Open(now, handshake);
  if (state_ != State::kOpen) return;
  if (!rest.empty()) reader_.Feed(std::move(rest));
  ReadMessages(now);
}

void Connection::OnOpen(Time now) {
  if (state_ != State::kDialling) return;
  state_ = State::kShaking;
  link_.OnReceived(now);
  link_.writer().WriteRaw(EncodeHandshake(swarm_.OwnHandshake()));
  link_.Flush(now);
}

void Connection::OnData(Time now, Slice bytes) {
  if (state_ == State::kClosed) return;
  link_.OnReceived(now);
  if (state_ != State::kOpen && !ReadHandshake(now, &bytes)) return;
  if (!bytes.empty()) reader_.Feed(std::move(bytes));
  ReadMessages(now);
}

// True when the handshake is complete; `bytes` is then what followed it.
bool Connection::ReadHandshake(Time now, Slice* bytes) {
  if (handshake_bytes_ == nullptr) handshake_bytes_ = std::make_unique<std::string>();
  const size_t missing = kHandshakeSize - handshake_bytes_->size();
  const size_t taken = std::min(missing, bytes->size());
  const absl::string_view text = bytes->text();
  handshake_bytes_->append(text.data(), taken);
  if (handshake_bytes_->size() < kHandshakeSize) {
    if (IsNoHandshake(AsBytes(*handshake_bytes_))) Violate(now, "not a BitTorrent handshake");
    return false;
  }
  const std::optional<Handshake> handshake = ParseHandshake(AsBytes(*handshake_bytes_));
  handshake_bytes_.reset();
  if (!handshake.has_value()) {
    Violate(now, "not a BitTorrent handshake");
    return false;
  }
  if (handshake->info_hash != swarm_.info_hash) {
    Violate(now, "answered for another torrent");
    return false;
  }
  *bytes = bytes->From(taken);
  Open(now, *handshake);
  return state_ == State::kOpen;
}

void Connection::Open(Time now, const Handshake& handshake) {
  peer_id_ = handshake.peer_id;
  peer_has_dht_ = handshake.supports_dht;
  state_ = State::kOpen;
  opened_ = true;
  opened_at_ = now;
  useless_since_ = now;
  fast_ = handshake.supports_fast;
  if (handshake.supports_extensions) extensions_.Enable();
  handler_.OnHandshake(now, *this);
  if (state_ != State::kOpen) return;
  if (swarm_.metainfo != nullptr) LearnPieceCount();
  if (swarm_.pieces != nullptr) {
    pieces_.have = Bitfield(swarm_.pieces->count());
    swarm_.picker->AddPeer(pieces_);
  } else {
    early_ = std::make_unique<EarlyPieces>();
  }
  Greet();
  Arm(now);
}

// What follows our handshake: our pieces must come first.
void Connection::Greet() {
  GreetWithPieces();
  extensions_.SendHandshake(remote_);
  SendPort();
}

void Connection::GreetWithPieces() {
  const bool any = swarm_.pieces != nullptr && !swarm_.pieces->have().none();
  haves_told_ = static_cast<uint32_t>(swarm_.got.size());
  if (fast_) {
    std::vector<PieceIndex> gift;
    if (any && swarm_.alms_takers < kAlmsTakersMax) {
      gift = AllowedFastSet(swarm_.info_hash, remote_, swarm_.pieces->count(), kAllowedFastCount);
      gift.erase(
          std::remove_if(gift.begin(), gift.end(),
                         [this](PieceIndex piece) { return !swarm_.pieces->have().Has(piece); }),
          gift.end());
    }
    uploads_.SetFast(gift);
    if (!any) {
      link_.Write(HaveNone{});
    } else if (swarm_.pieces->have().all()) {
      link_.Write(HaveAll{});
    } else {
      link_.writer().WriteBitfield(swarm_.pieces->have().wire());
    }
    for (const PieceIndex piece : gift) link_.Write(AllowedFast{piece});
  } else if (any) {
    link_.writer().WriteBitfield(swarm_.pieces->have().wire());
  }
}

void Connection::SendPort() {
  if (!is_open() || swarm_.dht_port == 0 || swarm_.is_private || !peer_has_dht_) return;
  link_.Write(Port{swarm_.dht_port});
}

void Connection::ReadMessages(Time now) {
  bool is_any = false;
  while (std::optional<Message> message = reader_.Next()) {
    is_any = true;
    if (!fast_ && NeedsFastExtension(*message)) {
      Violate(now, "fast extension messages without the fast extension");
      return;
    }
    std::visit([this, now](auto& body) { On(now, body); }, *message);
    if (state_ == State::kClosed) return;
  }
  if (reader_.broken()) {
    Violate(now, reader_.reason());
    return;
  }
  if (reader_.unfinished() > 0) downloads_.OnProgress(now);
  // Half a message is no news, but a greeting may wait to be sent.
  if (is_any || !link_.writer().empty()) FinishEvent(now);
}

// The end of each event: more is asked for, more is read for the peer, and all is sent together.
void Connection::FinishEvent(Time now) {
  if (state_ == State::kOpen) handler_.OnEventEnd(now, *this);
  if (state_ != State::kOpen) return;
  PumpReads(now);
  if (link_.writer().empty()) return;
  if (uploads_.floods()) {
    Violate(now, "asks for much and reads nothing");
    return;
  }
  Send(now);
}

// What waits for company goes along.
void Connection::Send(Time now) {
  if (link_.writer().empty()) return;
  TellHaves();
  link_.Flush(now);
}

void Connection::PumpReads(Time now) {
  while (const std::optional<Uploads::Read> read =
             uploads_.NextRead(now, downloads_.rate().total())) {
    handler_.StartRead(*this, read->request, read->number);
    if (state_ != State::kOpen) return;
    if (swarm_.first_copies != nullptr && !swarm_.first_copies->idle()) {
      swarm_.first_copies->OnSent(id(), read->request);
    }
  }
  deadline_.SetEarlier(uploads_.next_deadline());
}

void Connection::OnSent(Time now) {
  if (state_ != State::kOpen) return;
  extensions_.ServeMetadata(now);
  PumpReads(now);
  Flush(now);
}

uint32_t Connection::OnRead(Time now, uint32_t number, absl::StatusOr<Slice> bytes) {
  if (state_ != State::kOpen) return 0;
  const uint32_t sent = uploads_.OnRead(now, number, std::move(bytes));
  PumpReads(now);
  Flush(now);
  return sent;
}

void Connection::OnClosed(Time now, absl::Status why) {
  const std::string text = why.ok() ? std::string("the peer closed") : std::string(why.message());
  End(now, Ending::kGone, text);
}

void Connection::OnDeadline(Time now) {
  if (state_ == State::kClosed) return;
  if (state_ != State::kOpen) {
    if (now - opened_at_ >= kHandshakeTimeout) {
      End(now, Ending::kGone, "no handshake in time");
    } else {
      deadline_.Set(opened_at_ + kHandshakeTimeout);
    }
    return;
  }
  if (now >= resume_at_) ResumeReading(now, Link::kRateLimit);
  if (!link_.is_paused() && now - link_.last_received() >= kIdleTimeout) {
    End(now, Ending::kGone, "silent for too long");
    return;
  }
  if (now - link_.last_sent() >= kKeepAlive) link_.Write(KeepAlive{});
  if (!link_.is_paused() && now >= downloads_.next_deadline()) {
    std::vector<storage::BlockRequest> lost;
    const bool snubbed = downloads_.OnTime(now, reader_.arriving(), &lost);
    if (!lost.empty()) handler_.OnLost(now, *this, lost);
    if (snubbed && state_ == State::kOpen) handler_.OnSnubbed(now, *this);
  }
  FinishEvent(now);
  if (state_ == State::kOpen) Arm(now);
}

void Connection::Arm(Time now) {
  Time next = std::min(After(link_.last_sent(), kKeepAlive), resume_at_);
  const Time idle = After(link_.last_received(), kIdleTimeout);
  next = std::min(next, link_.is_paused() ? now + kIdleTimeout : idle);
  next = std::min(next, uploads_.next_deadline());
  if (!link_.is_paused()) {
    // A block that trickles in may hold the oldest request for long; once a second is enough.
    next = std::min(next, std::max(downloads_.next_deadline(), now + seconds(1)));
  }
  deadline_.Set(std::max(next, now + microseconds(1)));
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  deadline_.Set(kNever);
  link_.Close();
  uploads_.Close();
  if (swarm_.first_copies != nullptr) swarm_.first_copies->Forget(id());
  early_.reset();
}

void Connection::End(Time now, Ending ending, absl::string_view why) {
  if (state_ == State::kClosed) return;
  const std::string reason(why);  // `why` may point into what Close() frees
  Close();
  handler_.OnEnded(now, *this, ending, reason);
}

void Connection::Flush(Time now) {
  if (state_ == State::kOpen) Send(now);
}

}  // namespace starling::peer
