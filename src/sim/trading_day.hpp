// Where one instrument stands in its trading day: the phase now, when it ends, the day's limits, and whether a price
// has moved so far that trading is interrupted (docs/auctions.md). The matching side asks before it fills anything; an
// instrument without market rules has none of this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/market_rules.hpp"
#include "sim/sessions.hpp"

namespace stom::sim {

/// Where an interruption (VI) comes from.
enum class Interruptions : std::uint8_t {
  Told,  // the data mark the messages of a call auction (model/message.hpp, kCallAuction); without a mark there is none
  ByRule,  // a trade that is too far from the last one, or from the last single price, begins one
  None,
};

/// By which market's rules an instrument trades.
struct MarketTerms {
  std::string market;  // "krx" or "nxt"; empty: round the clock, without limits
  std::string group = "general";
  Price base{};                       // of the first day: its last close; 0: not known
  std::optional<std::uint64_t> seed;  // random ends are drawn from it; none: the data's auction print ends a call
  Interruptions interruptions = Interruptions::Told;
};

/// The markets that instruments of venues trade on, as their data tell of them; null where all trade round the clock.
std::shared_ptr<const std::vector<MarketTerms>> markets_of(const std::vector<Instrument>& instruments);

class TradingDay {
 public:
  TradingDay(const Instrument& instrument, const MarketTerms& terms);

  TradingPhase phase() const { return phase_; }
  bool continuous() const { return is_continuous(phase_); }
  bool in_call() const { return is_call(phase_); }
  /// When the phase is over; a call auction is then settled by rule, unless a print did it before. kNever before the
  /// first time is known.
  UnixNanos ends() const { return ends_; }
  /// In a call auction: no print before that time is the auction's.
  UnixNanos planned_end() const { return planned_; }
  bool begun() const { return begun_; }
  /// No later phase of this day takes orders.
  bool over() const { return phase_ == TradingPhase::Closed && over_; }
  /// A call that goes on as another: what was gathered stays gathered.
  bool call_goes_on(UnixNanos at) const;

  /// Moves to the phase that the clock has at `now`.
  void enter(UnixNanos now);
  void begin_interruption(UnixNanos now);
  /// A call that would settle too far from its reference is longer, once. True: it is.
  bool extend(Price price, UnixNanos now);

  const PriceLimits& limits() const { return limits_; }
  /// What an auction's price is compared with, and market orders meet at: the last trade, else the base price; 0: not
  /// known.
  Price reference() const { return last_.value != 0 ? last_ : base_; }
  /// What an interruption is measured from: the last trade of the day, the last single price. 0: there is none.
  Price last() const { return last_; }
  Price single() const { return single_; }
  const MarketRules& rules() const { return rules_; }
  bool interrupts(Price price) const;
  void traded(Price price) { last_ = price; }
  void settled(Price price) { last_ = single_ = price; }
  bool told() const { return interruptions_ == Interruptions::Told; }

 private:
  bool too_far(Price price, std::int64_t dynamic) const;
  DurationNanos end_after(UnixNanos planned, DurationNanos most) const;
  void begin_day(std::int32_t day);

  Instrument instrument_;
  const SessionTable* table_;
  std::string market_, group_;
  std::optional<std::uint64_t> seed_;
  Interruptions interruptions_;
  MarketRules rules_;
  PriceLimits limits_;
  Price base_, last_{}, single_{};  // last close; last trade; last single price, before the opening the base price
  TradingPhase phase_ = TradingPhase::Closed;
  UnixNanos planned_ = kNever, ends_ = kNever;
  std::int32_t day_ = INT32_MIN;
  bool begun_ = false;
  bool over_ = false;
  bool extended_ = false;
};

}  // namespace stom::sim
