// One-minute bars of generated instruments: from the trades of an OrderFlow, and as a cheap history before it that
// follows the same efficient price but has no book.
#pragma once

#include <optional>
#include <vector>

#include "model/message.hpp"
#include "sim/generator/order_flow.hpp"

namespace stom::sim {

/// Collects trades into bars by venue time. A minute without a trade repeats the last price with no volume, so the
/// series has no holes.
class MinuteBars {
 public:
  void add(UnixNanos time, Price price, Quantity quantity, std::vector<Bar>& out);
  /// Closes the bar that is open.
  void finish(std::vector<Bar>& out);

 private:
  std::optional<Bar> open_;
};

/// `days` whole days of bars that end where `config` starts, appended to `out`; returns the price that the flow should
/// start from so that the two join.
Price append_history(const FlowConfig& config, int days, std::vector<Bar>& out);

}  // namespace stom::sim
