#include "venues/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "core/kept_room.hpp"

namespace stom::venues {
namespace {
constexpr std::size_t kUsual = 1024;  // of each, in a message: an account's lists of a long day have more
}  // namespace

void EventBatch::clear() {
  clear_to_usual(events, kUsual);
  clear_to_usual(fields, kUsual);
  clear_to_usual(levels, kUsual);
  clear_to_usual(unknown_fields, kUsual);
  texts_.clear();
}

Event& EventBatch::add(std::string_view kind) {
  events.push_back({.kind = kind,
                    .first_field = static_cast<std::uint32_t>(fields.size()),
                    .first_level = static_cast<std::uint32_t>(levels.size())});
  return events.back();
}

void EventBatch::put(std::string_view name, EventField::Type type, std::string_view text) {
  fields.push_back({.name = name, .type = type, .text = text});
  ++events.back().fields;
}
void EventBatch::put(std::string_view name, EventField::Type type, std::int64_t integer) {
  fields.push_back({.name = name, .type = type, .integer = integer});
  ++events.back().fields;
}

const EventField* EventBatch::find(const Event& event, std::string_view name) const {
  const auto from = fields.begin() + event.first_field, to = from + event.fields;
  const auto at = std::find_if(from, to, [&](const EventField& field) { return field.name == name; });
  return at == to ? nullptr : &*at;
}

std::string_view EventBatch::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

void EventBatch::rewind(const Mark& mark) {
  events.resize(mark.events);
  fields.resize(mark.fields);
  levels.resize(mark.levels);
  unknown_fields.resize(mark.unknown);
}

std::string_view canonical_decimal(std::string_view text, EventBatch& batch) {
  constexpr std::size_t kMostDigits = 40;
  while (text.starts_with(' ')) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  const std::string_view with_sign = text;
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto digits_of = [](std::string_view from) {
    return static_cast<std::size_t>(std::ranges::find_if(from, [](char c) { return c < '0' || c > '9'; }) -
                                    from.begin());
  };
  const std::string_view body = text;
  std::string_view whole = text.substr(0, digits_of(text));
  text.remove_prefix(whole.size());
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = text.substr(0, digits_of(text));
    if (fraction.empty()) return {};
    text.remove_prefix(fraction.size());
  }
  if (whole.empty()) return {};
  int exponent = 0;
  if (!text.empty()) {
    if (text.front() != 'e' && text.front() != 'E') return {};
    text.remove_prefix(1);
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || end != text.data() + text.size() || exponent < -40 || exponent > 40) return {};
  }
  if (exponent == 0) {
    std::size_t zeros = 0;
    for (; whole.size() > 1 && whole.front() == '0'; ++zeros) whole.remove_prefix(1);
    while (fraction.ends_with('0')) fraction.remove_suffix(1);
    if (whole.size() + fraction.size() > kMostDigits) return {};
    if (whole == "0" && fraction.empty()) return whole;
    // The digits stand in one piece in the text; the sign before them too, unless zeros came between.
    const std::size_t length = whole.size() + (fraction.empty() ? 0 : 1 + fraction.size());
    if (!negative) return body.substr(zeros, length);
    if (zeros == 0) return with_sign.substr(0, length + 1);
    return batch.keep(fmt::format("-{}", body.substr(zeros, length)));
  }
  std::string digits{whole};
  digits += fraction;
  auto point = static_cast<std::ptrdiff_t>(whole.size()) + exponent;
  if (point <= 0) digits.insert(0, static_cast<std::size_t>(1 - point), '0'), point = 1;
  if (const auto size = static_cast<std::size_t>(point); size > digits.size()) digits.append(size - digits.size(), '0');
  std::string plain = digits.substr(0, static_cast<std::size_t>(point));
  if (const auto rest = digits.substr(static_cast<std::size_t>(point)); !rest.empty()) plain += "." + rest;
  if (negative) plain.insert(0, 1, '-');
  return canonical_decimal(batch.keep(std::move(plain)), batch);
}

namespace {

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

void append_levels(std::string& out, std::string_view name, const LevelText* from, std::uint32_t count) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":[", name);
  for (std::uint32_t i = 0; i < count; ++i)
    fmt::format_to(std::back_inserter(out), "{}[\"{}\",\"{}\"]", i ? "," : "", from[i].price, from[i].quantity);
  out += ']';
}

}  // namespace

std::string to_json(const EventBatch& batch, std::string_view venue) {
  using Type = EventField::Type;
  std::string out = "{\"events\":[";
  bool first = true;
  for (const auto& event : batch.events) {
    if (!first) out += ',';
    first = false;
    fmt::format_to(std::back_inserter(out), "{{\"kind\":\"{}\"", event.kind);
    for (std::uint32_t i = 0; i < event.fields; ++i) {
      const auto& field = batch.fields[event.first_field + i];
      fmt::format_to(std::back_inserter(out), ",\"{}\":", field.name);
      switch (field.type) {
        case Type::Text:
        case Type::Decimal:
          append_string(out, field.text);
          break;
        case Type::Symbol:
          append_string(out, fmt::format("{}:{}", venue, field.text));
          break;
        case Type::Integer:
        case Type::Time:
          fmt::format_to(std::back_inserter(out), "{}", field.integer);
          break;
        case Type::Bool:
          out += field.integer ? "true" : "false";
          break;
      }
    }
    if (event.has_levels) {
      append_levels(out, "bids", batch.levels.data() + event.first_level, event.bids);
      append_levels(out, "asks", batch.levels.data() + event.first_level + event.bids, event.asks);
    }
    out += '}';
  }
  out += ']';
  if (!batch.unknown_fields.empty()) {
    out += ",\"unknown_fields\":[";
    for (std::size_t i = 0; i < batch.unknown_fields.size(); ++i) {
      if (i) out += ',';
      append_string(out, batch.unknown_fields[i]);
    }
    out += ']';
  }
  return out += '}';
}

}  // namespace stom::venues
