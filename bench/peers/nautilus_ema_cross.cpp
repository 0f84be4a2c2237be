// What the peer's example strategy EMACross does, rule by rule, as a plug-in for row P4, so that fills can be held
// against its own: averages that begin with the first close and count from the n-th; nothing on a bar of a single
// price; a turn is two orders, one that closes and one that opens. Not one to trade: ema_cross is.
#include <cstdlib>

#include "strategies/registry.hpp"

namespace stom {
namespace {

class Average {
 public:
  explicit Average(std::int64_t n) : period_{n}, weight_{2.0 / static_cast<double>(n + 1)} {}
  void update(double x) {
    value_ = count_ == 0 ? x : weight_ * x + (1.0 - weight_) * value_;
    ++count_;
  }
  bool ready() const { return count_ >= period_; }
  double value() const { return value_; }

 private:
  std::int64_t period_;
  double weight_;
  double value_ = 0;
  std::int64_t count_ = 0;
};

class NautilusEmaCross final : public Strategy {
 public:
  explicit NautilusEmaCross(Parameters& p)
      : fast_{p.integer("fast", 10, 1, 10'000, "bars in the fast average")},
        slow_{p.integer("slow", 20, 2, 10'000, "bars in the slow average")},
        bar_{p.bars("bar", "100t", "kind of bar")},
        lots_{p.integer("lots", 1, 1, 1'000'000'000'000, "size of each order, in lots")} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  void on_bar(Context& context, const BarEvent& event) override {
    fast_.update(event.close);
    slow_.update(event.close);
    const Bar& bar = event.bar;
    const bool single = bar.open == bar.high && bar.high == bar.low && bar.low == bar.close;
    if (!fast_.ready() || !slow_.ready() || single) return;
    const Side side = fast_.value() >= slow_.value() ? Side::Buy : Side::Sell;
    const std::int64_t position = context.position(0).value;
    if (position * sign_of(side) > 0) return;
    if (position != 0) context.submit({.side = side, .type = OrderType::Market, .quantity = {std::abs(position)}});
    context.submit({.side = side, .type = OrderType::Market, .quantity = {lots_ * context.instrument(0).lot.value}});
  }

 private:
  Average fast_, slow_;
  BarSpec bar_;
  std::int64_t lots_;
};

}  // namespace

STOM_STRATEGY(nautilus_ema_cross, NautilusEmaCross, "the peer's example strategy, for the benchmark")

}  // namespace stom
