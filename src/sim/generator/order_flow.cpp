#include "sim/generator/order_flow.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "sim/auction.hpp"
#include "sim/generator/draws.hpp"

namespace stom::sim {
namespace {

constexpr int kLeastLevels = 60;            // a side never shows fewer
constexpr std::int64_t kDeepest = 1024;     // rungs from the touch that a side is filled up to
constexpr int kLeastLevelsOfStock = 12;     // whose prices have limits
constexpr std::int64_t kRoomAtLimit = 40;   // rungs between the efficient price of a stock and the day's limits
constexpr std::size_t kUsualOrders = 420;   // per side; with more of them cancels outnumber arrivals
constexpr int kLongestSweep = 24;           // levels that one order may take
constexpr std::int64_t kEarlyDepth = 1000;  // rungs: a faster market gets its depth update before the interval is over
constexpr double kCalmPerSecond = 0.1;      // of actions_per_second: how fast excitement fades
constexpr double kExcitementPerTrade = 0.22;
constexpr double kMostExcitement = 8;
constexpr DurationNanos kLongestStep = 2 * kSecond;
constexpr DurationNanos kMarkInterval = kSecond;
constexpr DurationNanos kFundingInterval = 8 * kHour;
constexpr double kInterest = 10'000;      // 0.01 % in units of 10^-8
constexpr double kFundingClamp = 50'000;  // 0.05 %

// Venues stamp milliseconds.
UnixNanos stamp(UnixNanos t) { return t - t % kMillisecond; }

UnixNanos next_multiple(UnixNanos t, DurationNanos step) { return (t / step + 1) * step; }

std::uint64_t salted(std::uint64_t seed, std::string_view id, std::uint64_t purpose) {
  std::uint64_t h = seed ^ (purpose * 0x9E3779B97F4A7C15u);
  for (const char c : id) h = Random{h ^ static_cast<unsigned char>(c)}.next();
  return h;
}

}  // namespace

OrderFlow::OrderFlow(const FlowConfig& config, std::vector<FlowEvent>* events)
    : config_{config},
      events_{events},
      rungs_{config.instrument},
      random_{salted(config.seed, config.instrument.id, 1)},
      latency_random_{salted(config.seed, config.instrument.id, 2)},
      efficient_{static_cast<double>(config.start_price.value), config.regime, config.length,
                 salted(config.seed, config.instrument.id, 3)},
      now_{config.start},
      end_{config.start + config.length},
      next_depth_{next_multiple(config.start, config.depth_interval)},
      next_mark_{config.funding ? next_multiple(config.start, kMarkInterval) : kNever},
      next_snapshot_{config.start + 250 * kMillisecond},
      last_change_{config.start},
      last_receive_{config.start} {
  STOM_ASSERT(config.length > 0 && config.actions_per_second > 0 && config.typical_quantity > 0);
  // Ids go on from day to day as at a venue: a later start has higher ones.
  update_id_ = published_update_id_ = config.start / kMillisecond * 100;
  trade_id_ = config.start / kSecond * 10;
  if (config.market.empty()) {
    open_market();
    return;
  }
  day_ =
      std::make_unique<TradingDay>(config_.instrument, MarketTerms{.market = config.market,
                                                                   .group = "kospi200",
                                                                   .base = config.start_price,
                                                                   .seed = salted(config.seed, config.instrument.id, 4),
                                                                   .interruptions = Interruptions::ByRule});
  next_snapshot_ = next_depth_ = kNever;
  day_->enter(now_);
  STOM_ASSERT(closed());
}

// The book before the recording starts: filled to its usual depth around the efficient price, all of it published, so
// that the first depth update tells only what changed after it, as a venue's stream does.
void OrderFlow::open_market() {
  fair_rung_ = rungs_.at_or_below(static_cast<std::int64_t>(efficient_.value()));
  for (std::size_t i = 0; i < kUsualOrders; ++i) {
    place(Side::Buy, fair_rung_ - log_uniform(random_, config_.depth_doublings));
    place(Side::Sell, fair_rung_ + 1 + log_uniform(random_, config_.depth_doublings));
  }
  refill(Side::Buy);
  refill(Side::Sell);
  bids_.publish([](auto, auto) {});
  asks_.publish([](auto, auto) {});
  depth_bid_ = bids_.best();
}

bool OrderFlow::generate(MessageBatch& out, std::size_t messages) {
  out_ = &out;
  const std::size_t enough = out.messages.size() + messages;
  while (out.messages.size() < enough) {
    if (day_ != nullptr && (closed() || now_ >= day_->ends())) {
      if (!leave_phase()) return false;
      continue;
    }
    const double rate = config_.actions_per_second * efficient_.activity() * (1 + excitement_);
    const auto wait = static_cast<DurationNanos>(exponential(random_) / rate * 1e9) + 1;
    DurationNanos dt = std::min(wait, kLongestStep);
    if (day_ != nullptr) dt = std::min(dt, day_->ends() - now_);
    run_timers(std::min(now_ + dt, end_ - 1));
    now_ += dt;
    if (now_ >= end_) return false;
    believe(dt);
    excitement_ /= 1 + static_cast<double>(dt) * 1e-9 * config_.actions_per_second * kCalmPerSecond;
    if (dt == wait) act();
  }
  return true;
}

/// The efficient price moves on. A stock's stays clear of the day's limits, so that both sides have room for orders.
void OrderFlow::believe(DurationNanos dt) {
  efficient_.advance(dt);
  if (now_ >= news_) {
    news_ = kNever;
    efficient_.jump(1 + (random_.below(2) == 0 ? 1 : -1) * (0.11 + 0.03 * random_.uniform()));
  }
  fair_rung_ = rungs_.at_or_below(static_cast<std::int64_t>(efficient_.value()));
  if (day_ != nullptr && day_->limits().known()) {
    fair_rung_ = std::clamp(fair_rung_, rungs_.at_or_below(day_->limits().lower.value) + kRoomAtLimit,
                            rungs_.at_or_below(day_->limits().upper.value) - kRoomAtLimit);
  }
}

// ---- a trading day
// -----------------------------------------------------------------------------------------------------

/// From the end of a phase to the next one; false where the recording is over. Nothing is published while closed.
bool OrderFlow::leave_phase() {
  if (closed()) {
    now_ = day_->ends();
    if (now_ >= end_) return false;
    day_->enter(now_);
    if (!closed()) open_day();
    return true;
  }
  const bool goes_on = day_->call_goes_on(now_);
  if (gathering() && !goes_on) settle();
  const bool gathered = gathering();
  day_->enter(now_);
  if (closed()) {
    close_day();
    return true;
  }
  refill(Side::Buy);
  refill(Side::Sell);
  publish_change();
  if (gathered && !gathering()) publish_quote();
  return true;
}

/// Orders of the day before have lapsed; what was learned over night is in the first ones.
void OrderFlow::open_day() {
  efficient_.jump(1 + 0.008 * gaussian(random_));
  believe(1);
  excitement_ = 0;
  quoted_bid_ = quoted_ask_ = {};
  place(Side::Buy, fair_rung_);
  place(Side::Sell, fair_rung_ + 1);
  for (std::size_t i = 0; i < kUsualOrders / 4; ++i) gather_orders();
  refill(Side::Buy);
  refill(Side::Sell);
  // Yesterday's book gives way to today's in an update that the snapshot alone tells. It has an id of its own: who
  // follows the diffs sees that one is missing, and does not go on with yesterday's.
  ++update_id_;
  published_update_id_ = update_id_;
  last_change_ = now_;
  bids_.publish([](auto, auto) {});
  asks_.publish([](auto, auto) {});
  depth_bid_ = bids_.best();
  publish_snapshot(now_);
  next_depth_ = next_multiple(now_, config_.depth_interval);
  next_snapshot_ = next_multiple(now_, kDay) + config_.depth_interval / 2;
  // Between half an hour and four hours into the day; a quiet market has no news.
  const auto at = 30 * kMinute + static_cast<DurationNanos>(random_.uniform() * static_cast<double>(210 * kMinute));
  news_ = config_.regime == Regime::Quiet ? kNever : day_->planned_end() + at;
}

void OrderFlow::close_day() {
  publish_change();
  for (const Side side : {Side::Buy, Side::Sell})
    while (!book(side).empty()) remove(side, book(side).live(0));
  bids_.publish([](auto, auto) {});
  asks_.publish([](auto, auto) {});
  next_depth_ = next_snapshot_ = kNever;
}

/// Orders for an auction: as many want it at any price near the fair one as wait for a better one.
void OrderFlow::gather_orders() {
  const Side side = random_.below(2) == 0 ? Side::Buy : Side::Sell;
  const std::int64_t depth = log_uniform(random_, config_.depth_doublings);
  const std::int64_t over = random_.below(2) == 0 ? static_cast<std::int64_t>(random_.below(4)) : -depth;
  place(side, side == Side::Buy ? fair_rung_ + over : fair_rung_ + 1 - over);
}

/// The auction: one price, one print, the best and the earliest first on both sides.
void OrderFlow::settle() {
  AuctionBook gathered;
  bids_.walk(
      [&](std::int64_t rung, std::int64_t quantity) { gathered.bids.push_back({rungs_.price(rung), quantity}); });
  asks_.walk(
      [&](std::int64_t rung, std::int64_t quantity) { gathered.asks.push_back({rungs_.price(rung), quantity}); });
  gathered.reference = day_->reference();
  gathered.limits = day_->limits();
  const auto met = uncross(config_.instrument, gathered);
  if (!met) return;
  for (const Side side : {Side::Buy, Side::Sell}) {
    for (std::int64_t left = met->quantity; left > 0;) {
      const auto index = book(side).first_at(book(side).best());
      const std::int64_t filled = std::min(left, book(side).order(index).quantity);
      note(FlowEvent::Kind::Traded, side, book(side).order(index), filled);
      book(side).reduce(index, filled);
      left -= filled;
    }
  }
  const std::int64_t rung = rungs_.at_or_below(met->price.value);
  if (bids_.empty()) place(Side::Buy, asks_.empty() ? rung : asks_.best() - 1);
  if (asks_.empty()) place(Side::Sell, bids_.best() + 1);
  day_->settled(met->price);
  Message& trade = emit(MessageKind::Trade, now_, now_);
  trade.first_update_id = ++trade_id_;
  trade.flags |= kNoAggressor;
  trade.bids = 1;
  out_->levels.push_back({met->price, {met->quantity}});
}

/// An order that would trade too far away rests, and orders are gathered.
void OrderFlow::interrupt(Side aggressor, std::int64_t rung, std::int64_t quantity) {
  const RestingOrders::Order order{.number = next_order_++, .rung = rung, .quantity = quantity};
  book(aggressor).add(order.number, order.rung, order.quantity);
  note(FlowEvent::Kind::Added, aggressor, order, order.quantity);
  day_->begin_interruption(now_);
  publish_change();
}

/// A depth update at once, also where nothing is left to tell but that orders are gathered from now on.
void OrderFlow::publish_change() {
  ++update_id_;
  last_change_ = now_;
  publish_depth(now_);
}

void OrderFlow::act() {
  if (gathering()) {
    if (random_.below(4) == 0)
      cancel_one();
    else
      gather_orders();
    return finish_action();
  }
  const double u = random_.uniform();
  const auto gap = std::max(bids_.best() - fair_rung_, fair_rung_ + 1 - asks_.best());
  // A quote that the efficient price has left behind is taken by the quick or withdrawn by its owner.
  if (gap > 0 && u < std::min(0.1 + 0.02 * static_cast<double>(gap), 0.6))
    correct_stale(bids_.best() > fair_rung_ ? Side::Buy : Side::Sell);
  else if (const double v = random_.uniform(); v < 0.09)
    take_any();
  else if (v < 0.09 + 0.45 * static_cast<double>(bids_.orders() + asks_.orders()) / (2 * kUsualOrders))
    cancel_one();
  else
    place_limit();
  finish_action();
}

// Each draw is a statement of its own here: in what order a call's arguments are made is the compiler's choice.
void OrderFlow::take_any() {
  const std::int64_t quantity = draw_quantity();
  const Side side = random_.below(2) == 0 ? Side::Buy : Side::Sell;
  take(side, quantity);
}

void OrderFlow::place_limit() {
  const bool thin_bids = bids_.orders() < asks_.orders();
  const Side side = (random_.below(8) < 5) == thin_bids ? Side::Buy : Side::Sell;
  // A third of all orders join or improve the touch, the others lie at a distance that thins out with its inverse.
  const std::uint64_t r = random_.below(96);
  const std::int64_t depth = r < 32 ? static_cast<std::int64_t>(r % 3) : log_uniform(random_, config_.depth_doublings);
  if (side == Side::Buy)
    place(side, std::min(asks_.best() - 1, fair_rung_) - depth);
  else
    place(side, std::max(bids_.best() + 1, fair_rung_ + 1) + depth);
}

void OrderFlow::place(Side side, std::int64_t rung) {
  RestingOrders& orders = book(side);
  rung = std::max<std::int64_t>(rung, 1);
  if (day_ != nullptr && day_->limits().known()) {
    rung = std::clamp(rung, rungs_.at_or_below(day_->limits().lower.value),
                      rungs_.at_or_below(day_->limits().upper.value));
  }
  while (!orders.spans(rung)) remove(side, orders.first_at(orders.worst()));
  const RestingOrders::Order order{.number = next_order_++, .rung = rung, .quantity = draw_quantity()};
  orders.add(order.number, order.rung, order.quantity);
  note(FlowEvent::Kind::Added, side, order, order.quantity);
}

void OrderFlow::remove(Side side, std::uint32_t index) {
  const RestingOrders::Order& order = book(side).order(index);
  note(FlowEvent::Kind::Removed, side, order, order.quantity);
  book(side).remove(index);
}

void OrderFlow::note(FlowEvent::Kind kind, Side side, const RestingOrders::Order& order, std::int64_t quantity) {
  if (events_ != nullptr)
    events_->push_back({stamp(now_), kind, side, rungs_.price(order.rung), order.number, quantity});
}

void OrderFlow::cancel_one() {
  const std::size_t all = bids_.orders() + asks_.orders();
  const auto pick = static_cast<std::size_t>(random_.below(all));
  const Side side = pick < bids_.orders() ? Side::Buy : Side::Sell;
  RestingOrders& orders = book(side);
  const auto index = orders.live(side == Side::Buy ? pick : pick - bids_.orders());
  // Orders far from the touch are patient: half of the time they stay.
  const auto distance = (orders.best() - orders.order(index).rung) * sign_of(side);
  if (distance > 32 && random_.below(2) == 0) return;
  if (orders.orders() > 1) remove(side, index);
}

void OrderFlow::correct_stale(Side stale) {
  RestingOrders& orders = book(stale);
  if (random_.below(5) < 3) {
    if (orders.levels() > 1) remove(stale, orders.first_at(orders.best()));
    return;
  }
  // The quick take the whole level, often the next ones with it.
  take(opposite(stale), orders.quantity_at(orders.best()) + (random_.below(2) == 0 ? draw_quantity() : 0));
}

// Price, then time: the best level first, and in it the order that has waited longest.
void OrderFlow::take(Side aggressor, std::int64_t quantity) {
  RestingOrders& orders = book(opposite(aggressor));
  for (int levels = 0; quantity > 0 && levels < kLongestSweep && orders.levels() > 1;) {
    const std::int64_t rung = orders.best();
    if (day_ != nullptr && day_->interrupts(rungs_.price(rung))) return interrupt(aggressor, rung, quantity);
    const auto index = orders.first_at(rung);
    const std::int64_t filled = std::min(quantity, orders.order(index).quantity);
    note(FlowEvent::Kind::Traded, opposite(aggressor), orders.order(index), filled);
    orders.reduce(index, filled);
    quantity -= filled;
    levels += orders.best() != rung;
    Message& trade = emit(MessageKind::Trade, now_, now_);
    trade.first_update_id = ++trade_id_;
    trade.flags |= aggressor == Side::Sell ? kSellAggressor : 0;
    trade.bids = 1;
    append_level(rung, filled);
    if (day_ != nullptr) day_->traded(rungs_.price(rung));
  }
  excitement_ = std::min(excitement_ + kExcitementPerTrade, kMostExcitement);
}

// Market makers behind the scene: however hard a side is hit, it shows kLeastLevels again at once.
void OrderFlow::refill(Side side) {
  RestingOrders& orders = book(side);
  if (day_ != nullptr) {  // the day's limits may leave no room for more
    for (int tries = 0; orders.levels() < kLeastLevelsOfStock && tries < 3 * kLeastLevelsOfStock; ++tries)
      place(side, orders.worst() - sign_of(side));
    return;
  }
  while (orders.levels() < kLeastLevels) {
    std::int64_t rung = orders.worst() - sign_of(side) * (1 + static_cast<std::int64_t>(random_.below(3)));
    // Makers come back near the price once the last of them have moved far away, or down to nothing.
    if (rung < 1 || (orders.best() - rung) * sign_of(side) > kDeepest) rung = orders.first_gap();
    if (rung < 1) return;  // so cheap that there are no more prices
    place(side, rung);
  }
}

std::int64_t OrderFlow::draw_quantity() {
  // Many small, few large, none round: a power law over ten doublings around the typical quantity.
  const std::int64_t units = 1 + log_uniform(random_, 10);
  const std::int64_t lots =
      std::max<std::int64_t>(config_.typical_quantity * units / 64 / config_.instrument.lot.value, 1);
  const auto blur = static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(lots / 8 + 1)));
  return (lots + blur) * config_.instrument.lot.value;
}

