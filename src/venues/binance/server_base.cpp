#include "venues/binance/server_base.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "venues/server_keys.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr std::int64_t kRefusalsBeforeBan = 20;              // of one minute; the documents say "repeatedly"
constexpr DurationNanos kBan = 2 * kMinute;                  // "from 2 minutes to 3 days"
constexpr std::int64_t kMicroseconds = 100'000'000'000'000;  // a time from here on is in them: in ms, of the year 5138
constexpr std::string_view kAmountShape = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";
constexpr DurationNanos kWeek = 7 * kDay;
constexpr DurationNanos kCalendarMonth = 31 * kDay;  // stands for one

/// The documents' own shape of an amount.
bool is_amount(std::string_view text) {
  const std::size_t point = text.find('.');
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 20 && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
  };
  return digits(text.substr(0, point)) && (point == std::string_view::npos || digits(text.substr(point + 1)));
}

}  // namespace

std::string ApiError::json() const {
  JsonObject out;
  out.number("code", code).text("msg", message);
  if (!data.empty()) out.raw("data", data);
  return out.done();
}

// ---- parameters -------------------------------------------------------------------------------------------------

std::optional<std::string> Call::find(std::string_view name) {
  const auto named = [&](const auto& pair) { return pair.first == name; };
  const auto found = std::ranges::find_if(parameters_, named);
  if (found == parameters_.end()) return std::nullopt;
  read_.emplace(name);
  if (std::any_of(found + 1, parameters_.end(), named)) fail(-1101, "Duplicate values for a parameter detected.");
  if (found->second.empty()) {
    fail(-1105, fmt::format("Parameter '{}' was empty.", name));
    return std::nullopt;
  }
  return found->second;
}

std::string Call::text(std::string_view name) {
  auto value = find(name);
  if (!value) missing(name);
  return std::move(value).value_or("");
}

std::optional<std::int64_t> Call::find_number(std::string_view name) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number || *number < 0)
    fail(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '^[0-9]{{1,20}}$'.", name));
  return number;
}

std::optional<std::int64_t> Call::find_time(std::string_view name) {
  const auto time = find_number(name);
  return time && *time >= kMicroseconds ? std::optional{*time / 1000} : time;
}

std::int64_t Call::number(std::string_view name) {
  const auto value = find_number(name);
  if (!value) missing(name);
  return value.value_or(0);
}

std::optional<std::int64_t> Call::find_amount(std::string_view name) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  if (!is_amount(*value)) {
    fail(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '{}'.", name, kAmountShape));
    return std::nullopt;
  }
  if (decimals_of(*value) > 8) {
    fail(-1111, fmt::format("Parameter '{}' has too much precision.", name));
    return std::nullopt;
  }
  const auto amount = parse_decimal(*value, 8);
  if (!amount) {
    fail(-1108, fmt::format("Parameter '{}' overflowed.", name));
    return std::nullopt;
  }
  return *amount;
}

std::size_t Call::limit(std::int64_t usual, std::int64_t most) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(find_number("limit").value_or(usual), 1, most));
}

void Call::fail(int code, std::string message, int status) {
  if (!error_) error_ = ApiError{status, code, std::move(message)};
}

void Call::missing(std::string_view name) {
  fail(-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name));
}

void Call::unwanted(std::string_view name) { fail(-1106, fmt::format("Parameter '{}' sent when not required.", name)); }

const ApiError* Call::check() {
  if (!error_ && read_.size() < parameters_.size())
    fail(-1104, fmt::format("Not all sent parameters were read; read '{}' parameter(s) but was sent '{}'.",
                            read_.size(), parameters_.size()));
  return error_ ? &*error_ : nullptr;
}

// ---- numbers ----------------------------------------------------------------------------------------------------

std::string eight(Int128 mantissa, int decimals) {
  if (decimals <= 8) return format_decimal(mantissa * power_of_ten(8 - decimals), 8);
  return format_decimal(divide(mantissa, power_of_ten(decimals - 8), Rounding::Down), 8);
}

