// Markets, tickers, trades and books of the simulated Upbit.
#include <fmt/format.h>

#include <algorithm>

#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {

// ---- markets and tickers

template <class Make>
Outcome UpbitServer::each(const Call& call, Make make) {
  const auto markets = markets_of(call);
  if (!markets) return std::unexpected(markets.error());
  std::vector<std::string> out;
  for (const auto market : *markets) out.push_back(make(market));
  return json_array(out);
}

Outcome UpbitServer::market_all(const Call& call) {
  const auto with_event = call.find("is_details").value_or(call.find("isDetails").value_or("false"));
  static constexpr std::array<std::array<std::string_view, 3>, 5> kNames = {{{"BTC", "비트코인", "Bitcoin"},
                                                                             {"ETH", "이더리움", "Ethereum"},
                                                                             {"XRP", "엑스알피(리플)", "XRP"},
                                                                             {"DOGE", "도지코인", "Dogecoin"},
                                                                             {"USDT", "테더", "Tether"}}};
  std::vector<std::string> out;
  for (const auto& [symbol, market] : markets_) {
    const auto name = std::ranges::find(kNames, instrument(market).base, [](const auto& row) { return row[0]; });
    JsonObject one;
    one.text("market", symbol)
        .text("korean_name", name == kNames.end() ? instrument(market).base : (*name)[1])
        .text("english_name", name == kNames.end() ? instrument(market).base : (*name)[2]);
    if (lower(with_event) == "true")
      one.raw(
          "market_event",
          R"({"warning":false,"caution":{"PRICE_FLUCTUATIONS":false,"TRADING_VOLUME_SOARING":false,)"
          R"("DEPOSIT_AMOUNT_SOARING":false,"GLOBAL_PRICE_DIFFERENCES":false,"CONCENTRATION_OF_SMALL_ACCOUNTS":false}})");
    out.push_back(one.done());
  }
  return json_array(out);
}

Day UpbitServer::day(InstrumentIndex market, UnixNanos now) const {
  Day out;
  const UnixNanos begin = start_of_day(day_of(now));
  for (const MinuteBar& minute : exchange_->minutes(market)) {
    const Bar& bar = minute.bar;
    if (out.high.value == 0 || bar.high > out.high) out.high = bar.high, out.high_at = bar.time;
    if (out.low.value == 0 || bar.low < out.low) out.low = bar.low, out.low_at = bar.time;
    if (bar.time >= now - kDay) out.value_24h += minute.value, out.volume_24h += bar.volume;
    if (bar.time < begin) {
      out.previous_close = bar.close;
      continue;
    }
    if (out.bar.open.value == 0)
      out.bar = bar;
    else
      out.bar.high = std::max(out.bar.high, bar.high), out.bar.low = std::min(out.bar.low, bar.low),
      out.bar.close = bar.close, out.bar.volume += bar.volume;
    out.value += minute.value;
    out.bought += minute.taken;
  }
  if (out.previous_close.value == 0) out.previous_close = out.bar.open;
  if (out.bar.open.value == 0) out.bar.open = out.bar.high = out.bar.low = out.bar.close = out.previous_close;
  return out;
}

PublicTrade UpbitServer::last_trade(InstrumentIndex market) const {
  if (const auto& all = exchange_->trades(market); !all.empty()) return all.back();
  const auto& minutes = exchange_->minutes(market);
  if (minutes.empty()) return {};
  return {.price = minutes.back().bar.close, .quantity = minutes.back().bar.volume, .time = minutes.back().bar.time};
}

Outcome UpbitServer::ticker(const Call& call) {
  return each(call, [&](InstrumentIndex market) { return ticker_json(market); });
}

Outcome UpbitServer::ticker_all(const Call& call) {
  const auto quotes = call.all("quote_currencies");
  std::vector<std::string> out;
  for (const auto& [symbol, market] : markets_)
    if (quotes.empty() || std::ranges::find(quotes, instrument(market).quote) != quotes.end())
      out.push_back(ticker_json(market));
  return json_array(out);
}

