#include "market/market.hpp"

namespace stom {

InstrumentMarket::InstrumentMarket(Instrument instrument)
    : base_tick_{instrument.base_tick().value},
      price_unit_{static_cast<double>(power_of_ten(instrument.price_decimals))},
      quantity_unit_{static_cast<double>(power_of_ten(instrument.quantity_decimals))},
      instrument_{std::move(instrument)} {}

void InstrumentMarket::apply(const FeedMessage& message) {
  switch (message.kind) {
    case FeedKind::Depth:
      for (const FeedLevel& level : message.bid_levels()) book_.set_bid(level.tick, level.quantity);
      for (const FeedLevel& level : message.ask_levels()) book_.set_ask(level.tick, level.quantity);
      gathering = message.auction;
      view_is_old_ = true;
      break;
    case FeedKind::Snapshot:
      apply_snapshot(book_, message);
      gathering = message.auction;
      view_is_old_ = true;
      stale = false;
      break;
    case FeedKind::Trade:
      last_price = price_of(message.first->tick);
      last_quantity = {message.first->quantity};
      break;
    case FeedKind::Mark:
      mark_price = price_of(message.first->tick);
      break;
    case FeedKind::Gap:
      stale = true;
      break;
    case FeedKind::Watched:
    case FeedKind::Unwatched:
      watched = message.kind == FeedKind::Watched;
      break;
    case FeedKind::Bar:
      apply_bar(message);
      break;
    case FeedKind::Quote:
      if (!message.replaces_book) break;
      book_.set_touch(message.first[0].tick, message.first[0].quantity, message.first[1].tick,
                      message.first[1].quantity);
      view_is_old_ = true;
      stale = false;
      break;
  }
}

Level InstrumentMarket::bid(std::size_t n) const {
  Tick tick = book_.best_bid();
  while (n-- > 0 && tick != kNoBid) tick = book_.bids().at_or_below(tick - 1);
  return tick == kNoBid ? Level{kNoPrice, {}} : Level{price_of(tick), {book_.bid_quantity(tick)}};
}

Level InstrumentMarket::ask(std::size_t n) const {
  Tick tick = book_.best_ask();
  while (n-- > 0 && tick != kNoAsk) tick = book_.asks().at_or_above(tick + 1);
  return tick == kNoAsk ? Level{kNoPrice, {}} : Level{price_of(tick), {book_.ask_quantity(tick)}};
}

Quantity InstrumentMarket::quantity_at(Side side, Price price) const {
  const Tick tick = price.value / base_tick_;
  if (price.value < 0 || price.value % base_tick_ != 0 || tick >= kMaxTick) return {};
  return {side == Side::Buy ? book_.bid_quantity(tick) : book_.ask_quantity(tick)};
}

void InstrumentMarket::copy_touch() {
  view_is_old_ = false;
  const Tick bid = book_.best_bid(), ask = book_.best_ask();
  best_bid = bid == kNoBid ? kNoPrice : price_of(bid);
  best_ask = ask == kNoAsk ? kNoPrice : price_of(ask);
  bid_quantity = {bid == kNoBid ? 0 : book_.bid_quantity(bid)};
  ask_quantity = {ask == kNoAsk ? 0 : book_.ask_quantity(ask)};
}

Market::Market(std::vector<Instrument> instruments) {
  for (auto& instrument : instruments) instruments_.emplace_back(std::move(instrument));
}

}  // namespace stom
