#include "sim/watch.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/storage_tap.h"
#include "sim/stream_tap.h"
#include "sim/watch_stream.h"
#include "sim/watch_text.h"

namespace starling::sim {
namespace {

class WatchedPort final : public DatagramPort {
 public:
  using Say = std::function<void(absl::string_view line)>;
  WatchedPort(DatagramPort& port, Say say) : port_(port), say_(std::move(say)) {}
  void Send(Time now, const Endpoint& to, Writer write) override {
    std::string text;
    port_.Send(now, to, [&](ByteSpan space) {
      const size_t size = write(space);
      if (size > 0) text = DatagramText(space.first(size));
      return size;
    });
    if (!text.empty()) say_(absl::StrCat("datagram to ", to.ToString(), ": ", text));
  }

 private:
  DatagramPort& port_;
  Say say_;
};

class Watch final : public Behaviour, private StorageTap {
 public:
  Watch(std::unique_ptr<Behaviour> inner, const BehaviourSite& site, WatchSink sink)
      : clock_(site.clock), sink_(std::move(sink)), inner_(std::move(inner)) {
    Say(absl::StrCat("switched on as ", site.self.ToString()));
  }
  ~Watch() override { Say("switched off"); }

  void Adjust(ClientOptions* options) override { inner_->Adjust(options); }
  DatagramPort& Wrap(DatagramPort& port) override {
    port_.emplace(port, [this](absl::string_view line) { Say(line); });
    return inner_->Wrap(*port_);
  }
  Dialer& Wrap(Dialer& dialer) override {
    dialer_.emplace(dialer, [this](const Endpoint& to) { return Listen(to, " dialled"); });
    return inner_->Wrap(*dialer_);
  }
  storage::Storage& Wrap(storage::Storage& storage) override {
    storage_.emplace(storage, static_cast<StorageTap&>(*this));
    return inner_->Wrap(*storage_);
  }
  std::unique_ptr<Stream> Wrap(std::unique_ptr<Stream> stream) override {
    std::unique_ptr<StreamTap> tap = Listen(stream->remote(), " accepted");
    return inner_->Wrap(TapStream(std::move(stream), std::move(tap)));
  }
  void OnDatagram(Time now, const Endpoint& from, ByteView bytes) override {
    Say(absl::StrCat("datagram from ", from.ToString(), ": ", DatagramText(bytes)));
    inner_->OnDatagram(now, from, bytes);
  }
  void OnEvent(Time now, const starling::Event& event) override {
    Say(absl::StrCat("client: ", EventText(event)));
    inner_->OnEvent(now, event);
  }
  void OnEnd() override {
    sink_ = nullptr;
    inner_->OnEnd();
  }
  bool is_honest() const override { return inner_->is_honest(); }

 private:
  void OnOpened(Time, absl::StatusOr<Bitfield>* have) override {
    Say(have->ok()
            ? absl::StrCat("disk: has ", (*have)->count(), " of ", (*have)->size(), " pieces")
            : absl::StrCat("disk: cannot be opened: ", Why(have->status())));
  }
  std::optional<absl::StatusOr<Slice>> OnRead(Time, const storage::BlockRequest& request,
                                              absl::StatusOr<Slice> bytes) override {
    if (!bytes.ok()) {
      Say(absl::StrCat("disk: cannot read piece ", request.piece.value(), ": ",
                       Why(bytes.status())));
    }
    return bytes;
  }
  void OnSpilled(Time, PieceIndex piece, uint32_t offset, const absl::Status& status) override {
    Say(absl::StrCat("disk: block ", piece.value(), " ", offset,
                     status.ok() ? " is put aside" : absl::StrCat(" is lost: ", Why(status))));
  }
  void OnStored(Time, PieceIndex piece, const storage::Verdict& verdict) override {
    Say(absl::StrCat("disk: piece ", piece.value(),
                     verdict.status.ok() ? " is stored"
                                         : absl::StrCat(" is not stored: ", Why(verdict.status))));
  }

  static std::string Why(const absl::Status& status) {
    return peer::PrintableText(status.message(), 100);
  }
  std::unique_ptr<StreamTap> Listen(const Endpoint& remote, absl::string_view how) {
    std::string name = absl::StrCat("stream ", ++streams_, " with ", remote.ToString());
    Say(absl::StrCat(name, how));
    return std::make_unique<WatchedStream>(std::move(name),
                                           [this](absl::string_view line) { Say(line); });
  }
  void Say(absl::string_view line) {
    if (sink_) sink_(clock_ ? clock_() : Time(), line);
  }

  uint64_t streams_ = 0;
  std::function<Time()> clock_;
  WatchSink sink_;
  std::optional<WatchedPort> port_;
  std::optional<TappedDialer> dialer_;
  std::optional<TappedStorage> storage_;
  std::unique_ptr<Behaviour> inner_;  // uses what stands above
};

}  // namespace

BehaviourFactory Watched(BehaviourFactory inner, WatchSink sink) {
  return [inner = std::move(inner), sink = std::move(sink)](const BehaviourSite& site) {
    std::unique_ptr<Behaviour> made = inner ? inner(site) : std::make_unique<Behaviour>();
    return std::make_unique<Watch>(std::move(made), site, sink);
  };
}

}  // namespace starling::sim
