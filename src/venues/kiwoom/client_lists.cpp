// The account's lists of orders: what they have that nobody told, what they no longer have, and which of them is the
// order whose answer was lost (docs/venues/kiwoom.md).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/decimal.hpp"
#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr DurationNanos kNeverArrived = 30 * kSecond;  // nothing that was on its way then still is
constexpr DurationNanos kClocksDiffer = 5 * kSecond;   // the venue tells whole seconds, by its own clock

}  // namespace

void StockClient::ask_orders(UnixNanos now, Actions& actions) {
  if (token_.empty()) return;
  if (asking_) {
    ask_again_ = true;
    return;
  }
  asking_ = true;
  ask_again_ = false;
  asked_at_ = now;
  lines_.clear();
  ask_list(About::Open, nullptr, actions);
}

void StockClient::ask_list(About about, const Reply* page, Actions& actions) {
  const bool open = about == About::Open;
  rest("/api/dostk/acnt", open ? "ka10075" : "ka10076", Priority::Query, tag_of(about),
       {{open ? kOpenLists : kDoneLists, 1}});
  page_headers(page);
  request_.body = open ? R"({"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"})"
                       : R"({"stk_cd":"","qry_tp":"0","sell_tp":"0","ord_no":"","stex_tp":"0"})";
  actions.request(request_);
}

void StockClient::broken(const Error& why, std::string_view bytes, UnixNanos now, Actions& actions) {
  actions.malformed(why, bytes);
  if (!logged_in_) return;
  ask_again_ = true;
  look_again(kRetryAfter, now, actions);
}

void StockClient::look_again(DurationNanos after, UnixNanos now, Actions& actions) {
  if (!look_due_) actions.timer(kAskOrders, now + after);
  look_due_ = true;
}

void StockClient::lists_failed(DurationNanos after, UnixNanos now, Actions& actions) {
  asking_ = false;
  ask_again_ = true;
  look_again(after, now, actions);
}

bool StockClient::read_list(const Reply& reply, UnixNanos now, Actions& actions) {
  events_.clear();
  const auto decoded = decoder_->decode(reply.body, now, events_);
  const bool refusal =
      decoded.what == What::Events && !events_.events.empty() && events_.events.front().kind == "refusal";
  if (reply.status == 200 && decoded.what == What::Events && !refusal) return true;
  token_refused(refusal ? refusal_text(events_.events.front()) : "", reply.status, now, actions);
  if (decoded.what == What::Malformed && reply.status == 200)
    actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
  return false;
}

void StockClient::orders_listed(About about, const Reply& reply, UnixNanos now, Actions& actions) {
  if (!asking_) return;
  if (!read_list(reply, now, actions)) return lists_failed(kRetryAfter, now, actions);
  for (const auto& event : events_.events) {
    if (event.kind != "order") continue;
    auto line = report_in(event, now);
    if (!line) {
      actions.malformed(line.error(), reply.body);
      return lists_failed(kLookAgain, now, actions);
    }
    line->is_open = about == About::Open;
    lines_.push_back(std::move(*line));
  }
  if (has_more(reply)) return ask_list(about, &reply, actions);
  if (about == About::Open) return ask_list(About::Done, nullptr, actions);
  compare(now, actions);
}

void StockClient::compare(UnixNanos now, Actions& actions) {
  std::vector<std::uint64_t> all;  // an order may end, and others with it
  for (const auto& order : orders_) all.push_back(order.serial);
  for (const auto serial : all)
    if (const auto order = by_serial(serial); order != orders_.end() && order->unknown_since != kNoTime)
      find_unknown(order, now, actions);
  if (!any_without_number()) release_held(now, actions);
  for (const auto serial : all)
    if (const auto order = by_serial(serial); order != orders_.end() && order->number != 0)
      compare_one(order, now, actions);
  // Others' orders, unless one of them may be ours.
  if (!any_without_number())
    for (const auto& line : lines_)
      if (line.is_open && by_number(line.number) == orders_.end() && !over_.contains(line.number))
        if (const auto order = adopt_foreign(line, now); order != orders_.end()) {
          accept(*order, line.time, actions);
          compare_one(order, now, actions);
        }
  asking_ = false;
  const bool unknown = std::ranges::any_of(orders_, [](const Order& o) { return o.unknown_since != kNoTime; });
  if (ask_again_)
    look_again(kRetryAfter, now, actions);
  else if (unknown || (!open_ && !orders_.empty()))
    look_again(kLookAgain, now, actions);
}

