#include "account/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/assert.hpp"
#include "model/calendar.hpp"

namespace stom {

// Written by CMake from data/market/.
extern const std::string_view kFeesCsv;
extern const std::string_view kMarginCsv;

namespace {

constexpr std::size_t kFeeFields = 10, kMarginFields = 8;
/// Where the table knows no better: little leverage, half of it as maintenance.
constexpr MarginBracket kAnyBracket{.max_leverage = 20, .maintenance_rate = 25'000'000};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

struct Row {
  int line;
  std::vector<std::string_view> fields;  // the last one may hold commas
};

Result<std::vector<Row>> rows_of(std::string_view csv, std::size_t fields, const std::string& origin) {
  std::vector<Row> rows;
  int number = 0;
  bool header = true;
  for (auto line : split(csv, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (std::exchange(header, false)) continue;
    auto parts = split(line, ',');
    if (parts.size() < fields) {
      return fail(Errc::BadData, fmt::format("{}:{}: {} fields where {} belong", origin, number, parts.size(), fields),
                  "docs/accounts.md has the format");
    }
    parts[fields - 1] = line.substr(static_cast<std::size_t>(parts[fields - 1].data() - line.data()));
    parts.resize(fields);
    rows.push_back({number, std::move(parts)});
  }
  return rows;
}

std::vector<Row> own_rows(std::string_view csv, std::size_t fields) {
  auto rows = rows_of(csv, fields, "our own table");
  STOM_ASSERT(rows.has_value());
  return std::move(*rows);
}

std::optional<Rounding> rounding_named(std::string_view name) {
  static constexpr std::pair<std::string_view, Rounding> kNames[] = {{"down", Rounding::Down},
                                                                     {"up", Rounding::Ceil},
                                                                     {"half_up", Rounding::HalfUp},
                                                                     {"half_even", Rounding::HalfEven}};
  for (const auto& [known, rule] : kNames)
    if (known == name) return rule;
  return std::nullopt;
}

Result<Money> money_of(std::string_view text) {
  constexpr int kDigits = 6;
  const auto value = parse_decimal(text, kDigits);
  if (!value) return std::unexpected(value.error());
  return Money{Int128{*value} * power_of_ten(kMoneyDecimals - kDigits)};
}

/// Whose days count, and what is closed.
Result<void> settle_by(FeeSchedule& schedule, std::string_view calendar, std::string_view days) {
  const auto count = parse_decimal(days, 0);
  if (!count || *count < 0 || *count > 30) return fail(Errc::BadData, "the number of days is not between 0 and 30");
  schedule.settlement_days = static_cast<int>(*count);
  const Calendar* known = calendar_named(calendar);
  if (known == nullptr) return fail(Errc::BadData, fmt::format("there is no calendar named '{}'", calendar));
  schedule.calendar = known;
  return {};
}

Result<void> add_row(FeeSchedule& schedule, const std::vector<std::string_view>& f) {
  const auto day = parse_day(f[2]);
  const auto volume = money_of(f[3]), minimum = money_of(f[6]), unit = money_of(f[7]);
  const auto maker = parse_decimal(f[4], kRateDecimals), taker = parse_decimal(f[5], kRateDecimals);
  const auto rule = rounding_named(f[8]);
  for (const auto* number : {&volume, &minimum, &unit})
    if (!*number) return std::unexpected(number->error());
  for (const auto* rate : {&maker, &taker})
    if (!*rate) return std::unexpected(rate->error());
  if (!day) return std::unexpected(day.error());
  if (!rule) return fail(Errc::BadData, fmt::format("there is no rounding named '{}'", f[8]));
  if (minimum->value < 0 || unit->value < 0) return fail(Errc::BadData, "minimum and unit are not below 0");
  const auto what = split(f[1], ':');
  if (what[0] == "commission") {
    schedule.tiers.push_back({*day, *volume, *maker, *taker});
    schedule.minimum = *minimum;
    schedule.rounding = {*unit, *rule};
    return {};
  }
  if (what[0] == "tax" && what.size() == 2) {
    auto it = std::find_if(schedule.taxes.begin(), schedule.taxes.end(),
                           [&](const SalesTax& tax) { return tax.name == what[1]; });
    if (it == schedule.taxes.end()) it = schedule.taxes.insert(it, SalesTax{.name = std::string{what[1]}});
    it->rates.push_back({*day, *taker});
    it->rounding = {*unit, *rule};
    return {};
  }
  if (what[0] == "settlement" && what.size() == 3) return settle_by(schedule, what[1], what[2]);
  return fail(Errc::BadData, fmt::format("'{}' is not commission, tax:NAME or settlement:CALENDAR:DAYS", f[1]));
}

/// The rows of one schedule; all rows where `name` is empty.
Result<std::shared_ptr<const FeeSchedule>> built(std::string_view csv, std::string_view name,
                                                 const std::string& origin) {
  const auto rows = rows_of(csv, kFeeFields, origin);
  if (!rows) return std::unexpected(rows.error());
  auto schedule = std::make_shared<FeeSchedule>();
  for (const Row& row : *rows) {
    if (!name.empty() && row.fields[0] != name) continue;
    if (schedule->name.empty()) schedule->name = row.fields[0];
    if (row.fields[0] != schedule->name) {
      return fail(Errc::BadData, fmt::format("{}:{}: a second schedule, '{}'", origin, row.line, row.fields[0]),
                  "one schedule a file");
    }
    if (auto added = add_row(*schedule, row.fields); !added)
      return fail(Errc::BadData, fmt::format("{}:{}: {}", origin, row.line, added.error().message),
                  "docs/accounts.md has the format");
  }
  std::stable_sort(schedule->tiers.begin(), schedule->tiers.end(), [](const FeeTier& a, const FeeTier& b) {
    return std::pair{a.from, a.volume_from} < std::pair{b.from, b.volume_from};
  });
  for (SalesTax& tax : schedule->taxes) {
    std::stable_sort(tax.rates.begin(), tax.rates.end(),
                     [](const auto& a, const auto& b) { return a.settled_from < b.settled_from; });
  }
  if (schedule->tiers.empty())
    return fail(Errc::BadData, fmt::format("{}: no commission", origin), "docs/accounts.md has the format");
  return schedule;
}

}  // namespace

std::vector<std::string> fee_schedule_names() {
  std::vector<std::string> names;
  for (const Row& row : own_rows(kFeesCsv, kFeeFields))
    if (std::ranges::find(names, row.fields[0]) == names.end()) names.emplace_back(row.fields[0]);
  return names;
}

Result<std::shared_ptr<const FeeSchedule>> fee_schedule(std::string_view name) {
  const auto names = fee_schedule_names();
  if (std::ranges::find(names, name) == names.end()) {
    std::string known;
    for (const auto& n : names) known += (known.empty() ? "" : ", ") + n;
    return fail(Errc::NotFound, fmt::format("there are no fees named '{}'", name),
                fmt::format("use {}, or a file (docs/accounts.md)", known));
  }
  return built(kFeesCsv, name, "fees");
}

Result<std::shared_ptr<const FeeSchedule>> fee_schedule_of(std::string_view csv, const std::string& origin) {
  return built(csv, {}, origin);
}

MarginTable margin_table(std::string_view instrument, std::int32_t day) {
  const auto colon = instrument.find(':');
  const std::string_view venue = instrument.substr(0, colon);
  const std::string_view symbol = colon == std::string_view::npos ? "" : instrument.substr(colon + 1);
  std::map<std::int32_t, MarginTable> by_day;
  for (const Row& row : own_rows(kMarginCsv, kMarginFields)) {
    const auto& f = row.fields;
    const auto symbols = split(f[1], ';');
    if (f[0] != venue || std::ranges::find(symbols, symbol) == symbols.end()) continue;
    MarginTable& table = by_day[parse_day(f[2]).value()];
    table.known = true;
    table.brackets.push_back({money_of(f[3]).value(), static_cast<int>(parse_decimal(f[4], 0).value()),
                              parse_decimal(f[5], kRateDecimals).value()});
    table.liquidation_fee_rate = parse_decimal(f[6], kRateDecimals).value();
  }
  if (by_day.empty()) return {.brackets = {kAnyBracket}};
  auto at = by_day.upper_bound(day);
  return at == by_day.begin() ? at->second : std::prev(at)->second;
}

}  // namespace stom
