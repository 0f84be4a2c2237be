// What Binance sends, as tables (shapes.hpp): the user streams and REST answers of spot, USD-M and COIN-M futures, and
// the market streams that are not on the way to a book (those are market_data.hpp's). Sources: binance-spot-api-docs
// (rest-api.md, web-socket-streams.md, user-data-stream.md) and the futures documents; docs/venues/binance.md says
// which message each table is, and which are left out.
#pragma once

#include "venues/shapes.hpp"

namespace stom::venues::binance {

using enum As;

inline constexpr Term kSides[] = {{"BUY", "buy"}, {"SELL", "sell"}};
inline constexpr Term kStatuses[] = {
    {"NEW", "working"},
    {"PENDING_NEW", "pending_new"},
    {"PARTIALLY_FILLED", "partially_filled"},
    {"FILLED", "filled"},
    {"CANCELED", "canceled"},
    {"PENDING_CANCEL", "pending_cancel"},
    {"REJECTED", "rejected"},
    {"EXPIRED", "expired"},
    {"EXPIRED_IN_MATCH", "expired"},
    {"NEW_INSURANCE", "taken_over"},
    {"NEW_ADL", "deleveraged"},
};
inline constexpr Term kExecutions[] = {
    {"NEW", "accepted"},
    {"CANCELED", "canceled"},
    {"REPLACED", "replaced"},
    {"REJECTED", "rejected"},
    {"TRADE", "filled"},
    {"EXPIRED", "expired"},
    {"TRADE_PREVENTION", "trade_prevented"},
    {"CALCULATED", "liquidated"},
    {"AMENDMENT", "amended"},
};
inline constexpr Term kAlgoStatuses[] = {
    {"NEW", "working"},       {"TRIGGERING", "triggering"}, {"TRIGGERED", "triggered"}, {"FINISHED", "finished"},
    {"CANCELED", "canceled"}, {"EXPIRED", "expired"},       {"REJECTED", "rejected"},
};
inline constexpr Term kPositionSides[] = {{"BOTH", "both"}, {"LONG", "long"}, {"SHORT", "short"}};

// ---------------------------------------------------------------------------------------------------------------------
// Market streams.

inline constexpr Rule kBarRules[] = {
    {"t", "start_time_ns", Ms},
    {"T", "end_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"i", "interval", Text},
    {"f", "first_trade_id", Id, kMayBeNone},
    {"L", "last_trade_id", Id, kMayBeNone},
    {"o", "open", Decimal},
    {"c", "close", Decimal},
    {"h", "high", Decimal},
    {"l", "low", Decimal},
    {"v", "volume", Decimal},
    {"n", "trades", Count},
    {"x", "closed", Bool},
    {"q", "quote_volume", Decimal},
    {"V", "taker_buy_volume", Decimal},
    {"Q", "taker_buy_quote_volume", Decimal},
    {"B"},
};
inline constexpr Shape kBarOfStream{"bar", kBarRules};
inline constexpr Rule kKlineRules[] = {
    {"e"}, {"E", "venue_time_ns", Ms}, {"s"}, {"k", "", Object, kMust, {}, &kBarOfStream}};
inline constexpr Shape kKline{"bar", kKlineRules};

inline constexpr Rule kLiquidationOrderRules[] = {
    {"s", "instrument", Symbol},
    {"ps"},
    {"S", "side", As::Word, kMust, kSides},
    {"o", "order_type", Text},
    {"f", "time_in_force", Text},
    {"q", "order_quantity", Decimal},
    {"p", "price", Decimal},
    {"ap", "average_price", Decimal},
    {"X", "status", As::Word, kMust, kStatuses},
    {"l", "quantity", Decimal},
    {"z", "filled", Decimal},
    {"T", "venue_time_ns", Ms},
};
inline constexpr Shape kLiquidationOrder{"liquidation", kLiquidationOrderRules};
inline constexpr Rule kForceOrderRules[] = {
    {"e"}, {"E", "sent_time_ns", Ms}, {"o", "", Object, kMust, {}, &kLiquidationOrder}, {"st"}};
inline constexpr Shape kForceOrder{"liquidation", kForceOrderRules};

// Of 24 hours ("24hrTicker") and of rolling windows ("1hTicker"). Futures have no best prices in it.
inline constexpr Rule kTickerRules[] = {
    {"e", "window", Text},
    {"E", "venue_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"p", "change", Signed},
    {"P", "change_percent", Signed},
    {"w", "average_price", Decimal},
    {"x", "previous_close", Decimal, kMayMiss},
    {"c", "price", Decimal},
    {"Q", "quantity", Decimal, kMayMiss},
    {"b", "bid", Decimal, kMayMiss},
    {"B", "bid_quantity", Decimal, kMayMiss},
    {"a", "ask", Decimal, kMayMiss},
    {"A", "ask_quantity", Decimal, kMayMiss},
    {"o", "open", Decimal},
    {"h", "high", Decimal},
    {"l", "low", Decimal},
    {"v", "volume", Decimal},
    {"q", "quote_volume", Decimal},
    {"O", "start_time_ns", Ms, kMayBeNone},
    {"C", "end_time_ns", Ms, kMayBeNone},
    {"F", "first_trade_id", Id, kMayBeNone},
    {"L", "last_trade_id", Id, kMayBeNone},
    {"n", "trades", Count},
    {"st"},
    {"ps"},
};
inline constexpr Shape kTicker{"ticker", kTickerRules};
inline constexpr Rule kMiniTickerRules[] = {
    {"e", "window", Text},
    {"E", "venue_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"c", "price", Decimal},
    {"o", "open", Decimal},
    {"h", "high", Decimal},
    {"l", "low", Decimal},
    {"v", "volume", Decimal},
    {"q", "quote_volume", Decimal},
    {"st"},
    {"ps"},
};
inline constexpr Shape kMiniTicker{"ticker", kMiniTickerRules};
inline constexpr Rule kAveragePriceRules[] = {{"e"},
                                              {"E", "sent_time_ns", Ms},
                                              {"s", "instrument", Symbol},
                                              {"i", "interval", Text},
                                              {"w", "price", Decimal},
                                              {"T", "venue_time_ns", Ms}};
inline constexpr Shape kAveragePrice{"average_price", kAveragePriceRules};
inline constexpr Rule kReferencePriceRules[] = {
    {"e"}, {"s", "instrument", Symbol}, {"r", "price", Decimal, kMayBeNull}, {"t", "venue_time_ns", Ms}};
inline constexpr Shape kReferencePrice{"reference_price", kReferencePriceRules};
inline constexpr Rule kBlockTradeRules[] = {
    {"e"},
    {"E", "sent_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"t", "trade_id", Id},
    {"p", "price", Decimal},
    {"q", "quantity", Decimal},
    {"T", "venue_time_ns", Ms},
    {"m", "buyer_is_maker", Bool},
};
inline constexpr Shape kBlockTrade{"block_trade", kBlockTradeRules};
inline constexpr Rule kShutdownRules[] = {{"e"}, {"E", "venue_time_ns", Ms}};
inline constexpr Shape kShutdown{"venue_shutdown", kShutdownRules};

// ---------------------------------------------------------------------------------------------------------------------
// User streams. Of an order the decoder makes "order" or, where it was matched, "fill" (decoder.cpp).

inline constexpr Rule kExecutionReportRules[] = {
    {"e"},
    {"E", "sent_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"c", "client_order_id", Text},
    {"S", "side", As::Word, kMust, kSides},
    {"o", "order_type", Text},
    {"f", "time_in_force", Text},
    {"q", "order_quantity", Decimal},
    {"p", "order_price", Decimal},
    {"P", "trigger_price", Decimal},
    {"F", "display", Decimal, kMayMiss},
    {"g", "order_list_id", Id, kMayMiss | kMayBeNone},
    {"C", "orig_client_order_id", Text, kMayMiss | kMayBeEmpty},
    {"x", "execution", As::Word, kMust, kExecutions},
    {"X", "status", As::Word, kMust, kStatuses},
    {"r", "reason", Text},
    {"i", "order_id", Id},
    {"l", "last_quantity", Decimal},
    {"z", "filled", Decimal},
    {"L", "last_price", Decimal},
    {"n", "fee", Signed, kMayBeNull},
    {"N", "fee_currency", Text, kMayBeNull},
    {"T", "venue_time_ns", Ms},
    {"t", "trade_id", Id, kMayBeNone},
    {"v"},
    {"I"},
    {"w", "working", Bool},
    {"m", "maker", Bool},
    {"M"},
    {"O", "created_time_ns", Ms, kMayBeNone},
    {"Z", "filled_value", Decimal},
    {"Y"},
    {"Q"},
    {"W"},
    {"V"},
    // Only where they apply: trailing, prevention, strategy, allocation, pegs, expiry.
    {"d"},
    {"D"},
    {"j"},
    {"J"},
    {"A"},
    {"B"},
    {"u"},
    {"U"},
    {"Cs"},
    {"pl"},
    {"pL"},
    {"pY"},
    {"b"},
    {"a"},
    {"k"},
    {"uS"},
    {"W"},
    {"gP"},
    {"gOT"},
    {"gOV"},
    {"gp"},
    {"eR", "expiry_reason", Text, kMayMiss},
};
inline constexpr Shape kExecutionReport{"order", kExecutionReportRules};

inline constexpr Rule kBalanceOfPositionRules[] = {
    {"a", "currency", Text}, {"f", "free", Decimal}, {"l", "locked", Decimal}};
inline constexpr Shape kBalanceOfPosition{"balance", kBalanceOfPositionRules};
inline constexpr Rule kAccountPositionRules[] = {
    {"e"}, {"E", "sent_time_ns", Ms}, {"u", "venue_time_ns", Ms}, {"B", "", List, kMust, {}, &kBalanceOfPosition}};
inline constexpr Shape kAccountPosition{"", kAccountPositionRules};
inline constexpr Rule kBalanceUpdateRules[] = {
    {"e"}, {"E", "sent_time_ns", Ms}, {"a", "currency", Text}, {"d", "change", Signed}, {"T", "venue_time_ns", Ms}};
inline constexpr Shape kBalanceUpdate{"balance_change", kBalanceUpdateRules};
inline constexpr Shape kExternalLock{"lock_change", kBalanceUpdateRules};

inline constexpr Rule kListedOrderRules[] = {
    {"s", "instrument", Symbol}, {"i", "order_id", Id}, {"c", "client_order_id", Text}};
inline constexpr Shape kListedOrder{"order_of_list", kListedOrderRules};
inline constexpr Rule kListStatusRules[] = {
    {"e"},
    {"E", "sent_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"g", "order_list_id", Id},
    {"c", "contingency", Text},
    {"l", "list_event", Text},
    {"L", "list_status", Text},
    {"r", "reason", Text},
    {"C", "client_list_id", Text},
    {"T", "venue_time_ns", Ms},
    {"O", "", List, kMust, {}, &kListedOrder},
};
inline constexpr Shape kListStatus{"order_list", kListStatusRules};
inline constexpr Shape kStreamTerminated{"user_stream_ended", kShutdownRules};

inline constexpr Rule kFuturesOrderRules[] = {
    {"s", "instrument", Symbol},
    {"c", "client_order_id", Text},
    {"S", "side", As::Word, kMust, kSides},
    {"o", "order_type", Text},
    {"f", "time_in_force", Text},
    {"q", "order_quantity", Decimal},
    {"p", "order_price", Decimal},
    {"ap", "average_price", Decimal},
    {"sp", "trigger_price", Decimal},
    {"x", "execution", As::Word, kMust, kExecutions},
    {"X", "status", As::Word, kMust, kStatuses},
    {"i", "order_id", Id},
    {"l", "last_quantity", Decimal},
    {"z", "filled", Decimal},
    {"L", "last_price", Decimal},
    {"N", "fee_currency", Text, kMayMiss},
    {"n", "fee", Signed, kMayMiss},
    {"T", "venue_time_ns", Ms},
    {"t", "trade_id", Id, kMayBeNone},
    {"b"},
    {"a"},
    {"m", "maker", Bool},
    {"R", "reduce_only", Bool},
    {"wt", "trigger_by", Text},
    {"ot", "original_type", Text},
    {"ps", "position_side", As::Word, kMust, kPositionSides},
    {"cp", "close_position", Bool},
    {"AP"},
    {"cr"},
    {"pP"},
    {"si"},
    {"ss"},
    {"rp", "realized_profit", Signed},
    {"V"},
    {"pm"},
    {"gtd", "expire_time_ns", Ms, kMayMiss | kMayBeNone},
    {"ma"},
    {"er", "expiry_reason", AnyId, kMayMiss | kMayBeNone},  // "0" as long as it did not expire
};
inline constexpr Shape kFuturesOrder{"order", kFuturesOrderRules};
inline constexpr Rule kOrderTradeUpdateRules[] = {
    {"e"}, {"T"}, {"E", "sent_time_ns", Ms}, {"i"}, {"o", "", Object, kMust, {}, &kFuturesOrder}};
inline constexpr Shape kOrderTradeUpdate{"order", kOrderTradeUpdateRules};

inline constexpr Rule kTradeLiteRules[] = {
    {"e"},
    {"E", "sent_time_ns", Ms},
    {"T", "venue_time_ns", Ms},
    {"s", "instrument", Symbol},
    {"c", "client_order_id", Text},
    {"S", "side", As::Word, kMust, kSides},
    {"q", "order_quantity", Decimal},
    {"p", "order_price", Decimal},
    {"i", "order_id", Id},
    {"l", "quantity", Decimal},
    {"L", "price", Decimal},
    {"t", "trade_id", Id},
    {"m", "maker", Bool},
};
inline constexpr Shape kTradeLite{"fill", kTradeLiteRules};

inline constexpr Rule kFuturesBalanceRules[] = {{"a", "currency", Text},
                                                {"wb", "wallet", Signed},
                                                {"cw", "cross_wallet", Signed},
                                                {"bc", "change", Signed, kMayMiss}};  // not before 2021
inline constexpr Shape kFuturesBalance{"balance", kFuturesBalanceRules};
inline constexpr Rule kFuturesPositionRules[] = {
    {"s", "instrument", Symbol},
    {"pa", "quantity", Signed},
    {"ep", "entry_price", Decimal},
    {"bep", "break_even_price", Decimal, kMayMiss},
    {"cr", "realized_profit", Signed},
    {"up", "unrealized_profit", Signed},
    {"mt", "margin_mode", Text},
    {"iw", "isolated_wallet", Signed},
    {"ps", "position_side", As::Word, kMust, kPositionSides},
    {"ma"},
};
inline constexpr Shape kFuturesPosition{"position", kFuturesPositionRules};
// Only what changed: the funding of a crossed position comes "without any position".
inline constexpr Rule kAccountChangeRules[] = {
    {"m", "reason", Text},
    {"B", "", List, kMayMiss, {}, &kFuturesBalance},
    {"P", "", List, kMayMiss, {}, &kFuturesPosition},
};
inline constexpr Shape kAccountChange{"account_update", kAccountChangeRules};
inline constexpr Rule kAccountUpdateRules[] = {
    {"e"}, {"T", "venue_time_ns", Ms}, {"E", "sent_time_ns", Ms}, {"i"}, {"a", "", Object, kMust, {}, &kAccountChange}};
inline constexpr Shape kAccountUpdate{"account_update", kAccountUpdateRules};

inline constexpr Rule kAlgoOrderRules[] = {
    {"caid", "client_algo_id", Text},
    {"aid", "algo_id", Id},
    {"at", "algo_type", Text},
    {"o", "order_type", Text},
    {"s", "instrument", Symbol},
    {"S", "side", As::Word, kMust, kSides},
    {"ps", "position_side", As::Word, kMust, kPositionSides},
    {"f", "time_in_force", Text},
    {"q", "quantity", Decimal},
    {"X", "status", As::Word, kMust, kAlgoStatuses},
    {"ai", "order_id", Text, kMayBeEmpty},
    {"ap", "average_price", Decimal, kMayMiss},
    {"aq", "filled", Decimal, kMayMiss},
    {"act"},
    {"tp", "trigger_price", Decimal},
    {"p", "price", Decimal},
    {"V"},
    {"wt", "trigger_by", Text},
    {"pm"},
    {"cp", "close_position", Bool},
    {"pP"},
    {"R", "reduce_only", Bool},
    {"tt", "triggered_time_ns", Ms, kMayBeNone},
    {"gtd", "expire_time_ns", Ms, kMayBeNone},
    {"rm", "reason", Text, kMayMiss | kMayBeEmpty},
    {"ia"},  // of a trailing stop: whether its activation price was reached
};
inline constexpr Shape kAlgoOrder{"algo_order", kAlgoOrderRules};
inline constexpr Rule kAlgoUpdateRules[] = {
    {"e"}, {"T", "venue_time_ns", Ms}, {"E", "sent_time_ns", Ms}, {"o", "", Object, kMust, {}, &kAlgoOrder}};
inline constexpr Shape kAlgoUpdate{"algo_order", kAlgoUpdateRules};

// Its time is a string in the documents of USD-M, and a number in what COIN-M's are.
inline constexpr Rule kListenKeyExpiredRules[] = {{"e"}, {"E", "venue_time_ns", AnyMs}, {"listenKey"}};
inline constexpr Shape kListenKeyExpired{"user_stream_ended", kListenKeyExpiredRules};
inline constexpr Rule kLeverageRules[] = {{"s", "instrument", Symbol}, {"l", "leverage", Count}};
inline constexpr Shape kLeverage{"account_config", kLeverageRules};
inline constexpr Rule kMultiAssetsRules[] = {{"j", "multi_assets_mode", Bool}};
inline constexpr Shape kMultiAssets{"account_config", kMultiAssetsRules};
inline constexpr Rule kAccountConfigRules[] = {
    {"e"},
    {"E", "sent_time_ns", Ms},
    {"T", "venue_time_ns", Ms},
    {"ac", "", Object, kMayMiss, {}, &kLeverage},
    {"ai", "", Object, kMayMiss, {}, &kMultiAssets},
};
inline constexpr Shape kAccountConfig{"account_config", kAccountConfigRules};
inline constexpr Rule kCalledPositionRules[] = {
    {"s", "instrument", Symbol},
    {"ps", "position_side", As::Word, kMust, kPositionSides},
    {"pa", "quantity", Signed},
    {"mt", "margin_mode", Text},
    {"iw", "isolated_wallet", Signed, kMayMiss},
    {"mp", "mark_price", Decimal},
    {"up", "unrealized_profit", Signed},
    {"mm", "maintenance_margin", Decimal},
};
inline constexpr Shape kCalledPosition{"margin_call", kCalledPositionRules};
inline constexpr Rule kMarginCallRules[] = {
    {"e"}, {"E", "venue_time_ns", Ms}, {"i"}, {"cw"}, {"p", "", List, kMust, {}, &kCalledPosition}};
inline constexpr Shape kMarginCall{"", kMarginCallRules};

/// Stream events by "e"; those of market_data.hpp are not here.
struct Stream {
  std::string_view event;
  const Shape* shape;
};
inline constexpr Stream kStreams[] = {
    {"kline", &kKline},
    {"forceOrder", &kForceOrder},
    {"24hrTicker", &kTicker},
    {"1hTicker", &kTicker},
    {"4hTicker", &kTicker},
    {"1dTicker", &kTicker},
    {"24hrMiniTicker", &kMiniTicker},
    {"avgPrice", &kAveragePrice},
    {"referencePrice", &kReferencePrice},
    {"blockTrade", &kBlockTrade},
    {"serverShutdown", &kShutdown},
    {"executionReport", &kExecutionReport},
    {"outboundAccountPosition", &kAccountPosition},
    {"balanceUpdate", &kBalanceUpdate},
    {"externalLockUpdate", &kExternalLock},
    {"listStatus", &kListStatus},
    {"eventStreamTerminated", &kStreamTerminated},
    {"ORDER_TRADE_UPDATE", &kOrderTradeUpdate},
    {"TRADE_LITE", &kTradeLite},
    {"ACCOUNT_UPDATE", &kAccountUpdate},
    {"ALGO_UPDATE", &kAlgoUpdate},
    {"listenKeyExpired", &kListenKeyExpired},
    {"ACCOUNT_CONFIG_UPDATE", &kAccountConfig},
    {"MARGIN_CALL", &kMarginCall},
};

// ---------------------------------------------------------------------------------------------------------------------
// REST answers, and results of the WebSocket API, told apart by the members they have.

inline constexpr Rule kRefusalRules[] = {{"code", "code", Integer}, {"msg", "message", Text}, {"data"}};
inline constexpr Shape kRefusal{"refusal", kRefusalRules};
// Futures say so, in the words of a refusal, that something was done: {"code":200,"msg":"success"}.
inline constexpr Rule kDoneRules[] = {{"code"}, {"msg", "message", Text}};
inline constexpr Shape kDone{"ok", kDoneRules};
// Alone, or in what the WebSocket API says of a session.
inline constexpr Rule kServerTimeRules[] = {{"serverTime", "venue_time_ns", Ms},
                                            {"apiKey"},
                                            {"authorizedSince"},
                                            {"connectedSince"},
                                            {"returnRateLimits"},
                                            {"userDataStream"}};
inline constexpr Shape kServerTime{"server_time", kServerTimeRules};
inline constexpr Rule kListenKeyRules[] = {{"listenKey", "listen_key", Text}};
inline constexpr Shape kListenKey{"listen_key", kListenKeyRules};

inline constexpr Rule kSubscribedRules[] = {{"subscriptionId", "subscription", Id}};
inline constexpr Shape kSubscribed{"ok", kSubscribedRules};

inline constexpr Rule kFilterRules[] = {
    {"filterType", "filter", Text},
    {"minPrice", "min_price", Decimal, kMayMiss},
    {"maxPrice", "max_price", Decimal, kMayMiss},
    {"tickSize", "tick_size", Decimal, kMayMiss},
    {"multiplierUp", "multiplier_up", Decimal, kMayMiss},
    {"multiplierDown", "multiplier_down", Decimal, kMayMiss},
    {"multiplierDecimal"},
    {"avgPriceMins", "average_minutes", Count, kMayMiss},
    {"bidMultiplierUp", "bid_multiplier_up", Decimal, kMayMiss},
    {"bidMultiplierDown", "bid_multiplier_down", Decimal, kMayMiss},
    {"askMultiplierUp", "ask_multiplier_up", Decimal, kMayMiss},
    {"askMultiplierDown", "ask_multiplier_down", Decimal, kMayMiss},
    {"minQty", "min_quantity", Decimal, kMayMiss},
    {"maxQty", "max_quantity", Decimal, kMayMiss},
    {"stepSize", "lot", Decimal, kMayMiss},
    {"minNotional", "min_value", Decimal, kMayMiss},
    {"maxNotional", "max_value", Decimal, kMayMiss},
    {"notional", "min_value", Decimal, kMayMiss},
    {"applyToMarket"},
    {"applyMinToMarket"},
    {"applyMaxToMarket"},
    {"limit", "limit", Amount, kMayMiss},
    {"maxNumOrders", "limit", Count, kMayMiss},
    {"maxNumAlgoOrders", "limit", Count, kMayMiss},
    {"maxNumIcebergOrders", "limit", Count, kMayMiss},
    {"maxNumOrderAmends", "limit", Count, kMayMiss},
    {"maxNumOrderLists", "limit", Count, kMayMiss},
    {"maxPosition", "max_position", Decimal, kMayMiss},
    {"asset", "currency", Text, kMayMiss},
    {"minTrailingAboveDelta"},
    {"maxTrailingAboveDelta"},
    {"minTrailingBelowDelta"},
    {"maxTrailingBelowDelta"},
    {"positionControlSide"},
};
inline constexpr Shape kFilter{"filter", kFilterRules};
inline constexpr Rule kRateLimitRules[] = {
    {"rateLimitType", "limit_type", Text}, {"interval", "interval", Text},
    {"intervalNum", "intervals", Count},   {"limit", "limit", Count},
    {"count", "used", Count, kMayMiss},
};
inline constexpr Shape kRateLimit{"rate_limit", kRateLimitRules};
inline constexpr Rule kInstrumentRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"status", "trading_status", Text, kMayMiss},
    {"contractStatus", "trading_status", Text, kMayMiss},  // COIN-M
    {"contractType", "contract", Text, kMayMiss | kMayBeEmpty},
    {"contractSize", "contract_size", Count, kMayMiss},
    {"deliveryDate", "delivery_time_ns", Ms, kMayMiss | kMayBeNone},
    {"onboardDate"},
    {"baseAsset", "base", Text},
    {"quoteAsset", "quote", Text},
    {"marginAsset", "margin_currency", Text, kMayMiss},
    {"filters", "", List, kMust, {}, &kFilter},
    {"baseAssetPrecision"},
    {"quotePrecision"},
    {"quoteAssetPrecision"},
    {"baseCommissionPrecision"},
    {"quoteCommissionPrecision"},
    {"orderTypes"},
    {"OrderType"},
    {"timeInForce"},
    {"icebergAllowed"},
    {"ocoAllowed"},
    {"otoAllowed"},
    {"opoAllowed"},
    {"quoteOrderQtyMarketAllowed"},
    {"allowTrailingStop"},
    {"cancelReplaceAllowed"},
    {"amendAllowed"},
    {"pegInstructionsAllowed"},
    {"isSpotTradingAllowed"},
    {"isMarginTradingAllowed"},
    {"permissions"},
    {"permissionSets"},
    {"defaultSelfTradePreventionMode"},
    {"allowedSelfTradePreventionModes"},
    {"maintMarginPercent"},
    {"requiredMarginPercent"},
    {"pricePrecision"},
    {"quantityPrecision"},
    {"underlyingType"},
    {"underlyingSubType"},
    {"settlePlan"},
    {"triggerProtect"},
    {"liquidationFee"},
    {"marketTakeBound"},
    {"equalQtyPrecision"},
    {"maxMoveOrderLimit"},
    {"permissionSets"},
};
inline constexpr Shape kInstrument{"instrument", kInstrumentRules};
inline constexpr Rule kExchangeInfoRules[] = {
    {"timezone"},
    {"serverTime", "venue_time_ns", Ms},
    {"futuresType"},
    {"rateLimits", "", List, kMust, {}, &kRateLimit},
    {"exchangeFilters", "", List, kMust, {}, &kFilter},
    {"assets"},
    {"symbols", "", List, kMust, {}, &kInstrument},
    {"sors"},
};
inline constexpr Shape kExchangeInfo{"server_time", kExchangeInfoRules};
inline constexpr Rule kMyFiltersRules[] = {
    {"exchangeFilters", "", List, kMust, {}, &kFilter},
    {"symbolFilters", "", List, kMust, {}, &kFilter},
    {"assetFilters", "", List, kMust, {}, &kFilter},
};
inline constexpr Shape kMyFilters{"", kMyFiltersRules};

inline constexpr Rule kPublicTradeRules[] = {
    {"id", "trade_id", Id},
    {"price", "price", Decimal},
    {"qty", "quantity", Decimal},
    {"quoteQty", "value", Decimal},
    {"baseQty", "value", Decimal, kMayMiss},
    {"time", "venue_time_ns", Ms},
    {"isBuyerMaker", "buyer_is_maker", Bool},
    {"isBestMatch"},
    {"isRPITrade"},
};
inline constexpr Shape kPublicTrade{"trade", kPublicTradeRules};
inline constexpr Rule kAggTradeRules[] = {
    {"a", "trade_id", Id},
    {"p", "price", Decimal},
    {"q", "quantity", Decimal},
    {"nq"},
    {"f", "first_trade_id", Id},
    {"l", "last_trade_id", Id},
    {"T", "venue_time_ns", Ms},
    {"m", "buyer_is_maker", Bool},
    {"M"},
};
inline constexpr Shape kAggTrade{"agg_trade", kAggTradeRules};
/// A kline is a list; by place.
inline constexpr Rule kKlineRow[] = {
    {"0", "start_time_ns", Ms},
    {"1", "open", Decimal},
    {"2", "high", Decimal},
    {"3", "low", Decimal},
    {"4", "close", Decimal},
    {"5", "volume", Decimal},
    {"6", "end_time_ns", Ms},
    {"7", "quote_volume", Decimal},
    {"8", "trades", Count},
    {"9", "taker_buy_volume", Decimal},
    {"10", "taker_buy_quote_volume", Decimal},
    {"11"},
};
inline constexpr Rule kAverageRules[] = {
    {"mins", "minutes", Count}, {"price", "price", Decimal}, {"closeTime", "venue_time_ns", Ms}};
inline constexpr Shape kAverage{"average_price", kAverageRules};
inline constexpr Rule kStatisticsRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"priceChange", "change", Signed, kMayMiss},
    {"priceChangePercent", "change_percent", Signed, kMayMiss},
    {"weightedAvgPrice", "average_price", Decimal, kMayMiss},
    {"prevClosePrice", "previous_close", Decimal, kMayMiss},
    {"lastPrice", "price", Decimal},
    {"lastQty", "quantity", Decimal, kMayMiss},
    {"bidPrice", "bid", Decimal, kMayMiss},
    {"bidQty", "bid_quantity", Decimal, kMayMiss},
    {"askPrice", "ask", Decimal, kMayMiss},
    {"askQty", "ask_quantity", Decimal, kMayMiss},
    {"openPrice", "open", Decimal},
    {"highPrice", "high", Decimal},
    {"lowPrice", "low", Decimal},
    {"volume", "volume", Decimal},
    {"quoteVolume", "quote_volume", Decimal, kMayMiss},
    {"baseVolume", "quote_volume", Decimal, kMayMiss},
    {"openTime", "start_time_ns", Ms},
    {"closeTime", "venue_time_ns", Ms},
    {"firstId", "first_trade_id", Id, kMayBeNone},
    {"lastId", "last_trade_id", Id, kMayBeNone},
    {"count", "trades", Count},
};
inline constexpr Shape kStatistics{"ticker", kStatisticsRules};
inline constexpr Rule kBookTickerRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"bidPrice", "bid", Decimal},
    {"bidQty", "bid_quantity", Decimal},
    {"askPrice", "ask", Decimal},
    {"askQty", "ask_quantity", Decimal},
    {"time", "venue_time_ns", Ms, kMayMiss},
    {"lastUpdateId"},
};
inline constexpr Shape kBookTicker{"quote", kBookTickerRules};
inline constexpr Rule kLastPriceRules[] = {
    {"symbol", "instrument", Symbol}, {"ps"}, {"price", "price", Decimal}, {"time", "venue_time_ns", Ms, kMayMiss}};
inline constexpr Shape kLastPrice{"last_price", kLastPriceRules};
inline constexpr Rule kReferenceRules[] = {{"symbol", "instrument", Symbol},
                                           {"referencePrice", "price", Decimal, kMayBeNull},
                                           {"timestamp", "venue_time_ns", Ms}};
inline constexpr Shape kReference{"reference_price", kReferenceRules};

// Spot's and futures' order in an answer; an acknowledgement has ids and time only.
inline constexpr Rule kFillOfOrderRules[] = {
    {"matchType"},
    {"price", "price", Decimal},
    {"qty", "quantity", Decimal},
    {"commission", "fee", Signed},
    {"commissionAsset", "fee_currency", Text},
    {"tradeId", "trade_id", Id, kMayBeNone},
    {"allocId"},
};
inline constexpr Shape kFillOfOrder{"fill", kFillOfOrderRules};
inline constexpr Rule kOrderAnswerRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"origClientOrderId", "orig_client_order_id", Text, kMayMiss},
    {"orderId", "order_id", Id},
    {"orderListId", "order_list_id", Id, kMayMiss | kMayBeNone},
    {"clientOrderId", "client_order_id", Text},
    {"transactTime", "venue_time_ns", Ms, kMayMiss},
    {"price", "price", Decimal, kMayMiss},
    {"avgPrice", "average_price", Decimal, kMayMiss},
    {"origQty", "quantity", Decimal, kMayMiss},
    {"qty", "quantity", Decimal, kMayMiss},  // amended
    {"executedQty", "filled", Decimal, kMayMiss},
    {"cumQty"},
    {"preventedQty"},
    {"preventedQuantity"},
    {"preventedMatchId"},
    {"origQuoteOrderQty"},
    {"quoteOrderQty"},
    {"cummulativeQuoteQty", "filled_value", Decimal, kMayMiss},
    {"cumulativeQuoteQty", "filled_value", Decimal, kMayMiss},
    {"cumQuote", "filled_value", Decimal, kMayMiss},
    {"cumBase", "filled_value", Decimal, kMayMiss},
    {"status", "status", As::Word, kMayMiss, kStatuses},
    {"timeInForce", "time_in_force", Text, kMayMiss},
    {"type", "order_type", Text, kMayMiss},
    {"origType", "original_type", Text, kMayMiss},
    {"side", "side", As::Word, kMayMiss, kSides},
    {"positionSide", "position_side", As::Word, kMayMiss, kPositionSides},
    {"reduceOnly", "reduce_only", Bool, kMayMiss},
    {"closePosition", "close_position", Bool, kMayMiss},
    {"stopPrice", "trigger_price", Decimal, kMayMiss},
    {"workingType", "trigger_by", Text, kMayMiss},
    {"activatePrice"},
    {"priceRate"},
    {"priceProtect"},
    {"priceMatch"},
    {"goodTillDate", "expire_time_ns", Ms, kMayMiss | kMayBeNone},
    {"icebergQty", "display", Decimal, kMayMiss},
    {"time", "created_time_ns", Ms, kMayMiss},
    {"updateTime", "venue_time_ns", Ms, kMayMiss},
    {"isWorking", "working", Bool, kMayMiss},
    {"workingTime"},
    {"workingFloor"},
    {"usedSor"},
    {"strategyId"},
    {"strategyType"},
    {"trailingDelta"},
    {"trailingTime"},
    {"selfTradePreventionMode"},
    {"pegPriceType"},
    {"pegOffsetType"},
    {"pegOffsetValue"},
    {"peggedPrice"},
    {"fills", "", List, kMayMiss, {}, &kFillOfOrder},
};
inline constexpr Shape kOrderAnswer{"order", kOrderAnswerRules};
inline constexpr Rule kOrderOfListRules[] = {
    {"symbol", "instrument", Symbol}, {"orderId", "order_id", Id}, {"clientOrderId", "client_order_id", Text}};