void StockClient::compare_one(Orders::iterator order, UnixNanos now, Actions& actions) {
  const OrderReportLine *open = nullptr, *done = nullptr;
  for (const auto& line : lines_)
    if (line.number == order->number) (line.is_open ? open : done) = &line;
  if (open) accept(*order, open->time, actions);
  const auto filled = std::max(open ? open->filled : 0, done ? done->filled : 0);
  const Quantity all{filled * power_of_ten(order->decimals.quantity)};
  if (all > order->filled && done && done->filled == filled) {
    // Fills that nobody told: one for all of them, so that the sum is the venue's.
    const Quantity missing = all - order->filled;
    const Int128 value = Int128{done->average} * power_of_ten(order->decimals.price) * all.value - order->value;
    const Price price{static_cast<std::int64_t>(divide(value, missing.value, Rounding::HalfEven))};
    order->counted = all;
    fill(*order, price, missing, std::max(done->fees, order->fees), *done, now, actions);
    actions.timer(kAskAccount, now + kRetryAfter);
  } else if (all > order->filled) {
    ask_again_ = true;  // the other list was asked before the fill
    return;
  }
  if (order->filled >= order->order.quantity) return end(order);
  // What was asked for before the order was known says nothing about it.
  if (!open && order->since < asked_at_) return cancelled(order, now, actions);
  if (!open || order->cancel_lost == kNoTime || order->cancel_lost > asked_at_) return;
  // It still works: who wants it canceled may ask again. Where the cancel arrives after all, the stream tells.
  order->cancel_lost = kNoTime;
  order->cancel_wanted = false;
  report(*order, OrderEventKind::CancelRejected, now, "the order still works: the cancel did not arrive", actions);
}

void StockClient::find_unknown(Orders::iterator order, UnixNanos now, Actions& actions) {
  const OrderReportLine* found = nullptr;
  bool rivals = false;
  for (const auto& line : lines_) {
    if (!fits(*order, line) || (found && found->number == line.number)) continue;
    rivals |= found != nullptr;
    found = &line;
  }
  if (found == nullptr) {
    if (asked_at_ < order->unknown_since + kNeverArrived) return;
    report(*order, OrderEventKind::Rejected, now, "it never arrived: neither open nor filled", actions);
    orders_.erase(order);
    return;
  }
  rivals |= std::ranges::any_of(orders_, [&](const Order& other) {
    return other.serial != order->serial && other.number == 0 && fits_terms(other, *order);
  });
  if (rivals)
    return actions.status(
        {VenueState::Ready, fmt::format("order {} is unknown: which order of the account is it?", order->order.id)});
  ask_again_ = true;  // what these lists do not have of it, the next ones have
  name(order, found->number, found->venue_order_id, now, actions);
}

bool StockClient::fits(const Order& order, const OrderReportLine& line) {
  return by_number(line.number) == orders_.end() && !over_.contains(line.number) && line.code == order.code &&
         line.side == order.order.side && line.type == trade_type(order.order).word &&
         Quantity{line.quantity * power_of_ten(order.decimals.quantity)} == order.order.quantity &&
         Price{line.price * power_of_ten(order.decimals.price)} ==
             (order.order.type == OrderType::Limit ? order.order.price : Price{}) &&
         line.time - offset_ >= order.since - kClocksDiffer &&
         line.time - offset_ <= order.unknown_since + kClocksDiffer;
}

bool StockClient::fits_terms(const Order& a, const Order& b) {
  return a.code == b.code && a.order.side == b.order.side && a.order.quantity == b.order.quantity &&
         a.order.price == b.order.price && trade_type(a.order).number == trade_type(b.order).number;
}

}  // namespace stom::venues::kiwoom
