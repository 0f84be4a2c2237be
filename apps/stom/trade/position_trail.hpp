// What the newest fills have changed: a venue makes its answer while others go on, so that it is held against each
// position that was held since the question (apart_since_asked()). The engine thread's alone.
//
// Full: the oldest goes. What was held since a time before that, nobody can say any more (knows_since()).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "model/cash_flow.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"

namespace stom::trade {

class PositionTrail {
 public:
  static constexpr std::size_t kKept = 512;
  struct Step {
    InstrumentIndex instrument = 0;
    UnixNanos time = kNoTime;  // of ours, at which it was told
    Quantity position{};       // by which it grew, and
    Money dust{};              // so did what is held of the coin beside it
  };

  /// In the order in which they are booked.
  void add(const OrderEvent& fill, const Instrument& traded) {
    Step& step = steps_[added_++ % kKept];
    forgotten_ = step.time;
    step = {fill.instrument,
            fill.local_time,
            {sign_of(fill.side) * fill.quantity.value},
            fill.coin_fee != 0 ? dust_of_fill(traded, fill) : Money{}};
  }
  bool knows_since(UnixNanos time) const { return time > forgotten_; }
  /// The newest first.
  template <class See>
  void each_since(UnixNanos time, const See& see) const {
    for (std::size_t n = added_, end = added_ - std::min(added_, kKept); n > end; --n) {
      const Step& step = steps_[(n - 1) % kKept];
      if (step.time < time) return;
      see(step);
    }
  }

 private:
  std::vector<Step> steps_ = std::vector<Step>(kKept);
  std::size_t added_ = 0;
  UnixNanos forgotten_ = kNoTime;  // the newest time that is
};

}  // namespace stom::trade
