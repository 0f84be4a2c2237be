// What Upbit sends, as tables (shapes.hpp). Its WebSocket has two formats of the same messages: DEFAULT with whole
// names, SIMPLE with short ones; both stand in one row here. Prices and quantities are JSON numbers on the WebSocket
// and strings in what belongs to an account.
#pragma once

#include "venues/shapes.hpp"

namespace stom::venues::upbit {

using enum As;

inline constexpr Term kTakers[] = {{"BID", "buy"}, {"ASK", "sell"}};  // ask_bid: which side took
inline constexpr Term kSides[] = {{"bid", "buy"}, {"ask", "sell"}};
inline constexpr Term kStates[] = {{"wait", "working"}, {"watch", "waiting_for_trigger"}, {"trade", "partially_filled"},
                                   {"done", "filled"},  {"cancel", "canceled"},           {"prevented", "prevented"}};

/// A member with its two names.
constexpr Rule row(std::string_view key, std::string_view brief, std::string_view name = {}, As as = Skip,
                   unsigned need = kMust, std::span<const Term> words = {}, const Shape* shape = nullptr) {
  return {key, name, as, need, words, shape, brief};
}

inline constexpr Rule kTradeRules[] = {
    row("type", "ty"),
    row("code", "cd", "instrument", Symbol),
    row("timestamp", "tms", "sent_time_ns", Ms),
    row("trade_date", "td"),
    row("trade_time", "ttm"),
    row("trade_timestamp", "ttms", "venue_time_ns", Ms),
    row("trade_price", "tp", "price", Number),
    row("trade_volume", "tv", "quantity", Number),
    row("ask_bid", "ab", "side", As::Word, kMust, kTakers),
    row("prev_closing_price", "pcp", "previous_close", Number),
    row("change", "c"),
    row("change_price", "cp"),
    row("sequential_id", "sid", "trade_id", Id),
    row("best_ask_price", "bap", "ask", Number, kMayMiss),
    row("best_ask_size", "bas", "ask_quantity", Number, kMayMiss),
    row("best_bid_price", "bbp", "bid", Number, kMayMiss),
    row("best_bid_size", "bbs", "bid_quantity", Number, kMayMiss),
    row("stream_type", "st", "stream", Text, kMayMiss),
};
inline constexpr Shape kTrade{"trade", kTradeRules};

inline constexpr Rule kBookRules[] = {
    row("type", "ty"),
    row("code", "cd", "instrument", Symbol),
    row("timestamp", "tms", "venue_time_ns", Ms),
    row("total_ask_size", "tas", "ask_total", Number),
    row("total_bid_size", "tbs", "bid_total", Number),
    row("orderbook_units", "obu"),  // decoder.cpp
    row("level", "lv", "level", Number, kMayMiss),
    row("stream_type", "st"),
};
inline constexpr Shape kBook{"book", kBookRules};
inline constexpr Rule kAnswerBookRules[] = {
    {"market", "instrument", Symbol},
    {"timestamp", "venue_time_ns", Ms},
    {"total_ask_size", "ask_total", Number},
    {"total_bid_size", "bid_total", Number},
    {"orderbook_units"},
    {"level", "level", Number, kMayMiss},
};
inline constexpr Shape kAnswerBook{"book", kAnswerBookRules};

inline constexpr Rule kTickerRules[] = {
    row("type", "ty"),
    row("code", "cd", "instrument", Symbol),
    row("opening_price", "op", "open", Number),
    row("high_price", "hp", "high", Number),
    row("low_price", "lp", "low", Number),
    row("trade_price", "tp", "price", Number),
    row("prev_closing_price", "pcp", "previous_close", Number),
    row("acc_trade_price", "atp", "value", Number),
    row("change", "c"),
    row("change_price", "cp"),
    row("signed_change_price", "scp", "change", SignedNumber),
    row("change_rate", "cr"),
    row("signed_change_rate", "scr", "change_rate", SignedNumber),
    row("ask_bid", "ab", "side", As::Word, kMust, kTakers),
    row("trade_volume", "tv", "quantity", Number),
    row("acc_trade_volume", "atv", "volume", Number),
    row("trade_date", "tdt"),
    row("trade_time", "ttm"),
    row("trade_timestamp", "ttms", "trade_time_ns", Ms),
    row("acc_ask_volume", "aav", "sell_volume", Number),
    row("acc_bid_volume", "abv", "buy_volume", Number),
    row("highest_52_week_price", "h52wp", "year_high", Number, kMayBeNull),
    row("highest_52_week_date", "h52wdt"),
    row("lowest_52_week_price", "l52wp", "year_low", Number, kMayBeNull),
    row("lowest_52_week_date", "l52wdt"),
    row("trade_status", "ts"),
    row("market_state", "ms", "trading_status", Text, kMayMiss | kMayBeNull),
    row("market_state_for_ios", "msfi"),
    row("is_trading_suspended", "its", "suspended", Bool, kMayMiss),
    row("delisting_date", "dd"),
    row("market_warning", "mw", "warning", Text, kMayMiss),
    row("timestamp", "tms", "venue_time_ns", Ms),
    row("acc_trade_price_24h", "atp24h", "value_24h", Number),
    row("acc_trade_volume_24h", "atv24h", "volume_24h", Number),
    row("stream_type", "st"),
};
inline constexpr Shape kTicker{"ticker", kTickerRules};

inline constexpr Rule kCandleRules[] = {
    row("type", "ty", "interval", Text),
    row("code", "cd", "instrument", Symbol),
    row("candle_date_time_utc", "cdttmu", "start_time_ns", Iso),
    row("candle_date_time_kst", "cdttmk"),
    row("opening_price", "op", "open", Number),
    row("high_price", "hp", "high", Number),
    row("low_price", "lp", "low", Number),
    row("trade_price", "tp", "close", Number),
    row("candle_acc_trade_volume", "catv", "volume", Number),
    row("candle_acc_trade_price", "catp", "quote_volume", Number),
    row("timestamp", "tms", "venue_time_ns", Ms),
    row("stream_type", "st"),
};
inline constexpr Shape kCandle{"bar", kCandleRules};

// `price` and `volume` are the fill's where the state is "trade", else the order's.
inline constexpr Rule kMyOrderRules[] = {
    row("type", "ty"),
    row("code", "cd", "instrument", Symbol),
    row("uuid", "uid", "order_id", Text),
    row("ask_bid", "ab", "side", As::Word, kMust, kTakers),
    row("order_type", "ot", "order_type", Text),
    row("state", "s", "status", As::Word, kMust, kStates),
    row("trade_uuid", "tuid", "trade_id", Text, kMayMiss | kMayBeNull),
    row("price", "p", "price", Number, kMayMiss | kMayBeNull),
    row("avg_price", "ap", "average_price", Number, kMayMiss | kMayBeNull),
    row("volume", "v", "quantity", Number, kMayMiss | kMayBeNull),
    row("remaining_volume", "rv", "leaves", Number, kMayMiss | kMayBeNull),
    row("executed_volume", "ev", "filled", Number),
    row("trades_count", "tc", "trades", Count),
    row("reserved_fee", "rsf"),
    row("remaining_fee", "rmf"),
    row("paid_fee", "pf", "paid_fee", Number),
    row("locked", "l", "locked", Number),
    row("executed_funds", "ef", "filled_value", Number),
    row("time_in_force", "tif", "time_in_force", Text, kMayMiss | kMayBeNull),
    row("trade_fee", "tf", "fee", Number, kMayMiss | kMayBeNull),
    row("is_maker", "im", "maker", Bool, kMayMiss | kMayBeNull),
    row("identifier", "id", "client_order_id", Text, kMayMiss | kMayBeNull),
    row("smp_type", "smpt"),
    row("prevented_volume", "pv"),
    row("prevented_locked", "pl"),
    row("trade_timestamp", "ttms", "trade_time_ns", Ms, kMayMiss | kMayBeNull),
    row("order_timestamp", "otms", "created_time_ns", Ms, kMayMiss | kMayBeNull),
    row("timestamp", "tms", "venue_time_ns", Ms),
    row("stream_type", "st"),
};
inline constexpr Shape kMyOrder{"order", kMyOrderRules};

inline constexpr Rule kAssetRules[] = {row("currency", "cu", "currency", Text), row("balance", "b", "free", Number),
                                       row("locked", "l", "locked", Number)};
inline constexpr Shape kAsset{"balance", kAssetRules};
inline constexpr Rule kMyAssetRules[] = {
    row("type", "ty"),
    row("asset_uuid", "astuid"),
    row("assets", "ast", "", List, kMust, {}, &kAsset),
    row("asset_timestamp", "asttms", "venue_time_ns", Ms),
    row("timestamp", "tms", "sent_time_ns", Ms),
    row("stream_type", "st"),
};
inline constexpr Shape kMyAsset{"", kMyAssetRules};

// ---------------------------------------------------------------------------------------------------------------------
// REST.

inline constexpr Rule kRefusalDetailRules[] = {{"name", "code", AnyId}, {"message", "message", Text}};
inline constexpr Shape kRefusalDetail{"refusal", kRefusalDetailRules};
inline constexpr Rule kRefusalRules[] = {{"error", "", Object, kMust, {}, &kRefusalDetail}};
inline constexpr Shape kRefusal{"refusal", kRefusalRules};
inline constexpr Rule kAliveRules[] = {{"status", "status", Text}};
inline constexpr Shape kAlive{"ok", kAliveRules};

inline constexpr Rule kMarketRules[] = {
    {"market", "instrument", Symbol},
    {"korean_name", "korean_name", Text},
    {"english_name", "english_name", Text},
    {"market_warning", "warning", Text, kMayMiss},
    {"market_event"},
};
inline constexpr Shape kMarket{"instrument", kMarketRules};
inline constexpr Rule kTickSizeRules[] = {
    {"market", "instrument", Symbol},
    {"quote_currency", "quote", Text},
    {"tick_size", "tick_size", Amount},
    {"supported_levels"},
};
inline constexpr Shape kTickSize{"instrument", kTickSizeRules};

// The one answer of public data in which strings occur where numbers do.
inline constexpr Rule kAnswerTickerRules[] = {
    {"market", "instrument", Symbol},
    {"trade_date"},
    {"trade_time"},
    {"trade_date_kst"},
    {"trade_time_kst"},
    {"trade_timestamp", "trade_time_ns", Ms},
    {"opening_price", "open", Amount},
    {"high_price", "high", Amount},
    {"low_price", "low", Amount},
    {"trade_price", "price", Amount},
    {"prev_closing_price", "previous_close", Amount},
    {"change"},
    {"change_price"},
    {"change_rate"},
    {"signed_change_price", "change", SignedAmount},
    {"signed_change_rate", "change_rate", SignedAmount},
    {"trade_volume", "quantity", Amount},
    {"acc_trade_price", "value", Amount},
    {"acc_trade_price_24h", "value_24h", Amount},
    {"acc_trade_volume", "volume", Amount},
    {"acc_trade_volume_24h", "volume_24h", Amount},
    {"highest_52_week_price", "year_high", Amount},
    {"highest_52_week_date"},
    {"lowest_52_week_price", "year_low", Amount},
    {"lowest_52_week_date"},
    {"timestamp", "venue_time_ns", Ms},
};
inline constexpr Shape kAnswerTicker{"ticker", kAnswerTickerRules};
inline constexpr Rule kAnswerTradeRules[] = {
    {"market", "instrument", Symbol},
    {"trade_date_utc"},
    {"trade_time_utc"},
    {"timestamp", "venue_time_ns", Ms},
    {"trade_price", "price", Number},
    {"trade_volume", "quantity", Number},
    {"prev_closing_price", "previous_close", Number},
    {"change_price"},
    {"ask_bid", "side", As::Word, kMust, kTakers},
    {"sequential_id", "trade_id", Id},
};
inline constexpr Shape kAnswerTrade{"trade", kAnswerTradeRules};
inline constexpr Rule kAnswerCandleRules[] = {
    {"market", "instrument", Symbol},
    {"candle_date_time_utc", "start_time_ns", Iso},
    {"candle_date_time_kst"},
    {"opening_price", "open", Number},
    {"high_price", "high", Number},
    {"low_price", "low", Number},
    {"trade_price", "close", Number},
    {"timestamp", "venue_time_ns", Ms},
    {"candle_acc_trade_price", "quote_volume", Number},
    {"candle_acc_trade_volume", "volume", Number},
    {"unit", "minutes", Count, kMayMiss},
    {"prev_closing_price"},
    {"change_price"},
    {"change_rate"},
    {"converted_trade_price"},
    {"first_day_of_period"},
};
inline constexpr Shape kAnswerCandle{"bar", kAnswerCandleRules};

inline constexpr Rule kOrderTradeRules[] = {
    {"market", "instrument", Symbol},
    {"uuid", "trade_id", Text},
    {"price", "price", Decimal},
    {"volume", "quantity", Decimal},
    {"funds", "value", Decimal},
    {"trend"},
    {"ask_fee"},
    {"bid_fee"},
    {"created_at", "venue_time_ns", Iso},
    {"side", "side", As::Word, kMust, kSides},
};
inline constexpr Shape kOrderTrade{"fill", kOrderTradeRules};
inline constexpr Rule kOrderRules[] = {
    {"uuid", "order_id", Text},
    {"side", "side", As::Word, kMust, kSides},
    {"ord_type", "order_type", Text},
    {"price", "price", Decimal, kMayMiss | kMayBeNull},
    {"avg_price", "average_price", Decimal, kMayMiss | kMayBeNull},
    {"state", "status", As::Word, kMust, kStates},
    {"market", "instrument", Symbol},
    {"created_at", "created_time_ns", Iso},
    {"volume", "quantity", Decimal, kMayMiss | kMayBeNull},
    {"remaining_volume", "leaves", Decimal, kMayMiss | kMayBeNull},
    {"reserved_fee"},
    {"remaining_fee"},
    {"paid_fee", "paid_fee", Decimal},
    {"locked", "locked", Decimal},
    {"executed_volume", "filled", Decimal},
    {"executed_funds", "filled_value", Decimal, kMayMiss},
    {"trades_count", "trades", AnyId},
    {"time_in_force", "time_in_force", Text, kMayMiss | kMayBeNull},
    {"identifier", "client_order_id", Text, kMayMiss | kMayBeNull},
    {"smp_type"},
    {"prevented_volume"},
    {"prevented_locked"},
    {"new_order_uuid", "new_order_id", Text, kMayMiss},
    {"new_order_identifier", "new_client_order_id", Text, kMayMiss},
    {"trades", "", List, kMayMiss, {}, &kOrderTrade},
};
inline constexpr Shape kOrder{"order", kOrderRules};

inline constexpr Rule kAccountRules[] = {
    {"currency", "currency", Text}, {"balance", "free", Decimal},
    {"locked", "locked", Decimal},  {"avg_buy_price", "average_price", Decimal},
    {"avg_buy_price_modified"},     {"unit_currency", "quote", Text},
};
inline constexpr Shape kAccount{"balance", kAccountRules};
inline constexpr Rule kMinimumRules[] = {{"currency"}, {"price_unit"}, {"min_total", "min_value", Amount}};
inline constexpr Shape kMinimum{"", kMinimumRules};
inline constexpr Rule kChanceMarketRules[] = {
    {"id", "instrument", Symbol},
    {"name"},
    {"order_types"},
    {"order_sides"},
    {"bid_types"},
    {"ask_types"},
    {"bid", "", Object, kMust, {}, &kMinimum},
    {"ask"},
    {"max_total", "max_value", Amount},
    {"state", "trading_status", Text},
};
inline constexpr Shape kChanceMarket{"", kChanceMarketRules};
inline constexpr Rule kChanceRules[] = {
    {"bid_fee", "taker_buy_fee", Decimal},
    {"ask_fee", "taker_sell_fee", Decimal},
    {"maker_bid_fee", "maker_buy_fee", Decimal, kMayMiss},
    {"maker_ask_fee", "maker_sell_fee", Decimal, kMayMiss},
    {"market", "", Object, kMust, {}, &kChanceMarket},
    {"bid_account"},
    {"ask_account"},  // decoder.cpp
};
inline constexpr Shape kChance{"fee_rate", kChanceRules};
inline constexpr Rule kTransferRules[] = {
    {"type", "direction", Text},
    {"uuid", "transfer_id", Text},
    {"currency", "currency", Text},
    {"net_type"},
    {"txid"},
    {"state", "status", Text},
    {"created_at", "created_time_ns", Iso},
    {"done_at", "venue_time_ns", Iso, kMayBeNull},
    {"amount", "quantity", Decimal},
    {"fee", "fee", Decimal},
    {"krw_amount"},
    {"transaction_type"},
    {"is_cancelable"},
};
inline constexpr Shape kTransfer{"transfer", kTransferRules};

// What many orders' cancels were answered with: each that was taken is told as an order with its names alone.
inline constexpr Rule kCanceledOrderRules[] = {{"uuid", "order_id", Text},
                                               {"market", "instrument", Symbol},
                                               {"identifier", "client_order_id", Text, kMayMiss | kMayBeNull}};
inline constexpr Shape kCanceledOrder{"order", kCanceledOrderRules};
inline constexpr Rule kCanceledRules[] = {{"count"}, {"orders", "", List, kMust, {}, &kCanceledOrder}};
inline constexpr Shape kCanceled{"", kCanceledRules};
inline constexpr Rule kNotCanceledRules[] = {{"count"}, {"orders"}};
inline constexpr Shape kNotCanceled{"", kNotCanceledRules};
inline constexpr Rule kCancelsRules[] = {{"success", "", Object, kMust, {}, &kCanceled},
                                         {"failed", "", Object, kMust, {}, &kNotCanceled}};
inline constexpr Shape kCancels{"", kCancelsRules};

inline constexpr std::string_view kOfRefusal[] = {"error"};
inline constexpr std::string_view kOfBook[] = {"market", "orderbook_units"};
inline constexpr std::string_view kOfTickSize[] = {"market", "tick_size"};
inline constexpr std::string_view kOfMarket[] = {"market", "english_name"};
inline constexpr std::string_view kOfCandle[] = {"market", "candle_date_time_utc"};
inline constexpr std::string_view kOfTrade[] = {"market", "sequential_id"};
inline constexpr std::string_view kOfTicker[] = {"market", "trade_price", "opening_price"};
inline constexpr std::string_view kOfOrder[] = {"uuid", "ord_type"};
inline constexpr std::string_view kOfChance[] = {"bid_fee", "bid_account"};
inline constexpr std::string_view kOfAccount[] = {"currency", "avg_buy_price"};
inline constexpr std::string_view kOfOrderTrade[] = {"market", "funds", "volume"};
inline constexpr std::string_view kOfTransfer[] = {"uuid", "txid"};
inline constexpr std::string_view kOfAlive[] = {"status"};
inline constexpr std::string_view kOfCancels[] = {"success", "failed"};
inline constexpr Known kAnswers[] = {
    {kOfRefusal, &kRefusal},     {kOfBook, &kAnswerBook},   {kOfTickSize, &kTickSize},     {kOfMarket, &kMarket},
    {kOfCandle, &kAnswerCandle}, {kOfTrade, &kAnswerTrade}, {kOfTicker, &kAnswerTicker},   {kOfOrder, &kOrder},
    {kOfChance, &kChance},       {kOfAccount, &kAccount},   {kOfOrderTrade, &kOrderTrade}, {kOfTransfer, &kTransfer},
    {kOfAlive, &kAlive, 2},      {kOfCancels, &kCancels},
};

}  // namespace stom::venues::upbit
