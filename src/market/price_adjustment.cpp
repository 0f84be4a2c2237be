#include "market/price_adjustment.hpp"

#include <algorithm>
#include <string>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace stom {
namespace {

constexpr int kFurtherDecimals = 4;
constexpr int kMostDecimals = 8;
constexpr Rounding kRounding = Rounding::HalfEven;
constexpr std::int64_t kOne = power_of_ten(kMaxDecimals);                   // of a factor
constexpr Int128 kMostDenominator = static_cast<Int128>(kOne) * kOne * 80;  // twice a remainder fits 128 bits

std::unexpected<Error> too_large(const CorporateAction* action) {
  return fail(Errc::Overflow,
              "the prices adjusted for " +
                  (action == nullptr ? "corporate actions" : "the action '" + action->text() + "'") +
                  " do not fit 64 bits, or are too small for their decimals",
              "check that action (stom data export ID --kind corporate_action), or leave out --adjust");
}

/// numerator / denominator in lowest terms, both above zero.
struct Fraction {
  Int128 numerator = 1, denominator = 1;

  void reduce() {
    Int128 a = numerator, b = denominator;
    while (b != 0) {
      const Int128 rest = a % b;
      a = b, b = rest;
    }
    numerator /= a, denominator /= a;
  }
  /// False where the product does not fit.
  bool multiply(Int128 by, Int128 over) {
    Fraction next{by, over};
    next.reduce();
    if (__builtin_mul_overflow(numerator, next.numerator, &numerator) ||
        __builtin_mul_overflow(denominator, next.denominator, &denominator))
      return false;
    reduce();
    return true;
  }
  bool apply(std::int64_t& value) const {
    Int128 product;
    if (denominator > kMostDenominator || __builtin_mul_overflow(numerator, Int128{value}, &product)) return false;
    const Int128 quotient = divide(product, denominator, kRounding);
    value = static_cast<std::int64_t>(quotient);
    return value == quotient;
  }
};

/// 1 - dividend / close, for a close in old shares of a split on the same day.
Result<Fraction> dividend_factor(const CorporateAction& dividend, const CorporateAction* split, Price close,
                                 int price_decimals) {
  const int decimals = std::max(dividend.amount_decimals, price_decimals);
  Int128 held = static_cast<Int128>(close.value) * power_of_ten(decimals - price_decimals);
  Int128 paid = static_cast<Int128>(dividend.amount) * power_of_ten(decimals - dividend.amount_decimals);
  if (split != nullptr && (__builtin_mul_overflow(held, Int128{split->old_shares}, &held) ||
                           __builtin_mul_overflow(paid, Int128{split->new_shares}, &paid)))
    return too_large(&dividend);
  if (paid >= held)
    return fail(Errc::BadData,
                "the " + dividend.text() + " is not below the close before it, " +
                    format_decimal_trimmed(Int128{close.value}, price_decimals),
                "is it per share as held on that day? correct it (stom data delete ID --actions), or use "
                "--adjust splits");
  Fraction factor{held - paid, held};
  factor.reduce();
  return factor;
}

}  // namespace

Result<AdjustMode> parse_adjust_mode(std::string_view text) {
  for (const auto mode : {AdjustMode::None, AdjustMode::Splits, AdjustMode::All})
    if (text == name_of(mode)) return mode;
  return fail(Errc::Usage, "there is no adjustment '" + std::string{text} + "'", "write --adjust none, splits or all");
}

std::string_view name_of(AdjustMode mode) {
  return mode == AdjustMode::None ? "none" : mode == AdjustMode::Splits ? "splits" : "all";
}

std::int32_t exchange_day(UnixNanos time, DurationNanos span, const Calendar& calendar) {
  return span >= kDay && time == start_of_day(day_of(time)) ? day_of(time) : calendar.trading_day(time);
}

ActionCount count_actions(std::span<const CorporateAction> actions, std::int32_t first_day, std::int32_t last_day) {
  ActionCount count;
  for (const CorporateAction& action : actions) {
    if (action.day <= first_day || action.day > last_day)
      ++count.outside;
    else
      ++(action.kind == ActionKind::Split ? count.splits : count.dividends);
  }
  return count;
}