inline constexpr Shape kOrderOfList{"order_of_list", kOrderOfListRules};
inline constexpr Rule kOrderListAnswerRules[] = {
    {"orderListId", "order_list_id", Id},
    {"contingencyType", "contingency", Text},
    {"listStatusType", "list_event", Text, kMayMiss},
    {"listOrderStatus", "list_status", Text},
    {"listClientOrderId", "client_list_id", Text},
    {"transactionTime", "venue_time_ns", Ms, kMayMiss},
    {"symbol", "instrument", Symbol},
    {"orders", "", List, kMust, {}, &kOrderOfList},
    {"orderReports", "", List, kMayMiss, {}, &kOrderAnswer},
};
inline constexpr Shape kOrderListAnswer{"order_list", kOrderListAnswerRules};
inline constexpr Rule kAmendRules[] = {
    {"transactTime", "venue_time_ns", Ms},
    {"executionId"},
    {"amendedOrder", "", Object, kMust, {}, &kOrderAnswer},
    {"listStatus"},
};
inline constexpr Shape kAmend{"order", kAmendRules};

inline constexpr Rule kSpotBalanceRules[] = {
    {"asset", "currency", Text}, {"free", "free", Decimal}, {"locked", "locked", Decimal}};
inline constexpr Shape kSpotBalance{"balance", kSpotBalanceRules};
inline constexpr Rule kSpotAccountRules[] = {
    {"makerCommission"},
    {"takerCommission"},
    {"buyerCommission"},
    {"sellerCommission"},
    {"commissionRates"},
    {"canTrade", "can_trade", Bool},
    {"canWithdraw"},
    {"canDeposit"},
    {"brokered"},
    {"requireSelfTradePrevention"},
    {"preventSor"},
    {"updateTime", "venue_time_ns", Ms},
    {"accountType", "account_type", Text},
    {"balances", "", List, kMust, {}, &kSpotBalance},
    {"permissions"},
    {"uid"},
};
inline constexpr Shape kSpotAccount{"account", kSpotAccountRules};
inline constexpr Rule kAccountTradeRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"id", "trade_id", Id},
    {"orderId", "order_id", Id},
    {"orderListId", "order_list_id", Id, kMayMiss | kMayBeNone},
    {"side", "side", As::Word, kMayMiss, kSides},
    {"price", "price", Decimal},
    {"qty", "quantity", Decimal},
    {"realizedPnl", "realized_profit", Signed, kMayMiss},
    {"marginAsset"},
    {"quoteQty", "value", Decimal, kMayMiss},
    {"baseQty", "value", Decimal, kMayMiss},
    {"commission", "fee", Signed},
    {"commissionAsset", "fee_currency", Text},
    {"time", "venue_time_ns", Ms},
    {"positionSide", "position_side", As::Word, kMayMiss, kPositionSides},
    {"isBuyer", "buyer", Bool, kMayMiss},
    {"buyer", "buyer", Bool, kMayMiss},
    {"isMaker", "maker", Bool, kMayMiss},
    {"maker", "maker", Bool, kMayMiss},
    {"isBestMatch"},
};
inline constexpr Shape kAccountTrade{"fill", kAccountTradeRules};

