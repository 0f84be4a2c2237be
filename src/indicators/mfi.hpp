// Money flow index: the RSI of traded value. The value of a bar counts as bought where the typical price rose.
#pragma once

#include <algorithm>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Mfi {
 public:
  explicit Mfi(int period = 14) : period_{period}, bought_{period}, sold_{period} {}

  void update(const Ohlcv& bar) {
    const double typical = bar.typical();
    const double change = started_ ? typical - typical_ : 0;
    typical_ = typical;
    if (!started_) {
      started_ = true;
      return;
    }
    const double value = typical * bar.volume;
    const double bought = change > 0 ? value : 0;
    const double sold = change < 0 ? value : 0;
    bought_.update(bought);
    sold_.update(sold);
    bars_without_buying_ = bought > 0 ? 0 : bars_without_buying_ + 1;
    bars_without_selling_ = sold > 0 ? 0 : bars_without_selling_ + 1;
  }
  bool ready() const { return bought_.full(); }
  /// 0 where less than one unit of money flowed, as in TA-Lib: always so of a quiet pair quoted in BTC.
  double value() const {
    if (!ready()) return kNotReady;
    const double bought = bars_without_buying_ >= period_ ? 0 : bought_.sum();  // what a sum leaves behind is no flow
    const double sold = bars_without_selling_ >= period_ ? 0 : sold_.sum();
    return bought + sold >= 1 ? 100 * bought / (bought + sold) : 0;
  }

 private:
  int period_;
  int bars_without_buying_ = 0;
  int bars_without_selling_ = 0;
  double typical_ = 0;
  RollingSum bought_;
  RollingSum sold_;
  bool started_ = false;
};

}  // namespace stom
