#include "venues/upbit/server_answers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"

namespace stom::venues::upbit::server {
namespace {

std::string two(int number) { return fmt::format("{:02d}", number); }

}  // namespace

WireResponse answer(const ApiError& error) { return {.status = error.status, .body = error.json()}; }

std::unexpected<ApiError> mismatch() { return refuse(400, "400", "Type mismatch error. Check the parameters type!"); }

// ---- requests

AccountId Call::account() const {
  STOM_ASSERT(account_.has_value());
  return *account_;
}

std::optional<std::string> Call::find(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return std::nullopt;
}

std::vector<std::string> Call::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : parameters_) {
    if (key != name && key != fmt::format("{}[]", name)) continue;
    for (std::size_t at = 0; at <= value.size();) {
      const auto end = std::min(value.find(',', at), value.size());
      if (end > at) out.push_back(value.substr(at, end - at));
      at = end + 1;
    }
  }
  return out;
}

std::int64_t Call::number(std::string_view name, std::int64_t usual, std::int64_t most) const {
  const auto value = find(name);
  const auto number = value ? whole_number(*value) : std::nullopt;
  return number ? std::clamp<std::int64_t>(*number, 1, most) : usual;
}

// ---- messages

std::string framed(std::string text, Format format) {
  return format == Format::JsonList || format == Format::SimpleList ? "[" + std::move(text) + "]" : text;
}

Fields& Fields::raw(std::string_view name, std::string_view brief, std::string value) {
  rows_.push_back({name, brief, std::move(value)});
  return *this;
}

std::string Fields::json(bool brief) const {
  JsonObject out;
  for (const auto& row : rows_) out.raw(brief ? row.brief : row.name, row.value);
  return out.done();
}

// ---- times

Stamp stamp_of(UnixNanos time) {
  const auto [year, month, day] = civil_of_day(day_of(time));
  const auto second = static_cast<int>((time - start_of_day(day_of(time))) / kSecond);
  const auto h = two(second / 3600), m = two(second / 60 % 60), s = two(second % 60);
  return {fmt::format("{:04d}-{}-{}", year, two(month), two(day)),
          fmt::format("{:04d}{}{}", year, two(month), two(day)), fmt::format("{}:{}:{}", h, m, s), h + m + s};
}
std::string seconds_text(UnixNanos time) {
  const auto stamp = stamp_of(time);
  return stamp.date + "T" + stamp.clock;
}
std::string seoul_text(UnixNanos time) { return seconds_text(time + kSeoul) + "+09:00"; }

// ---- numbers

std::string price_text(const Instrument& instrument, Price price) {
  return format_decimal_trimmed(Int128{price.value}, instrument.price_decimals);
}
std::string quantity_text(const Instrument& instrument, Quantity quantity) {
  return format_decimal_trimmed(Int128{quantity.value}, instrument.quantity_decimals);
}
std::string money_text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

std::string average_price(const Instrument& instrument, Money value, Quantity quantity) {
  return format_decimal_trimmed(
      divide(value.value / power_of_ten(kMoneyDecimals - 8) * power_of_ten(instrument.quantity_decimals),
             quantity.value, Rounding::HalfEven),
      8);
}

Change change_of(const Instrument& instrument, Price from, Price to) {
  const Int128 by = Int128{to.value} - from.value;
  const Int128 rate = from.value == 0 ? 0 : divide(by * power_of_ten(10), from.value, Rounding::HalfEven);
  const auto size = [&](Int128 value) { return format_decimal_trimmed(value, instrument.price_decimals); };
  const auto part = [](Int128 value) { return format_decimal_trimmed(value, 10); };
  return {by > 0   ? "RISE"
          : by < 0 ? "FALL"
                   : "EVEN",
          size(by < 0 ? -by : by), part(rate < 0 ? -rate : rate), size(by), part(rate)};
}

}  // namespace stom::venues::upbit::server
