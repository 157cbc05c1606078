// The reader of HTTP answers on bytes alone: cut anywhere, damaged anywhere, noise.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/random.h"
#include "node/asio_http_reader.h"

namespace starling {
namespace {

struct Outcome {
  HttpReader::Step last = HttpReader::Step::kNeedMore;
  int heads = 0;
  int status = 0;
  std::string body;
};

// Reads `text` in parts of `part_size` bytes and then the end of the connection.
Outcome Read(const std::string& text, size_t part_size, bool is_clean_end = true) {
  HttpReader reader;
  Outcome outcome;
  size_t at = 0;
  // Each step uses up input or ends; whoever loops for ever fails here.
  for (size_t steps = 0; steps < 20 * text.size() + 100; ++steps) {
    outcome.last = reader.Next();
    switch (outcome.last) {
      case HttpReader::Step::kNeedMore:
        if (at < text.size()) {
          reader.Add(Buffer::CopyFrom(AsBytes(text.substr(at, part_size))));
          at += std::min(part_size, text.size() - at);
        } else {
          reader.End(is_clean_end);
        }
        break;
      case HttpReader::Step::kHead:
        ++outcome.heads;
        outcome.status = reader.answer().status;
        break;
      case HttpReader::Step::kBody:
        outcome.body += std::string(AsText(reader.TakeBody().view()));
        break;
      case HttpReader::Step::kDone:
      case HttpReader::Step::kBroken:
        return outcome;
    }
  }
  ADD_FAILURE() << "the reader does not end";
  return outcome;
}

const char kChunked[] =
    "HTTP/1.1 200 OK\r\nServer: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n1;name=\"value\"\r\n,\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";
const char kSized[] = "HTTP/1.1 206 Partial\r\nContent-Length: 12\r\n\r\nhello, world";
const char kUntilEnd[] = "HTTP/1.0 200 OK\r\n\r\nhello, world";

TEST(HttpReader, ReadsTheSameHoweverTheBytesAreCut) {
  for (const std::string text : {kChunked, kSized, kUntilEnd}) {
    for (size_t part_size = 1; part_size <= text.size(); ++part_size) {
      const Outcome outcome = Read(text, part_size);
      EXPECT_EQ(outcome.last, HttpReader::Step::kDone);
      EXPECT_EQ(outcome.heads, 1);
      EXPECT_EQ(outcome.body, "hello, world") << part_size;
    }
  }
}

TEST(HttpReader, EveryPrefixIsBrokenUnlessTheEndIsTheEnd) {
  for (const std::string text : {kChunked, kSized}) {
    for (size_t size = 0; size < text.size(); ++size) {
      for (const size_t part_size : {size_t{1}, text.size()}) {
        EXPECT_EQ(Read(text.substr(0, size), part_size).last, HttpReader::Step::kBroken) << size;
      }
    }
  }
  const std::string text = kUntilEnd;
  EXPECT_EQ(Read(text, text.size(), false).last, HttpReader::Step::kBroken);
}

TEST(HttpReader, SurvivesEveryFlippedByteAndTellsOneHeadAtMost) {
  for (const std::string text : {kChunked, kSized, kUntilEnd}) {
    for (size_t at = 0; at < text.size(); ++at) {
      for (const int flip : {1, 2, 0x20, 0x80, 0xff}) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        for (const size_t part_size : {size_t{1}, size_t{7}, text.size()}) {
          const Outcome outcome = Read(damaged, part_size);
          EXPECT_LE(outcome.heads, 1);
          EXPECT_LE(outcome.body.size(), damaged.size());
        }
      }
    }
  }
}

TEST(HttpReader, SurvivesNoise) {
  SeededRandom random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string noise(random.Below(200), '\0');
    random.Fill({reinterpret_cast<std::byte*>(noise.data()), noise.size()});
    const char* const before[] = {"", "HTTP/1.1 200 OK\r\n",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};
    const size_t which = random.Below(3);
    const size_t part_size = 1 + random.Below(64);
    Read(before[which] + noise, part_size);
  }
}

TEST(HttpReader, HandsOutTheBytesThatCameInWithoutCopying) {
  const std::string body(100'000, 'b');
  const Slice whole = Buffer::CopyFrom(AsBytes(absl::StrCat(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n", body, "\r\n0\r\n\r\n")));
  const uint64_t copied_before = Buffer::bytes_copied();
  HttpReader reader;
  reader.Add(whole.Sub(0, 60));
  reader.Add(whole.From(60));
  std::string read;
  for (;;) {
    const HttpReader::Step step = reader.Next();
    if (step == HttpReader::Step::kDone) break;
    ASSERT_NE(step, HttpReader::Step::kBroken);
    if (step != HttpReader::Step::kBody) continue;
    const Slice part = reader.TakeBody();
    EXPECT_GE(part.data(), whole.data());
    EXPECT_LE(part.data() + part.size(), whole.data() + whole.size());
    read += std::string(AsText(part.view()));
  }
  EXPECT_TRUE(read == body);
  EXPECT_EQ(Buffer::bytes_copied(), copied_before);
}

}  // namespace
}  // namespace starling