std::string money(Money amount) { return eight(amount.value, kMoneyDecimals); }

Money worth(const Instrument& instrument, Price price, Quantity quantity) {
  if (instrument.kind != ContractKind::Inverse) return value_of(instrument, price, quantity);
  return price.value == 0 ? Money{} : inverse_value_of(instrument, price, quantity);
}

std::string average_price(const Instrument& instrument, Money value, Quantity quantity) {
  if (quantity.value == 0 || value.value == 0) return "0.00000000";
  const std::int64_t parts = power_of_ten(instrument.quantity_decimals);
  if (instrument.kind == ContractKind::Inverse) {
    // Contracts x their size / coins. Coins to 10^-15, so that 10^15 of quote currency fit 128 bits.
    const Int128 quote = Int128{quantity.value} * instrument.contract_size * power_of_ten(15) / parts;
    const Int128 coins = divide(value.value, power_of_ten(kMoneyDecimals - 15), Rounding::HalfEven);
    return format_decimal(divide(quote * power_of_ten(8), std::max<Int128>(coins, 1), Rounding::HalfEven), 8);
  }
  const Int128 digits = value.value / power_of_ten(kMoneyDecimals - 8) * parts;
  return format_decimal(divide(digits, quantity.value, Rounding::HalfEven), 8);
}

std::optional<DurationNanos> interval_of(std::string_view name) {
  constexpr std::pair<std::string_view, DurationNanos> kIntervals[] = {
      {"1m", kMinute},     {"3m", 3 * kMinute}, {"5m", 5 * kMinute}, {"15m", 15 * kMinute}, {"30m", 30 * kMinute},
      {"1h", kHour},       {"2h", 2 * kHour},   {"4h", 4 * kHour},   {"6h", 6 * kHour},     {"8h", 8 * kHour},
      {"12h", 12 * kHour}, {"1d", kDay},        {"3d", 3 * kDay},    {"1w", kWeek},         {"1M", kCalendarMonth}};
  const auto found = std::ranges::find(kIntervals, name, &std::pair<std::string_view, DurationNanos>::first);
  if (found == std::end(kIntervals)) return std::nullopt;
  return found->second;
}

UnixNanos candle_start(UnixNanos time, DurationNanos interval) {
  const std::int32_t day = day_of(time);
  if (interval == kWeek) return start_of_day(day - weekday_of(day));
  if (interval == kCalendarMonth) return start_of_day(day - civil_of_day(day).day + 1);
  return time - time % interval;
}

UnixNanos candle_end(UnixNanos start, DurationNanos interval) {
  // From the first of a month 31 days lead into the next one, and no further.
  return interval == kCalendarMonth ? candle_start(start + interval, interval) : start + interval;
}

std::vector<Candle> candles(const std::deque<MinuteBar>& minutes, DurationNanos interval, std::optional<UnixNanos> from,
                            std::optional<UnixNanos> to, std::size_t limit) {
  std::vector<Candle> out;
  for (const MinuteBar& minute : minutes) {
    const UnixNanos start = candle_start(minute.bar.time, interval);
    if ((from && start < *from) || (to && start > *to)) continue;
    if (out.empty() || out.back().start != start) {
      out.push_back({start, minute});
      continue;
    }
    MinuteBar& sum = out.back().sum;
    sum.bar.high = std::max(sum.bar.high, minute.bar.high);
    sum.bar.low = std::min(sum.bar.low, minute.bar.low);
    sum.bar.close = minute.bar.close;
    sum.bar.volume += minute.bar.volume;
    sum.value += minute.value;
    sum.taken += minute.taken;
    sum.taken_value += minute.taken_value;
    sum.trades += minute.trades;
    if (sum.first_trade < 0) sum.first_trade = minute.first_trade;
    if (minute.last_trade >= 0) sum.last_trade = minute.last_trade;
  }
  if (out.size() > limit) {
    if (from)
      out.resize(limit);
    else
      out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(limit));
  }
  return out;
}

