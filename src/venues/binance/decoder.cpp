#include "venues/binance/decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/decimal.hpp"
#include "venues/binance/market_data.hpp"
#include "venues/binance/messages.hpp"

namespace stom::venues::binance {
namespace {

using Type = EventField::Type;
using What = Decoded::What;

/// What of the messages on their way to a book is documented, beside what MarketData reads.
constexpr std::string_view kMarketMembers[] = {"e",    "E",    "T",      "s",   "U", "u",  "pu", "b",  "a",
                                               "B",    "A",    "t",      "p",   "q", "m",  "M",  "X",  "f",
                                               "l",    "nq",   "i",      "r",   "P", "ap", "ps", "st", "lastUpdateId",
                                               "bids", "asks", "symbol", "pair"};
constexpr std::string_view kMarketEvents[] = {"depthUpdate", "bookTicker", "trade", "aggTrade", "markPriceUpdate"};

class BinanceDecoder final : public Decoder {
 public:
  explicit BinanceDecoder(Feed feed) : feed_{feed} {}

  Decoded decode(std::string_view frame, UnixNanos, EventBatch& out) override {
    const auto root = document_.parse(frame);
    if (!root) return malformed(root.error().message);
    const auto mark = out.mark();
    auto done = message(*root, {}, out);
    if (done.what == What::Events)
      for (std::size_t i = mark.events; i < out.events.size(); ++i) finish(out.events[i], out);
    else
      out.rewind(mark);
    return done;
  }

 private:
  /// `stream`: the name in the envelope of a combined stream.
  Decoded message(const Json& json, std::string_view stream, EventBatch& out) {
    if (json.is_array()) return list(json, stream, out);
    if (!json.is_object()) return malformed("neither an object nor a list");
    if (json.size() == 0) return out.add("ok"), events();
    const bool wrapped = (json.has("stream") && json.has("data")) || json.has("event");
    const bool answer = json.has("id") && (json.has("result") || json.has("error"));
    // What no table reads: which of two would count?
    if (wrapped || answer || json.has("cancelResult"))
      if (const auto name = name_said_twice(json); !name.empty()) return said_twice(name);
    if (json.has("stream") && json.has("data")) {
      if (!json.find("stream").is_string()) return malformed("field \"stream\" is not a string");
      count_others(json, {"stream", "data"}, out);
      return message(json.find("data"), json.find("stream").text(), out);
    }
    // Of the WebSocket API: of one subscription, or of them all (serverShutdown).
    if (const auto event = json.find("event")) {
      if (!event.is_object()) return malformed("field \"event\" is not an object");
      count_others(json, {"subscriptionId", "event"}, out);
      return message(event, stream, out);
    }
    if (const auto event = json.find("e")) {
      if (!event.is_string()) return malformed("field \"e\" is not a string");
      if (std::ranges::find(kMarketEvents, event.text()) != std::end(kMarketEvents)) return market(json, stream, out);
      const auto known = std::ranges::find(kStreams, event.text(), &Stream::event);
      if (known == std::end(kStreams)) return unknown(std::string{event.text().substr(0, 40)});
      return in(event.text(), read_shape(json, *known->shape, out));
    }
    if (json.has("lastUpdateId") && json.has("bids")) return market(json, stream, out);
    if (json.has("u") && json.has("A") && json.has("B")) return market(json, stream, out);
    if (answer) return reply(json, out);
    if (json.has("cancelResult")) return replaced(json, out);
    if (const auto* shape = shape_of(json, kAnswers))
      return shape == &kRefusal ? refusal(json, out) : read_shape(json, *shape, out);
    // Behind all that the venue says: it may add a member of that name.
    if (json.has("method")) return {What::Sent, {}};
    return unknown(members_of(json));
  }

  /// "Refused", or "done" in the same words; of a cancel and a new order in one with what became of each.
  Decoded refusal(const Json& json, EventBatch& out) {
    if (const auto code = json.find("code"); code.is_number() && code.text() == "200")
      return read_shape(json, kDone, out);
    if (auto done = read_shape(json, kRefusal, out); done.what != What::Events) return done;
    const auto data = json.find("data");
    if (!data.is_object()) return events();
    if (data.has("cancelResponse") || data.has("newOrderResponse")) return replaced(data, out);
    count_others(data, {}, out);
    return events();
  }

  Decoded list(const Json& json, std::string_view stream, EventBatch& out) {
    for (const auto item : json) {
      Decoded done;
      if (item.is_object() && item.size() == 0)
        continue;  // how the documents shorten a list
      else if (item.is_array() && item.size() == std::size(kKlineRow))
        done = kline(item, out);
      else if (item.is_object())
        done = message(item, stream, out);
      else
        done = unknown("a list of neither objects nor klines");
      if (done.what != What::Events) return done;
    }
    return events();
  }