std::string UpbitServer::ticker_json(InstrumentIndex market) const {
  const Instrument& of = instrument(market);
  const UnixNanos now = exchange_->now();
  const Day today = day(market, now);
  const PublicTrade last = last_trade(market);
  const Change change = change_of(of, today.previous_close, last.price);
  const Stamp utc = stamp_of(last.time), seoul = stamp_of(last.time + kSeoul);
  return JsonObject{}
      .text("market", of.symbol())
      .text("trade_date", utc.compact_date)
      .text("trade_time", utc.compact_clock)
      .text("trade_date_kst", seoul.compact_date)
      .text("trade_time_kst", seoul.compact_clock)
      .number("trade_timestamp", ms(last.time))
      .raw("opening_price", price_text(of, today.bar.open))
      .raw("high_price", price_text(of, today.bar.high))
      .raw("low_price", price_text(of, today.bar.low))
      .raw("trade_price", price_text(of, last.price))
      .raw("prev_closing_price", price_text(of, today.previous_close))
      .text("change", change.word)
      .raw("change_price", change.size)
      .raw("change_rate", change.rate)
      .raw("signed_change_price", change.signed_size)
      .raw("signed_change_rate", change.signed_rate)
      .raw("trade_volume", quantity_text(of, last.quantity))
      .raw("acc_trade_price", money_text(today.value))
      .raw("acc_trade_price_24h", money_text(today.value_24h))
      .raw("acc_trade_volume", quantity_text(of, today.bar.volume))
      .raw("acc_trade_volume_24h", quantity_text(of, today.volume_24h))
      .raw("highest_52_week_price", price_text(of, today.high))
      .text("highest_52_week_date", stamp_of(today.high_at + kSeoul).date)
      .raw("lowest_52_week_price", price_text(of, today.low))
      .text("lowest_52_week_date", stamp_of(today.low_at + kSeoul).date)
      .number("timestamp", ms(now))
      .done();
}

// ---- trades

