// A strategy that does all that a strategy can do, by chance: it places orders that rest and orders that take, cancels,
// replaces (a cancel and another order: an amendment), cancels what has no answer yet, and keeps its position small.
// Where it is to, it also has brackets, stops, take-profits and trailing stops that the session must keep. And where a
// seed is directed at cells of the table, it acts in such a manner that orders come into the states that are wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <tuple>

#include "core/random.hpp"
#include "simulate/cells.hpp"
#include "strategies/strategy.hpp"

namespace stom::simulate {

/// By what two orders differ: side, quantity, price.
using Terms = std::tuple<Side, std::int64_t, std::int64_t>;

/// Of a seed that is directed (steering.hpp): what brings orders into a state, and keeps some of them in it.
struct Manner {
  int acts = 40;         // of 100 timers
  std::size_t open = 8;  // orders at a time; 0: none, and what is open is canceled
  int cancels = 15;      // of 100 acts; the others are orders, as far as there is room
  int at_once = 0;       // of 100 orders are canceled before there can be an answer
  int takes = 0;         // of 100 orders; the others rest
  bool stays = false;    // takes what stands at the best price, and rests there with what is left; else IOC, and deeper
  bool soon = false;     // what rests is the next to be filled; else it lies far behind
  bool large = false;    // more than stands at the best price: filled in parts
  bool together = false;        // once there is no room, all are canceled
  std::optional<Phase> only{};  // of orders in that state; of others where there is no room
};

struct BusyOptions {
  std::uint64_t seed = 1;
  Quantity quantity{};  // of an order, at least; up to three times of it
  Quantity most{};      // of a position
  bool may_be_short = false;
  std::size_t open = 8;  // orders at a time
  int acts = 40;         // of 100 timers
  bool held = false;     // also orders that no venue has
  bool post_only = true;
  std::set<Terms>* had = nullptr;  // where no two orders may be the same: those that there were. Outlives the strategy
  /// Instead of what chance would have it do; may change between two calls. Outlives the strategy. Null: chance alone.
  const Manner* manner = nullptr;
  std::function<Phase(const WorkingOrder&)> phase_of{};  // needed with a manner
};

class BusyStrategy final : public Strategy {
 public:
  explicit BusyStrategy(const BusyOptions& options) : options_{options}, random_{options.seed} {}

  /// From now on it only cancels.
  void calm() { calm_ = true; }
  /// Null before the start. Valid as long as the session.
  const Context* context() const { return context_; }
  UnixNanos last_called() const { return last_called_; }

  void on_start(Context& context) override;
  void on_timer(Context& context) override;

 private:
  /// Side and quantity, so that the position keeps within its bounds whatever is filled; `more` is added to what is
  /// drawn. Nothing where there is no room.
  std::optional<NewOrder> drawn_order(Context& context, std::int64_t more);
  ClientOrderId send(Context& context, NewOrder order);
  void place(Context& context, bool takes);
  void act(Context& context, const Manner& manner);
  void place(Context& context, const Manner& manner);
  void cancel(Context& context, const Manner& manner);
  void make_held(NewOrder& order, const BookView& book, std::int64_t tick);
  void cancel_one(Context& context, bool replace);
  bool draws(int percent) { return random_.below(100) < static_cast<std::uint64_t>(percent); }

  BusyOptions options_;
  Random random_;
  const Context* context_ = nullptr;
  UnixNanos last_called_ = kNoTime, lull_until_ = kNoTime;
  bool calm_ = false;
};

}  // namespace stom::simulate
