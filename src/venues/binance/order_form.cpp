#include "venues/binance/order_form.hpp"

#include "core/decimal.hpp"

namespace stom::venues::binance {
namespace {

/// Trades at its limit, once it may.
bool is_priced(OrderType type) {
  return type == OrderType::Limit || type == OrderType::StopLimit || type == OrderType::TakeProfitLimit;
}

std::string_view type_of(Feed feed, const NewOrder& order) {
  const bool spot = feed == Feed::Spot;
  switch (order.type) {
    case OrderType::Limit:
      return spot && order.post_only ? "LIMIT_MAKER" : "LIMIT";
    case OrderType::Stop:
      return spot ? "STOP_LOSS" : "STOP_MARKET";
    case OrderType::StopLimit:
      return spot ? "STOP_LOSS_LIMIT" : "STOP";
    case OrderType::TakeProfit:
      return spot ? "TAKE_PROFIT" : "TAKE_PROFIT_MARKET";
    case OrderType::TakeProfitLimit:
      return spot ? "TAKE_PROFIT_LIMIT" : "TAKE_PROFIT";
    default:
      return "MARKET";
  }
}

std::string_view time_in_force_of(const NewOrder& order) {
  if (order.post_only) return "GTX";
  return order.time_in_force == TimeInForce::IOC ? "IOC" : order.time_in_force == TimeInForce::FOK ? "FOK" : "GTC";
}

}  // namespace

std::string_view not_offered(Feed feed, const NewOrder& order) {
  const bool spot = feed == Feed::Spot;
  if (order.type == OrderType::TrailingStop || order.size_by != SizeBy::Quantity ||
      order.time_in_force == TimeInForce::GTD || order.time_in_force == TimeInForce::DAY ||
      order.stop_loss.value != 0 || order.take_profit.value != 0)
    return "only limit, market, stop and take-profit orders by quantity, GTC, IOC or FOK";
  if (order.reduce_only && spot) return "spot has no reduce-only orders";
  const bool shows_a_part = order.display.value > 0 && order.display < order.quantity;
  if (order.display.value != 0 &&
      !(spot && shows_a_part && order.type == OrderType::Limit && order.time_in_force == TimeInForce::GTC))
    return "icebergs are limit orders of spot, GTC, that show a part of what they are";
  if (!is_conditional(order)) return {};
  if (order.trigger_by != TriggerBy::Last && (spot || order.trigger_by != TriggerBy::Mark))
    return spot ? "spot triggers by the last price alone" : "futures trigger by the last or the mark price alone";
  if (order.post_only && (spot || !is_priced(order.type)))
    return "an order that waits for a price and then only makes is a stop-limit or take-profit-limit of futures";
  return {};
}

void append_order(std::string& form, Feed feed, const NewOrder& order, const Instrument& instrument,
                  std::string_view symbol, std::string_view client_id) {
  const bool algo = is_algo(feed, order), priced = is_priced(order.type);
  const auto price = [&](std::string_view name, Price value) {
    form.append(name).append(format_decimal_trimmed(Int128{value.value}, instrument.price_decimals));
  };
  if (algo) form.append("algoType=CONDITIONAL&");
  form.append("symbol=").append(symbol);
  form.append(order.side == Side::Buy ? "&side=BUY" : "&side=SELL");
  form.append("&type=").append(type_of(feed, order));
  if (priced && !(order.post_only && feed == Feed::Spot)) form.append("&timeInForce=").append(time_in_force_of(order));
  const auto quantity = [&](std::string_view name, Quantity value) {
    form.append(name).append(format_decimal_trimmed(Int128{value.value}, instrument.quantity_decimals));
  };
  quantity("&quantity=", order.quantity);
  if (priced) price("&price=", order.price);
  if (order.display.value != 0) quantity("&icebergQty=", order.display);
  if (is_conditional(order)) price(algo ? "&triggerPrice=" : "&stopPrice=", order.trigger_price);
  if (algo)
    form.append(order.trigger_by == TriggerBy::Mark ? "&workingType=MARK_PRICE" : "&workingType=CONTRACT_PRICE");
  if (order.reduce_only) form.append("&reduceOnly=true");
  form.append(algo ? "&clientAlgoId=" : "&newClientOrderId=").append(client_id).append("&recvWindow=5000");
}

}  // namespace stom::venues::binance
