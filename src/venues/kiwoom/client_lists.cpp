// The account's lists of orders: what they have that nobody told, what they no longer have, and which of them is the
// order whose answer was lost (docs/venues/kiwoom.md).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/decimal.hpp"
#include "venues/kiwoom/stock_client.hpp"
#include "venues/shapes.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr DurationNanos kNeverArrived = 30 * kSecond;  // what was on its way has come by then, as a rule
/// Not for certain: ours cuts the connection of a request that it gives up (net::Stream::cut()), but whatever stands in
/// between may send a closed connection's last bytes again and again for minutes. What comes still later is somebody
/// else's, however alike.
constexpr DurationNanos kMayArrive = 5 * kMinute;
constexpr DurationNanos kClocksDiffer = 5 * kSecond;  // the venue tells whole seconds, by its own clock
constexpr std::size_t kGivenUpKept = 256;

/// "13:05:43" in Seoul; the day's beginning where it is no time.
UnixNanos time_on(std::int32_t day, std::string_view text) {
  const auto clock = text.size() == 8
                         ? clock_kst(fmt::format("{}{}{}", text.substr(0, 2), text.substr(3, 2), text.substr(6)))
                         : std::nullopt;
  return start_of_day(day) - kSeoul + clock.value_or(0);
}

}  // namespace

void StockClient::look_at_day(UnixNanos now, Actions& actions) {
  const std::int32_t day = day_of(now + offset_ + kSeoul);
  if (day <= today_) return;  // a clock that was set back makes no day of before again
  today_ = day;
  over_.clear();
  given_up_.clear();
  std::erase_if(orders_, [](const Order& order) { return !order.is_ours; });
  if (!orders_.empty() && logged_in_) ask_orders(now, actions);
}

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
  if (about == About::OfDay) {
    const auto date = civil_of_day(days_.back());
    rest("/api/dostk/acnt", "kt00007", Priority::Query, tag_of(about), {{kDayLists, 1}});
    page_headers(page);
    request_.body = fmt::format(
        R"({{"ord_dt":"{:04}{:02}{:02}","qry_tp":"1","stk_bond_tp":"1","sell_tp":"0","stk_cd":"","fr_ord_no":"",)"
        R"("dmst_stex_tp":"%"}})",
        date.year, date.month, date.day);
    return actions.request(request_);
  }
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
  // It may have been the answer to the login or to the account's registration: no other one comes.
  if (open_ && !account_told_ && !std::exchange(anew_due_, true)) actions.timer(kConnectAnew, now + kLookAgain);
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
  const bool of_day = about == About::OfDay;
  if (of_day && days_.empty()) return;
  if (!read_list(reply, now, actions))
    return of_day ? day_failed(now, actions) : lists_failed(kRetryAfter, now, actions);
  for (const auto& event : events_.events) {
    if (event.kind != "order") continue;
    auto line = report_in(event, now);
    if (!line) {
      actions.malformed(line.error(), reply.body);
      return of_day ? day_failed(now, actions) : lists_failed(kLookAgain, now, actions);
    }
    line->is_open = about == About::Open;
    line->day = of_day ? days_.back() : today_;
    if (of_day) line->time = time_on(line->day, text(event, "order_time"));
    lines_.push_back(std::move(*line));
  }
  if (has_more(reply)) return ask_list(about, &reply, actions);
  if (about == About::Open) return ask_list(About::Done, nullptr, actions);
  if (of_day) {
    days_listed_.insert(days_.back());
    days_.pop_back();
  } else {
    days_.clear();
    days_listed_.clear();
    for (const auto& order : orders_)
      if (order.day != today_ && std::ranges::find(days_, order.day) == days_.end()) days_.push_back(order.day);
  }
  ask_next_day(now, actions);
}

void StockClient::ask_next_day(UnixNanos now, Actions& actions) {
  if (!days_.empty()) return ask_list(About::OfDay, nullptr, actions);
  compare(now, actions);
}

