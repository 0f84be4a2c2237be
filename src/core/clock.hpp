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

class ManualClock final : public Clock {
 public:
  explicit ManualClock(UnixNanos now = 0) : now_{now} {}
  UnixNanos now() const override { return now_; }
  void set(UnixNanos now) { now_ = now; }

 private:
  UnixNanos now_;
};

}  // namespace stom
