// Where the connections of one torrent write their small messages before they leave. They share it,
// because most connections are idle: a buffer for each of them would be the largest part of what an
// idle connection costs. What was handed out is never written again while anyone holds it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/buffer.h"

namespace starling::peer {

class MessageSpace {
 public:
  // What a peer that reads nothing keeps alive for the sake of a few bytes.
  static constexpr size_t kBufferSize = 2048;

  // Room for `size` bytes in buffer(), behind what was taken last if there is enough. Returns where
  // in the buffer it begins.
  uint32_t Take(size_t size) {
    // All that was written here has left, so it can be used from its start again.
    if (buffer_.unique()) end_ = 0;
    if (buffer_.capacity() - end_ < size) {
      buffer_ = Buffer(std::max(size, kBufferSize));
      end_ = 0;
    }
    const auto begin = static_cast<uint32_t>(end_);
    end_ += size;
    return begin;
  }
  const Buffer& buffer() const { return buffer_; }

 private:
  Buffer buffer_;
  size_t end_ = 0;
};

}  // namespace starling::peer
