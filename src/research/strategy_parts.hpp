// What of a run is each strategy's, where several traded on its account (docs/several-strategies.md). Together the
// parts are the run: what is of no strategy has a part of its own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "research/result.hpp"

namespace stom::research {

/// Whose the rest is.
inline constexpr std::string_view kSessionsPart = "session";

/// A part for each of `names`, in their order; behind them the session's, where something is left that is none of
/// theirs: the venue's closing orders, funding beyond their shares of the cash, and what a rounding left over.
/// `pnl`: what each strategy's account has gained by its own sight, by strategy; `whole`: what all of it has.
/// `fills`: of the whole run, in their order. One by which the venue closed what several held is the session's; what it
/// closed, and its fee, are theirs.
std::vector<StrategyPart> strategy_parts(const std::vector<std::string>& names, const std::vector<Money>& pnl,
                                         Money whole, const std::vector<Fill>& fills,
                                         const std::vector<Instrument>& instruments);

}  // namespace stom::research
