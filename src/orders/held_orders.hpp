// Orders that STOM keeps itself because their venue has none of their kind: stops, take-profits, trailing stops, and
// the two closing orders of a bracket. A fold over the journal's records, like AccountState: what is kept is known
// again after a crash, and a step that no record tells of has not been done. Knows no clock, no market and no venue;
// HoldingLink watches and sends. Docs: docs/orders.md.
//
// Records of an order that is kept, all with RejectReason::Held:
//   Accepted    it is kept, waiting for its price; again where its quantity changes (`leaves`). `price`: its limit, or
//               its trigger; of a trailing stop the best price so far, told again as that moves
//   Triggered   so much (`leaves`) of it leaves for the venue, at that `price` (0: at the market's), right behind this
//               record. From here on what becomes of it is the venue's word; without one it is unknown, is asked for,
//               and is never sent again
//   Canceled    on request, or (request 0) because nothing is left that it could close
//   Expired     its time has come
//
// A bracket's orders close what their parent opened. One of them that has left makes the other one wait; what the one
// closes, the other one is smaller by. One that was not sent waits again under its number; one that never arrived, or
// came while its venue took no more requests, is followed by another. One that was refused for anything else is not:
// whoever refused it would refuse that one too. Together with all market orders of that side that are on their way,
// whoever sent them, they never send more than the position. With the position its brackets are over, whoever closed
// it: what is bought later is none of theirs.
//
// Where several strategies share the account (owner.hpp) all that is said of the position here is said of each one's
// own, and its orders close that alone. What closes for the session closes what all hold together.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "model/order.hpp"
#include "model/orders_offered.hpp"
#include "model/state_fields.hpp"
#include "model/trigger.hpp"
#include "model/types.hpp"
#include "orders/owner.hpp"
#include "orders/resting_orders.hpp"

namespace stom::orders {

/// What leaves for the venue once that order acts, or at once where only its bracket is kept.
NewOrder as_sent(const NewOrder& order);

/// Its end says that it did not leave: whoever denies an order for what it is says why.
constexpr bool was_not_sent(const OrderEvent& event) {
  return event.kind == OrderEventKind::Denied && event.reason == RejectReason::None;
}
/// Its end says that it left, and can never arrive any more.
constexpr bool never_arrived(const OrderEvent& event) {
  return event.kind == OrderEventKind::Rejected && event.reason == RejectReason::UnknownOrder;
}
/// Its end says that its venue took no more requests at that moment, of whomever: it says nothing of the order.
constexpr bool was_one_too_many(const OrderEvent& event) {
  return event.kind == OrderEventKind::Rejected && event.reason == RejectReason::TooManyOrders;
}

class HeldOrders {
 public:
  /// So often an order that fills on gets closing orders anew: there is room for no more in their ids
  /// (venues::packed()).
  static constexpr std::uint64_t kLastRound = 255;
  struct Order {
    NewOrder order;             // its quantity: what is left of it
    std::uint64_t request = 0;  // of its submission, or its parent's
    bool kept = false;          // waits here
    bool sent = false;          // has left, also where it was a market order from the beginning
    bool answered = false;      // and the venue has spoken since
    Price told_best{};          // TrailingStop: as the last record has it; 0: none

    // What no record tells: whoever watches the market keeps it here.
    Price best = kNoPrice;
    UnixNanos told_at = kNoTime;
    Quantity leaving{};    // is about to be Triggered
    bool resumed = false;  // has not seen a price since this process began

    template <class Io>
    void fields(Io& io) {
      io(order, request, kept, sent, answered, told_best, best, told_at, leaving, resumed);
    }
  };

  /// `offered`: by instrument, what venues do themselves; empty: all.
  explicit HeldOrders(std::size_t instruments, std::vector<OrdersOffered> offered = {})
      : offered_{std::move(offered)},
        is_shared_{!offered_.empty() && offered_.front().shared},
        positions_(instruments * owners()) {}

  // The records.
  void submitted(std::uint64_t request, const NewOrder& order);
  void told(std::uint64_t request, const OrderEvent& event);

  /// It is an order for STOM to keep.
  bool is_to_keep(const NewOrder& order) const {
    return waits_for_trigger(order.type) && !offered_.empty() && !offered_[order.instrument].has(order);
  }

