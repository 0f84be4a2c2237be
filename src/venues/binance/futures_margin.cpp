// How accounts of the futures trade: position mode, margin type, leverage (futures_server.hpp). What may be changed
// while something is open, and in which words it is refused, is from the documents' error codes.
#include <fmt/format.h>

#include <algorithm>

#include "venues/binance/futures_server.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr std::string_view kDone = R"({"code":200,"msg":"success"})";
constexpr std::int64_t kMostDollars = 1'000'000'000, kMostCoins = 1'000'000;  // where no bracket ends sooner
constexpr int kRateDecimals = 9;

}  // namespace

// ---- position mode ----------------------------------------------------------------------------------------------

Outcome FuturesServer::position_mode(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return JsonObject{}.flag("dualSidePosition", exchange_->hedges(*call.account)).done();
}

Outcome FuturesServer::set_position_mode(Call& call, UnixNanos) {
  call.text("dualSidePosition");
  const bool hedges = read_flag(call, "dualSidePosition");
  if (const auto* error = call.check()) return std::unexpected(*error);
  const AccountId account = *call.account;
  if (hedges == exchange_->hedges(account)) return refuse(-4059, "No need to change position side.");
  if (!exchange_->open_orders(account).empty())
    return refuse(-4067, "Position side cannot be changed if there exists open orders.");
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i)
    if (holds(account, i)) return refuse(-4068, "Position side cannot be changed if there exists position.");
  exchange_->set_hedges(account, hedges);
  return std::string{kDone};
}

bool FuturesServer::holds(AccountId account, InstrumentIndex market) const {
  return std::ranges::any_of(sides_of(account), [&](PositionSide side) {
    return exchange_->position(account, market, side).quantity.value != 0;
  });
}

// ---- margin type and leverage -----------------------------------------------------------------------------------

Outcome FuturesServer::set_margin_type(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const std::string type = call.text("marginType");
  if (!call.failed() && type != "ISOLATED" && type != "CROSSED")
    call.fail(-1130, "Data sent for parameter 'marginType' is not valid.");
  if (const auto* error = call.check()) return std::unexpected(*error);
  const AccountId account = *call.account;
  MarginChoice choice = exchange_->margin_choice(account, *market);
  if (choice.isolated == (type == "ISOLATED")) return refuse(-4046, "No need to change margin type.");
  if (!open_orders_of(call, market).empty())
    return refuse(-4047, "Margin type cannot be changed if there exists open orders.");
  if (holds(account, *market)) return refuse(-4048, "Margin type cannot be changed if there exists position.");
  choice.isolated = !choice.isolated;
  exchange_->set_margin_choice(account, *market, choice);
  for (const PositionSide side : sides_of(account))
    tell_user(account, account_update(account, *market, side, "MARGIN_TYPE_CHANGE"));
  return std::string{kDone};
}

Outcome FuturesServer::set_leverage(Call& call, UnixNanos) {
  const auto market = market_of(call);
  const std::int64_t leverage = call.number("leverage");
  if (!call.failed() && (leverage < 1 || leverage > exchange_->brackets(*market).front().max_leverage))
    call.fail(-4028, fmt::format("Leverage {} is not valid", leverage));
  if (const auto* error = call.check()) return std::unexpected(*error);
  const AccountId account = *call.account;
  const Instrument& of = instrument(*market);
  const MarginChoice before = exchange_->margin_choice(account, *market);
  const MarginChoice after{static_cast<int>(leverage), before.isolated};
  if (before.isolated && after.leverage < before.leverage && holds(account, *market))
    return refuse(-4161, "Leverage reduction is not supported in Isolated Margin Mode with open positions.");
  for (const PositionSide side : sides_of(account)) {
    const Position p = exchange_->position(account, *market, side);
    if (p.quantity.value == 0) continue;
    const Money value = worth(of, p.mark, p.quantity);
    if (Money{value.value < 0 ? -value.value : value.value} > most_value(*market, after.leverage))
      return refuse(-2027, "Exceeded the maximum allowable position at current leverage.");
  }
  exchange_->set_margin_choice(account, *market, after);
  if (after.leverage < before.leverage && wallet(account, of.settlement()).free.value < 0) {
    exchange_->set_margin_choice(account, *market, before);
    return refuse(-2028, "Leverage is smaller than permitted: insufficient margin balance.");
  }
  if (after.leverage != before.leverage) tell_user(account, config_update(*market, after.leverage));
  return JsonObject{}
      .number("leverage", leverage)
      .text(futures_.coin_margined ? "maxQty" : "maxNotionalValue", most_value_text(account, *market))
      .text("symbol", of.symbol())
      .done();
}

