// The whole under one seed and a manual clock (docs/reliability.md): the trading session as `stom trade` runs it
// (engine, orders, journal, gateway, the venue's client) and the exchange as `stom exchange` runs it, joined by a
// network without sockets; what goes wrong comes by chance out of the seed. One thread, no wall clock. At the end an
// auditor says whether every order, every fill, the position and the cash are what they must be.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "simulate/cells.hpp"
#include "simulate/kills.hpp"
#include "simulate/tapped_venue.hpp"

namespace stom::simulate {

inline constexpr UnixNanos kMorning = 1'772'586'000 * kSecond;  // a Wednesday, 01:00 UTC: no funding is due for hours

struct Scenario {
  std::uint64_t seed = 1;
  std::string venue = "binance-usdm";
  std::vector<std::string> faults;  // what may go wrong; of these a seed takes some
  /// Instead of them: cells of the table, each to be hit as often as can be (steering.hpp). Without one a seed is the
  /// run that it was before there were any.
  std::vector<Target> toward{};
  Bug bug = Bug::None;
  DurationNanos busy = kMinute;  // so long things go wrong; then all comes to rest
  /// The strategy also has orders that the session keeps itself (docs/orders.md).
  bool held = false;
  /// At every record of its journal a copy of the session is killed, goes on and is audited, too.
  bool kills = false;
  /// Above 0: no chaos, but so many hours as a session lives through them. A disconnect in each hour, and on the whole
  /// two crashes and a maintenance of ten minutes; the session must be up for `least_up` of what is not maintenance.
  /// Up: all books fresh within two seconds, and orders can leave (trade/availability.hpp).
  int hours = 0;
  double least_up = 0.999;
  UnixNanos begin = kMorning;
  UnixNanos maintenance_at = kNoTime;  // of hours: when it begins; kNoTime: about five twelfths through
  /// Asked many times a second, with the share of it that has passed; false: it ends with Errc::Canceled.
  std::function<bool(double)> go_on = [](double) { return true; };
};

/// All that a simulation knows: faults of the exchange by their names there, of the network, a crash and a power cut.
std::vector<std::string> all_faults();
/// Those that a session gets over; of what is left out docs/reliability.md says why.
std::vector<std::string> usual_faults();
/// Those of "ack_lost,crash", or of "all"; Errc::Usage where there is no such fault.
Result<std::vector<std::string>> faults_of(const std::string& list);
/// Those of "ack_lost/pending/place,crash/none/other"; Errc::Usage where a word is unknown, with the nearest one, or
/// where there is no such cell at that venue.
Result<std::vector<Target>> targets_of(std::string_view venue, const std::string& list);
std::vector<std::string> simulated_venues();

struct Outcome {
  std::string why;   // empty: all is as it must be
  std::string hash;  // of what the journal and the exchange hold in the end: the same of the same seed
  Cells cells;
  std::uint64_t orders = 0, fills = 0, records = 0, crashes = 0;
  std::uint64_t snapshots = 0;  // so often a crash was gone on from by a snapshot
  std::uint64_t kills = 0;      // of copies
  std::uint64_t disconnects = 0, funding = 0;
  std::string availability;  // the share, out of the journal; of hours
  CutJournal cut;            // what became of the journal, cut everywhere; where copies are killed
  DurationNanos simulated = 0;
  std::vector<std::string> log;  // the last lines of the session's
};
/// Errors: the disk, a venue that cannot be simulated, or it was not to go on.
Result<Outcome> simulate(const Scenario& scenario);

}  // namespace stom::simulate