  static Decoded kline(const Json& row, EventBatch& out) {
    out.add("bar");
    std::size_t place = 0;
    for (const auto value : row)
      if (auto done = read_value(value, kKlineRow[place++], out); done.what != What::Events) return done;
    return events();
  }

  /// The answer to a subscription, or of the WebSocket API.
  Decoded reply(const Json& json, EventBatch& out) {
    const auto id = json.find("id");
    if (!id.is_string() && !id.is_number() && !id.is_null())
      return malformed("field \"id\" is neither text nor number");
    out.add("reply");
    if (!id.is_null()) out.put("request_id", Type::Text, id.text());
    if (const auto status = json.find("status")) {
      static constexpr Rule kStatus{"status", "status", As::Count};
      if (auto done = read_value(status, kStatus, out); done.what != What::Events) return done;
    }
    count_others(json, {"id", "status", "result", "error", "rateLimits"}, out);
    if (const auto error = json.find("error")) return refusal(error, out);
    const auto result = json.find("result");
    // Alone it would say that a subscription stands where an event of one was not understood.
    if (result.is_object() && result.has("subscriptionId")) return read_shape(result, kSubscribed, out);
    if (result.is_object()) return message(result, {}, out);
    if (result.is_array() && result.size() > 0 && !result.at(0).is_string()) return list(result, {}, out);
    return events();  // null, a property, the names of subscriptions
  }

  /// A cancel and a new order in one: two answers, each an order or a refusal.
  Decoded replaced(const Json& json, EventBatch& out) {
    for (const std::string_view half : {"cancelResponse", "newOrderResponse"}) {
      const auto answer = json.find(half);
      if (!answer) return malformed(fmt::format("field \"{}\" is missing", half));
      if (answer.is_null()) continue;
      const auto* shape = answer.has("code") ? &kRefusal : &kOrderAnswer;
      if (auto done = read_shape(answer, *shape, out); done.what != What::Events) return done;
      out.put("answer_to", Type::Text, half == "cancelResponse" ? "cancel" : "new_order");
    }
    count_others(json, {"cancelResult", "newOrderResult", "cancelResponse", "newOrderResponse"}, out);
    return events();
  }

