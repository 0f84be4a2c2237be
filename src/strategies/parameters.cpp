#include "strategies/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "core/decimal.hpp"

namespace stom {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

const std::string* Parameters::given(std::string_view name, std::string type, std::string fallback, std::string range,
                                     std::string_view meaning) {
  declared_.push_back(
      {std::string{name}, std::move(type), std::move(fallback), std::move(range), std::string{meaning}});
  const auto it = values_.find(std::string{name});
  return it == values_.end() ? nullptr : &it->second;
}

void Parameters::refuse(std::string_view name, std::string_view why) {
  if (!error_)
    error_ = Error{Errc::Usage, fmt::format("parameter {}: {}", name, why), "stom strategy show NAME lists them"};
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

bool Parameters::flag(std::string_view name, bool fallback, std::string_view meaning) {
  return choice(name, fallback ? "true" : "false", "false|true", meaning) == 1;
}

Result<void> Parameters::check() const {
  if (error_) return std::unexpected(*error_);
  for (const auto& [name, value] : values_) {
    const auto same = [&](const ParameterInfo& info) { return info.name == name; };
    if (std::any_of(declared_.begin(), declared_.end(), same)) continue;
    std::string hint = "this strategy has no parameters";
    std::size_t best = std::string::npos;
    for (const auto& info : declared_) {
      if (const auto distance = edit_distance(name, info.name); distance < best) {
        best = distance;
        hint = fmt::format("did you mean {}?", info.name);
      }
    }
    return fail(Errc::Usage, fmt::format("there is no parameter named {}", name), hint);
  }
  return {};
}

std::string Parameters::describe() const {
  std::string out;
  for (const auto& info : declared_) {
    const auto it = values_.find(info.name);
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", info.name,
                       it == values_.end() ? info.default_value : it->second);
  }
  return out;
}

}  // namespace stom
