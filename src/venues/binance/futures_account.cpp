// Accounts, listen keys and user events of the futures (futures_server.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "venues/binance/futures_server.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr DurationNanos kListenKeyLife = kHour;
constexpr int kLeverage = 20;

}  // namespace

// ---- what an account holds --------------------------------------------------------------------------------------

std::vector<std::string> FuturesServer::assets() const {
  std::vector<std::string> out;
  for (const Instrument& of : exchange_->instruments())
    if (std::ranges::find(out, of.settlement()) == out.end()) out.push_back(of.settlement());
  return out;
}

AssetBalance FuturesServer::wallet(AccountId account, const std::string& asset) const {
  for (AssetBalance& b : exchange_->balances(account))
    if (b.asset == asset) return std::move(b);
  return {.asset = asset};
}

Money FuturesServer::unrealised(AccountId account, const std::string& asset) const {
  Money sum{};
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (instrument(i).settlement() == asset) sum += exchange_->position(account, i).unrealised;
  return sum;
}

Outcome FuturesServer::balance(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (const std::string& asset : assets()) {
    const AssetBalance b = wallet(*call.account, asset);
    JsonObject one;
    one.text("accountAlias", fmt::format("stom{}", *call.account))
        .text("asset", asset)
        .text("balance", money(b.free + b.locked));
    if (futures_.coin_margined) one.text("withdrawAvailable", money(b.free));
    one.text("crossWalletBalance", money(b.free + b.locked))
        .text("crossUnPnl", money(unrealised(*call.account, asset)))
        .text("availableBalance", money(b.free));
    if (!futures_.coin_margined) one.text("maxWithdrawAmount", money(b.free)).flag("marginAvailable", true);
    out.push_back(one.number("updateTime", ms(now)).done());
  }
  return json_array(out);
}

Outcome FuturesServer::account(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> held, positions;
  Money wallets{}, profit{}, initial{}, free{};
  for (const std::string& asset : assets()) {
    const AssetBalance b = wallet(*call.account, asset);
    const Money all = b.free + b.locked, open = unrealised(*call.account, asset);
    const Money margin = std::max(Money{}, all + open - b.free);
    wallets += all;
    profit += open;
    initial += margin;
    free += b.free;
    JsonObject one;
    one.text("asset", asset)
        .text("walletBalance", money(all))
        .text("unrealizedProfit", money(open))
        .text("marginBalance", money(all + open))
        .text("maintMargin", "0.00000000")
        .text("initialMargin", money(margin))
        .text("positionInitialMargin", money(margin))
        .text("openOrderInitialMargin", "0.00000000")
        .text("crossWalletBalance", money(all))
        .text("crossUnPnl", money(open))
        .text("availableBalance", money(b.free))
        .text("maxWithdrawAmount", money(b.free));
    if (!futures_.coin_margined) one.flag("marginAvailable", true);
    held.push_back(one.number("updateTime", ms(now)).done());
  }
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    const Instrument& of = instrument(i);
    const Position p = exchange_->position(*call.account, i);
    JsonObject one;
    one.text("symbol", of.symbol())
        .text("initialMargin", "0")
        .text("maintMargin", "0")
        .text("unrealizedProfit", money(p.unrealised))
        .text("positionInitialMargin", "0")
        .text("openOrderInitialMargin", "0")
        .text("leverage", std::to_string(kLeverage))
        .flag("isolated", false)
        .text("entryPrice", price(of, p.entry));
    if (futures_.coin_margined)
      one.text("breakEvenPrice", price(of, p.entry)).text("maxQty", std::to_string(futures_.most_quantity));
    else
      one.text("maxNotional", "10000000").text("bidNotional", "0").text("askNotional", "0");
    positions.push_back(one.text("positionSide", "BOTH")
                            .text("positionAmt", quantity(of, p.quantity))
                            .number("updateTime", ms(now))
                            .done());
  }
  JsonObject out;
  out.number("feeTier", 0).flag("canTrade", true).flag("canDeposit", false).flag("canWithdraw", false);
  out.number("updateTime", ms(now));
  if (!futures_.coin_margined) {
    // Sums over currencies mean something where all are dollars.
    out.flag("multiAssetsMargin", false)
        .number("tradeGroupId", -1)
        .text("totalInitialMargin", money(initial))
        .text("totalMaintMargin", "0.00000000")
        .text("totalWalletBalance", money(wallets))
        .text("totalUnrealizedProfit", money(profit))
        .text("totalMarginBalance", money(wallets + profit))
        .text("totalPositionInitialMargin", money(initial))
        .text("totalOpenOrderInitialMargin", "0.00000000")
        .text("totalCrossWalletBalance", money(wallets))
        .text("totalCrossUnPnl", money(profit))
        .text("availableBalance", money(free))
        .text("maxWithdrawAmount", money(free));
  }
  return out.raw("assets", json_array(held)).raw("positions", json_array(positions)).done();
}

