#include "venues/ladders.hpp"

#include <algorithm>
#include <map>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "core/time.hpp"

namespace stom::venues {

// Written by CMake from data/market/.
extern const std::string_view kTicksCsv;
extern const std::string_view kLotsCsv;

namespace {

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = line.find(separator);
    out.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return out;
    line.remove_prefix(at + 1);
  }
}

/// Rows of one of our tables; the last field may hold commas.
std::vector<std::vector<std::string_view>> rows_of(std::string_view csv, std::size_t fields) {
  std::vector<std::vector<std::string_view>> rows;
  bool header = true;
  for (const auto line : split(csv, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    if (std::exchange(header, false)) continue;
    auto parts = split(line, ',');
    STOM_ASSERT(parts.size() >= fields);
    parts[fields - 1] = line.substr(static_cast<std::size_t>(parts[fields - 1].data() - line.data()));
    parts.resize(fields);
    rows.push_back(std::move(parts));
  }
  return rows;
}

std::int32_t day_at(std::string_view text) {
  const auto day = parse_day(text);
  STOM_ASSERT(day.has_value());
  return *day;
}

/// For ordering steps: price_from at the finest decimals that any ladder has.
std::int64_t order_of(std::string_view price) {
  const auto value = parse_decimal(price, 8);
  STOM_ASSERT(value.has_value());
  return *value;
}

}  // namespace

std::optional<Ladder> ladder_on(std::string_view market, std::string_view base, std::int32_t day) {
  const auto rows = rows_of(kTicksCsv, 6);
  Ladder ladder;
  ladder.market = market;
  std::optional<std::int32_t> since;
  for (const auto& row : rows)
    if (row[0] == market && row[1] == "*" && day_at(row[2]) <= day)
      since = std::max(since.value_or(INT32_MIN), day_at(row[2]));
  if (!since) return std::nullopt;
  ladder.since = *since;
  std::map<std::int64_t, LadderStep> steps;
  for (const auto& row : rows) {
    if (row[0] != market || day_at(row[2]) > day || day_at(row[2]) < *since) continue;
    const bool whole_market = row[1] == "*";
    const auto names = split(row[1], ';');
    if (!whole_market && std::ranges::find(names, base) == names.end()) continue;
    if (whole_market && ladder.source.empty()) ladder.source = row[5];
    if (!whole_market) ladder.source = row[5], ladder.since = day_at(row[2]);
    steps[order_of(row[3])] = {std::string{row[3]}, std::string{row[4]}};
  }
  for (auto& [order, step] : steps) ladder.steps.push_back(std::move(step));
  for (const auto& row : rows_of(kLotsCsv, 4))
    if (row[0] == market && day_at(row[1]) <= day) ladder.lot = row[2];
  return ladder;
}

std::vector<std::string> markets_with_ladders() {
  std::vector<std::string> markets;
  for (const auto& row : rows_of(kTicksCsv, 6))
    if (std::ranges::find(markets, row[0]) == markets.end()) markets.emplace_back(row[0]);
  return markets;
}

void apply_ladder(const Ladder& ladder, Instrument& instrument) {
  const auto at_decimals = [](std::string_view text, int decimals, Rounding rounding) {
    const int own = std::max(decimals_of(text), decimals);
    const auto value = parse_decimal(text, own);
    STOM_ASSERT(value.has_value());
    return static_cast<std::int64_t>(divide(*value, power_of_ten(own - decimals), rounding));
  };
  instrument.ladder.clear();
  for (const auto& step : ladder.steps) {
    const Price from{at_decimals(step.price_from, instrument.price_decimals, Rounding::Ceil)};
    const Price tick{std::max<std::int64_t>(1, at_decimals(step.tick, instrument.price_decimals, Rounding::Ceil))};
    auto& bands = instrument.ladder;
    // Steps that meet at these decimals: the coarser, higher one stands.
    if (!bands.empty() && bands.back().from == from)
      bands.back().tick = tick;
    else if (bands.empty() || bands.back().tick != tick)
      bands.push_back({from, tick});
  }
  if (!ladder.lot.empty())
    instrument.lot = {std::max<std::int64_t>(1, at_decimals(ladder.lot, instrument.quantity_decimals, Rounding::Ceil))};
}

}  // namespace stom::venues