// ---- allowances -------------------------------------------------------------------------------------------------

std::optional<ApiError> RateLimits::weigh(std::int64_t weight, UnixNanos now) {
  const auto banned = [&] {
    return ApiError{
        418, -1003,
        fmt::format("Way too much request weight used; IP banned until {}. Please use WebSocket Streams for "
                    "live updates to avoid bans.",
                    banned_until_ / kMillisecond)};
  };
  if (now < banned_until_) return banned();
  if (weight_.add(now / kMinute, weight) <= terms_.weight_per_minute || lifted_) return std::nullopt;
  if (refused_.add(now / kMinute, 1) > kRefusalsBeforeBan) {
    banned_until_ = now + kBan;
    return banned();
  }
  return ApiError{
      429, -1003,
      fmt::format("Too much request weight used; current limit is {} request weight per 1 MINUTE. Please use "
                  "WebSocket Streams for live updates to avoid polling the API.",
                  terms_.weight_per_minute)};
}

std::optional<ApiError> RateLimits::count_order(AccountId account, UnixNanos now) {
  auto& [per_10s, per_minute, per_day] = orders_[account];
  const std::int64_t tens = per_10s.add(now / (10 * kSecond), 1);
  const std::int64_t minute = per_minute.add(now / kMinute, 1);
  const std::int64_t day = per_day.add(now / kDay, 1);
  if (lifted_) return std::nullopt;
  const auto over = [](std::int64_t limit, std::string_view interval) {
    return ApiError{429, -1015,
                    fmt::format("Too many new orders; current limit is {} orders per {}.", limit, interval)};
  };
  if (tens > terms_.orders_per_10s) return over(terms_.orders_per_10s, "10 SECOND");
  if (terms_.orders_per_minute > 0 && minute > terms_.orders_per_minute)
    return over(terms_.orders_per_minute, "1 MINUTE");
  if (terms_.orders_per_day > 0 && day > terms_.orders_per_day) return over(terms_.orders_per_day, "1 DAY");
  return std::nullopt;
}

std::int64_t RateLimits::retry_after(int status, UnixNanos now) const {
  const UnixNanos until = status == 418 && banned_until_ > now ? banned_until_ : (now / kMinute + 1) * kMinute;
  return (until - now + kSecond - 1) / kSecond;
}

RateLimits::OrderCounts RateLimits::orders(AccountId account, UnixNanos now) const {
  const auto found = orders_.find(account);
  if (found == orders_.end()) return {};
  const auto& [per_10s, per_minute, per_day] = found->second;
  return {per_10s.at(now / (10 * kSecond)), per_minute.at(now / kMinute), per_day.at(now / kDay)};
}

// ---- streams ----------------------------------------------------------------------------------------------------

bool Streams::add(SocketId socket, const std::string& stream) {
  auto& listeners = streams_[stream];
  if (std::ranges::find(listeners, socket) != listeners.end()) return false;
  listeners.push_back(socket);
  of_[socket].push_back(stream);
  return true;
}

void Streams::remove(SocketId socket, const std::string& stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  std::erase(found->second, socket);
  if (found->second.empty()) streams_.erase(found);
  if (const auto of = of_.find(socket); of != of_.end()) std::erase(of->second, stream);
}

void Streams::remove(SocketId socket) {
  for (const std::string& stream : of(socket)) remove(socket, stream);
  of_.erase(socket);
}

std::vector<std::string> Streams::of(SocketId socket) const {
  const auto found = of_.find(socket);
  return found == of_.end() ? std::vector<std::string>{} : found->second;
}

std::size_t Streams::count(SocketId socket) const {
  const auto found = of_.find(socket);
  return found == of_.end() ? 0 : found->second.size();
}

