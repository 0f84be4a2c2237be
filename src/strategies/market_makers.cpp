#include "strategies/market_makers.hpp"

#include "strategies/registry.hpp"

namespace stom {

JoinTheTouch::JoinTheTouch(Parameters& p, bool keep)
    : keep_{keep},
      interval_{p.duration("interval", "100ms", "time between decisions")},
      order_lots_{p.integer("lots", 1, 1, 1'000'000'000, "size of each order, in lots")},
      max_lots_{p.integer("max", 10, 1, 1'000'000'000, "largest position either way, in lots")} {}

void JoinTheTouch::on_start(Context& context) { context.every(interval_); }

void JoinTheTouch::on_timer(Context& context) {
  const BookView& book = context.book(0);
  if (!book.two_sided()) return;
  const std::int64_t lot = context.instrument(0).lot.value;
  const std::int64_t position = context.position(0).value / lot;
  const bool want_bid = position < max_lots_;
  const bool want_ask = position > -max_lots_;
  bool have_bid = false, have_ask = false;
  for (const WorkingOrder& order : context.orders()) {
    if (keep_ && order.side == Side::Buy && want_bid && order.price == book.best_bid) {
      have_bid = true;
    } else if (keep_ && order.side == Side::Sell && want_ask && order.price == book.best_ask) {
      have_ask = true;
    } else if (order.cancelable()) {
      context.cancel(order.id);
    }
  }
  const Quantity quantity{order_lots_ * lot};
  if (want_bid && !have_bid)
    context.submit({.side = Side::Buy, .post_only = true, .quantity = quantity, .price = book.best_bid});
  if (want_ask && !have_ask)
    context.submit({.side = Side::Sell, .post_only = true, .quantity = quantity, .price = book.best_ask});
}

namespace {
struct Keep final : JoinTheTouch {
  explicit Keep(Parameters& p) : JoinTheTouch{p, true} {}
};
struct Replace final : JoinTheTouch {
  explicit Replace(Parameters& p) : JoinTheTouch{p, false} {}
};
}  // namespace

STOM_STRATEGY(mm_keep, Keep, "market maker: quotes the touch, keeps orders that are still on it")
STOM_STRATEGY(mm_replace, Replace, "market maker: quotes the touch, replaces every order at each decision")

}  // namespace stom
