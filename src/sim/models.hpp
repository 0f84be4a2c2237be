// The estimates a fill depends on: where our order stands in the queue, and how long a message takes. Doubles: they are
// estimates.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::sim {

enum class FillRules : std::uint8_t { Stom, Hftbacktest };
enum class QueueModel : std::uint8_t { RiskAverse, Power3, Log };

Result<FillRules> parse_fill_rules(std::string_view name);
Result<QueueModel> parse_queue_model(std::string_view name);
std::string_view name_of(FillRules rules);
std::string_view name_of(QueueModel model);

/// The share of a quantity decrease at our price that came from behind us. front, back in units of the instrument (not
/// lots). Power3: 1 - (front / (front + back))^3.  Log: ln(1+back) / (ln(1+back) + ln(1+front)).  NaN where 0/0;
/// infinities count as 1. Both are the queue models "PowerProb 3, n = 3" and "LogProb" of hftbacktest.
double probability_behind(QueueModel model, double front, double back);

/// Front after the displayed quantity at our price went from `before` to `after`, of which `traded` was seen as trades.
double front_after_change(QueueModel model, double front, double before, double after, double traded);

/// How long an order takes to the venue and its answer back. Constant, or drawn evenly from a range with a seed.
struct LatencyModel {
  DurationNanos entry = 0;
  DurationNanos response = 0;
  DurationNanos jitter = 0;  // each way, an extra drawn evenly from [0, jitter]
};

struct FeeModel {
  std::int64_t maker_rate = 0;  // in 10^-9 of the value: 0.0002 is 200'000. Negative: a rebate
  std::int64_t taker_rate = 0;
};

inline constexpr int kRateDecimals = 9;

}  // namespace stom::sim
