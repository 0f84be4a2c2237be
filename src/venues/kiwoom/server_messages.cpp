// What the simulated Kiwoom tells those who registered: trades, books, their orders and holdings.
#include <fmt/format.h>

#include "core/assert.hpp"
#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {
constexpr std::size_t kFillsKept = 1'000;  // by which one that is told twice is known: it comes soon
}

// ---- what the market and the orders do

void StockServer::on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) {
  const UnixNanos time = message.venue_time() != kNoTime ? message.venue_time() : exchange_->now();
  if (message.kind == MessageKind::Trade) {
    const Taker taker = (message.flags & kNoAggressor) != 0     ? Taker::None
                        : (message.flags & kSellAggressor) != 0 ? Taker::Seller
                                                                : Taker::Buyer;
    add_trade(days_[market], exchange_->instruments()[market], levels[0].price, levels[0].quantity, taker, time);
    tell(market, "0B", "주식체결", [&](std::string_view) { return trade_values(market, time); });
  } else if (message.kind == MessageKind::Depth || message.kind == MessageKind::Snapshot) {
    // What a call would come to is worked out for those who hear it.
    if (is_in_call(market) && !is_listened_to(market)) return;
    const auto expected = look_at(market, 10);
    const std::array best{view_.asks.empty() ? Price{} : view_.asks[0].price,
                          view_.bids.empty() ? Price{} : view_.bids[0].price};
    if (best != best_[market]) {
      best_[market] = best;
      tell(market, "0C", "주식우선호가", [&](std::string_view) {
        return JsonObject{}.text("27", price(market, best[0])).text("28", price(market, best[1])).done();
      });
    }
    if (is_in_call(market) && view_.bids.empty() && view_.asks.empty()) return;  // not yet shown
    tell(market, "0D", "주식호가잔량", [&](std::string_view) { return book_values(market, expected, time); });
    tell_expected(market, expected, time);
  }
}

bool StockServer::is_listened_to(InstrumentIndex market) const {
  const auto first = listeners_.lower_bound({market, std::string{}});
  return first != listeners_.end() && first->first.first == market;
}

void StockServer::on_phase(InstrumentIndex market) {
  const auto session = exchange_->session(market);
  STOM_ASSERT(session.has_value());
  const UnixNanos now = exchange_->now();
  if (session->phase == TradingPhase::OpeningCall) begin_day(days_[market], exchange_->instruments()[market], now);
  Interruption& interruption = interruptions_[market];
  if (session->phase == TradingPhase::VolatilityCall) {
    interruption = interruption_of(market, *session, interruption.count + 1);
    tell(market, "1h", "VI발동/해제", [&](std::string_view) { return interruption_values(market, true); });
  } else if (interruption.on) {
    interruption.on = false;
    interruption.released = now;
    tell(market, "1h", "VI발동/해제", [&](std::string_view) { return interruption_values(market, false); });
  }
  if (session->phase == TradingPhase::OpeningCall) interruption = {};
}

/// The order that would have traded too far away rests, and would meet the other side at the price that began it.
StockServer::Interruption StockServer::interruption_of(InstrumentIndex market, const MarketSession& session,
                                                       int count) {
  Interruption out{
      .on = true, .price = session.last, .begun = exchange_->now(), .released = session.ends, .count = count};
  if (const auto meets = exchange_->expected_match(market)) out.price = meets->price;
  const auto too_far = [&](Price from, std::int64_t rate) {
    const std::int64_t by = out.price > from ? (out.price - from).value : (from - out.price).value;
    return from.value > 0 && rate > 0 && Int128{by} * kWholeRate >= Int128{from.value} * rate;
  };
  if (too_far(session.single, session.static_rate)) out.of_single = session.single;
  if (too_far(session.last, session.dynamic_rate)) out.of_last = session.last;
  out.up = out.price >= (out.of_last.value > 0 ? out.of_last : out.of_single);
  return out;
}

