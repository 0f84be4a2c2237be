// Ehlers' cycle measurement: the price, smoothed, is split by a Hilbert transform into a part in phase with its cycle
// and a part a quarter cycle behind (quadrature); how fast that pair turns is the period of the dominant cycle. The
// cycle indicators (cycle.hpp) and MAMA stand on it.
//
// Every step depends on the one before from the first value on, so where the measurement begins matters for a while.
// TA-Lib begins after 12 values where a result is shown from the 33rd on, and after 37 where it is from the 64th on.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/math.hpp"

namespace stom {

class DominantCycle {
 public:
  explicit DominantCycle(int begins_after) : to_wait_{begins_after} {}

  void update(double x) {
    smoothed_ = (4 * x + 3 * last_[0] + 2 * last_[1] + last_[2]) * 0.1;
    last_ = {x, last_[0], last_[1]};
    if (to_wait_ > 0) {
      --to_wait_;
      return;
    }
    begun_ = true;
    const double gain = 0.075 * period_ + 0.54;
    const double detrended = detrend_(smoothed_, gain);
    quadrature_ = quarter_(detrended, gain);
    in_phase_ = detrended_before_[2];
    detrended_before_ = {detrended, detrended_before_[0], detrended_before_[1]};
    const double in_phase_advanced = advance_in_phase_(in_phase_, gain);
    const double quadrature_advanced = advance_quadrature_(quadrature_, gain);
    measure(0.2 * (in_phase_ - quadrature_advanced) + 0.8 * i2_, 0.2 * (quadrature_ + in_phase_advanced) + 0.8 * q2_);
  }
  /// It waits for its first values before that.
  bool begun() const { return begun_; }
  /// The price, weighted 4 : 3 : 2 : 1.
  double smoothed() const { return smoothed_; }
  double in_phase() const { return in_phase_; }
  double quadrature() const { return quadrature_; }
  /// In values, smoothed; between 6 and 50 once it has settled. No number from a price that was none on: as with every
  /// average without an end, what was once in it stays.
  double period() const { return smooth_period_; }

 private:
  // Of every second value of the last seven.
  class Transform {
   public:
    double operator()(double x, double gain) {
      const double value = (0.0962 * x - 0.0962 * past_[5] - 0.5769 * past_[3] + 0.5769 * past_[1]) * gain;
      past_ = {x, past_[0], past_[1], past_[2], past_[3], past_[4]};
      return value;
    }

   private:
    std::array<double, 6> past_{};
  };

  // The angle that the pair has turned by since the last value makes the period, which may not jump.
  void measure(double i2, double q2) {
    re_ = 0.2 * (i2 * i2_ + q2 * q2_) + 0.8 * re_;
    im_ = 0.2 * (i2 * q2_ - q2 * i2_) + 0.8 * im_;
    i2_ = i2;
    q2_ = q2;
    double period = period_;
    if (im_ != 0 && re_ != 0) period = 360 / (portable_atan(im_ / re_) * kDegreesPerRadian);
    period = std::max(std::min(period, 1.5 * period_), 0.67 * period_);
    period = period < 6 ? 6 : period > 50 ? 50 : period;  // what is no number stays none
    period_ = 0.2 * period + 0.8 * period_;
    smooth_period_ = 0.33 * period_ + 0.67 * smooth_period_;
  }

  int to_wait_;
  bool begun_ = false;
  std::array<double, 3> last_{};
  std::array<double, 3> detrended_before_{};
  double smoothed_ = 0;
  double in_phase_ = 0;
  double quadrature_ = 0;
  Transform detrend_;
  Transform quarter_;
  Transform advance_in_phase_;
  Transform advance_quadrature_;
  double i2_ = 0;
  double q2_ = 0;
  double re_ = 0;
  double im_ = 0;
  double period_ = 0;
  double smooth_period_ = 0;
};

}  // namespace stom
