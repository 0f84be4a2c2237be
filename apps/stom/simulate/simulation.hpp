// The whole under one seed and a manual clock (docs/reliability.md): the trading session as `stom trade` runs it
// (engine, orders, journal, gateway, the venue's client) and the exchange as `stom exchange` runs it, joined by a
// network without sockets; what goes wrong comes by chance out of the seed. One thread, no wall clock. At the end an
// auditor says whether every order, every fill, the position and the cash are what they must be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "simulate/cells.hpp"
#include "simulate/tapped_venue.hpp"

namespace stom::simulate {

struct Scenario {
  std::uint64_t seed = 1;
  std::string venue = "binance-usdm";
  std::vector<std::string> faults;  // what may go wrong; of these a seed takes some
  Bug bug = Bug::None;
  DurationNanos busy = kMinute;  // so long things go wrong; then all comes to rest
};

/// All that a simulation knows: faults of the exchange by their names there, of the network, and a crash.
std::vector<std::string> all_faults();
/// Those of "ack_lost,crash"; Errc::Usage where there is no such fault.
Result<std::vector<std::string>> faults_of(const std::string& list);
std::vector<std::string> simulated_venues();

struct Outcome {
  std::string why;   // empty: all is as it must be
  std::string hash;  // of what the journal and the exchange hold in the end: the same of the same seed
  Cells cells;
  std::uint64_t orders = 0, fills = 0, records = 0, crashes = 0;
  DurationNanos simulated = 0;
  std::vector<std::string> log;  // the last lines of the session's
};
/// Errors: the disk, or a venue that cannot be simulated.
Result<Outcome> simulate(const Scenario& scenario);

}  // namespace stom::simulate
