#include "server/render.hpp"

#include <bit>
#include <cstring>

#include "core/decimal.hpp"

namespace stom {
namespace {

static_assert(std::endian::native == std::endian::little, "frames are written as they lie in memory");

std::string price_text(Price price, const Instrument& instrument) {
  return format_decimal(price.value, instrument.price_decimals);
}
std::string quantity_text(Quantity quantity, const Instrument& instrument) {
  return format_decimal(quantity.value, instrument.quantity_decimals);
}
std::string money_text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

void price_or_null(Json& json, std::string_view name, bool known, Price price, const Instrument& instrument) {
  json.key(name);
  if (known)
    json.text(price_text(price, instrument));
  else
    json.null();
}

std::string_view name_of(ContractKind kind) {
  return kind == ContractKind::Spot ? "spot" : kind == ContractKind::Linear ? "linear" : "inverse";
}

bool has_limit_price(OrderType type) {
  return type == OrderType::Limit || type == OrderType::StopLimit || type == OrderType::TakeProfitLimit;
}
bool has_trigger(OrderType type) {
  return type == OrderType::Stop || type == OrderType::StopLimit || type == OrderType::TakeProfit ||
         type == OrderType::TakeProfitLimit;
}

void write_instrument(Json& json, const Instrument& instrument) {
  json.begin_object().field("id", instrument.id).field("base", instrument.base).field("quote", instrument.quote);
  json.field("settlement", instrument.settlement()).field("kind", name_of(instrument.kind));
  json.key("price_decimals").number(instrument.price_decimals);
  json.key("quantity_decimals").number(instrument.quantity_decimals);
  json.field("lot", quantity_text(instrument.lot, instrument)).key("ladder").begin_array();
  for (const auto& band : instrument.ladder)
    json.begin_object()
        .field("from", price_text(band.from, instrument))
        .field("tick", price_text(band.tick, instrument))
        .end_object();
  json.end_array().key("contract_size").digits(instrument.contract_size).end_object();
}

void write_strategy(Json& json, const SessionInfo& info, StrategyState state) {
  json.key("strategy");
  if (info.strategy.empty()) {
    json.null();
    return;
  }
  json.begin_object()
      .field("name", info.strategy)
      .field("state", stom::name_of(state))
      .key("parameters")
      .begin_object();
  for (const auto& [name, value] : info.parameters) json.field(name, value);
  json.end_object().end_object();
}

}  // namespace

void write_session(Json& json, const SessionState& state) {
  const SessionInfo& info = state.info();
  const LiveState& live = state.live();
  json.begin_object().field("session_id", info.session_id).field("name", info.name).field("mode", info.mode);
  json.field("state", stom::name_of(live.state)).field("speed", speed_text(live.speed_milli));
  json.key("clock_time_ns").digits(live.clock);
  json.key("resumed").boolean(info.resumed);
  json.field("version", info.version).field("fill_rules", info.fill_rules);
  write_strategy(json, info, live.strategy);
  json.key("data").begin_object().field("source", info.data_source).field("name", info.data_name);
  json.key("from_time_ns").digits(info.from).key("to_time_ns").digits(info.to);
  json.field("data_hash", info.data_hash).end_object();
  json.field("currency", info.currency);
  json.key("account").begin_object().field("kind", info.account).key("leverage").number(info.leverage).end_object();
  json.key("limits").begin_array();
  for (const auto& limit : info.limits) json.text(limit);
  json.end_array();
  json.key("journal_records").digits(static_cast<std::int64_t>(live.journal_records));
  json.key("halted_reason");
  if (live.halted_reason.empty())
    json.null();
  else
    json.text(live.halted_reason.view());
  json.key("order_latency_ns").digits(info.order_latency);
  json.key("instruments").begin_array();
  for (const auto& instrument : info.instruments) write_instrument(json, instrument);
  json.end_array().end_object();
}

void write_order(Json& json, const OrderRow& order, const SessionInfo& info) {
  const Instrument& instrument = info.instruments[order.instrument];
  json.begin_object().field("client_order_id", std::to_string(order.id)).field("instrument", instrument.id);
  json.field("side", name_of(order.side)).field("type", name_of(order.type));
  json.field("time_in_force", name_of(order.time_in_force));
  json.key("post_only").boolean(order.post_only).key("reduce_only").boolean(order.reduce_only);
  price_or_null(json, "price", has_limit_price(order.type), order.price, instrument);
  price_or_null(json, "trigger_price", has_trigger(order.type), order.trigger_price, instrument);
  json.field("quantity", quantity_text(order.quantity, instrument));
  json.field("filled", quantity_text(order.filled, instrument));
  json.field("leaves", quantity_text(order.leaves, instrument)).key("average_price");
  if (order.filled.value == 0)
    json.null();
  else
    json.text(money_text(order.average_price));
  json.field("status", order.denied ? "denied" : name_of(order.status)).key("reason");
  if (order.reason == RejectReason::None)
    json.null();
  else
    json.text(name_of(order.reason));
  json.field("source", name_of(order.source));
  json.key("created_time_ns").digits(order.created).key("updated_time_ns").digits(order.updated).end_object();
}

void write_fill(Json& json, const FillRow& row, const SessionInfo& info) {
  const Fill& fill = row.fill;
  const Instrument& instrument = info.instruments[fill.instrument];
  json.begin_object().field("fill_id", std::to_string(row.number));
  json.field("client_order_id", std::to_string(fill.order));
  json.key("time_ns").digits(fill.time).key("local_time_ns").digits(fill.local_time);
  json.field("instrument", instrument.id).field("side", name_of(fill.side));
  json.field("price", price_text(fill.price, instrument)).field("quantity", quantity_text(fill.quantity, instrument));
  json.field("fee", money_text(fill.fee)).field("fee_currency", instrument.settlement());
  json.field("liquidity", fill.liquidity == Liquidity::Maker ? "maker" : "taker");
  json.field("source", name_of(row.source)).end_object();
}

void write_position(Json& json, const PositionRow& position, const SessionInfo& info) {
  const Instrument& instrument = info.instruments[position.instrument];
  json.begin_object().field("instrument", instrument.id);
  json.field("quantity", quantity_text(position.quantity, instrument)).key("average_price");
  if (position.quantity.value == 0)
    json.null();
  else
    json.text(money_text(position.average_price));
  price_or_null(json, "mark_price", position.mark_price != kNoPrice, position.mark_price, instrument);
  json.field("unrealized_pnl", money_text(position.unrealized)).field("realized_pnl", money_text(position.realized));
  json.field("fees", money_text(position.fees)).field("funding", money_text(position.funding));
  json.key("liquidation_price").null().field("currency", instrument.settlement()).end_object();
}

void write_positions(Json& json, const SessionState& state) {
  json.begin_array();
  for (const auto& position : state.live().positions) write_position(json, position, state.info());
  json.end_array();
}

void write_account(Json& json, const SessionState& state) {
  const AccountRow& account = state.live().account;
  json.begin_object().field("currency", state.info().currency).field("cash", money_text(account.cash));
  json.field("equity", money_text(account.equity)).field("available", money_text(account.available));
  json.field("margin_used", money_text(account.margin_used)).field("realized_pnl", money_text(account.realized));
  json.field("unrealized_pnl", money_text(account.unrealized)).field("fees", money_text(account.fees));
  json.field("day_pnl", money_text(account.equity - account.day_start_equity));
  json.field("day_start_equity", money_text(account.day_start_equity));
  json.key("time_ns").digits(state.live().clock).end_object();
}

void write_log(Json& json, const LogRow& row, std::uint64_t number) {
  json.begin_object().field("id", std::to_string(number)).key("time_ns").digits(row.time);
  json.field("level", name_of(row.level)).field("source", name_of(row.source));
  json.field("code", row.code.view()).field("text", row.text.view()).key("params").begin_object();
  for (const auto& [name, value] : row.parameters) json.field(name, value);
  json.end_object().end_object();
}

void write_equity(Json& json, std::span<const EquityRow> points, const SessionInfo& info) {
  json.begin_object().field("currency", info.currency).key("points").begin_array();
  for (const auto& point : points) json.begin_array().digits(point.time).text(money_text(point.equity)).end_array();
  json.end_array().end_object();
}

void write_curve(Json& json, std::string_view run, const StoredCurve& curve) {
  const auto text_or_null = [&](std::string_view text) { text.empty() ? json.null() : json.text(text); };
  json.begin_object().field("run_id", run).field("currency", curve.currency);
  json.field("initial_equity", curve.initial_equity).key("rows").digits(static_cast<std::int64_t>(curve.rows));
  json.key("points").begin_array();
  for (const auto& point : curve.points) {
    json.begin_array().digits(point.time).text(point.equity).text(point.drawdown);
    text_or_null(point.pessimistic);
    text_or_null(point.optimistic);
    json.end_array();
  }
  json.end_array().key("statistics").begin_object();
  for (const auto& [name, figure] : curve.statistics) {
    json.key(name);
    text_or_null(figure == "null" ? std::string_view{} : figure);
  }
  json.end_object().end_object();
}

void write_level(Json& json, const Level& level, const Instrument& instrument) {
  json.begin_array().text(price_text(level.price, instrument));
  json.text(quantity_text(level.quantity, instrument)).end_array();
}

std::string session_json(const SessionState& state) {
  Json json;
  write_session(json, state);
  return json.take();
}

std::string order_json(const OrderRow& order, const SessionInfo& info) {
  Json json;
  write_order(json, order, info);
  return json.take();
}

template <class T>
void BinaryFrame::put(T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
}

BinaryFrame::BinaryFrame(FrameKind kind, std::uint16_t topic_id, std::uint64_t seq, UnixNanos time) {
  put<std::uint8_t>(1);
  put(static_cast<std::uint8_t>(kind));
  put(topic_id);
  put<std::uint32_t>(0);  // count, see take()
  put(seq);
  put(time);
  put<std::uint32_t>(0);  // flags
  put<std::uint32_t>(0);  // bids
}

void BinaryFrame::level(const Level& level) {
  put(level.price.value);
  put(level.quantity.value);
  ++count_;
}

void BinaryFrame::trade(const TapeRow& trade) {
  put(trade.time);
  put(trade.price.value);
  put(trade.quantity.value);
  put<std::uint64_t>(trade.taker);  // one byte and seven of nothing
  if (trade.left_out) flags_ |= kTradesLeftOutFlag;
  ++count_;
}

void BinaryFrame::bar(const ChartBar& chart_bar, bool finished) {
  const Bar& bar = chart_bar.bar;
  put(bar.time);
  put(bar.open.value);
  put(bar.high.value);
  put(bar.low.value);
  put(bar.close.value);
  put(bar.volume.value);
  put(chart_bar.trades);
  put<std::uint32_t>(finished ? 1 : 0);
  ++count_;
}

std::string BinaryFrame::take(std::uint32_t bids) {
  std::memcpy(bytes_.data() + 4, &count_, sizeof count_);
  std::memcpy(bytes_.data() + 24, &flags_, sizeof flags_);
  std::memcpy(bytes_.data() + 28, &bids, sizeof bids);
  return std::move(bytes_);
}

}  // namespace stom