/// What would trade if the call ended now, where that has changed.
void StockServer::tell_expected(InstrumentIndex market, const std::optional<Level>& expected, UnixNanos time) {
  if (!expected || expected_[market] == *expected) return;
  expected_[market] = *expected;
  tell(market, "0H", "주식예상체결", [&](std::string_view) {
    const Price base = days_[market].base, by = expected->price - base;
    return JsonObject{}
        .text("20", clock_text(time))
        .text("10", price(market, expected->price))
        .text("11", fmt::format("{}{}", by.value > 0 ? "+" : "", plain(market, by)))
        .text("12", percent(by.value, base.value))
        .text("15", shares(market, expected->quantity.value))
        .text("13", shares(market, days_[market].volume))
        .text("25", by.value > 0   ? "2"
                    : by.value < 0 ? "5"
                                   : "3")
        .done();
  });
}

std::string StockServer::interruption_values(InstrumentIndex m, bool on) const {
  const Interruption& i = interruptions_[m];
  const bool of_single = i.of_single.value > 0, of_last = i.of_last.value > 0;
  const std::string_view kind = of_single && of_last ? "동적+정적" : of_single ? "정적" : "동적";
  const auto gap = [&](Price from) {
    return from.value > 0 ? percent((i.price - from).value, from.value) : std::string{"0.00"};
  };
  JsonObject j;
  j.text("9001", exchange_->instruments()[m].symbol()).text("302", names_[m]).text("13", shares(m, days_[m].volume));
  j.text("14", millions(days_[m].value)).text("9068", on ? "1" : "2").text("9008", "001").text("9075", "1");
  j.text("1221", plain(m, i.price)).text("1223", clock_text(i.begun)).text("1224", clock_text(i.released));
  j.text("1225", kind).text("1236", plain(m, i.of_single)).text("1237", plain(m, i.of_last));
  j.text("1238", gap(i.of_single)).text("1239", gap(i.of_last)).text("1489", gap(days_[m].base));
  j.text("1490", std::to_string(i.count)).text("9069", i.up ? "1" : "2");
  j.text("1279", fmt::format("{}{}", i.up ? "+" : "-", kind));
  return j.done();
}

void StockServer::on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  if (order.status == OrderStatus::Rejected) return;  // refused at the door: the answer says so
  const auto note = notes_.find(order.client_id);
  if (note == notes_.end()) return;
  if (fill != nullptr && fills_held_.insert(fill->id).second) hold(order, *fill);
  if (fills_held_.size() > kFillsKept) fills_held_.erase(fills_held_.begin());  // they count upwards: the oldest
  std::string_view state;
  switch (event.kind) {
    case OrderEventKind::Accepted:
      state = "접수";
      break;
    case OrderEventKind::Filled:
      state = "체결";
      break;
    case OrderEventKind::Expired:
    case OrderEventKind::Canceled:
      if (changing_) return;  // told as the cancel or amendment that it is
      state = "취소";
      break;
    default:
      return;
  }
  tell_account(order.account, "00", "주문체결", symbol(order), order_values(order, note->second, state, fill));
  if (fill != nullptr) tell_account(order.account, "04", "현물잔고", symbol(order), holding_values(order));
}

// ---- messages