void OrderFlow::finish_action() {
  refill(Side::Buy);
  refill(Side::Sell);
  ++update_id_;
  last_change_ = now_;
  if (gathering()) return;
  publish_quote();
  const auto moved = bids_.best() - depth_bid_;
  if (moved > kEarlyDepth || moved < -kEarlyDepth) publish_depth(now_);
}

// Everything that a venue sends by the clock, in the order of its time.
void OrderFlow::run_timers(UnixNanos until) {
  for (;;) {
    const UnixNanos due = std::min({next_depth_, next_snapshot_, next_mark_});
    if (due > until) return;
    if (due == next_snapshot_) {
      publish_snapshot(due);
      // Each UTC day opens with a snapshot of its own, so that it can be read alone.
      next_snapshot_ = next_multiple(due, kDay) + config_.depth_interval / 2;
    } else if (due == next_depth_) {
      if (published_update_id_ != update_id_) publish_depth(due);
      next_depth_ += config_.depth_interval;
    } else {
      publish_mark(due);
      next_mark_ += kMarkInterval;
    }
  }
}

void OrderFlow::publish_quote() {
  const BestLevel bid{bids_.best(), bids_.quantity_at(bids_.best())};
  const BestLevel ask{asks_.best(), asks_.quantity_at(asks_.best())};
  STOM_ASSERT(bid.rung < ask.rung);
  if (bid == quoted_bid_ && ask == quoted_ask_) return;
  quoted_bid_ = bid;
  quoted_ask_ = ask;
  Message& quote = emit(MessageKind::Quote, now_, now_);
  quote.final_update_id = update_id_;
  quote.bids = quote.asks = 1;
  append_level(bid.rung, bid.quantity);
  append_level(ask.rung, ask.quantity);
}

