#include "venues/binance/market_data.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <span>

#include "venues/binance/straight.hpp"

namespace stom::venues::binance {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kBroken = "the line is damaged: fetch the file again, or leave the line out with --skip-bad";
constexpr std::string_view kStrange =
    "not what Binance documents for this stream; leave such lines out with --skip-bad";

std::unexpected<Error> broken(std::string message) {
  return fail(Errc::BadData, std::move(message), std::string{kBroken});
}
std::unexpected<Error> strange(std::string message) {
  return fail(Errc::BadData, std::move(message), std::string{kStrange});
}

/// The numbers of a frame: reads them into fixed point, or only learns how many decimals they need.
struct Numbers {
  Decimals at;
  Decimals* needed = nullptr;  // set: learn instead of read

  Result<std::int64_t> read(std::string_view text, int decimals, int* need, std::string_view name) const {
    if (text.starts_with('-')) return broken(fmt::format("{} is {}: it is never negative", name, text.substr(0, 40)));
    if (need) {
      const int used = decimals_of(text);
      if (used < 0) return broken(fmt::format("{} '{}' is not a plain decimal", name, text.substr(0, 40)));
      if (used > kMaxDecimals)
        return broken(fmt::format("{} {} has more than {} decimals", name, text.substr(0, 40), kMaxDecimals));
      *need = std::max(*need, used);
      return 0;
    }
    auto value = parse_decimal(text, decimals);
    if (!value) {
      value.error().message = fmt::format("{} {}", name, value.error().message);
      value.error().hint = kBroken;
    }
    return value;
  }
  Result<Price> price(std::string_view text) const {
    const auto value = read(text, at.price, needed ? &needed->price : nullptr, "price");
    if (!value) return std::unexpected(value.error());
    return Price{*value};
  }
  Result<Quantity> quantity(std::string_view text) const {
    const auto value = read(text, at.quantity, needed ? &needed->quantity : nullptr, "quantity");
    if (!value) return std::unexpected(value.error());
    return Quantity{*value};
  }
};

/// An object with the fields we read picked out of it, each at most once. Others pass, unless `refuse` is said and they
/// are not among those that Binance documents (`passed`).
class Fields {
 public:
  static Result<Fields> of(const object& from, std::initializer_list<std::string_view> keys,
                           std::span<const std::string_view> passed = {}, bool refuse = false) {
    Fields fields;
    for (const auto key : keys) fields.known_.push_back({key, std::nullopt});
    for (const auto [key, value] : from) {
      const auto known = std::ranges::find(fields.known_, key, &Known::key);
      if (known == fields.known_.end()) {
        if (refuse && std::ranges::find(passed, key) == passed.end())
          return fail(Errc::BadData, fmt::format("field \"{}\" is unknown", key.substr(0, 40)),
                      "if Binance sends it now, --ignore-unknown-fields reads the lines without it; --skip-bad leaves "
                      "them out");
        continue;
      }
      if (known->value) return broken(fmt::format("field \"{}\" comes twice", known->key));
      known->value = value;
    }
    return fields;
  }

  bool has(std::string_view key) const { return find(key) != nullptr; }