Outcome UpbitServer::trades(const Call& call) {
  const auto market = market_of(call);
  if (!market) return std::unexpected(market.error());
  const auto count = static_cast<std::size_t>(call.number("count", 1, 500));
  const auto cursor = call.find("cursor");
  const std::int64_t before = whole_number(cursor.value_or("")).value_or(INT64_MAX);
  // One UTC day: the one of the last trade, or so many days before today.
  const auto& all = exchange_->trades(*market);
  std::int64_t wanted = day_of(all.empty() ? call.now : all.back().time);
  if (const auto text = call.find("days_ago"); text && !text->empty()) {
    const auto days = whole_number(*text);
    if (!days || *days < 1 || *days > 7) return mismatch();
    wanted = day_of(call.now) - *days;
  }
  UnixNanos until = start_of_day(static_cast<std::int32_t>(wanted + 1));
  if (const auto to = call.find("to"); to && !to->empty()) {  // HHmmss or HH:mm:ss
    std::string digits{*to};
    std::erase(digits, ':');
    const auto clock = whole_number(digits);
    if (!clock || digits.size() != 6 || *clock / 10'000 > 23 || *clock / 100 % 100 > 59 || *clock % 100 > 59)
      return mismatch();
    until = start_of_day(static_cast<std::int32_t>(wanted)) +
            (*clock / 10'000 * 3600 + *clock / 100 % 100 * 60 + *clock % 100) * kSecond;
  }
  const Instrument& of = instrument(*market);
  const Price previous = day(*market, call.now).previous_close;
  std::vector<std::string> out;
  for (auto it = all.rbegin(); it != all.rend() && out.size() < count; ++it) {
    if (it->id >= before || it->time >= until || day_of(it->time) != wanted) continue;
    const Stamp utc = stamp_of(it->time);
    out.push_back(JsonObject{}
                      .text("market", of.symbol())
                      .text("trade_date_utc", utc.date)
                      .text("trade_time_utc", utc.clock)
                      .number("timestamp", ms(it->time))
                      .raw("trade_price", price_text(of, it->price))
                      .raw("trade_volume", quantity_text(of, it->quantity))
                      .raw("prev_closing_price", price_text(of, previous))
                      .raw("change_price", change_of(of, previous, it->price).signed_size)
                      .text("ask_bid", it->sell_aggressor ? "ASK" : "BID")
                      .number("sequential_id", it->id)
                      .done());
  }
  return json_array(out);
}

// ---- the book

std::vector<std::int64_t> UpbitServer::levels_of(InstrumentIndex market) const {
  std::vector<std::int64_t> out{0};
  const std::int64_t tick = ladders_[market].tick_at(last_trade(market).price).value;
  if (instrument(market).quote != "KRW") return out;
  std::int64_t level = 1;
  while (level < 10 * tick) level *= 10;
  for (int i = 0; i < 5; ++i, level *= 10) out.push_back(level);
  return out;
}

std::optional<std::int64_t> UpbitServer::level_of(InstrumentIndex market, std::string_view text) const {
  const auto level = parse_decimal(text, instrument(market).price_decimals);
  const auto offered = levels_of(market);
  if (!level || std::ranges::find(offered, *level) == offered.end()) return std::nullopt;
  return *level;
}

BookUnits UpbitServer::units_of(InstrumentIndex market, std::size_t count, std::int64_t level) {
  exchange_->book(market, level == 0 ? count : 1000, view_);
  const auto together = [&](const std::vector<Level>& side, bool up) {
    std::vector<Level> out;
    for (const Level& one : side) {
      Price price = one.price;
      if (level > 0) price = {(price.value + (up ? level - 1 : 0)) / level * level};
      if (!out.empty() && out.back().price == price)
        out.back().quantity += one.quantity;
      else if (out.size() < count)
        out.push_back({price, one.quantity});
      else
        break;
    }
    return out;
  };
  const auto asks = together(view_.asks, true), bids = together(view_.bids, false);
  BookUnits out;
  for (std::size_t i = 0; i < std::max(asks.size(), bids.size()); ++i) {
    Unit unit;
    if (i < asks.size()) unit.ask = asks[i], out.asks += asks[i].quantity;
    if (i < bids.size()) unit.bid = bids[i], out.bids += bids[i].quantity;
    out.units.push_back(unit);
  }
  return out;
}

std::string UpbitServer::units_json(const Instrument& of, const BookUnits& book, bool brief) {
  std::string out = "[";
  for (const Unit& unit : book.units) {
    if (out.size() > 1) out += ',';
    out += fmt::format(R"({{"{}":{},"{}":{},"{}":{},"{}":{}}})", brief ? "ap" : "ask_price",
                       price_text(of, unit.ask.price), brief ? "bp" : "bid_price", price_text(of, unit.bid.price),
                       brief ? "as" : "ask_size", quantity_text(of, unit.ask.quantity), brief ? "bs" : "bid_size",
                       quantity_text(of, unit.bid.quantity));
  }
  return out + "]";
}

UnixNanos UpbitServer::book_time() const {
  const UnixNanos at = view_.event_time > 0 ? view_.event_time : view_.transaction_time;
  return at > 0 ? at : exchange_->now();
}

Outcome UpbitServer::orderbook(const Call& call) {
  const auto markets = markets_of(call);
  if (!markets) return std::unexpected(markets.error());
  const auto count = static_cast<std::size_t>(call.number("count", static_cast<std::int64_t>(kUnits), kUnits));
  std::vector<std::string> out;
  for (const auto market : *markets) {
    const auto level = level_of(market, call.find("level").value_or("0"));
    if (!level) continue;  // the venue answers with nothing
    const Instrument& of = instrument(market);
    const BookUnits book = units_of(market, count, *level);
    out.push_back(JsonObject{}
                      .text("market", of.symbol())
                      .number("timestamp", ms(book_time()))
                      .raw("total_ask_size", quantity_text(of, book.asks))
                      .raw("total_bid_size", quantity_text(of, book.bids))
                      .raw("orderbook_units", units_json(of, book, false))
                      .raw("level", price_text(of, {*level}))
                      .done());
  }
  return json_array(out);
}

Outcome UpbitServer::orderbook_instruments(const Call& call) {
  return each(call, [&](InstrumentIndex market) {
    const Instrument& of = instrument(market);
    std::vector<std::string> levels;
    for (const auto level : levels_of(market)) levels.push_back(json_text(price_text(of, {level})));
    return JsonObject{}
        .text("market", of.symbol())
        .text("quote_currency", of.quote)
        .text("tick_size", price_text(of, std::max(ladders_[market].tick_at(last_trade(market).price),
                                                   of.tick_at(last_trade(market).price))))
        .raw("supported_levels", json_array(levels))
        .done();
  });
}

Outcome UpbitServer::supported_levels(const Call& call) {
  return each(call, [&](InstrumentIndex market) {
    const Instrument& of = instrument(market);
    std::vector<std::string> levels;
    for (const auto level : levels_of(market)) levels.push_back(price_text(of, {level}));
    return JsonObject{}.text("market", of.symbol()).raw("supported_levels", json_array(levels)).done();
  });
}

}  // namespace stom::venues::upbit::server