Money FuturesServer::most_value(InstrumentIndex market, int leverage) const {
  for (const LeverageBracket& bracket : exchange_->brackets(market))
    if (leverage > bracket.max_leverage) return bracket.value_from;
  return {Int128{futures_.coin_margined ? kMostCoins : kMostDollars} * power_of_ten(kMoneyDecimals)};
}

std::string FuturesServer::most_value_text(AccountId account, InstrumentIndex market) const {
  const Money most = most_value(market, exchange_->margin_choice(account, market).leverage);
  return format_decimal_trimmed(most.value, kMoneyDecimals);
}

// ---- what is set ------------------------------------------------------------------------------------------------

/// USD-M and version 2 of COIN-M by symbol, version 1 of COIN-M by pair.
Outcome FuturesServer::leverage_brackets(Call& call, UnixNanos) {
  const auto one = market_if_any(call);
  const auto pair = futures_.coin_margined ? call.find("pair") : std::nullopt;
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    const Instrument& of = instrument(i);
    if ((one && *one != i) || (pair && *pair != pair_of(of))) continue;
    const auto amount = [](Int128 value) { return format_decimal_trimmed(value, kMoneyDecimals); };
    const auto all = exchange_->brackets(i);
    std::vector<std::string> brackets;
    Int128 saved{};  // what the lower rates of the brackets below save
    for (std::size_t b = 0; b < all.size(); ++b) {
      if (b > 0)
        saved += divide(all[b].value_from.value * (all[b].maintenance_rate - all[b - 1].maintenance_rate),
                        power_of_ten(kRateDecimals), Rounding::Down);
      const Money to = b + 1 < all.size() ? all[b + 1].value_from : most_value(i, 1);
      brackets.push_back(
          JsonObject{}
              .number("bracket", static_cast<std::int64_t>(b) + 1)
              .number("initialLeverage", all[b].max_leverage)
              .raw(futures_.coin_margined ? "qtyCap" : "notionalCap", amount(to.value))
              .raw(futures_.coin_margined ? "qtylFloor" : "notionalFloor", amount(all[b].value_from.value))
              .raw("maintMarginRatio", format_decimal_trimmed(all[b].maintenance_rate, kRateDecimals))
              .raw("cum", amount(saved))
              .done());
    }
    JsonObject item;
    item.text("symbol", of.symbol());
    append_pair(item, "pair", of);
    out.push_back(item.raw("brackets", json_array(brackets)).done());
  }
  return json_array(out);
}

Outcome FuturesServer::symbol_configs(Call& call, UnixNanos) {
  const auto one = market_if_any(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::vector<std::string> out;
  for (InstrumentIndex i = 0; i < exchange_->instruments().size(); ++i) {
    if (one && *one != i) continue;
    const MarginChoice choice = exchange_->margin_choice(*call.account, i);
    out.push_back(JsonObject{}
                      .text("symbol", instrument(i).symbol())
                      .text("marginType", choice.isolated ? "ISOLATED" : "CROSSED")
                      .flag("isAutoAddMargin", false)
                      .number("leverage", choice.leverage)
                      .text("maxNotionalValue", most_value_text(*call.account, i))
                      .done());
  }
  return json_array(out);
}

Outcome FuturesServer::account_config(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return JsonObject{}
      .number("feeTier", 0)
      .flag("canTrade", true)
      .flag("canDeposit", false)
      .flag("canWithdraw", false)
      .flag("dualSidePosition", exchange_->hedges(*call.account))
      .number("updateTime", 0)
      .flag("multiAssetsMargin", false)
      .number("tradeGroupId", -1)
      .done();
}

Outcome FuturesServer::commission_rate(Call& call, UnixNanos) {
  const auto market = market_of(call);
  if (const auto* error = call.check()) return std::unexpected(*error);
  const AccountGrant terms = grant();
  return JsonObject{}
      .text("symbol", instrument(*market).symbol())
      .text("makerCommissionRate", format_decimal_trimmed(terms.maker_rate, kRateDecimals))
      .text("takerCommissionRate", format_decimal_trimmed(terms.taker_rate, kRateDecimals))
      .done();
}

Outcome FuturesServer::multi_assets(Call& call, UnixNanos) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  return JsonObject{}.flag("multiAssetsMargin", false).done();
}

}  // namespace stom::venues::binance::server
