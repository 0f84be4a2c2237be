// What accounts of the futures hold (futures_server.hpp).
#include <fmt/format.h>

#include <algorithm>

#include "venues/binance/futures_server.hpp"

namespace stom::venues::binance::server {
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
    if (instrument(i).settlement() == asset)
      for (const PositionSide side : sides_of(account)) sum += exchange_->position(account, i, side).unrealised;
  return sum;
}

Money FuturesServer::isolated(AccountId account, const std::string& asset) const {
  Money sum{};
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (instrument(i).settlement() == asset)
      for (const PositionSide side : sides_of(account)) sum += exchange_->position(account, i, side).isolated;
  return sum;
}

/// The positions that an account has in each market.
std::vector<PositionSide> FuturesServer::sides_of(AccountId account) const {
  return exchange_->hedges(account) ? std::vector{PositionSide::Long, PositionSide::Short}
                                    : std::vector{PositionSide::Both};
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
    one.text("crossWalletBalance", money(b.free + b.locked - isolated(*call.account, asset)))
        .text("crossUnPnl", money(unrealised(*call.account, asset)))
        .text("availableBalance", money(b.free));
    if (!futures_.coin_margined) one.text("maxWithdrawAmount", money(b.free)).flag("marginAvailable", true);
    out.push_back(one.number("updateTime", ms(now)).done());
  }
  return json_array(out);
}

Outcome FuturesServer::account(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return account_json(*call.account, now, false);
}

Outcome FuturesServer::brief_account(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return account_json(*call.account, now, true);
}

std::string FuturesServer::account_json(AccountId account, UnixNanos now, bool brief) const {
  std::vector<std::string> held, positions;
  Money wallets{}, profit{}, initial{}, free{};
  for (const std::string& asset : assets()) {
    const AssetBalance b = wallet(account, asset);
    const Money all = b.free + b.locked, open = unrealised(account, asset);
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
        .text("crossWalletBalance", money(all - isolated(account, asset)))
        .text("crossUnPnl", money(open))
        .text("availableBalance", money(b.free))
        .text("maxWithdrawAmount", money(b.free));
    if (!futures_.coin_margined && !brief) one.flag("marginAvailable", true);
    held.push_back(one.number("updateTime", ms(now)).done());
  }
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    std::vector<PositionSide> sides = sides_of(account);
    // The documents: BOTH is there too, always without a position.
    if (sides.size() > 1 && !brief) sides.insert(sides.begin(), PositionSide::Both);
    for (const PositionSide side : sides) {
      if (!brief)
        positions.push_back(holding_json(account, i, side, now));
      else if (exchange_->position(account, i, side).quantity.value != 0)
        positions.push_back(brief_json(account, i, side, now));
    }
  }
  JsonObject out;
  if (!brief) {
    out.number("feeTier", 0).flag("canTrade", true).flag("canDeposit", false).flag("canWithdraw", false);
    out.number("updateTime", ms(now));
    if (!futures_.coin_margined) out.flag("multiAssetsMargin", false).number("tradeGroupId", -1);
  }
  if (!futures_.coin_margined) {
    // Sums over currencies mean something where all are dollars.
    out.text("totalInitialMargin", money(initial))
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

std::string FuturesServer::brief_json(AccountId account, InstrumentIndex market, PositionSide side,
                                      UnixNanos now) const {
  const Instrument& of = instrument(market);
  const Position p = exchange_->position(account, market, side);
  const bool isolated = exchange_->margin_choice(account, market).isolated;
  return JsonObject{}
      .text("symbol", of.symbol())
      .text("positionSide", name_of(side))
      .text("positionAmt", quantity(of, p.quantity))
      .text("unrealizedProfit", money(p.unrealised))
      .text("isolatedMargin", isolated ? money(p.isolated + p.unrealised) : "0")
      .text("notional", money(worth(of, p.mark, p.quantity)))
      .text("isolatedWallet", isolated ? money(p.isolated) : "0")
      .text("initialMargin", money(p.initial_margin))
      .text("maintMargin", money(p.maintenance_margin))
      .number("updateTime", ms(now))
      .done();
}

std::string FuturesServer::holding_json(AccountId account, InstrumentIndex market, PositionSide side,
                                        UnixNanos now) const {
  const Instrument& of = instrument(market);
  const bool none = side == PositionSide::Both && exchange_->hedges(account);
  const Position p = none ? Position{} : exchange_->position(account, market, side);
  const MarginChoice choice = exchange_->margin_choice(account, market);
  JsonObject one;
  one.text("symbol", of.symbol())
      .text("initialMargin", money(p.initial_margin))
      .text("maintMargin", money(p.maintenance_margin))
      .text("unrealizedProfit", money(p.unrealised))
      .text("positionInitialMargin", money(p.initial_margin))
      .text("openOrderInitialMargin", "0")
      .text("leverage", std::to_string(choice.leverage))
      .flag("isolated", choice.isolated)
      .text("entryPrice", price(of, p.entry));
  if (futures_.coin_margined)
    one.text("breakEvenPrice", price(of, p.entry)).text("maxQty", most_value_text(account, market));
  else
    one.text("maxNotional", most_value_text(account, market)).text("bidNotional", "0").text("askNotional", "0");
  return one.text("positionSide", name_of(side))
      .text("positionAmt", quantity(of, p.quantity))
      .number("updateTime", ms(now))
      .done();
}

Outcome FuturesServer::position_risk(Call& call, UnixNanos now) {
  const auto one = market_if_any(call);
  for (const auto name : {"pair", "marginAsset"})
    if (futures_.coin_margined) call.find(name);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (!one || *one == i)
      for (const PositionSide side : sides_of(*call.account)) out.push_back(risk_json(*call.account, i, side, now));
  return json_array(out);
}

std::string FuturesServer::risk_json(AccountId account, InstrumentIndex market, PositionSide side,
                                     UnixNanos now) const {
  const Instrument& of = instrument(market);
  const Position p = exchange_->position(account, market, side);
  const MarginChoice choice = exchange_->margin_choice(account, market);
  return JsonObject{}
      .text("symbol", of.symbol())
      .text("positionAmt", quantity(of, p.quantity))
      .text("entryPrice", price(of, p.entry))
      .text("breakEvenPrice", price(of, p.entry))
      .text("markPrice", eight(p.mark.value, of.price_decimals))
      .text("unRealizedProfit", money(p.unrealised))
      .text("liquidationPrice", "0")
      .text("leverage", std::to_string(choice.leverage))
      .text(futures_.coin_margined ? "maxQty" : "maxNotionalValue", most_value_text(account, market))
      .text("marginType", choice.isolated ? "isolated" : "cross")
      .text("isolatedMargin", choice.isolated ? money(p.isolated + p.unrealised) : "0.00000000")
      .text("isAutoAddMargin", "false")
      .text("positionSide", name_of(side))
      .text(futures_.coin_margined ? "notionalValue" : "notional", money(worth(of, p.mark, p.quantity)))
      .text("isolatedWallet", choice.isolated ? money(p.isolated) : "0")
      .number("updateTime", ms(now))
      .done();
}

/// Version 3 of USD-M: only what is held.
Outcome FuturesServer::held_positions(Call& call, UnixNanos now) {
  const auto one = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    if (one && *one != i) continue;
    const Instrument& of = instrument(i);
    for (const PositionSide side : sides_of(*call.account)) {
      const Position p = exchange_->position(*call.account, i, side);
      if (p.quantity.value == 0) continue;
      const bool isolated = exchange_->margin_choice(*call.account, i).isolated;
      out.push_back(JsonObject{}
                        .text("symbol", of.symbol())
                        .text("positionSide", name_of(side))
                        .text("positionAmt", quantity(of, p.quantity))
                        .text("entryPrice", price(of, p.entry))
                        .text("breakEvenPrice", price(of, p.entry))
                        .text("markPrice", eight(p.mark.value, of.price_decimals))
                        .text("unRealizedProfit", money(p.unrealised))
                        .text("liquidationPrice", "0")
                        .text("isolatedMargin", isolated ? money(p.isolated + p.unrealised) : "0")
                        .text("notional", money(worth(of, p.mark, p.quantity)))
                        .text("marginAsset", of.settlement())
                        .text("isolatedWallet", isolated ? money(p.isolated) : "0")
                        .text("initialMargin", money(p.initial_margin))
                        .text("maintMargin", money(p.maintenance_margin))
                        .text("positionInitialMargin", money(p.initial_margin))
                        .text("openOrderInitialMargin", "0")
                        .number("adl", 0)
                        .text("bidNotional", "0")
                        .text("askNotional", "0")
                        .number("updateTime", ms(now))
                        .done());
    }
  }
  return json_array(out);
}

