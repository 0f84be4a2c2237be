// idle: listens and does nothing. It shows what market data alone costs (docs/benchmarks.md), and is the smallest
// strategy there is. docs/strategies/idle.md
#include "strategies/registry.hpp"

namespace stom {
namespace {

class Idle final : public Strategy {
 public:
  explicit Idle(Parameters& p)
      : listen_{p.choice("listen", "none", "none|book|trades|quotes", "what it is called for")} {}

  void on_start(Context& context) override {
    for (InstrumentIndex i = 0; i < context.instruments(); ++i) {
      if (listen_ == 1) context.subscribe_book(i);
      if (listen_ == 2) context.subscribe_trades(i);
      if (listen_ == 3) context.subscribe_quotes(i);
    }
  }

 private:
  std::size_t listen_;
};

}  // namespace

STOM_STRATEGY(idle, Idle, "listens and does nothing: what market data alone costs")

}  // namespace stom
