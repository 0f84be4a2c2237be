#include "exchange/venue_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "account/tables.hpp"
#include "core/assert.hpp"
#include "model/cash_flow.hpp"
#include "sim/auction.hpp"

namespace stom::exchange {
namespace {

using venues::AccountId;
using venues::MinuteBar;
using venues::PositionSide;
using venues::VenueFill;
using venues::VenueOrder;

constexpr std::size_t kTradesKept = 1000;
constexpr std::size_t kMinutesKept = 1440;       // a day
constexpr DurationNanos kLateFill = kSecond;     // how long a fill waits for the one that is told before it
constexpr DurationNanos kOccasion = kSecond;     // how often what nobody asked for may happen
constexpr std::int64_t kForeignShare = 1000;     // a foreign order is worth one part of so many of the account's cash
constexpr std::size_t kMessagesAtOnce = 20'000;  // of one market in one turn: others want their turn too

}  // namespace

VenueHost::VenueHost(std::unique_ptr<venues::VenueServer> server, std::vector<Market> markets,
                     std::vector<venues::Credentials> credentials, const Clock& clock, Faults& faults, Sockets& sockets,
                     std::uint64_t seed, std::size_t remembered)
    : clock_{clock},
      faults_{faults},
      sockets_{sockets},
      random_{seed},
      remembered_{remembered},
      server_{std::move(server)} {
  auto terms = std::make_shared<std::vector<sim::MarketTerms>>();
  for (const Market& market : markets) {
    instruments_.push_back(market.tape->instrument());
    terms->push_back(market.terms);
  }
  listed_ = instruments_;
  const venues::AccountGrant grant = server_->grant();
  std::vector<BackOffice::Client> clients;
  AccountTerms account{.kind = grant.margin ? AccountKind::Margin : AccountKind::Cash,
                       .cash = grant.cash,
                       .base = grant.base,
                       .coin_fees = grant.coin_fees,
                       .leverage = grant.leverage};
  for (const Instrument& instrument : instruments_)
    if (grant.margin) account.brackets.push_back(margin_table(instrument.id, day_of(clock.now())).brackets);
  hedges_.resize(credentials.size());
  for (std::size_t i = 0; i < credentials.size() * (grant.margin ? 2 : 1); ++i) {
    clients.push_back({account, flat_fees(grant.maker_rate, grant.taker_rate),
                       i < credentials.size() ? std::nullopt : std::optional{i - credentials.size()}});
    models_.push_back({.fees = {.maker_rate = grant.maker_rate, .taker_rate = grant.taker_rate},
                       .account = account,
                       .markets = terms});
  }
  office_ = BackOffice::for_clients(instruments_, std::move(clients));
  last_order_ = static_cast<std::uint64_t>(clock.now() / kMillisecond) * 100;  // higher than those of an earlier run
  last_fill_ = clock.now() / kMillisecond;
  markets_.resize(markets.size());
  for (std::size_t i = 0; i < markets.size(); ++i) {
    const auto index = static_cast<InstrumentIndex>(i);
    Running& running = markets_[i];
    running.tape = std::move(markets[i].tape);
    running.matching = sim::make_matching(sim::FillRules::Stom, instruments_[i], index, models_, *this);
    for (const Bar& bar : markets[i].history) {
      running.minutes.push_back({.bar = bar, .value = notional_of(instruments_[i], bar.close, bar.volume)});
      if (running.minutes.size() > kMinutesKept) running.minutes.pop_front();
    }
    std::vector<Bar>{}.swap(markets[i].history);  // kept twice no longer than needed
    if (markets[i].terms.market.empty())
      open_matching_book(running, index, clock_.now());
    else
      open_trading_day(running, index, markets[i].begins);
  }
  server_->open(*this, std::move(credentials));
}

VenueHost::~VenueHost() = default;

UnixNanos VenueHost::now() const { return clock_.now() + faults_.value(Fault::ClockSkew) * kMillisecond; }

bool VenueHost::ended() const {
  return std::ranges::all_of(markets_, [](const Running& market) { return market.tape->ended(); });
}

Result<void> VenueHost::status() const {
  for (const Running& market : markets_)
    if (!market.tape->status()) return market.tape->status();
  return {};
}

// ---- markets ----------------------------------------------------------------------------------------------------

bool VenueHost::advance() {
  const UnixNanos wall = clock_.now();
  apply_standing_faults();
  bool behind = false;
  for (InstrumentIndex index = 0; index < markets_.size(); ++index) {
    Running& market = markets_[index];
    if (market.delisted) continue;
    Message message;
    std::span<const Level> levels;
    std::size_t played = 0;
    for (; played < kMessagesAtOnce && market.tape->next(wall, message, levels); ++played)
      play(index, message, levels, market.tape->due());
    if (played == kMessagesAtOnce) {
      behind = true;
      continue;
    }
    market.latest = std::max(market.latest, wall);
    if (market.matching->next_expiry() <= market.latest) market.matching->on_time(market.latest);
    follow_phase(market, index);
  }
  tell_overdue(late_fills_, wall);
  tell_overdue(late_acks_, wall);
  if (wall < next_occasion_) return behind;
  next_occasion_ = wall + kOccasion;
  if (faults_.strikes(Fault::ForeignOrder)) place_foreign_orders();
  constexpr std::pair<Fault, venues::Pass> kPasses[] = {{Fault::TokenExpire, venues::Pass::Token},
                                                        {Fault::ListenKeyExpire, venues::Pass::ListenKey}};
  for (const auto& [fault, pass] : kPasses)
    if (server_->has(pass) && faults_.strikes(fault)) server_->expire(pass);
  return behind;
}

/// A phase is told when it has changed.
void VenueHost::follow_phase(Running& market, InstrumentIndex index) {
  if (market.sessions == nullptr) return;
  const TradingPhase phase = market.matching->day()->phase();
  if (phase == market.phase) return;
  market.phase = phase;
  server_->on_phase(index);
}

void VenueHost::play(InstrumentIndex index, Message& message, std::span<const Level> levels, UnixNanos due) {
  Running& market = markets_[index];
  market.latest = std::max(market.latest, due);
  switch (message.kind) {
    case MessageKind::Depth:
    case MessageKind::Snapshot:
      market.event_time = message.event_time;
      market.transaction_time = message.venue_time();
      break;
    case MessageKind::Trade:
      note_trade(market, message, levels[0], instruments_[index]);
      break;
    case MessageKind::MarkPrice:
      market.mark = message;
      std::copy_n(levels.begin(), std::min<std::size_t>(levels.size(), 2), market.mark_prices);
      break;
    case MessageKind::Quote:
      break;
  }
  // What is due by then comes first: else a mark price of after it would put the next funding in place of this one.
  // Of a market with a trading day its phases say when.
  if (market.sessions == nullptr && market.matching->next_expiry() <= market.latest)
    market.matching->on_time(market.latest);
  match(market, index, message, levels, market.latest);
  // A call is told before the first book of it, and its end behind the print that ends it.
  if (!is_call(market.phase)) follow_phase(market, index);
  const bool withheld = message.kind == MessageKind::Depth && faults_.strikes(Fault::SeqGap);
  if (!withheld) server_->on_market(index, message, levels);
  follow_phase(market, index);
}

void VenueHost::match(Running& market, InstrumentIndex index, const Message& message, std::span<const Level> levels,
                      UnixNanos due) {
  constexpr std::pair<MessageKind, FeedKind> kKinds[] = {{MessageKind::Depth, FeedKind::Depth},
                                                         {MessageKind::Snapshot, FeedKind::Snapshot},
                                                         {MessageKind::Trade, FeedKind::Trade},
                                                         {MessageKind::Quote, FeedKind::Quote},
                                                         {MessageKind::MarkPrice, FeedKind::Mark}};
  const std::int64_t base_tick = instruments_[index].base_tick().value;
  market.feed_levels.clear();
  for (const Level& level : levels) market.feed_levels.push_back({level.price.value / base_tick, level.quantity.value});
  if (message.kind == MessageKind::MarkPrice && market.feed_levels.size() > 1) {
    market.feed_levels[0].quantity = message.first_update_id;
    market.feed_levels[1].quantity = message.final_update_id;
  }
  market.matching->on_message(
      {.exchange_time = due,
       .local_time = due,
       .first = market.feed_levels.data(),
       .bids = message.bids,
       .asks = message.asks,
       .instrument = index,
       .slot = 0,
       .kind = std::ranges::find(kKinds, message.kind, &std::pair<MessageKind, FeedKind>::first)->second,
       .sell_aggressor = (message.flags & kSellAggressor) != 0,
       .auction = (message.flags & kCallAuction) != 0,
       .replaces_book = message.kind == MessageKind::Snapshot || !market.tape->has_depth()});
}

/// The book that the tape starts with, for the matching side.
void VenueHost::open_matching_book(Running& market, InstrumentIndex index, UnixNanos due) {
  if (!market.tape->has_depth()) return;
  venues::BookView view;
  book(index, SIZE_MAX, view);
  std::vector<Level> levels = view.bids;
  levels.insert(levels.end(), view.asks.begin(), view.asks.end());
  Message message;
  message.kind = MessageKind::Snapshot;
  message.bids = static_cast<std::uint32_t>(view.bids.size());
  message.asks = static_cast<std::uint32_t>(view.asks.size());
  match(market, index, message, levels, due);
}

/// While the market is closed there is no book; what rests and what is taken is the trading day's to say.
void VenueHost::open_trading_day(Running& market, InstrumentIndex index, UnixNanos begins) {
  market.sessions = sim::session_table(models_.front().markets->at(index).market);
  STOM_ASSERT(market.sessions != nullptr);
  Message nothing;
  nothing.kind = MessageKind::Snapshot;
  match(market, index, nothing, {}, begins);
  market.latest = begins;
  market.phase = market.matching->day()->phase();
}

void VenueHost::note_trade(Running& market, const Message& message, const Level& level, const Instrument& instrument) {
  const bool sold = (message.flags & kSellAggressor) != 0;
  const UnixNanos time = message.venue_time();
  market.trades.push_back({message.first_update_id, level.price, level.quantity, time, sold});
  if (market.trades.size() > kTradesKept) market.trades.pop_front();
  const UnixNanos minute = time - time % kMinute;
  if (market.minutes.empty() || market.minutes.back().bar.time < minute) {
    market.minutes.push_back({.bar = {minute, level.price, level.price, level.price, level.price, {}},
                              .first_trade = message.first_update_id});
    if (market.minutes.size() > kMinutesKept) market.minutes.pop_front();
  }
  MinuteBar& m = market.minutes.back();
  const Money value = notional_of(instrument, level.price, level.quantity);
  m.bar.high = std::max(m.bar.high, level.price);
  m.bar.low = std::min(m.bar.low, level.price);
  m.bar.close = level.price;
  m.bar.volume += level.quantity;
  m.value += value;
  if (!sold) {
    m.taken += level.quantity;
    m.taken_value += value;
  }
  ++m.trades;
  m.last_trade = message.first_update_id;
}

void VenueHost::book(InstrumentIndex index, std::size_t levels, venues::BookView& out) const {
  const Running& market = markets_[index];
  const OrderBook& book = market.tape->book();
  const std::int64_t base_tick = instruments_[index].base_tick().value;
  out.bids.clear();
  out.asks.clear();
  out.update_id = market.tape->update_id();
  out.event_time = market.event_time;
  out.transaction_time = market.transaction_time;
  for (Tick tick = book.best_bid(); tick != kNoBid && out.bids.size() < levels;
       tick = book.bids().at_or_below(tick - 1))
    out.bids.push_back({{tick * base_tick}, {book.bid_quantity(tick)}});
  for (Tick tick = book.best_ask(); tick != kNoAsk && out.asks.size() < levels;
       tick = book.asks().at_or_above(tick + 1))
    out.asks.push_back({{tick * base_tick}, {book.ask_quantity(tick)}});
}

const std::deque<venues::PublicTrade>& VenueHost::trades(InstrumentIndex market) const {
  return markets_[market].trades;
}
const std::deque<MinuteBar>& VenueHost::minutes(InstrumentIndex market) const { return markets_[market].minutes; }

const Message* VenueHost::mark(InstrumentIndex market, Level* prices) const {
  const Running& of = markets_[market];
  if (of.mark.kind != MessageKind::MarkPrice) return nullptr;
  std::copy_n(of.mark_prices, 2, prices);
  return &of.mark;
}

std::optional<venues::MarketSession> VenueHost::session(InstrumentIndex index) const {
  const Running& market = markets_[index];
  if (market.sessions == nullptr) return std::nullopt;
  const sim::TradingDay& day = *market.matching->day();
  return venues::MarketSession{.phase = day.phase(),
                               .ends = day.ends(),
                               .last = day.last(),
                               .single = day.single(),
                               .dynamic_rate = day.rules().dynamic_continuous,
                               .static_rate = day.rules().static_vi};
}

std::optional<venues::MarketHours> VenueHost::hours(InstrumentIndex index) const {
  const Running& market = markets_[index];
  if (market.sessions == nullptr) return std::nullopt;
  const auto at = market.sessions->at(now());
  if (!at) return std::nullopt;
  const auto next = market.sessions->at(at->ends);
  return venues::MarketHours{
      .phase = at->phase, .begins = at->begins, .ends = at->ends, .next = next ? next->phase : TradingPhase::Closed};
}

std::optional<Level> VenueHost::expected_match(InstrumentIndex index) const {
  const Running& market = markets_[index];
  if (market.sessions == nullptr || !market.matching->day()->in_call()) return std::nullopt;
  // Every level: in a call the two sides overlap, and what the book calls its best prices does not.
  const OrderBook& book = market.tape->book();
  const std::int64_t base_tick = instruments_[index].base_tick().value;
  sim::AuctionBook gathered;
  for (Tick tick = book.bids().at_or_above(0); tick != kNoAsk; tick = book.bids().at_or_above(tick + 1))
    gathered.bids.push_back({{tick * base_tick}, book.bid_quantity(tick)});
  for (Tick tick = book.asks().at_or_above(0); tick != kNoAsk; tick = book.asks().at_or_above(tick + 1))
    gathered.asks.push_back({{tick * base_tick}, book.ask_quantity(tick)});
  gathered.reference = market.matching->day()->reference();
  gathered.limits = market.matching->day()->limits();
  const auto met = sim::uncross(instruments_[index], gathered);
  if (!met) return std::nullopt;
  return Level{met->price, {met->quantity}};
}

void VenueHost::left_over(InstrumentIndex index, Quantity traded, std::size_t levels, venues::BookView& out) const {
  const OrderBook& book = markets_[index].tape->book();
  const std::int64_t base_tick = instruments_[index].base_tick().value;
  const auto keep = [&](std::vector<Level>& side, std::int64_t& gone, Tick tick, std::int64_t quantity) {
    const std::int64_t taken = std::min(gone, quantity);
    gone -= taken;
    if (quantity > taken) side.push_back({{tick * base_tick}, {quantity - taken}});
  };
  out.bids.clear();
  out.asks.clear();
  std::int64_t sold = traded.value, bought = traded.value;
  for (Tick tick = book.bids().at_or_below(kMaxTick - 1); tick != kNoBid && out.bids.size() < levels;
       tick = book.bids().at_or_below(tick - 1))
    keep(out.bids, sold, tick, book.bid_quantity(tick));
  for (Tick tick = book.asks().at_or_above(0); tick != kNoAsk && out.asks.size() < levels;
       tick = book.asks().at_or_above(tick + 1))
    keep(out.asks, bought, tick, book.ask_quantity(tick));
}

// ---- orders -----------------------------------------------------------------------------------------------------

const VenueOrder& VenueHost::place(AccountId account, PositionSide side, NewOrder terms, std::string client_id,
                                   std::string venue_type) {
  Running& market = markets_[terms.instrument];
  market.latest = std::max(market.latest, clock_.now());
  terms.id = ++last_order_;
  VenueOrder& order = orders_[terms.id];
  order = {.terms = terms,
           .account = account,
           .client_id = std::move(client_id),
           .venue_type = std::move(venue_type),
           .position_side = side,
           .created = now(),
           .updated = now()};
  names_[{account, order.client_id}] = terms.id;
  if (!trading(terms.instrument)) {
    order.status = OrderStatus::Rejected;
    order.reason = RejectReason::BookStale;
    finish(order);
    return order;
  }
  open_.insert(terms.id);
  market.matching->on_new(run_of(account, side), terms.id, terms, market.latest);
  return order;
}

bool VenueHost::cancel(std::uint64_t id) {
  if (!open_.contains(id)) return false;
  const VenueOrder& order = orders_.at(id);
  Running& market = markets_[order.terms.instrument];
  market.latest = std::max(market.latest, clock_.now());
  if (order.terms.type == OrderType::Limit && faults_.strikes(Fault::CancelFilled, order.terms.id)) fill_up(order);
  if (!order.open()) return false;
  market.matching->on_cancel(run_of(order.account, order.position_side), id, id, market.latest);
  return order.status == OrderStatus::Canceled;
}

bool VenueHost::reduce(std::uint64_t id, Quantity by) {
  if (!open_.contains(id)) return false;
  VenueOrder& order = orders_.at(id);
  Running& market = markets_[order.terms.instrument];
  market.latest = std::max(market.latest, clock_.now());
  if (!market.matching->reduce(run_of(order.account, order.position_side), id, by, market.latest)) return false;
  order.terms.quantity -= by;
  order.updated = now();
  return true;
}

/// The order that the event is about; one that liquidates has not been asked for by anyone and begins here.
VenueOrder& VenueHost::record_of(RunIndex run, const OrderEvent& event) {
  const auto found = orders_.find(event.id);
  if (found != orders_.end()) return found->second;
  VenueOrder& order = orders_[event.id];
  order = {.terms = {.id = event.id,
                     .instrument = event.instrument,
                     .side = event.side,
                     .type = OrderType::Market,
                     .reduce_only = true,
                     .quantity = event.quantity + event.leaves},
           .account = account_of(run),
           .client_id = "autoclose-" + std::to_string(event.time / kMillisecond),
           .venue_type = "MARKET",
           .status = OrderStatus::Working,
           .position_side = side_of(run),
           .created = now()};
  open_.insert(event.id);
  return order;
}

Money VenueHost::answer(RunIndex run, std::uint64_t, const OrderEvent& told) {
  OrderEvent event = told;
  // Matching numbers what it liquidates by run and market: here all runs are together.
  if (event.id & kLiquidationChild) event.id |= std::uint64_t{run} << 44;
  TradingAccount& money = *office_->account(run);
  const Money before = money.balance(event.instrument);
  office_->settle(run, event);
  if (event.kind == OrderEventKind::Funding) {
    server_->on_funding(funding_.emplace_back(venues::FundingCharge{.id = ++last_funding_,
                                                                    .account = account_of(run),
                                                                    .instrument = event.instrument,
                                                                    .position_side = side_of(run),
                                                                    .paid = event.fee,
                                                                    .time = now()}));
    if (funding_.size() > remembered_) funding_.pop_front();
  }
  if (event.kind == OrderEventKind::Funding || event.kind == OrderEventKind::CancelRejected) return event.fee;
  VenueOrder& order = record_of(run, event);
  order.updated = now();
  event.time = order.updated;
  const VenueFill* fill = nullptr;
  switch (event.kind) {
    case OrderEventKind::Accepted:
      order.status = OrderStatus::Working;
      order.terms.quantity = event.leaves.value > 0 ? event.leaves : order.terms.quantity;
      break;
    case OrderEventKind::Triggered:
      order.triggered = true;
      break;
    case OrderEventKind::Filled: {
      const Money value = notional_of(instruments_[event.instrument], event.price, event.quantity);
      order.filled += event.quantity;
      order.value += value;
      order.fee += event.fee;
      if (event.leaves.value == 0) order.status = OrderStatus::Filled;
      const bool margined = money.terms().kind == AccountKind::Margin;
      fill = &fills_.emplace_back(
          VenueFill{.id = ++last_fill_,
                    .order = event.id,
                    .account = order.account,
                    .instrument = event.instrument,
                    .side = event.side,
                    .position_side = order.position_side,
                    .liquidity = event.liquidity,
                    .price = event.price,
                    .quantity = event.quantity,
                    .fee = event.fee,
                    .coin_fee = event.coin_fee,
                    .realised = margined ? money.balance(event.instrument) - before + event.fee : Money{},
                    .time = order.updated});
      break;
    }
    case OrderEventKind::Rejected:
    case OrderEventKind::Denied:
      order.status = OrderStatus::Rejected;
      order.reason = event.reason;
      break;
    case OrderEventKind::Canceled:
      order.status = OrderStatus::Canceled;
      order.reason = event.reason;
      break;
    case OrderEventKind::Expired:
      order.status = OrderStatus::Expired;
      order.reason = event.reason;
      break;
    default:
      break;
  }
  if (!order.open()) finish(order);
  tell(order, event, fill);
  if (fills_.size() > remembered_) fills_.pop_front();
  return event.fee;
}

// ---- faults -----------------------------------------------------------------------------------------------------

void VenueHost::tell(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  const auto hold = [&](UntoldByOrder& late, DurationNanos most) {
    late.emplace(event.id, Untold{.order = order,
                                  .event = event,
                                  .fill = fill == nullptr ? std::nullopt : std::optional{*fill},
                                  .until = clock_.now() + most,
                                  .then = {}});
  };
  if (event.kind == OrderEventKind::Accepted) {
    if (const std::int64_t most = faults_.take(Fault::FillBeforeAck, event.id); most > 0) {
      just_held_ = event.id;
      return hold(late_acks_, most * kMillisecond);
    }
  }
  const bool more_to_come = fill != nullptr && event.leaves.value > 0 && !late_fills_.contains(event.id);
  if (more_to_come && faults_.strikes(Fault::FillReorder, event.id)) return hold(late_fills_, kLateFill);
  if (fill == nullptr) {  // the order's end comes behind all else
    tell_late(late_acks_, event.id);
    tell_late(late_fills_, event.id);
  }
  server_->on_order(order, event, fill);
  if (fill == nullptr) return;
  if (faults_.strikes(Fault::FillDuplicate, event.id)) server_->on_order(order, event, fill);
  tell_late(late_fills_, event.id);
  tell_late(late_acks_, event.id);
}

void VenueHost::tell_late(UntoldByOrder& late, std::uint64_t order) {
  const auto found = late.find(order);
  if (found == late.end()) return;
  const Untold untold = std::move(found->second);
  late.erase(found);
  server_->on_order(untold.order, untold.event, untold.fill ? &*untold.fill : nullptr);
  if (untold.then) untold.then();
}

void VenueHost::tell_overdue(UntoldByOrder& late, UnixNanos wall) {
  std::vector<std::uint64_t> overdue;
  for (const auto& [order, untold] : late)
    if (untold.until <= wall) overdue.push_back(order);
  for (const std::uint64_t order : overdue) tell_late(late, order);
}

void VenueHost::when_acknowledged(std::uint64_t order, std::function<void()> then) {
  const auto found = late_acks_.find(order);
  if (found == late_acks_.end()) return then();
  found->second.then = std::move(then);
}

/// Ticks and markets are as the faults say while they are on.
void VenueHost::apply_standing_faults() {
  const std::int64_t factor = std::max<std::int64_t>(1, faults_.value(Fault::TickChange));
  for (std::size_t step = 0; step < instruments_[0].ladder.size(); ++step)
    listed_[0].ladder[step].tick.value = instruments_[0].ladder[step].tick.value * factor;
  const std::int64_t gone = faults_.value(Fault::Delist);
  for (InstrumentIndex index = 0; index < markets_.size(); ++index) {
    const bool delisted = gone == static_cast<std::int64_t>(index) + 1;
    if (delisted && !markets_[index].delisted) end_market(index);
    markets_[index].delisted = delisted;
  }
}

void VenueHost::end_market(InstrumentIndex index) {
  Running& market = markets_[index];
  market.latest = std::max(market.latest, clock_.now());
  const std::set<std::uint64_t> open = open_;
  for (const std::uint64_t id : open)
    if (const VenueOrder& order = orders_.at(id); order.terms.instrument == index)
      market.matching->on_cancel(run_of(order.account, order.position_side), id, id, market.latest);
}

/// A trade that nobody sees goes through the order's price, and so fills the order and those at better prices.
void VenueHost::fill_up(const VenueOrder& order) {
  const InstrumentIndex index = order.terms.instrument;
  const bool buy = order.terms.side == Side::Buy;
  const std::int64_t tick = instruments_[index].base_tick().value;
  Message message;
  message.kind = MessageKind::Trade;
  message.flags = buy ? kSellAggressor : 0;
  const Level through{{order.terms.price.value + (buy ? -tick : tick)}, {INT64_MAX / 4}};
  match(markets_[index], index, message, {&through, 1}, markets_[index].latest);
}

/// Somebody trades on the first account by other means: an order that takes and one that rests.
void VenueHost::place_foreign_orders() {
  constexpr InstrumentIndex kMarket = 0;
  const Instrument& instrument = instruments_[kMarket];
  venues::BookView view;
  book(kMarket, SIZE_MAX, view);
  if (view.asks.empty() || view.bids.empty() || models_.empty() || !trading(kMarket)) return;
  const Money of_lot = value_of(instrument, view.asks.front().price, instrument.lot);
  const auto lots = std::max<Int128>(
      1, of_lot.value > 0 ? office_->account(0)->available(kMarket).value / kForeignShare / of_lot.value : 1);
  for (const Price price : {view.asks.front().price, view.bids.back().price}) {
    const NewOrder order{.instrument = kMarket,
                         .side = Side::Buy,
                         .type = OrderType::Limit,
                         .quantity = {static_cast<std::int64_t>(lots) * instrument.lot.value},
                         .price = price};
    auto name = server_->name_of_another(order, fmt::format("web_{:016x}", random()));
    place(0, hedges_[0] ? PositionSide::Long : PositionSide::Both, order, std::move(name.client_id),
          std::move(name.venue_type));
  }
}

/// Orders that are done are remembered for a while.
void VenueHost::finish(VenueOrder& order) {
  open_.erase(order.terms.id);
  done_.push_back(order.terms.id);
  if (done_.size() <= remembered_) return;
  const auto oldest = orders_.find(done_.front());
  const auto name = names_.find(std::pair{oldest->second.account, oldest->second.client_id});
  if (name != names_.end() && name->second == oldest->first) names_.erase(name);
  server_->on_forgotten(oldest->second);
  orders_.erase(oldest);
  done_.pop_front();
}

void VenueHost::margin_call(RunIndex run, InstrumentIndex index, UnixNanos now) {
  TradingAccount& called = *office_->account(run);
  if (called.margin_mode(index) == MarginMode::Isolated) return markets_[index].matching->liquidate(run, now);
  // What one side loses the other may have won: both at this price, before anything is taken away.
  const AccountId account = account_of(run);
  Level prices[2]{};
  const Price price = mark(index, prices) != nullptr    ? prices[0].price
                      : !markets_[index].trades.empty() ? markets_[index].trades.back().price
                                                        : Price{};
  if (hedges_[account] && price.value > 0) {
    const auto other = side_of(run) == PositionSide::Short ? PositionSide::Long : PositionSide::Short;
    office_->account(run_of(account, other))->mark(index, price);
    if (!called.must_liquidate(index, price)) return;
  }
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
    if (instruments_[i].settlement() != instruments_[index].settlement() || called.margin_mode(i) != MarginMode::Cross)
      continue;
    for (const auto side : {PositionSide::Long, PositionSide::Short})
      markets_[i].matching->liquidate(run_of(account, side), now);
  }
}

