#include "venues/kiwoom/decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <charconv>

#include "core/decimal.hpp"
#include "venues/kiwoom/messages.hpp"

namespace stom::venues::kiwoom {
namespace {

using Type = EventField::Type;
using What = Decoded::What;
constexpr int kLevels = 10;
constexpr std::size_t kMostNumbers = 10'000;  // of a book: they have four digits at most

/// Numbers that a ten-level book (0D) is documented with, beside its levels.
bool book_has(int fid) {
  constexpr std::pair<int, int> kRanges[] = {{13, 13},   {21, 21},   {23, 24},     {41, 100},   {121, 122}, {125, 126},
                                             {128, 129}, {138, 139}, {200, 201},   {215, 216},  {238, 238}, {291, 295},
                                             {299, 299}, {621, 640}, {6044, 6087}, {6100, 6115}};
  return std::ranges::any_of(kRanges, [fid](auto range) { return fid >= range.first && fid <= range.second; });
}

class KiwoomDecoder final : public Decoder {
 public:
  Decoded decode(std::string_view frame, UnixNanos received, EventBatch& out) override {
    const auto root = document_.parse(frame);
    if (!root) return malformed(root.error().message);
    if (!root->is_object()) return malformed("not an object");
    const auto mark = out.mark();
    auto done = root->has("trnm") ? message(*root, out) : answer(*root, out);
    if (done.what == What::Events)
      for (std::size_t i = mark.events; i < out.events.size() && done.what == What::Events; ++i)
        done = finish(out.events[i], received, out);
    if (done.what != What::Events) out.rewind(mark);
    return done;
  }

 private:
  /// A text of the WebSocket. Answers have a return_code; the same names without one are what we send.
  static Decoded message(const Json& json, EventBatch& out) {
    const auto name = json.find("trnm");
    if (!name.is_string()) return malformed("field \"trnm\" is not a string");
    if (const auto twice = name_said_twice(json); !twice.empty()) return said_twice(twice);
    const auto type = name.text();
    if (type == "REAL") return real(json, out);
    if (type == "PING") return out.add("ping"), events();
    const auto code = json.find("return_code");
    if (!code) {
      constexpr std::string_view kSent[] = {"LOGIN", "REG", "REMOVE", "CNSRLST", "CNSRREQ", "CNSRCLR"};
      if (std::ranges::find(kSent, type) != std::end(kSent) && !json.has("return_msg")) return {What::Sent, {}};
      return unknown(std::string{type.substr(0, 40)});
    }
    if (code.is_number() && code.text() != "0") return read_shape(json, kRefusal, out);
    if (!code.is_number()) return malformed("field \"return_code\" is not a number");
    if (type == "LOGIN" || type == "REG" || type == "REMOVE") return read_shape(json, kOk, out);
    if (type == "CNSRLST") return conditions(json, out);
    if (type == "CNSRREQ") return matches(json, out);
    if (type == "CNSRCLR") {
      out.add("condition_stopped");
      return condition_of(json, out);
    }
    return unknown(std::string{type.substr(0, 40)});
  }

  static Decoded real(const Json& json, EventBatch& out) {
    const auto data = json.find("data");
    if (!data.is_array()) return malformed("field \"data\" is not a list");
    std::string_view left_out;
    std::size_t read = 0;
    for (const auto entry : data) {
      const auto type = entry.find("type"), item = entry.find("item"), values = entry.find("values");
      if (!type.is_string() || !item.is_string() || !values.is_object())
        return malformed("an entry of \"data\" without type, item and values");
      if (const auto twice = name_said_twice(entry); !twice.empty()) return said_twice(twice);
      for (const auto member : entry)
        if (const auto key = member.key(); key != "type" && key != "name" && key != "item" && key != "values")
          out.unknown_fields.push_back(key);
      Decoded done;
      if (type.text() == "0D") {
        done = book(values, out);
      } else {
        const auto known = std::ranges::find(kRealTypes, type.text(), &RealType::type);
        if (known == std::end(kRealTypes)) {
          left_out = type.text();
          continue;
        }
        done = read_shape(values, *known->shape, out);
      }
      if (done.what == What::Unknown) done.text = fmt::format("REAL {}: {}", type.text(), done.text);
      if (done.what != What::Events) return done;
      ++read;
      auto& event = out.events.back();
      if (!item.text().empty() && !out.find(event, "instrument")) out.put("instrument", Type::Symbol, item.text());
    }
    for (const auto member : json)
      if (const auto key = member.key(); key != "trnm" && key != "data") out.unknown_fields.push_back(key);
    if (left_out.empty()) return events();
    if (read == 0) return unknown(fmt::format("REAL {}", left_out.substr(0, 40)));
    out.unknown_fields.push_back(left_out);
    return events();
  }

