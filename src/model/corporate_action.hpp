// What a company does to its shares: a split changes how many there are, a dividend pays cash for each. Dated by the
// ex-date: the first day, in the calendar of the exchange, on which the share trades without it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom {

enum class ActionKind : std::uint8_t { Split = 0, Dividend = 1 };
std::string_view name_of(ActionKind kind);

struct CorporateAction {
  std::int32_t day = 0;
  ActionKind kind = ActionKind::Split;
  // Split: so many new shares for so many old ones, in lowest terms: 4:1, or 1:10 where shares are put together.
  std::int64_t new_shares = 1, old_shares = 1;
  // Dividend: cash for each share that there is on that day, in the quote currency.
  std::int64_t amount = 0;
  int amount_decimals = 0;

  /// "4:1", "0.52".
  std::string value() const;
  /// "2014-04-03 split 4:1".
  std::string text() const;
  friend bool operator==(const CorporateAction&, const CorporateAction&) = default;
};

/// "4:1", "4/1", "4", "0.5", "1:50", "1.5:1" as new:old, exact; a share for a share (1) is a ratio too. Errc::BadData
/// for what is none, is not above zero, or does not fit 64 bits.
Result<CorporateAction> parse_split(std::int32_t day, std::string_view ratio);
/// A plain decimal above zero.
Result<CorporateAction> parse_dividend(std::int32_t day, std::string_view amount);

}  // namespace stom
