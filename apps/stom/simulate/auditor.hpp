// What each account must hold, worked out without the code that is audited: plain whole numbers over the exchange's own
// ledger, and over the journal as it lies in the file. Shares no arithmetic with orders/, engine/ or the clients.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "exchange/venue_host.hpp"

namespace stom::simulate {

/// What the session's orders must keep, in the instrument's units; 0: nothing.
struct Limits {
  Int128 order = 0, position = 0;
  std::size_t working = 0;
};

struct Audited {
  const exchange::VenueHost& host;
  const std::filesystem::path& journal;
  std::string_view prefix;  // what client ids of the session begin with at this venue: "stom-7-"
  /// Of a venue that knows no client ids and is asked by lists (docs/venues/kiwoom.md), else null: by the exchange's
  /// numbers which of the session's orders each is, as the network saw the requests arrive. There fees are told in
  /// whole units of the currency, fills that nobody told come as one at their average price, and of an order that ended
  /// without a fill nobody can say whether it arrived.
  const std::map<std::uint64_t, ClientOrderId>* brought = nullptr;
  Int128 cash = 0;                       // the run's at the start, in 10^-18
  Int128 granted = 0, granted_base = 0;  // the account's at the start
  bool margin = false;
  /// The venue cannot prove that an order of before a crash never arrived: it stays unknown for good.
  bool may_stay_unknown = false;
  // Orders and cancels that left, and whose records a power cut took: nobody asks the journal for them.
  std::set<ClientOrderId> lost{}, lost_cancels{};
  std::set<UnixNanos> ended{};  // when the venue itself ended the market, and canceled what rested
  Limits limits{};
  std::size_t most_working = 0;  // so many orders of the session rested at the venue at a time
  Int128 held = 0;               // what the session says it holds at its end, in the instrument's units
};

/// What is wrong, in words that name the order; empty where all is as it must be. All is over: no fault is on, nothing
/// is under way, the session has ended.
std::string audit(const Audited& what);

}  // namespace stom::simulate
