#include "replay/configuration_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "account/fees.hpp"
#include "core/decimal.hpp"
#include "core/time.hpp"
#include "replay/session_choice.hpp"

namespace stom::replay {
namespace {

constexpr std::size_t kMostText = 48;        // of a value: conditions and paths can be long
constexpr std::size_t kMostDifferences = 3;  // that are told
constexpr std::string_view kNone = "(none)";

struct Setting {
  std::string name;
  std::string value;
};

/// What the flags of `stom serve` are called; "" where no flag says it. Other names are parameters of the strategy.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kFlags{{{"instrument", "--instrument"},
                                                                                {"data", ""},
                                                                                {"strategy", "--strategy"},
                                                                                {"fill_rules", "--fill-rules"},
                                                                                {"queue", "--queue"},
                                                                                {"entry_ns", "--order-latency"},
                                                                                {"response_ns", ""},
                                                                                {"maker", "--maker"},
                                                                                {"taker", "--taker"},
                                                                                {"cash", "--cash"},
                                                                                {"account", "--account"},
                                                                                {"leverage", "--leverage"},
                                                                                {"fees", "--fees"},
                                                                                {"limits", "--limit"},
                                                                                {"watch", "--watch"}}};

const std::pair<std::string_view, std::string_view>* flag_of(std::string_view name) {
  const auto* found = std::find_if(kFlags.begin(), kFlags.end(), [&](const auto& flag) { return flag.first == name; });
  return found == kFlags.end() ? nullptr : found;
}

/// A word without "=" belongs to the value before it: conditions hold spaces.
std::vector<Setting> settings_of(std::string_view text) {
  std::vector<Setting> settings;
  while (!text.empty()) {
    const auto end = text.find(' ');
    const auto word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto equals = word.find('=');
    if (equals != std::string_view::npos && equals > 0)
      settings.push_back({std::string{word.substr(0, equals)}, std::string{word.substr(equals + 1)}});
    else if (!settings.empty())
      settings.back().value.append(" ").append(word);
  }
  return settings;
}

std::string_view value_in(const std::vector<Setting>& settings, std::string_view name) {
  const auto found = std::find_if(settings.begin(), settings.end(), [&](const Setting& s) { return s.name == name; });
  return found == settings.end() ? kNone : std::string_view{found->value};
}

std::string shortened(std::string_view text) {
  return text.size() <= kMostText ? std::string{text} : fmt::format("{}...", text.substr(0, kMostText));
}

/// As the flag takes it: latency with a unit, rates as a share, limits one by one.
std::string as_typed(std::string_view name, std::string_view value) {
  if (name == "limits") {
    std::string typed;
    for (const std::string& limit : limits_in(value)) typed += (typed.empty() ? "" : " --limit ") + limit;
    return typed;
  }
  if (name == "watch") return "FILE";  // of which the value is the hash
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole = error == std::errc{} && end == value.data() + value.size();
  if (whole && name == "entry_ns") return format_duration(number);
  if (whole && (name == "maker" || name == "taker")) return format_decimal_trimmed(number, kRateDecimals);
  return value.find(' ') == std::string_view::npos ? shortened(value) : fmt::format("'{}'", shortened(value));
}

}  // namespace

Error other_configuration(std::string_view session, std::string_view began, std::string_view asked) {
  const auto before = settings_of(began);
  const auto now = settings_of(asked);
  const bool other_strategy = value_in(before, "strategy") != value_in(now, "strategy");
  std::vector<std::string> told;
  std::string flags, without;
  const auto differ = [&](std::string_view name) {
    const auto was = value_in(before, name), is = value_in(now, name);
    const auto* flag = flag_of(name);
    if (was == is || name == "response_ns") return;
    // The parameters of another strategy are no difference of their own, but going on with it takes them.
    if (flag != nullptr || !other_strategy)
      told.push_back(name == "data" ? "other market data"
                                    : fmt::format("{} {}, not {}", name, shortened(was), shortened(is)));
    if (flag != nullptr && flag->second.empty()) return;
    const bool left_out = was == kNone || (name == "strategy" && was == "none");
    if (left_out && flag != nullptr)
      without += fmt::format(" {}", flag->second);
    else if (left_out && !other_strategy)
      without += fmt::format(" --param {}", name);
    else if (!left_out && flag != nullptr)
      flags += fmt::format(" {} {}", flag->second, as_typed(name, was));
    else if (!left_out)
      flags += fmt::format(" --param {}={}", name, as_typed(name, was));
  };
  for (const Setting& setting : before) differ(setting.name);
  for (const Setting& setting : now)
    if (value_in(before, setting.name) == kNone) differ(setting.name);
  std::string cause;
  for (std::size_t i = 0; i < std::min(told.size(), kMostDifferences); ++i)
    cause += (cause.empty() ? "" : "; ") + told[i];
  if (told.size() > kMostDifferences) cause += fmt::format("; and {} more", told.size() - kMostDifferences);
  if (!without.empty()) flags += " without" + without;
  if (flags.empty()) flags = " the same data, --from and --to";
  return {Errc::Usage, fmt::format("session {} was begun with {}", session, cause),
          fmt::format("to go on with it:{}; to begin another: --session NAME", flags)};
}

}  // namespace stom::replay
