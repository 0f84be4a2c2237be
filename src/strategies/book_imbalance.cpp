// book_imbalance: follows the side of the order book that has more waiting on it. Long while the bids of the best
// levels outweigh the asks by `entry`, out once they no longer do; with direction=both also the mirror image.
// docs/strategies/book_imbalance.md
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class BookImbalance final : public Strategy {
 public:
  explicit BookImbalance(Parameters& p)
      : interval_{p.duration("interval", "100ms", "time between decisions")},
        levels_{static_cast<std::size_t>(p.integer("levels", 5, 1, 1000, "best levels of each side that count"))},
        entry_{p.number("entry", 0.6, 0, 1, "imbalance (bids - asks) / (bids + asks) at which to enter")},
        exit_{p.number("exit", 0, -1, 1, "imbalance at which to leave")},
        size_{p} {}

  void on_start(Context& context) override { context.every(interval_); }

  void on_timer(Context& context) override {
    const BookView& book = context.book(0);
    if (!book.two_sided() || book.stale) return;  // what is not known is no reason to trade
    const double imbalance = imbalance_of(book);
    const int held = held_side(context);
    if (imbalance >= entry_) {
      size_.go(context, 1, "bids outweigh asks");
    } else if (imbalance <= -entry_ && size_.both()) {
      size_.go(context, -1, "asks outweigh bids");
    } else if ((held > 0 && imbalance <= exit_) || (held < 0 && imbalance >= -exit_)) {
      size_.go(context, 0, "balance is back");
    }
  }

 private:
  double imbalance_of(const BookView& book) const {
    Int128 bids = 0, asks = 0;
    for (std::size_t i = 0; i < levels_; ++i) {
      bids += book.bid(i).quantity.value;
      asks += book.ask(i).quantity.value;
    }
    return static_cast<double>(bids - asks) / static_cast<double>(bids + asks);
  }

  DurationNanos interval_;
  std::size_t levels_;
  double entry_, exit_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(book_imbalance, BookImbalance, "follows the side of the order book with more waiting on it")

}  // namespace stom
