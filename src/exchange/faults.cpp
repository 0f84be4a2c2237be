#include "exchange/faults.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace stom::exchange {
namespace {

struct Described {
  std::string_view name;
  std::int64_t least, most, usual;
  bool needs_value;     // there is no usual one
  bool stands = false;  // not an occasion but a state: on until it is cleared
  bool whole = false;   // there is no little of it: whatever its value, the usual one counts
};

constexpr std::int64_t kHour = 3'600'000;
/// In the order of Fault. Per cent of the occasions, but for those that are milliseconds, a factor or a market.
constexpr Described kDescribed[] = {
    {"ack_delay_ms", 1, kHour, 0, true},
    {"ack_lost", 1, 100, 100, false},
    {"ack_duplicate", 1, 100, 100, false},
    {"disconnect", 1, 100, 100, false},
    {"frame_truncate", 1, 100, 100, false},
    {"seq_gap", 1, 100, 100, false},
    {"http_429", 1, 100, 100, false},
    {"http_418", 1, 100, 100, false},
    {"http_5xx", 1, 100, 100, false},
    {"maintenance", 1, 100, 100, false, false, true},
    {"clock_skew_ms", -kHour, kHour, 0, true, true},
    {"fill_before_ack", 1, kHour, 1000, false},
    {"fill_reorder", 1, 100, 100, false},
    {"fill_duplicate", 1, 100, 100, false},
    {"half_open", 1, 100, 100, false},
    {"frame_split", 1, 100, 100, false},
    {"cancel_filled", 1, 100, 100, false},
    {"foreign_order", 1, 100, 100, false},
    {"tick_change", 2, 1000, 10, false, true},
    {"delist", 1, 10'000, 1, false, true},
    {"token_expire", 1, 100, 100, false},
    {"listenkey_expire", 1, 100, 100, false},
};

std::optional<std::size_t> find(std::string_view name) {
  const auto found = std::ranges::find(kDescribed, name, &Described::name);
  if (found == std::end(kDescribed)) return std::nullopt;
  return static_cast<std::size_t>(found - std::begin(kDescribed));
}

std::unexpected<Error> unknown(std::string_view name) {
  std::string known;
  for (const Described& d : kDescribed) known += fmt::format("{}{}", known.empty() ? "" : ", ", d.name);
  return fail(Errc::Usage, fmt::format("there is no fault named '{}'", name.substr(0, 40)), "there are " + known);
}

}  // namespace

Result<FaultSetting> parse_fault_setting(std::string_view body) {
  FaultSetting setting;
  if (body.empty()) return setting;
  constexpr const char* kHint = "docs/exchange.md has an example";
  simdjson::dom::parser parser;
  simdjson::dom::object fields;
  if (parser.parse(body.data(), body.size()).get_object().get(fields))
    return fail(Errc::BadData, "the body is an object with value and count", kHint);
  for (const auto [key, field] : fields) {
    // As if it were left out: what is not known, or nothing but "on".
    if ((key == "value" || key == "count") && field.is_null()) continue;
    if (bool on = false; key == "value" && !field.get_bool().get(on) && on) continue;
    std::int64_t number = 0;
    if ((key != "value" && key != "count") || field.get_int64().get(number))
      return fail(Errc::BadData, "value and count are whole numbers, and there is nothing else", kHint);
    (key == "value" ? setting.value : setting.count) = number;
  }
  return setting;
}

Result<void> Faults::set(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string_view name = assignment.substr(0, equals);
  if (equals == std::string_view::npos) return set(name, std::nullopt, std::nullopt);
  const std::string_view text = assignment.substr(equals + 1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Errc::Usage,
                fmt::format("'{}' is not a value for the fault {}", text.substr(0, 40), name.substr(0, 40)),
                "use a whole number, such as ack_delay_ms=250");
  return set(name, value, std::nullopt);
}

Result<void> Faults::set(std::string_view name, std::optional<std::int64_t> value, std::optional<std::int64_t> count) {
  const auto index = find(name);
  if (!index) return unknown(name);
  const Described& known = kDescribed[*index];
  if (!value && known.needs_value)
    return fail(Errc::Usage, fmt::format("the fault {} needs a value", name), fmt::format("such as {}=250", name));
  const std::int64_t wanted = value.value_or(known.usual);
  if (wanted < known.least || wanted > known.most)
    return fail(Errc::Usage, fmt::format("{} is not a value for the fault {}", wanted, name),
                fmt::format("use {} to {}", known.least, known.most));
  if (count && *count < 1)
    return fail(Errc::Usage, fmt::format("{} is not a number of times", *count), "use 1 or more, or leave it out");
  if (count && known.stands)
    return fail(Errc::Usage, fmt::format("the fault {} does not happen a number of times", name),
                "it is on until it is cleared: leave count out");
  states_[*index] = {wanted != 0, known.whole ? known.usual : wanted, count};
  return {};
}

Result<void> Faults::clear(std::string_view name) {
  const auto index = find(name);
  if (!index) return unknown(name);
  states_[*index] = {};
  return {};
}

std::vector<std::string_view> Faults::names() {
  std::vector<std::string_view> names;
  for (const Described& d : kDescribed) names.push_back(d.name);
  return names;
}

std::string Faults::json() const {
  std::string out;
  for (std::size_t i = 0; i < kFaults; ++i) {
    const State& state = states_[i];
    if (!state.on) continue;
    out += fmt::format(R"({}"{}":{{"value":{}{}}})", out.empty() ? "" : ",", kDescribed[i].name, state.value,
                       state.count ? fmt::format(R"(,"count":{})", *state.count) : "");
  }
  return fmt::format(R"({{"faults":{{{}}}}})", out);
}

void Faults::count(State& state) {
  if (state.count && --*state.count == 0) state = {};
}

bool Faults::strikes(Fault fault, std::uint64_t what) {
  State& of = state(fault);
  if (!of.on || (may_ && !may_(fault, what))) return false;
  if (of.value < 100 && static_cast<std::int64_t>(random_.below(100)) >= of.value) return false;
  count(of);
  if (seen_) seen_(fault, what);
  return true;
}

std::int64_t Faults::take(Fault fault, std::uint64_t what) {
  State& of = state(fault);
  if (!of.on || (may_ && !may_(fault, what))) return 0;
  const std::int64_t value = of.value;
  count(of);
  if (seen_) seen_(fault, what);
  return value;
}

}  // namespace stom::exchange
