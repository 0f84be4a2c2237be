// What a run is held against: --benchmark ID[:BAR], the closes of stored bars, or buy-and-hold of what the run trades.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "market/price_adjustment.hpp"
#include "research/result.hpp"
#include "store/data_folder.hpp"

namespace stom {

struct Benchmark {
  std::string name;  // "us:SPY 1d"; empty: none
  std::vector<BenchmarkPoint> points;
};

/// `text`: "us:SPY", "us:SPY:1d", or "hold" for the run's first instrument. `step` is the distance of the run's own
/// points of equity, which carry the time at which what they count begins: a close is put where the last point of its
/// bar is. Bars that are not marked adjusted are adjusted as the run's are.
Result<Benchmark> read_benchmark(const store::DataFolder& folder, const std::string& text, const std::string& traded,
                                 const std::string& traded_bar, UnixNanos from, UnixNanos to, DurationNanos step,
                                 AdjustMode mode);

}  // namespace stom
