#include "trade/execution_view.hpp"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "core/decimal.hpp"
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

/// What is under way of it at the venue, as our side knows it. Of several strategies each has numbers of its own.
Json order_of(const orders::Execution& execution, const SessionExecution& one) {
  const WorkingOrder* order = execution.child() == 0 ? nullptr : one.context->order(execution.child());
  if (order == nullptr) return nullptr;
  const Instrument& of = one.context->instrument(order->instrument);
  const bool is_shared = one.what.owner != orders::kSessionsOwn;
  Json price;
  if (order->type != OrderType::Market) price = format_decimal_trimmed(Int128{order->price.value}, of.price_decimals);
  return {{"order", is_shared ? orders::shared_id(one.what.owner, order->id) : order->id},
          {"price", std::move(price)},
          {"quantity", quantity_text(of, order->quantity)},
          {"filled", quantity_text(of, order->quantity - order->leaves)}};
}

Json execution_json(const SessionExecution& one) {
  const orders::Execution& execution = *one.orders->execution();
  const orders::ExecutionPlan& plan = execution.plan();
  const Instrument& of = one.context->instrument(plan.instrument);
  Json average, ends;
  if (execution.traded_quantity() > 0)
    average = format_decimal_trimmed(divide(execution.traded_value(), execution.traded_quantity(), Rounding::HalfEven),
                                     of.price_decimals);
  if (plan.over > 0) ends = execution.began() + plan.over;
  return {{"execution", one.orders->number()},
          {"kind", orders::name_of(plan.kind)},
          {"instrument", of.id},
          {"side", plan.side == Side::Buy ? kToBuy : kToSell},
          {"quantity", quantity_text(of, plan.quantity)},
          {"filled", quantity_text(of, execution.filled())},
          {"done_percent", format_decimal(Int128{execution.filled().value} * 1'000 / plan.quantity.value, 1)},
          {"orders", execution.children()},
          {"working", order_of(execution, one)},
          {"average_price", std::move(average)},
          {"begun", execution.began()},
          {"ends", std::move(ends)},
          {"state", state_of(execution)}};
}

}  // namespace

std::string stop_execution_act(const ExecutionStop& stop) {
  const auto& [instrument, side, owner] = stop.what;
  return fmt::format("{}{} {} {}{}", kStopExecutionAct, stop.number, instrument, side == Side::Buy ? kToBuy : kToSell,
                     owner == orders::kSessionsOwn ? "" : fmt::format(" {}", owner));
}

std::optional<ExecutionStop> execution_stopped_by(std::string_view act) {
  if (!act.starts_with(kStopExecutionAct)) return std::nullopt;
  act.remove_prefix(kStopExecutionAct.size());
  ExecutionStop stop;
  if (!take_number(act, stop.number) || !take_number(act, stop.what.instrument)) return std::nullopt;
  const std::string_view side = act.substr(0, act.find(' '));
  if (side != kToBuy && side != kToSell) return std::nullopt;
  stop.what.side = side == kToBuy ? Side::Buy : Side::Sell;
  act.remove_prefix(side.size());
  if (act.empty()) return stop;
  const char* const end = act.data() + act.size();
  const auto [at, wrong] = std::from_chars(act.data() + 1, end, stop.what.owner);
  return wrong == std::errc{} && at == end ? std::optional{stop} : std::nullopt;
}

std::vector<StoppedExecution> executions_stopped_by(std::span<const std::string> acts) {
  std::vector<StoppedExecution> all;
  for (const std::string& act : acts)
    if (const auto stop = execution_stopped_by(act)) all.push_back(stop->what);
  return all;
}

void each_execution(const ExecutionsOf& of, const std::function<void(const SessionExecution&)>& show) {
  const auto tell = [&](orders::Owner owner, Context& context, ExecutionOrders& one) {
    const orders::ExecutionPlan& plan = one.execution()->plan();
    const InstrumentIndex instrument =
        of.several != nullptr ? of.several->of_run(owner, plan.instrument) : plan.instrument;
    show({&one, &context, {instrument, plan.side, owner}});
  };
  if (of.several != nullptr) return of.several->each_execution_of(tell);
  of.strategy.each_execution([&](ExecutionOrders& one) { tell(orders::kSessionsOwn, of.run, one); });
}

std::optional<SessionExecution> running_execution(const ExecutionsOf& of, std::uint64_t number) {
  std::optional<SessionExecution> found;
  each_execution(of, [&](const SessionExecution& one) {
    if (one.orders->number() == number && !one.orders->is_over()) found = one;
  });
  return found;
}

Json executions_json(const ExecutionsOf& of) {
  Json all = Json::array();
  each_execution(of, [&](const SessionExecution& one) {
    all.push_back(execution_json(one));
    if (of.several != nullptr) all.back()["strategy"] = of.several->name_of(one.what.owner);
  });
  return {{"executions", std::move(all)}};
}

}  // namespace stom::trade