std::string actions_text(std::uint64_t splits, std::uint64_t dividends) {
  const auto some = [](std::uint64_t n, const char* what) {
    return n == 0 ? std::string{} : std::to_string(n) + " " + what + (n == 1 ? "" : "s");
  };
  return some(splits, "split") + (splits > 0 && dividends > 0 ? " and " : "") + some(dividends, "dividend");
}

int adjusted_decimals(int price_decimals) {
  return std::max(price_decimals, std::min(price_decimals + kFurtherDecimals, kMostDecimals));
}

Result<std::vector<CorporateAction>> adjust_bars(std::vector<Bar>& bars, DurationNanos span,
                                                 std::span<const CorporateAction> actions, AdjustMode mode,
                                                 int price_decimals, const Calendar& calendar) {
  STOM_ASSERT(mode != AdjustMode::None);
  std::vector<CorporateAction> sorted{actions.begin(), actions.end()};
  // From the last to the first, a dividend of the same day before the split: it is per new share.
  std::ranges::sort(sorted,
                    [](const auto& a, const auto& b) { return std::pair{a.day, a.kind} > std::pair{b.day, b.kind}; });
  std::vector<std::int32_t> days;
  days.reserve(bars.size());
  for (const Bar& bar : bars) days.push_back(exchange_day(bar.time, span, calendar));

  Fraction shares;             // old for new, of the splits so far
  std::int64_t factor = kOne;  // of the dividends so far
  std::vector<CorporateAction> applied;
  std::size_t end = bars.size();  // bars from here on are done
  const auto scale_down_to = [&](std::size_t begin) -> Result<void> {
    const CorporateAction* because = applied.empty() ? nullptr : &applied.back();
    Fraction price = shares;
    if (!price.multiply(factor, kOne) ||
        !price.multiply(power_of_ten(adjusted_decimals(price_decimals) - price_decimals), 1))
      return too_large(because);
    const Fraction volume{shares.denominator, shares.numerator};
    for (; end > begin; --end) {
      Bar& bar = bars[end - 1];
      for (Price* p : {&bar.open, &bar.high, &bar.low, &bar.close}) {
        const bool traded = p->value != 0;
        if (!price.apply(p->value) || (traded && p->value == 0)) return too_large(because);
      }
      if (!volume.apply(bar.volume.value)) return too_large(because);
    }
    return {};
  };
  for (const CorporateAction& action : sorted) {
    if (mode == AdjustMode::Splits && action.kind == ActionKind::Dividend) continue;
    const auto first = static_cast<std::size_t>(std::ranges::lower_bound(days, action.day) - days.begin());
    if (first == 0 || first == bars.size()) continue;
    if (action.kind == ActionKind::Dividend) {
      std::size_t before = first;
      while (before > 0 && bars[before - 1].close.value == 0) --before;
      if (before == 0) continue;  // nothing was traded before it
      const auto split = std::ranges::find_if(
          sorted, [&](const auto& a) { return a.day == action.day && a.kind == ActionKind::Split; });
      const auto by =
          dividend_factor(action, split == sorted.end() ? nullptr : &*split, bars[before - 1].close, price_decimals);
      if (!by) return std::unexpected(by.error());
      if (auto done = scale_down_to(first); !done) return std::unexpected(done.error());
      Int128 product;
      if (by->denominator > kMostDenominator || __builtin_mul_overflow(by->numerator, Int128{factor}, &product))
        return too_large(&action);
      factor = static_cast<std::int64_t>(divide(product, by->denominator, kRounding));
      if (factor == 0) return too_large(&action);
    } else {
      if (auto done = scale_down_to(first); !done) return std::unexpected(done.error());
      if (!shares.multiply(action.old_shares, action.new_shares)) return too_large(&action);
    }
    applied.push_back(action);
  }
  if (auto done = scale_down_to(0); !done) return std::unexpected(done.error());
  std::ranges::reverse(applied);
  return applied;
}

}  // namespace stom