const std::vector<SocketId>* Streams::listeners(const std::string& stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? nullptr : &found->second;
}

// ---- requests over a socket -------------------------------------------------------------------------------------

namespace {

/// Strings as they read, anything else as it was written; nothing for what is nested.
std::optional<std::string> token_text(simdjson::ondemand::value value, bool& is_text) {
  simdjson::ondemand::json_type type{};
  if (value.type().get(type)) return std::nullopt;
  is_text = type == simdjson::ondemand::json_type::string;
  if (is_text) {
    std::string_view string;
    if (value.get_string().get(string)) return std::nullopt;
    return std::string{string};
  }
  if (type == simdjson::ondemand::json_type::number) {
    std::string_view token = value.raw_json_token();
    while (!token.empty() &&
           (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t'))
      token.remove_suffix(1);
    double number = 0;
    if (value.get_double().get(number)) return std::nullopt;
    return std::string{token};
  }
  bool flag = false;
  if (type == simdjson::ondemand::json_type::boolean && !value.get_bool().get(flag)) return flag ? "true" : "false";
  if (type == simdjson::ondemand::json_type::null) return "null";
  return std::nullopt;
}

/// As it was written: symbols are a list of strings, in JSON as in a query.
std::optional<std::string> list_text(simdjson::ondemand::value value) {
  simdjson::ondemand::array items;
  std::string_view raw;
  if (value.get_array().get(items) || items.raw_json().get(raw)) return std::nullopt;
  return std::string{raw.substr(0, raw.rfind(']') + 1)};
}

bool read_parameters(simdjson::ondemand::object& fields, Parameters& out) {
  for (auto inner : fields) {
    std::string_view name;
    simdjson::ondemand::value one;
    if (inner.unescaped_key().get(name)) return false;
    std::string kept{name};
    if (inner.value().get(one)) return false;
    simdjson::ondemand::json_type type{};
    if (one.type().get(type)) return false;
    bool is_text = false;
    const auto string = type == simdjson::ondemand::json_type::array ? list_text(one) : token_text(one, is_text);
    if (!string) return false;
    out.emplace_back(std::move(kept), *string);
  }
  return true;
}

}  // namespace

std::optional<std::vector<Parameters>> parse_objects(std::string_view text) {
  const simdjson::padded_string padded{text};
  if (simdjson::dom::parser whole; whole.parse(padded).error()) return std::nullopt;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array items;
  if (parser.iterate(padded).get(document) || document.get_array().get(items)) return std::nullopt;
  std::vector<Parameters> out;
  for (auto item : items) {
    simdjson::ondemand::object fields;
    if (item.get_object().get(fields) || !read_parameters(fields, out.emplace_back())) return std::nullopt;
  }
  return out;
}

std::optional<SocketCall> parse_socket_call(std::string_view text) {
  // Once to know that it is JSON and nothing else, once for the numbers as they are written, which is what was signed.
  const simdjson::padded_string padded{text};
  if (simdjson::dom::parser whole; whole.parse(padded).error()) return std::nullopt;
  simdjson::ondemand::parser parser;
  SocketCall call;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return std::nullopt;
  for (auto field : object) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (field.unescaped_key().get(key) || field.value().get(value)) return std::nullopt;
    bool is_text = false;
    if (key == "id") {
      const auto id = token_text(value, is_text);
      if (!id || id->size() > 100) return std::nullopt;
      call.id = is_text ? json_text(*id) : *id;
    } else if (key == "method") {
      const auto method = token_text(value, is_text);
      if (!method || !is_text) return std::nullopt;
      call.method = *method;
    } else if (key == "params") {
      simdjson::ondemand::json_type type{};
      if (value.type().get(type)) return std::nullopt;
      if (type == simdjson::ondemand::json_type::array) {
        simdjson::ondemand::array items;
        if (value.get_array().get(items)) return std::nullopt;
        for (auto item : items) {
          simdjson::ondemand::value one;
          if (item.get(one)) return std::nullopt;
          const auto string = token_text(one, is_text);
          if (!string) return std::nullopt;
          call.list.push_back(*string);
          call.list_is_text.push_back(is_text);
        }
      } else if (type == simdjson::ondemand::json_type::object) {
        simdjson::ondemand::object fields;
        if (value.get_object().get(fields) || !read_parameters(fields, call.parameters)) return std::nullopt;
      } else {
        return std::nullopt;
      }
    }
  }
  return call;
}

// ---- keys and signatures ----------------------------------------------------------------------------------------

void Doorman::open(std::vector<Credentials> credentials) {
  credentials_ = std::move(credentials);
  for (const Credentials& c : credentials_)
    public_keys_.push_back(c.ed25519_secret.empty() ? "" : ed25519_public_of(c.ed25519_secret));
}

std::optional<Doorman::Owner> Doorman::owner_of(std::string_view key) const {
  for (AccountId i = 0; i < credentials_.size(); ++i) {
    if (same_secret(credentials_[i].key, key)) return Owner{i, false};
    if (!public_keys_[i].empty() && same_secret(credentials_[i].ed25519_key, key)) return Owner{i, true};
  }
  return std::nullopt;
}

bool Doorman::is_signed(const Owner& owner, std::string_view text, std::string_view signature) const {
  if (owner.ed25519) return ed25519_signed(public_keys_[owner.account], text, signature);
  return same_secret(hmac_sha256_hex(credentials_[owner.account].secret, text), lower(signature));
}

void Doorman::check_key(Call& call, std::string_view key) const {
  if (key.empty()) return call.fail(-2014, "API-key format invalid.", 401);
  const auto owner = owner_of(key);
  if (!owner) return call.fail(-2015, "Invalid API-key, IP, or permissions for action.", 401);
  call.account = owner->account;
}

void Doorman::check(Call& call, std::string_view key, std::string_view signed_text, UnixNanos now) const {
  check_key(call, key);
  const std::string signature = call.text("signature");
  if (!call.failed() && !is_signed(*owner_of(key), signed_text, signature))
    call.fail(-1022, "Signature for this request is not valid.");
  check_time(call, now);
}

void Doorman::check_time(Call& call, UnixNanos now) {
  const std::int64_t timestamp = call.number("timestamp");
  const auto window = call.find("recvWindow");
  if (call.failed()) return;
  // Milliseconds, or microseconds where there are that many digits; the window in milliseconds, to the microsecond.
  const std::int64_t unit = timestamp >= kMicroseconds ? kMicrosecond : kMillisecond;
  const UnixNanos sent = std::min(timestamp, INT64_MAX / unit) * unit;
  const auto microseconds = window ? parse_decimal(*window, 3) : Result<std::int64_t>{5'000'000};
  if (!microseconds || *microseconds < 0) return call.missing("recvWindow");
  if (*microseconds > 60'000'000) return call.fail(-1131, "recvWindow must be less than 60000.");
  if (sent >= now + kSecond)
    return call.fail(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  if (now - sent > *microseconds * kMicrosecond)
    call.fail(-1021, "Timestamp for this request is outside of the recvWindow.");
}

std::string signed_text(std::string_view query, std::string_view body) {
  const auto without = [](std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('&'), text.size());
      const std::string_view pair = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (pair.starts_with("signature=")) continue;
      if (!out.empty()) out += '&';
      for (const char c : pair) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > ' ' && byte < 0x7f)
          out += c;
        else
          out += fmt::format("%{:02X}", byte);
      }
    }
    return out;
  };
  return without(query) + without(body);
}

std::string signed_text(const Parameters& parameters) {
  Parameters sorted = parameters;
  std::ranges::sort(sorted);
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (name == "signature") continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  }
  return out;
}

}  // namespace stom::venues::binance::server
