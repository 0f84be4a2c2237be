// Orders, cancels and amendments at the simulated Kiwoom.
#include <fmt/format.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {

constexpr std::size_t kNotesKept = 20'000;             // of orders
constexpr std::int64_t kMostAmount = 999'999'999'999;  // the fields of quantities and prices have twelve digits
constexpr std::string_view kNothingLeft = "정정/취소할 수량이 없습니다. 원주문을 확인하십시오";
constexpr std::string_view kExchanges[] = {"KRX", "NXT", "SOR"};

/// The document has no codes for what an order breaks. These words are ours.
std::unexpected<Refusal> order_refused(std::string_view why) { return refuse(20, fmt::format("[2000]({})", why)); }

std::string_view words_of(RejectReason reason, Side side) {
  switch (reason) {
    case RejectReason::InsufficientBalance:
      return side == Side::Buy ? "매수증거금이 부족합니다" : "매도가능수량이 부족합니다";
    case RejectReason::OffTick:
      return "호가단위에 맞지 않는 가격입니다";
    case RejectReason::NotPositive:
      return "주문수량과 주문단가를 확인하십시오";
    case RejectReason::BookStale:
      return "매매가 종료된 종목입니다";
    case RejectReason::PriceOutOfRange:
      return "주문단가가 상한가와 하한가를 벗어났습니다";
    case RejectReason::MarketClosed:
      return "장 운영시간이 아닙니다";
    case RejectReason::Unsupported:
      return "동시호가 시간에 사용할 수 없는 매매구분입니다";
    default:
      return "주문을 접수할 수 없습니다";
  }
}

std::string_view changed_kind(Side side, bool cancel) {
  if (cancel) return side == Side::Buy ? "매수취소" : "매도취소";
  return side == Side::Buy ? "+매수정정" : "-매도정정";
}

}  // namespace

std::string StockServer::next_number() { return fmt::format("{:07}", next_order_++); }

