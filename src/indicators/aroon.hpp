// Aroon (Chande): how long ago the highest high and the lowest low of n bars were; 100 is now.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "indicators/input.hpp"
#include "indicators/window.hpp"

namespace stom {

class Aroon {
 public:
  explicit Aroon(int period = 14) : period_{period}, highs_{period + 1}, lows_{period + 1} {}

  void update(const Ohlcv& bar) {
    ++bars_;
    highs_.push(bars_, bar.high, std::less_equal{});
    lows_.push(bars_, bar.low, std::greater_equal{});
  }
  bool ready() const { return bars_ > period_; }
  double up() const { return age_percent(highs_); }
  double down() const { return age_percent(lows_); }
  double oscillator() const { return up() - down(); }

 private:
  // Bars that can still become the extreme, oldest (and most extreme) first. Of equal ones the newest stays.
  class Candidates {
   public:
    explicit Candidates(int n) : ring_(window_size(n)) {}

    template <class Beaten>
    void push(std::int64_t bar, double x, Beaten beaten) {
      while (count_ > 0 && beaten(at(count_ - 1).x, x)) --count_;
      if (count_ > 0 && at(0).bar + static_cast<std::int64_t>(ring_.size()) <= bar) {
        first_ = (first_ + 1) % ring_.size();
        --count_;
      }
      at(count_++) = {bar, x};
    }
    std::int64_t best() const { return ring_[first_].bar; }

   private:
    struct Candidate {
      std::int64_t bar;
      double x;
    };
    Candidate& at(std::size_t i) { return ring_[(first_ + i) % ring_.size()]; }

    std::vector<Candidate> ring_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
  };

  double age_percent(const Candidates& candidates) const {
    if (!ready()) return kNotReady;
    return 100 * (period_ - static_cast<double>(bars_ - candidates.best())) / period_;
  }

  int period_;
  std::int64_t bars_ = 0;
  Candidates highs_;
  Candidates lows_;
};

}  // namespace stom