/// Of all that changes a wallet, funding alone: what trades brought, their own list says.
Outcome FuturesServer::income(Call& call, UnixNanos now) {
  const auto market = market_if_any(call);
  const auto kind = call.find("incomeType");
  const auto from = call.find_time("startTime"), to = call.find_time("endTime"), page = call.find_number("page");
  const std::size_t limit = call.limit(100, 1000);
  if (const auto* error = call.check()) return std::unexpected(*error);
  const bool any = !kind || *kind == "FUNDING_FEE", without_times = !from && !to;
  std::vector<std::string> out;
  for (const FundingCharge& charge : exchange_->funding()) {
    if (!any || charge.account != *call.account || (market && charge.instrument != *market)) continue;
    if ((from && ms(charge.time) < *from) || (to && ms(charge.time) > *to)) continue;
    if (without_times && charge.time < now - 7 * kDay) continue;
    const Instrument& of = instrument(charge.instrument);
    out.push_back(JsonObject{}
                      .text("symbol", of.symbol())
                      .text("incomeType", "FUNDING_FEE")
                      .text("income", money(-charge.paid))
                      .text("asset", of.settlement())
                      .number("time", ms(charge.time))
                      .text("info", "FUNDING_FEE")
                      .number("tranId", charge.id)
                      .text("tradeId", "")
                      .done());
  }
  const std::size_t before = limit * static_cast<std::size_t>(std::clamp<std::int64_t>(page.value_or(1), 1, 1'000) - 1);
  out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(std::min(before, out.size())));
  keep(out, limit, true);
  return json_array(out);
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
      .text("positionSide", name_of(fill.position_side))
      .text("symbol", of.symbol());
  append_pair(out, "pair", of);
  return out.number("time", ms(fill.time)).done();
}

}  // namespace stom::venues::binance::server
