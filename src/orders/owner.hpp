// Several strategies on one account (docs/several-strategies.md): whose an order is. It follows from its number alone,
// also of a fill that comes late, and after a restart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "model/order.hpp"

namespace stom::orders {

/// What the last bits of a number say. 0: the session's own, which closes what is held; then the strategies, in their
/// order; the last one: nobody's, which is a person's that was adopted.
using Owner = std::size_t;
inline constexpr int kOwnerBits = 4;
inline constexpr std::size_t kOwners = std::size_t{1} << kOwnerBits;
inline constexpr Owner kSessionsOwn = 0, kNobodysOwn = kOwners - 1;
inline constexpr std::size_t kMostStrategies = kOwners - 2;
/// The largest number that a strategy may choose, where it shares the account.
inline constexpr ClientOrderId kOwnIds = kParentIds >> kOwnerBits;

constexpr Owner owner_of(ClientOrderId id) {
  if (id == 0) return kNobodysOwn;                                             // no order of ours
  if ((id & (kEndOfDataChild | kLiquidationChild)) != 0) return kSessionsOwn;  // by the venue: what is below is a count
  return id & (kOwners - 1);
}
/// The first number from `next` on that is that owner's.
constexpr ClientOrderId next_of(Owner owner, ClientOrderId next) {
  next = std::max<ClientOrderId>(next, kOwners);  // what a strategy sees is not 0 then
  return next + ((owner - next) & (kOwners - 1));
}
/// As its strategy sees the number of an order, and back. What says that it closes for a bracket stays.
constexpr ClientOrderId own_id(ClientOrderId shared) {
  return (shared & ~kParentIds) | ((shared & kParentIds) >> kOwnerBits);
}
constexpr ClientOrderId shared_id(Owner owner, ClientOrderId own) {
  return (own & ~kParentIds) | ((own & kOwnIds) << kOwnerBits) | owner;
}

/// What an order of the session's own closed was held by strategies: it closes what each of them has open to that side,
/// in their order. `position_of(owner)`, then `closed(owner, quantity)` of each; returns the rest, which is nobody's.
template <class PositionOf, class Closed>
std::int64_t share_out(Side side, std::int64_t quantity, PositionOf position_of, Closed closed) {
  for (Owner owner = kSessionsOwn + 1; owner < kNobodysOwn && quantity > 0; ++owner) {
    const std::int64_t part = std::min(quantity, -sign_of(side) * std::int64_t{position_of(owner)});
    if (part <= 0) continue;
    quantity -= part;
    closed(owner, part);
  }
  return quantity;
}

}  // namespace stom::orders
