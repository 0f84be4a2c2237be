#include "trade/account_view.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/decimal.hpp"
#include "model/cash_flow.hpp"
#include "model/order_words.hpp"
#include "trade/adoption.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

std::string price_text(const Instrument& of, Price price) {
  return format_decimal_trimmed(Int128{price.value}, of.price_decimals);
}

/// Of an order that waits for the market, or takes what there is, it is none.
Json limit_price(const Instrument& of, OrderType type, Price price) {
  const bool limits = type == OrderType::Limit || type == OrderType::StopLimit || type == OrderType::TakeProfitLimit;
  return limits ? Json(price_text(of, price)) : Json{};
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

std::string name_of_owner(const AccountOwner& owner, orders::Owner whose) {
  return owner.several != nullptr ? owner_text(*owner.several, whose) : owner.strategy;
}

std::string owner_of_order(const AccountOwner& owner, const AccountView& ours, ClientOrderId id) {
  return is_among(id, ours.nobodys) ? std::string{kNobodys} : name_of_owner(owner, orders::owner_of(id));
}

}  // namespace

std::string owner_text(const Several& several, orders::Owner owner) {
  if (owner == orders::kSessionsOwn) return "session";
  const std::string_view name = several.name_of(owner);
  return std::string{name.empty() ? kNobodys : name};
}

Json no_account() { return {{"positions", Json::array()}, {"balances", Json::array()}, {"orders", Json::array()}}; }

std::optional<Money> unrealised(const Instrument& of, const orders::AccountState::Holding& holding,
                                std::int64_t twice_mark) {
  if (twice_mark <= 0 || holding.position.value == 0) return std::nullopt;
  const Money now = worth_of(of, holding.position, twice_mark);
  // The average of contracts that are paid in the coin is one price; all others are what was paid, to the last digit.
  if (of.kind == ContractKind::Inverse) {
    const auto entry = holding.entry_price();
    if (!entry || entry->value <= 0) return std::nullopt;
    return now - worth_of(of, holding.position, 2 * entry->value);
  }
  return now - Money{value_of(of, {1}, {1}).value * holding.entry_value};
}

Json account_json(const AccountOwner& owner, const AccountView& ours, std::span<const VenueHolds> theirs) {
  Json json = no_account();
  for (const auto& [index, quantity, entry, twice_mark, gain, whose] : ours.positions) {
    const Instrument& of = owner.instruments[index];
    const auto half = [&](std::int64_t twice) {  // exact: a middle may lie between two prices
      return format_decimal_trimmed(Int128{twice} * 5, of.price_decimals + 1);
    };
    json["positions"].push_back(
        {{"venue", of.venue()},
         {"instrument", of.id},
         {"strategy", name_of_owner(owner, whose)},
         {"quantity", quantity_text(of, quantity)},
         {"entry_price", price_text(of, entry)},
         {"mark_price", twice_mark > 0 ? Json(half(twice_mark)) : Json{}},
         {"unrealized_pnl", gain ? Json(format_decimal_trimmed(gain->value, kMoneyDecimals)) : Json{}},
         {"currency", of.settlement()}});
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
                         Json type, Json at, Json quantity, Json filled, std::string_view state) {
    const Instrument& of = owner.instruments[index];
    json["orders"].push_back({{"client_order_id", std::move(client_id)},
                              {"venue_order_id", std::move(venue_id)},
                              {"venue", of.venue()},
                              {"instrument", of.id},
                              {"strategy", std::move(strategy)},
                              {"side", side == Side::Buy ? "buy" : "sell"},
                              {"type", std::move(type)},
                              {"price", std::move(at)},
                              {"quantity", std::move(quantity)},
                              {"filled", std::move(filled)},
                              {"status", state}});
  };
  for (const WorkingOrder& one : ours.orders) {
    const Instrument& of = owner.instruments[one.instrument];
    const auto& there = theirs[owner.venue_of[one.instrument]].orders;
    const auto at = std::ranges::find(there, one.id, &venues::WorkingOrder::id);
    order(at != there.end() && !at->client_id.empty() ? at->client_id : owner.client_id_of(one.id),
          at != there.end() ? Json(at->venue_order_id) : Json{}, one.instrument, owner_of_order(owner, ours, one.id),
          one.side, name_of(one.type), limit_price(of, one.type, one.price), quantity_text(of, one.quantity),
          quantity_text(of, one.quantity - one.leaves), state_of(one, ours));
  }
  for (const VenueHolds& venue : theirs)
    for (const venues::WorkingOrder& one : venue.orders)
      if (one.id == 0)
        order(one.client_id, one.venue_order_id, one.instrument, nullptr, one.side, nullptr,
              one.price.value > 0 ? Json(price_text(owner.instruments[one.instrument], one.price)) : Json{},
              quantity_text(owner.instruments[one.instrument], one.leaves), nullptr, "foreign");
  json["fills"] = ours.fills;
  return json;
}

}  // namespace stom::trade