void StockClient::day_failed(UnixNanos now, Actions& actions) {
  if (!asking_ || days_.empty()) return;
  days_.pop_back();  // its orders wait; today's do not
  ask_next_day(now, actions);
}

void StockClient::compare(UnixNanos now, Actions& actions) {
  std::vector<std::uint64_t> all;  // an order may end, and others with it
  for (const auto& order : orders_) all.push_back(order.serial);
  for (const auto serial : all)
    if (const auto order = by_serial(serial);
        order != orders_.end() && order->number == 0 && order->unknown_since != kNoTime)
      find_unknown(order, now, actions);
  if (!any_without_number()) release_held(now, actions);
  for (const auto serial : all)
    if (const auto order = by_serial(serial); order != orders_.end() && order->number != 0)
      order->day == today_ ? compare_one(order, now, actions) : compare_earlier(order, now, actions);
  // Others' orders, unless one of them may be ours.
  if (!any_without_number())
    for (const auto& line : lines_) {
      if (by_number(line.number) != orders_.end() || over_.contains(line.number)) continue;
      auto order = take_late(line, now, actions);
      if (order == orders_.end() && line.is_open) order = adopt_foreign(line, now);
      if (order == orders_.end()) continue;
      accept(*order, line.time, actions);
      compare_one(order, now, actions);
    }
  asking_ = false;
  if (!ask_again_) listed_at_ = asked_at_;
  const bool unknown =
      std::ranges::any_of(orders_, [this](const Order& o) { return o.unknown_since != kNoTime || o.day != today_; });
  if (ask_again_)
    look_again(kRetryAfter, now, actions);
  else if (unknown || (!open_ && !orders_.empty()))
    look_again(kLookAgain, now, actions);
  tell_everything(actions);
}

void StockClient::ask_everything(UnixNanos now, Actions& actions) {
  everything_asked_ = now;
  actions.everything_asked(now);
  ask_orders(now, actions);
  ask_account(now, actions);
}

void StockClient::tell_everything(Actions& actions) {
  if (everything_asked_ == kNoTime || listed_at_ == kNoTime || listed_at_ < everything_asked_ ||
      account_told_at_ == kNoTime || account_told_at_ < everything_asked_)
    return;
  for (const auto& order : orders_)
    if (order.is_ours && order.unknown_since != kNoTime) return;
  const UnixNanos asked = std::exchange(everything_asked_, kNoTime);
  actions.everything_told({.asked = asked, .orders = working_orders()});
}

void StockClient::compare_one(Orders::iterator order, UnixNanos now, Actions& actions) {
  const OrderReportLine *open = nullptr, *done = nullptr;
  for (const auto& line : lines_)
    if (line.number == order->number && line.day == order->day) (line.is_open ? open : done) = &line;
  if (open) accept(*order, open->time, actions);
  const auto filled = std::max(open ? open->filled : 0, done ? done->filled : 0);
  const Quantity all{filled * power_of_ten(order->decimals.quantity)};
  if (all > order->filled && done && done->filled == filled) {
    book_missing(*order, *done, all, done->fees, now, actions);
  } else if (all > order->filled) {
    ask_again_ = true;  // the other list was asked before the fill
    order->summed = false;
    return;
  }
  order->summed |= open != nullptr || done != nullptr;
  if (order->filled >= order->order.quantity) return end(order);
  // What was asked for before the order was known says nothing about it.
  if (!open && order->since <= asked_at_) return cancelled(order, now, actions);
  // It still works: who wants it canceled may ask again. Where the cancel is done after all, the stream tells.
  if (open && order->cancel_lost != kNoTime && order->cancel_lost <= asked_at_) {
    constexpr std::string_view kNotDone = "the order still works: its cancel was not done";
    cancel_failed(*order, kNotDone, now, actions);
    report(*order, OrderEventKind::CancelRejected, now, kNotDone, actions);
  }
  // A late one is over for everybody else: nobody but these lists asks again.
  if (order->late && order->cancel_wanted && order->cancel_lost == kNoTime && now >= order->cancel_at)
    cancel_one(*order, actions);
}

