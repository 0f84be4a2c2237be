// A session run again on the raw frames that it recorded, with fills of the simulator (docs/verify.md): what the same
// strategy would have done by what the frames alone tell. The one engine, the one simulator, the reading rules of any
// replay.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "market/watch_timeline.hpp"
#include "model/types.hpp"
#include "sim/latency.hpp"
#include "sim/replay_feed.hpp"
#include "trade/rerun.hpp"
#include "trade/session_comparison.hpp"

namespace stom::trade {

struct FramesRerun {
  Comparison comparison;
  /// Of what is settled in one currency: what fills, fees, funding and the open position brought. `currency`: all.
  struct Profit {
    std::string currency;
    std::string session, rerun;  // decimals; empty: a price or a rate is not known
    std::string session_fees, rerun_fees;
  };
  Profit profit;                         // in the session's currency, by its rates; without fees
  std::vector<Profit> by_currency;       //
  std::vector<std::string> unknown;      // why a sum is not known
  std::uint64_t messages = 0, gaps = 0;  // in the frames
  DurationNanos clock_repair = 0;        // docs/reading-rules.md
  UnixNanos until = 0;
  sim::LatencyModel latency;  // the session's own on paper, else as long as its answers took
};

/// `frames`: of each of the plan's instruments, by our receive time; null: none were recorded. `watched`: who was when;
/// null: all, always. Errors: Errc::NotFound where there are no frames at all.
Result<FramesRerun> run_on_frames(Plan plan, UnixNanos begun, std::vector<std::unique_ptr<sim::MessageSource>> frames,
                                  const WatchTimeline* watched, const std::filesystem::path& journal,
                                  const std::function<bool()>& go_on);

}  // namespace stom::trade
