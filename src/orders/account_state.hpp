// What a run believes of its orders and of its account: a fold over what was decided and what was told, record by
// record as they stand in its journal. A run folds each record as it writes it; after a crash the same records, read
// back, lead to the same state. Knows no clock, no market and no venue.
//
// An order that was sent and whose answer nobody waits for any more is Unknown (restarted()): never taken for rejected,
// never sent again.
//
// What is over is history: fills, funding and the reasons of exits only become more. A result is made of it, and a
// strategy that starts is told its fills; nothing else reads it, and who trades for weeks keeps none
// (keep_no_history()). All else is as large as what is open and as the list of instruments.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/cash_flow.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/start_cash.hpp"
#include "model/state_fields.hpp"
#include "model/views.hpp"

namespace stom::orders {

/// Where the ids of a process begin that goes on `now`, with a journal whose next one would be `next`: at the
/// milliseconds since 1970. Whatever that journal lacks (the last second before a power cut, or all that came since an
/// old backup), a process before this one began at an earlier millisecond and has used less than one id in each: where
/// several strategies share the account (owner.hpp), an order uses up to sixteen, so that it has sent less than 62
/// orders a second on average. Where the clock says no later time than the journal knows ids of, at the next million.
ClientOrderId first_id_of_process(ClientOrderId next, UnixNanos now);

class AccountState {
 public:
  /// What we own in one instrument. Cash moves by price x quantity as well as by fees: for Linear contracts this is the
  /// same sum as margin accounting gives once flat.
  struct Holding {
    Quantity position{};
    Money cash{};
    Int128 entry_value = 0;  // price x quantity, in units of both, of what is open
    /// Of the coin, beside the position: fees that were taken in it (OrderEvent::coin_fee) leave less than a lot.
    Money dust{};
    /// The average over what is open; nothing where nothing is.
    std::optional<Price> entry_price() const {
      if (position.value == 0) return std::nullopt;
      const Int128 size = position.value, sign = size < 0 ? -1 : 1;
      return Price{static_cast<std::int64_t>(divide(sign * entry_value, sign * size, Rounding::HalfEven))};
    }
    /// All that a fill changes of it, but the dust.
    void book(const Fill& fill, const Instrument& traded);
    friend bool operator==(const Holding&, const Holding&) = default;
    template <class Io>
    void fields(Io& io) {
      io(position, cash, entry_value, dust);
    }
  };

  /// `cash`: at the start.
  AccountState(std::size_t instruments, StartCash cash) : start_cash_{std::move(cash)}, holdings_(instruments) {
    for (InstrumentIndex i = 0; i < instruments; ++i) holdings_[i].cash = start_cash_.of(i);
  }

  // The records.
  void submitted(std::uint64_t request, const NewOrder& order);
  void cancel_asked(std::uint64_t request, ClientOrderId id);
  /// `traded`: the instrument of the event.
  void told(std::uint64_t request, const OrderEvent& event, const Instrument& traded);
  /// Another process goes on: whoever waited for answers is gone. Its ids begin at the next million, where nobody says
  /// another place (begin_ids()).
  void restarted();
  /// Ids begin there: behind all that an earlier process may have used, also where the records lack it.
  void begin_ids(ClientOrderId first) { next_id_ = first; }
  void tag(ClientOrderId id, std::string_view exit_reason) {
    if (keeps_history_) exit_reasons_[id] = exit_reason;
  }

