// What the simulated Upbit tells those who asked on the WebSocket: public data and what happens to an account, each
// member under its long and its brief name.
#include "core/assert.hpp"
#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {

Fields UpbitServer::trade_message(InstrumentIndex market, const PublicTrade& t, std::string_view stream) {
  const Instrument& of = instrument(market);
  const UnixNanos now = exchange_->now();
  const Price previous = day(market, now).previous_close;
  const Change change = change_of(of, previous, t.price);
  const Stamp utc = stamp_of(t.time);
  exchange_->book(market, 1, view_);
  const Level ask = best_of(view_.asks), bid = best_of(view_.bids);
  Fields out;
  out.text("type", "ty", "trade")
      .text("code", "cd", of.symbol())
      .number("timestamp", "tms", ms(now))
      .text("trade_date", "td", utc.date)
      .text("trade_time", "ttm", utc.clock)
      .number("trade_timestamp", "ttms", ms(t.time))
      .raw("trade_price", "tp", price_text(of, t.price))
      .raw("trade_volume", "tv", quantity_text(of, t.quantity))
      .text("ask_bid", "ab", t.sell_aggressor ? "ASK" : "BID")
      .raw("prev_closing_price", "pcp", price_text(of, previous))
      .text("change", "c", change.word)
      .raw("change_price", "cp", change.size)
      .number("sequential_id", "sid", t.id)
      .raw("best_ask_price", "bap", price_text(of, ask.price))
      .raw("best_ask_size", "bas", quantity_text(of, ask.quantity))
      .raw("best_bid_price", "bbp", price_text(of, bid.price))
      .raw("best_bid_size", "bbs", quantity_text(of, bid.quantity))
      .text("stream_type", "st", stream);
  return out;
}

Fields UpbitServer::ticker_message(InstrumentIndex market, std::string_view stream) const {
  const Instrument& of = instrument(market);
  const UnixNanos now = exchange_->now();
  const Day today = day(market, now);
  const PublicTrade last = last_trade(market);
  const Change change = change_of(of, today.previous_close, last.price);
  const Stamp utc = stamp_of(last.time);
  Fields out;
  out.text("type", "ty", "ticker")
      .text("code", "cd", of.symbol())
      .raw("opening_price", "op", price_text(of, today.bar.open))
      .raw("high_price", "hp", price_text(of, today.bar.high))
      .raw("low_price", "lp", price_text(of, today.bar.low))
      .raw("trade_price", "tp", price_text(of, last.price))
      .raw("prev_closing_price", "pcp", price_text(of, today.previous_close))
      .raw("acc_trade_price", "atp", money_text(today.value))
      .text("change", "c", change.word)
      .raw("change_price", "cp", change.size)
      .raw("signed_change_price", "scp", change.signed_size)
      .raw("change_rate", "cr", change.rate)
      .raw("signed_change_rate", "scr", change.signed_rate)
      .text("ask_bid", "ab", last.sell_aggressor ? "ASK" : "BID")
      .raw("trade_volume", "tv", quantity_text(of, last.quantity))
      .raw("acc_trade_volume", "atv", quantity_text(of, today.bar.volume))
      .text("trade_date", "tdt", utc.compact_date)
      .text("trade_time", "ttm", utc.compact_clock)
      .number("trade_timestamp", "ttms", ms(last.time))
      .raw("acc_ask_volume", "aav", quantity_text(of, today.bar.volume - today.bought))
      .raw("acc_bid_volume", "abv", quantity_text(of, today.bought))
      .raw("highest_52_week_price", "h52wp", price_text(of, today.high))
      .text("highest_52_week_date", "h52wdt", stamp_of(today.high_at + kSeoul).date)
      .raw("lowest_52_week_price", "l52wp", price_text(of, today.low))
      .text("lowest_52_week_date", "l52wdt", stamp_of(today.low_at + kSeoul).date)
      .text("market_state", "ms", exchange_->trading(market) ? "ACTIVE" : "DELISTED")
      .raw("is_trading_suspended", "its", "false")
      .raw("delisting_date", "dd", "null")
      .text("market_warning", "mw", "NONE")
      .number("timestamp", "tms", ms(now))
      .raw("acc_trade_price_24h", "atp24h", money_text(today.value_24h))
      .raw("acc_trade_volume_24h", "atv24h", quantity_text(of, today.volume_24h))
      .text("stream_type", "st", stream);
  return out;
}

Fields UpbitServer::book_message(InstrumentIndex market, const Code& code, std::string_view stream, bool brief) {
  const Instrument& of = instrument(market);
  const BookUnits book = units_of(market, code.units, code.level);
  Fields out;
  out.text("type", "ty", "orderbook")
      .text("code", "cd", of.symbol())
      .number("timestamp", "tms", ms(book_time()))
      .raw("total_ask_size", "tas", quantity_text(of, book.asks))
      .raw("total_bid_size", "tbs", quantity_text(of, book.bids))
      .raw("orderbook_units", "obu", units_json(of, book, brief))
      .text("stream_type", "st", stream)
      .raw("level", "lv", price_text(of, {code.level}));
  return out;
}