PositionSide VenueHost::side_of(RunIndex run) const {
  if (run >= account_count()) return PositionSide::Short;
  return hedges_[run] ? PositionSide::Long : PositionSide::Both;
}

const VenueOrder* VenueHost::order(std::uint64_t id) const {
  const auto found = orders_.find(id);
  return found == orders_.end() ? nullptr : &found->second;
}

const VenueOrder* VenueHost::order_named(AccountId account, std::string_view client_id) const {
  const auto found = names_.find(std::pair{account, std::string{client_id}});
  return found == names_.end() ? nullptr : order(found->second);
}

std::vector<const VenueOrder*> VenueHost::orders(AccountId account) const {
  std::vector<const VenueOrder*> out;
  for (const auto& [id, order] : orders_)
    if (order.account == account) out.push_back(&order);
  return out;
}

std::vector<const VenueOrder*> VenueHost::open_orders(AccountId account) const {
  std::vector<const VenueOrder*> out;
  for (const std::uint64_t id : open_)
    if (const VenueOrder& order = orders_.at(id); order.account == account) out.push_back(&order);
  return out;
}

// ---- accounts ---------------------------------------------------------------------------------------------------

std::vector<venues::AssetBalance> VenueHost::balances(AccountId account) const {
  const TradingAccount& of = *std::as_const(*office_).account(account);
  const Ledger& ledger = office_->ledger();
  std::vector<venues::AssetBalance> out;
  const auto add = [&](const std::string& asset, Money all, Money free) {
    if (std::ranges::find(out, asset, &venues::AssetBalance::asset) == out.end())
      out.push_back({asset, free, all - free});
  };
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
    add(instruments_[i].settlement(), of.balance(i), of.available(i));
    if (of.terms().kind != AccountKind::Cash) continue;
    for (CurrencyIndex currency = 0; currency < ledger.currencies(); ++currency)
      if (ledger.name_of_currency(currency) == instruments_[i].base)
        add(instruments_[i].base, ledger.balance(of.owner(), currency), of.available_base(i));
  }
  return out;
}

