// Alligator (Williams): three smoothed averages of the bars' middles, each shown some bars later.
#pragma once

#include "indicators/input.hpp"
#include "indicators/smma.hpp"
#include "indicators/window.hpp"

namespace stom {

/// What a chart draws at this bar: computed `shift` bars ago, so nothing looks ahead.
class Alligator {
 public:
  explicit Alligator(int jaw = 13, int jaw_shift = 8, int teeth = 8, int teeth_shift = 5, int lips = 5,
                     int lips_shift = 3)
      : jaw_{jaw, jaw_shift}, teeth_{teeth, teeth_shift}, lips_{lips, lips_shift} {}

  void update(const Ohlcv& bar) {
    for (Line* line : {&jaw_, &teeth_, &lips_}) line->update(bar.middle());
  }
  bool ready() const { return jaw_.told() && teeth_.told() && lips_.told(); }
  double jaw() const { return ready() ? jaw_.shown : kNotReady; }
  double teeth() const { return ready() ? teeth_.shown : kNotReady; }
  double lips() const { return ready() ? lips_.shown : kNotReady; }

 private:
  struct Line {
    Line(int period, int shift) : average{period}, later{shift, kNotReady} {}
    void update(double x) {
      average.update(x);
      shown = later.push(average.value());
    }
    bool told() const { return shown == shown; }
    Smma average;
    Delay later;
    double shown = kNotReady;
  };

  Line jaw_;
  Line teeth_;
  Line lips_;
};

}  // namespace stom