  /// Ten levels of each side, by number; a price of 0 is a level that is not there.
  static Decoded book(const Json& values, EventBatch& out) {
    out.add("book");
    static constexpr Rule kTime{"21", "time_of_day", As::ClockKst};
    static constexpr Rule kTotals[] = {{"121", "ask_total", As::Magnitude},
                                       {"125", "bid_total", As::Magnitude},
                                       {"23", "expected_price", As::Magnitude, kBlank},
                                       {"24", "expected_quantity", As::Magnitude, kBlank}};
    const auto time = values.find("21");
    if (!time) return malformed("field \"21\" is missing");
    if (auto done = read_value(time, kTime, out); done.what != What::Events) return done;
    for (const auto& rule : kTotals) {
      const auto value = values.find(rule.key);
      if (!value && !(rule.need & kMayMiss)) return malformed(fmt::format("field \"{}\" is missing", rule.key));
      if (!value) continue;
      if (auto done = read_value(value, rule, out); done.what != What::Events) return done;
    }
    const auto key = [](int fid) { return fmt::format("{}", fid); };
    const auto bid = [&](int i) { return std::pair{key(51 + i), key(71 + i)}; };
    const auto ask = [&](int i) { return std::pair{key(41 + i), key(61 + i)}; };
    if (auto done = levels(values, bid, ask, out); done.what != What::Events) return done;
    std::bitset<kMostNumbers> seen;
    for (const auto member : values) {
      int fid = 0;
      const auto name = member.key();
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), fid);
      if (error != std::errc{} || end != name.data() + name.size() || !book_has(fid)) {
        out.unknown_fields.push_back(name);
        continue;
      }
      if (seen[static_cast<std::size_t>(fid)]) return said_twice(name);
      seen.set(static_cast<std::size_t>(fid));
    }
    return events();
  }

  template <class BidKeys, class AskKeys>
  static Decoded levels(const Json& values, BidKeys bid, AskKeys ask, EventBatch& out) {
    const auto from = out.levels.size();
    const auto side = [&](auto keys, std::uint32_t& count) -> Decoded {
      for (int i = 0; i < kLevels; ++i) {
        const auto [price_key, quantity_key] = keys(i);
        const auto price = values.find(price_key), quantity = values.find(quantity_key);
        if (!price || !quantity)
          return malformed(fmt::format("field \"{}\" is missing", price ? quantity_key : price_key));
        if (!price.is_string() || !quantity.is_string())
          return malformed(fmt::format("level {} of the book is not made of strings", i + 1));
        auto p = canonical_decimal(price.text(), out), q = canonical_decimal(quantity.text(), out);
        if (p.empty() || q.empty() || q.front() == '-')
          return malformed(fmt::format("level {} of the book is '{}' for '{}'", i + 1, quantity.text().substr(0, 40),
                                       price.text().substr(0, 40)));
        if (p.front() == '-') p.remove_prefix(1);
        if (p == "0") continue;
        out.levels.push_back({p, q});
        ++count;
      }
      return events();
    };
    std::uint32_t bids = 0, asks = 0;
    if (auto done = side(bid, bids); done.what != What::Events) return done;
    if (auto done = side(ask, asks); done.what != What::Events) return done;
    auto& event = out.events.back();
    event.has_levels = true;
    event.first_level = static_cast<std::uint32_t>(from);
    event.bids = bids, event.asks = asks;
    return events();
  }