Outcome FuturesServer::position_risk(Call& call, UnixNanos now) {
  const auto one = market_if_any(call);
  for (const auto name : {"pair", "marginAsset"})
    if (futures_.coin_margined) call.find(name);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    if (one && *one != i) continue;
    const Instrument& of = instrument(i);
    const Position p = exchange_->position(*call.account, i);
    JsonObject item;
    item.text("symbol", of.symbol())
        .text("positionAmt", quantity(of, p.quantity))
        .text("entryPrice", price(of, p.entry))
        .text("breakEvenPrice", price(of, p.entry))
        .text("markPrice", eight(p.mark.value, of.price_decimals))
        .text("unRealizedProfit", money(p.unrealised))
        .text("liquidationPrice", "0")
        .text("leverage", std::to_string(kLeverage));
    if (futures_.coin_margined)
      item.text("maxQty", std::to_string(futures_.most_quantity));
    else
      item.text("maxNotionalValue", "10000000");
    item.text("marginType", "cross")
        .text("isolatedMargin", "0.00000000")
        .text("isAutoAddMargin", "false")
        .text("positionSide", "BOTH")
        .text(futures_.coin_margined ? "notionalValue" : "notional", money(worth(of, p.mark, p.quantity)))
        .text("isolatedWallet", "0");
    out.push_back(item.number("updateTime", ms(now)).done());
  }
  return json_array(out);
}

/// Version 3 of USD-M: only what is held.
Outcome FuturesServer::held_positions(Call& call, UnixNanos now) {
  const auto one = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    const Instrument& of = instrument(i);
    const Position p = exchange_->position(*call.account, i);
    if ((one && *one != i) || p.quantity.value == 0) continue;
    const Money value = worth(of, p.mark, p.quantity);
    const std::string margin = money({(value.value < 0 ? -value.value : value.value) / kLeverage});
    out.push_back(JsonObject{}
                      .text("symbol", of.symbol())
                      .text("positionSide", "BOTH")
                      .text("positionAmt", quantity(of, p.quantity))
                      .text("entryPrice", price(of, p.entry))
                      .text("breakEvenPrice", price(of, p.entry))
                      .text("markPrice", eight(p.mark.value, of.price_decimals))
                      .text("unRealizedProfit", money(p.unrealised))
                      .text("liquidationPrice", "0")
                      .text("isolatedMargin", "0")
                      .text("notional", money(value))
                      .text("marginAsset", of.settlement())
                      .text("isolatedWallet", "0")
                      .text("initialMargin", margin)
                      .text("maintMargin", "0")
                      .text("positionInitialMargin", margin)
                      .text("openOrderInitialMargin", "0")
                      .number("adl", 0)
                      .text("bidNotional", "0")
                      .text("askNotional", "0")
                      .number("updateTime", ms(now))
                      .done());
  }
  return json_array(out);
}

Outcome FuturesServer::position_mode(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return R"({"dualSidePosition":false})";
}

std::string FuturesServer::own_trade_json(const Instrument& of, const VenueFill& fill) const {
  JsonObject out;
  out.flag("buyer", fill.side == Side::Buy)
      .text("commission", money(fill.fee))
      .text("commissionAsset", of.settlement())
      .number("id", fill.id)
      .text("marginAsset", of.settlement())
      .flag("maker", fill.liquidity == Liquidity::Maker)
      .number("orderId", static_cast<std::int64_t>(fill.order))
      .text("price", price(of, fill.price))
      .text("qty", quantity(of, fill.quantity))
      .text(futures_.trade_value, money(worth(of, fill.price, fill.quantity)))
      .text("realizedPnl", money(fill.realised))
      .text("side", side_of(fill.side))
      .text("positionSide", "BOTH")
      .text("symbol", of.symbol());
  append_pair(out, "pair", of);
  return out.number("time", ms(fill.time)).done();
}

