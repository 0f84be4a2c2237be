#include "venues/bybit/market_data.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "venues/symbols.hpp"

namespace stom::venues::bybit {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> bad(std::string message) {
  return fail(Errc::BadData, std::move(message), "fetch the file again, or leave the line out with --skip-bad");
}

class MarketData final : public MarketDataDecoder {
 public:
  explicit MarketData(std::string_view symbol) : symbol_{symbol} {}

  void set_decimals(Decimals decimals) override { decimals_ = decimals; }
  void refuse_unknown_fields(bool refuse) override { refuse_unknown_fields_ = refuse; }

  Result<FrameKind> decode(std::string_view frame, UnixNanos receive_time, MessageBatch& out) override {
    Message message;
    message.receive_time = receive_time;
    message.first_level = static_cast<std::uint32_t>(out.levels.size());
    auto kind = read(frame, message, out.levels, nullptr);
    if (kind && *kind == FrameKind::Message)
      out.messages.push_back(message);
    else
      out.levels.resize(message.first_level);
    return kind;
  }

  Result<void> widen(std::string_view frame, Decimals& decimals) override {
    Message message;
    std::vector<Level> levels;
    Decimals needed = decimals;
    const auto kind = read(frame, message, levels, &needed);
    if (!kind) return std::unexpected(kind.error());
    decimals = needed;
    return {};
  }

 private:
  Result<FrameKind> read(std::string_view frame, Message& m, std::vector<Level>& levels, Decimals* needed) {
    element root;
    if (const auto error = parser_.parse(frame.data(), frame.size()).get(root))
      return bad(fmt::format("not valid JSON ({})", simdjson::error_message(error)));
    object whole, data;
    if (root.get_object().get(whole)) return bad("a frame is a JSON object");
    std::string_view topic, type, symbol;
    if (whole["topic"].get_string().get(topic))
      return whole["op"].error() ? Result<FrameKind>{bad("field \"topic\" is missing")} : FrameKind::Control;
    if (!topic.starts_with("orderbook."))
      return fail(Errc::BadData, fmt::format("unknown stream '{}'", topic.substr(0, 60)),
                  "read are orderbook.N.SYMBOL; leave others out with --skip-bad");
    if (whole["type"].get_string().get(type) || whole["data"].get_object().get(data) ||
        data["s"].get_string().get(symbol))
      return bad("field \"type\", \"data\" or \"s\" is missing");
    if (refuse_unknown_fields_) {
      for (const auto& [in, known] : {std::pair{whole, std::string_view{" topic type ts cts data "}},
                                      std::pair{data, std::string_view{" s b a u seq "}}})
        for (const auto [key, value] : in)
          if (!known.contains(fmt::format(" {} ", key)))
            return fail(Errc::BadData, fmt::format("field \"{}\" is unknown", key.substr(0, 40)),
                        "if Bybit sends it now, --ignore-unknown-fields reads the lines without it; --skip-bad leaves "
                        "them out");
    }
    if (symbol != symbol_)
      return fail(Errc::BadData, fmt::format("the line is about {}, not {}", symbol, symbol_),
                  "name the instrument that the file is about, or leave other lines out with --skip-bad");
    if (type != "snapshot" && type != "delta")
      return bad(fmt::format("type '{}' is neither snapshot nor delta", type.substr(0, 20)));
    m.kind = type == "snapshot" ? MessageKind::Snapshot : MessageKind::Depth;
    std::int64_t ts = 0, cts = 0, update = 0;
    if (whole["ts"].get_int64().get(ts) || data["u"].get_int64().get(update) || ts < 0 || update < 0 ||
        ts > INT64_MAX / kMillisecond)
      return bad("field \"ts\" or \"u\" is missing or no such number");
    m.event_time = ts * kMillisecond;
    // When the matching engine made it; older files have none.
    if (!whole["cts"].get_int64().get(cts) && cts >= 0 && cts <= INT64_MAX / kMillisecond)
      m.transaction_time = cts * kMillisecond;
    m.final_update_id = update;
    if (m.kind == MessageKind::Depth) m.first_update_id = update;
    if (auto side = read_side(data, "b", levels, m.bids, needed); !side) return std::unexpected(side.error());
    if (auto side = read_side(data, "a", levels, m.asks, needed); !side) return std::unexpected(side.error());
    return FrameKind::Message;
  }

  Result<void> read_side(const object& data, std::string_view key, std::vector<Level>& levels, std::uint32_t& count,
                         Decimals* needed) {
    array list;
    if (data[key].get_array().get(list)) return bad(fmt::format("field \"{}\" is not a list of levels", key));
    count = 0;
    for (const auto item : list) {
      array pair;
      std::string_view price, quantity;
      if (item.get_array().get(pair) || pair.size() != 2 || pair.at(0).get_string().get(price) ||
          pair.at(1).get_string().get(quantity))
        return bad("a level is not [\"price\",\"quantity\"]");
      Level level;
      if (auto p = number(price, decimals_.price, needed ? &needed->price : nullptr, level.price.value); !p) return p;
      if (auto q = number(quantity, decimals_.quantity, needed ? &needed->quantity : nullptr, level.quantity.value); !q)
        return q;
      levels.push_back(level);
      ++count;
    }
    return {};
  }

  static Result<void> number(std::string_view text, int decimals, int* needed, std::int64_t& out) {
    if (text.starts_with('-')) return bad(fmt::format("{} is never negative", text.substr(0, 40)));
    if (needed) {
      const int used = decimals_of(text);
      if (used < 0 || used > kMaxDecimals) return bad(fmt::format("'{}' is not a plain decimal", text.substr(0, 40)));
      *needed = std::max(*needed, used);
      return {};
    }
    const auto value = parse_decimal(text, decimals);
    if (!value) return bad(value.error().message);
    out = *value;
    return {};
  }

  std::string symbol_;
  bool refuse_unknown_fields_ = false;
  Decimals decimals_;
  simdjson::dom::parser parser_;
};

}  // namespace

void describe(std::string_view symbol, Instrument& out) { split_pair(symbol, out.base, out.quote); }

std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol) { return std::make_unique<MarketData>(symbol); }

}  // namespace stom::venues::bybit
