#include "trade/execution_view.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "core/decimal.hpp"
#include "strategies/execution_orders.hpp"
#include "trade/reconciliation.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kToBuy = "buy", kToSell = "sell";

/// Takes a number and the blank behind it off the front.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || end == text.data() + text.size() || *end != ' ') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return true;
}

std::string_view state_of(const orders::Execution& execution) {
  if (execution.is_over()) return orders::name_of(execution.end());
  return execution.is_stopping() ? "stopping" : "running";
}

/// What is under way of it at the venue, as our side knows it.
Json order_of(const orders::Execution& execution, const Context& context) {
  const WorkingOrder* order = execution.child() == 0 ? nullptr : context.order(execution.child());
  if (order == nullptr) return nullptr;
  const Instrument& of = context.instrument(order->instrument);
  Json price;
  if (order->type != OrderType::Market) price = format_decimal_trimmed(Int128{order->price.value}, of.price_decimals);
  return {{"order", order->id},
          {"price", std::move(price)},
          {"quantity", quantity_text(of, order->quantity)},
          {"filled", quantity_text(of, order->quantity - order->leaves)}};
}

Json execution_json(const ExecutionOrders& one, const Context& context) {
  const orders::Execution& execution = *one.execution();
  const orders::ExecutionPlan& plan = execution.plan();
  const Instrument& of = context.instrument(plan.instrument);
  Json average, ends;
  if (execution.traded_quantity() > 0)
    average = format_decimal_trimmed(divide(execution.traded_value(), execution.traded_quantity(), Rounding::HalfEven),
                                     of.price_decimals);
  if (plan.over > 0) ends = execution.began() + plan.over;
  return {{"execution", one.number()},
          {"kind", orders::name_of(plan.kind)},
          {"instrument", of.id},
          {"side", plan.side == Side::Buy ? kToBuy : kToSell},
          {"quantity", quantity_text(of, plan.quantity)},
          {"filled", quantity_text(of, execution.filled())},
          {"done_percent", format_decimal(Int128{execution.filled().value} * 1'000 / plan.quantity.value, 1)},
          {"orders", execution.children()},
          {"working", order_of(execution, context)},
          {"average_price", std::move(average)},
          {"begun", execution.began()},
          {"ends", std::move(ends)},
          {"state", state_of(execution)}};
}

}  // namespace

std::string stop_execution_act(const ExecutionStop& stop) {
  return fmt::format("{}{} {} {}", kStopExecutionAct, stop.number, stop.instrument,
                     stop.side == Side::Buy ? kToBuy : kToSell);
}

std::optional<ExecutionStop> execution_stopped_by(std::string_view act) {
  if (!act.starts_with(kStopExecutionAct)) return std::nullopt;
  act.remove_prefix(kStopExecutionAct.size());
  ExecutionStop stop;
  if (!take_number(act, stop.number) || !take_number(act, stop.instrument) || (act != kToBuy && act != kToSell))
    return std::nullopt;
  stop.side = act == kToBuy ? Side::Buy : Side::Sell;
  return stop;
}

std::vector<std::pair<InstrumentIndex, Side>> executions_stopped_by(std::span<const std::string> acts) {
  std::vector<std::pair<InstrumentIndex, Side>> all;
  for (const std::string& act : acts)
    if (const auto stop = execution_stopped_by(act)) all.emplace_back(stop->instrument, stop->side);
  return all;
}

ExecutionOrders* running_execution(Strategy& strategy, std::uint64_t number) {
  ExecutionOrders* found = nullptr;
  strategy.each_execution([&](ExecutionOrders& one) {
    if (one.number() == number && !one.is_over()) found = &one;
  });
  return found;
}

Json executions_json(Strategy& strategy, const Context& context) {
  Json all = Json::array();
  strategy.each_execution([&](const ExecutionOrders& one) { all.push_back(execution_json(one, context)); });
  return {{"executions", std::move(all)}};
}

}  // namespace stom::trade
