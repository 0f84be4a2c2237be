// A record of a journal in words, for people who look at two of them that differ (docs/verify.md). All that is compared
// is in them; what is as it usually is, is left out.
#pragma once

#include <span>
#include <string>

#include "engine/journal.hpp"
#include "model/instrument.hpp"

namespace stom::trade {

class RecordWords {
 public:
  /// `instruments` must outlive it.
  explicit RecordWords(std::span<const Instrument> instruments) : instruments_{instruments} {}

  std::string of(const JournalRecord& record) const;
  std::string name(InstrumentIndex index) const;
  std::string price(InstrumentIndex index, Price price) const;
  std::string quantity(InstrumentIndex index, Quantity quantity) const;

 private:
  std::string order(const JournalRecord& record) const;
  std::string event(const JournalRecord& record) const;

  std::span<const Instrument> instruments_;
};

}  // namespace stom::trade
