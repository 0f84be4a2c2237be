// What a session on paper had come to by its journal, for the simulator with which another process goes on
// (docs/recovery.md): the one that held it went with its process.
#pragma once

#include "engine/recovery.hpp"
#include "sim/venue_simulator.hpp"

namespace stom::trade {

/// Speaks of `before`'s fills, which must outlive it.
inline sim::EarlierRun left_on_paper(const Recovery& before) {
  const orders::AccountState& account = before.account();
  sim::EarlierRun left{.holdings = {}, .orders = {}, .fills = account.fills()};
  for (InstrumentIndex i = 0; i < account.holdings().size(); ++i)
    left.holdings.push_back({account.holding(i).position, account.earned(i)});
  for (const WorkingOrder& order : account.orders()) {
    const auto* sent = before.sent().find(order.id);
    if (sent == nullptr) continue;  // it never left: it is kept in front of the simulator
    left.orders.push_back({.order = sent->order,
                           .request = order.request,
                           .sent = sent->time,
                           .leaves = order.leaves,
                           .accepted = order.status == OrderStatus::Working && !before.held().is_unanswered(order.id),
                           .triggered = sent->triggered});
  }
  return left;
}

}  // namespace stom::trade