// ---- listen keys ------------------------------------------------------------------------------------------------

FuturesServer::ListenKey* FuturesServer::listen_key_of(AccountId account, std::string& key) {
  for (auto& [name, listen] : listen_keys_) {
    if (listen.account != account) continue;
    key = name;
    return &listen;
  }
  return nullptr;
}

Outcome FuturesServer::start_listening(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  // The one that the account has, for another hour.
  std::string key;
  if (ListenKey* listen = listen_key_of(*call.account, key)) {
    listen->ends = now + kListenKeyLife;
  } else {
    for (int i = 0; i < 4; ++i) key += fmt::format("{:016x}", exchange_->random());
    listen_keys_[key] = {*call.account, now + kListenKeyLife};
  }
  return JsonObject{}.text("listenKey", key).done();
}

Outcome FuturesServer::keep_listening(Call& call, UnixNanos now) {
  call.find("listenKey");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::string key;
  ListenKey* listen = listen_key_of(*call.account, key);
  if (listen == nullptr) return refuse(-1125, "This listenKey does not exist.");
  listen->ends = now + kListenKeyLife;
  return JsonObject{}.text("listenKey", key).done();
}

Outcome FuturesServer::stop_listening(Call& call, UnixNanos) {
  call.find("listenKey");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::erase_if(listen_keys_, [&](const auto& entry) { return entry.second.account == *call.account; });
  return "{}";
}

void FuturesServer::expire_listen_keys(UnixNanos now) {
  for (auto key = listen_keys_.begin(); key != listen_keys_.end();) {
    if (now < key->second.ends) {
      ++key;
      continue;
    }
    const std::string expired = key->first;
    key = listen_keys_.erase(key);
    for (auto& [id, of] : listening_) {
      if (of != expired) continue;
      exchange_->send(
          id, JsonObject{}.text("e", "listenKeyExpired").number("E", ms(now)).text("listenKey", expired).done());
      of.clear();
    }
  }
}

// ---- user events ------------------------------------------------------------------------------------------------

void FuturesServer::tell_user(AccountId account, const std::string& text) {
  for (const auto& [id, of] : listening_) {
    const auto key = listen_keys_.find(of);
    if (key != listen_keys_.end() && key->second.account == account) tell(id, of, text);
  }
}

void FuturesServer::on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  if (never_was(order)) return;
  const bool algo = conditional(order);
  if (algo && fill == nullptr) tell_user(order.account, algo_update(order));
  if (working(order)) {
    // The short form is USD-M's alone.
    if (fill != nullptr && !futures_.coin_margined) tell_user(order.account, trade_lite(order, *fill));
    tell_user(order.account, order_update(order, event, fill));
  }
  if (fill != nullptr) tell_user(order.account, account_update(order.account, order.terms.instrument));
  if (algo && fill != nullptr && order.status == OrderStatus::Filled) tell_user(order.account, algo_update(order));
}

std::string FuturesServer::order_update(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) const {
  const Instrument& of = instrument(order);
  JsonObject inner;
  inner.text("s", of.symbol())
      .text("c", order.client_id)
      .text("S", side_of(order.terms.side))
      .text("o", working_type_of(order))
      .text("f", futures_time_in_force_of(order.terms))
      .text("q", quantity(of, order.terms.quantity))
      .text("p", price(of, order.terms.price))
      .text("ap", average_price(of, order.value, order.filled))
      .text("sp", price(of, order.terms.trigger_price))
      .text("x", execution_of(event, fill))
      .text("X", status_of(order))
      .number("i", number_of(order))
      .text("l", quantity(of, fill != nullptr ? fill->quantity : Quantity{}))
      .text("z", quantity(of, order.filled))
      .text("L", price(of, fill != nullptr ? fill->price : Price{}));
  if (futures_.coin_margined) inner.text("ma", of.settlement());
  inner.text("N", of.settlement())
      .text("n", fill != nullptr ? money(fill->fee) : "0")
      .number("T", ms(order.updated))
      .number("t", fill != nullptr ? fill->id : 0)
      .text("b", "0")
      .text("a", "0")
      .flag("m", fill != nullptr && fill->liquidity == Liquidity::Maker)
      .flag("R", order.terms.reduce_only)
      .text("wt", trigger_of(order))
      .text("ot", order.venue_type)
      .text("ps", "BOTH")
      .flag("cp", false)
      .text("AP", "0")
      .text("cr", "0")
      .flag("pP", false)
      .number("si", 0)
      .number("ss", 0)
      .text("rp", fill != nullptr ? money(fill->realised) : "0")
      .text("V", "NONE");
  return JsonObject{}
      .text("e", "ORDER_TRADE_UPDATE")
      .number("T", ms(order.updated))
      .number("E", ms(exchange_->now()))
      .raw("o", inner.done())
      .done();
}