void OrderFlow::publish_depth(UnixNanos sent) {
  Message& depth = emit(MessageKind::Depth, last_change_, sent);
  depth.first_update_id = published_update_id_ + 1;
  depth.final_update_id = update_id_;
  if (config_.funding) depth.previous_update_id = published_update_id_;  // spot venues have no such field
  bids_.publish([&](std::int64_t rung, std::int64_t quantity) {
    append_level(rung, quantity);
    ++depth.bids;
  });
  asks_.publish([&](std::int64_t rung, std::int64_t quantity) {
    append_level(rung, quantity);
    ++depth.asks;
  });
  published_update_id_ = update_id_;
  depth_bid_ = bids_.best();
}

// The whole book, taken while a depth update is still being gathered: the next update covers the snapshot's id, as with
// a snapshot asked for at a real venue.
void OrderFlow::publish_snapshot(UnixNanos sent) {
  Message& snapshot = emit(MessageKind::Snapshot, last_change_, sent);
  snapshot.final_update_id = update_id_;
  bids_.walk([&](std::int64_t rung, std::int64_t quantity) {
    append_level(rung, quantity);
    ++snapshot.bids;
  });
  asks_.walk([&](std::int64_t rung, std::int64_t quantity) {
    append_level(rung, quantity);
    ++snapshot.asks;
  });
}

