// How all that is held is closed, once the kill switch or a breaker wants it (docs/risk.md): each position by a market
// order, once nothing works there any more. A venue that refuses it is not asked for ever, and where what is held may
// be closed already, nothing is sent before somebody asks for it. It says what it waits for.
//
// Owned by TradeSession and used by its engine thread alone. Knows no clock and no venue: what it wants sent, its owner
// sends, with a record before it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "orders/account_state.hpp"

namespace stom::trade {

class Closing {
 public:
  static constexpr int kTries = 5;
  static constexpr DurationNanos kAgain = kSecond;
  static constexpr DurationNanos kSayAfter = 3 * kSecond;  // most answers have come by then

  struct Port {
    std::function<void(UnixNanos now, const NewOrder&)> send;
    std::function<std::uint64_t(InstrumentIndex)> denied;  // orders in it that did not leave, so far
    std::function<bool(ClientOrderId)> is_unknown;         // nobody knows what became of it
    std::function<void(const std::string& line)> say;
    std::function<bool(InstrumentIndex)> is_blind;  // no book is known, and without one its venue fills nothing
  };
  /// `traded` must outlive it.
  Closing(std::span<const Instrument> traded, Port port);

  /// What a venue holds counts, though it differed (--accept-differences): the position that is believed may be one
  /// that is not there, and nothing is closed before somebody asks for it.
  void difference_accepted() { has_accepted_ = true; }
  /// Somebody wants all closed, perhaps once more.
  void ask() {
    has_accepted_ = false;
    try_anew();
  }
  /// What was given up is tried again, and all tries count anew.
  void try_anew() { tried_.clear(); }
  /// Once a turn, while all is to be closed. `waits`: of a session that goes on not all of before is known, or what
  /// the account holds differs. True: nothing is held, and nothing works.
  bool turn(const orders::AccountState& account, bool waits, UnixNanos now);

 private:
  /// What is tried to close a position.
  struct Tried {
    UnixNanos again = 0;
    int tries = 0;             // more than there are: it is given up, and that was said
    std::uint64_t denied = 0;  // orders of that instrument that did not leave, as it was tried last
    ClientOrderId waits_for = 0;
    UnixNanos say_at = kNever;  // that it waits for that order; kNever: it was said
  };
  bool may_close(bool waits);
  void say_not_closed(Tried& tried, const WorkingOrder& order, UnixNanos now);

  const std::span<const Instrument> traded_;
  const Port port_;
  std::map<InstrumentIndex, Tried> tried_;
  bool has_accepted_ = false;
  std::string_view waits_until_;  // as it was said
};

}  // namespace stom::trade
