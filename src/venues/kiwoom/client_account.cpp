// What the account holds: stocks and cash, asked for at the login and after fills, and told by the stream between.
#include <utility>

#include "core/decimal.hpp"
#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {

void StockClient::ask_account(UnixNanos now, Actions& actions) {
  if (token_.empty()) return;
  if (account_asked_at_ != kNoTime) {
    account_again_ = true;
    return;
  }
  account_asked_at_ = now;
  account_again_ = false;
  positions_.clear();
  ask_holdings(nullptr, actions);
}

void StockClient::account_failed(DurationNanos after, UnixNanos now, Actions& actions) {
  account_asked_at_ = kNoTime;
  actions.timer(kAskAccount, now + after);
}

void StockClient::ask_holdings(const Reply* page, Actions& actions) {
  rest("/api/dostk/acnt", "kt00018", Priority::Query, tag_of(About::Holdings), {{kHoldings, 1}});
  page_headers(page);
  request_.body = R"({"qry_tp":"1","dmst_stex_tp":"KRX"})";
  actions.request(request_);
}

Result<void> StockClient::position_in(const Event& event, std::vector<PositionReport>& out) {
  const auto watched = watched_as(without_exchange(text(event, "instrument")), "KRX");
  if (watched == watched_.end()) return {};  // of a stock that nobody watches
  const auto& decimals = watched->second.decimals;
  const auto quantity = parse_decimal(text(event, "quantity"), decimals.quantity);
  const auto price = parse_decimal(text(event, "entry_price"), decimals.price);
  if (!quantity) return std::unexpected(quantity.error());
  if (!price) return std::unexpected(price.error());
  out.push_back({watched->second.index(), {*quantity}, {*price}});
  return {};
}

Result<void> StockClient::position_told(const Event& event, Actions& actions) {
  told_.clear();
  if (const auto done = position_in(event, told_); !done) return done;
  if (!told_.empty()) actions.account({.time = kNoTime, .positions = told_});
  return {};
}

void StockClient::unreadable_account(const Error& why, std::string_view bytes, UnixNanos now, Actions& actions) {
  actions.malformed(why, bytes);
  account_failed(kLookAgain, now, actions);
}

void StockClient::account_listed(About about, const Reply& reply, UnixNanos now, Actions& actions) {
  if (!read_list(reply, now, actions)) return account_failed(kRetryAfter, now, actions);
  for (const auto& event : events_.events) {
    if (event.kind == "position")
      if (const auto done = position_in(event, positions_); !done)
        return unreadable_account(done.error(), reply.body, now, actions);
    if (event.kind != "balance") continue;
    const auto can_order = parse_decimal(text(event, "free"), 0);
    const auto in_two_days = parse_decimal(text(event, "cash_d2"), 0);
    for (const auto* amount : {&can_order, &in_two_days})
      if (!*amount) return unreadable_account(amount->error(), reply.body, now, actions);
    // What may be ordered with; and what the day's trades and open orders keep of what will be there in two days.
    const Money free{Int128{*can_order} * power_of_ten(kMoneyDecimals)};
    const Money settled{Int128{*in_two_days} * power_of_ten(kMoneyDecimals)};
    const Balance balance{"KRW", free, settled > free ? settled - free : Money{}};
    actions.account({.time = now, .whole = true, .balances = {&balance, 1}, .positions = positions_});
  }
  if (about == About::Cash) {
    account_told_at_ = std::exchange(account_asked_at_, kNoTime);
    if (account_again_) ask_account(now, actions);
    return tell_everything(actions);
  }
  if (has_more(reply)) return ask_holdings(&reply, actions);
  rest("/api/dostk/acnt", "kt00001", Priority::Query, tag_of(About::Cash), {{kCash, 1}});
  request_.body = R"({"qry_tp":"2"})";
  actions.request(request_);
}

}  // namespace stom::venues::kiwoom
