#include "replay/session_strategy.hpp"

#include <utility>

namespace stom::replay {

SessionStrategy::SessionStrategy(std::unique_ptr<Strategy> inner, OrderDesk& desk, SessionListener& listener)
    : inner_{std::move(inner)}, desk_{desk}, listener_{listener} {}

/// One call of the inner strategy, and what it caused.
template <class Call>
void SessionStrategy::tell(Context& run, Call call) {
  run_ = &run;
  if (inner_) call(*inner_);
  // Told once: a strategy that answers every refusal with another order would never end. Later ones are dropped.
  for (const OrderEvent& event : std::exchange(denied_, {})) inner_->on_order(*this, event);
  denied_.clear();
}

void SessionStrategy::on_start(Context& run) {
  wants_trades_.assign(run.instruments(), false);
  for (InstrumentIndex i = 0; i < run.instruments(); ++i) run.subscribe_trades(i);
  tell(run, [this](Strategy& s) { s.on_start(*this); });
}

void SessionStrategy::on_book(Context& run, InstrumentIndex index) {
  tell(run, [&](Strategy& s) { s.on_book(*this, index); });
}

void SessionStrategy::on_trade(Context& run, const TradeTick& trade) {
  listener_.on_public_trade(trade);
  if (wants_trades_[trade.instrument]) tell(run, [&](Strategy& s) { s.on_trade(*this, trade); });
}

void SessionStrategy::on_quote(Context& run, InstrumentIndex index, const Level& bid, const Level& ask) {
  tell(run, [&](Strategy& s) { s.on_quote(*this, index, bid, ask); });
}

void SessionStrategy::on_watch(Context& run, InstrumentIndex index) {
  tell(run, [&](Strategy& s) { s.on_watch(*this, index); });
}

void SessionStrategy::on_bar(Context& run, const BarEvent& bar) {
  tell(run, [&](Strategy& s) { s.on_bar(*this, bar); });
}

void SessionStrategy::on_row(Context& run, const RowEvent& row) {
  tell(run, [&](Strategy& s) { s.on_row(*this, row); });
}

void SessionStrategy::on_order(Context& run, const OrderEvent& event) {
  FillRow fill;
  if (const OrderRow* row = desk_.on_event(event, fill)) {
    if (fill.number != 0) listener_.on_fill_row(fill);
    listener_.on_order_answer(*row, event);
    listener_.on_order_row(*row);
  }
  // Asked now: an order of a bracket is a row from here on, of whoever sent the bracket.
  const bool filled = event.kind == OrderEventKind::Filled;
  if (filled || !desk_.is_manual(event.id)) tell(run, [&](Strategy& s) { s.on_order(*this, event); });
}

void SessionStrategy::on_timer(Context& run) {
  tell(run, [this](Strategy& s) { s.on_timer(*this); });
}

void SessionStrategy::on_stop(Context& run) {
  tell(run, [this](Strategy& s) { s.on_stop(*this); });
}

std::span<const WorkingOrder> SessionStrategy::orders() const {
  own_orders_.clear();
  for (const auto& order : run_->orders())
    if (!desk_.is_manual(order.id)) own_orders_.push_back(order);
  return own_orders_;
}

const WorkingOrder* SessionStrategy::order(ClientOrderId id) const {
  return desk_.is_manual(id) ? nullptr : run_->order(id);
}

ClientOrderId SessionStrategy::submit(const NewOrder& order) {
  if (paused_) {
    OrderEvent event;
    event.kind = OrderEventKind::Denied;
    event.reason = RejectReason::Unsupported;
    event.side = order.side;
    event.instrument = order.instrument;
    event.id = order.id != 0 ? order.id : ++denied_id_;
    event.time = event.local_time = run_->now();
    denied_.push_back(event);
    return event.id;
  }
  NewOrder sent = order;
  sent.id = run_->submit(order);
  listener_.on_order_row(desk_.submitted(sent, OrderSource::Strategy, run_->now()));
  return sent.id;
}

void SessionStrategy::cancel(ClientOrderId id) {
  if (!desk_.is_manual(id)) run_->cancel(id);
}

void SessionStrategy::log(std::string_view line) {
  run_->log(line);
  listener_.on_strategy_line(run_->now(), line);
}

}  // namespace stom::replay
