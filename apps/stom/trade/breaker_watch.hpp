// What a session's breakers are told of it, ten times a second (docs/risk.md): what it is worth, which positions were
// closed, what was refused, how long a book has been missing. What is not known at that moment, they are not told.
//
// Owned by TradeSession and used by its engine thread alone. A re-run has none: it has the acts that this leads to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "model/types.hpp"
#include "orders/account_state.hpp"
#include "risk/exposure.hpp"
#include "trade/risk_desk.hpp"

namespace stom::trade {

class BreakerWatch {
 public:
  static constexpr DurationNanos kEvery = 100 * kMillisecond;

  struct Port {
    std::function<const risk::Exposure&(UnixNanos now)> exposure;  // of all that is traded
    std::function<std::uint64_t()> refused;                        // orders that venues have refused, so far
    std::function<bool(InstrumentIndex)> is_missing;               // its book
    std::function<void(const std::string& line)> say;
  };
  /// What the account is now is where they begin to count from. All that is handed in by reference must outlive it.
  BreakerWatch(RiskDesk& desk, const orders::AccountState& account, std::size_t traded, Port port);

  /// Once a turn; looks when it is time. `all_there`: every book has been there; until then one that is missing is
  /// waited for. True: a breaker was told something, and the desk may have trips and a count to be written down.
  bool look(bool all_there, UnixNanos now);

 private:
  bool filled_since_last_look(InstrumentIndex i);
  void count_for_none();
  void tell_worth(UnixNanos now);
  void tell_refusals(UnixNanos now);
  void tell_closed(InstrumentIndex i);
  UnixNanos missing_since(InstrumentIndex i, UnixNanos now);

  RiskDesk& desk_;
  const orders::AccountState& account_;
  const Port port_;
  UnixNanos next_ = 0;
  bool told_unknown_ = false;  // why they know no equity
  std::uint64_t refused_ = 0;
  /// Of an instrument, as they were told last.
  struct Told {
    Money earned{};                 // when it was flat
    UnixNanos filled_at = kNoTime;  // its last fill
    UnixNanos missing_since = kNever;
  };
  std::vector<Told> told_;  // by instrument
};

}  // namespace stom::trade
