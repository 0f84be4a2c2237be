#include "venues/kiwoom/straight.hpp"

#include <charconv>

#include "core/assert.hpp"
#include "venues/kiwoom/messages.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::kiwoom {
namespace {

using straight::Reader;

enum Wanted : std::size_t { kTime, kPrice, kQuantity, kTaker, kWanted };
constexpr std::array<std::string_view, kWanted> kNames = {"time_of_day", "price", "quantity", "side"};

// A ten-level book (0D) as the venue's documents order its members.
constexpr std::size_t kLevels = 10, kBookMembers = 180, kLevelValues = 4 * kLevels;
constexpr std::size_t kBookWanted = 1 + kLevelValues;  // the time; asks, their sizes, bids, their sizes

struct BookTable {
  std::array<char, 5 * kBookMembers> digits{};  // the numbers as text: what the rules' keys point to
  std::array<char, 3 * kBookWanted> name_digits{};
  std::array<Rule, kBookMembers> rules{};
  std::array<std::string_view, kBookWanted> names{};
  std::size_t size = 0;
};

std::string_view text_of(unsigned number, char* at) {
  char* const end = std::to_chars(at, at + 5, number).ptr;
  return {at, static_cast<std::size_t>(end - at)};
}

const BookTable& book_table() {
  static const BookTable table = [] {
    static BookTable t;  // where it stays: its texts lie within
    std::size_t wanted = 0;
    const auto want = [&] {
      t.names[wanted] = text_of(static_cast<unsigned>(wanted), &t.name_digits[3 * wanted]);
      return t.names[wanted++];
    };
    const auto add = [&](unsigned number, As as = As::Skip, unsigned need = kMust, std::string_view name = {}) {
      STOM_ASSERT(t.size < kBookMembers);
      t.rules[t.size] = {text_of(number, &t.digits[5 * t.size]), name, as, need};
      ++t.size;
    };
    const auto add_all = [&](unsigned from, unsigned to) {
      for (unsigned number = from; number <= to; ++number) add(number);
    };
    add(21, As::ClockKst, kMust, want());
    for (unsigned i = 0; i < kLevels; ++i) {
      add(41 + i, As::Magnitude, kMust, want());
      add(61 + i, As::Decimal, kMust, want());
      add(81 + i);
      add(51 + i, As::Magnitude, kMust, want());
      add(71 + i, As::Decimal, kMust, want());
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
    return t;
  }();
  return table;
}

constexpr std::string_view kTradeType = R"("type":"0B","name":"주식체결","item":")";
constexpr std::string_view kBookType = R"("type":"0D","name":"주식호가잔량","item":")";

}  // namespace

Straight::Straight()
    : trade_{kTradeRules, kNames}, book_{std::span{book_table().rules}.first(book_table().size), book_table().names} {}

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
  std::array<std::string_view, kWanted> text;
  if (!trade_.read(in, text)) return false;
  entry.time = near(*clock_kst(text[kTime]), received);
  entry.price = text[kPrice];
  entry.quantity = text[kQuantity];
  entry.side = text[kTaker];
  return !entry.price.empty() && !entry.quantity.empty();
}

bool Straight::read_book(Reader& in, Entry& entry, UnixNanos received) {
  std::array<std::string_view, kBookWanted> text;
  if (!book_.read(in, text)) return false;
  entry.time = near(*clock_kst(text[0]), received);
  entry.first_level = static_cast<std::uint32_t>(levels_.size());
  const auto side = [&](std::size_t from, std::uint32_t& count) {
    for (std::size_t i = from; i < kBookWanted; i += 4) {
      Level level;
      if (!straight::number_of(text[i], 0, level.price.value) ||
          !straight::number_of(text[i + 1], 0, level.quantity.value))
        return false;
      if (level.price.value == 0) continue;  // a level that is not there
      levels_.push_back(level);
      ++count;
    }
    return true;
  };
  return side(3, entry.bids) && side(1, entry.asks);
}

bool Straight::append(const Entry& entry, Decimals decimals, UnixNanos received, MessageBatch& out) const {
  Message m;
  m.receive_time = received;
  m.event_time = entry.time;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  if (entry.book) {
    m.kind = MessageKind::Snapshot;
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
  } else {
    Level level;
    m.kind = MessageKind::Trade;
    m.bids = 1;
    m.flags = entry.side.empty() ? kNoAggressor : entry.side == "sell" ? kSellAggressor : 0;
    if (!straight::number_of(entry.price, decimals.price, level.price.value) ||
        !straight::number_of(entry.quantity, decimals.quantity, level.quantity.value))
      return false;
    out.levels.push_back(level);
  }
  out.messages.push_back(m);
  return true;
}

}  // namespace stom::venues::kiwoom
