// The words of a row that follow from KRX's price table, by the day's rule (YYYYMMDD): tick size, and five ticks
// below the price of a volatility interruption.
#pragma once

#include <algorithm>
#include <cstdint>

namespace stom::conditions {

inline constexpr std::int64_t kNewLadder = 20230125;  // since then one table for both boards

/// Before kNewLadder that of KOSPI, but where the instrument is known to be of KOSDAQ: a file of rows does not say.
constexpr double krx_tick(double price, std::int64_t day, bool kosdaq) {
  struct Step {
    double below, tick;
  };
  constexpr Step kNow[] = {{2'000, 1}, {5'000, 5}, {20'000, 10}, {50'000, 50}, {200'000, 100}, {500'000, 500}};
  constexpr Step kThen[] = {{1'000, 1}, {5'000, 5}, {10'000, 10}, {50'000, 50}, {100'000, 100}, {500'000, 500}};
  const double most = kosdaq && day < kNewLadder ? 100 : 1'000;
  for (const Step& step : day >= kNewLadder ? kNow : kThen)
    if (price < step.below) return std::min(step.tick, most);
  return most;
}

/// 0 where there is no interruption price.
constexpr double five_ticks_below(double price, std::int64_t day, bool kosdaq) {
  if (!(price > 0)) return 0;
  for (int i = 0; i < 5; ++i) price -= krx_tick(price, day, kosdaq);
  return price;
}

}  // namespace stom::conditions
