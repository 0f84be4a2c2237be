// Bars as if today's shares had always been there (docs/corporate-actions.md): prices before a split divided by its
// ratio and volumes multiplied, prices before a dividend multiplied by 1 - dividend / close of the day before, the
// back-adjustment of CRSP and Yahoo. Adjusting looks at the bars it is given and at nothing else: prices are as of the
// last of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/calendar.hpp"
#include "model/corporate_action.hpp"
#include "model/message.hpp"

namespace stom {

enum class AdjustMode : std::uint8_t { None, Splits, All };
Result<AdjustMode> parse_adjust_mode(std::string_view text);
std::string_view name_of(AdjustMode mode);

/// The exchange's day of a bar. A bar of a day that is stamped with midnight UTC carries a date; any other stamp is an
/// instant.
std::int32_t exchange_day(UnixNanos time, DurationNanos span, const Calendar& calendar);

/// How many of a list of actions matter to bars or ticks from `first_day` to `last_day`: those after the first and not
/// after the last.
struct ActionCount {
  std::uint64_t splits = 0, dividends = 0;
  std::uint64_t outside = 0;
};
ActionCount count_actions(std::span<const CorporateAction> actions, std::int32_t first_day, std::int32_t last_day);
/// "2 splits and 1 dividend"; empty for none.
std::string actions_text(std::uint64_t splits, std::uint64_t dividends);

/// Decimals of adjusted prices: four more than they were stored with, but not more than eight.
int adjusted_decimals(int price_decimals);

/// Adjusts `bars` (ascending, prices at `price_decimals`) in place; prices then have adjusted_decimals(). Exact but for
/// rounding half to even: each price and volume once, and the product of the dividends' factors at 10^-18. Gives the
/// actions that changed something, in order of day; those that have no bar before them, or none after, change nothing.
/// Dividends are taken only by AdjustMode::All; one on the day of a split is per new share.
Result<std::vector<CorporateAction>> adjust_bars(std::vector<Bar>& bars, DurationNanos span,
                                                 std::span<const CorporateAction> actions, AdjustMode mode,
                                                 int price_decimals, const Calendar& calendar);

}  // namespace stom
