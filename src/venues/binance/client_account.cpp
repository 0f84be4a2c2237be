// What the account at Binance holds, and how it is set before the first order leaves (account_setup.hpp).
#include <fmt/format.h>

#include <utility>

#include "core/decimal.hpp"
#include "venues/binance/market_client.hpp"

namespace stom::venues::binance {

void MarketClient::ask_account(Actions& actions) {
  account_wanted_ = false;
  account_awaited_ = true;
  rest("GET", std::string{product_.account}, Priority::Query, tag_of(About::Account, 0),
       {{kWeight, product_.account_weight}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::account_told(const Reply& reply, UnixNanos now, Actions& actions) {
  events_.clear();
  if (reply.status == 200) {
    // Signed in either way: it was answered. What cannot be read now could not be read when asked for again.
    account_told_ = true;
    account_awaited_ = false;
    if (suits_) signed_in(actions);
    const auto decoded = decoder_->decode(reply.body, now, events_);
    if (decoded.what == What::Events) return holdings_told(true, now, actions);
    return actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
  }
  const auto refusal = refusal_in(reply.body);
  refused(reply, "account", actions);
  if (refusal && refusal->is_about_the_key()) return;  // asked again it would say the same
  account_wanted_ = true;
  retry_at(now, actions);
}

void MarketClient::holdings_told(bool whole, UnixNanos received, Actions& actions) {
  const auto amount = [&](const Event& event, std::string_view name) -> Money {
    const auto value = text(event, name).empty() ? Result<std::int64_t>{0} : parse_decimal(text(event, name), 8);
    return {value ? Int128{*value} * power_of_ten(kMoneyDecimals - 8) : Int128{0}};
  };
  const bool spot = feed_ == Feed::Spot;
  balances_.clear();
  positions_.clear();
  UnixNanos when = received;
  for (const Event& event : events_.events) {
    if (event.kind == "balance") {
      balances_.push_back({text(event, "currency"), amount(event, spot ? "free" : "wallet"), amount(event, "locked")});
    } else if (event.kind == "position") {
      const auto at = watched_.find(text(event, "instrument"));
      if (at == watched_.end()) continue;
      const auto& instrument = at->second.instrument;
      const auto quantity = parse_decimal(text(event, "quantity"), instrument.quantity_decimals);
      if (!quantity) continue;
      if (text(event, "position_side") != "both") {
        if (!setup_.stopped()) {
          setup_.found_hedge_mode();
          unsuited(received, actions);
        }
        continue;
      }
      // An average of fills may have more digits than a price: they are cut off.
      auto entry = text(event, "entry_price");
      if (const auto point = entry.find('.'); point != std::string_view::npos)
        entry = entry.substr(
            0, point + (instrument.price_decimals > 0 ? 1 : 0) + static_cast<std::size_t>(instrument.price_decimals));
      const auto price = parse_decimal(entry, instrument.price_decimals);
      positions_.push_back({at->second.index, {*quantity}, {price ? *price : 0}});
    } else {
      continue;
    }
    if (time(event) != kNoTime) when = time(event);
  }
  if (!balances_.empty() || !positions_.empty() || whole)
    actions.account({.time = when, .whole = whole, .balances = balances_, .positions = positions_});
}

void MarketClient::set_up_account(Actions& actions) {
  setup_wanted_ = false;
  const auto* step = setup_.next();
  if (step == nullptr || setup_.stopped()) return;
  rest(step->method, step->path, Priority::Session, tag_of(About::Setup, 0), {{kWeight, step->weight}});
  request_.body = step->form;
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::setup_answered(const Reply& reply, UnixNanos now, Actions& actions) {
  if (setup_.next() == nullptr || setup_.stopped()) return;
  events_.clear();
  if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what != What::Events) events_.clear();
  const auto refusal = reply.status == 200 ? std::nullopt : refusal_in(reply.body);
  if (refusal && refusal->is_about_the_key()) return refused(reply, "position mode", actions);
  switch (setup_.answered(reply.status, events_, refusal)) {
    case AccountSetup::Then::Again:
      setup_wanted_ = true;
      return retry_at(now, actions);
    case AccountSetup::Then::Stop:
      return unsuited(now, actions);
    case AccountSetup::Then::GoOn:
      break;
  }
  if (setup_.next() != nullptr) return set_up_account(actions);
  suits_ = true;
  actions.status({VenueState::Ready, "the account is in one-way mode, margin and leverage as wanted"});
  if (account_told_) signed_in(actions);
  end_early(now, actions);
  for (const auto& early : std::exchange(early_, {})) place(early.order, early.since, now, actions);
}

void MarketClient::signed_in(Actions& actions) {
  actions.status({VenueState::SignedIn, "signed in: the account is told"});
}

void MarketClient::unsuited(UnixNanos now, Actions& actions) {
  actions.status({VenueState::Unsuited, setup_.text(), setup_.remedy()});
  for (const auto& early : std::exchange(early_, {}))
    early_ended(early.order, OrderEventKind::Denied, RejectReason::Unsupported, setup_.text(), now, actions);
}

void MarketClient::end_early(UnixNanos now, Actions& actions) {
  for (const auto& early : std::exchange(early_, {})) {
    if (early.since + kOrderWaits < now)
      early_ended(early.order, OrderEventKind::Denied, RejectReason::None, "it was not sent", now, actions);
    else
      early_.push_back(early);
  }
}

void MarketClient::early_ended(const NewOrder& order, OrderEventKind kind, RejectReason reason, std::string_view why,
                               UnixNanos now, Actions& actions) {
  Order ended;
  ended.order = order;
  ended.client_id = client_id_of(order.id);
  ended.reason = reason;
  report(ended, kind, now, why, actions);
}

}  // namespace stom::venues::binance