  static Decoded condition_of(const Json& json, EventBatch& out) {
    const auto condition = json.find("seq");
    if (!condition.is_string()) return malformed("field \"seq\" is not a string");
    auto name = condition.text();
    while (name.ends_with(' ')) name.remove_suffix(1);
    out.text("condition", name);
    return events();
  }

  /// [["0","name"],…]
  static Decoded conditions(const Json& json, EventBatch& out) {
    const auto data = json.find("data");
    if (!data.is_array()) return malformed("field \"data\" is not a list");
    for (const auto row : data) {
      if (!row.is_array() || row.size() != 2 || !row.at(0).is_string() || !row.at(1).is_string())
        return malformed("a condition is not [\"number\",\"name\"]");
      out.add("condition");
      out.text("condition", row.at(0).text());
      out.text("name", row.at(1).text());
    }
    return events();
  }

  static Decoded matches(const Json& json, EventBatch& out) {
    const auto data = json.find("data");
    if (!data.is_array()) return malformed("field \"data\" is not a list");
    for (const auto row : data) {
      const auto& shape = row.has("jmcode") ? kConditionCode : kConditionStock;
      if (auto done = read_shape(row, shape, out); done.what != What::Events) return done;
      if (auto done = condition_of(json, out); done.what != What::Events) return done;
      out.text("change", "is_in");
    }
    if (data.size() == 0) {
      out.add("condition_empty");
      return condition_of(json, out);
    }
    return events();
  }

  static Decoded answer(const Json& json, EventBatch& out) {
    const auto code = json.has("return_code") ? json.find("return_code") : json.find("returnCode");
    if (code && !code.is_number()) return malformed("field \"return_code\" is not a number");
    if (code && code.text() != "0") return refusal(json, code, out);
    if (json.has("bid_req_base_tm")) return asked_book(json, out);
    if (const auto list = json.find("list"); list.is_array() && code) return listed(json, list, out);
    const auto* shape = shape_of(json, kAnswers);
    // A list that nobody knows is an answer that nobody knows, not a plain "done".
    bool lists = false;
    for (const auto member : json) lists |= member.is_array();
    if (!shape || (shape == &kOk && lists)) return unknown(members_of(json));
    return read_shape(json, *shape, out);
  }

  static Decoded refusal(const Json& json, const Json& code, EventBatch& out) {
    if (const auto twice = name_said_twice(json); !twice.empty()) return said_twice(twice);
    static constexpr Rule kCode{"return_code", "code", As::Integer};
    static constexpr Rule kMessage{"return_msg", "message", As::Text};
    out.add("refusal");
    if (auto done = read_value(code, kCode, out); done.what != What::Events) return done;
    const auto message = json.has("return_msg") ? json.find("return_msg") : json.find("returnMsg");
    return message ? read_value(message, kMessage, out) : malformed("field \"return_msg\" is missing");
  }

  /// ka10004: the book by REST, without the name of its instrument.
  static Decoded asked_book(const Json& json, EventBatch& out) {
    static constexpr Rule kTime{"bid_req_base_tm", "time_of_day", As::ClockKst};
    static constexpr Rule kTotals[] = {{"tot_sel_req", "ask_total", As::Magnitude},
                                       {"tot_buy_req", "bid_total", As::Magnitude}};
    out.add("book");
    if (auto done = read_value(json.find("bid_req_base_tm"), kTime, out); done.what != What::Events) return done;
    for (const auto& rule : kTotals) {
      const auto value = json.find(rule.key);
      if (!value) return malformed(fmt::format("field \"{}\" is missing", rule.key));
      if (auto done = read_value(value, rule, out); done.what != What::Events) return done;
    }
    const auto keys = [](std::string_view side) {
      return [side](int i) {
        return i == 0 ? std::pair{fmt::format("{}_fpr_bid", side), fmt::format("{}_fpr_req", side)}
                      : std::pair{fmt::format("{}_{}th_pre_bid", side, i + 1),
                                  fmt::format("{}_{}th_pre_req", side, i + 1)};
      };
    };
    if (const auto twice = name_said_twice(json); !twice.empty()) return said_twice(twice);
    for (const auto member : json) {
      const auto key = member.key();
      if (!key.starts_with("sel_") && !key.starts_with("buy_") && !key.starts_with("tot_") &&
          !key.starts_with("ovt_") && !key.starts_with("return_") && key != "bid_req_base_tm")
        out.unknown_fields.push_back(key);
    }
    return levels(json, keys("buy"), keys("sel"), out);
  }

