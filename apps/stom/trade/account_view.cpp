#include "trade/account_view.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/decimal.hpp"
#include "trade/adoption.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

std::string price_text(const Instrument& of, Price price) {
  return format_decimal_trimmed(Int128{price.value}, of.price_decimals);
}

bool is_among(ClientOrderId id, const std::vector<ClientOrderId>& ids) {
  return std::ranges::find(ids, id) != ids.end();
}

std::string_view state_of(const WorkingOrder& order, const AccountView& ours) {
  if (is_among(order.id, ours.unknown)) return "unknown";
  if (is_among(order.id, ours.held)) return "held";
  if (order.cancel_pending) return "cancel_pending";
  if (order.status == OrderStatus::PendingNew) return "pending_new";
  return order.leaves == order.quantity ? "working" : "partially_filled";
}

}  // namespace

Json no_account() { return {{"positions", Json::array()}, {"balances", Json::array()}, {"orders", Json::array()}}; }

Json account_json(const AccountOwner& owner, const AccountView& ours, std::span<const VenueHolds> theirs) {
  Json json = no_account();
  for (const auto& [index, quantity, entry] : ours.positions) {
    const Instrument& of = owner.instruments[index];
    json["positions"].push_back({{"venue", of.venue()},
                                 {"instrument", of.id},
                                 {"strategy", owner.strategy},
                                 {"quantity", quantity_text(of, quantity)},
                                 {"entry_price", price_text(of, entry)}});
  }
  const auto balance = [&](std::string_view venue, std::string_view currency, Money total, Money free) {
    json["balances"].push_back({{"venue", venue},
                                {"currency", currency},
                                {"total", format_decimal_trimmed(total.value, kMoneyDecimals)},
                                {"free", format_decimal_trimmed(free.value, kMoneyDecimals)}});
  };
  for (const auto& [currency, total, free] : ours.cash) balance(owner.mode, currency, total, free);
  for (const VenueHolds& venue : theirs)
    for (const auto& [currency, coins] : venue.balances)
      balance(owner.venues[venue.venue], currency, coins.free + coins.locked, coins.free);
  const auto order = [&](std::string client_id, Json venue_id, InstrumentIndex index, Json strategy, Side side,
                         Price at, Json quantity, Json filled, std::string_view state) {
    const Instrument& of = owner.instruments[index];
    json["orders"].push_back({{"client_order_id", std::move(client_id)},
                              {"venue_order_id", std::move(venue_id)},
                              {"venue", of.venue()},
                              {"instrument", of.id},
                              {"strategy", std::move(strategy)},
                              {"side", side == Side::Buy ? "buy" : "sell"},
                              {"price", price_text(of, at)},
                              {"quantity", std::move(quantity)},
                              {"filled", std::move(filled)},
                              {"status", state}});
  };
  for (const WorkingOrder& one : ours.orders) {
    const Instrument& of = owner.instruments[one.instrument];
    const auto& there = theirs[owner.venue_of[one.instrument]].orders;
    const auto at = std::ranges::find(there, one.id, &venues::WorkingOrder::id);
    order(at != there.end() && !at->client_id.empty() ? at->client_id : owner.client_id_of(one.id),
          at != there.end() ? Json(at->venue_order_id) : Json{}, one.instrument,
          is_among(one.id, ours.nobodys) ? std::string{kNobodys} : owner.strategy, one.side, one.price,
          quantity_text(of, one.quantity), quantity_text(of, one.quantity - one.leaves), state_of(one, ours));
  }
  for (const VenueHolds& venue : theirs)
    for (const venues::WorkingOrder& one : venue.orders)
      if (one.id == 0)
        order(one.client_id, one.venue_order_id, one.instrument, nullptr, one.side, one.price,
              quantity_text(owner.instruments[one.instrument], one.leaves), nullptr, "foreign");
  return json;
}

}  // namespace stom::trade
