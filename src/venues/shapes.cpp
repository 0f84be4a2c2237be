#include "venues/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <charconv>

#include "core/decimal.hpp"

namespace stom::venues {
namespace {

using Type = EventField::Type;
constexpr std::size_t kMostRules = 320;
constexpr std::uint32_t kFewMembers = 64;  // of an object, compared with each other faster than sorted

std::string_view short_of(std::string_view text) { return text.substr(0, 40); }

Decoded wrong_type(const Rule& rule, std::string_view wanted) {
  return malformed(fmt::format("field \"{}\" is not {}", rule.key, wanted));
}

bool is_blank(std::string_view text) { return text.find_first_not_of(' ') == std::string_view::npos; }

Decoded read_decimal(std::string_view text, const Rule& rule, bool strict, bool may_be_negative, bool magnitude,
                     EventBatch& out) {
  if (strict && decimals_of(text) < 0)
    return malformed(fmt::format("field \"{}\" is '{}': not a plain decimal", rule.key, short_of(text)));
  auto value = canonical_decimal(text, out);
  if (value.empty()) return malformed(fmt::format("field \"{}\" is '{}': not a number", rule.key, short_of(text)));
  if (value.starts_with('-')) {
    if (magnitude)
      value.remove_prefix(1);
    else if (!may_be_negative)
      return malformed(fmt::format("field \"{}\" is {}: it is never negative", rule.key, short_of(text)));
  }
  out.put(rule.name, Type::Decimal, value);
  return events();
}

bool whole_number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

Decoded read_milliseconds(std::string_view text, const Rule& rule, EventBatch& out) {
  std::int64_t ms = 0;
  if (!whole_number(text, ms)) return wrong_type(rule, "a whole number of milliseconds");
  if ((rule.need & kMayBeNone) && (ms == 0 || ms == -1)) return events();
  if (ms < 0 || ms > INT64_MAX / kMillisecond)
    return malformed(fmt::format("field \"{}\" is {}: no such time in milliseconds", rule.key, short_of(text)));
  out.put(rule.name, Type::Time, ms * kMillisecond);
  return events();
}

void take_over(EventBatch& out, std::size_t parent, std::size_t from) {
  static constexpr std::string_view kTakenOver[] = {"instrument", "venue_time_ns", "sent_time_ns",
                                                    "side",       "order_id",      "client_order_id"};
  const auto copy = [&](const Event& child, const EventField& field) {
    return std::ranges::find(kTakenOver, field.name) != std::end(kTakenOver) && !out.find(child, field.name);
  };
  // Fields of an event lie together, so those taken over are put behind a copy of its own.
  for (std::size_t i = from; i < out.events.size(); ++i) {
    const Event above = out.events[parent];
    const auto wanted =
        std::count_if(out.fields.begin() + above.first_field, out.fields.begin() + above.first_field + above.fields,
                      [&](const EventField& field) { return copy(out.events[i], field); });
    if (wanted == 0) continue;
    const auto first = static_cast<std::uint32_t>(out.fields.size());
    for (std::uint32_t k = 0; k < out.events[i].fields; ++k) {
      const auto field = out.fields[out.events[i].first_field + k];
      out.fields.push_back(field);
    }
    for (std::uint32_t k = 0; k < above.fields; ++k) {
      const auto field = out.fields[above.first_field + k];
      if (copy(out.events[i], field)) out.fields.push_back(field);
    }
    out.events[i].first_field = first;
    out.events[i].fields = static_cast<std::uint32_t>(out.fields.size()) - first;
  }
}

/// The members of `object` into the newest event; lists are for later.
Decoded read_members(const Json& object, const Shape& shape, EventBatch& out,
                     std::vector<std::pair<const Rule*, Json>>& lists) {
  std::bitset<kMostRules> seen;
  std::size_t hint = 0;  // venues write members in one order, mostly the table's
  for (const auto member : object) {
    const auto key = member.key();
    std::size_t at = hint;
    const auto named = [&](const Rule& rule) { return rule.key == key || (rule.brief == key && !key.empty()); };
    if (at >= shape.rules.size() || !named(shape.rules[at])) {
      at = static_cast<std::size_t>(std::ranges::find_if(shape.rules, named) - shape.rules.begin());
      if (at == shape.rules.size()) {
        out.unknown_fields.push_back(key);
        continue;
      }
    }
    hint = at + 1;
    const Rule& rule = shape.rules[at];
    if (seen[at]) return said_twice(key);
    seen.set(at);
    if (rule.as == As::Skip) continue;
    if (member.is_null()) {
      if (rule.need & kMayBeNull) continue;
      return malformed(fmt::format("field \"{}\" is null", rule.key));
    }
    if (rule.as == As::List) {
      if (!member.is_array()) return wrong_type(rule, "a list");
      lists.emplace_back(&rule, member);
      continue;
    }
    if (rule.as == As::Object) {
      if (!member.is_object()) return wrong_type(rule, "an object");
      if (auto done = read_members(member, *rule.shape, out, lists); done.what != Decoded::What::Events) return done;
      continue;
    }
    if (auto done = read_value(member, rule, out); done.what != Decoded::What::Events) return done;
  }
  for (std::size_t i = 0; i < shape.rules.size(); ++i)
    if (!seen[i] && !(shape.rules[i].need & kMayMiss) && shape.rules[i].as != As::Skip)
      return malformed(fmt::format("field \"{}\" is missing", shape.rules[i].key));
  return events();
}

}  // namespace

std::optional<DurationNanos> clock_kst(std::string_view text) {
  std::int64_t number = 0;
  if (text.size() != 6 || text.front() == '-' || !whole_number(text, number)) return std::nullopt;
  return clock_kst(static_cast<std::uint32_t>(number));
}

std::optional<DurationNanos> clock_kst(std::uint32_t digits) {
  const auto hour = digits / 10000, minute = digits / 100 % 100, second = digits % 100;
  if (hour > 24 || minute > 59 || second > 59) return std::nullopt;  // 24: what a venue may write at midnight
  return (hour * 3600 + minute * 60 + second) * kSecond;
}

UnixNanos stamp_kst(std::string_view text) {
  std::int64_t day = 0;
  if ((text.size() != 8 && text.size() != 14) || text.front() == '-' || !whole_number(text.substr(0, 8), day))
    return kNoTime;
  const auto date = parse_day(fmt::format("{:04}-{:02}-{:02}", day / 10000, day / 100 % 100, day % 100));
  const auto clock = text.size() == 8 ? std::optional<DurationNanos>{0} : clock_kst(text.substr(8));
  return date && clock ? start_of_day(*date) + *clock - kSeoul : kNoTime;
}

UnixNanos near(DurationNanos clock_kst, UnixNanos received) {
  const auto midnight = start_of_day(day_of(received + kSeoul)) - kSeoul;
  const auto same_day = midnight + clock_kst;
  return same_day - received > kDay / 2 ? same_day - kDay : received - same_day > kDay / 2 ? same_day + kDay : same_day;
}

Decoded unknown(std::string text) {
  return {Decoded::What::Unknown, text.empty() ? "a message whose name is empty" : std::move(text)};
}
Decoded malformed(std::string text) { return {Decoded::What::Malformed, std::move(text)}; }

Decoded read_value(const Json& value, const Rule& rule, EventBatch& out) {
  const auto text = value.text();
  if (value.is_string() && (rule.need & kMayBeEmpty) && is_blank(text)) return events();
  switch (rule.as) {
    case As::Skip:
    case As::Object:
    case As::List:
      return events();
    case As::Text:
      if (!value.is_string()) return wrong_type(rule, "a string");
      out.put(rule.name, Type::Text, text);
      return events();
    case As::Symbol:
      if (!value.is_string() || text.empty()) return wrong_type(rule, "the name of an instrument");
      out.put(rule.name, Type::Symbol, text);
      return events();
    case As::Id:
    case As::AnyId: {
      if (!value.is_number() && !(rule.as == As::AnyId && value.is_string())) return wrong_type(rule, "an id");
      std::int64_t number = 0;
      if (value.is_number() && !whole_number(text, number)) return wrong_type(rule, "a whole number");
      const bool none = value.is_number() ? number == 0 || number == -1 : text == "0" || text == "-1";
      if ((rule.need & kMayBeNone) && none) return events();
      out.put(rule.name, Type::Text, text);
      return events();
    }
    case As::Decimal:
    case As::Signed:
      if (!value.is_string()) return wrong_type(rule, "a decimal in a string");
      return read_decimal(text, rule, true, rule.as == As::Signed, false, out);
    case As::Number:
    case As::SignedNumber:
      if (!value.is_number()) return wrong_type(rule, "a number");
      return read_decimal(text, rule, false, rule.as == As::SignedNumber, false, out);
    case As::Amount:
    case As::SignedAmount:
      if (!value.is_string() && !value.is_number()) return wrong_type(rule, "a number");
      return read_decimal(text, rule, value.is_string(), rule.as == As::SignedAmount, false, out);
    case As::Magnitude:
    case As::Directed:
      if (!value.is_string()) return wrong_type(rule, "a number in a string");
      return read_decimal(text, rule, false, true, rule.as == As::Magnitude, out);
    case As::TakenQuantity: {
      if (!value.is_string()) return wrong_type(rule, "a number in a string");
      if (auto done = read_decimal(text, rule, false, true, true, out); done.what != Decoded::What::Events) return done;
      const auto sign = text.find_first_not_of(' ');
      if (text[sign] == '+') out.put("side", Type::Text, "buy");
      if (text[sign] == '-') out.put("side", Type::Text, "sell");
      return events();
    }
    case As::Integer:
    case As::Count: {
      std::int64_t number = 0;
      if (!value.is_number() || !whole_number(text, number)) return wrong_type(rule, "a whole number of 64 bits");
      if ((rule.need & kMayBeNone) && (number == 0 || number == -1)) return events();
      if (rule.as == As::Count && number < 0)
        return malformed(fmt::format("field \"{}\" is {}: it is never negative", rule.key, number));
      out.put(rule.name, Type::Integer, number);
      return events();
    }
    case As::Ms:
      if (!value.is_number()) return wrong_type(rule, "a whole number of milliseconds");
      return read_milliseconds(text, rule, out);
    case As::MsText:
      if (!value.is_string()) return wrong_type(rule, "a whole number of milliseconds in a string");
      return read_milliseconds(text, rule, out);
    case As::AnyMs:
      if (!value.is_number() && !value.is_string()) return wrong_type(rule, "a whole number of milliseconds");
      return read_milliseconds(text, rule, out);
    case As::Iso: {
      const auto time = value.is_string() ? parse_time(text) : Result<UnixNanos>{fail(Errc::BadData, {}, {})};
      if (!time) return wrong_type(rule, "a time");
      out.put(rule.name, Type::Time, *time);
      return events();
    }
    case As::ClockKst:
      if (!value.is_string() || !clock_kst(text)) return wrong_type(rule, "a time of day (HHMMSS)");
      out.put(rule.name, Type::Text, text);
      return events();
    case As::StampKst: {
      const auto time = value.is_string() ? stamp_kst(text) : kNoTime;
      if (time == kNoTime) return wrong_type(rule, "a date (YYYYMMDD), or one with a time (HHMMSS)");
      out.put(rule.name, Type::Time, time);
      return events();
    }
    case As::Bool:
      if (!value.is_bool()) return wrong_type(rule, "true or false");
      out.put(rule.name, Type::Bool, std::int64_t{value.is(Json::Kind::True)});
      return events();
    case As::BoolText:
      if (!value.is_string() || (text != "true" && text != "false")) return wrong_type(rule, "\"true\" or \"false\"");
      out.put(rule.name, Type::Bool, std::int64_t{text == "true"});
      return events();
    case As::Word: {
      if (!value.is_string()) return wrong_type(rule, "a string");
      const auto word = std::ranges::find(rule.words, text, &Term::venue);
      if (word == rule.words.end()) return unknown(fmt::format("{} {}", rule.key, short_of(text)));
      if (!word->ours.empty()) out.put(rule.name, Type::Text, word->ours);
      return events();
    }
  }
  return events();
}

Decoded read_shape(const Json& object, const Shape& shape, EventBatch& out) {
  if (!object.is_object()) return malformed("not an object where one was expected");
  std::vector<std::pair<const Rule*, Json>> lists;
  const std::size_t self = out.events.size();
  out.add(shape.kind);
  if (auto done = read_members(object, shape, out, lists); done.what != Decoded::What::Events) return done;
  for (const auto& [rule, list] : lists) {
    const std::size_t from = out.events.size();
    if (auto done = read_shapes(list, *rule->shape, out); done.what != Decoded::What::Events) return done;
    take_over(out, self, from);
  }
  if (shape.kind.empty()) out.events.erase(out.events.begin() + static_cast<std::ptrdiff_t>(self));
  return events();
}

Decoded read_shapes(const Json& array, const Shape& shape, EventBatch& out) {
  for (const auto item : array) {
    if (item.is_object() && item.size() == 0) continue;
    if (auto done = read_shape(item, shape, out); done.what != Decoded::What::Events) return done;
  }
  return events();
}

std::string members_of(const Json& json) {
  std::string text;
  for (const auto member : json) {
    if (text.size() > 60) return text + ",…";
    text += (text.empty() ? "" : ",") + std::string{short_of(member.key())};
  }
  return text.empty() ? "an empty object" : text;
}

std::string_view name_said_twice(const Json& object) {
  if (!object.is_object()) return {};
  if (object.size() > kFewMembers) {
    std::vector<std::string_view> names;
    for (const auto member : object) names.push_back(member.key());
    std::ranges::sort(names);
    const auto twice = std::ranges::adjacent_find(names);
    return twice == names.end() ? std::string_view{} : *twice;
  }
  std::uint32_t at = 0;
  for (const auto member : object) {
    std::uint32_t before = 0;
    for (const auto other : object) {
      if (before++ == at) break;
      if (other.key() == member.key()) return member.key();
    }
    ++at;
  }
  return {};
}

Decoded said_twice(std::string_view name) { return malformed(fmt::format("field \"{}\" comes twice", short_of(name))); }

const Shape* shape_of(const Json& object, std::span<const Known> known) {
  for (const auto& [keys, shape, most] : known)
    if (object.size() <= most && std::ranges::all_of(keys, [&](std::string_view key) { return object.has(key); }))
      return shape;
  return nullptr;
}

}  // namespace stom::venues