inline constexpr Rule kWalletRules[] = {
    {"accountAlias"},
    {"asset", "currency", Text},
    {"balance", "wallet", Signed},
    {"crossWalletBalance", "cross_wallet", Signed},
    {"crossUnPnl", "unrealized_profit", Signed},
    {"availableBalance", "free", Signed},
    {"maxWithdrawAmount"},
    {"withdrawAvailable"},
    {"marginAvailable"},
    {"updateTime", "venue_time_ns", Ms, kMayMiss | kMayBeNone},
};
inline constexpr Shape kWallet{"balance", kWalletRules};
inline constexpr Rule kFuturesAssetRules[] = {
    {"asset", "currency", Text},
    {"walletBalance", "wallet", Signed},
    {"unrealizedProfit", "unrealized_profit", Signed},
    {"marginBalance"},
    {"maintMargin", "maintenance_margin", Decimal},
    {"initialMargin", "initial_margin", Decimal},
    {"positionInitialMargin"},
    {"openOrderInitialMargin"},
    {"crossWalletBalance", "cross_wallet", Signed},
    {"crossUnPnl"},
    {"availableBalance", "free", Signed},
    {"maxWithdrawAmount"},
    {"marginAvailable"},
    {"updateTime", "venue_time_ns", Ms, kMayMiss | kMayBeNone},
};
inline constexpr Shape kFuturesAsset{"balance", kFuturesAssetRules};
inline constexpr Rule kPositionAnswerRules[] = {
    {"symbol", "instrument", Symbol},
    {"positionAmt", "quantity", Signed},
    {"entryPrice", "entry_price", Decimal, kMayMiss},  // not in version 3 of USD-M's account
    {"breakEvenPrice", "break_even_price", Decimal, kMayMiss},
    {"markPrice", "mark_price", Decimal, kMayMiss},
    {"unRealizedProfit", "unrealized_profit", Signed, kMayMiss},
    {"unrealizedProfit", "unrealized_profit", Signed, kMayMiss},
    {"liquidationPrice", "liquidation_price", Decimal, kMayMiss},
    {"leverage", "leverage", Decimal, kMayMiss},
    {"maxNotionalValue"},
    {"maxNotional"},
    {"maxQty"},
    {"bidNotional"},
    {"askNotional"},
    {"notional"},
    {"notionalValue"},
    {"marginType", "margin_mode", Text, kMayMiss},
    {"isolated", "isolated", Bool, kMayMiss},
    {"isolatedMargin"},
    {"isolatedWallet"},
    {"isAutoAddMargin"},
    {"initialMargin"},
    {"maintMargin"},
    {"positionInitialMargin"},
    {"openOrderInitialMargin"},
    {"marginAsset"},
    {"adl"},
    {"positionSide", "position_side", As::Word, kMust, kPositionSides},
    {"updateTime", "venue_time_ns", Ms, kMayMiss | kMayBeNone},
};
inline constexpr Shape kPositionAnswer{"position", kPositionAnswerRules};
// Version 3 of USD-M's has no settings any more: who may trade, and since when, is told by accountConfig.
inline constexpr Rule kFuturesAccountRules[] = {
    {"feeTier"},
    {"feeBurn"},
    {"canTrade", "can_trade", Bool, kMayMiss},
    {"canDeposit"},
    {"canWithdraw"},
    {"updateTime", "venue_time_ns", Ms, kMayMiss | kMayBeNone},
    {"multiAssetsMargin", "multi_assets_mode", Bool, kMayMiss},
    {"tradeGroupId"},
    {"totalInitialMargin", "initial_margin", Decimal, kMayMiss},
    {"totalMaintMargin", "maintenance_margin", Decimal, kMayMiss},
    {"totalWalletBalance", "wallet", Signed, kMayMiss},
    {"totalUnrealizedProfit", "unrealized_profit", Signed, kMayMiss},
    {"totalMarginBalance"},
    {"totalPositionInitialMargin"},
    {"totalOpenOrderInitialMargin"},
    {"totalCrossWalletBalance"},
    {"totalCrossUnPnl"},
    {"availableBalance", "free", Signed, kMayMiss},
    {"maxWithdrawAmount"},
    {"assets", "", List, kMust, {}, &kFuturesAsset},
    {"positions", "", List, kMust, {}, &kPositionAnswer},
};
inline constexpr Shape kFuturesAccount{"account", kFuturesAccountRules};
inline constexpr Rule kAlgoAnswerRules[] = {
    {"algoId", "algo_id", Id},
    {"clientAlgoId", "client_algo_id", Text},
    {"algoType", "algo_type", Text, kMayMiss},
    {"orderType", "order_type", Text, kMayMiss},
    {"type", "order_type", Text, kMayMiss},
    {"symbol", "instrument", Symbol, kMayMiss},
    {"side", "side", As::Word, kMayMiss, kSides},
    {"positionSide", "position_side", As::Word, kMayMiss, kPositionSides},
    {"timeInForce", "time_in_force", Text, kMayMiss},
    {"quantity", "quantity", Decimal, kMayMiss | kMayBeEmpty},  // of others: all that is held then
    {"algoStatus", "status", As::Word, kMayMiss, kAlgoStatuses},
    {"triggerPrice", "trigger_price", Decimal, kMayMiss | kMayBeEmpty},
    {"price", "price", Decimal, kMayMiss | kMayBeEmpty},
    {"icebergQuantity"},
    {"selfTradePreventionMode"},
    {"priceMatch"},
    {"closePosition", "close_position", Bool, kMayMiss},
    {"priceProtect"},
    {"activatePrice"},
    {"callbackRate"},
    {"goodTillDate"},
    {"workingType", "trigger_by", Text, kMayMiss},
    {"reduceOnly", "reduce_only", Bool, kMayMiss},
    {"actualOrderId", "order_id", AnyId, kMayMiss | kMayBeEmpty | kMayBeNone},
    {"actualPrice"},
    {"actualType"},
    {"actualQty"},
    {"tpTriggerPrice"},
    {"tpPrice"},
    {"slTriggerPrice"},
    {"slPrice"},
    {"tpOrderType"},
    {"createTime", "created_time_ns", Ms, kMayMiss},
    {"updateTime", "venue_time_ns", Ms, kMayMiss},
    {"triggerTime", "triggered_time_ns", Ms, kMayMiss | kMayBeNone},
    {"code"},
    {"msg"},
};
inline constexpr Shape kAlgoAnswer{"algo_order", kAlgoAnswerRules};
inline constexpr Rule kDualSideRules[] = {
    // alone, or in accountConfig
    {"dualSidePosition", "hedge_mode", Bool},
    {"multiAssetsMargin", "multi_assets_mode", Bool, kMayMiss},
    {"feeTier"},
    {"canTrade"},
    {"canDeposit"},
    {"canWithdraw"},
    {"updateTime"},
    {"tradeGroupId"},
};
inline constexpr Shape kDualSide{"account_config", kDualSideRules};
inline constexpr Rule kSymbolConfigRules[] = {
    {"symbol", "instrument", Symbol},
    {"marginType", "margin_mode", Text},
    {"isAutoAddMargin"},
    {"leverage", "leverage", Count},
    {"maxNotionalValue"},
};
inline constexpr Shape kSymbolConfig{"account_config", kSymbolConfigRules};
inline constexpr Rule kLeverageAnswerRules[] = {
    {"symbol", "instrument", Symbol}, {"leverage", "leverage", Count}, {"maxNotionalValue"}, {"maxQty"}};