  // What they lead to.
  /// Orders that wait for a price, here or at their venue, and market orders, also those that such a one became, that
  /// are not over; by submission.
  std::span<Order> all() { return all_; }
  std::span<const Order> all() const { return all_; }
  const Order* find(ClientOrderId id) const;
  Order* find(ClientOrderId id) { return const_cast<Order*>(std::as_const(*this).find(id)); }
  bool keeps(ClientOrderId id) const {
    const Order* order = find(id);
    return order != nullptr && order->kept;
  }
  /// Submitted, and not yet kept nor refused: its venue knows nothing of it.
  bool is_to_answer(const Order& order) const { return !order.kept && !order.sent && is_to_keep(order.order); }
  /// Its venue has never heard of it.
  bool is_here(ClientOrderId id) const {
    const Order* order = find(id);
    return order != nullptr && (order->kept || is_to_answer(*order));
  }
  /// It left, and nobody has said what became of it.
  bool is_unanswered(ClientOrderId id) const {
    const Order* order = find(id);
    return order != nullptr && order->sent && !order->answered;
  }
  /// An order that is not over has that id, whatever its kind.
  bool is_taken(ClientOrderId id) const { return request_of(id).has_value(); }
  /// What must be told now: orders of brackets that begin, change or end. `time` is not set. Once all of it is told,
  /// nothing.
  std::vector<std::pair<std::uint64_t, OrderEvent>> due() const;
  /// It may act: its bracket's other order has not left.
  bool may_act(const Order& order) const;
  /// So much of it may leave.
  Quantity sendable(const Order& order) const;
  /// What an order of that number and side can still close.
  std::int64_t open_to(ClientOrderId id, Side side, InstrumentIndex instrument) const {
    return -sign_of(side) * position_for(id, instrument);
  }
  /// The venue counts no position by which that order could only reduce.
  bool is_of_a_share(ClientOrderId id) const { return is_shared_ && owner_of(id) != kSessionsOwn; }
  /// What that order is to close, a market order of the same strategy is about to open.
  bool is_being_opened(const NewOrder& closing) const;

  /// To be written down and read back (core/state_io.hpp): all but what venues offer.
  template <class Io>
  void fields(Io& io) {
    io(positions_, all_, brackets_, resting_);
  }
  /// Speaks of no instrument beyond so many.
  bool is_of(std::size_t instruments) const;

 private:
  struct Leg {
    Price at{};            // 0: there is none
    ClientOrderId id = 0;  // of its order that is not over; 0: there is none now
    std::uint64_t rounds = 0;
    bool given_up = false;

    template <class Io>
    void fields(Io& io) {
      io(at, id, rounds, given_up);
    }
  };
  struct Bracket {
    NewOrder parent;
    std::uint64_t request = 0;
    Quantity opened{}, closed{};
    bool parent_over = false;
    std::array<Leg, 2> legs{};  // stop-loss, take-profit

    Quantity open() const { return opened - closed; }
    Side closing_side() const { return opposite(parent.side); }
    template <class Io>
    void fields(Io& io) {
      io(parent, request, opened, closed, parent_over, legs);
    }
  };

  std::size_t owners() const { return is_shared_ ? kOwners : 1; }
  std::int64_t& position_of(Owner owner, InstrumentIndex instrument) {
    return positions_[instrument * owners() + owner].value;
  }
  std::int64_t position_for(ClientOrderId id, InstrumentIndex instrument) const;
  void book(const OrderEvent& fill);
  /// Of the submission of the one that has that id; nothing where none does.
  std::optional<std::uint64_t> request_of(ClientOrderId id) const;
  Bracket* bracket_by(ClientOrderId parent);
  const Bracket* bracket_of(ClientOrderId child) const;
  Bracket* bracket_of(ClientOrderId child) { return const_cast<Bracket*>(std::as_const(*this).bracket_of(child)); }
  static Leg& leg_of(Bracket& bracket, ClientOrderId child) { return bracket.legs[child & kStopLossChild ? 0 : 1]; }
  void told_here(std::uint64_t request, const OrderEvent& event);
  void told_by_venue(const OrderEvent& event);
  void begin_child(Bracket* bracket, std::uint64_t request, const OrderEvent& event);
  void end(ClientOrderId id);
  void forget_brackets();

  std::vector<OrdersOffered> offered_;  // by instrument
  bool is_shared_;
  std::vector<Quantity> positions_;  // by instrument, and there by owner where the account is shared
  std::vector<Order> all_;
  std::vector<Bracket> brackets_;
  RestingOrders resting_;  // nothing of them matters here but that their ids are taken
};

}  // namespace stom::orders
