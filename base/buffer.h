// Counted memory. A block of file content is one Buffer from the moment it exists; every layer
// holds a Slice of it and nobody copies. Counting is atomic: buffers travel between the network
// thread and the disk workers. Writing is only allowed where `unique()` parts are concerned: who
// fills a buffer hands out slices of what is already filled and never writes there again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/bytes.h"

namespace starling {

class BufferPool;

namespace internal {
struct PoolCore;
struct Block {  // the bytes follow it in memory
  std::atomic<uint32_t> references;
  size_t capacity;
  PoolCore* pool;  // where it goes back to, or nullptr
  std::byte* data() { return reinterpret_cast<std::byte*>(this + 1); }
};
void ReleaseBlock(Block* block);
}  // namespace internal

class Slice;

class Buffer {
 public:
  Buffer() = default;  // holds nothing
  explicit Buffer(size_t capacity);
  // The only copy of payload there is, and counted: see bytes_copied().
  static Slice CopyFrom(ByteView bytes);
  // Whoever must gather payload by hand says so here.
  static void CountCopied(uint64_t bytes);
  // Bytes of payload that were copied in this process so far.
  static uint64_t bytes_copied();

  Buffer(const Buffer& other) : block_(other.block_) { Retain(); }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr) Release();
  }

  explicit operator bool() const { return block_ != nullptr; }
  std::byte* data() const { return block_->data(); }
  size_t capacity() const { return block_ == nullptr ? 0 : block_->capacity; }
  // Nobody else refers to this memory, so all of it may be written again.
  bool unique() const {
    return block_ != nullptr && block_->references.load(std::memory_order_acquire) == 1;
  }
  Slice Sub(size_t from, size_t size) const;

 private:
  friend class Slice;
  friend class BufferPool;
  explicit Buffer(internal::Block* block) : block_(block) {}
  void Retain() const {
    if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
  }
  void Release() {
    if (block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      internal::ReleaseBlock(block_);
    }
  }

  internal::Block* block_ = nullptr;
};

// An immutable view into a Buffer that keeps it alive. 24 bytes.
class Slice {
 public:
  Slice() = default;
  // A view of bytes that outlive every slice, such as literals; nothing is counted.
  static Slice Static(ByteView bytes) {
    Slice slice;
    slice.data_ = bytes.data();
    slice.size_ = bytes.size();
    return slice;
  }

  const std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {data_, size_}; }
  absl::string_view text() const { return AsText(view()); }
  // The part [from, from + size), sharing the memory; it must lie inside.
  Slice Sub(size_t from, size_t size) const;
  Slice From(size_t from) const { return Sub(from, size_ - from); }
  // Does `next` continue this slice in the same buffer?
  bool Adjoins(const Slice& next) const {
    return owner_.block_ == next.owner_.block_ && data_ + size_ == next.data_;
  }
  // Takes in `next`, which adjoins.
  void Extend(const Slice& next) { size_ += next.size_; }
  // The whole memory that this slice keeps alive, for budgets.
  size_t capacity() const { return owner_.capacity(); }

 private:
  friend class Buffer;
  Buffer owner_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};
static_assert(sizeof(Slice) == 24);

// One block of content as it came from the wire: usually one slice, two where receive buffers met.
using Payload = absl::InlinedVector<Slice, 2>;
size_t PayloadSize(const Payload& payload);

// Reuses buffers of one capacity, so that the payload path neither allocates nor faults pages in.
// Any thread may take and release. Buffers may outlive their pool.
class BufferPool {
 public:
  // Keeps at most `free_max` unused buffers.
  BufferPool(size_t capacity, size_t free_max);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer Take();
  size_t capacity() const;

 private:
  internal::PoolCore* core_;
};

}  // namespace starling