std::optional<Fields> UpbitServer::candle_message(InstrumentIndex market, std::string_view type,
                                                  std::string_view stream) const {
  const Instrument& of = instrument(market);
  const auto all = candles_of(market, type.substr(7), kNever);
  if (all.empty()) return std::nullopt;
  const Candle& candle = all.back();
  Fields out;
  out.text("type", "ty", type)
      .text("code", "cd", of.symbol())
      .text("candle_date_time_utc", "cdttmu", seconds_text(candle.start))
      .text("candle_date_time_kst", "cdttmk", seconds_text(candle.start + kSeoul))
      .raw("opening_price", "op", price_text(of, candle.bar.open))
      .raw("high_price", "hp", price_text(of, candle.bar.high))
      .raw("low_price", "lp", price_text(of, candle.bar.low))
      .raw("trade_price", "tp", price_text(of, candle.bar.close))
      .raw("candle_acc_trade_volume", "catv", quantity_text(of, candle.bar.volume))
      .raw("candle_acc_trade_price", "catp", money_text(candle.value))
      .number("timestamp", "tms", ms(exchange_->now()))
      .text("stream_type", "st", stream);
  return out;
}

Fields UpbitServer::order_message(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill,
                                  std::string_view state) const {
  const Instrument& of = instrument(order.terms.instrument);
  const Extra extra = extra_of(order);
  const bool trade = state == "trade";
  STOM_ASSERT(!trade || fill != nullptr);
  const Sums sums = sums_of(order);
  const auto in_force = in_force_of(order);
  std::string price = "null", volume = "null", remaining = "null", average = "0";
  if (trade)
    price = price_text(of, fill->price);
  else if (extra.amount.value > 0)
    price = money_text(extra.amount);
  else if (order.venue_type == "limit")
    price = price_text(of, order.terms.price);
  if (trade)
    volume = quantity_text(of, fill->quantity);
  else if (extra.amount.value == 0)
    volume = quantity_text(of, order.terms.quantity);
  if (extra.amount.value == 0) remaining = quantity_text(of, sums.remaining);
  if (order.filled.value > 0) average = average_price(of, order.value, order.filled);
  Fields out;
  out.text("type", "ty", "myOrder")
      .text("code", "cd", of.symbol())
      .text("uuid", "uid", uuid_of(order.terms.id))
      .text("ask_bid", "ab", order.terms.side == Side::Buy ? "BID" : "ASK")
      .text("order_type", "ot", order.venue_type)
      .text("state", "s", state)
      .raw("trade_uuid", "tuid", trade ? json_text(uuid_of(static_cast<std::uint64_t>(fill->id), '9')) : "null")
      .raw("price", "p", price)
      .raw("avg_price", "ap", average)
      .raw("volume", "v", volume)
      .raw("remaining_volume", "rv", remaining)
      .raw("executed_volume", "ev", quantity_text(of, order.filled))
      .number("trades_count", "tc", static_cast<std::int64_t>(fills_of(order).size()))
      .raw("reserved_fee", "rsf", money_text(sums.reserved_fee))
      .raw("remaining_fee", "rmf", money_text(sums.remaining_fee))
      .raw("paid_fee", "pf", money_text(order.fee))
      .raw("locked", "l", money_text(sums.locked))
      .raw("executed_funds", "ef", money_text(order.value))
      .raw("time_in_force", "tif", in_force.empty() ? "null" : json_text(in_force))
      .raw("trade_fee", "tf", trade ? money_text(fill->fee) : "null")
      .raw("is_maker", "im",
           !trade                                ? "null"
           : fill->liquidity == Liquidity::Maker ? "true"
                                                 : "false")
      .raw("identifier", "id", extra.named ? json_text(order.client_id) : "null")
      .text("smp_type", "smpt", extra.smp)
      .raw("prevented_volume", "pv", "0")
      .raw("prevented_locked", "pl", "0")
      .raw("trade_timestamp", "ttms", trade ? std::to_string(ms(fill->time)) : "null")
      .number("order_timestamp", "otms", ms(order.created))
      .number("timestamp", "tms", ms(event.time))
      .text("stream_type", "st", "REALTIME");
  return out;
}

Fields UpbitServer::asset_message(const VenueOrder& order, bool brief) const {
  const Instrument& of = instrument(order.terms.instrument);
  std::string assets;
  const UnixNanos now = exchange_->now();
  for (const auto* asset : {&of.quote, &of.base}) {
    const AssetBalance balance = balance_of(order.account, *asset);
    assets += assets.empty() ? "" : ",";
    assets += Fields{}
                  .text("currency", "cu", *asset)
                  .raw("balance", "b", money_text(balance.free))
                  .raw("locked", "l", money_text(balance.locked))
                  .json(brief);
  }
  Fields out;
  out.text("type", "ty", "myAsset")
      .text("asset_uuid", "astuid", uuid_of(last_asset_, 'a'))
      .raw("assets", "ast", "[" + assets + "]")
      .number("asset_timestamp", "asttms", ms(now))
      .number("timestamp", "tms", ms(now))
      .text("stream_type", "st", "REALTIME");
  return out;
}

}  // namespace stom::venues::upbit::server
