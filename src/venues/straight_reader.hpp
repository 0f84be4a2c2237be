// What every straight road reads with: bytes of a frame, sixteen at a time, never past its end. Each call takes what it
// names or answers false; then the frame is for the full parser, so a mistake here can only cost time as long as what
// is taken is taken as the full parser takes it.
#pragma once

#include <smmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/decimal.hpp"
#include "core/time.hpp"

namespace stom::venues::straight {

inline constexpr std::size_t kWide = 16;  // bytes looked at together
inline constexpr std::size_t kNoDot = 16;
inline constexpr std::int64_t kMaxMilliseconds = INT64_MAX / kMillisecond;

/// For a number of `length` bytes with its point at `dot`: the byte shuffle that drops the point and moves the digits
/// to the right end, zeros on the left.
consteval auto make_shuffles() {
  std::array<std::array<std::array<std::uint8_t, kWide>, kWide + 1>, kWide + 1> table{};
  for (std::size_t dot = 0; dot <= kWide; ++dot)
    for (std::size_t length = 0; length <= kWide; ++length) {
      auto& shuffle = table[dot][length];
      shuffle.fill(0x80);
      std::size_t to = kWide;
      for (std::size_t from = length; from-- > 0;)
        if (from != dot) shuffle[--to] = static_cast<std::uint8_t>(from);
    }
  return table;
}
alignas(64) inline constexpr auto kShuffles = make_shuffles();

/// 16 digits, most significant first, as a number below 10^16.
inline std::int64_t sixteen_digits(__m128i digits) {
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));    // 10 a + b
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));    // 100 ab + cd
  const __m128i packed = _mm_packus_epi32(fours, fours);                      // four 16-bit groups
  const __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710));  // 10000 abcd + efgh
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return static_cast<std::int64_t>((both & 0xFFFFFFFFu) * 100'000'000u + (both >> 32));
}

inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline unsigned mask_of(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
/// The lowest `n` bits, n <= 16.
inline unsigned low_bits(std::size_t n) { return (1u << n) - 1u; }

/// Where the first `"c":"` begins, npos where there is none: the member of a one-letter key whose value is a string.
inline std::size_t find_key(std::string_view text, char c) {
  std::size_t at = 0;
  for (; text.size() - at > 2 * kWide; at += kWide) {
    const char* const p = text.data() + at;
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i key = _mm_and_si128(_mm_cmpeq_epi8(load(p), quote), _mm_cmpeq_epi8(load(p + 1), _mm_set1_epi8(c)));
    const __m128i end = _mm_and_si128(_mm_cmpeq_epi8(load(p + 2), quote), _mm_cmpeq_epi8(load(p + 4), quote));
    for (unsigned found = mask_of(_mm_and_si128(key, end)); found != 0; found &= found - 1)
      if (const auto from = static_cast<std::size_t>(std::countr_zero(found)); p[from + 3] == ':') return at + from;
  }
  const char key[] = {'"', c, '"', ':', '"'};
  return text.find(std::string_view{key, sizeof key}, at);
}

struct Reader {
  const char* at;
  const char* end;

  bool wide() const { return static_cast<std::size_t>(end - at) >= kWide; }
  /// The next 16 bytes; near the end those that are left, then zeros.
  __m128i next(char (&spare)[kWide]) const {
    if (wide()) [[likely]]
      return load(at);
    std::memset(spare, 0, kWide);
    std::memcpy(spare, at, static_cast<std::size_t>(end - at));
    return load(spare);
  }

  template <std::size_t N>
  bool take(const char (&text)[N]) {
    constexpr std::size_t n = N - 1;
    if (static_cast<std::size_t>(end - at) < n || std::memcmp(at, text, n) != 0) return false;
    at += n;
    return true;
  }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool take(std::string_view text) {
    if (static_cast<std::size_t>(end - at) < text.size() || std::memcmp(at, text.data(), text.size()) != 0)
      return false;
    at += text.size();
    return true;
  }

  /// The rest of a string of plain ASCII and its closing quote.
  bool skip_string() {
    for (;;) {
      char spare[kWide];
      const __m128i bytes = next(spare);
      const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
      // Signed: bytes from 0x80 are below 0x20 too.
      const unsigned strange =
          mask_of(_mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
      const unsigned before = quote ? low_bits(static_cast<std::size_t>(std::countr_zero(quote))) : 0xFFFFu;
      if (strange & before) return false;
      if (quote) {
        at += std::countr_zero(quote) + 1;
        return true;
      }
      at += kWide;
    }
  }

  /// Which of the first bytes are digits, and which are points.
  struct Plain {
    unsigned figures, dots;
    explicit Plain(__m128i bytes) {
      const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
      figures = mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits));
      dots = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
    }
    /// Whether the first `length` are digits with at most one point between them.
    bool number_of(std::size_t length) const {
      const unsigned inside = low_bits(length), point = dots & inside;
      return length != 0 && ((figures | point) & inside) == inside && (point & (point - 1)) == 0 &&
             (point & (1u | 1u << (length - 1))) == 0;
    }
  };
  /// Digits with at most one point between them and the closing quote, of sixteen bytes together at most.
  bool plain_string(std::string_view& out) {
    char spare[kWide];
    const __m128i bytes = next(spare);
    const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    if (!quote) return false;
    const auto length = static_cast<std::size_t>(std::countr_zero(quote));
    if (!Plain{bytes}.number_of(length)) return false;
    out = {at, length};
    at += length + 1;
    return true;
  }
  /// The same without quotes, as JSON has it, up to what ends it.
  bool plain_number(std::string_view& out) {
    char spare[kWide];
    const Plain plain{next(spare)};
    const unsigned other = ~(plain.figures | plain.dots) & 0xFFFFu;
    if (!other) return false;
    const auto length = static_cast<std::size_t>(std::countr_zero(other));
    if (!plain.number_of(length) || (length > 1 && at[0] == '0' && at[1] != '.')) return false;
    out = {at, length};
    at += length;
    return ends_value();
  }

  /// A number as JSON has it, without a sign, up to what ends it: of any length that the full parser takes.
  bool json_number(std::string_view& out) {
    const char* const from = at;
    if (plain_number(out)) return true;
    at = from;
    constexpr std::ptrdiff_t kMostDigits = 40;
    const auto digits = [&] {
      const char* const first = at;
      while (at != end && *at >= '0' && *at <= '9') ++at;
      return at != first;
    };
    if (!digits() || (*from == '0' && at - from > 1) || (take('.') && !digits()) || at - from > kMostDigits)
      return false;
    if (take('e') || take('E')) {
      if (!take('-')) take('+');
      // Written out it is forty digits at most for certain.
      const char* const exponent = at;
      const bool small =
          exponent - from < 20 && digits() && (at - exponent == 1 || (at - exponent == 2 && *exponent <= '1'));
      if (!small) return false;
    }
    out = {from, static_cast<std::size_t>(at - from)};
    return ends_value();
  }
  bool skip_number() {
    std::string_view ignored;
    return json_number(ignored);
  }

  /// The rest of a string, with what it says.
  bool string(std::string_view& out) {
    const char* const from = at;
    if (!skip_string()) return false;
    out = {from, static_cast<std::size_t>(at - 1 - from)};
    return true;
  }

  /// A whole number of 1 to 15 digits without a leading zero, ended by ',' or '}'.
  bool integer(std::int64_t& out) {
    char spare[kWide];
    const __m128i digits = _mm_sub_epi8(next(spare), _mm_set1_epi8('0'));
    const unsigned other = ~mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits)) & 0xFFFFu;
    if (!other) return false;
    const auto length = static_cast<std::size_t>(std::countr_zero(other));
    if (length == 0 || (*at == '0' && length > 1)) return false;
    out =
        sixteen_digits(_mm_shuffle_epi8(digits, load(reinterpret_cast<const char*>(kShuffles[kNoDot][length].data()))));
    at += length;
    return at != end && (*at == ',' || *at == '}');
  }

  /// A plain decimal that is not negative, at `decimals`, with its closing quote; the opening one is behind us.
  bool decimal(int decimals, std::int64_t& out) {
    char spare[kWide];
    const __m128i bytes = next(spare);
    const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    if (!quote) return long_decimal(decimals, out);
    const auto length = static_cast<std::size_t>(std::countr_zero(quote));
    if (!decimal_in(bytes, length, decimals, out)) return false;
    at += length + 1;
    return true;
  }

  /// The same as a JSON number: without quotes, ended by ',', '}' or ']', which stays.
  bool number(int decimals, std::int64_t& out) {
    char spare[kWide];
    const __m128i bytes = next(spare);
    const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i figure = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    const unsigned part = mask_of(_mm_or_si128(figure, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))));
    const unsigned other = ~part & 0xFFFFu;
    if (!other) return long_number(decimals, out);
    const auto length = static_cast<std::size_t>(std::countr_zero(other));
    if (length >= 2 && at[0] == '0' && at[1] != '.') return false;  // no JSON number
    if (length + 1 < static_cast<std::size_t>(end - at) && (at[length] | 0x20) == 'e')
      return scientific(length, decimals, out);
    if (!decimal_in(bytes, length, decimals, out)) return false;
    at += length;
    return ends_value();
  }
  /// 8.428e-05: what venues write of small quantities. `length` bytes stand before the e.
  bool scientific(std::size_t length, int decimals, std::int64_t& out) {
    const std::string_view text{at, length};
    const std::size_t dot = text.find('.');
    const int fraction = dot == text.npos ? 0 : static_cast<int>(length - dot - 1);
    std::int64_t digits = 0;
    if (fraction > kMaxDecimals || !decimal_in(next_of(text), length, fraction, digits)) return false;
    at += length + 1;
    const bool minus = take('-');
    if (!minus) take('+');
    int exponent = 0;
    const char* const from = at;
    while (at != end && *at >= '0' && *at <= '9' && at - from < 2) exponent = 10 * exponent + (*at++ - '0');
    const int shift = decimals - fraction + (minus ? -exponent : exponent);
    if (at == from || !ends_value() || shift > kMaxDecimals || shift < -kMaxDecimals) return false;
    if (shift >= 0) return !__builtin_mul_overflow(digits, power_of_ten(shift), &out);
    out = digits / power_of_ten(-shift);
    return digits % power_of_ten(-shift) == 0;
  }
  static __m128i next_of(std::string_view text) {
    char spare[kWide]{};
    std::memcpy(spare, text.data(), std::min(text.size(), kWide));
    return load(spare);
  }
  /// Sixteen bytes or more: those that only zeros make so long ("137001000.00000000"), and the general parser of core/.
  bool long_number(int decimals, std::int64_t& out) {
    const auto left = static_cast<std::size_t>(end - at);
    if (left > 2 * kWide) {
      const __m128i bytes = load(at), more = load(at + kWide);
      const unsigned dots = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.')));
      const unsigned zeros = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('0'))) |
                             mask_of(_mm_cmpeq_epi8(more, _mm_set1_epi8('0'))) << kWide;
      const auto kept = static_cast<std::size_t>(std::countr_zero(dots)) + 1 + static_cast<std::size_t>(decimals);
      if (dots != 0 && kept < kWide && (at[0] != '0' || at[1] == '.')) {
        const auto length = kept + static_cast<std::size_t>(std::countr_one(zeros >> kept));
        const std::size_t digits = decimals == 0 ? kept - 1 : kept;
        if (length < 2 * kWide && decimal_in(bytes, digits, decimals, out)) {
          at += length;
          return ends_value();
        }
      }
    }
    constexpr std::size_t kMost = 40;
    const std::string_view rest{at, std::min(kMost, left)};
    const std::string_view text = rest.substr(0, rest.find_first_not_of("0123456789."));
    if (text.size() == rest.size() || (text[0] == '0' && text[1] != '.')) return false;
    const auto value = parse_decimal(text, decimals);
    if (!value) return false;
    out = *value;
    at += text.size();
    return ends_value();
  }
  /// A whole number of 1 to 18 digits without a leading zero, ended as above.
  bool whole(std::int64_t& out) {
    constexpr std::ptrdiff_t kMost = 18;
    std::int64_t value = 0;
    const char* p = at;
    if (end - at > 2 * static_cast<std::ptrdiff_t>(kWide)) {
      const __m128i digits = _mm_sub_epi8(load(p), _mm_set1_epi8('0'));
      if (mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits)) == 0xFFFFu) {
        value = sixteen_digits(digits);
        p += kWide;
      }
    }
    for (; p != end && *p >= '0' && *p <= '9' && p - at < kMost; ++p) value = 10 * value + (*p - '0');
    if (p == at || (*at == '0' && p - at > 1)) return false;
    out = value;
    at = p;
    return ends_value();
  }
  bool ends_value() const { return at != end && (*at == ',' || *at == '}' || *at == ']'); }

  /// The first `length` of the bytes as a plain decimal that is not negative.
  static bool decimal_in(__m128i bytes, std::size_t length, int decimals, std::int64_t& out) {
    const unsigned inside = low_bits(length);
    const unsigned dots = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))) & inside;
    const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const unsigned figures = mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits));
    if (length == 0 || ((figures | dots) & inside) != inside) return false;

    std::size_t dot = kNoDot, kept = length;
    int fraction = 0;
    if (dots) {
      dot = static_cast<std::size_t>(std::countr_zero(dots));
      fraction = static_cast<int>(length - dot - 1);
      if ((dots & (dots - 1)) || dot == 0 || fraction == 0) return false;
      if (fraction > decimals) {
        kept = dot + 1 + static_cast<std::size_t>(decimals);
        const unsigned zeros = mask_of(_mm_cmpeq_epi8(digits, _mm_setzero_si128()));
        const unsigned excess = inside & ~low_bits(kept);
        if ((zeros & excess) != excess) return false;
        fraction = decimals;
      }
    }
    const auto* shuffle = reinterpret_cast<const char*>(kShuffles[dot][kept].data());
    const std::int64_t value = sixteen_digits(_mm_shuffle_epi8(digits, load(shuffle)));
    return !__builtin_mul_overflow(value, power_of_ten(decimals - fraction), &out);
  }

  /// Longer than 15 bytes: the general parser of core/.
  bool long_decimal(int decimals, std::int64_t& out) {
    const auto* close = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (!close || *at == '-') return false;
    const auto value = parse_decimal({at, static_cast<std::size_t>(close - at)}, decimals);
    if (!value) return false;
    out = *value;
    at = close + 1;
    return true;
  }

  bool decimal_string(int decimals, std::int64_t& out) { return take('"') && decimal(decimals, out); }

  /// A time in milliseconds, to nanoseconds.
  bool milliseconds(UnixNanos& out) {
    if (!integer(out) || out > kMaxMilliseconds) return false;
    out *= kMillisecond;
    return true;
  }

  /// The value of a field that is not read: a plain string, a whole number, true, false or null.
  bool skip_value() {
    if (take('"')) return skip_string();
    std::int64_t ignored;
    if (at != end && *at >= '0' && *at <= '9') return integer(ignored);
    return take("true") || take("false") || take("null");
  }
};

}  // namespace stom::venues::straight
