#include "sim/trading_day.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace stom::sim {
namespace {
/// Without a seed the data's print ends a call. Venues stamp whole seconds at best, so it is waited for a second
/// longer.
constexpr DurationNanos kPrintGrace = kSecond;
}  // namespace

std::shared_ptr<const std::vector<MarketTerms>> markets_of(const std::vector<Instrument>& instruments) {
  std::vector<MarketTerms> markets;
  for (const Instrument& instrument : instruments) markets.push_back({.market = std::string{market_of(instrument.id)}});
  if (std::ranges::all_of(markets, [](const MarketTerms& m) { return m.market.empty(); })) return nullptr;
  return std::make_shared<const std::vector<MarketTerms>>(std::move(markets));
}

TradingDay::TradingDay(const Instrument& instrument, const MarketTerms& terms)
    : instrument_{instrument},
      table_{session_table(terms.market)},
      market_{terms.market},
      group_{terms.group},
      seed_{terms.seed},
      interruptions_{terms.interruptions},
      base_{terms.base} {
  STOM_ASSERT(table_ != nullptr);
}

DurationNanos TradingDay::end_after(UnixNanos planned, DurationNanos most) const {
  return seed_ ? random_end(*seed_, instrument_.id, planned, most) : most + kPrintGrace;
}

void TradingDay::begin_day(std::int32_t day) {
  day_ = day;
  if (last_.value != 0) base_ = last_;
  last_ = {};
  single_ = base_;
  rules_ = market_rules_on(market_, group_, day);
  limits_ = daily_limits(instrument_, base_, rules_.price_limit);
}

void TradingDay::enter(UnixNanos now) {
  begun_ = true;
  if (const std::int32_t day = table_->calendar().trading_day(now); day != day_) begin_day(day);
  const auto at = table_->at(now);
  extended_ = false;
  over_ = false;
  if (!at) {  // no hours are known: as if there were none
    phase_ = TradingPhase::Continuous;
    planned_ = ends_ = table_->calendar().end_of_day_at(now);
    return;
  }
  phase_ = at->phase;
  planned_ = ends_ = at->ends;
  if (is_call(phase_)) ends_ += end_after(planned_, at->random_end);
  if (phase_ != TradingPhase::Closed) return;
  over_ = true;
  for (auto next = table_->at(at->ends); next && table_->calendar().trading_day(next->begins) == day_;
       next = table_->at(next->ends)) {
    over_ = over_ && !is_continuous(next->phase) && !is_call(next->phase);
  }
}

bool TradingDay::call_goes_on(UnixNanos at) const {
  if (phase_ != TradingPhase::VolatilityCall) return false;
  const auto next = table_->at(at);
  return next && next->phase == TradingPhase::ClosingCall;
}

void TradingDay::begin_interruption(UnixNanos now) {
  const auto at = table_->at(now);
  phase_ = TradingPhase::VolatilityCall;
  extended_ = true;
  planned_ = now + rules_.vi_call;
  ends_ = planned_ + end_after(planned_, rules_.vi_random_end);
  // The closing call takes over what was gathered.
  if (at && is_continuous(at->phase) && at->ends < ends_) planned_ = ends_ = at->ends;
}

bool TradingDay::extend(Price price, UnixNanos now) {
  if (extended_ || interruptions_ != Interruptions::ByRule) return false;
  if (!too_far(price, phase_ == TradingPhase::ClosingCall ? rules_.dynamic_closing_call : 0)) return false;
  extended_ = true;
  planned_ = now + rules_.vi_call;
  ends_ = planned_ + end_after(planned_, rules_.vi_random_end);
  return true;
}

bool TradingDay::too_far(Price price, std::int64_t dynamic) const {
  return rules_.vi_call > 0 && ((last_.value != 0 && moved_too_far(price, last_, dynamic)) ||
                                (single_.value != 0 && moved_too_far(price, single_, rules_.static_vi)));
}

bool TradingDay::interrupts(Price price) const {
  return interruptions_ == Interruptions::ByRule && phase_ == TradingPhase::Continuous &&
         too_far(price, rules_.dynamic_continuous);
}

}  // namespace stom::sim
