#include "trade/breaker_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stom::trade {

BreakerWatch::BreakerWatch(RiskDesk& desk, const orders::AccountState& account, std::size_t traded, Port port)
    : desk_{desk}, account_{account}, port_{std::move(port)} {
  for (InstrumentIndex i = 0; i < traded; ++i) {
    told_.push_back({.earned = account_.earned(i), .filled_at = account_.filled_at(i)});
    if (account_.holding(i).position.value == 0) desk_.breakers().flat(i, account_.earned(i));
  }
}

/// Of a session that still waits for a book, others trade already.
bool BreakerWatch::look(bool all_there, UnixNanos now) {
  if (now < next_) return false;
  next_ = now + kEvery;
  desk_.tell_slippage();  // what comes while none is set counts for none that is set later
  risk::Breakers& breakers = desk_.breakers();
  if (breakers.empty()) {
    count_for_none();
    return false;
  }
  tell_worth(now);
  tell_refusals(now);
  UnixNanos missing = kNever;
  for (InstrumentIndex i = 0; i < told_.size(); ++i) {
    tell_closed(i);
    missing = std::min(missing, missing_since(i, now));
  }
  if (all_there) breakers.feed(missing, now);
  return true;
}

/// What was earned, lost and refused while none is set counts for none that is set later.
void BreakerWatch::count_for_none() {
  refused_ = port_.refused();
  for (InstrumentIndex i = 0; i < told_.size(); ++i) {
    filled_since_last_look(i);
    if (account_.holding(i).position.value == 0) desk_.breakers().flat(i, told_[i].earned = account_.earned(i));
  }
}

void BreakerWatch::tell_worth(UnixNanos now) {
  risk::Breakers& breakers = desk_.breakers();
  const risk::Exposure& all = port_.exposure(now);
  if (!breakers.start() && all.equity && all.profit && !all.stale) breakers.begin_with(*all.equity - *all.profit);
  if (breakers.start() && all.profit) breakers.equity(*breakers.start() + *all.profit, now);
  const bool of_equity = breakers.find(risk::BreakerKind::DailyLoss) || breakers.find(risk::BreakerKind::Drawdown);
  if (of_equity && !breakers.start() && !all.unknown.empty() && !std::exchange(told_unknown_, true))
    port_.say(fmt::format("loss and drawdown are not known, and do not trip: {}", all.unknown.front()));
}

void BreakerWatch::tell_refusals(UnixNanos now) {
  for (const std::uint64_t refused = port_.refused(); refused_ < refused; ++refused_)
    desk_.breakers().order_refused(now);
}

/// Funding moves what an instrument has earned, too, and closes nothing.
void BreakerWatch::tell_closed(InstrumentIndex i) {
  if (filled_since_last_look(i) && account_.holding(i).position.value == 0 && account_.earned(i) != told_[i].earned)
    desk_.breakers().position_closed(i, told_[i].earned = account_.earned(i));
}

bool BreakerWatch::filled_since_last_look(InstrumentIndex i) {
  const UnixNanos at = account_.filled_at(i);
  return std::exchange(told_[i].filled_at, at) != at;
}

UnixNanos BreakerWatch::missing_since(InstrumentIndex i, UnixNanos now) {
  UnixNanos& since = told_[i].missing_since;
  return since = port_.is_missing(i) ? std::min(since, now) : kNever;
}

}  // namespace stom::trade