  // What they lead to.
  /// Those that are not over, by submission.
  std::span<const WorkingOrder> orders() const { return orders_; }
  const WorkingOrder* order(ClientOrderId id) const {
    const auto it = std::ranges::find(orders_, id, &WorkingOrder::id);
    return it == orders_.end() ? nullptr : &*it;
  }
  const std::vector<Holding>& holdings() const { return holdings_; }
  const Holding& holding(InstrumentIndex index) const { return holdings_[index]; }
  /// What fills, fees and funding of it have brought, without what is held; in its settlement currency.
  Money earned(InstrumentIndex index) const { return holdings_[index].cash - start_cash_.of(index); }
  /// How many fills there were, kept or not.
  std::uint64_t fill_count() const { return fill_count_; }
  /// When we learned of the instrument's last fill, and for when, by its venue, it paid or got funding last; kNoTime:
  /// it never did.
  UnixNanos filled_at(InstrumentIndex index) const { return last_[index].fill; }
  UnixNanos funded_at(InstrumentIndex index) const { return last_[index].funding; }
  /// How many orders ended so.
  std::uint64_t ended(OrderStatus as) const { return ended_[static_cast<std::size_t>(as)]; }
  /// Orders that the venue rejected or that were denied on their way there, by reason.
  const std::array<std::uint64_t, kRejectReasons>& refused() const { return refused_; }
  std::uint64_t submitted() const { return submitted_; }
  Money total_fee() const { return total_fee_; }
  ClientOrderId next_id() const { return next_id_; }
  std::uint64_t next_request() const { return next_request_; }

  // History, where it is kept.
  const std::vector<Fill>& fills() const { return fills_; }
  std::vector<Fill>& fills() { return fills_; }
  const std::vector<FundingPayment>& funding() const { return payments_; }
  /// Why positions were closed, by order: brackets, the end of the data, the venue; and a strategy's own words, which
  /// no record has.
  const std::map<ClientOrderId, std::string>& exit_reasons() const { return exit_reasons_; }
  /// None is kept from here on, and what there is goes.
  void keep_no_history();

  // To be written down and read back (core/state_io.hpp).
  /// All but the history: fills only become more, so who keeps a state keeps them apart from it.
  template <class Io>
  void fields(Io& io) {
    io(start_cash_, orders_, holdings_, last_, fill_count_, ended_, refused_, submitted_, total_fee_, next_id_,
       next_request_);
  }
  /// Those of before, in their order, where all else was read back.
  void restore_fills(std::vector<Fill> fills);
  /// What there is of it is kept elsewhere; more may come.
  void forget_history();
  /// Speaks of no instrument beyond so many.
  bool is_of(std::size_t instruments) const;

 private:
  /// Of an instrument.
  struct Last {
    UnixNanos fill = kNoTime, funding = kNoTime;
    template <class Io>
    void fields(Io& io) {
      io(fill, funding);
    }
  };

  WorkingOrder* find(ClientOrderId id) { return const_cast<WorkingOrder*>(std::as_const(*this).order(id)); }
  WorkingOrder* find_duplicate(std::uint64_t request, ClientOrderId id);
  void book_fill(const OrderEvent& event, const Instrument& traded);
  void note_exit(ClientOrderId id);

  StartCash start_cash_;
  std::vector<WorkingOrder> orders_;
  std::vector<Holding> holdings_;  // by instrument
  std::vector<Last> last_ = std::vector<Last>(holdings_.size());
  std::uint64_t fill_count_ = 0;
  std::array<std::uint64_t, 8> ended_{};  // by OrderStatus
  std::array<std::uint64_t, kRejectReasons> refused_{};
  std::uint64_t submitted_ = 0;
  Money total_fee_{};
  ClientOrderId next_id_ = 1;
  std::uint64_t next_request_ = 1;

  // History
  bool keeps_history_ = true;
  std::vector<Fill> fills_;
  std::vector<FundingPayment> payments_;
  std::map<ClientOrderId, std::string> exit_reasons_;
  std::size_t fills_of_ = 0;  // instruments that the restored fills speak of: none beyond so many
};

inline void AccountState::submitted(std::uint64_t request, const NewOrder& order) {
  next_id_ = std::max(next_id_, order.id + 1);
  next_request_ = std::max(next_request_, request + 1);
  ++submitted_;
  orders_.push_back({.id = order.id,
                     .instrument = order.instrument,
                     .side = order.side,
                     .type = order.type,
                     .price = order.price,
                     .quantity = order.quantity,
                     .leaves = order.quantity,
                     .request = request});
}

inline void AccountState::cancel_asked(std::uint64_t request, ClientOrderId id) {
  next_request_ = std::max(next_request_, request + 1);
  if (WorkingOrder* order = find(id)) {
    order->cancel_pending = true;
    order->request = request;
  }
}

}  // namespace stom::orders
