#include "strategies/execution_orders.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "model/order_words.hpp"

namespace stom {
namespace {

using orders::ExecutionEnd;

std::string end_of_execution(const orders::Execution& execution) {
  switch (execution.end()) {
    case ExecutionEnd::None:
      break;
    case ExecutionEnd::Filled:
      return "all of it";
    case ExecutionEnd::Time:
      return "its time is over, the rest is left";
    case ExecutionEnd::TooSmall:
      return "the rest is less than an order may be, and is left";
    case ExecutionEnd::Stopped:
      return "stopped, the rest is left";
    case ExecutionEnd::Refused:
      return fmt::format("refused again and again ({}), the rest is left", name_of(execution.refusal()));
    case ExecutionEnd::NothingHeld:
      return "nothing is held that it could reduce, the rest is left";
  }
  return "it goes on";
}

}  // namespace

Result<void> ExecutionOrders::begin(Context& context, orders::ExecutionPlan plan) {
  if (!is_over()) return fail(Errc::Usage, "an execution is under way already", "stop() it, and begin once it is over");
  if (plan.instrument >= context.instruments())
    return fail(Errc::Usage, "an execution in an instrument that there is not", "name one of the run's");
  const Instrument& instrument = context.instrument(plan.instrument);
  if (auto possible = orders::check(plan, instrument); !possible) return possible;
  execution_.emplace(std::move(plan), instrument, context.now());
  number_ = context.next_execution();
  said_ = false;
  return {};
}

Result<bool> ExecutionOrders::resume(Context& context, orders::ExecutionPlan plan, ClientOrderId first) {
  const InstrumentIndex index = plan.instrument;
  const Side side = plan.side;
  Quantity filled{};
  // Those of brackets and of venues have other numbers, what a person sent beside us has none. Of what a person took
  // over we would never hear the end.
  const auto ours = [&](ClientOrderId id) {
    return id != 0 && id >= first && id <= kParentIds && context.hears_of(id);
  };
  for (const Fill& fill : context.earlier_fills())
    if (fill.instrument == index && fill.side == side && ours(fill.order)) filled += fill.quantity;
  const WorkingOrder* child = nullptr;
  for (const WorkingOrder& order : context.orders())
    if (order.instrument == index && order.side == side && ours(order.id)) child = &order;  // the newest
  const bool was_stopped = context.execution_was_stopped(index, side);
  if (first == 0 && filled.value == 0 && child == nullptr && !was_stopped) return false;
  if (auto begun = begin(context, std::move(plan)); !begun) return std::unexpected(begun.error());
  execution_->resume(filled, child);
  if (was_stopped) execution_->stop();  // the next step() says so
  return true;
}

void ExecutionOrders::step(Context& context) {
  if (!execution_ || execution_->is_over()) return;
  const InstrumentIndex index = execution_->plan().instrument;
  const BookView& book = context.book(index);
  const orders::ExecutionWish wish = execution_->next({.now = context.now(),
                                                       .bid = book.stale ? kNoPrice : book.best_bid,
                                                       .ask = book.stale ? kNoPrice : book.best_ask,
                                                       .position = context.position(index)});
  if (wish.kind == orders::ExecutionWish::Kind::Submit) execution_->sent(context.submit(wish.order));
  if (wish.kind == orders::ExecutionWish::Kind::Cancel) context.cancel(wish.cancel);
  say_end(context);
}

void ExecutionOrders::on_trade(Context& context, const TradeTick& trade) {
  if (is_over() || trade.instrument != execution_->plan().instrument) return;
  execution_->traded(trade.quantity);
  step(context);
}

void ExecutionOrders::on_order(Context& context, const OrderEvent& event) {
  if (!execution_) return;
  execution_->told(event, context.now());
  step(context);
  say_end(context);  // also where it was over by what was told
}

void ExecutionOrders::stop(Context& context) {
  if (is_over()) return;
  execution_->stop();
  step(context);
}

void ExecutionOrders::say_end(Context& context) {
  if (said_ || !execution_->is_over()) return;
  said_ = true;
  const Instrument& instrument = context.instrument(execution_->plan().instrument);
  const auto quantity = [&](Quantity of) { return format_decimal(of.value, instrument.quantity_decimals); };
  std::string average;
  if (execution_->traded_quantity() > 0)
    average = fmt::format(" at {} on average", format_decimal(divide(execution_->traded_value(),
                                                                     execution_->traded_quantity(), Rounding::HalfEven),
                                                              instrument.price_decimals));
  context.log(fmt::format("execution: {} {} {} of {} in {} orders{}: {}", instrument.id,
                          execution_->plan().side == Side::Buy ? "bought" : "sold", quantity(execution_->filled()),
                          quantity(execution_->plan().quantity), execution_->children(), average,
                          end_of_execution(*execution_)));
}

}  // namespace stom
