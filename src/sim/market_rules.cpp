#include "sim/market_rules.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "sim/dated_rows.hpp"

namespace stom::sim {

extern const std::string_view kMarketRulesCsv;  // written by CMake from data/market/

namespace {
constexpr int kRateDigits = 9;
}

MarketRules market_rules_on(std::string_view market, std::string_view group, std::int32_t day) {
  MarketRules rules;
  // Rows of one rule stand in the order of their dates: the last that has begun is in force.
  for_each_row(kMarketRulesCsv, 6, [&](const auto& row) {
    if (row[0] != market || (row[2] != "*" && row[2] != group) || parse_day(row[3]).value() > day) return;
    const std::int64_t value = parse_decimal(row[4], kRateDigits).value();
    if (row[1] == "price_limit")
      rules.price_limit = value;
    else if (row[1] == "static_vi")
      rules.static_vi = value;
    else if (row[1] == "dynamic_vi:continuous")
      rules.dynamic_continuous = value;
    else if (row[1] == "dynamic_vi:closing_call")
      rules.dynamic_closing_call = value;
    else if (row[1] == "dynamic_vi:periodic_call")
      rules.dynamic_periodic_call = value;
    else if (row[1] == "vi_call_s")
      rules.vi_call = value;  // 10^-9 s
    else {
      STOM_ASSERT(row[1] == "vi_random_end_s");
      rules.vi_random_end = value;
    }
  });
  return rules;
}

PriceLimits daily_limits(const Instrument& instrument, Price base, std::int64_t rate) {
  if (base.value <= 0 || rate <= 0) return {};
  const std::int64_t tick = instrument.tick_at(base).value;
  const auto share = static_cast<std::int64_t>(
      divide(static_cast<Int128>(base.value) * rate, power_of_ten(kRateDigits), Rounding::Floor));
  const std::int64_t width = std::max(share / tick * tick, tick);
  const std::int64_t high = base.value + width, low = std::max(base.value - width, instrument.base_tick().value);
  const std::int64_t high_tick = instrument.tick_at({high}).value, low_tick = instrument.tick_at({low}).value;
  return {.lower = {(low + low_tick - 1) / low_tick * low_tick}, .upper = {high / high_tick * high_tick}};
}

bool moved_too_far(Price price, Price reference, std::int64_t rate) {
  if (rate <= 0) return false;
  const std::int64_t distance = price > reference ? (price - reference).value : (reference - price).value;
  return static_cast<Int128>(distance) * power_of_ten(kRateDigits) >= static_cast<Int128>(reference.value) * rate;
}

}  // namespace stom::sim
