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
      journal_{std::move(options_.journal)},
      state_{options_.restored ? std::move(*options_.restored)
                               : orders::AccountState{engine.market().size(), options_.cash}} {
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

std::optional<bool> Run::watched(InstrumentIndex index) const { return engine_.market_[index].watched; }

std::int64_t Run::twice_price(InstrumentIndex index) const { return engine_.market_[index].twice_mid(); }

Money Run::equity(InstrumentIndex index) const {
  const InstrumentMarket& market = engine_.market_[index];
  const orders::AccountState::Holding& holding = state_.holding(index);
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

std::span<const Fill> Run::earlier_fills() const {
  STOM_ASSERT(starting_);
  return state_.fills();
}

bool Run::was_stopped(const StoppedExecution& execution) const {
  STOM_ASSERT(starting_);
  return std::ranges::find(options_.stopped_executions, execution) != options_.stopped_executions.end();
}

bool Run::hears_of(ClientOrderId id) const { return std::ranges::find(options_.unheard, id) == options_.unheard.end(); }

std::string_view Run::kept(KeptWords::Of of) const {
  STOM_ASSERT(starting_);
  return options_.kept.word(of);
}

ClientOrderId Run::submit(const NewOrder& wanted) {
  STOM_ASSERT(!starting_);
  NewOrder order = wanted;
  if (order.id == 0) order.id = next_id();
  const std::uint64_t request = state_.next_request();
  journal_.submit(now(), request, order);
  state_.submitted(request, order);
  ++engine_.commands_;
  engine_.venue_.submit(index_, request, order, now());
  return order.id;
}

void Run::adopt(const NewOrder& order, std::string_view venue_order_id, bool heard) {
  STOM_ASSERT(!starting_ && order.id != 0);
  if (!heard) options_.unheard.push_back(order.id);
  const std::uint64_t request = state_.next_request();
  journal_.submit(now(), request, order);
  state_.submitted(request, order);
  ++engine_.commands_;
  engine_.venue_.adopt(index_, request, order, venue_order_id, now());
}

void Run::cancel(ClientOrderId id) {
  const WorkingOrder* order = state_.order(id);
  if (order == nullptr || order->cancel_pending) return;
  const std::uint64_t request = state_.next_request();
  journal_.cancel(now(), request, id);
  state_.cancel_asked(request, id);
  ++engine_.commands_;
  engine_.venue_.cancel(index_, request, {id, order->instrument}, now());
}

void Run::tag(ClientOrderId id, std::string_view exit_reason) { state_.tag(id, exit_reason); }
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
void Run::subscribe_watch(InstrumentIndex index) { engine_.subscribe(*this, index, Engine::kWatch); }

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
  reserve_large(state_.fills(), bars / kBarsAFill);
}

void Run::start() {
  if (options_.restored) {
    journal_.restart(now(), options_.configuration);
    state_.restarted();
  } else {
    journal_.configuration(options_.configuration);
  }
  starting_ = true;
  strategy_->on_start(*this);
  starting_ = false;
  if (!options_.keeps_history) state_.keep_no_history();
}

void Run::on_answer(const Answer& answer) {
  const OrderEvent& event = answer.event;
  journal_.event(event, answer.request);
  state_.told(answer.request, event, instrument(event.instrument));
  if (options_.owned != nullptr && event.kind == OrderEventKind::Filled)
    options_.owned->book(fill_of(event), instrument(event.instrument));
  if (event.kind == OrderEventKind::Filled || event.kind == OrderEventKind::Funding) choose_mark();
  if (event.kind != OrderEventKind::Funding) strategy_->on_order(*this, event);
}

Money Run::whole_equity() const {
  Money sum{};
  for (InstrumentIndex i = 0; i < state_.holdings().size(); ++i) sum += equity(i);
  return sum;
}

/// Once cash or a position has changed. Nearly always there is at most one position, and its worth follows its price.
void Run::choose_mark() {
  Money cash{};
  InstrumentIndex open = 0;
  std::size_t positions = 0;
  for (InstrumentIndex i = 0; i < state_.holdings().size(); ++i) {
    cash += state_.holding(i).cash;
    if (state_.holding(i).position.value == 0) continue;
    open = i;
    ++positions;
  }
  const Instrument& held = instrument(open);
  mark_ = nullptr;
  if (positions > 1 || (positions == 1 && held.kind == ContractKind::Inverse)) return;
  mark_ = &engine_.market_[open];
  equity_curve_.hold(cash, positions == 0 ? Money{} : value_of(held, {1}, state_.holding(open).position));
}

}  // namespace stom
