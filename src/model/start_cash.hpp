// What an account begins with: cash of each currency in which it trades. It stands with instruments, all of a currency
// with the first one that settles in it: whoever adds up a currency over its instruments counts it once.
#pragma once

#include <cstddef>
#include <vector>

#include "model/types.hpp"

namespace stom {

class StartCash {
 public:
  /// Of the first instrument's currency, and of no other.
  StartCash(Money of_first = {}) : by_instrument_{of_first} {}
  /// `index`: the first instrument that settles in that currency.
  void set(InstrumentIndex index, Money amount) {
    if (index >= by_instrument_.size()) by_instrument_.resize(index + std::size_t{1});
    by_instrument_[index] = amount;
  }
  /// What stands with that instrument.
  Money of(InstrumentIndex index) const { return index < by_instrument_.size() ? by_instrument_[index] : Money{}; }

  template <class Io>
  void fields(Io& io) {
    io(by_instrument_);
  }

 private:
  std::vector<Money> by_instrument_;  // up to the last that has some
};

}  // namespace stom
