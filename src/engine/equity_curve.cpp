#include "engine/equity_curve.hpp"

namespace stom {

void EquityCurve::begin_stretch() {
  stretches_.push_back({size(), fixed_, per_price_});
  new_stretch_ = false;
}

/// The second point of a step says how long it is; one that comes at another time begins the next.
void EquityCurve::begin_step(UnixNanos time) {
  const bool second = !steps_.empty() && steps_.back().first + 1 == size();
  if (second) {
    step_ = steps_.back().step = time - steps_.back().time;
  } else {
    steps_.push_back({size(), time, 0});
    step_ = 0;
  }
}

void EquityCurve::add(std::span<const Bar> bars) {
  const auto mark_of = [](const Bar& bar) { return std::max<std::int64_t>(2 * bar.close.value, 0); };
  while (!bars.empty()) {
    add(bars.front().time, mark_of(bars.front()));
    bars = bars.subspan(1);
    // Those that keep the step need no more than their marks.
    std::size_t n = 0;
    UnixNanos next = next_time_;
    for (; n < bars.size() && bars[n].time == next; ++n) next += step_;
    next_time_ = next;
    const std::size_t from = marks_.size();
    marks_.resize(from + n);
    for (std::size_t i = 0; i < n; ++i) marks_[from + i] = mark_of(bars[i]);
    bars = bars.subspan(n);
  }
}

}  // namespace stom