  /// What goes into a book: read by the decoder of the live road, at just the decimals that it needs.
  Decoded market(const Json& json, std::string_view stream, EventBatch& out) {
    auto symbol = json.has("s") ? json.find("s") : json.find("symbol");
    std::string named;
    if (symbol.is_string()) {
      named = symbol.text();
    } else if (json.has("lastUpdateId")) {  // a partial book says its instrument in the stream's name alone
      named = stream.substr(0, stream.find('@'));
      std::ranges::transform(named, named.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    }
    auto& decoder = decoders_.try_emplace(named, MarketDataConfig{named, feed_, {}}).first->second;
    Decimals decimals;
    batch_.clear();
    if (const auto wide = decoder.widen(json.text(), decimals); !wide) return malformed(wide.error().message);
    decoder.set_decimals(decimals);
    const auto kind = decoder.decode(json.text(), kNoTime, batch_);
    if (!kind) return malformed(kind.error().message);
    for (const auto member : json)
      if (std::ranges::find(kMarketMembers, member.key()) == std::end(kMarketMembers))
        out.unknown_fields.push_back(member.key());
    for (Message& m : batch_.messages) {
      if (is_partial_book(stream)) make_whole_book(m);
      put(m, json, out.keep(named), decimals, out);
    }
    if (decoders_.size() > 4096) decoders_.clear();  // a file that names ever new instruments
    return events();
  }

  void put(const Message& m, const Json& json, std::string_view symbol, Decimals decimals, EventBatch& out) {
    const auto price = [&](Price p) { return out.keep(format_decimal_trimmed(Int128{p.value}, decimals.price)); };
    const auto quantity = [&](Quantity q) {
      return out.keep(format_decimal_trimmed(Int128{q.value}, decimals.quantity));
    };
    const auto& levels = batch_.levels;
    const auto type = json.find("e");
    static constexpr std::string_view kKinds[] = {"book_update", "book", "trade", "quote", "mark_price"};
    const bool aggregate = type.is_string() && type.text() == "aggTrade";
    out.add(aggregate ? "agg_trade" : kKinds[static_cast<std::size_t>(m.kind)]);
    if (!symbol.empty()) out.put("instrument", Type::Symbol, symbol);
    if (m.venue_time() != kNoTime) out.put("venue_time_ns", Type::Time, m.venue_time());
    if (m.transaction_time != kNoTime && m.event_time != kNoTime) out.put("sent_time_ns", Type::Time, m.event_time);
    switch (m.kind) {
      case MessageKind::Depth:
        out.put("first_update_id", Type::Integer, m.first_update_id);
        out.put("final_update_id", Type::Integer, m.final_update_id);
        if (feed_ != Feed::Spot) out.put("previous_update_id", Type::Integer, m.previous_update_id);
        break;
      case MessageKind::Snapshot:
        out.put("final_update_id", Type::Integer, m.final_update_id);
        break;
      case MessageKind::Trade:
        out.text("price", price(levels[m.first_level].price));
        out.text("quantity", quantity(levels[m.first_level].quantity));
        out.text("side", m.aggressor() == Side::Sell ? "sell" : "buy");
        out.text("trade_id", out.keep(fmt::to_string(m.first_update_id)));
        if (m.flags & kNotMarketTrade) out.text("execution", json.find("X").text());
        return;
      case MessageKind::Quote:
        out.text("bid", price(levels[m.first_level].price));
        out.text("bid_quantity", quantity(levels[m.first_level].quantity));
        out.text("ask", price(levels[m.first_level + 1].price));
        out.text("ask_quantity", quantity(levels[m.first_level + 1].quantity));
        out.put("final_update_id", Type::Integer, m.final_update_id);
        return;
      case MessageKind::MarkPrice:
        out.text("price", price(levels[m.first_level].price));
        if (json.has("i")) out.text("index_price", price(levels[m.first_level + 1].price));
        if (const auto rate = json.find("r"); rate.is_string() && !rate.text().empty())
          out.text("funding_rate", out.keep(format_decimal_trimmed(Int128{m.first_update_id}, 8)));
        if (m.final_update_id > 0) out.put("funding_time_ns", Type::Time, m.final_update_id);
        return;
    }
    out.events.back().has_levels = true;
    out.events.back().bids = m.bids, out.events.back().asks = m.asks;
    for (const auto& level : out_levels(m)) out.levels.push_back({price(level.price), quantity(level.quantity)});
  }
  std::span<const Level> out_levels(const Message& m) const {
    return {batch_.levels.data() + m.first_level, m.levels()};
  }

  /// What takes two members to say: the taker's side of a trade, and whether an order's update is a fill.
  static void finish(Event& event, EventBatch& out) {
    EventField* price = nullptr;
    EventField* quantity = nullptr;
    EventField* last_price = nullptr;
    EventField* last_quantity = nullptr;
    const EventField* execution = nullptr;
    for (std::uint32_t i = 0; i < event.fields; ++i) {
      auto& field = out.fields[event.first_field + i];
      if (field.name == "buyer_is_maker")
        field = {.name = "side", .type = Type::Text, .text = field.integer ? "sell" : "buy"};
      else if (field.name == "buyer")
        field = {.name = "side", .type = Type::Text, .text = field.integer ? "buy" : "sell"};
      else if (field.name == "order_price")
        price = &field;
      else if (field.name == "order_quantity")
        quantity = &field;
      else if (field.name == "last_price")
        last_price = &field;
      else if (field.name == "last_quantity")
        last_quantity = &field;
      else if (field.name == "execution")
        execution = &field;
    }
    // A buyer told both ways ("side" and "buyer") is told once.
    std::size_t sides = 0;
    for (std::uint32_t i = 0; i < event.fields; ++i) {
      auto& field = out.fields[event.first_field + i];
      if (field.name == "side" && sides++ > 0) {
        std::rotate(&field, &field + 1, out.fields.data() + event.first_field + event.fields);
        --event.fields;
        break;
      }
    }
    if (!execution || !price || !quantity || !last_price || !last_quantity) return;
    const bool matched = (execution->text == "filled" || execution->text == "liquidated") && last_quantity->text != "0";
    if (matched) {
      event.kind = "fill";
      last_price->name = "price";
      last_quantity->name = "quantity";
    } else {
      price->name = "price";
      quantity->name = "quantity";
    }
  }

  static Decoded in(std::string_view message, Decoded done) {
    if (done.what == What::Unknown) done.text = fmt::format("{}: {}", message, done.text);
    return done;
  }
  static void count_others(const Json& json, std::initializer_list<std::string_view> known, EventBatch& out) {
    for (const auto member : json)
      if (std::ranges::find(known, member.key()) == known.end()) out.unknown_fields.push_back(member.key());
  }

  Feed feed_;
  JsonDocument document_;
  MessageBatch batch_;
  std::map<std::string, MarketData, std::less<>> decoders_;
};

}  // namespace

std::unique_ptr<Decoder> spot_decoder() { return std::make_unique<BinanceDecoder>(Feed::Spot); }
std::unique_ptr<Decoder> usdm_decoder() { return std::make_unique<BinanceDecoder>(Feed::UsdM); }
std::unique_ptr<Decoder> coinm_decoder() { return std::make_unique<BinanceDecoder>(Feed::CoinM); }

}  // namespace stom::venues::binance
