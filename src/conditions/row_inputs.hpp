// A row of the market (model/second_row.hpp) as what a text reads of it. What our rows do not have of a stock (회전율,
// 시가총액 and the like) is nothing: a text that reads it stops on that row, it is not told 0.
#pragma once

#include <span>
#include <vector>

#include "model/second_row.hpp"

namespace stom::conditions {

class RowInputs {
 public:
  /// `krx`: of a stock whose rows have KRX's words (market/second_row.hpp).
  RowInputs(bool minute, bool stock, bool krx);
  /// `inputs` has input_count() values.
  void read(const SecondRow& row, std::span<double> inputs) const;

 private:
  struct Source {
    std::size_t input;
    double (*of)(const SecondRow&);
  };
  std::vector<Source> sources_;
  std::vector<double> others_;  // inputs that come of no field
};

}  // namespace stom::conditions