std::string StockServer::trade_values(InstrumentIndex m, UnixNanos time) const {
  const StockDay& day = days_[m];
  const std::int64_t one = whole_won(value_of(exchange_->instruments()[m], day.last,
                                              {day.last_quantity < 0 ? -day.last_quantity : day.last_quantity}));
  const bool sold = day.last_quantity < 0;
  JsonObject j;
  j.text("20", clock_text(time)).text("10", price(m, day.last)).text("11", change(m)).text("12", change_rate(m));
  j.text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1]));
  const std::string_view bought = sold || day.at_auction ? "" : "+";  // without a sign: nobody took
  j.text("15", fmt::format("{}{}", bought, shares(m, day.last_quantity)));
  j.text("13", shares(m, day.volume)).text("14", millions(day.value)).text("16", price(m, day.open));
  j.text("17", price(m, day.high)).text("18", price(m, day.low)).text("25", day.sign()).text("26", "0").text("29", "0");
  j.text("30", "0.00").text("31", "0.00").text("32", "0").text("228", strength(m)).text("311", "0").text("290", "2");
  j.text("691", "0")
      .text("567", "000000")
      .text("568", "000000")
      .text("851", "0")
      .text("1890", clock_text(day.open_time));
  j.text("1891", clock_text(day.high_time)).text("1892", clock_text(day.low_time)).text("1030", shares(m, day.sold));
  j.text("1031", shares(m, day.bought)).text("1032", percent(day.bought, day.volume, false));
  j.text("1071", std::to_string(day.sales)).text("1072", std::to_string(day.purchases));
  j.text("1313", signed_text((sold ? -one : one) / 1'000)).text("1315", sold ? shares(m, day.last_quantity) : " 0");
  j.text("1316", sold ? " 0" : "+" + shares(m, day.last_quantity))
      .text("1314", fmt::format("{}{}", sold ? "" : "+", shares(m, day.last_quantity)));
  j.text("1497", "0").text("1498", "0").text("620", "0").text("732", "0").text("852", "0").text("9081", "KRX");
  return j.done();
}

std::string StockServer::book_values(InstrumentIndex m, const std::optional<Level>& expected, UnixNanos time) {
  JsonObject j;
  j.text("21", clock_text(time));
  const auto level = [&](const std::vector<Level>& side, std::size_t i, int at, int quantity, int change) {
    const bool there = i < side.size();
    j.text(std::to_string(at), there ? price(m, side[i].price) : "0");
    j.text(std::to_string(quantity), there ? shares(m, side[i].quantity.value) : "0");
    j.text(std::to_string(change), "0");
  };
  for (int i = 0; i < 10; ++i) {
    level(view_.asks, static_cast<std::size_t>(i), 41 + i, 61 + i, 81 + i);
    level(view_.bids, static_cast<std::size_t>(i), 51 + i, 71 + i, 91 + i);
  }
  // KRX tells no totals of what it gathers.
  const bool gathers = is_in_call(m);
  const std::int64_t asks = gathers ? 0 : total(view_.asks), bids = gathers ? 0 : total(view_.bids);
  j.text("121", shares(m, asks)).text("122", "0").text("125", shares(m, bids)).text("126", "0");
  const Price base = days_[m].base, by = expected ? expected->price - base : Price{};
  const std::string at = expected ? price(m, expected->price) : "0";
  const std::string quantity = expected ? shares(m, expected->quantity.value) : "0";
  const std::string change = fmt::format("{}{}", by.value > 0 ? "+" : "", plain(m, by));
  const std::string rate = expected ? percent(by.value, base.value) : "0.00";
  const std::string_view sign = by.value > 0 ? "2" : by.value < 0 ? "5" : "3";
  j.text("23", at).text("24", quantity).text("128", signed_text(bids - asks)).text("129", percent(bids, asks, false));
  j.text("138", signed_text(asks - bids)).text("139", percent(asks, bids, false)).text("200", change).text("201", rate);
  j.text("238", sign).text("291", at).text("292", quantity).text("293", sign).text("294", change).text("295", rate);
  for (int i = 0; i < 10; ++i) j.text(std::to_string(621 + i), "0").text(std::to_string(631 + i), "0");
  j.text("13", shares(m, days_[m].volume)).text("299", "0.00").text("215", "").text("216", "");
  for (int fid = 6'044; fid <= 6'087; ++fid) j.text(std::to_string(fid), "0");
  for (int fid = 6'100; fid <= 6'115; ++fid) j.text(std::to_string(fid), "0");
  return j.done();
}

std::string StockServer::order_json(const VenueOrder& order, const OrderWords& w) const {
  const InstrumentIndex m = order.terms.instrument;
  JsonObject j;
  j.text("9201", credentials_[order.account].account).text("9203", w.number).text("9205", "");
  j.text("9001", symbol(order)).text("912", "JJ").text("913", w.state).text("302", names_[m]);
  j.text("900", shares(m, w.quantity))
      .text("901", w.price)
      .text("902", shares(m, w.leaves))
      .text("903", w.filled_value);
  j.text("904", w.original)
      .text("905", w.kind)
      .text("906", w.type)
      .text("907", order.terms.side == Side::Buy ? "2" : "1");
  j.text("908", clock_text(w.time)).text("909", w.trade).text("910", w.last_price).text("911", w.last_quantity);
  j.text("10", price(m, days_[m].last)).text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1]));
  j.text("914", w.last_price).text("915", w.last_quantity).text("938", w.fee).text("939", "0").text("919", "0");
  j.text("920", "").text("921", "0").text("922", "00").text("923", "").text("10010", "");
  j.text("2134", place_number(w.exchange)).text("2135", w.exchange == "NXT" ? "NXT" : "KRX");
  j.text("2136", w.exchange == "SOR" ? "Y" : "N");
  return j.done();
}

