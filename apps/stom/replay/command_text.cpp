#include "replay/command_text.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <map>

namespace stom::replay {
namespace {

constexpr std::array<std::string_view, 15> kNames{
    "play",   "pause",  "speed",   "step_event",   "step_time",     "restart",      "pause_strategy", "resume_strategy",
    "submit", "cancel", "flatten", "jump_to_fill", "jump_to_order", "jump_to_time", "begin"};

/// The key may hold anything; in the line it is hex, so that it holds no space.
std::string to_hex(std::string_view text) {
  std::string hex;
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex;
}

std::string from_hex(std::string_view hex) {
  std::string text;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    text += static_cast<char>(value);
  }
  return text;
}

using Words = std::map<std::string_view, std::string_view>;

template <class T = std::int64_t>
T number(const Words& words, std::string_view name, bool& wrong) {
  T value = 0;
  const auto found = words.find(name);
  if (found == words.end()) return wrong = true, T{};
  const auto text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  wrong |= error != std::errc{} || end != text.data() + text.size();
  return value;
}

/// A number that must lie in 0..most: an enumeration or a flag.
template <class T>
T choice(const Words& words, std::string_view name, std::int64_t most, bool& wrong) {
  const std::int64_t value = number(words, name, wrong);
  wrong |= value < 0 || value > most;
  return static_cast<T>(wrong ? 0 : value);
}

}  // namespace

std::string to_text(const Command& c) {
  std::string text{kNames[static_cast<std::size_t>(c.kind)]};
  const NewOrder& o = c.order;
  switch (c.kind) {
    case Command::Kind::Speed:
      text += fmt::format(" milli={}", c.speed_milli);
      break;
    case Command::Kind::StepTime:
      text += fmt::format(" ns={}", c.step);
      break;
    case Command::Kind::JumpToTime:
      text += fmt::format(" ns={}", c.until);
      break;
    case Command::Kind::Cancel:
      text += fmt::format(" id={}", c.cancel);
      break;
    case Command::Kind::Flatten:
      text += fmt::format(" instrument={} pause={}", c.instrument, static_cast<int>(c.pause_strategy));
      break;
    case Command::Kind::Submit:
      text += fmt::format(
          " instrument={} side={} type={} tif={} post_only={} reduce_only={} quantity={} price={} trigger={}",
          o.instrument, static_cast<int>(o.side), static_cast<int>(o.type), static_cast<int>(o.time_in_force),
          static_cast<int>(o.post_only), static_cast<int>(o.reduce_only), o.quantity.value, o.price.value,
          o.trigger_price.value);
      break;
    default:
      break;
  }
  if (!c.key.empty())
    text += fmt::format(" key={} body={}", to_hex(c.key.view()), static_cast<std::int64_t>(c.body_hash));
  return text;
}

Result<Command> from_text(std::string_view text) {
  const std::string_view line = text;
  const auto word = [&] {
    const auto end = text.find(' ');
    const auto found = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return found;
  };
  const auto name = word();
  Words words;
  while (!text.empty()) {
    const auto pair = word();
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos) words[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  bool wrong = true;
  Command c;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] != name) continue;
    c.kind = static_cast<Command::Kind>(i);
    wrong = false;
  }
  NewOrder& o = c.order;
  switch (c.kind) {
    case Command::Kind::Speed:
      c.speed_milli = number(words, "milli", wrong);
      break;
    case Command::Kind::StepTime:
      c.step = number(words, "ns", wrong);
      break;
    case Command::Kind::JumpToTime:
      c.until = number(words, "ns", wrong);
      break;
    case Command::Kind::Cancel:
      c.cancel = number<ClientOrderId>(words, "id", wrong);  // of a bracket's order: the highest bit is set
      break;
    case Command::Kind::Flatten:
      c.instrument = number(words, "instrument", wrong);
      c.pause_strategy = choice<bool>(words, "pause", 1, wrong);
      break;
    case Command::Kind::Submit:
      o.instrument = choice<InstrumentIndex>(words, "instrument", 0xffff, wrong);
      o.side = choice<Side>(words, "side", 1, wrong);
      o.type = choice<OrderType>(words, "type", static_cast<int>(OrderType::TrailingStop), wrong);
      o.time_in_force = choice<TimeInForce>(words, "tif", static_cast<int>(TimeInForce::DAY), wrong);
      o.post_only = choice<bool>(words, "post_only", 1, wrong);
      o.reduce_only = choice<bool>(words, "reduce_only", 1, wrong);
      o.quantity.value = number(words, "quantity", wrong);
      o.price.value = number(words, "price", wrong);
      o.trigger_price.value = number(words, "trigger", wrong);
      break;
    default:
      break;
  }
  if (words.contains("key")) {
    c.key = Text<64>{from_hex(words["key"])};
    c.body_hash = static_cast<std::uint64_t>(number(words, "body", wrong));
  }
  if (wrong)
    return fail(Errc::BadData, fmt::format("the journal holds a command that is not one: {}", line),
                "begin another session: --session NAME");
  return c;
}

}  // namespace stom::replay
