// What accounts of the simulated Upbit hold, what it cost them, and what they may order (GET /v1/orders/chance).
#include <fmt/format.h>

#include <algorithm>

#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {
namespace {

constexpr std::int64_t kMostTotal = 1'000'000'000;  // won
constexpr DurationNanos kKeyLife = 365 * kDay;

}  // namespace

void UpbitServer::note_cost(const VenueFill& fill) {
  Cost& cost = costs_[{fill.account, fill.instrument}];
  if (fill.side == Side::Buy) {
    cost.held += fill.quantity;
    cost.cost += value_of(instrument(fill.instrument), fill.price, fill.quantity);
  } else if (cost.held.value > 0) {
    const Quantity sold = std::min(cost.held, fill.quantity);
    cost.cost -= {divide(cost.cost.value, cost.held.value, Rounding::Down) * sold.value};
    cost.held -= sold;
  }
}

AssetBalance UpbitServer::balance_of(AccountId account, std::string_view asset) const {
  for (auto& balance : exchange_->balances(account))
    if (balance.asset == asset) return balance;
  return {.asset = std::string{asset}, .free = {}, .locked = {}};
}

std::string UpbitServer::account_json(AccountId account, const AssetBalance& balance) const {
  std::string average = "0";
  for (const auto& [symbol, market] : markets_) {
    const auto cost = costs_.find({account, market});
    const Instrument& of = instrument(market);
    if (of.base != balance.asset || cost == costs_.end() || cost->second.held.value == 0) continue;
    average = average_price(of, cost->second.cost, cost->second.held);
  }
  return JsonObject{}
      .text("currency", balance.asset)
      .text("balance", money_text(balance.free))
      .text("locked", money_text(balance.locked))
      .text("avg_buy_price", average)
      .flag("avg_buy_price_modified", false)
      .text("unit_currency", "KRW")
      .done();
}

Outcome UpbitServer::accounts(const Call& call) {
  std::vector<std::string> out;
  for (const AssetBalance& balance : exchange_->balances(call.account()))
    if (balance.free.value != 0 || balance.locked.value != 0) out.push_back(account_json(call.account(), balance));
  return json_array(out);
}

Outcome UpbitServer::chance(const Call& call) {
  const auto market = market_of(call);
  if (!market) return std::unexpected(market.error());
  const Instrument& of = instrument(*market);
  const std::string least = format_decimal_trimmed(Int128{least_total(of.quote)}, 8);
  const auto side = [&](const std::string& currency) {
    return JsonObject{}.text("currency", currency).raw("price_unit", "null").raw("min_total", least).done();
  };
  const std::string fee = format_decimal_trimmed(Int128{kFeeRate}, 9);
  const std::string kinds = R"(["best_fok","best_ioc","limit","limit_fok","limit_ioc","limit_post_only",)";
  return JsonObject{}
      .text("bid_fee", fee)
      .text("ask_fee", fee)
      .text("maker_bid_fee", fee)
      .text("maker_ask_fee", fee)
      .raw("market", JsonObject{}
                         .text("id", of.symbol())
                         .text("name", of.base + "/" + of.quote)
                         .raw("order_types", R"(["limit"])")
                         .raw("order_sides", R"(["ask","bid"])")
                         .raw("bid_types", kinds + R"("price"])")
                         .raw("ask_types", kinds + R"("market"])")
                         .raw("bid", side(of.quote))
                         .raw("ask", side(of.base))
                         .text("max_total", std::to_string(kMostTotal))
                         .text("state", "active")
                         .done())
      .raw("bid_account", account_json(call.account(), balance_of(call.account(), of.quote)))
      .raw("ask_account", account_json(call.account(), balance_of(call.account(), of.base)))
      .done();
}

/// Nothing is paid in or out.
Outcome UpbitServer::wallet_status(const Call&) {
  std::vector<std::string> out;
  for (const Instrument& of : exchange_->instruments())
    out.push_back(JsonObject{}
                      .text("currency", of.base)
                      .text("wallet_state", "paused")
                      .text("block_state", "inactive")
                      .raw("block_height", "null")
                      .raw("block_updated_at", "null")
                      .raw("block_elapsed_minutes", "null")
                      .text("net_type", of.base)
                      .text("network_name", of.base)
                      .done());
  return json_array(out);
}

Outcome UpbitServer::api_keys(const Call& call) {
  return json_array({JsonObject{}
                         .text("access_key", keys_[call.account()])
                         .text("expire_at", seoul_text(exchange_->now() + kKeyLife))
                         .done()});
}

Outcome UpbitServer::none_of_them(const Call&) { return "[]"; }

}  // namespace stom::venues::upbit::server
