// Can others reach us? Whoever answers is kept in tables of others, who ask it sooner or later
// although it never asked them. Behind a NAT or a firewall that lets nothing in but answers, none
// of these queries arrives. A node that hears no stranger for half an hour, in a network so large
// that some must have tried, takes itself for unreachable: it says so in its queries (BEP 43), so
// that nobody keeps it in vain, until a stranger comes. Whoever asks it is answered all the same:
// it may be wrong. Nobody who does not keep it can come; therefore it takes part again every six
// hours, for half an hour.
//
// In a small network everybody knows everybody, and silence says nothing: there nothing is judged.
// A neighbour behind the same NAT is a stranger too: then nothing is noticed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/endpoint.h"
#include "base/time.h"

namespace starling::dht {

class Strangers {
 public:
  static constexpr size_t kContactsMin = 32;  // of a table that is worth being in
  static constexpr size_t kAskedMax = 1024;   // addresses that we asked last
  static constexpr Duration kSilence = minutes(30);
  static constexpr Duration kTrialAfter = hours(6);
  static constexpr Duration kHeardFor = minutes(5);  // a stranger was heard: no need to listen

  // We asked somebody something: that he asks us says nothing.
  void OnAsked(const Endpoint& node);
  // Somebody asks us.
  void OnQuery(Time now, const Endpoint& node);
  // Now and then: `is_large` network, with so many contacts in the table.
  void Judge(Time now, bool is_large, size_t contacts);
  // Our address is another one: all begins anew.
  void Reset() { *this = Strangers(); }

  bool are_missing() const { return are_missing_; }

 private:
  struct Asked {
    std::array<uint32_t, kAskedMax> hashes{};  // a ring
    size_t next = 0;
  };

  std::unique_ptr<Asked> asked_;  // null while nothing is judged
  Time watched_from_{};
  Time heard_ = Time::min();
  Time missing_from_{};
  bool are_missing_ = false;
};

}  // namespace starling::dht
