#include "model/corporate_action.hpp"

#include "core/decimal.hpp"
#include "core/time.hpp"

namespace stom {
namespace {

constexpr const char* kSplitHint =
    "write a split as new:old shares, as 4:1 (four for one), 1:50 (one for fifty), or as a decimal, as 4 or 0.5; or "
    "leave the line out with --skip-bad";
constexpr const char* kDividendHint =
    "write a dividend as a plain decimal above zero, cash per share, as 0.52; or leave the line out with --skip-bad";

/// mantissa / 10^decimals, as written.
struct Number {
  std::int64_t mantissa = 0;
  int decimals = 0;
};

Result<Number> positive(std::string_view text, const std::string& what, const char* hint) {
  Number number;
  number.decimals = decimals_of(text);
  if (number.decimals < 0)
    return fail(Errc::BadData, what + " '" + std::string{text.substr(0, 40)} + "' is not a plain decimal", hint);
  const bool zero = text.find_first_of("123456789") == std::string_view::npos;
  if (zero || text.starts_with('-'))
    return fail(Errc::BadData, what + " is " + std::string{text.substr(0, 40)} + ": it is always above zero", hint);
  const auto mantissa = number.decimals > kMaxDecimals ? Result<std::int64_t>{0} : parse_decimal(text, number.decimals);
  if (number.decimals > kMaxDecimals || !mantissa)
    return fail(Errc::BadData, what + " " + std::string{text.substr(0, 40)} + " does not fit 64 bits", hint);
  number.mantissa = *mantissa;
  return number;
}

}  // namespace

std::string_view name_of(ActionKind kind) { return kind == ActionKind::Split ? "split" : "dividend"; }

std::string CorporateAction::value() const {
  return kind == ActionKind::Split ? std::to_string(new_shares) + ":" + std::to_string(old_shares)
                                   : format_decimal_trimmed(Int128{amount}, amount_decimals);
}

std::string CorporateAction::text() const { return format_day(day) + " " + std::string{name_of(kind)} + " " + value(); }

Result<CorporateAction> parse_split(std::int32_t day, std::string_view ratio) {
  const auto colon = ratio.find_first_of(":/");
  const auto fresh = positive(ratio.substr(0, colon), "the ratio of a split", kSplitHint);
  if (!fresh) return std::unexpected(fresh.error());
  Number old{1, 0};
  if (colon != std::string_view::npos) {
    const auto side = positive(ratio.substr(colon + 1), "the ratio of a split", kSplitHint);
    if (!side) return std::unexpected(side.error());
    old = *side;
  }
  Int128 above = static_cast<Int128>(fresh->mantissa) * power_of_ten(old.decimals);
  Int128 below = static_cast<Int128>(old.mantissa) * power_of_ten(fresh->decimals);
  for (Int128 a = above, b = below; b != 0;) {
    const Int128 rest = a % b;
    a = b, b = rest;
    if (b == 0) above /= a, below /= a;
  }
  CorporateAction action{.day = day, .kind = ActionKind::Split};
  action.new_shares = static_cast<std::int64_t>(above);
  action.old_shares = static_cast<std::int64_t>(below);
  if (action.new_shares != above || action.old_shares != below)
    return fail(Errc::BadData, "the ratio of a split " + std::string{ratio.substr(0, 40)} + " does not fit 64 bits",
                kSplitHint);
  return action;
}

Result<CorporateAction> parse_dividend(std::int32_t day, std::string_view amount) {
  const auto number = positive(amount, "a dividend", kDividendHint);
  if (!number) return std::unexpected(number.error());
  return CorporateAction{
      .day = day, .kind = ActionKind::Dividend, .amount = number->mantissa, .amount_decimals = number->decimals};
}

}  // namespace stom
