// Writes down what a PieceStore answers, and does in each answer what a test asks.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "storage/piece_store.h"

namespace starling::testing_support {

class RecordingStoreHandler final : public storage::StoreHandler {
 public:
  void OnOpened(Time, absl::StatusOr<Bitfield> have) override {
    Note();
    opened = std::move(have);
    if (at_opened) at_opened();
  }
  void OnRead(Time, storage::Ticket ticket, absl::StatusOr<Slice> bytes) override {
    Note();
    EXPECT_EQ(reads.count(ticket), 0u) << "one answer a ticket";
    reads.emplace(ticket, std::move(bytes));
    if (at_read) at_read();
  }
  void OnSpilled(Time, PieceIndex, uint32_t, absl::Status status) override {
    Note();
    EXPECT_TRUE(status.ok()) << status;
    ++spilled;
    if (at_spilled) at_spilled();
  }
  void OnStored(Time, PieceIndex piece, storage::Verdict verdict) override {
    Note();
    stored.emplace_back(piece, std::move(verdict));
    if (at_stored) at_stored();
  }

  std::optional<absl::StatusOr<Bitfield>> opened;
  std::map<storage::Ticket, absl::StatusOr<Slice>> reads;
  std::vector<std::pair<PieceIndex, storage::Verdict>> stored;
  std::function<void()> at_opened, at_read, at_spilled, at_stored;
  int spilled = 0;
  bool forbidden = false;  // while true, any call is a breach of the law of seams

 private:
  void Note() { EXPECT_FALSE(forbidden) << "answered before the call returned, or afterwards"; }
};

}  // namespace starling::testing_support