inline constexpr Shape kLeverageAnswer{"account_config", kLeverageAnswerRules};
inline constexpr Rule kFeeRules[] = {
    {"symbol", "instrument", Symbol},
    {"makerCommissionRate", "maker_fee", Signed},
    {"takerCommissionRate", "taker_fee", Signed},
    {"rpiCommissionRate"},
};
inline constexpr Shape kFee{"fee_rate", kFeeRules};

inline constexpr Rule kPremiumIndexRules[] = {
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"markPrice", "price", Decimal},
    {"indexPrice", "index_price", Decimal},
    {"estimatedSettlePrice", "settle_price", Decimal, kMayMiss},
    {"lastFundingRate", "funding_rate", Signed, kMayBeEmpty},
    {"nextFundingTime", "funding_time_ns", Ms, kMayBeNone},
    {"interestRate", "interest_rate", Signed, kMayBeEmpty},
    {"time", "venue_time_ns", Ms},
};
inline constexpr Shape kPremiumIndex{"mark_price", kPremiumIndexRules};
inline constexpr Rule kFundingRules[] = {
    {"symbol", "instrument", Symbol},
    {"fundingRate", "funding_rate", Signed},
    {"fundingTime", "venue_time_ns", Ms},
    {"markPrice", "mark_price", Decimal, kMayMiss | kMayBeEmpty},
};
inline constexpr Shape kFunding{"funding", kFundingRules};
inline constexpr Rule kOpenInterestRules[] = {
    {"openInterest", "open_interest", Decimal},
    {"symbol", "instrument", Symbol},
    {"pair"},
    {"contractType"},
    {"time", "venue_time_ns", Ms},
};
inline constexpr Shape kOpenInterest{"open_interest", kOpenInterestRules};
inline constexpr Rule kOpenInterestHistoryRules[] = {
    {"symbol", "instrument", Symbol},           {"sumOpenInterest", "open_interest", Decimal},
    {"sumOpenInterestValue", "value", Decimal}, {"CMCCirculatingSupply"},
    {"timestamp", "venue_time_ns", MsText},
};
inline constexpr Shape kOpenInterestHistory{"open_interest", kOpenInterestHistoryRules};

