#include "risk/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "risk/breakers.hpp"

namespace stom::risk {
namespace {

enum class LimitUnit : std::uint8_t { Percent, Quantity, Money, Count, Rate, Time, On, Times };

struct LimitWord {
  std::string_view name;
  LimitUnit unit;
  std::string_view example;
};

constexpr std::array<LimitWord, kLimitKinds> kLimitWords{{
    {"price_band", LimitUnit::Percent, "price_band=5 (percent from the middle of the book)"},
    {"order_quantity", LimitUnit::Quantity, "order_quantity@binance:BTCUSDT=0.5"},
    {"order_notional", LimitUnit::Money, "order_notional=10000 (in the instrument's settlement currency)"},
    {"position", LimitUnit::Quantity, "position@binance:BTCUSDT=2"},
    {"gross_exposure", LimitUnit::Money, "gross_exposure=50000 (in the session's currency)"},
    {"net_exposure", LimitUnit::Money, "net_exposure=20000 (in the session's currency)"},
    {"working_orders", LimitUnit::Count, "working_orders=20"},
    {"order_rate", LimitUnit::Rate, "order_rate=10/1s"},
    {"duplicate", LimitUnit::Time, "duplicate=500ms"},
    {"self_trade", LimitUnit::On, "self_trade=deny"},
    {"reduce_only", LimitUnit::On, "reduce_only=on"},
    {"leverage", LimitUnit::Times, "leverage=2 (gross exposure of what the account is worth)"},
}};

std::string all_names() {
  std::string text;
  for (const LimitWord& word : kLimitWords) text += fmt::format("{}{}", text.empty() ? "" : ", ", word.name);
  return text;
}

/// A whole number from 1 to Limit::kMostCounted; 0: it is none.
std::int64_t counted(std::string_view text) {
  const auto number = parse_decimal(text, 0);
  return number && *number >= 1 && *number <= Limit::kMostCounted && text.find('.') == text.npos ? *number : 0;
}

/// False: the value is not of that kind.
bool read_value(LimitUnit unit, std::string_view text, Limit& limit) {
  const auto above_zero = [&](int decimals) {
    const auto number = parse_decimal(text, decimals);
    limit.value = number ? *number : 0;
    return limit.value > 0;
  };
  const auto duration = [&](std::string_view from) {
    const auto parsed = parse_duration(from);
    limit.window = parsed ? *parsed : 0;
    return limit.window > 0;
  };
  switch (unit) {
    case LimitUnit::Percent:
      if (text.ends_with('%')) text.remove_suffix(1);
      return above_zero(Limit::kPercentDecimals);
    case LimitUnit::Quantity:
      return above_zero(Limit::kQuantityDecimals);
    case LimitUnit::Money:
      return above_zero(Limit::kMoneyDecimals);
    case LimitUnit::Count:
      return (limit.value = counted(text)) > 0;
    case LimitUnit::Rate: {
      const auto slash = text.find('/');
      return slash != text.npos && (limit.value = counted(text.substr(0, slash))) > 0 &&
             duration(text.substr(slash + 1));
    }
    case LimitUnit::Time:
      return duration(text);
    case LimitUnit::Times:
      return above_zero(Limit::kLeverageDecimals);
    case LimitUnit::On:
      break;
  }
  return text == (limit.kind == LimitKind::SelfTrade ? "deny" : "on");
}

Result<Limit> parse(std::string_view text, bool may_be_off) {
  const auto wrong = [&](std::string_view why, std::string hint) {
    return fail(Errc::Usage, fmt::format("limit {}: {}", text.substr(0, 80), why), std::move(hint));
  };
  const auto equals = text.find('=');
  if (equals == text.npos) return wrong("not NAME[@SCOPE]=VALUE", "for example order_notional@binance=1000");
  const auto whole = text.substr(0, equals);
  const auto at = whole.find('@');
  const auto name = whole.substr(0, at);
  const auto word = std::ranges::find(kLimitWords, name, &LimitWord::name);
  if (word == kLimitWords.end())
    return wrong(fmt::format("there is no limit '{}'", name),
                 fmt::format("one of {}; a breaker is one of {}", all_names(), breaker_names()));
  Limit limit;
  limit.kind = static_cast<LimitKind>(word - kLimitWords.begin());
  if (at != whole.npos) {
    limit.scope = whole.substr(at + 1);
    if (limit.scope.empty())
      return wrong("what is it for?", "behind @ stands a venue or an instrument; without @ it is for all");
  }
  limit.value_text = text.substr(equals + 1);
  if (may_be_off && limit.is_off()) return limit;
  if (!read_value(word->unit, limit.value_text, limit))
    return wrong(fmt::format("'{}' is no value of {}", limit.value_text, name),
                 fmt::format("for example {}", word->example));
  return limit;
}

}  // namespace

std::string_view name_of(LimitKind kind) { return kLimitWords[static_cast<std::size_t>(kind)].name; }

std::string Limit::text() const {
  return fmt::format("{}{}{}={}", name_of(kind), scope.empty() ? "" : "@", scope, value_text);
}

bool is_for(std::string_view scope, const Instrument& instrument) {
  return scope.empty() || scope == instrument.id || scope == instrument.venue();
}

Money money_of(std::int64_t value) { return {Int128{value} * power_of_ten(kMoneyDecimals - Limit::kMoneyDecimals)}; }
std::string money_text(Money amount) { return format_decimal_trimmed(amount.value, kMoneyDecimals); }

Result<Limit> parse_limit(std::string_view text) { return parse(text, false); }
Result<Limit> parse_limit_change(std::string_view text) { return parse(text, true); }

}  // namespace stom::risk
