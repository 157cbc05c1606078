// Takes an HTTP answer apart, without I/O: slices in, the head and slices of the body out, which
// are views into what came in. Boost.Beast's parser does the work; hostile answers end in kBroken:
// heads without end, chunks that are all ceremony, one answer "100 Continue" after another.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/buffer.h"

namespace starling {

struct HttpAnswer {
  int status = 0;
  std::optional<uint64_t> content_length;
  std::string location;
  std::string content_encoding;
};

class HttpReader {
 public:
  static constexpr size_t kHeadSizeMax = 32 * 1024;
  static constexpr int kInterimMax = 5;  // answers 1xx before the real one

  enum class Step { kNeedMore, kHead, kBody, kDone, kBroken };

  HttpReader();
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  void Add(Slice bytes);
  // The connection ended. `is_clean`: nobody can have cut it short.
  void End(bool is_clean);
  // Goes one step further. kHead comes once, then kBody any number of times, then kDone.
  Step Next();

  const HttpAnswer& answer() const { return answer_; }
  Slice TakeBody() { return std::exchange(body_, Slice()); }
  const absl::Status& error() const { return error_; }

 private:
  class Parser;

  Step Parse();
  Step OnEnd();
  Step Break(absl::string_view why);
  bool IsCeremony() const;
  void Consume(size_t consumed, bool needs_more);

  std::unique_ptr<Parser> parser_;
  HttpAnswer answer_;
  Slice body_;
  absl::Status error_;
  bool head_told_ = false;
  int interim_count_ = 0;
  uint64_t overhead_size_ = 0;  // bytes of heads, chunk headers and trailers
  uint64_t body_size_ = 0;

  std::string carry_;        // the beginning of something that is not complete yet
  std::deque<Slice> input_;  // what follows it
  std::optional<bool> end_;  // its cleanness
};

}  // namespace starling
