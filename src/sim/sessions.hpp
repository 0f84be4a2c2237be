// The hours of a market as dated data (data/market/sessions.csv, session_days.csv; docs/calendars.md): in which phase
// of the trading day an instrument is at a time, and how long that lasts.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "model/calendar.hpp"
#include "model/trading_phase.hpp"

namespace stom::sim {

std::string_view name_of(TradingPhase phase);

/// A phase of the clock, and when it lasts: [begins, ends). A call auction ends at most `random_end` after `ends`.
struct PhaseAt {
  TradingPhase phase = TradingPhase::Closed;
  UnixNanos begins = kNoTime;
  UnixNanos ends = kNever;
  DurationNanos random_end = 0;
};

class SessionTable {
 public:
  std::string_view market() const { return market_; }
  const Calendar& calendar() const { return *calendar_; }
  /// nullopt: the data have no hours for that day. Closed times end with the next session of the day, or with the day.
  std::optional<PhaseAt> at(UnixNanos t) const;
  /// Neither a weekend nor a holiday.
  bool trades_on(std::int32_t day) const;

 private:
  friend struct SessionTables;
  struct Session {
    TradingPhase phase;
    DurationNanos begins, ends;  // from the start of the day
    DurationNanos random_end;
  };
  struct Plan {
    std::string_view name;
    std::vector<Session> sessions;  // ascending, apart
  };
  struct Days {
    std::int32_t from, to;  // both included
    bool exception;         // to the days around it
    std::size_t plan;
  };

  std::string_view market_;
  const Calendar* calendar_ = nullptr;
  std::vector<Days> days_;
  const std::vector<Plan>* plans_ = nullptr;
};

/// Of a market ("krx", "nxt"); null where the data have none.
const SessionTable* session_table(std::string_view market);
/// Of an instrument: "kiwoom:005930" trades on KRX, "kiwoom:005930_NX" on NXT. Null: it trades round the clock, or, as
/// a stock on both venues at once ("kiwoom:005930_AL"), by no single table.
const SessionTable* sessions_of(std::string_view instrument_id);
/// "krx" or "nxt", empty where no market rules are known.
std::string_view market_of(std::string_view instrument_id);

/// How long after its planned end a call auction ends: drawn from the seed, the same for the same instrument and end.
DurationNanos random_end(std::uint64_t seed, std::string_view instrument_id, UnixNanos planned, DurationNanos most);

}  // namespace stom::sim
