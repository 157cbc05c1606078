// One peer: a stream from the dial or the accepted handshake to its end, and the conversation on it
// (BEP 3, 5, 6, 10). The connection keeps the rules of the protocol and the state of both sides;
// what to ask for, whom to unchoke and what to do with a block is the torrent's, which hears of
// everything through `ConnectionHandler`.
//
// Invariants: a closed connection calls nobody and ignores every command, but lives until the
// torrent destroys it, which is never inside one of its calls. Whoever commands flushes: commands
// only write messages, Flush() sends them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/deadlines.h"
#include "base/seams.h"
#include "peer/choker.h"
#include "peer/downloads.h"
#include "peer/extensions.h"
#include "peer/handshake.h"
#include "peer/link.h"
#include "peer/picker.h"
#include "peer/swarm.h"
#include "peer/uploads.h"
#include "peer/wire.h"
#include "peer/wire_reader.h"

namespace starling::peer {

class Connection;

// Why a connection ends, for those who decide whether to come back.
enum class Ending : uint8_t {
  kGone,       // the stream ended or nothing came
  kOurs,       // we wanted to: full, duplicate, useless
  kViolation,  // the peer broke the protocol
};

class ConnectionHandler {
 public:
  virtual ~ConnectionHandler() = default;
  // Both handshakes are done. May close it.
  virtual void OnHandshake(Time now, Connection& connection) = 0;
  // What the peer has became known or grew.
  virtual void OnPeerPieces(Time now, Connection& connection) = 0;
  // A peer that was served to the end of a first copy has asked for all of it.
  virtual void OnTurnOver(Time now) = 0;
  virtual void OnPeerInterest(Time now, Connection& connection) = 0;
  // A block that we asked for.
  virtual void OnBlock(Time now, Connection& connection, const storage::BlockRequest& block,
                       Payload payload) = 0;
  virtual void OnUnaskedBlock(Time now, Connection& connection, uint32_t bytes) = 0;
  // Requests that the peer will not answer: rejected, choked away or lost.
  virtual void OnLost(Time now, Connection& connection,
                      std::span<const storage::BlockRequest> blocks) = 0;
  virtual void OnSnubbed(Time now, Connection& connection) = 0;
  virtual void OnExtensionHandshake(Time now, Connection& connection) = 0;
  virtual void OnMetadata(Time now, Connection& connection, const MetadataMessage& message) = 0;
  virtual void OnPeers(Time now, Connection& connection, const PexMessage& message) = 0;
  virtual void OnDhtPort(Time now, Connection& connection, uint16_t port) = 0;
  // Reads from the store; the answer goes to Connection::OnRead with the same number.
  virtual void StartRead(Connection& connection, const storage::BlockRequest& block,
                         uint32_t number) = 0;
  // All that an event brought has been told: time to ask for more.
  virtual void OnEventEnd(Time now, Connection& connection) = 0;
  // Last call.
  virtual void OnEnded(Time now, Connection& connection, Ending ending, absl::string_view why) = 0;
};

class Connection final : public StreamHandler, public DeadlineHandler {
 public:
  static constexpr Duration kHandshakeTimeout = seconds(20);  // from the dial on
  // Clients send keep-alives every 100 to 120 s; some of them exactly every 120.
  static constexpr Duration kIdleTimeout = seconds(180);
  static constexpr Duration kKeepAlive = seconds(100);
  static constexpr size_t kEarlyHavesMax = 16 * 1024;  // HAVEs kept while the pieces are unknown
  static constexpr size_t kSuggestedMax = 8;
  static constexpr size_t kHavesHeldMax = 32;

  Connection(ConnectionId id, Swarm& swarm, ConnectionHandler& handler);
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One of the two begins it.
  void Dial(Time now, Dialer& dialer, const Endpoint& to);
  void Accept(Time now, std::unique_ptr<Stream> stream, const Handshake& handshake, Slice rest);

  // Events of the stream and of time.
  void OnOpen(Time now) override;
  void OnData(Time now, Slice bytes) override;
  void OnSent(Time now) override;
  void OnClosed(Time now, absl::Status why) override;
  void OnDeadline(Time now) override;
  // Returns how many bytes of it were sent on.
  uint32_t OnRead(Time now, uint32_t number, absl::StatusOr<Slice> bytes);

  // Commands. All but Close() and Flush() only write messages.
  void Close();  // without a callback
  void Flush(Time now);
  void Ask(Time now, const storage::BlockRequest& block);
  void CancelRequest(const storage::BlockRequest& block);
  void SetInterested(bool interested);
  void Apply(Time now, const Verdict& verdict);  // the choker's
  bool WouldChange(const Verdict& verdict) const { return uploads_.WouldChange(verdict); }
  void SendHave(PieceIndex piece);
  // We have a further piece, the last of Swarm::got. A peer that lacks it hears of it now; one that
  // has it can do nothing with the news but count, so for it the message waits for company.
  void OnHad(PieceIndex piece);
  // Tells all that was not told.
  void TellHaves();
  bool holds_haves() const { return haves_told_ < swarm_.got.size(); }
  void SendPort();
  // The store is open: what the peer said about pieces gets its meaning.
  void LearnPieces(Time now);
  void LearnPieceCount();  // the metainfo is known
  void PauseReading(Time now, Link::Reason reason);
  void ResumeReading(Time now, Link::Reason reason);
  void PauseReadingUntil(Time now, Time until);

