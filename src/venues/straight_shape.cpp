#include "venues/straight_shape.hpp"

#include <algorithm>
#include <cstring>

#include "core/assert.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::straight {
namespace {

constexpr std::size_t kWord = 8;  // bytes of a key that are compared at once

std::uint64_t word_at(const char* text) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, kWord);
  return bytes;
}

/// Digits with at most one point between them, of any length that the full parser takes.
bool is_plain(std::string_view text) {
  constexpr std::size_t kMost = 40;
  const auto point = text.find('.');
  return !text.empty() && text.size() <= kMost && text.find_first_not_of("0123456789.") == text.npos &&
         (point == text.npos || (point != 0 && point + 1 != text.size() && text.find('.', point + 1) == text.npos));
}

/// A value that nobody reads.
bool skip(Reader& in) {
  if (in.take('"')) return in.skip_string();
  if (in.take("true") || in.take("false") || in.take("null")) return true;
  in.take('-');
  return in.skip_number();
}

}  // namespace

Members::Members(std::span<const Rule> rules, std::span<const std::string_view> wanted) : rules_{rules} {
  STOM_ASSERT(wanted.size() < 128);
  const auto slot_of = [&](std::string_view name) {
    const auto at = std::ranges::find(wanted, name);
    return static_cast<std::int8_t>(at == wanted.end() || name.empty() ? -1 : at - wanted.begin());
  };
  for (const Rule& rule : rules) {
    const std::string text = '"' + std::string{rule.key} + "\":";
    char begin[kWord]{};
    const std::size_t n = std::min(text.size(), kWord);
    std::copy_n(text.begin(), n, begin);
    Member m;
    m.first = word_at(begin);
    m.mask = n == kWord ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * n) - 1;
    m.at = static_cast<std::uint16_t>(keys_.size());
    m.length = static_cast<std::uint8_t>(text.size());
    m.rule = static_cast<std::uint16_t>(members_.size());
    m.slot = slot_of(rule.name);
    m.may_miss = (rule.need & kMayMiss) != 0 || rule.as == As::Skip;
    m.may_be_empty = (rule.need & kMayBeEmpty) != 0;
    switch (rule.as) {
      case As::Skip:
        m.check = Check::Any;
        break;
      case As::Text:
      case As::Symbol:
        m.check = Check::Text;
        break;
      case As::Number:
        m.check = Check::Number;
        break;
      case As::TakenQuantity:
        m.side_slot = slot_of("side");
        [[fallthrough]];
      case As::Magnitude:
      case As::Directed:
        m.check = Check::QuotedNumber;
        m.may_have_sign = true;
        break;
      case As::Decimal:
        m.check = Check::QuotedNumber;
        break;
      case As::Id:
        // What such a rule may take for "none" is the full parser's to know.
        m.check = (rule.need & kMayBeNone) != 0 ? Check::Never : Check::Whole;
        break;
      case As::ClockKst:
        m.check = Check::Clock;
        break;
      case As::Word:
        m.check = Check::Word;
        break;
      default:
        m.check = Check::Never;
    }
    keys_ += text;
    members_.push_back(m);
  }
}

/// By eight bytes at a time, the last of which overlap where the length is not a multiple.
[[gnu::always_inline]] inline bool Members::at_member(const Reader& in, const Member& member) const {
  const std::size_t n = member.length;
  if (static_cast<std::size_t>(in.end - in.at) < std::max(kWord, n)) return false;
  if ((word_at(in.at) & member.mask) != member.first) return false;
  for (std::size_t at = kWord; at < n; at += kWord) {
    const std::size_t from = std::min(at, n - kWord);
    if (word_at(in.at + from) != word_at(keys_.data() + member.at + from)) return false;
  }
  return true;
}

[[gnu::always_inline]] inline bool Members::read_value(Reader& in, const Member& member,
                                                       std::span<std::string_view> values) const {
  std::string_view text;
  switch (member.check) {
    case Check::Any:
      return skip(in);
    case Check::Never:
      return false;
    case Check::Number:
      if (!in.json_number(text)) return false;
      break;
    case Check::Whole: {
      std::int64_t ignored = 0;
      const char* const from = in.at;
      if (!in.whole(ignored)) return false;
      text = {from, static_cast<std::size_t>(in.at - from)};
      break;
    }
    case Check::QuotedNumber: {
      if (!in.take('"')) return false;
      const bool plus = member.may_have_sign && in.take('+'), minus = member.may_have_sign && !plus && in.take('-');
      if (!in.plain_string(text)) {
        if (!in.string(text)) return false;
        if (text.empty() && !plus && !minus) return member.may_be_empty;
        if (!is_plain(text)) return false;
      }
      if (member.side_slot >= 0 && (plus || minus))
        values[static_cast<std::size_t>(member.side_slot)] = plus ? "buy" : "sell";
      break;
    }
    case Check::Text:
    case Check::Clock:
    case Check::Word:
      if (!in.take('"') || !in.string(text)) return false;
      if (text.empty()) return member.may_be_empty;
      if (member.check == Check::Clock && !clock_kst(text)) return false;
      if (member.check == Check::Word) {
        const auto words = rules_[member.rule].words;
        const auto word = std::ranges::find(words, text, &Term::venue);
        if (word == words.end()) return false;
        text = word->ours;
      }
  }
  if (member.slot >= 0) values[static_cast<std::size_t>(member.slot)] = text;
  return true;
}

/// Most members of long messages: a short string that nobody reads, with room behind it. False where it is another.
[[gnu::always_inline]] inline bool Members::skip_quickly(Reader& in, const Member& member) {
  constexpr std::ptrdiff_t kRoom = 48;  // key, quotes and sixteen bytes
  if (member.check != Check::Any || member.length > kWord || in.end - in.at < kRoom) return false;
  const char* const value = in.at + member.length;
  if ((word_at(in.at) & member.mask) != member.first || *value != '"') return false;
  const __m128i bytes = load(value + 1);
  const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
  // Signed: bytes from 0x80 are below 0x20 too. What stands behind the quote may be strange as well: then slowly.
  const __m128i strange =
      _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  if (quote == 0 || mask_of(strange) != 0) return false;
  in.at = value + std::countr_zero(quote) + 2;
  return true;
}

[[gnu::always_inline]] inline bool Members::read_all(Reader& in, std::span<std::string_view> values) const {
  std::ranges::fill(values, std::string_view{});
  bool more = true;  // a member comes next
  for (const Member& member : members_) {
    if (more && skip_quickly(in, member)) {
      more = in.take(',');
    } else if (more && at_member(in, member)) {
      in.at += member.length;
      if (!read_value(in, member, values)) return false;
      more = in.take(',');
    } else if (!member.may_miss) {
      return false;
    }
  }
  return !more && in.take('}');
}

bool Members::read(Reader& from, std::span<std::string_view> values) const {
  Reader in = from;  // where the compiler can keep it in registers
  const bool whole = read_all(in, values);
  from = in;
  return whole;
}

bool number_of(std::string_view text, int decimals, std::int64_t& out) {
  if (text.size() < kWide) return Reader::decimal_in(Reader::next_of(text), text.size(), decimals, out);
  const auto value = parse_decimal(text, decimals);
  if (value) out = *value;
  return value.has_value();
}

}  // namespace stom::venues::straight
