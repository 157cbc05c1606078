#include "node/asio_inflate.h"

#include <zlib.h>

#include <utility>

#include "base/check.h"

namespace starling {
namespace {

constexpr int kDetectGzipOrZlib = 15 + 32;
constexpr int kRawDeflate = -15;

}  // namespace

struct Inflater::Stream {
  z_stream z{};
  Slice input;
  bool is_raw = false;
  bool is_complete = false;
  bool is_pending = false;  // the last output was full: more may be ready without more input

  Stream() { CHECK(inflateInit2(&z, kDetectGzipOrZlib) == Z_OK); }
  ~Stream() { inflateEnd(&z); }

  void Feed() {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input.data()));
    z.avail_in = static_cast<uInt>(input.size());
  }
};

Inflater::Inflater() : stream_(std::make_unique<Stream>()) {}
Inflater::~Inflater() = default;

bool Inflater::Understands(absl::string_view encoding) {
  return encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate";
}

void Inflater::Add(Slice bytes) {
  CHECK(stream_->z.avail_in == 0);
  stream_->input = std::move(bytes);
  stream_->Feed();
}

absl::StatusOr<Slice> Inflater::Next(BufferPool& pool) {
  z_stream& z = stream_->z;
  if (stream_->is_complete) z.avail_in = 0;  // what follows the end is ignored
  if (z.avail_in == 0 && !stream_->is_pending) return Slice();
  const Buffer buffer = pool.Take();
  z.next_out = reinterpret_cast<Bytef*>(buffer.data());
  z.avail_out = static_cast<uInt>(buffer.capacity());
  int result = inflate(&z, Z_NO_FLUSH);
  if (result == Z_DATA_ERROR && !stream_->is_raw && z.total_out == 0) {
    // Some servers send "deflate" without the zlib header that it should have.
    stream_->is_raw = true;
    CHECK(inflateReset2(&z, kRawDeflate) == Z_OK);
    stream_->Feed();
    z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    z.avail_out = static_cast<uInt>(buffer.capacity());
    result = inflate(&z, Z_NO_FLUSH);
  }
  stream_->is_pending = z.avail_out == 0 && result != Z_STREAM_END;
  if (result == Z_STREAM_END) {
    stream_->is_complete = true;
    z.avail_in = 0;
  } else if (result != Z_OK && result != Z_BUF_ERROR) {
    return absl::UnavailableError("the HTTP answer's compression is broken");
  }
  return buffer.Sub(0, buffer.capacity() - z.avail_out);
}

bool Inflater::is_complete() const { return stream_->is_complete; }

}  // namespace starling
