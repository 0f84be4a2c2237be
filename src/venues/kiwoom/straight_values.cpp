#include "venues/kiwoom/straight_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "core/assert.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::kiwoom {
namespace {

using straight::kWide;
using straight::load;
using straight::mask_of;
using straight::Reader;

constexpr std::size_t kWord = 8;  // bytes of a key that are compared at once
constexpr std::size_t kBlock = 64;
constexpr std::size_t kMostInBlock = 8;  // members that end in one: `"10":"",` has eight bytes
constexpr std::size_t kUsualInBlock = 6;

std::uint64_t word_at(const char* text) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, kWord);
  return bytes;
}

/// What sixteen bytes are. Looks at one byte more.
struct Sixteen {
  __m128i quotes;
  __m128i last;     // quotes that a brace follows
  __m128i ends;     // quotes that a comma or a brace follows
  __m128i strange;  // escapes, control characters and what is not ASCII

  explicit Sixteen(const char* bytes) {
    const __m128i here = load(bytes), next = load(bytes + 1);
    quotes = _mm_cmpeq_epi8(here, _mm_set1_epi8('"'));
    last = _mm_and_si128(quotes, _mm_cmpeq_epi8(next, _mm_set1_epi8('}')));
    ends = _mm_or_si128(last, _mm_and_si128(quotes, _mm_cmpeq_epi8(next, _mm_set1_epi8(','))));
    // Signed: bytes from 0x80 are below 0x20 too.
    strange = _mm_or_si128(_mm_cmplt_epi8(here, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(here, _mm_set1_epi8('\\')));
  }
};

/// Where the members of an object end. Found before any of them is read, so that none waits for the one before it.
class Ends {
 public:
  /// False where the object is not one of ours. True where it has four quotes for each end, none of them escaped: if
  /// each member's key and opening quote are where they should be, its value then has no quote within.
  bool find(const Reader& in) {
    __m128i quotes = _mm_setzero_si128(), strange = quotes;
    for (std::size_t base = 0; count_ <= kMost && base <= UINT16_MAX - kBlock; base += kBlock) {
      const char* bytes = in.at + base;
      const auto left = static_cast<std::size_t>(in.end - bytes);
      char spare[kBlock + kWide];
      if (left <= kBlock) {
        std::memset(spare, 0, sizeof spare);
        std::memcpy(spare, bytes, left);
        bytes = spare;
      }
      std::uint64_t ends = 0;
      __m128i last = _mm_setzero_si128(), odd = last, counted = last;
      for (std::size_t i = 0; i < kBlock; i += kWide) {
        const Sixteen sixteen{bytes + i};
        ends |= std::uint64_t{mask_of(sixteen.ends)} << i;
        last = _mm_or_si128(last, sixteen.last);
        odd = _mm_or_si128(odd, sixteen.strange);
        counted = _mm_sub_epi8(counted, sixteen.quotes);
      }
      if (mask_of(last) != 0) {
        const auto before = static_cast<unsigned>(_mm_cvtsi128_si32(quotes) + _mm_extract_epi16(quotes, 4));
        return mask_of(strange) == 0 && find_last(bytes, base, before);
      }
      strange = _mm_or_si128(strange, odd);
      quotes = _mm_add_epi64(quotes, _mm_sad_epu8(counted, _mm_setzero_si128()));
      if (!add(base, ends) || left <= kBlock) return false;
    }
    return false;
  }
  std::size_t size() const { return count_; }
  /// From the object's first byte: of the value's closing quote.
  std::size_t operator[](std::size_t i) const { return at_[i]; }

 private:
  /// The block with the object's end: what stands behind it is another's.
  bool find_last(const char* bytes, std::size_t base, std::size_t quotes_before) {
    std::uint64_t quotes = 0, ends = 0, last = 0, strange = 0;
    for (std::size_t i = 0; i < kBlock; i += kWide) {
      const Sixteen sixteen{bytes + i};
      quotes |= std::uint64_t{mask_of(sixteen.quotes)} << i;
      ends |= std::uint64_t{mask_of(sixteen.ends)} << i;
      last |= std::uint64_t{mask_of(sixteen.last)} << i;
      strange |= std::uint64_t{mask_of(sixteen.strange)} << i;
    }
    const std::uint64_t within = last ^ (last - 1);
    return (strange & within) == 0 && add(base, ends & within) && count_ <= kMost &&
           quotes_before + static_cast<std::size_t>(std::popcount(quotes & within)) == 4 * count_;
  }

  bool add(std::size_t base, std::uint64_t ends) {
    const auto count = static_cast<std::size_t>(std::popcount(ends));
    if (count > kMostInBlock) return false;
    put(base, ends, 0, kUsualInBlock);
    if (count > kUsualInBlock) put(base, ends, kUsualInBlock, kMostInBlock);
    count_ += count;
    return true;
  }
  /// Always as many: a loop for each that is there would be guessed wrong once a block. What is too many is written
  /// over.
  [[gnu::always_inline]] void put(std::size_t base, std::uint64_t& ends, std::size_t from, std::size_t to) {
    constexpr std::uint64_t kTop = std::uint64_t{1} << (kBlock - 1);
    for (std::size_t i = from; i < to; ++i) {
      at_[count_ + i] = static_cast<std::uint16_t>(base + static_cast<std::size_t>(__builtin_ctzll(ends | kTop)));
      asm volatile("" ::: "memory");  // else the compiler gathers them in a vector first, which takes longer
      ends &= ends - 1;
    }
  }

