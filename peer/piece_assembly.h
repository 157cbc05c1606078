// The content of one unfinished piece: the blocks that came and wait in memory, and those that were
// spilled, which is to say written unverified to their place to free their memory. What is held is
// charged to the Client's budget until it lies on the disk or is dropped.
//
// Invariants: a piece is handed to the store only while no spill of it is being written, so that no
// late write can lie over a verified piece; the charge is what was charged, whatever happens.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/time.h"
#include "peer/torrent.h"

namespace starling::peer {

class PieceAssembly {
 public:
  PieceAssembly(UnfinishedMemory& memory, uint32_t block_count)
      : memory_(memory), block_count_(block_count) {}
  ~PieceAssembly() { memory_.Release(charged_); }
  PieceAssembly(const PieceAssembly&) = delete;
  PieceAssembly& operator=(const PieceAssembly&) = delete;

  // `charge` is what the block costs the budget; see BufferCharge.
  void Add(Time now, uint32_t block, Payload payload, uint64_t charge);
  // Forgets a block: its sender is not to be trusted.
  void Drop(uint32_t block);

  // The next block that could be spilled, or nullopt. Its payload stays here until the write ended.
  std::optional<uint32_t> NextToSpill() const;
  Payload BeginSpill(uint32_t block);
  // False if the block is lost because it could not be written: it must be fetched again.
  bool FinishSpill(uint32_t block, bool written);

  uint64_t charged() const { return charged_; }
  // Of that, what will be free when the spills under way have ended.
  uint64_t charged_writing() const { return charged_writing_; }
  bool writing() const { return writing_ > 0; }
  bool holds_memory() const { return held_ > 0; }
  // Could something be spilled?
  bool spillable() const { return NextToSpill().has_value(); }
  uint32_t spilled() const { return spilled_; }
  Time last_fed() const { return last_fed_; }
  // For the store: an empty Payload where a block was spilled. They stay charged, and here, until
  // the assembly is destroyed: the store holds them as well until it is done.
  std::vector<Payload> blocks() const;
  // A block in memory; null if it is not.
  const Payload* payload(uint32_t block) const;

 private:
  enum class State : uint8_t { kEmpty, kHeld, kSpilled };
  struct Part {
    Payload payload;
    uint32_t charge = 0;
    State state = State::kEmpty;
    bool writing = false;
    bool stale = false;  // what is being written was dropped meanwhile
  };

  void Free(Part& part);

  UnfinishedMemory& memory_;
  uint32_t block_count_;
  std::vector<Part> parts_;  // empty until the first block comes
  uint64_t charged_ = 0;
  uint64_t charged_writing_ = 0;
  uint32_t held_ = 0;
  uint32_t held_writing_ = 0;
  uint32_t spilled_ = 0;
  uint32_t writing_ = 0;
  Time last_fed_{};
};

// What the payload of one stream costs the budget. A slice keeps its whole receive buffer alive, so
// the block in which a buffer is first seen is charged with the buffer's capacity; every further
// block of that buffer with its own size, since either may be the last to go. Thus a buffer full of
// blocks costs at most twice its size, and a nearly empty one is never taken for its few bytes.
// Buffers larger than any receive buffer are shared content (a simulation) and nobody's burden.
class BufferCharge {
 public:
  static constexpr uint64_t kCapacityMax = 1024 * 1024;

  uint64_t For(const Payload& payload);

 private:
  // Where the buffer seen last was seen first, and the end of what was seen; never followed.
  const std::byte* first_ = nullptr;
  const std::byte* end_ = nullptr;
  size_t capacity_ = 0;
};

}  // namespace starling::peer
