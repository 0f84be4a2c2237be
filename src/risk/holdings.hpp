// What is held and what works, by instrument, from what was sent and what was answered alone: whoever stands between a
// strategy and its venues counts for himself and asks nobody. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "model/order.hpp"

namespace stom::risk {

inline bool has_price(OrderType type) {
  return type == OrderType::Limit || type == OrderType::StopLimit || type == OrderType::TakeProfitLimit;
}

class Holdings {
 public:
  struct Working {
    RunIndex run;
    ClientOrderId id;
    InstrumentIndex instrument;
    Side side;
    OrderType type;
    Price price;
    Quantity leaves;
    std::int64_t twice_reference;  // sent()
    std::uint64_t request;         // too
  };

  explicit Holdings(std::size_t instruments) : Holdings{std::vector<std::size_t>(instruments)} {}
  /// Of each instrument the group, from 0 on, that its orders are counted with.
  explicit Holdings(std::vector<std::size_t> group_of);

  /// An order leaves for its venue. `quantity`: so much of it is not filled yet. `twice_reference`: what its fills are
  /// held against, doubled; 0: not known. `request`: of its submission; 0: not known.
  void sent(const NewOrder& order, RunIndex run, Quantity quantity, std::int64_t twice_reference = 0,
            std::uint64_t request = 0);
  /// `request`: the one that it answers, which says which of several orders of one id a refusal is of; 0: not known.
  void told(const OrderEvent& event, RunIndex run, std::uint64_t request = 0);
  void set_position(InstrumentIndex instrument, Quantity position) {
    held_[instrument].position = position;
    note(instrument);
  }

  std::size_t instruments() const { return held_.size(); }
  Quantity position(InstrumentIndex instrument) const { return held_[instrument].position; }
  /// What works on that side.
  Quantity working(InstrumentIndex instrument, Side side) const { return held_[instrument].working[index_of(side)]; }
  /// Orders of it that are not over, by submission.
  std::span<const Working> orders(InstrumentIndex instrument) const { return held_[instrument].orders; }
  /// Null: none of them.
  const Working* order(InstrumentIndex instrument, ClientOrderId id, RunIndex run) const;
  /// How many orders of all instruments are not over.
  std::size_t orders() const { return orders_; }
  /// How many of them are of that group.
  std::size_t orders_of(std::size_t group) const { return orders_of_[group]; }
  /// Instruments of which something is held or works, in no order.
  std::span<const InstrumentIndex> open() const { return open_; }
  bool is_open(InstrumentIndex instrument) const { return held_[instrument].open; }

  /// It can only make a position smaller: with all that works on its side filled, or because its venue or STOM itself
  /// cuts it to what is held by then (reduce-only, and what closes for a bracket).
  bool reduces(const NewOrder& order) const {
    if (order.size_by == SizeBy::Position) return true;
    if (order.size_by != SizeBy::Quantity) return false;
    const std::int64_t open = -sign_of(order.side) * position(order.instrument).value;  // what that side can close
    // What rests beside it, a take-profit say, may rest for ever: a stop that waited for it would protect nothing.
    const Int128 beside = is_of_bracket(order.id) ? 0 : working(order.instrument, order.side).value;
    return (open > 0) & (order.reduce_only | (beside + order.quantity.value <= open));
  }
  /// An order at that price would meet one on the other side that has a price and is not over.
  bool meets_own(const NewOrder& order) const {
    const auto& [highest_bid, lowest_offer] = held_[order.instrument].nearest;
    const bool buys = order.side == Side::Buy;  // a coin toss to the branch predictor: nothing here branches on it
    return (buys & (order.price.value >= lowest_offer)) | (!buys & (order.price.value <= highest_bid));
  }

 private:
  static constexpr std::array kNoPrices{std::numeric_limits<std::int64_t>::min(),
                                        std::numeric_limits<std::int64_t>::max()};
  struct Held {
    Quantity position{};
    std::array<Quantity, 2> working{};                // by side: leaves of what works
    std::array<std::int64_t, 2> nearest = kNoPrices;  // by side: the price of its order that is nearest to the other
    std::vector<Working> orders;
    bool open = false;  // it is among open_
  };
  static constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }
  void note(InstrumentIndex instrument);
  static void come_nearer(Held& held, const Working& order);

  std::vector<Held> held_;             // by instrument
  std::vector<std::size_t> group_of_;  // by instrument
  std::vector<InstrumentIndex> open_;
  std::size_t orders_ = 0;
  std::vector<std::size_t> orders_of_;  // by group
};

/// Sums of what a strategy may ask for end at the largest quantity, which no limit allows.
Quantity plus(Quantity a, Int128 b);

}  // namespace stom::risk