void VenueHost::set_hedges(AccountId account, bool hedges) { hedges_[account] = hedges; }

venues::MarginChoice VenueHost::margin_choice(AccountId account, InstrumentIndex market) const {
  const TradingAccount& of = *std::as_const(*office_).account(account);
  return {of.leverage(market), of.margin_mode(market) == MarginMode::Isolated};
}

void VenueHost::set_margin_choice(AccountId account, InstrumentIndex market, venues::MarginChoice choice) {
  const auto before = margin_choice(account, market);
  for (const auto side : {PositionSide::Long, PositionSide::Short}) {
    TradingAccount& of = *office_->account(run_of(account, side));
    if (choice.isolated != before.isolated)
      of.set_margin_mode(market, choice.isolated ? MarginMode::Isolated : MarginMode::Cross);
    of.set_leverage(market, choice.leverage);
  }
}

std::vector<venues::LeverageBracket> VenueHost::brackets(InstrumentIndex market) const {
  std::vector<venues::LeverageBracket> out;
  for (const MarginBracket& bracket : models_.front().account.brackets[market])
    out.push_back({bracket.notional_from, bracket.max_leverage, bracket.maintenance_rate});
  return out;
}

venues::Position VenueHost::position(AccountId account, InstrumentIndex market, PositionSide side) const {
  const TradingAccount& of = *std::as_const(*office_).account(run_of(account, side));
  venues::Position out{.quantity = {of.position(market)}};
  Level prices[2]{};
  if (mark(market, prices) != nullptr) {
    out.mark = prices[0].price;
  } else if (!markets_[market].trades.empty()) {
    out.mark = markets_[market].trades.back().price;
  }
  if (out.quantity.value == 0) return out;
  out.initial_margin = of.position_margin(market);
  out.maintenance_margin = of.position_maintenance(market);
  out.isolated = of.isolated(market);
  const Instrument& instrument = instruments_[market];
  const std::int64_t size = out.quantity.value < 0 ? -out.quantity.value : out.quantity.value;
  const Money basis = of.basis(market);
  const Money magnitude{basis.value < 0 ? -basis.value : basis.value};
  if (instrument.kind == ContractKind::Inverse) {
    // The contracts' worth in the quote currency over the coins that they stand for.
    const Int128 quote = Int128{size} * instrument.contract_size * power_of_ten(instrument.price_decimals);
    out.entry = {static_cast<std::int64_t>(divide(quote * power_of_ten(kMoneyDecimals - instrument.quantity_decimals),
                                                  magnitude.value, Rounding::HalfEven))};
  } else {
    const Money one = value_of(instrument, {1}, {size});
    out.entry = {static_cast<std::int64_t>(divide(magnitude.value, one.value, Rounding::HalfEven))};
  }
  if (out.mark.value > 0)
    out.unrealised =
        cash_of_fill(instrument, out.quantity.value > 0 ? Side::Sell : Side::Buy, out.mark, {size}) - basis;
  return out;
}

}  // namespace stom::exchange