  ConnectionId id() const { return pieces_.id; }
  bool is_open() const { return state_ == State::kOpen; }
  bool is_closed() const { return state_ == State::kClosed; }
  // Was it ever past its handshake?
  bool opened() const { return opened_; }
  bool incoming() const { return incoming_; }
  const Endpoint& remote() const { return remote_; }
  // Where the peer listens, as far as we know.
  std::optional<Endpoint> listens_at() const;
  const PeerId& peer_id() const { return peer_id_; }
  Time opened_at() const { return opened_at_; }
  Time useless_since() const { return useless_since_; }
  // The torrent noted it in the journal of peers.
  bool journalled() const { return journalled_; }
  void set_journalled() { journalled_ = true; }

  PeerPieces& pieces() { return pieces_; }
  const PeerPieces& pieces() const { return pieces_; }
  bool is_seed() const;
  bool interested() const { return interested_; }
  bool peer_interested() const { return peer_interested_; }
  bool peer_choking() const { return peer_choking_; }
  Time peer_choke_changed_at() const { return peer_choke_changed_at_; }
  // Pieces that it told of since it told what it has.
  uint32_t haves_heard() const { return haves_heard_; }
  bool choking() const { return uploads_.choking(); }
  bool fast() const { return fast_; }  // both sides know the fast extension
  // The pieces that may be asked for while choked.
  const std::vector<PieceIndex>& allowed_fast() const { return allowed_fast_; }
  std::vector<PieceIndex>& suggested() { return suggested_; }
  Downloads& downloads() { return downloads_; }
  const Downloads& downloads() const { return downloads_; }
  const Uploads& uploads() const { return uploads_; }
  Extensions& extensions() { return extensions_; }
  uint32_t metadata_size() const { return extensions_.peer().metadata_size; }  // 0: it has none
  const Link& link() const { return link_; }

 private:
  enum class State : uint8_t { kDialling, kShaking, kOpen, kClosed };
  // What a peer said about its pieces before they had a meaning.
  struct EarlyPieces {
    Slice bitfield;
    bool all = false;
    std::vector<PieceIndex> haves;
  };

  void Open(Time now, const Handshake& handshake);
  void Greet();
  void GreetWithPieces();
  bool ReadHandshake(Time now, Slice* bytes);
  void ReadMessages(Time now);
  void FinishEvent(Time now);
  void Send(Time now);
  void PumpReads(Time now);
  void Arm(Time now);
  void End(Time now, Ending ending, absl::string_view why);
  void Violate(Time now, absl::string_view why) { End(now, Ending::kViolation, why); }
  void NoteUse(Time now);
  void AdviseFirstCopies();
  void NoteForFirstCopies(Time now, const storage::BlockRequest& asked);
  bool IsPastItsTurn(PieceIndex piece) const;

  // What each message does; see connection_messages.cc.
  void On(Time, const KeepAlive&) {}
  void On(Time now, const Choke&);
  void On(Time now, const Unchoke&);
  void On(Time now, const Interested&);
  void On(Time now, const NotInterested&);
  void On(Time now, const Have& message);
  void On(Time now, const BitfieldMessage& message);
  void On(Time now, const Request& message);
  void On(Time now, Piece& message);
  void On(Time now, const Cancel& message);
  void On(Time now, const Port& message);
  void On(Time now, const Suggest& message);
  void On(Time now, const HaveAll&);
  void On(Time now, const HaveNone&);
  void On(Time now, const Reject& message);
  void On(Time now, const AllowedFast& message);
  void On(Time now, const Extended& message);
  void On(Time, const Unknown&) {}
  void OnMetadataMessage(Time now, const Slice& payload);
  void TakePieces(Time now, Bitfield have);
  void AddPieces(Time now, const Bitfield& have);

  Swarm& swarm_;
  ConnectionHandler& handler_;
  State state_ = State::kDialling;
  bool incoming_ = false;
  bool fast_ = false;  // both sides (BEP 6)
  bool peer_has_dht_ = false;
  bool interested_ = false;
  bool peer_choking_ = true;
  bool peer_interested_ = false;
  bool opened_ = false;
  bool said_pieces_ = false;  // bitfield, have all or have none came
  bool journalled_ = false;
  Endpoint remote_;
  PeerId peer_id_;
  Link link_;
  WireReader reader_;
  PeerPieces pieces_;
  Downloads downloads_;
  Uploads uploads_;
  Extensions extensions_;
  std::unique_ptr<std::string> handshake_bytes_;  // while it is incomplete
  std::unique_ptr<EarlyPieces> early_;            // until the pieces are known
  std::vector<PieceIndex> allowed_fast_;
  std::vector<PieceIndex> suggested_;
  uint32_t haves_heard_ = 0;
  uint32_t haves_told_ = 0;  // of Swarm::got
  Time opened_at_{};
  Time peer_choke_changed_at_{};
  Time useless_since_ = kNever;  // neither side wants anything of the other since then
  Time resume_at_ = kNever;      // of reading, after a rate limit
  Deadline deadline_;
};

}  // namespace starling::peer