/// Fills that nobody told: one for all of them, so that the sum is the venue's.
void StockClient::book_missing(Order& order, const OrderReportLine& line, Quantity all, std::int64_t fees,
                               UnixNanos now, Actions& actions) {
  const Quantity missing = all - order.filled;
  const Int128 value = Int128{line.average} * power_of_ten(order.decimals.price) * all.value - order.value;
  const Price price{static_cast<std::int64_t>(divide(value, missing.value, Rounding::HalfEven))};
  order.counted = all;
  fill(order, price, missing, std::max(fees, order.fees), line, now, actions);
  actions.timer(kAskAccount, now + kRetryAfter);
}

void StockClient::compare_earlier(Orders::iterator order, UnixNanos now, Actions& actions) {
  const auto line = std::ranges::find_if(
      lines_, [&](const OrderReportLine& l) { return l.number == order->number && l.day == order->day; });
  if (line == lines_.end()) {
    if (days_listed_.contains(order->day))
      actions.status({VenueState::Ready, fmt::format("order {} is unknown: the list of its day does not have number {}",
                                                     order->order.id, order->venue_order_id)});
    return;
  }
  if (!days_listed_.contains(order->day)) return;  // this page had it, another did not come
  const Quantity all{line->filled * power_of_ten(order->decimals.quantity)};
  accept(*order, line->time, actions);
  if (all > order->filled) book_missing(*order, *line, all, order->fees, now, actions);  // a day's list has no fees
  if (order->filled < order->order.quantity) {
    order->reason = RejectReason::Expired;
    report(*order, OrderEventKind::Expired, now, "its day is over", actions);
  }
  end(order);
}

void StockClient::find_unknown(Orders::iterator order, UnixNanos now, Actions& actions) {
  if (order->day != today_ && !days_listed_.contains(order->day)) return;
  const OrderReportLine* found = nullptr;
  bool rivals = false;
  for (const auto& line : lines_) {
    if (!fits(*order, line) || (found && found->number == line.number)) continue;
    rivals |= found != nullptr;
    found = &line;
  }
  if (found == nullptr) {
    if (asked_at_ < order->unknown_since + kNeverArrived) return;
    order->reason = RejectReason::UnknownOrder;  // nobody refused it
    report(*order, OrderEventKind::Rejected, now, "it never arrived: neither open nor filled", actions);
    if (order->day == today_) given_up_.push_back(std::move(*order));
    if (given_up_.size() > kGivenUpKept) given_up_.pop_front();
    orders_.erase(order);
    return;
  }
  rivals |= std::ranges::any_of(orders_, [&](const Order& other) {
    return other.day == order->day && other.serial != order->serial && other.number == 0 && fits_terms(other, *order);
  });
  if (rivals)
    return actions.status(
        {VenueState::Ready, fmt::format("order {} is unknown: which order of the account is it?", order->order.id)});
  ask_again_ = true;  // what these lists do not have of it, the next ones have
  name(order, found->number, found->venue_order_id, now, actions);
}

bool StockClient::fits(const Order& order, const OrderReportLine& line) {
  const bool is_over = line.day == today_ && over_.contains(line.number);
  return line.day == order.day && by_number(line.number, line.day) == orders_.end() && !is_over &&
         line.code == order.code && line.side == order.order.side && line.type == trade_type(order.order).word &&
         Quantity{line.quantity * power_of_ten(order.decimals.quantity)} == order.order.quantity &&
         Price{line.price * power_of_ten(order.decimals.price)} ==
             (order.order.type == OrderType::Limit ? order.order.price : Price{}) &&
         line.time - offset_ >= order.since - kClocksDiffer && line.time - offset_ <= order.unknown_since + kMayArrive;
}

bool StockClient::fits_terms(const Order& a, const Order& b) {
  return a.code == b.code && a.order.side == b.order.side && a.order.quantity == b.order.quantity &&
         a.order.price == b.order.price && trade_type(a.order).number == trade_type(b.order).number;
}

}  // namespace stom::venues::kiwoom
