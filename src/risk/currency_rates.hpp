// What one currency is worth in another: by whom it was told, and how old that is. A book over venues of several
// currencies is added up with these rates and with nothing else: where none leads from one currency to another, the sum
// is unknown. No two currencies are taken as equal, also not a dollar and a coin that wants to be one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/types.hpp"

namespace stom::risk {

/// One `from` is numerator / denominator `to`. Both above 0.
struct CurrencyRate {
  std::string from, to;
  std::int64_t numerator = 1, denominator = 1;
  std::string source;      // an instrument's id, or kGivenRate
  UnixNanos at = kNoTime;  // when the source last said so
};

/// A rate that the operator named. It stays as it is, so it gets old.
inline constexpr std::string_view kGivenRate = "given";
/// Capitals and digits.
bool is_currency(std::string_view name);
/// "KRW-USDT"-like texts are a venue's business; here it is FROM/TO=RATE, as in "USDT/KRW=1385.5". Errors: not of that
/// shape, a currency in itself, a rate that is not above 0.
Result<CurrencyRate> parse_given_rate(std::string_view text, UnixNanos now);

class CurrencyRates {
 public:
  /// A rate is stale once nothing was heard of its source for so long.
  static constexpr DurationNanos kMarketAge = kMinute, kGivenAge = 24 * 60 * kMinute;

  /// In place of what that source said of those two currencies before. Its place among all().
  std::size_t set(CurrencyRate rate);
  /// The rate in that place is another now.
  void renew(std::size_t place, std::int64_t numerator, std::int64_t denominator, UnixNanos at);
  /// A source that has no price any more leaves its last one, which gets old.
  const std::vector<CurrencyRate>& all() const { return rates_; }
  static bool stale(const CurrencyRate& rate, UnixNanos now) {
    return now - rate.at > (rate.source == kGivenRate ? kGivenAge : kMarketAge);
  }

  /// The rates, in order, that lead from one currency to the other: as few as can be, and none that is stale where
  /// there is a way without. Empty: there is no way, or none is needed.
  struct Way {
    struct Step {
      const CurrencyRate* rate;
      bool inverse;
    };
    std::vector<Step> steps;
    bool stale = false;
  };
  std::optional<Way> way(std::string_view from, std::string_view to, UnixNanos now) const;
  /// Two currencies between which a way is asked for again and again; their place.
  std::size_t pair(std::string_view from, std::string_view to);
  /// The way between those, remembered for as long as no other can have come or gone. Null: there is none. The pointer
  /// is good until the next call of something that is not const.
  const Way* known_way(std::size_t pair, UnixNanos now) {
    Known& known = known_[pair];
    if (known.until == kNoTime || now > known.until || now < known.since) seek(known, now);
    return known.way ? &*known.way : nullptr;
  }

 private:
  struct Known {
    UnixNanos since = kNoTime, until = kNoTime;  // kNoTime: not sought yet
    std::optional<Way> way;
    std::string from, to;
  };
  void forget_ways();
  void seek(Known& known, UnixNanos now);
  std::optional<Way> search(std::string_view from, std::string_view to, UnixNanos now, bool with_stale) const;

  std::vector<CurrencyRate> rates_;
  std::vector<Known> known_;
};

/// The amount at the end of that way, rounded half to even at 10^-18 after each step. None: more than 1.7e20 units.
std::optional<Money> convert(Money amount, const CurrencyRates::Way& way);
/// The same of 1, as near as a double is.
inline double factor_of(const CurrencyRates::Way& way) {
  double factor = 1;
  for (const auto& [rate, inverse] : way.steps) {
    const auto numerator = static_cast<double>(rate->numerator), denominator = static_cast<double>(rate->denominator);
    factor *= inverse ? denominator / numerator : numerator / denominator;
  }
  return factor;
}

}  // namespace stom::risk
