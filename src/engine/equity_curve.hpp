// A run's equity curve as it grows. A bar adds one number to it: what was not changed by the market, the holdings, is
// kept once for the stretch between two fills, and times that keep a step once for all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <span>
#include <vector>

#include "core/assert.hpp"
#include "core/large_pages.hpp"
#include "model/fill.hpp"
#include "model/message.hpp"

namespace stom {

class EquityCurve {
 public:
  /// Makes room for that many points.
  void reserve(std::size_t points) {
    reserve_large(marks_, points);
    reserve_large(stretches_, points / 16);
  }

  /// From the next point on the account is worth fixed + per_price x twice_price / 2, rounded towards zero.
  void hold(Money fixed, Money per_price) {
    fixed_ = fixed;
    per_price_ = per_price;
    new_stretch_ = true;
  }
  void add(UnixNanos time, std::int64_t twice_price) {
    if (new_stretch_) [[unlikely]]
      begin_stretch();
    if (time != next_time_) [[unlikely]]
      begin_step(time);
    next_time_ = time + step_;
    marks_.push_back(twice_price);
  }
  /// A point at each of these bars, at its close.
  void add(std::span<const Bar> bars);
  /// For an account that no one price says the worth of.
  void add(UnixNanos time, Money worth) {
    hold(worth, {});
    add(time, 0);
  }
  void pop_back() {
    marks_.pop_back();
    if (stretches_.back().first == size()) stretches_.pop_back();
    if (steps_.back().first == size()) steps_.pop_back();
    next_time_ = kNoTime;
    new_stretch_ = true;
  }

  bool empty() const { return marks_.empty(); }
  std::size_t size() const { return marks_.size(); }
  EquityPoint operator[](std::size_t i) const {
    STOM_ASSERT(i < size());
    return point(i, last_to(steps_, i), last_to(stretches_, i));
  }
  EquityPoint back() const { return (*this)[size() - 1]; }
  /// The first point that is not before `time`; size() where there is none.
  std::size_t first_from(UnixNanos time) const {
    const auto all = std::views::iota(std::size_t{0}, size());
    return *std::ranges::lower_bound(all, time, {}, [&](std::size_t i) { return time_of(i, last_to(steps_, i)); });
  }
  std::vector<EquityPoint> points() const {
    std::vector<EquityPoint> out;
    reserve_large(out, size());
    auto step = steps_.begin();
    auto stretch = stretches_.begin();
    for (std::size_t i = 0; i < size(); ++i) {
      if (step + 1 != steps_.end() && (step + 1)->first == i) ++step;
      if (stretch + 1 != stretches_.end() && (stretch + 1)->first == i) ++stretch;
      out.push_back(point(i, *step, *stretch));
    }
    return out;
  }

 private:
  struct Step {
    std::size_t first;   // point
    UnixNanos time;      // of that point
    DurationNanos step;  // to each after it
  };
  struct Stretch {
    std::size_t first;  // point
    Money fixed, per_price;
  };

  void begin_stretch();
  void begin_step(UnixNanos time);
  /// The last that began at or before that point.
  template <class T>
  static const T& last_to(const std::vector<T>& all, std::size_t point) {
    return *std::prev(std::ranges::upper_bound(all, point, {}, &T::first));
  }
  static UnixNanos time_of(std::size_t i, const Step& s) {
    return s.time + static_cast<DurationNanos>(i - s.first) * s.step;
  }
  EquityPoint point(std::size_t i, const Step& step, const Stretch& stretch) const {
    return {time_of(i, step), stretch.fixed + Money{stretch.per_price.value * marks_[i] / 2}};
  }

  std::vector<std::int64_t> marks_;  // twice the price, by point
  std::vector<Step> steps_;
  std::vector<Stretch> stretches_;
  Money fixed_{}, per_price_{};
  bool new_stretch_ = true;
  UnixNanos next_time_ = kNoTime;  // where the last step goes on
  DurationNanos step_ = 0;
};

}  // namespace stom
