// The injected clock. Engine and venues never ask the system for the time.
#pragma once

#include "core/time.hpp"

namespace stom {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixNanos now() const = 0;
};

class SystemClock final : public Clock {
 public:
  UnixNanos now() const override;
};

/// The system's time, so much later: a market at another hour than ours.
class AheadClock final : public Clock {
 public:
  explicit AheadClock(DurationNanos ahead) : ahead_{ahead} {}
  UnixNanos now() const override { return system_.now() + ahead_; }
  DurationNanos ahead() const { return ahead_; }

 private:
  SystemClock system_;
  DurationNanos ahead_;
};

class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos now = 0) : now_{now} {}
  UnixNanos now() const override { return now_; }
  void set(UnixNanos now) { now_ = now; }

 private:
  UnixNanos now_;
};

}  // namespace stom
