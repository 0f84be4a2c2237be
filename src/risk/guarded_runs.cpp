#include "risk/guarded_runs.hpp"

#include <algorithm>

namespace stom::risk {

Result<std::unique_ptr<GuardedRuns>> GuardedRuns::make(const std::vector<Instrument>& instruments,
                                                       const std::vector<Limit>& limits, std::span<const Money> cash,
                                                       VenueLink& venue, const PriceSource& prices) {
  std::unique_ptr<GuardedRuns> runs{new GuardedRuns{venue}};
  for (const Money begins : cash) {
    auto guard = GuardedLink::make(instruments, limits, venue, prices, nullptr, begins);
    if (!guard) return std::unexpected(guard.error());
    runs->guards_.push_back(std::move(*guard));
  }
  return runs;
}

UnixNanos GuardedRuns::next_denial() const {
  UnixNanos next = kNever;
  for (const auto& guard : guards_) next = std::min(next, guard->next_denial());
  return next;
}

UnixNanos GuardedRuns::advance(UnixNanos limit) { return venue_.advance(std::min(limit, next_denial())); }

bool GuardedRuns::take(UnixNanos now, Answer& answer) {
  for (const auto& guard : guards_)
    if (guard->take_denial(now, answer)) return true;
  if (!venue_.take(now, answer)) return false;
  guards_[answer.run]->told(answer);
  return true;
}

}  // namespace stom::risk