  static Decoded listed(const Json& json, const Json& list, EventBatch& out) {
    if (const auto twice = name_said_twice(json); !twice.empty()) return said_twice(twice);
    for (const auto member : json)
      if (const auto key = member.key(); key != "list" && key != "return_code" && key != "return_msg")
        out.unknown_fields.push_back(key);
    for (const auto row : list) {
      const bool sector = row.has("group") && !row.has("listCount");
      if (auto done = read_shape(row, sector ? kSector : kListed, out); done.what != What::Events) return done;
    }
    return events();
  }

  /// What takes two members to say: whether an order's report is a fill, the day of a time of day.
  static Decoded finish(Event& event, UnixNanos received, EventBatch& out) {
    EventField* fields = out.fields.data() + event.first_field;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < event.fields; ++i) {
      auto field = fields[i];
      // KRX's codes stand behind an A in what belongs to an account.
      if (field.type == Type::Symbol && field.text.size() == 7 && field.text.front() == 'A')
        field.text.remove_prefix(1);
      if (field.name == "code" && event.kind != "sector" && event.kind != "refusal") continue;  // the item again
      if (field.name == "time_of_day" && received != kNoTime)
        field = {.name = "venue_time_ns", .type = Type::Time, .integer = near(*clock_kst(field.text), received)};
      fields[kept++] = field;
    }
    event.fields = kept;
    if (event.kind == "order" && out.find(event, "order_quantity")) return order(event, out);
    if (event.kind == "instrument" && out.find(event, "upper_limit")) return limits(event, out);
    return events();
  }

  static Decoded order(Event& event, EventBatch& out) {
    EventField* const fields = out.fields.data() + event.first_field;
    const auto field = [&](std::string_view name) -> EventField* {
      auto* const end = fields + event.fields;
      auto* const at = std::find_if(fields, end, [&](const EventField& f) { return f.name == name; });
      return at == end ? nullptr : at;
    };
    if (field("execution")->text == "filled") {
      auto* const price = field("last_price");
      auto* const quantity = field("last_quantity");
      if (!price || !quantity || !field("trade_id"))
        return malformed("a fill without its price (914), quantity (915) or number (909)");
      event.kind = "fill";
      price->name = "price";
      quantity->name = "quantity";
    } else {
      field("order_price")->name = "price";
      field("order_quantity")->name = "quantity";
    }
    return events();
  }

  /// A price outside the day's limits is no price: some printed examples have their values one name further on.
  static Decoded limits(const Event& event, EventBatch& out) {
    const auto at = [&](std::string_view name) { return parse_decimal(out.find(event, name)->text, 4); };
    const auto price = at("price"), low = at("lower_limit"), high = at("upper_limit");
    if (!price || !low || !high) return malformed("a price of more than four decimals");
    if (*low > *high || *price < *low || *price > *high)
      return malformed(fmt::format("the price {} is outside the day's limits {} and {}", out.find(event, "price")->text,
                                   out.find(event, "lower_limit")->text, out.find(event, "upper_limit")->text));
    return events();
  }

  JsonDocument document_;
};

}  // namespace

std::unique_ptr<Decoder> decoder() { return std::make_unique<KiwoomDecoder>(); }

}  // namespace stom::venues::kiwoom
