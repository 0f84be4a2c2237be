// What --account, --leverage and --fees of a backtest or a replay mean for the instruments that it trades.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "model/instrument.hpp"
#include "sim/matching.hpp"

namespace stom {

struct AccountChoice {
  std::string account;   // empty: what fits the instruments and the fill rules
  std::string leverage;  // empty: 1
  std::string fees;      // a schedule's name or a file; empty: the two rates
};

/// Sets account and fees of `models`. `rules`: those that the run will have, Bars on bars. `day`: of its first data.
Result<void> apply_account(const AccountChoice& choice, const std::vector<Instrument>& instruments,
                           sim::FillRules rules, const StartCash& cash, std::int32_t day, sim::RunModels& models);

/// The settings that make this account, for the run's configuration; none where it is the unlimited one and was not
/// asked for.
std::vector<std::pair<std::string, std::string>> account_configuration(const AccountChoice& choice,
                                                                       const sim::RunModels& models);

}  // namespace stom
