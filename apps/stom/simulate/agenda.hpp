// What is to happen when, in a world whose time is moved by hand: acts by time, and in the order in which they were
// entered where they fall together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "core/clock.hpp"
#include "core/time.hpp"

namespace stom::simulate {

class Agenda {
 public:
  using Act = std::move_only_function<void()>;
  explicit Agenda(ManualClock& clock) : clock_{clock} {}

  UnixNanos now() const { return clock_.now(); }
  void at(UnixNanos time, Act act) { acts_.emplace(std::pair{std::max(time, now()), ++entered_}, std::move(act)); }
  void after(DurationNanos by, Act act) { at(now() + by, std::move(act)); }
  /// kNever: there is nothing.
  UnixNanos next() const { return acts_.empty() ? kNever : acts_.begin()->first.first; }
  /// Lets time pass up to `time`, and what is due happen, each at its own time.
  void run_until(UnixNanos time) {
    while (next() <= time) {
      auto act = acts_.extract(acts_.begin());
      clock_.set(act.key().first);
      ++done_;
      act.mapped()();
    }
    if (time > now()) clock_.set(time);
  }
  std::uint64_t done() const { return done_; }

 private:
  ManualClock& clock_;
  std::map<std::pair<UnixNanos, std::uint64_t>, Act> acts_;
  std::uint64_t entered_ = 0, done_ = 0;
};

}  // namespace stom::simulate