// Index = the efficient price. Mark = index plus the averaged distance of the book from it. Funding rate = premium +
// clamp(interest - premium), as perpetual markets state it.
void OrderFlow::publish_mark(UnixNanos sent) {
  const double index = efficient_.value();
  const double mid = 0.5 * static_cast<double>(rungs_.price(bids_.best()).value + rungs_.price(asks_.best()).value);
  premium_ += ((mid - index) / index - premium_) * (1.0 / 300);
  const double premium = premium_ * 1e8;
  const double rate = premium + std::clamp(kInterest - premium, -kFundingClamp, kFundingClamp);
  Message& mark = emit(MessageKind::MarkPrice, sent, sent);
  mark.transaction_time = kNoTime;
  mark.first_update_id = static_cast<std::int64_t>(rate);
  mark.final_update_id = next_multiple(sent, kFundingInterval);
  mark.bids = mark.asks = 1;
  out_->levels.push_back({{static_cast<std::int64_t>(index * (1 + premium_) + 0.5)}, {0}});
  out_->levels.push_back({{static_cast<std::int64_t>(index + 0.5)}, {0}});
}

// Receipt = the venue's stamp + a least latency + a drawn delay, rarely a long one; a connection keeps its order.
Message& OrderFlow::emit(MessageKind kind, UnixNanos happened, UnixNanos sent) {
  const std::uint64_t r = latency_random_.next();
  const auto part = static_cast<std::int64_t>(r & 0xFFFFF);  // of kMillisecond, about
  const std::int64_t delay = (r >> 20) % 4096 == 0 ? part * 40 : part * static_cast<std::int64_t>((r >> 40) & 3) / 2;
  last_receive_ = std::max(last_receive_, sent + config_.latency + delay);
  Message& m = out_->messages.emplace_back();
  m.kind = kind;
  if (gathering()) m.flags = kCallAuction;
  m.receive_time = last_receive_;
  m.event_time = stamp(sent);
  m.transaction_time = stamp(happened);
  m.first_level = static_cast<std::uint32_t>(out_->levels.size());
  return m;
}

}  // namespace stom::sim
