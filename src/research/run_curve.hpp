// The equity curve of a stored run with its fill-uncertainty band, in as many points as a chart can show. The files are
// read row by row, so that a run of a million rows takes no more memory than one of a thousand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "model/fill.hpp"
#include "research/run_folder.hpp"

namespace stom {

/// A row of equity.csv, and what band.csv has for that time.
struct CurvePoint {
  UnixNanos time = 0;
  Money equity{};
  double drawdown = 0;
  Money pessimistic{}, optimistic{};  // equity, where the run has no band

  bool operator==(const CurvePoint&) const = default;
};

struct RunCurve {
  std::size_t rows = 0;  // that the points stand for: those of the figures, so without the warm-up
  bool has_band = false;
  std::vector<CurvePoint> points;  // ascending in time
};

inline constexpr std::size_t kLeastCurvePoints = 10;

/// Every row where there are at most `most`. Of more, the time is cut into equal columns, and of each column the rows
/// with the lowest and highest equity, the deepest drawdown and the lowest and highest edge of the band are kept, and
/// the first and last row of all: no point is made up, and no extreme is lost.
Result<RunCurve> read_run_curve(const std::filesystem::path& folder, const RunSummary& run, std::size_t most);

}  // namespace stom
