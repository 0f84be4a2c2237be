// Requests and answers as Upbit words them: a request's parameters, members with a long and a brief name, times,
// numbers and changes of price. Server side alone.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "venues/upbit/server_token.hpp"

namespace stom::venues::upbit::server {

/// JSON, or why not.
using Outcome = std::expected<std::string, ApiError>;
WireResponse answer(const ApiError& error);
/// Of a parameter that is not of its type.
std::unexpected<ApiError> mismatch();

/// One request: its parameters and who asks.
class Call {
 public:
  Call(Parameters parameters, std::optional<AccountId> account, UnixNanos now, std::string rest)
      : now{now}, rest{std::move(rest)}, parameters_{std::move(parameters)}, account_{account} {}

  AccountId account() const;
  std::optional<std::string> find(std::string_view name) const;
  /// "name[]=a&name[]=b", "name=a&name=b" or "name=a,b".
  std::vector<std::string> all(std::string_view name) const;
  std::int64_t number(std::string_view name, std::int64_t usual, std::int64_t most) const;

  const UnixNanos now;
  const std::string rest;  // of the path, behind the endpoint's

 private:
  Parameters parameters_;
  std::optional<AccountId> account_;
};

/// How a message of the WebSocket is written: members by their brief names (SIMPLE), the message as a list of one.
enum class Format : std::uint8_t { Default, Simple, JsonList, SimpleList };
inline bool is_brief(Format format) { return format == Format::Simple || format == Format::SimpleList; }
std::string framed(std::string text, Format format);

/// A message whose members have two names each.
class Fields {
 public:
  Fields& raw(std::string_view name, std::string_view brief, std::string value);
  Fields& text(std::string_view name, std::string_view brief, std::string_view value) {
    return raw(name, brief, json_text(value));
  }
  Fields& number(std::string_view name, std::string_view brief, std::int64_t value) {
    return raw(name, brief, std::to_string(value));
  }
  std::string json(bool brief) const;

 private:
  struct Row {
    std::string_view name, brief;
    std::string value;
  };
  std::vector<Row> rows_;
};

inline constexpr DurationNanos kSeoul = 9 * kHour;

inline std::int64_t ms(UnixNanos time) { return time / kMillisecond; }
struct Stamp {
  std::string date, compact_date, clock, compact_clock;  // "2025-07-04", "20250704", "05:14:00", "051400"
};
Stamp stamp_of(UnixNanos time);
std::string seconds_text(UnixNanos time);  // "2025-07-04T05:14:00"
std::string seoul_text(UnixNanos time);    // "2025-07-04T14:14:00+09:00"

std::string price_text(const Instrument& instrument, Price price);
std::string quantity_text(const Instrument& instrument, Quantity quantity);
std::string money_text(Money money);
/// The average price of what is worth so much, with at most eight decimals.
std::string average_price(const Instrument& instrument, Money value, Quantity quantity);

/// From one price to another.
struct Change {
  std::string_view word;  // "RISE", "FALL", "EVEN"
  std::string size, rate, signed_size, signed_rate;
};
Change change_of(const Instrument& instrument, Price from, Price to);

}  // namespace stom::venues::upbit::server