// What changed a wallet of futures. A transfer has no symbol, and only what a trade brought has its number.
inline constexpr Rule kIncomeRules[] = {
    {"symbol", "instrument", Symbol, kMayBeEmpty},
    {"incomeType", "income_type", Text},
    {"income", "income", Signed},
    {"asset", "currency", Text},
    {"info", "info", Text, kMayMiss | kMayBeEmpty},
    {"time", "venue_time_ns", Ms},
    {"tranId", "transaction_id", Id},
    {"tradeId", "trade_id", Text, kMayMiss | kMayBeEmpty},
};
inline constexpr Shape kIncome{"income", kIncomeRules};

// Told apart in this order; the first whose members are all there.
inline constexpr std::string_view kOfRefusal[] = {"code", "msg"};
inline constexpr std::string_view kOfExchangeInfo[] = {"rateLimits", "symbols"};
inline constexpr std::string_view kOfServerTime[] = {"serverTime"};
inline constexpr std::string_view kOfListenKey[] = {"listenKey"};
inline constexpr std::string_view kOfMyFilters[] = {"exchangeFilters", "symbolFilters"};
inline constexpr std::string_view kOfFilter[] = {"filterType"};
inline constexpr std::string_view kOfRateLimit[] = {"rateLimitType"};
inline constexpr std::string_view kOfAlgo[] = {"algoId"};
inline constexpr std::string_view kOfAmend[] = {"amendedOrder"};
inline constexpr std::string_view kOfOrderList[] = {"orderListId", "contingencyType"};
inline constexpr std::string_view kOfAccountTrade[] = {"id", "orderId", "commission"};
inline constexpr std::string_view kOfOrder[] = {"orderId", "clientOrderId"};
inline constexpr std::string_view kOfPublicTrade[] = {"id", "isBuyerMaker"};
inline constexpr std::string_view kOfAggTrade[] = {"a", "p", "q", "f", "l"};
inline constexpr std::string_view kOfAverage[] = {"mins", "price"};
inline constexpr std::string_view kOfStatistics[] = {"lastPrice", "openPrice"};
inline constexpr std::string_view kOfBookTicker[] = {"bidPrice", "askPrice"};
inline constexpr std::string_view kOfReference[] = {"referencePrice"};
inline constexpr std::string_view kOfPremium[] = {"markPrice", "indexPrice"};
inline constexpr std::string_view kOfFunding[] = {"fundingRate", "fundingTime"};
inline constexpr std::string_view kOfIncome[] = {"incomeType", "income"};
inline constexpr std::string_view kOfOpenInterest[] = {"openInterest"};
inline constexpr std::string_view kOfOpenInterestHistory[] = {"sumOpenInterest"};
inline constexpr std::string_view kOfPosition[] = {"positionAmt"};
inline constexpr std::string_view kOfSpotAccount[] = {"accountType", "balances"};
inline constexpr std::string_view kOfFuturesAccount[] = {"assets", "positions"};
inline constexpr std::string_view kOfWallet[] = {"asset", "crossWalletBalance"};
inline constexpr std::string_view kOfDualSide[] = {"dualSidePosition"};
inline constexpr std::string_view kOfSymbolConfig[] = {"marginType", "isAutoAddMargin"};
inline constexpr std::string_view kOfLeverage[] = {"leverage", "symbol"};
inline constexpr std::string_view kOfFee[] = {"makerCommissionRate"};
inline constexpr std::string_view kOfLastPrice[] = {"symbol", "price"};
inline constexpr Known kAnswers[] = {
    {kOfAlgo, &kAlgoAnswer},
    {kOfRefusal, &kRefusal},
    {kOfExchangeInfo, &kExchangeInfo},
    {kOfServerTime, &kServerTime},
    {kOfListenKey, &kListenKey},
    {kOfMyFilters, &kMyFilters},
    {kOfFilter, &kFilter},
    {kOfRateLimit, &kRateLimit},
    {kOfAmend, &kAmend},
    {kOfOrderList, &kOrderListAnswer},
    {kOfAccountTrade, &kAccountTrade},
    {kOfOrder, &kOrderAnswer},
    {kOfPublicTrade, &kPublicTrade},
    {kOfAggTrade, &kAggTrade, 9},  // not the stream's, of which the event has another name
    {kOfAverage, &kAverage},
    {kOfStatistics, &kStatistics},
    {kOfBookTicker, &kBookTicker, 10},  // not the statistics of a day of which a member has another name
    {kOfReference, &kReference},
    {kOfPosition, &kPositionAnswer},
    {kOfPremium, &kPremiumIndex},
    {kOfFunding, &kFunding},
    {kOfIncome, &kIncome},
    {kOfOpenInterest, &kOpenInterest},
    {kOfOpenInterestHistory, &kOpenInterestHistory},
    {kOfSpotAccount, &kSpotAccount},
    {kOfFuturesAccount, &kFuturesAccount},
    {kOfWallet, &kWallet},
    {kOfDualSide, &kDualSide},
    {kOfSymbolConfig, &kSymbolConfig},
    {kOfLeverage, &kLeverageAnswer},
    {kOfFee, &kFee},
    {kOfLastPrice, &kLastPrice, 5},
};

}  // namespace stom::venues::binance
