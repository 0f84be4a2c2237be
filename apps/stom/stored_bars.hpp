// A stored series of bars as a run, a benchmark or an export wants it: as it came, or adjusted for the splits and
// dividends that are stored beside it (docs/corporate-actions.md).
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "market/price_adjustment.hpp"
#include "store/data_folder.hpp"

namespace stom {

struct StoredBars {
  std::vector<Bar> bars;
  int price_decimals = 0;
  int quantity_decimals = 0;
  ActionCount actions;                   // that the store has of the instrument, as they lie to these bars
  std::vector<CorporateAction> applied;  // those that changed them
};

/// Bars with from <= time < to. A series that is marked adjusted is not adjusted again: Errc::Unsupported, as for bars
/// longer than a day, which can hold prices from both sides of a split.
Result<StoredBars> read_bars(const store::DataFolder& folder, const store::BarSeries& series, UnixNanos from,
                             UnixNanos to, AdjustMode mode);

/// What was done about them, in a sentence.
std::string adjusted_text(AdjustMode mode, const ActionCount& actions);

/// Of an instrument, in order of day.
Result<std::vector<CorporateAction>> stored_actions(const store::DataFolder& folder, const std::string& instrument);

}  // namespace stom