  Result<std::string_view> text(std::string_view key) const {
    std::string_view out;
    const auto* value = find(key);
    if (!value) return missing(key);
    if (value->get_string().get(out)) return strange(fmt::format("field \"{}\" is not a string", key));
    return out;
  }
  Result<std::int64_t> integer(std::string_view key) const {
    const auto* value = find(key);
    if (!value) return missing(key);
    std::int64_t out = 0;
    if (value->get_int64().get(out)) return broken(fmt::format("field \"{}\" is not a whole number of 64 bits", key));
    if (out < 0) return broken(fmt::format("field \"{}\" is {}: it is never negative", key, out));
    return out;
  }
  Result<UnixNanos> milliseconds(std::string_view key) const {
    auto ms = integer(key);
    if (!ms) return ms;
    if (*ms > INT64_MAX / kMillisecond)
      return broken(fmt::format("field \"{}\" is {}: no such time in milliseconds", key, *ms));
    return *ms * kMillisecond;
  }
  Result<UnixNanos> milliseconds_or_none(std::string_view key) const {
    return has(key) ? milliseconds(key) : Result<UnixNanos>{kNoTime};
  }
  Result<bool> boolean(std::string_view key) const {
    bool out = false;
    const auto* value = find(key);
    if (!value) return missing(key);
    if (value->get_bool().get(out)) return strange(fmt::format("field \"{}\" is neither true nor false", key));
    return out;
  }
  Result<array> list(std::string_view key) const {
    array out;
    const auto* value = find(key);
    if (!value) return missing(key);
    if (value->get_array().get(out)) return strange(fmt::format("field \"{}\" is not a list of levels", key));
    return out;
  }

 private:
  struct Known {
    std::string_view key;
    std::optional<element> value;
  };
  const element* find(std::string_view key) const {
    const auto at = std::ranges::find(known_, key, &Known::key);
    return at != known_.end() && at->value ? &*at->value : nullptr;
  }
  static std::unexpected<Error> missing(std::string_view key) {
    return strange(fmt::format("field \"{}\" is missing", key));
  }
  std::vector<Known> known_;
};

/// Takes the first error of a row of results, in the order that they were read.
template <class... T>
std::optional<Error> first_error(const Result<T>&... results) {
  std::optional<Error> error;
  ((error || results.has_value() ? void() : void(error = results.error())), ...);
  return error;
}

Result<std::uint32_t> read_levels(const array& from, const Numbers& numbers, std::vector<Level>& out) {
  std::uint32_t count = 0;
  for (const auto item : from) {
    array pair;
    std::string_view price, quantity;
    if (item.get_array().get(pair) || pair.size() != 2 || pair.at(0).get_string().get(price) ||
        pair.at(1).get_string().get(quantity))
      return strange("a level is not [\"price\",\"quantity\"]");
    const auto p = numbers.price(price);
    const auto q = numbers.quantity(quantity);
    if (const auto error = first_error(p, q)) return std::unexpected(*error);
    out.push_back({*p, *q});
    ++count;
  }
  return count;
}

// What Binance documents beside what we read: pair and kind of contract; of a trade the ids of its two orders (until
// 2024) and a flag for Binance's own use; of an aggregate its first and last trade and the quantity that rested openly.
constexpr std::string_view kPassed[] = {"ps", "st"};
constexpr std::string_view kPassedOfTrade[] = {"M", "a", "b", "ps", "st"};
constexpr std::string_view kPassedOfAggregate[] = {"M", "f", "l", "nq", "ps", "st"};
constexpr std::string_view kPassedOfMarkPrice[] = {"P", "ap", "ps", "st"};
constexpr std::string_view kPassedOfSnapshot[] = {"pair"};

}  // namespace

bool is_partial_book(std::string_view stream) {
  constexpr std::string_view kDepth = "@depth";
  const auto at = stream.find(kDepth);
  if (at == std::string_view::npos) return false;
  const auto levels = stream.substr(at + kDepth.size());
  return !levels.empty() && levels.front() >= '0' && levels.front() <= '9';
}

void make_whole_book(Message& message) {
  if (message.kind != MessageKind::Depth) return;
  message.kind = MessageKind::Snapshot;
  message.first_update_id = message.previous_update_id = 0;
}

struct MarketData::Schema {
  simdjson::dom::parser parser;
  const MarketDataConfig& config;

  explicit Schema(const MarketDataConfig& config_of) : config{config_of} {}

  Result<void> check_symbol(const Fields& fields, std::string_view key) const {
    const auto symbol = fields.text(key);
    if (!symbol) return std::unexpected(symbol.error());
    if (*symbol != config.symbol)
      return fail(Errc::BadData, fmt::format("the line is about {}, not {}", *symbol, config.symbol),
                  "name the instrument that the file is about, or leave other lines out with --skip-bad");
    return {};
  }