std::string FuturesServer::trade_lite(const VenueOrder& order, const VenueFill& fill) const {
  const Instrument& of = instrument(order);
  return JsonObject{}
      .text("e", "TRADE_LITE")
      .number("E", ms(exchange_->now()))
      .number("T", ms(fill.time))
      .text("s", of.symbol())
      .text("q", quantity(of, order.terms.quantity))
      .text("p", price(of, order.terms.price))
      .flag("m", fill.liquidity == Liquidity::Maker)
      .text("c", order.client_id)
      .text("S", side_of(order.terms.side))
      .text("L", price(of, fill.price))
      .text("l", quantity(of, fill.quantity))
      .number("t", fill.id)
      .number("i", number_of(order))
      .done();
}

std::string FuturesServer::account_update(AccountId account, InstrumentIndex market) const {
  const Instrument& of = instrument(market);
  const AssetBalance b = wallet(account, of.settlement());
  const Position p = exchange_->position(account, market);
  const std::string all = money(b.free + b.locked);
  const std::string balance = JsonObject{}.text("a", b.asset).text("wb", all).text("cw", all).text("bc", "0").done();
  const std::string position = JsonObject{}
                                   .text("s", of.symbol())
                                   .text("pa", quantity(of, p.quantity))
                                   .text("ep", price(of, p.entry))
                                   .text("bep", price(of, p.entry))
                                   .text("cr", "0")
                                   .text("up", money(p.unrealised))
                                   .text("mt", "cross")
                                   .text("iw", "0")
                                   .text("ps", "BOTH")
                                   .done();
  const std::string inner =
      JsonObject{}.text("m", "ORDER").raw("B", json_array({balance})).raw("P", json_array({position})).done();
  JsonObject out;
  out.text("e", "ACCOUNT_UPDATE").number("T", ms(exchange_->now())).number("E", ms(exchange_->now()));
  if (futures_.coin_margined) out.text("i", fmt::format("stom{}", account));
  return out.raw("a", inner).done();
}

std::string FuturesServer::algo_update(const VenueOrder& order) const {
  const Instrument& of = instrument(order);
  const std::string inner = JsonObject{}
                                .text("caid", order.client_id)
                                .number("aid", number_of(order))
                                .text("at", "CONDITIONAL")
                                .text("o", order.venue_type)
                                .text("s", of.symbol())
                                .text("S", side_of(order.terms.side))
                                .text("ps", "BOTH")
                                .text("f", futures_time_in_force_of(order.terms))
                                .text("q", quantity(of, order.terms.quantity))
                                .text("X", algo_status_of(order))
                                .text("ai", order.triggered ? std::to_string(order.terms.id) : "")
                                .text("ap", average_price(of, order.value, order.filled))
                                .text("aq", quantity(of, order.filled))
                                .text("act", order.triggered ? working_type_of(order) : "0")
                                .text("tp", price(of, order.terms.trigger_price))
                                .text("p", price(of, order.terms.price))
                                .text("V", "NONE")
                                .text("wt", trigger_of(order))
                                .text("pm", "NONE")
                                .flag("cp", false)
                                .flag("pP", false)
                                .flag("R", order.terms.reduce_only)
                                .number("tt", order.triggered ? ms(order.updated) : 0)
                                .number("gtd", 0)
                                .text("rm", order.status == OrderStatus::Expired ? "Margin is insufficient." : "")
                                .done();
  return JsonObject{}
      .text("e", "ALGO_UPDATE")
      .number("T", ms(order.updated))
      .number("E", ms(exchange_->now()))
      .raw("o", inner)
      .done();
}

}  // namespace stom::venues::binance::server
