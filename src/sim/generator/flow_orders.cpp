#include "sim/generator/flow_orders.hpp"

namespace stom::sim {
namespace {
constexpr std::size_t kMessagesAtOnce = 256;
}

FlowOrders::FlowOrders(const FlowConfig& config) : flow_{config, &events_} {}

const FlowEvent* FlowOrders::next() {
  while (at_ == events_.size() && more_) {
    events_.clear();
    at_ = 0;
    batch_.clear();
    more_ = flow_.generate(batch_, kMessagesAtOnce);
  }
  return at_ < events_.size() ? &events_[at_] : nullptr;
}

void FlowOrders::apply(const FlowEvent& event) {
  auto& levels = levels_[static_cast<std::size_t>(event.side)];
  ++at_;
  if (event.kind == FlowEvent::Kind::Added) {
    newest_ = event.number;
    levels[event.price.value][event.number] = event.quantity;
    return;
  }
  const auto level = levels.find(event.price.value);
  const auto order = level->second.find(event.number);
  order->second -= event.quantity;
  if (order->second == 0) level->second.erase(order);
  if (level->second.empty()) levels.erase(level);
}

void FlowOrders::advance(UnixNanos time) {
  for (const FlowEvent* event = next(); event != nullptr && event->time <= time; event = next()) {
    if (event->kind == FlowEvent::Kind::Traded && !told_) return;
    apply(*event);
    told_ = told_ && event->kind != FlowEvent::Kind::Traded;
  }
}

void FlowOrders::before_trade(Side resting, Price price, std::int64_t quantity) {
  if (lost_) return;
  if (told_) apply(*next());
  told_ = false;
  const FlowEvent* event = next();
  for (; event != nullptr && event->kind != FlowEvent::Kind::Traded; event = next()) apply(*event);
  told_ = event != nullptr && event->side == resting && event->price == price && event->quantity == quantity;
  lost_ = !told_;
}

std::int64_t FlowOrders::ahead(Side side, Price price, OrderNumber number) const {
  const auto& levels = levels_[static_cast<std::size_t>(side)];
  const auto level = levels.find(price.value);
  if (level == levels.end()) return 0;
  std::int64_t sum = 0;
  for (auto order = level->second.begin(); order != level->second.end() && order->first <= number; ++order)
    sum += order->second;
  return sum;
}

}  // namespace stom::sim
