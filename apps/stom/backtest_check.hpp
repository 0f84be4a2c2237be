// The data check before `stom backtest run` starts: reads what the run will read, names it by its hash, and tells what
// of the time asked for is there, what is missing, and what the run is going to need.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "command.hpp"
#include "core/hash.hpp"
#include "research/coverage.hpp"
#include "store/data_folder.hpp"
#include "stored_bars.hpp"

namespace stom {

class BacktestCheck {
 public:
  /// Where nothing was asked for, `from` is kNoTime and `to` kNever. Session and folder must outlive the check.
  BacktestCheck(const Session& session, const store::DataFolder& folder, UnixNanos from, UnixNanos to);

  /// Each once, in the order of the run's instruments. Fails where nothing of the time asked for is there, naming what
  /// is.
  Result<void> ticks(const std::string& instrument);
  /// Bars as the run reads them, adjusted by `mode`.
  Result<void> bars(const store::BarSeries& series, const StoredBars& read, AdjustMode mode);
  /// `runs` over one pass, each with a point of equity every `equity_interval` (0: each bar).
  void estimate(std::size_t runs, DurationNanos equity_interval);

  /// Refused: a warm-up after which nothing is left.
  Result<void> outlasts(DurationNanos warmup) const;
  /// Refused: what was estimated is more than the machine has free, or a curve that nobody could read.
  Result<void> fits() const;

  /// Of all that was checked.
  std::string data_hash();
  /// A few lines on stderr.
  void tell() const;
  nlohmann::ordered_json json() const;
  /// For the report: what a reader of the results should know about the data.
  std::vector<std::string> warnings() const;

 private:
  struct Item {
    std::string instrument;
    std::string bar;  // "1m"; empty: ticks
    research::Coverage coverage;
    // Splits and dividends between the first and the last day, and what was done about them.
    ActionCount actions{};
    AdjustMode adjust = AdjustMode::None;
    bool marked_adjusted = false;
  };
  void add(Item item, const std::string& digest);
  /// What a reader of the prices must know of splits and dividends; empty where there is nothing.
  static std::string about_actions(const Item& item);
  std::unexpected<Error> nothing_there(const std::string& what, const std::string& instrument, UnixNanos first,
                                       UnixNanos last) const;

  const Session& session_;
  const store::DataFolder& folder_;
  UnixNanos from_, to_;
  std::vector<Item> items_;
  Sha256 hash_;
  double reading_seconds_ = 0;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t points_ = 0;  // of one equity curve
  double seconds_ = 0;
};

}  // namespace stom
