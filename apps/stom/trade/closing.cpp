#include "trade/closing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "trade/rerun.hpp"

namespace stom::trade {

Closing::Closing(std::span<const Instrument> traded, Port port) : traded_{traded}, port_{std::move(port)} {}

/// Where a session goes on, what it holds may have been closed by hand: the rest of the account is somebody else's.
bool Closing::may_close(bool waits) {
  std::string_view until;
  if (waits)
    until = "all of before is known and what the accounts hold agrees with it";
  else if (has_accepted_)
    until = "somebody asks for it: a difference was accepted, and what is held may be closed already";
  if (std::exchange(waits_until_, until) != until && !until.empty())
    port_.say(fmt::format("closing all waits until {}", until));
  return until.empty();
}

/// A few times where it is refused. An order that did not leave, as the network was down, was no try.
bool Closing::turn(const orders::AccountState& account, bool waits, UnixNanos now) {
  if (!may_close(waits)) return false;
  bool flat = account.orders().empty();
  for (InstrumentIndex i = 0; i < traded_.size(); ++i) {
    const NewOrder order = closing_order(traded_[i], i, account.holding(i).position);
    if (order.quantity.value == 0) continue;
    flat = false;
    Tried& tried = tried_[i];
    const auto works = std::ranges::find(account.orders(), i, &WorkingOrder::instrument);
    if (works != account.orders().end()) say_not_closed(tried, *works, now);
    if (now < tried.again || tried.tries > kTries || works != account.orders().end() || port_.is_blind(i)) continue;
    const std::uint64_t denied = port_.denied(i);
    if (tried.tries > 0 && denied > tried.denied) --tried.tries;
    tried.denied = denied;
    tried.again = now + kAgain;
    if (++tried.tries > kTries) {
      port_.say(fmt::format("{} is not closed after {} market orders: close it at the exchange's own page",
                            traded_[i].id, kTries));
      continue;
    }
    port_.send(now, order);
  }
  return flat;
}

/// An order that may still fill is waited for, however long that takes: somebody must know.
void Closing::say_not_closed(Tried& tried, const WorkingOrder& order, UnixNanos now) {
  if (std::exchange(tried.waits_for, order.id) != order.id) tried.say_at = now + kSayAfter;
  if (now < tried.say_at) return;
  tried.say_at = kNever;
  port_.say(fmt::format("{} is not closed yet: {}; look for it at the exchange's own page",
                        traded_[order.instrument].id,
                        port_.is_unknown(order.id) ? fmt::format("nobody knows what became of order {}", order.id)
                                                   : fmt::format("order {} is not over", order.id)));
}

}  // namespace stom::trade
