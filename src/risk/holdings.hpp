// What is held and what works, by instrument, from what was sent and what was answered alone: whoever stands between a
// strategy and its venues counts for himself and asks nobody. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/order.hpp"

namespace stom::risk {

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
  };

  explicit Holdings(std::size_t instruments);

  /// An order leaves for its venue. `quantity`: so much of it is not filled yet.
  void sent(const NewOrder& order, RunIndex run, Quantity quantity);
  void told(const OrderEvent& event, RunIndex run);
  void set_position(InstrumentIndex instrument, Quantity position) { held_[instrument].position = position; }

  std::size_t instruments() const { return held_.size(); }
  Quantity position(InstrumentIndex instrument) const { return held_[instrument].position; }
  /// What works on that side.
  Quantity working(InstrumentIndex instrument, Side side) const { return held_[instrument].working[index_of(side)]; }
  /// How many orders of it are not over.
  std::uint32_t orders(InstrumentIndex instrument) const { return held_[instrument].orders; }
  /// Those that are not over, by submission.
  std::span<const Working> all() const { return working_; }

  /// It can only make a position smaller, with all that works on its side filled.
  bool reduces(const NewOrder& order) const;

 private:
  struct Held {
    Quantity position{};
    std::array<Quantity, 2> working{};  // by side: leaves of what works
    std::uint32_t orders = 0;
  };
  static constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

  std::vector<Held> held_;  // by instrument
  std::vector<Working> working_;
};

/// Sums of what a strategy may ask for end at the largest quantity, which no limit allows.
Quantity plus(Quantity a, Int128 b);

}  // namespace stom::risk
