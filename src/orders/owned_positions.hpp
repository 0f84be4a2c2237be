// What each strategy holds of an account that several share (docs/several-strategies.md): a fold over the account's
// fills, in their order, so that it is the same after a restart. Over all owners the sum is what the account holds.
// Knows no strategy, no clock and no venue.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "orders/account_state.hpp"
#include "orders/owner.hpp"

namespace stom::orders {

class OwnedPositions {
 public:
  /// Position and entry price; `cash` is what its fills have brought in or cost, with their fees.
  using Holding = AccountState::Holding;
  struct Part {
    Owner owner = kNobodysOwn;
    Fill fill;
  };

  /// `instruments`: so many are traded, the first ones.
  explicit OwnedPositions(std::size_t instruments)
      : holdings_(kOwners, std::vector<Holding>(instruments)), flows_(instruments) {}

  /// Each fill of the account, once.
  void book(const Fill& fill, const Instrument& traded);
  /// Of the oldest fill of the session's own that was booked and not yet asked for: what it closed for each strategy.
  /// What is of a strategy's own orders is whole, and nobody asks.
  std::vector<Part> take_parts();

  const Holding& holding(Owner owner, InstrumentIndex index) const { return holdings_[owner][index]; }
  /// What all fills in it have brought in or cost.
  Money flows(InstrumentIndex index) const { return flows_[index]; }

 private:
  void add(Owner owner, const Fill& fill, const Instrument& traded);

  std::vector<std::vector<Holding>> holdings_;  // by owner, by instrument
  std::vector<Money> flows_;                    // by instrument
  std::deque<std::vector<Part>> parts_;         // of fills of the session's own
};

}  // namespace stom::orders
