// What became of every order of a session, the strategy's and the operator's alike, and what is owned because of it: a
// fold over what was submitted and what the venue said. The engine thread owns it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "model/instrument.hpp"
#include "server/engine_port.hpp"

namespace stom::replay {

/// A position with its exact cost: averages are made from it, never the other way round.
struct Holding {
  Quantity quantity{};
  Int128 cost = 0;  // price x quantity of what is open, signed like the quantity
  Money basis{};    // cash that opening it took (negative: gave), which closing it gives back
  Money realized{};
  Money fees{};
  bool traded = false;
};

class OrderDesk {
 public:
  explicit OrderDesk(std::vector<Instrument> instruments)
      : instruments_{std::move(instruments)}, holdings_(instruments_.size()) {}

  const OrderRow& submitted(const NewOrder& order, OrderSource source, UnixNanos now);
  /// The order it is about as it is now, null where it is none of ours; `fill` is set where there was one.
  const OrderRow* on_event(const OrderEvent& event, FillRow& fill);

  const OrderRow* find(ClientOrderId id) const;
  bool is_manual(ClientOrderId id) const;
  /// Open orders, oldest first.
  std::vector<ClientOrderId> open_orders() const;
  /// An id for an order of the operator's that no order had before.
  ClientOrderId next_manual_id();
  const Holding& holding(InstrumentIndex index) const { return holdings_[index]; }
  /// Of what is open, 10^-18; 0 where flat.
  Money average_price(InstrumentIndex index) const;
  std::uint64_t fills() const { return fills_; }
  std::uint64_t strategy_orders() const { return strategy_orders_; }

 private:
  struct Entry {
    OrderRow row;
    Int128 cost = 0;  // price x quantity of its fills
    Money cash{};     // that they took or gave
  };
  Entry* find_entry(const OrderEvent& event);
  OrderRow& begin(const NewOrder& order, OrderSource source, UnixNanos now);
  void book(const OrderEvent& event);

  std::vector<Instrument> instruments_;
  std::vector<Holding> holdings_;
  std::map<ClientOrderId, Entry> newest_;  // by id; a strategy may use an id again once its order is finished
  std::map<std::uint64_t, ClientOrderId> open_;
  std::uint64_t orders_ = 0;
  std::uint64_t strategy_orders_ = 0;
  std::uint64_t fills_ = 0;
  ClientOrderId last_manual_id_ = 1'000'000'000'000'000;
};

}  // namespace stom::replay