  static constexpr std::size_t kMost = 256;
  std::array<std::uint16_t, kMost + kMostInBlock> at_;
  std::size_t count_ = 0;
};

/// Digits with at most one point between them, of any length that the decoder takes.
bool is_plain(std::string_view text) {
  constexpr std::size_t kMost = 40;
  const auto point = text.find('.');
  return !text.empty() && text.size() <= kMost && text.find_first_not_of("0123456789.") == text.npos &&
         (point == text.npos || (point != 0 && point + 1 != text.size() && text.find('.', point + 1) == text.npos));
}

}  // namespace

void StraightValues::add(std::string_view key, As as, unsigned need, int slot) {
  const std::string text = '"' + std::string{key} + "\":\"";
  STOM_ASSERT(text.size() >= kWord - 2 && text.size() <= kWord && key.find('"') == key.npos);
  char begin[kWord]{};
  std::ranges::copy(text, begin);
  Member m;
  m.key = word_at(begin);
  m.mask = ~std::uint64_t{0} >> 8 * (kWord - text.size());
  m.length = static_cast<std::uint8_t>(text.size());
  m.slot = static_cast<std::int16_t>(slot);
  m.may_miss = (need & kMayMiss) != 0 || as == As::Skip;
  m.may_be_empty = (need & kMayBeEmpty) != 0;
  m.tells_taker = as == As::TakenQuantity;
  m.may_have_sign = m.tells_taker || as == As::Magnitude || as == As::Directed;
  switch (as) {
    case As::Skip:
      break;
    case As::Text:
      m.check = Check::Text;
      break;
    case As::TakenQuantity:
    case As::Magnitude:
    case As::Directed:
    case As::Decimal:
      m.check = Check::Number;
      break;
    case As::ClockKst:
      m.check = Check::Clock;
      break;
    default:
      m.check = Check::Never;
  }
  const bool read = slot != kUnread || m.check == Check::Clock;
  STOM_ASSERT(!read || (!m.may_miss && !m.may_be_empty && (slot == kUnread || m.check == Check::Number)));
  members_.push_back(m);
  if (!m.may_miss) needed_ = members_.size();
}

/// A number without a sign, of sixteen digits at most, whose mask is `figures`.
[[gnu::always_inline]] inline bool digits_of(__m128i bytes, unsigned figures, std::size_t length, std::int64_t& out) {
  const unsigned inside = straight::low_bits(length);
  const auto* shuffle = reinterpret_cast<const char*>(straight::kShuffles[straight::kNoDot][length].data());
  out = straight::sixteen_digits(_mm_shuffle_epi8(_mm_sub_epi8(bytes, _mm_set1_epi8('0')), load(shuffle)));
  return length != 0 && (figures & inside) == inside;
}

[[gnu::always_inline]] inline bool StraightValues::read_value(const Reader& in, const Member& member, const char* value,
                                                              const char* close, std::span<std::int64_t> numbers,
                                                              Told& told) {
  if (value == close) return member.may_be_empty;
  if (member.check == Check::Text) return true;
  if (member.may_have_sign && (*value == '+' || *value == '-')) {
    if (member.tells_taker) told.taken = *value;
    ++value;
  }
  const auto length = static_cast<std::size_t>(close - value);
  if (length > kWide) return member.check == Check::Number && member.slot < 0 && is_plain({value, length});
  char spare[kWide];
  const __m128i bytes = Reader{value, in.end}.next(spare);
  const Reader::Plain plain{bytes};
  std::int64_t number = 0;
  if (member.check == Check::Clock) {
    if (length != 6 || !digits_of(bytes, plain.figures, length, number)) return false;
    const auto clock = clock_kst(static_cast<std::uint32_t>(number));
    if (clock) told.clock = *clock;
    return clock.has_value();
  }
  if (member.check != Check::Number) return false;
  if (member.slot < 0) return plain.number_of(length);
  return digits_of(bytes, plain.figures, length, numbers[static_cast<std::size_t>(member.slot)]);
}

bool StraightValues::read(Reader& in, std::span<std::int64_t> numbers, Told& told) const {
  Ends ends;
  if (!ends.find(in)) return false;
  const char *const begin = in.at, *at = begin;
  auto member = members_.begin();
  for (std::size_t i = 0; i < ends.size(); ++i, ++member) {
    const char* const close = begin + ends[i];
    if (member == members_.end()) return false;
    // A member is as long as its key at least, so that, with the byte behind it, there is a word to look at.
    while (close - at < member->length || (word_at(at) & member->mask) != member->key) {
      if (!member->may_miss) return false;
      if (++member == members_.end()) return false;
    }
    if (member->check != Check::Any && !read_value(in, *member, at + member->length, close, numbers, told))
      return false;
    at = close + 2;  // behind the comma, or behind the object
  }
  in.at = at;
  return static_cast<std::size_t>(member - members_.begin()) >= needed_;
}

}  // namespace stom::venues::kiwoom
