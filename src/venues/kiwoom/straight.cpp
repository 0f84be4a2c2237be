#include "venues/kiwoom/straight.hpp"

#include <string>

#include "venues/kiwoom/messages.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::kiwoom {
namespace {

using straight::Reader;

enum Wanted : int { kPrice, kQuantity, kTradeWanted };

// A ten-level book (0D): of each level the ask, its size, the bid, its size.
constexpr unsigned kLevels = 10;
constexpr std::size_t kBookWanted = 4 * kLevels;

constexpr std::string_view kTradeType = R"("type":"0B","name":"주식체결","item":")";
constexpr std::string_view kBookType = R"("type":"0D","name":"주식호가잔량","item":")";

}  // namespace

Straight::Straight() {
  for (const Rule& rule : kTradeRules)
    trade_.add(rule.key, rule.as, rule.need,
               rule.name == "price"      ? kPrice
               : rule.name == "quantity" ? kQuantity
                                         : StraightValues::kUnread);

  // The book's members in the order of the venue's documents.
  const auto add = [&](unsigned number, As as = As::Skip, unsigned need = kMust, int slot = StraightValues::kUnread) {
    book_.add(std::to_string(number), as, need, slot);
  };
  const auto add_all = [&](unsigned from, unsigned to) {
    for (unsigned number = from; number <= to; ++number) add(number);
  };
  add(21, As::ClockKst);
  int slot = 0;
  for (unsigned i = 0; i < kLevels; ++i) {
    add(41 + i, As::Magnitude, kMust, slot++);
    add(61 + i, As::Decimal, kMust, slot++);
    add(81 + i);
    add(51 + i, As::Magnitude, kMust, slot++);
    add(71 + i, As::Decimal, kMust, slot++);
    add(91 + i);
  }
  add(121, As::Magnitude);
  add(122);
  add(125, As::Magnitude);
  add(126);
  add(23, As::Magnitude, kBlank);
  add(24, As::Magnitude, kBlank);
  for (const unsigned number : {128u, 129u, 138u, 139u, 200u, 201u, 238u}) add(number);
  add_all(291, 295);
  for (unsigned i = 0; i < kLevels; ++i) {
    add(621 + i);
    add(631 + i);
  }
  for (const unsigned number : {13u, 299u, 215u, 216u}) add(number);
  add_all(6044, 6087);
  add_all(6100, 6115);
}

std::span<const Straight::Entry> Straight::read(std::string_view frame, UnixNanos received) {
  entries_.clear();
  levels_.clear();
  Reader in{frame.data(), frame.data() + frame.size()};
  if (received == kNoTime) return {};
  const bool name_first = in.take("{\"trnm\":\"REAL\",\"data\":[");
  if (!name_first && !in.take("{\"data\":[")) return {};
  do {
    if (!read_entry(in, received)) return {};
  } while (in.take(','));
  if (!in.take(name_first ? std::string_view{"]}"} : std::string_view{"],\"trnm\":\"REAL\"}"}) || in.at != in.end)
    return {};
  return entries_;
}

/// `{"type":…,"name":…,"item":…,"values":{…}}`, the values last or first: the venue's documents and its servers differ.
bool Straight::read_entry(Reader& in, UnixNanos received) {
  enum class Kind : std::uint8_t { None, Trade, Book };
  Entry entry;
  const auto kind_told = [&] {
    const Kind kind = in.take(kTradeType) ? Kind::Trade : in.take(kBookType) ? Kind::Book : Kind::None;
    // Behind an A stands a code of an account's messages, which the decoder strips of it.
    return in.string(entry.item) && !entry.item.empty() && entry.item.front() != 'A' ? kind : Kind::None;
  };
  const auto kind_of_values = [&] {
    if (!in.take("\"values\":{")) return Kind::None;
    // A trade begins with its time; a book has another number for it.
    const std::string_view rest{in.at, static_cast<std::size_t>(in.end - in.at)};
    if (rest.starts_with("\"20\":")) return read_trade(in, entry, received) ? Kind::Trade : Kind::None;
    return read_book(in, entry, received) ? Kind::Book : Kind::None;
  };
  if (!in.take('{')) return false;
  const bool values_first = std::string_view{in.at, static_cast<std::size_t>(in.end - in.at)}.starts_with("\"values\"");
  const Kind first = values_first ? kind_of_values() : kind_told();
  if (first == Kind::None || !in.take(',')) return false;
  const Kind second = values_first ? kind_told() : kind_of_values();
  if (second != first || !in.take('}')) return false;
  entry.book = first == Kind::Book;
  entries_.push_back(entry);
  return true;
}

bool Straight::read_trade(Reader& in, Entry& entry, UnixNanos received) {
  std::array<std::int64_t, kTradeWanted> number;
  StraightValues::Told told;
  if (!trade_.read(in, number, told)) return false;
  entry.time = near(told.clock, received);
  entry.flags = told.taken == '+' ? 0 : told.taken == '-' ? kSellAggressor : kNoAggressor;
  entry.first_level = static_cast<std::uint32_t>(levels_.size());
  entry.bids = 1;
  levels_.push_back({Price{number[kPrice]}, Quantity{number[kQuantity]}});
  return true;
}

bool Straight::read_book(Reader& in, Entry& entry, UnixNanos received) {
  std::array<std::int64_t, kBookWanted> number;
  StraightValues::Told told;
  if (!book_.read(in, number, told)) return false;
  entry.time = near(told.clock, received);
  entry.first_level = static_cast<std::uint32_t>(levels_.size());
  const auto side = [&](std::size_t from, std::uint32_t& count) {
    for (std::size_t i = from; i < kBookWanted; i += 4) {
      if (number[i] == 0) continue;  // a level that is not there
      levels_.push_back({Price{number[i]}, Quantity{number[i + 1]}});
      ++count;
    }
  };
  side(2, entry.bids);
  side(0, entry.asks);
  return true;
}

bool Straight::append(const Entry& entry, Decimals decimals, UnixNanos received, MessageBatch& out) const {
  Message m;
  m.receive_time = received;
  m.event_time = entry.time;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  m.kind = entry.book ? MessageKind::Snapshot : MessageKind::Trade;
  m.flags = entry.flags;
  m.bids = entry.bids;
  m.asks = entry.asks;
  for (const Level& whole : std::span{levels_}.subspan(entry.first_level, entry.bids + entry.asks)) {
    Level level;
    if (__builtin_mul_overflow(whole.price.value, power_of_ten(decimals.price), &level.price.value) ||
        __builtin_mul_overflow(whole.quantity.value, power_of_ten(decimals.quantity), &level.quantity.value)) {
      out.levels.resize(m.first_level);
      return false;
    }
    out.levels.push_back(level);
  }
  out.messages.push_back(m);
  return true;
}

}  // namespace stom::venues::kiwoom
