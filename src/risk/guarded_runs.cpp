#include "risk/guarded_runs.hpp"

#include <algorithm>

namespace stom::risk {

Result<std::unique_ptr<GuardedRuns>> GuardedRuns::make(const std::vector<Instrument>& instruments,
                                                       const std::vector<Limit>& limits,
                                                       const std::vector<std::string>& strategies,
                                                       std::span<const Money> cash, VenueLink& venue,
                                                       const PriceSource& prices) {
  std::vector<Limit> of_all, of_strategies;
  for (const Limit& limit : limits) {
    const bool of_one = StrategyGuards::is_of_strategy(limit);
    if (auto known = of_one ? StrategyGuards::check(strategies, limit) : Result<void>{}; !known)
      return std::unexpected(known.error());
    (of_one ? of_strategies : of_all).push_back(limit);
  }
  std::unique_ptr<GuardedRuns> runs{new GuardedRuns{venue}};
  for (const Money begins : cash) {
    auto guard = GuardedLink::make(instruments, of_all, venue, prices, nullptr, begins);
    if (!guard) return std::unexpected(guard.error());
    runs->guards_.push_back(std::move(*guard));
    if (of_strategies.empty()) continue;
    auto theirs = std::make_unique<StrategyGuards>(instruments, strategies, *runs->guards_.back(), prices, nullptr);
    for (const Limit& limit : of_strategies)
      if (auto done = theirs->set(limit); !done) return std::unexpected(done.error());
    runs->strategies_.push_back(std::move(theirs));
  }
  return runs;
}

UnixNanos GuardedRuns::next_denial() const {
  UnixNanos next = kNever;
  for (const auto& guard : guards_) next = std::min(next, guard->next_denial());
  for (const auto& theirs : strategies_) next = std::min(next, theirs->next_denial());
  return next;
}

UnixNanos GuardedRuns::advance(UnixNanos limit) { return venue_.advance(std::min(limit, next_denial())); }

bool GuardedRuns::take(UnixNanos now, Answer& answer) {
  for (const auto& theirs : strategies_)
    if (theirs->take_denial(now, answer)) return true;
  const auto denies = [&](const auto& guard) { return guard->take_denial(now, answer); };
  if (std::ranges::none_of(guards_, denies)) {
    if (!venue_.take(now, answer)) return false;
    guards_[answer.run]->told(answer);
  }
  if (!strategies_.empty()) strategies_[answer.run]->told(answer);
  return true;
}

}  // namespace stom::risk
