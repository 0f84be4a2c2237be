#include "orders/owned_positions.hpp"

#include <utility>

#include "core/assert.hpp"

namespace stom::orders {

void OwnedPositions::add(Owner owner, const Fill& fill, const Instrument& traded) {
  Holding& holding = holdings_[owner][fill.instrument];
  const Money before = holding.cash;
  holding.book(fill, traded);
  flows_[fill.instrument] += holding.cash - before;
}

void OwnedPositions::book(const Fill& fill, const Instrument& traded) {
  if (fill.instrument >= flows_.size()) return;  // a person's, in one that says a rate alone: no strategy trades it
  const Owner owner = owner_of(fill.order);
  if (owner != kSessionsOwn) return add(owner, fill, traded);
  std::vector<Part>& parts = parts_.emplace_back();
  Fill rest = fill;
  const auto take = [&](Owner of, std::int64_t quantity) {
    Fill part = rest;
    part.quantity = {quantity};
    part.fee = {share_of(rest.fee.value, quantity, rest.quantity.value)};  // of all that is left: all of it
    rest.quantity -= part.quantity;
    rest.fee -= part.fee;
    parts.push_back({of, part});
  };
  const std::int64_t left = share_out(
      fill.side, fill.quantity.value, [&](Owner of) { return holdings_[of][fill.instrument].position.value; }, take);
  if (left > 0) take(kNobodysOwn, left);
  for (const Part& part : parts) add(part.owner, part.fill, traded);
}

std::vector<OwnedPositions::Part> OwnedPositions::take_parts() {
  STOM_ASSERT(!parts_.empty());
  std::vector<Part> parts = std::move(parts_.front());
  parts_.pop_front();
  return parts;
}

}  // namespace stom::orders
