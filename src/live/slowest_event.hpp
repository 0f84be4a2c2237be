// How long the slowest market event waited from our socket to the engine: since the beginning, and lately. What the
// engine does with it is not in it, but whoever is behind it waits for that. The engine thread.
#pragma once

#include <algorithm>
#include <array>

#include "core/time.hpp"
#include "model/types.hpp"

namespace stom {

class SlowestEvent {
 public:
  static constexpr DurationNanos kPart = 30 * kSecond;  // lately: this part and the one before

  struct Event {
    DurationNanos waited = kNoTime;  // kNoTime: there was none
    UnixNanos taken = kNoTime;
    InstrumentIndex instrument = 0;
  };

  /// A turn of the engine at `now`, before what it takes.
  void turn(UnixNanos now) {
    if (now < part_end_) return;
    parts_[1] = now < part_end_ + kPart ? parts_[0] : Event{};
    parts_[0] = {};
    part_end_ = now + kPart;
  }
  void took(InstrumentIndex instrument, UnixNanos received, UnixNanos now) {
    const DurationNanos waited = std::max<DurationNanos>(now - received, 0);  // a clock may be set back
    if (waited <= parts_[0].waited) return;
    parts_[0] = {waited, now, instrument};
    if (waited > ever_.waited) ever_ = parts_[0];
  }

  const Event& ever() const { return ever_; }
  /// Of the last half to whole minute.
  const Event& lately(UnixNanos now) const {
    static constexpr Event kNone{};
    if (now >= part_end_ + kPart) return kNone;
    if (now >= part_end_) return parts_[0];
    return parts_[1].waited > parts_[0].waited ? parts_[1] : parts_[0];
  }

 private:
  Event ever_;
  std::array<Event, 2> parts_{};  // the one at hand, and the one before
  UnixNanos part_end_ = 0;        // of the one at hand
};

}  // namespace stom