  Result<void> depth(const object& data, const Numbers& numbers, Message& m, std::vector<Level>& levels) const {
    const auto f =
        Fields::of(data, {"e", "E", "T", "s", "U", "u", "pu", "b", "a"}, kPassed, config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (const auto symbol = check_symbol(*f, "s"); !symbol) return symbol;
    const bool spot = config.feed == Feed::Spot;
    if (spot && (f->has("pu") || f->has("T")))
      return fail(Errc::BadData, "a futures depth update (it has \"pu\" or \"T\") in a spot instrument",
                  "name the instrument as binance-usdm:SYMBOL or binance-coinm:SYMBOL");
    const auto event = f->milliseconds("E");
    const auto transaction = spot ? Result<UnixNanos>{kNoTime} : f->milliseconds("T");
    const auto first = f->integer("U");
    const auto final_id = f->integer("u");
    const auto previous = spot ? Result<std::int64_t>{0} : f->integer("pu");
    const auto bid_list = f->list("b");
    const auto ask_list = f->list("a");
    if (const auto error = first_error(event, transaction, first, final_id, previous, bid_list, ask_list))
      return std::unexpected(*error);
    const auto bids = read_levels(*bid_list, numbers, levels);
    if (!bids) return std::unexpected(bids.error());
    const auto asks = read_levels(*ask_list, numbers, levels);
    if (!asks) return std::unexpected(asks.error());
    m.kind = MessageKind::Depth;
    m.event_time = *event, m.transaction_time = *transaction;
    m.first_update_id = *first, m.final_update_id = *final_id, m.previous_update_id = *previous;
    m.bids = *bids, m.asks = *asks;
    return {};
  }

  Result<void> snapshot(const object& data, const Numbers& numbers, Message& m, std::vector<Level>& levels) const {
    const auto f = Fields::of(data, {"lastUpdateId", "E", "T", "symbol", "bids", "asks"}, kPassedOfSnapshot,
                              config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (f->has("symbol"))
      if (const auto symbol = check_symbol(*f, "symbol"); !symbol) return symbol;
    const auto id = f->integer("lastUpdateId");
    // Of futures both times; of spot, and in what was recorded before they were there, neither.
    const bool timed = f->has("E") || f->has("T");
    const auto event = timed ? f->milliseconds("E") : Result<UnixNanos>{kNoTime};
    const auto transaction = timed ? f->milliseconds("T") : Result<UnixNanos>{kNoTime};
    const auto bid_list = f->list("bids");
    const auto ask_list = f->list("asks");
    if (const auto error = first_error(id, event, transaction, bid_list, ask_list)) return std::unexpected(*error);
    const auto bids = read_levels(*bid_list, numbers, levels);
    if (!bids) return std::unexpected(bids.error());
    const auto asks = read_levels(*ask_list, numbers, levels);
    if (!asks) return std::unexpected(asks.error());
    m.kind = MessageKind::Snapshot;
    m.event_time = *event, m.transaction_time = *transaction;
    m.final_update_id = *id;
    m.bids = *bids, m.asks = *asks;
    return {};
  }

  Result<void> quote(const object& data, const Numbers& numbers, Message& m, std::vector<Level>& levels) const {
    const auto f =
        Fields::of(data, {"e", "E", "T", "s", "u", "b", "B", "a", "A"}, kPassed, config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (const auto symbol = check_symbol(*f, "s"); !symbol) return symbol;
    const bool spot = config.feed == Feed::Spot;
    const auto event = spot ? f->milliseconds_or_none("E") : f->milliseconds("E");
    const auto transaction = spot ? f->milliseconds_or_none("T") : f->milliseconds("T");
    const auto id = f->integer("u");
    const auto bid = f->text("b"), bid_size = f->text("B"), ask = f->text("a"), ask_size = f->text("A");
    if (const auto error = first_error(event, transaction, id, bid, bid_size, ask, ask_size))
      return std::unexpected(*error);
    const auto bp = numbers.price(*bid), ap = numbers.price(*ask);
    const auto bq = numbers.quantity(*bid_size), aq = numbers.quantity(*ask_size);
    if (const auto error = first_error(bp, bq, ap, aq)) return std::unexpected(*error);
    m.kind = MessageKind::Quote;
    m.event_time = *event, m.transaction_time = *transaction;
    m.final_update_id = *id;
    m.bids = m.asks = 1;
    levels.push_back({*bp, *bq});
    levels.push_back({*ap, *aq});
    return {};
  }

  /// "trade" (id t) and "aggTrade" (id a).
  Result<void> trade(const object& data, const Numbers& numbers, bool aggregate, Message& m,
                     std::vector<Level>& levels) const {
    const std::string_view id_key = aggregate ? "a" : "t";
    const auto f = Fields::of(data, {"e", "E", "T", "s", id_key, "p", "q", "m", "X"},
                              aggregate ? std::span<const std::string_view>{kPassedOfAggregate}
                                        : std::span<const std::string_view>{kPassedOfTrade},
                              config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (const auto symbol = check_symbol(*f, "s"); !symbol) return symbol;
    const auto event = f->milliseconds("E"), transaction = f->milliseconds("T");
    const auto id = f->integer(id_key);
    const auto price = f->text("p"), quantity = f->text("q");
    const auto maker = f->boolean("m");
    const auto execution = f->has("X") ? f->text("X") : Result<std::string_view>{"MARKET"};
    if (const auto error = first_error(event, transaction, id, price, quantity, maker, execution))
      return std::unexpected(*error);
    const auto p = numbers.price(*price);
    const auto q = numbers.quantity(*quantity);
    if (const auto error = first_error(p, q)) return std::unexpected(*error);
    m.kind = MessageKind::Trade;
    m.event_time = *event, m.transaction_time = *transaction;
    m.first_update_id = *id;
    m.bids = 1;
    m.flags = static_cast<std::uint8_t>((*maker ? kSellAggressor : 0) | (*execution != "MARKET" ? kNotMarketTrade : 0));
    levels.push_back({*p, *q});
    return {};
  }

  /// Funding rate r may be negative and empty (delivery contracts); index price i is absent from the raw COIN-M stream.
  Result<void> mark_price(const object& data, const Numbers& numbers, Message& m, std::vector<Level>& levels) const {
    const auto f =
        Fields::of(data, {"e", "E", "s", "p", "i", "r", "T"}, kPassedOfMarkPrice, config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (const auto symbol = check_symbol(*f, "s"); !symbol) return symbol;
    const auto event = f->milliseconds("E"), next = f->milliseconds("T");
    const auto mark = f->text("p");
    const auto index = f->has("i") ? f->text("i") : Result<std::string_view>{"0"};
    const auto rate = f->has("r") ? f->text("r") : Result<std::string_view>{"0"};
    if (const auto error = first_error(event, next, mark, index, rate)) return std::unexpected(*error);
    const auto mp = numbers.price(*mark), ip = numbers.price(*index);
    const auto funding = rate->empty() ? Result<std::int64_t>{0} : parse_decimal(*rate, 8);
    if (const auto error = first_error(mp, ip, funding)) return std::unexpected(*error);
    m.kind = MessageKind::MarkPrice;
    m.event_time = *event;
    m.first_update_id = *funding;
    m.final_update_id = *next;
    m.bids = m.asks = 1;
    levels.push_back({*mp, {}});
    levels.push_back({*ip, {}});
    return {};
  }

  Result<FrameKind> event(const object& data, const Numbers& numbers, Message& m, std::vector<Level>& levels) const {
    const auto f = Fields::of(data, {"e", "lastUpdateId", "A", "B", "id", "result", "error"});
    if (!f) return std::unexpected(f.error());
    const auto done = [](const Result<void>& result) -> Result<FrameKind> {
      if (!result) return std::unexpected(result.error());
      return FrameKind::Message;
    };
    if (!f->has("e")) {
      if (f->has("lastUpdateId")) return done(snapshot(data, numbers, m, levels));
      if (f->has("A") && f->has("B") && config.feed == Feed::Spot) return done(quote(data, numbers, m, levels));
      if (f->has("id") && (f->has("result") || f->has("error"))) return FrameKind::Control;
      return strange("neither an event (\"e\"), a depth snapshot nor the answer to a subscription");
    }
    const auto type = f->text("e");
    if (!type) return std::unexpected(type.error());
    if (*type == "depthUpdate") return done(depth(data, numbers, m, levels));
    if (*type == "bookTicker") return done(quote(data, numbers, m, levels));
    if (*type == "trade") return done(trade(data, numbers, false, m, levels));
    if (*type == "aggTrade") return done(trade(data, numbers, true, m, levels));
    if (*type == "markPriceUpdate") return done(mark_price(data, numbers, m, levels));
    return fail(Errc::BadData, fmt::format("unknown stream event '{}'", type->substr(0, 40)),
                "read are depthUpdate, bookTicker, trade, aggTrade, markPriceUpdate and depth snapshots; leave others "
                "out with --skip-bad");
  }

  Result<FrameKind> frame(std::string_view bytes, const Numbers& numbers, Message& m, std::vector<Level>& levels) {
    element root;
    object whole;
    if (const auto error = parser.parse(bytes.data(), bytes.size()).get(root))
      return broken(fmt::format("not valid JSON ({})", simdjson::error_message(error)));
    if (root.get_object().get(whole)) return strange("a frame is a JSON object");
    auto f = Fields::of(whole, {"stream", "data"});
    if (f && f->has("data")) f = Fields::of(whole, {"stream", "data"}, {}, config.refuse_unknown_fields);
    if (!f) return std::unexpected(f.error());
    if (!f->has("data")) return event(whole, numbers, m, levels);
    const auto stream = f->has("stream") ? f->text("stream") : Result<std::string_view>{""};
    if (!stream) return std::unexpected(stream.error());
    object data;
    if (whole.at_key("data").get_object().get(data)) return strange("field \"data\" is not an object");
    auto kind = event(data, numbers, m, levels);
    if (kind && is_partial_book(*stream)) make_whole_book(m);
    return kind;
  }
};

MarketData::MarketData(MarketDataConfig config)
    : config_{std::move(config)}, schema_{std::make_unique<Schema>(config_)} {}
MarketData::~MarketData() = default;

Result<FrameKind> MarketData::decode(std::string_view frame, UnixNanos receive_time, MessageBatch& out) {
  if (decode_straight(frame, receive_time, config_, out)) [[likely]]
    return FrameKind::Message;
  return decode_with_schema(frame, receive_time, out);
}

Result<FrameKind> MarketData::decode_with_schema(std::string_view frame, UnixNanos receive_time, MessageBatch& out) {
  const std::size_t levels = out.levels.size();
  Message message;
  message.receive_time = receive_time;
  message.first_level = static_cast<std::uint32_t>(levels);
  auto kind = schema_->frame(frame, {config_.decimals}, message, out.levels);
  if (kind && *kind == FrameKind::Message)
    out.messages.push_back(message);
  else
    out.levels.resize(levels);
  return kind;
}

Result<void> MarketData::widen(std::string_view frame, Decimals& decimals) {
  Message message;
  std::vector<Level> levels;
  Decimals needed = decimals;
  const auto kind = schema_->frame(frame, {config_.decimals, &needed}, message, levels);
  if (!kind) return std::unexpected(kind.error());
  decimals = needed;
  return {};
}

}  // namespace stom::venues::binance
