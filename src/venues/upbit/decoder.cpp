#include "venues/upbit/decoder.hpp"

#include <fmt/format.h>

#include "venues/upbit/messages.hpp"

namespace stom::venues::upbit {
namespace {

using What = Decoded::What;

/// How a level's four members are named in a format.
struct UnitNames {
  std::string_view ask_price, bid_price, ask_size, bid_size;
};
constexpr UnitNames kWhole{"ask_price", "bid_price", "ask_size", "bid_size"};
constexpr UnitNames kBrief{"ap", "bp", "as", "bs"};

class UpbitDecoder final : public Decoder {
 public:
  Decoded decode(std::string_view frame, UnixNanos, EventBatch& out) override {
    const auto root = document_.parse(frame);
    if (!root) return malformed(root.error().message);
    const auto mark = out.mark();
    auto done = message(*root, out);
    if (done.what != What::Events) out.rewind(mark);
    return done;
  }

 private:
  Decoded message(const Json& json, EventBatch& out) {
    if (json.is_array()) {
      for (const auto item : json) {
        // A request begins with its ticket, which stands alone; a message may have a member of that name.
        if (item.has("ticket") && !item.has("type") && !item.has("ty") && !item.has("result")) return {What::Sent, {}};
        if (item.is_object() && item.size() == 0) continue;  // how documents shorten a list
        if (auto done = message(item, out); done.what != What::Events) return done;
      }
      return events();
    }
    if (!json.is_object()) return malformed("neither an object nor a list");
    auto type = json.find("type");
    const bool brief = !type;
    if (brief) type = json.find("ty");
    if (type && !type.is_string()) return malformed("the type of the message is not a string");
    if (json.has("method") && json.has("result")) return subscriptions(json, out);
    const bool transfer = json.has("uuid") && json.has("txid");  // of which the type is the direction
    if (type && !transfer) return stream(json, type.text(), brief, out);
    if (const auto* shape = shape_of(json, kAnswers)) {
      if (auto done = read_shape(json, *shape, out); done.what != What::Events) return done;
      if (shape == &kAnswerBook) return units(json.find("orderbook_units"), kWhole, out);
      if (shape == &kChance) {
        for (const std::string_view side : {"bid_account", "ask_account"})
          if (auto done = read_shape(json.find(side), kAccount, out); done.what != What::Events) return done;
      }
      return events();
    }
    return unknown(members_of(json));
  }

  /// LIST_SUBSCRIPTIONS: the streams that a connection has, of which the client knows what it asked for.
  static Decoded subscriptions(const Json& json, EventBatch& out) {
    if (const auto name = name_said_twice(json); !name.empty()) return said_twice(name);
    const auto method = json.find("method"), ticket = json.find("ticket");
    if (!method.is_string() || !json.find("result").is_array()) return malformed("a list of streams that is none");
    if (method.text() != "LIST_SUBSCRIPTIONS") return unknown(std::string{method.text().substr(0, 40)});
    out.add("reply");
    if (ticket && !ticket.is_string()) return malformed("field \"ticket\" is not a string");
    if (ticket) out.text("request_id", ticket.text());
    for (const auto member : json)
      if (const auto key = member.key(); key != "method" && key != "result" && key != "ticket")
        out.unknown_fields.push_back(key);
    return events();
  }

  static Decoded stream(const Json& json, std::string_view type, bool brief, EventBatch& out) {
    const auto in = [&](Decoded done) {
      if (done.what == What::Unknown) done.text = fmt::format("{}: {}", type, done.text);
      return done;
    };
    if (type == "trade") return in(read_shape(json, kTrade, out));
    if (type == "ticker") return in(read_shape(json, kTicker, out));
    if (type == "myAsset") return in(read_shape(json, kMyAsset, out));
    if (type == "orderbook") {
      if (auto done = read_shape(json, kBook, out); done.what != What::Events) return done;
      return units(json.find(brief ? "obu" : "orderbook_units"), brief ? kBrief : kWhole, out);
    }
    if (type.starts_with("candle.")) {
      if (auto done = read_shape(json, kCandle, out); done.what != What::Events) return in(done);
      out.fields[out.events.back().first_field + interval_of(out)].text = type.substr(7);
      return events();
    }
    if (type == "myOrder") {
      if (auto done = read_shape(json, kMyOrder, out); done.what != What::Events) return in(done);
      const auto state = json.find(brief ? "s" : "state");
      if (state.text() == "trade") {
        auto& event = out.events.back();
        if (!out.find(event, "price") || !out.find(event, "quantity"))
          return malformed("a trade of an order without its price or volume");
        event.kind = "fill";
      }
      return events();
    }
    return unknown(std::string{type.substr(0, 40)});
  }

  /// Levels come in pairs, the best first; the event has the bids, then the asks.
  static Decoded units(const Json& list, const UnitNames& names, EventBatch& out) {
    if (!list.is_array()) return malformed("the levels of the book are missing");
    auto& event = out.events.back();
    event.has_levels = true;
    event.first_level = static_cast<std::uint32_t>(out.levels.size());
    const auto side = [&](std::string_view price, std::string_view size) -> Decoded {
      for (const auto unit : list) {
        const auto p = unit.find(price), q = unit.find(size);
        if (!p || !q) return malformed(fmt::format("a level without \"{}\" or \"{}\"", price, size));
        if (!p.is_number() || !q.is_number()) return malformed("a level whose price or size is not a number");
        const LevelText level{canonical_decimal(p.text(), out), canonical_decimal(q.text(), out)};
        if (level.price.empty() || level.quantity.empty() || level.price.front() == '-' ||
            level.quantity.front() == '-')
          return malformed("a level whose price or size is not a number from 0");
        out.levels.push_back(level);
      }
      return events();
    };
    if (auto done = side(names.bid_price, names.bid_size); done.what != What::Events) return done;
    event.bids = list.size();
    if (auto done = side(names.ask_price, names.ask_size); done.what != What::Events) return done;
    event.asks = list.size();
    for (const auto unit : list) {
      if (const auto name = name_said_twice(unit); !name.empty()) return said_twice(name);
      for (const auto member : unit)
        if (member.key() != names.ask_price && member.key() != names.bid_price && member.key() != names.ask_size &&
            member.key() != names.bid_size)
          out.unknown_fields.push_back(member.key());
    }
    return events();
  }

  static std::uint32_t interval_of(const EventBatch& out) {
    const auto& event = out.events.back();
    std::uint32_t at = 0;
    while (out.fields[event.first_field + at].name != "interval") ++at;
    return at;
  }

  JsonDocument document_;
};

}  // namespace

std::unique_ptr<Decoder> decoder() { return std::make_unique<UpbitDecoder>(); }

}  // namespace stom::venues::upbit
