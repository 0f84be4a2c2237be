// Candles of the simulated Upbit: of trades in seconds, of minutes in everything longer.
#include <fmt/format.h>

#include <algorithm>

#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {
namespace {

/// Where the candle that holds the time begins. `unit`: "1s", "5m", "1d", "1w", "1M", "1y".
UnixNanos begin_of(std::string_view unit, UnixNanos time) {
  const std::int64_t count = whole_number(unit.substr(0, unit.size() - 1)).value_or(1);
  switch (unit.back()) {
    case 's':
      return time - time % kSecond;
    case 'm':
      return time - time % (count * kMinute);
    case 'w': {
      const auto day = day_of(time);
      return start_of_day(day - (day + 3) % 7);  // 1970-01-01 was a Thursday; weeks begin on Monday
    }
    case 'M':
    case 'y': {
      const auto date = civil_of_day(day_of(time));
      return start_of_day(day_of_civil(date.year, unit.back() == 'y' ? 1 : date.month, 1));
    }
    default:
      return start_of_day(day_of(time));
  }
}

}  // namespace

std::vector<Candle> UpbitServer::candles_of(InstrumentIndex market, std::string_view unit, UnixNanos before) const {
  std::vector<Candle> out;
  const auto add = [&](UnixNanos at, UnixNanos last, const Bar& bar, Money value) {
    const UnixNanos start = begin_of(unit, at);
    if (start >= before) return;
    if (out.empty() || out.back().start != start) return out.push_back({start, last, bar, value});
    Candle& sum = out.back();
    sum.bar.high = std::max(sum.bar.high, bar.high);
    sum.bar.low = std::min(sum.bar.low, bar.low);
    sum.bar.close = bar.close;
    sum.bar.volume += bar.volume;
    sum.value += value;
    sum.last = last;
  };
  if (unit.back() == 's') {
    for (const PublicTrade& t : exchange_->trades(market))
      add(t.time, t.time, {t.time, t.price, t.price, t.price, t.price, t.quantity},
          value_of(instrument(market), t.price, t.quantity));
  } else {
    const UnixNanos newest = last_trade(market).time;
    for (const MinuteBar& m : exchange_->minutes(market))
      add(m.bar.time, std::min(m.bar.time + kMinute - kMillisecond, std::max(newest, m.bar.time)), m.bar, m.value);
  }
  return out;
}

Outcome UpbitServer::candles(const Call& call, std::string_view unit) {
  const auto market = market_of(call);
  if (!market) return std::unexpected(market.error());
  const auto count = static_cast<std::size_t>(call.number("count", 1, 200));
  UnixNanos before = kNever;
  if (const auto to = call.find("to"); to && !to->empty()) {
    const auto time = parse_time(*to);
    if (!time) return mismatch();
    before = *time;
  }
  const Instrument& of = instrument(*market);
  const auto all = candles_of(*market, unit, before);
  std::vector<std::string> out;
  for (std::size_t i = all.size(); i-- > 0 && out.size() < count;) {
    const Candle& candle = all[i];
    JsonObject one;
    one.text("market", of.symbol())
        .text("candle_date_time_utc", seconds_text(candle.start))
        .text("candle_date_time_kst", seconds_text(candle.start + kSeoul))
        .raw("opening_price", price_text(of, candle.bar.open))
        .raw("high_price", price_text(of, candle.bar.high))
        .raw("low_price", price_text(of, candle.bar.low))
        .raw("trade_price", price_text(of, candle.bar.close))
        .number("timestamp", ms(candle.last))
        .raw("candle_acc_trade_price", money_text(candle.value))
        .raw("candle_acc_trade_volume", quantity_text(of, candle.bar.volume));
    if (unit.back() == 'm') one.number("unit", whole_number(unit.substr(0, unit.size() - 1)).value_or(1));
    if (unit.back() == 'd') {
      const Price previous = i > 0 ? all[i - 1].bar.close : candle.bar.open;
      const Change change = change_of(of, previous, candle.bar.close);
      one.raw("prev_closing_price", price_text(of, previous))
          .raw("change_price", change.signed_size)
          .raw("change_rate", change.signed_rate);
    }
    if (unit.back() == 'w' || unit.back() == 'M' || unit.back() == 'y')
      one.text("first_day_of_period", stamp_of(candle.start).date);
    out.push_back(one.done());
  }
  return json_array(out);
}

Outcome UpbitServer::candles_seconds(const Call& call) { return candles(call, "1s"); }

Outcome UpbitServer::candles_minutes(const Call& call) {
  constexpr std::string_view kMinutes[] = {"1", "3", "5", "10", "15", "30", "60", "240"};
  const std::string unit = call.rest.empty() ? "1" : call.rest;
  if (std::ranges::find(kMinutes, unit) == std::end(kMinutes)) return mismatch();
  return candles(call, unit + "m");
}

Outcome UpbitServer::candles_days(const Call& call) { return candles(call, "1d"); }

Outcome UpbitServer::candles_weeks(const Call& call) { return candles(call, "1w"); }

Outcome UpbitServer::candles_months(const Call& call) { return candles(call, "1M"); }

Outcome UpbitServer::candles_years(const Call& call) { return candles(call, "1y"); }

}  // namespace stom::venues::upbit::server