std::string_view StockServer::exchange_named(Call& call) {
  const auto name = call.text("dmst_stex_tp");
  const auto found = std::ranges::find(kExchanges, name);
  if (found != std::end(kExchanges)) return *found;
  call.fail(bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터=dmst_stex_tp 실패사유={}", name)));
  return "";
}

std::optional<std::int64_t> StockServer::amount(Call& call, std::string_view name, std::string_view text) {
  const auto number = whole_number(text);
  if (number && *number >= 0 && *number <= kMostAmount) return number;
  call.fail(bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터={} 실패사유={}", name, text)));
  return std::nullopt;
}

void StockServer::remember(const Note& note) {
  notes_[note.number] = note;
  if (notes_.size() > kNotesKept) notes_.erase(notes_.begin());  // numbers count upwards: the oldest
}

VenueServer::OtherOrder StockServer::name_of_another(const NewOrder& order, std::string) {
  const Note note{next_number(), "0000000", "KRX", order.side == Side::Buy ? "+매수" : "-매도"};
  remember(note);
  return {note.number, "0"};
}

Outcome StockServer::place(Call& call, Side side) {
  const auto exchange = exchange_named(call);
  const auto market = market_of(call);
  const auto quantity = amount(call, "ord_qty", call.text("ord_qty"));
  const auto kind = call.text("trde_tp"), at = call.find("ord_uv");
  call.find("cond_uv");
  if (call.error()) return std::unexpected(*call.error());
  const auto type = std::ranges::find(kTradeTypes, kind, &TradeType::number);
  if (type == std::end(kTradeTypes)) return order_refused(fmt::format("지원하지 않는 매매구분입니다: {}", kind));
  const auto& instrument = exchange_->instruments()[*market];
  NewOrder order{.instrument = *market, .side = side, .type = type->type, .time_in_force = type->time_in_force};
  order.quantity = {*quantity * power_of_ten(instrument.quantity_decimals)};
  if (type->type == OrderType::Limit && type->best_of == 0) {
    const auto won = amount(call, "ord_uv", at);
    if (call.error()) return std::unexpected(*call.error());
    order.price = {*won * power_of_ten(instrument.price_decimals)};
  } else if (type->best_of != 0) {
    if (is_in_call(*market)) return order_refused(words_of(RejectReason::Unsupported, side));
    const bool asks = (side == Side::Buy) == (type->best_of > 0);
    order.price = best_[*market][asks ? 0 : 1];
  }
  if (order.type == OrderType::Limit && order.price.value > 0 && !within_limits(*market, order.price))
    return order_refused(words_of(RejectReason::PriceOutOfRange, side));
  if (order.type == OrderType::Limit && !instrument.on_ladder(order.price))
    return order_refused(words_of(RejectReason::OffTick, side));
  if (exchange_->session(*market)) {  // nothing stands over night, and an auction takes plain market orders
    const bool plain_order = order.time_in_force == TimeInForce::GTC || type->number == "3";
    if (plain_order) order.time_in_force = TimeInForce::DAY;
  }
  const Note note{next_number(), "0000000", exchange, side == Side::Buy ? "+매수" : "-매도"};
  remember(note);
  const VenueOrder& placed =
      exchange_->place(call.account, PositionSide::Both, order, note.number, std::string{type->number});
  if (placed.status == OrderStatus::Rejected) return order_refused(words_of(placed.reason, side));
  Answer answer;
  answer.message = side == Side::Buy ? "매수주문이 완료되었습니다." : "매도주문이 완료되었습니다.";
  answer.json.text("ord_no", note.number).text("dmst_stex_tp", exchange);
  return answer;
}

const VenueOrder* StockServer::original(Call& call) {
  auto number = call.text("orig_ord_no");
  const auto market = market_of(call);
  if (call.error()) return nullptr;
  if (const auto digits = whole_number(number)) number = fmt::format("{:07}", *digits);
  const VenueOrder* order = exchange_->order_named(call.account, number);
  return order != nullptr && order->open() && order->terms.instrument == *market ? order : nullptr;
}

/// What the request names of the order's rest: 0 is all of it.
std::optional<Quantity> StockServer::part_of(Call& call, std::string_view name, const VenueOrder* order) {
  const auto shares_asked = amount(call, name, call.text(name));
  if (!shares_asked || order == nullptr) return std::nullopt;
  const Quantity rest = order->terms.quantity - order->filled;
  const auto& instrument = exchange_->instruments()[order->terms.instrument];
  Quantity part = rest;
  if (*shares_asked != 0 &&
      __builtin_mul_overflow(*shares_asked, power_of_ten(instrument.quantity_decimals), &part.value))
    return std::nullopt;
  if (part > rest) return std::nullopt;
  return part;
}

/// What is left of it keeps its place. False: it was filled a moment ago.
bool StockServer::take_off(const VenueOrder& order, Quantity part) {
  changing_ = true;
  const bool whole = part == order.terms.quantity - order.filled;
  const bool done = whole ? exchange_->cancel(order.terms.id) : exchange_->reduce(order.terms.id, part);
  changing_ = false;
  return done;
}

Outcome StockServer::cancel(Call& call) {
  const auto exchange = exchange_named(call);
  const VenueOrder* order = original(call);
  const auto part = part_of(call, "cncl_qty", order);
  if (call.error()) return std::unexpected(*call.error());
  if (!part) return order_refused(kNothingLeft);
  const VenueOrder before = *order;
  const auto& instrument = exchange_->instruments()[before.terms.instrument];
  const Note note{next_number(), before.client_id, exchange, changed_kind(before.terms.side, true)};
  if (!take_off(before, *part)) return order_refused(kNothingLeft);
  tell_account(before.account, "00", "주문체결", symbol(before), change_values(before, note, "접수", *part));
  tell_account(before.account, "00", "주문체결", symbol(before), change_values(before, note, "확인", *part));
  Answer answer;
  answer.message =
      before.terms.side == Side::Buy ? "매수취소 주문입력이 완료되었습니다" : "매도취소 주문입력이 완료되었습니다";
  answer.json.text("ord_no", note.number).text("base_orig_ord_no", before.client_id);
  answer.json.text("cncl_qty", wide(part->value / power_of_ten(instrument.quantity_decimals), 12));
  return answer;
}

/// Why the order cannot be amended so: then it stays as it is.
std::optional<RejectReason> StockServer::reason_not_to_amend(const VenueOrder& before, const NewOrder& changed) const {
  const auto& instrument = exchange_->instruments()[changed.instrument];
  if (!instrument.on_ladder(changed.price)) return RejectReason::OffTick;
  if (!within_limits(changed.instrument, changed.price)) return RejectReason::PriceOutOfRange;
  const auto session = exchange_->session(changed.instrument);
  if (session && !is_continuous(session->phase) && !is_call(session->phase)) return RejectReason::MarketClosed;
  if (changed.side == Side::Sell || changed.price <= before.terms.price) return std::nullopt;
  const Money more = value_of(instrument, changed.price - before.terms.price, changed.quantity);
  const Int128 fee = divide(more.value * grant().taker_rate, kWholeRate, Rounding::Ceil);
  for (const auto& balance : exchange_->balances(before.account))
    if (balance.asset == instrument.settlement() && balance.free.value < more.value + fee)
      return RejectReason::InsufficientBalance;
  return std::nullopt;
}

Outcome StockServer::amend(Call& call) {
  const auto exchange = exchange_named(call);
  const auto won = amount(call, "mdfy_uv", call.text("mdfy_uv"));
  call.find("mdfy_cond_uv");
  const VenueOrder* order = original(call);
  const auto part = part_of(call, "mdfy_qty", order);
  if (call.error()) return std::unexpected(*call.error());
  if (!part) return order_refused(kNothingLeft);
  const VenueOrder before = *order;
  const auto& instrument = exchange_->instruments()[before.terms.instrument];
  NewOrder changed = before.terms;
  changed.quantity = *part;
  changed.price = {*won * power_of_ten(instrument.price_decimals)};
  if (const auto reason = reason_not_to_amend(before, changed)) return order_refused(words_of(*reason, changed.side));
  const Note note{next_number(), before.client_id, exchange, changed_kind(before.terms.side, false)};
  if (!take_off(before, *part)) return order_refused(kNothingLeft);
  remember(note);
  tell_account(before.account, "00", "주문체결", symbol(before),
               change_values(before, note, "확인", *part, plain(changed.instrument, changed.price)));
  const VenueOrder& placed =
      exchange_->place(call.account, PositionSide::Both, changed, note.number, before.venue_type);
  if (placed.status == OrderStatus::Rejected) return order_refused(words_of(placed.reason, changed.side));
  Answer answer;
  answer.message =
      changed.side == Side::Buy ? "매수정정 주문입력이 완료되었습니다" : "매도정정 주문입력이 완료되었습니다";
  answer.json.text("ord_no", note.number).text("base_orig_ord_no", before.client_id);
  answer.json.text("mdfy_qty", wide(part->value / power_of_ten(instrument.quantity_decimals), 12));
  answer.json.text("dmst_stex_tp", exchange);
  return answer;
}

}  // namespace stom::venues::kiwoom::server
