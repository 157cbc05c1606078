#include "base/buffer.h"

#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "base/check.h"

namespace starling {
namespace internal {

struct PoolCore {
  std::mutex mutex;
  std::vector<Block*> free_blocks;
  size_t capacity;
  size_t free_max;
  size_t holders;  // the pool itself and each block that is out
  bool closed = false;
};

namespace {

std::atomic<uint64_t> copied_bytes{0};

Block* NewBlock(size_t capacity, PoolCore* pool) {
  void* memory = ::operator new(sizeof(Block) + capacity);
  return new (memory) Block{.references = 1, .capacity = capacity, .pool = pool};
}

void DeleteBlock(Block* block) {
  block->~Block();
  ::operator delete(block);
}

// Gives up one hold on `core`, whose mutex the caller's lock owns.
void LeavePool(PoolCore* core, std::unique_lock<std::mutex> lock) {
  const bool last = --core->holders == 0;
  lock.unlock();
  if (last) delete core;
}

}  // namespace

void ReleaseBlock(Block* block) {
  PoolCore* core = block->pool;
  if (core == nullptr) {
    DeleteBlock(block);
    return;
  }
  std::unique_lock<std::mutex> lock(core->mutex);
  if (!core->closed && core->free_blocks.size() < core->free_max) {
    core->free_blocks.push_back(block);
  } else {
    DeleteBlock(block);
  }
  LeavePool(core, std::move(lock));
}

}  // namespace internal

Buffer::Buffer(size_t capacity) : block_(internal::NewBlock(capacity, nullptr)) {}

Slice Buffer::CopyFrom(ByteView bytes) {
  Buffer buffer(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
  CountCopied(bytes.size());
  return buffer.Sub(0, bytes.size());
}

void Buffer::CountCopied(uint64_t bytes) {
  internal::copied_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

uint64_t Buffer::bytes_copied() { return internal::copied_bytes.load(std::memory_order_relaxed); }

Slice Buffer::Sub(size_t from, size_t size) const {
  CHECK(from <= capacity() && size <= capacity() - from);
  Slice slice;
  slice.owner_ = *this;
  slice.data_ = block_ == nullptr ? nullptr : block_->data() + from;
  slice.size_ = size;
  return slice;
}

Slice Slice::Sub(size_t from, size_t size) const {
  CHECK(from <= size_ && size <= size_ - from);
  Slice part;
  part.owner_ = owner_;
  part.data_ = data_ + from;
  part.size_ = size;
  return part;
}

size_t PayloadSize(const Payload& payload) {
  size_t size = 0;
  for (const Slice& slice : payload) size += slice.size();
  return size;
}

BufferPool::BufferPool(size_t capacity, size_t free_max)
    : core_(new internal::PoolCore{.mutex = {},
                                   .free_blocks = {},
                                   .capacity = capacity,
                                   .free_max = free_max,
                                   .holders = 1}) {}

BufferPool::~BufferPool() {
  std::unique_lock<std::mutex> lock(core_->mutex);
  for (internal::Block* block : core_->free_blocks) internal::DeleteBlock(block);
  core_->free_blocks.clear();
  core_->closed = true;
  internal::LeavePool(core_, std::move(lock));
}

size_t BufferPool::capacity() const { return core_->capacity; }

Buffer BufferPool::Take() {
  internal::Block* block = nullptr;
  {
    std::unique_lock<std::mutex> lock(core_->mutex);
    ++core_->holders;
    if (!core_->free_blocks.empty()) {
      block = core_->free_blocks.back();
      core_->free_blocks.pop_back();
    }
  }
  if (block == nullptr) return Buffer(internal::NewBlock(core_->capacity, core_));
  block->references.store(1, std::memory_order_relaxed);
  return Buffer(block);
}

}  // namespace starling
