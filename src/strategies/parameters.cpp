#include "strategies/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/decimal.hpp"
#include "core/spelling.hpp"

namespace stom {
const std::string* Parameters::given(std::string_view name, std::string type, std::string fallback, std::string range,
                                     std::string_view meaning) {
  declared_.push_back(
      {std::string{name}, std::move(type), std::move(fallback), std::move(range), std::string{meaning}});
  const auto it = values_.find(std::string{name});
  return it == values_.end() ? nullptr : &it->second;
}

void Parameters::refuse(std::string_view name, std::string_view why) {
  if (!error_) error_ = Error{Errc::Usage, fmt::format("parameter {}: {}", name, why), {}};
}

std::int64_t Parameters::integer(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most,
                                 std::string_view meaning) {
  const auto* value = given(name, "integer", std::to_string(fallback), fmt::format("{}..{}", least, most), meaning);
  if (!value) return fallback;
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), out);
  if (error != std::errc{} || end != value->data() + value->size() || out < least || out > most) {
    refuse(name, fmt::format("'{}' is not a whole number in {}..{}", *value, least, most));
    return fallback;
  }
  return out;
}

double Parameters::number(std::string_view name, double fallback, double least, double most, std::string_view meaning) {
  const auto* value = given(name, "number", fmt::format("{}", fallback), fmt::format("{}..{}", least, most), meaning);
  if (!value) return fallback;
  double out = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), out);
  if (error != std::errc{} || end != value->data() + value->size() || !(out >= least && out <= most)) {
    refuse(name, fmt::format("'{}' is not a number in {}..{}", *value, least, most));
    return fallback;
  }
  return out;
}

std::string Parameters::decimal(std::string_view name, std::string_view fallback, std::string_view meaning) {
  const auto* value = given(name, "decimal", std::string{fallback}, "", meaning);
  if (!value) return std::string{fallback};
  if (decimals_of(*value) < 0) {
    refuse(name, fmt::format("'{}' is not a plain decimal such as 0.001", *value));
    return std::string{fallback};
  }
  return *value;
}

std::string Parameters::text(std::string_view name, std::string_view fallback, std::string_view meaning) {
  const auto* value = given(name, "text", std::string{fallback}, "", meaning);
  return value ? *value : std::string{fallback};
}

std::string Parameters::file(std::string_view name, std::string_view meaning) {
  const auto* value = given(name, "file", "", "", meaning);
  return value ? *value : std::string{};
}

std::string Parameters::later_file(std::string_view name, std::string_view meaning) {
  std::string text = file(name, meaning);
  declared_.back().said_only_if_given = true;
  return text;
}

std::size_t Parameters::choice(std::string_view name, std::string_view fallback, std::string_view options,
                               std::string_view meaning) {
  const auto* value = given(name, "choice", std::string{fallback}, std::string{options}, meaning);
  const std::string_view wanted = value ? std::string_view{*value} : fallback;
  std::size_t index = 0;
  for (std::size_t at = 0; at <= options.size(); ++index) {
    const std::size_t end = std::min(options.find('|', at), options.size());
    if (options.substr(at, end - at) == wanted) return index;
    at = end + 1;
  }
  refuse(name, fmt::format("'{}' is not one of {}", wanted, options));
  return 0;
}

DurationNanos Parameters::duration(std::string_view name, std::string_view fallback, std::string_view meaning) {
  const auto* value = given(name, "duration", std::string{fallback}, "", meaning);
  const auto parsed = parse_duration(value ? *value : fallback);
  if (!parsed || *parsed <= 0) {
    refuse(name, fmt::format("'{}' is not a duration such as 100ms", value ? *value : fallback));
    return kSecond;
  }
  return *parsed;
}

BarSpec Parameters::bars(std::string_view name, std::string_view fallback, std::string_view meaning) {
  const std::string standard{stored_bars_.empty() ? fallback : stored_bars_};
  const auto* value = given(name, "bars", standard, "", meaning);
  const auto parsed = parse_bar_spec(value ? *value : standard);
  if (parsed) return *parsed;
  if (!value) return {};  // stored under a name that says no length; they come as they are
  refuse(name, parsed.error().message);
  if (error_->hint.empty()) error_->hint = parsed.error().hint;
  return {};
}

bool Parameters::flag(std::string_view name, bool fallback, std::string_view meaning) {
  return choice(name, fallback ? "true" : "false", "false|true", meaning) == 1;
}

Result<void> Parameters::check() const {
  if (error_) return std::unexpected(*error_);
  std::vector<std::string> known;
  for (const auto& info : declared_) known.push_back(info.name);
  for (const auto& [name, value] : values_) {
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    return fail(Errc::Usage, fmt::format("there is no parameter named {}", name),
                !near.empty()   ? fmt::format("did you mean {}?", near)
                : known.empty() ? "this strategy has no parameters"
                                : fmt::format("there are {}", fmt::join(known, ", ")));
  }
  return {};
}

Result<void> Parameters::check_instruments(std::string_view strategy, std::size_t given,
                                           std::string_view remedy) const {
  if (given >= least_instruments_) return {};
  return fail(Errc::Usage, fmt::format("{} needs {} instruments, not {}", strategy, least_instruments_, given),
              std::string{remedy});
}

std::vector<std::pair<std::string, std::string>> Parameters::in_force() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto& info : declared_) {
    const auto it = values_.find(info.name);
    if (it == values_.end() && info.said_only_if_given) continue;
    out.emplace_back(info.name, it == values_.end() ? info.default_value : it->second);
  }
  return out;
}

std::string Parameters::describe() const {
  std::string out;
  for (const auto& [name, value] : in_force()) out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  return out;
}

}  // namespace stom
