#include "engine/run.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "engine/engine.hpp"
#include "model/cash_flow.hpp"

namespace stom {

Run::Run(Engine& engine, RunIndex index, std::unique_ptr<Strategy> strategy, RunOptions options)
    : engine_{engine},
      index_{index},
      strategy_{std::move(strategy)},
      options_{std::move(options)},
      holdings_(engine.market().size()) {
  holdings_[0].cash = options_.cash;
  choose_mark();
}

UnixNanos Run::now() const { return engine_.now_; }
std::size_t Run::instruments() const {
  return options_.instruments != 0 ? options_.instruments : engine_.market_.size();
}
const Instrument& Run::instrument(InstrumentIndex index) const { return engine_.market_[index].instrument(); }
const BookView& Run::book(InstrumentIndex index) const {
  InstrumentMarket& market = engine_.market_[index];
  market.refresh();  // also where the call is about another instrument
  return market;
}

const WorkingOrder* Run::order(ClientOrderId id) const {
  const auto it = std::find_if(orders_.begin(), orders_.end(), [id](const WorkingOrder& o) { return o.id == id; });
  return it == orders_.end() ? nullptr : &*it;
}

WorkingOrder* Run::find(ClientOrderId id) {
  const WorkingOrder* found = order(id);
  return found == nullptr ? nullptr : orders_.data() + (found - orders_.data());
}

Money Run::equity(InstrumentIndex index) const {
  const InstrumentMarket& market = engine_.market_[index];
  const Holding& holding = holdings_[index];
  return holding.cash + worth_of(market.instrument(), holding.position, market.twice_mid());
}

std::optional<Money> Run::cost_of_taking(InstrumentIndex index, Side side, Price price, Quantity quantity) const {
  return engine_.venue_.charge_of(index_, {.kind = OrderEventKind::Filled,
                                           .side = side,
                                           .liquidity = Liquidity::Taker,
                                           .instrument = index,
                                           .time = now(),
                                           .price = price,
                                           .quantity = quantity});
}

ClientOrderId Run::submit(const NewOrder& wanted) {
  STOM_ASSERT(!starting_);
  NewOrder order = wanted;
  if (order.id == 0) order.id = next_id_;
  next_id_ = std::max(next_id_, order.id + 1);
  const std::uint64_t request = next_request_++;
  journal_.submit(now(), request, order);
  ++submitted_;
  ++engine_.commands_;
  orders_.push_back({.id = order.id,
                     .instrument = order.instrument,
                     .side = order.side,
                     .type = order.type,
                     .price = order.price,
                     .quantity = order.quantity,
                     .leaves = order.quantity,
                     .request = request});
  engine_.venue_.submit(index_, request, order, now());
  return order.id;
}

void Run::cancel(ClientOrderId id) {
  WorkingOrder* order = find(id);
  if (order == nullptr || order->cancel_pending) return;
  const std::uint64_t request = next_request_++;
  journal_.cancel(now(), request, id);
  ++engine_.commands_;
  order->cancel_pending = true;
  order->request = request;
  engine_.venue_.cancel(index_, request, {id, order->instrument}, now());
}

void Run::tag(ClientOrderId id, std::string_view exit_reason) { exit_reasons_[id] = exit_reason; }
void Run::log(std::string_view line) {
  journal_.log(now(), line);
  if (first_lines_.size() < kLines) {
    first_lines_.emplace_back(line);
    return;
  }
  last_lines_.emplace_back(line);
  if (last_lines_.size() <= kLines) return;
  last_lines_.pop_front();
  ++lines_between_;
}

std::vector<std::string> Run::lines() const {
  std::vector<std::string> all{first_lines_.begin(), first_lines_.end()};
  if (lines_between_ > 0) all.push_back("... (" + std::to_string(lines_between_) + " lines more in the journal)");
  all.insert(all.end(), last_lines_.begin(), last_lines_.end());
  return all;
}

void Run::every(DurationNanos interval) {
  STOM_ASSERT(starting_ && interval > 0);
  interval_ = interval;
  next_timer_ = now() + interval;
}

void Run::wake_at(UnixNanos time) {
  STOM_ASSERT(interval_ == 0 && time > now());
  // While timers fire. Elsewhere the engine may be on its way to a later instant already.
  STOM_ASSERT(starting_ || engine_.next_timer_ == now());
  next_timer_ = time;
}

void Run::subscribe_book(InstrumentIndex index) { engine_.subscribe(*this, index, Engine::kBook); }
void Run::subscribe_trades(InstrumentIndex index) { engine_.subscribe(*this, index, Engine::kTrades); }
void Run::subscribe_quotes(InstrumentIndex index) { engine_.subscribe(*this, index, Engine::kQuotes); }

std::uint32_t Run::subscribe_bars(InstrumentIndex index, const BarSpec& spec) {
  STOM_ASSERT(starting_);
  auto& all = engine_.series_;
  auto it = std::find_if(all.begin(), all.end(),
                         [&](const Engine::Series& s) { return s.instrument == index && s.spec == spec; });
  if (it == all.end()) it = all.insert(all.end(), Engine::Series{index, spec, {}, {}, {}, {}});
  // Asked for again it is the same, and comes once.
  const auto own = [this](const Engine::Series::Reader& reader) { return reader.run == this; };
  if (std::ranges::none_of(it->readers, own)) it->readers.push_back({this, strategy_.get()});
  engine_.called_for_[index] |= Engine::kBars;
  engine_.any_subscription_ = true;
  return static_cast<std::uint32_t>(it - all.begin());
}

std::uint32_t Run::subscribe_rows(InstrumentIndex index, const RowSpec& spec) {
  STOM_ASSERT(starting_ && index < engine_.market_.size());
  auto& all = engine_.rows_;
  auto it = std::find_if(all.begin(), all.end(),
                         [&](const Engine::Rows& r) { return r.instrument == index && r.spec == spec; });
  if (it == all.end()) it = all.insert(all.end(), Engine::Rows{index, spec, {}, {}});
  if (std::ranges::find(it->readers, this) == it->readers.end()) it->readers.push_back(this);
  engine_.any_subscription_ = true;
  return static_cast<std::uint32_t>(it - all.begin());
}

const SharedIndicator& Run::shared(std::uint32_t series, std::string_view key,
                                   const std::function<std::unique_ptr<SharedIndicator>()>& make) {
  STOM_ASSERT(starting_ && series < engine_.series_.size());
  auto& [instrument, spec, readers, indicators, keys, builder] = engine_.series_[series];
  const auto it = std::find(keys.begin(), keys.end(), key);
  if (it != keys.end()) return *indicators[static_cast<std::size_t>(it - keys.begin())];
  keys.emplace_back(key);
  return *indicators.emplace_back(make());
}

void Run::expect_bars(std::size_t bars) {
  constexpr std::size_t kBarsAFill = 16;  // of a strategy that trades often
  equity_curve_.reserve(bars + 1);
  reserve_large(fills_, bars / kBarsAFill);
}

void Run::start() {
  journal_.configuration(options_.configuration);
  starting_ = true;
  strategy_->on_start(*this);
  starting_ = false;
}

void Run::book_fill(const OrderEvent& event) {
  Holding& holding = holdings_[event.instrument];
  const Instrument& traded = instrument(event.instrument);
  const int sign = sign_of(event.side);
  holding.position.value += sign * event.quantity.value;
  holding.cash += cash_of_fill(traded, event.side, event.price, event.quantity) - event.fee;
  total_fee_ += event.fee;
  choose_mark();
  if (event.id & kStopLossChild) exit_reasons_[event.id] = "stop_loss";
  if (event.id & kTakeProfitChild) exit_reasons_[event.id] = "take_profit";
  if (event.id & kEndOfDataChild) exit_reasons_[event.id] = "end_of_data";
  if (event.id & kLiquidationChild) exit_reasons_[event.id] = "liquidation";
  fills_.push_back({event.time, event.local_time, event.instrument, event.side, event.liquidity, event.id, event.price,
                    event.quantity, event.fee});
}

void Run::book_funding(const OrderEvent& event) {
  holdings_[event.instrument].cash -= event.fee;
  choose_mark();
  payments_.push_back({event.time, event.instrument, event.price, event.quantity, event.fee});
}

void Run::on_answer(const Answer& answer) {
  const OrderEvent& event = answer.event;
  journal_.event(event, answer.request);
  if (event.kind == OrderEventKind::Funding) return book_funding(event);
  if (event.kind == OrderEventKind::Filled) book_fill(event);
  if (event.kind == OrderEventKind::Rejected) ++refused_[static_cast<std::size_t>(event.reason)];
  WorkingOrder* order = find(event.id);
  bool finished = false;
  if (order != nullptr) {
    switch (event.kind) {
      case OrderEventKind::Accepted:
        order->status = OrderStatus::Working;
        break;
      case OrderEventKind::Filled:
        order->leaves = event.leaves;
        finished = event.leaves.value == 0;
        break;
      case OrderEventKind::CancelRejected:
        // An old cancel must not clear the mark of a newer request about an order that reuses the id.
        if (order->request == answer.request) order->cancel_pending = false;
        break;
      case OrderEventKind::Triggered:
        break;
      default:
        finished = true;
    }
    if (finished) orders_.erase(orders_.begin() + (order - orders_.data()));
  }
  strategy_->on_order(*this, event);
}

Money Run::whole_equity() const {
  Money sum{};
  for (InstrumentIndex i = 0; i < holdings_.size(); ++i) sum += equity(i);
  return sum;
}

/// Once cash or a position has changed. Nearly always there is at most one position, and its worth follows its price.
void Run::choose_mark() {
  Money cash{};
  InstrumentIndex open = 0;
  std::size_t positions = 0;
  for (InstrumentIndex i = 0; i < holdings_.size(); ++i) {
    cash += holdings_[i].cash;
    if (holdings_[i].position.value == 0) continue;
    open = i;
    ++positions;
  }
  const Instrument& held = instrument(open);
  mark_ = nullptr;
  if (positions > 1 || (positions == 1 && held.kind == ContractKind::Inverse)) return;
  mark_ = &engine_.market_[open];
  equity_curve_.hold(cash, positions == 0 ? Money{} : value_of(held, {1}, holdings_[open].position));
}

}  // namespace stom
