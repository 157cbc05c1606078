// The reader of HTTP answers, fed with parts of any size: it must end, and give out no more than it
// was given.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
// The unit itself, so that the fuzzer needs nothing else of the real world.
#include "node/asio_http_reader.cc"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using starling::HttpReader;
  if (size == 0) return 0;
  const size_t part_size = 1 + data[0];
  const auto* const bytes = reinterpret_cast<const std::byte*>(data + 1);
  --size;
  HttpReader reader;
  size_t at = 0;
  size_t body_size = 0;
  for (size_t steps = 0;; ++steps) {
    CHECK(steps < 10 * size + 100);
    const HttpReader::Step step = reader.Next();
    if (step == HttpReader::Step::kDone || step == HttpReader::Step::kBroken) break;
    if (step == HttpReader::Step::kBody) body_size += reader.TakeBody().size();
    if (step != HttpReader::Step::kNeedMore) continue;
    if (at == size) {
      reader.End(true);
      continue;
    }
    const size_t part = std::min(part_size, size - at);
    reader.Add(starling::Buffer::CopyFrom({bytes + at, part}));
    at += part;
  }
  CHECK(body_size <= size);
  return 0;
}