std::string StockServer::order_values(const VenueOrder& order, const Note& note, std::string_view state,
                                      const VenueFill* fill) const {
  const InstrumentIndex m = order.terms.instrument;
  return order_json(order, {.number = note.number,
                            .original = note.original,
                            .price = limit_of(order),
                            .filled_value = std::to_string(whole_won(order.value)),
                            .trade = fill ? std::to_string(fill->id % 10'000'000) : "",
                            .last_price = fill ? plain(m, fill->price) : "",
                            .last_quantity = fill ? shares(m, fill->quantity.value) : "",
                            .fee = std::to_string(whole_won(order.fee)),
                            .state = state,
                            .kind = note.kind,
                            .type = word_of(order),
                            .exchange = note.exchange,
                            .quantity = order.terms.quantity.value,
                            .leaves = state == "취소" ? 0 : (order.terms.quantity - order.filled).value,
                            .time = exchange_->now()});
}

std::string StockServer::change_values(const VenueOrder& order, const Note& note, std::string_view state,
                                       Quantity quantity, const std::string& at) const {
  return order_json(order, {.number = note.number,
                            .original = note.original,
                            .price = at,
                            .filled_value = "0",
                            .trade = "",
                            .last_price = "",
                            .last_quantity = "",
                            .fee = "0",
                            .state = state,
                            .kind = note.kind,
                            .type = word_of(order),
                            .exchange = note.exchange,
                            .quantity = quantity.value,
                            .leaves = state == "접수" || at != "0" ? quantity.value : 0,
                            .time = exchange_->now()});
}

std::string StockServer::holding_values(const VenueOrder& order) const {
  const InstrumentIndex m = order.terms.instrument;
  const Holding& holding = holdings_.at({order.account, m});
  std::int64_t free = holding.quantity;
  for (const auto& balance : exchange_->balances(order.account))
    if (balance.asset == exchange_->instruments()[m].base) free = whole_won(balance.free);
  JsonObject j;
  j.text("9201", credentials_[order.account].account)
      .text("9001", symbol(order))
      .text("917", "00")
      .text("916", "00000000");
  j.text("302", names_[m]).text("10", price(m, days_[m].last)).text("930", std::to_string(holding.quantity));
  j.text("931", std::to_string(entry_price(holding)))
      .text("932", std::to_string(static_cast<std::int64_t>(holding.cost)));
  j.text("933", std::to_string(free)).text("945", std::to_string(holding.bought_today - holding.sold_today));
  j.text("946", order.terms.side == Side::Buy ? "2" : "1").text("950", "0").text("951", "0");
  j.text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1])).text("307", plain(m, days_[m].base));
  j.text("8019", "0.00").text("957", "0").text("958", "0").text("918", "00000000").text("990", "0").text("991", "0.00");
  j.text("992", "0").text("993", "0.00").text("959", "0").text("924", "0");
  return j.done();
}

template <class Values>
void StockServer::tell(InstrumentIndex market, std::string_view type, std::string_view name, Values values) {
  const auto found = listeners_.find({market, std::string{type}});
  if (found == listeners_.end()) return;
  const std::string text = values(type);
  for (const auto& [socket, item] : found->second) exchange_->send(socket, real(type, name, item, text));
}

void StockServer::tell_account(AccountId account, std::string_view type, std::string_view name, std::string_view item,
                               const std::string& values) {
  for (const auto& [id, socket] : sockets_)
    if (socket.account == account && is_registered(socket, type)) exchange_->send(id, real(type, name, item, values));
}

}  // namespace stom::venues::kiwoom::server
