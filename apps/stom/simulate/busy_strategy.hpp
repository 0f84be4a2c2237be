// A strategy that does all that a strategy can do, by chance: it places orders that rest and orders that take, cancels,
// replaces (a cancel and another order: an amendment), cancels what has no answer yet, and keeps its position small.
// Where it is to, it also has brackets, stops, take-profits and trailing stops that the session must keep.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>

#include "core/random.hpp"
#include "strategies/strategy.hpp"

namespace stom::simulate {

/// By what two orders differ: side, quantity, price.
using Terms = std::tuple<Side, std::int64_t, std::int64_t>;

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
  void place(Context& context, bool takes);
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
