// The highest and the lowest of the last n: their values, the middle between them, and where they stand.
#pragma once

#include <cstdint>
#include <vector>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

/// Of one series.
class MinMax {
 public:
  explicit MinMax(int period) : range_{period} {}

  void update(double x) { range_.update(x, x); }
  bool ready() const { return range_.full(); }
  double lowest() const { return ready() ? range_.lowest() : kNotReady; }
  double highest() const { return ready() ? range_.highest() : kNotReady; }
  double middle() const { return (highest() + lowest()) / 2; }

 private:
  RollingExtremes range_;
};

/// Half way from the lowest low to the highest high.
class MiddlePrice {
 public:
  explicit MiddlePrice(int period) : range_{period} {}

  void update(const Ohlcv& bar) { range_.update(bar.high, bar.low); }
  bool ready() const { return range_.full(); }
  double value() const { return ready() ? (range_.highest() + range_.lowest()) / 2 : kNotReady; }

 private:
  RollingExtremes range_;
};

/// The places of the lowest and the highest of the last n, counted from the first value ever (0). A value that equals
/// the extreme takes its place; where an extreme leaves the window, the oldest of the next best does (TA-Lib).
class MinMaxIndex {
 public:
  explicit MinMaxIndex(int period) : period_{period}, lows_{period}, highs_{period} {}

  void update(double x) {
    lows_.push(seen_, -x);
    highs_.push(seen_, x);
    ++seen_;
  }
  bool ready() const { return seen_ >= period_; }
  double lowest() const { return ready() ? static_cast<double>(lows_.best()) : kNotReady; }
  double highest() const { return ready() ? static_cast<double>(highs_.best()) : kNotReady; }

 private:
  // Values that can still become the greatest, oldest and greatest first. Amortised, a push takes out one.
  class Candidates {
   public:
    explicit Candidates(int n) : ring_(window_size(n)) {}

    void push(std::int64_t place, double x) {
      if (count_ > 0 && at(0).place + static_cast<std::int64_t>(ring_.size()) <= place) {
        first_ = (first_ + 1) % ring_.size();
        --count_;
      } else if (count_ > 0 && x >= at(0).x) {
        count_ = 0;
      }
      while (count_ > 0 && at(count_ - 1).x < x) --count_;
      at(count_++) = {place, x};
    }
    std::int64_t best() const { return ring_[first_].place; }

   private:
    struct Candidate {
      std::int64_t place;
      double x;
    };
    Candidate& at(std::size_t i) { return ring_[(first_ + i) % ring_.size()]; }

    std::vector<Candidate> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
  };

  std::int64_t period_;
  std::int64_t seen_ = 0;
  Candidates lows_;
  Candidates highs_;
};

}  // namespace stom
