// Reading series of bars. They are written through Import (tick_writer.hpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "model/message.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// Streams one series in ascending time. Where two imports have a bar of the same time, the later import's is given.
class BarReader {
 public:
  /// Bars with from <= time < to. Errc::NotFound where the series does not exist.
  static Result<BarReader> open(const DataFolder& folder, const BarSeries& series, UnixNanos from = kNoTime,
                                UnixNanos to = kNever);
  ~BarReader();
  BarReader(BarReader&&) noexcept;
  BarReader& operator=(BarReader&&) noexcept;

  /// Replaces `bars` by the next ones (some thousands); false, and none, at the end.
  Result<bool> next(std::vector<Bar>& bars);

  int price_decimals() const;
  int quantity_decimals() const;

 private:
  struct State;
  explicit BarReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// SHA-256 (hex) of the bars that next() would give.
Result<std::string> data_hash(const DataFolder& folder, const BarSeries& series, UnixNanos from = kNoTime,
                              UnixNanos to = kNever);

}  // namespace stom::store
