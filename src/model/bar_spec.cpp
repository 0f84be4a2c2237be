#include "model/bar_spec.hpp"

#include <array>
#include <utility>

#include "core/decimal.hpp"

namespace stom {
namespace {

constexpr auto kLetters = std::to_array<std::pair<char, BarKind>>({{'t', BarKind::Tick},
                                                                   {'v', BarKind::Volume},
                                                                   {'q', BarKind::Value},
                                                                   {'r', BarKind::Range},
                                                                   {'b', BarKind::Renko}});

bool is_decimal(BarKind kind) { return kind == BarKind::Volume || kind == BarKind::Value; }

}  // namespace

Result<BarSpec> parse_bar_spec(std::string_view text) {
  const auto refuse = [&] {
    return fail(Errc::Usage, "'" + std::string{text} + "' is no kind of bar",
                "1s 1m 5m 1h 1d by time, 100t trades, 50v volume, 1000000q value, 10r range, 10b Renko (docs/bars.md)");
  };
  for (const auto& [letter, kind] : kLetters) {
    if (text.empty() || text.back() != letter) continue;
    const auto size = parse_decimal(text.substr(0, text.size() - 1), is_decimal(kind) ? kBarSizeDecimals : 0);
    if (!size || *size <= 0) return refuse();
    return BarSpec{kind, *size};
  }
  const auto length = parse_duration(text);
  if (!length || *length <= 0) return refuse();
  return BarSpec{BarKind::Time, *length};
}

std::string format_bar_spec(const BarSpec& spec) {
  for (const auto& [letter, kind] : kLetters)
    if (kind == spec.kind) return format_decimal_trimmed(spec.size, is_decimal(kind) ? kBarSizeDecimals : 0) + letter;
  return format_duration(spec.size);
}

}  // namespace stom
