// The estimates a fill depends on: where our order stands in the queue, what it costs, and how bars fill. How long
// messages take is in latency.hpp.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "account/fees.hpp"
#include "core/decimal.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "model/types.hpp"
#include "sim/latency.hpp"

namespace stom::sim {

enum class FillRules : std::uint8_t { Stom, Hftbacktest, Bars };
/// How the place in the queue is estimated (docs/fills.md, R3).
struct QueueModel {
  enum class Kind : std::uint8_t { RiskAverse, Power, Log, Fifo };
  Kind kind = Kind::RiskAverse;
  double exponent = 0;  // Power

  friend bool operator==(const QueueModel&, const QueueModel&) = default;
  friend auto operator<=>(const QueueModel&, const QueueModel&) = default;

  static const QueueModel RiskAverse, Power3, Log;
  static const QueueModel Fifo;  // no estimate: the true place in a generated market, which has all its single orders
  static constexpr QueueModel power(double exponent) { return {Kind::Power, exponent}; }
};
inline constexpr QueueModel QueueModel::RiskAverse{};
inline constexpr QueueModel QueueModel::Power3{Kind::Power, 3};
inline constexpr QueueModel QueueModel::Log{Kind::Log, 0};
inline constexpr QueueModel QueueModel::Fifo{Kind::Fifo, 0};

inline constexpr double kLeastExponent = 0.01, kGreatestExponent = 100;

Result<FillRules> parse_fill_rules(std::string_view name);
Result<QueueModel> parse_queue_model(std::string_view name);
std::string_view name_of(FillRules rules);
std::string name_of(QueueModel model);

/// The share of a quantity decrease at our price that came from behind us. front, back in units of the instrument (not
/// lots). Power: 1 - (front / (front + back))^exponent.  Log: ln(1+back) / (ln(1+back) + ln(1+front)).  NaN where 0/0;
/// infinities count as 1. Both are the queue models "PowerProb 3" and "LogProb" of hftbacktest.
double probability_behind(QueueModel model, double front, double back);

/// The quantity ahead of an order under the rules `stom` (docs/fills.md, R3): whole 10^-9 of a count of the
/// instrument's quantity. The probability is rounded to 10^-9, so whatever follows from it is exact.
using QueueFront = Int128;
constexpr std::int64_t kFrontOfOne = 1'000'000'000;
constexpr QueueFront whole_front(std::int64_t quantity) { return static_cast<QueueFront>(quantity) * kFrontOfOne; }
/// More than any level displays: nobody knows how much stands ahead.
constexpr QueueFront kUnknownFront = static_cast<QueueFront>(1) << 100;

/// Front, above 0, after the displayed quantity at our price went from `before` to `after`, of which `traded` was seen
/// as trades. `unit`: what a count of the instrument's quantity is in its units.
QueueFront front_after_change(QueueModel model, QueueFront front, std::int64_t before, std::int64_t after,
                              std::int64_t traded, double unit);

/// The same under the rules `hftbacktest`: in doubles and in units of the instrument, as that package has it.
double hftbacktest_front_after_change(QueueModel model, double front, double before, double after, double traded);

struct FeeModel {
  std::int64_t maker_rate = 0;  // in 10^-9 of the value: 0.0002 is 200'000. Negative: a rebate
  std::int64_t taker_rate = 0;
  std::shared_ptr<const FeeSchedule> schedule;  // instead of the two rates, where there is one
};

using stom::kRateDecimals;

/// How a fraction of cash becomes a quantity when a bar-driven order fills.
enum class Sizing : std::uint8_t {
  Exact,          // the most lots whose value at the fill price, with fee, the cash allows
  BacktestingPy,  // whole units from the cash cut to whole currency, fee at the price before spread (backtesting.py
                  // 0.6.6)
};
/// What happens to a position that is open when the bars end.
enum class EndOfData : std::uint8_t {
  Keep,      // valued at the last close
  LastOpen,  // closed at the last bar's open; at the bar before's close where the strategy fills at the close
             // (backtesting.py)
};

/// In what order a bar is taken to have seen its prices (docs/fills.md, B5).
enum class BarPath : std::uint8_t {
  Worst,     // no order: where a stop and a target both lie in the bar, the stop is taken
  Ohlc,      // open, high, low, close
  Adaptive,  // open, the extreme nearer to it, the other, close; the low where both are as near
};

Result<BarPath> parse_bar_path(std::string_view name);

/// Bar-driven fills.
struct BarModel {
  BarPath path = BarPath::Worst;
  std::int64_t spread_rate = 0;  // in 10^-9: entries pay price x (1 + spread), or get price x (1 - spread)
  std::int64_t margin_rate =
      1'000'000'000;  // in 10^-9: the share of a position's value that cash must cover; 0.5 is leverage 2
  Sizing sizing = Sizing::Exact;
  EndOfData end = EndOfData::Keep;
  Money cash{};  // at the start
};

}  // namespace stom::sim
