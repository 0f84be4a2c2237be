// The part of a run that its figures count: without the warm-up. And the envelope of the curves of its queue models.
#pragma once

#include <vector>

#include "research/result.hpp"

namespace stom {

/// Equity, fills and trades entered from trading_start on, with the equity of that time as the initial one. The run as
/// it is where no warm-up was asked for.
class CountedPart {
 public:
  explicit CountedPart(const RunResult& whole);
  const RunResult& operator*() const { return whole_ == nullptr ? part_ : *whole_; }
  const RunResult* operator->() const { return &**this; }

 private:
  const RunResult* whole_ = nullptr;  // where it is the part
  RunResult part_;
};

/// The least and the greatest equity of the run and of the two others, at each point that these have.
struct BandPoint {
  UnixNanos time = 0;
  Money least{}, greatest{};
};
/// Empty where one run was made.
std::vector<BandPoint> band_of(const RunResult& result);

}  // namespace stom
