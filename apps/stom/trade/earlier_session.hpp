// A session that ended or crashed, and goes on: what made it, and whether that is still so; and from where its journal
// is to be read.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "trade/snapshot.hpp"

namespace stom::trade {

struct EarlierSession {
  std::string configuration;          // what made it, as it was last; empty: there is none yet
  std::optional<Snapshot> snapshot;   // agrees with its journal; none: that is read from its start
  std::vector<std::string> not_used;  // what else is there, and why not; lines for the log
  std::string spoiled;                // why what stands behind its records is not known; empty: nothing does
};
/// That of this journal, and of the snapshots beside it. Errors: not a journal, another version, the disk.
Result<EarlierSession> earlier_session(const std::filesystem::path& journal);

/// Its part of each client order id.
std::string session_of(std::string_view configuration);
/// The name of its strategy; of several, "several:" and their names, with a comma between two.
std::string strategy_of(std::string_view configuration);
/// The names in such a word; none where it is one strategy's.
inline constexpr std::string_view kSeveral = "several:";
std::vector<std::string> names_in(std::string_view strategy);
std::string several_name(const std::vector<std::string>& names);

/// Refuses what differs; `changed`: strategy and parameters may. Rates always may, for they get old; the instruments
/// that say some are those of before. Several strategies keep their places, by which their orders are known: only
/// behind them may others come.
Result<void> check_goes_on(std::string_view earlier, std::string_view now, bool changed);

}  // namespace stom::trade
