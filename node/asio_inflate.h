// Undoes the compression of an HTTP body, gzip or deflate (RFC 1950 to 1952, by zlib), in portions
// of bounded size, so that whoever reads can stop before a small body has become a huge one.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/buffer.h"

namespace starling {

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Whether we can undo this value of the Content-Encoding header.
  static bool Understands(absl::string_view encoding);

  // The next compressed bytes; only when Next() wants more.
  void Add(Slice bytes);
  // The next plain bytes, as many as one buffer of `pool` holds; empty when it wants more.
  absl::StatusOr<Slice> Next(BufferPool& pool);
  // The compressed body ended properly.
  bool is_complete() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace starling
