// Bit packing, portable and AVX2 (bitpack.hpp has the contract).
#include "store/bitpack.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "core/simd.hpp"

namespace stom::store {
namespace {

constexpr std::size_t kLanes = 8;
constexpr int kRows = kFrame / kLanes;

constexpr std::uint32_t mask32(int width) { return width == 32 ? ~0u : (1u << width) - 1; }

// One plane: 256 values of at most 32 bits, eight lanes of `width` words.
void pack_plane(const std::uint64_t* values, int drop, int width, std::byte* out) {
  std::uint32_t words[32 * kLanes] = {};
  for (int row = 0; row < kRows; ++row) {
    const int bit = row * width;
    const int word = bit / 32;
    const int shift = bit % 32;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto value =
          static_cast<std::uint32_t>(values[static_cast<std::size_t>(row) * kLanes + lane] >> drop) & mask32(width);
      words[static_cast<std::size_t>(word) * kLanes + lane] |= value << shift;
      if (shift + width > 32) words[static_cast<std::size_t>(word + 1) * kLanes + lane] |= value >> (32 - shift);
    }
  }
  std::memcpy(out, words, packed_bytes(width));
}

void unpack_plane(const std::byte* in, int width, std::uint64_t base, std::uint64_t* out) {
  std::uint32_t words[32 * kLanes];
  std::memcpy(words, in, packed_bytes(width));
  const std::uint32_t mask = mask32(width);
  for (int row = 0; row < kRows; ++row) {
    const int bit = row * width;
    const auto word = static_cast<std::size_t>(bit / 32);
    const auto next = std::min(word + 1, static_cast<std::size_t>(width - 1));  // its bits are masked off when unused
    const int shift = bit % 32;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t pair = words[word * kLanes + lane] | static_cast<std::uint64_t>(words[next * kLanes + lane])
                                                                   << 32;
      out[static_cast<std::size_t>(row) * kLanes + lane] = (static_cast<std::uint32_t>(pair >> shift) & mask) + base;
    }
  }
}

__attribute__((target("avx2"))) void unpack_plane_avx2(const std::byte* in, int width, std::uint64_t base,
                                                       std::uint64_t* out) {
  const auto* words = reinterpret_cast<const __m256i*>(in);
  const __m256i mask = _mm256_set1_epi32(static_cast<int>(mask32(width)));
  const __m256i add = _mm256_set1_epi64x(static_cast<long long>(base));
  auto* to = reinterpret_cast<__m256i*>(out);
  int word = 0;
  int shift = 0;
  for (int row = 0; row < kRows; ++row) {
    // A shift by 32 gives 0, so the second word adds nothing where the value lies in the first.
    const __m256i low = _mm256_srl_epi32(_mm256_loadu_si256(words + word), _mm_cvtsi32_si128(shift));
    const __m256i high =
        _mm256_sll_epi32(_mm256_loadu_si256(words + std::min(word + 1, width - 1)), _mm_cvtsi32_si128(32 - shift));
    const __m256i value = _mm256_and_si256(_mm256_or_si256(low, high), mask);
    _mm256_storeu_si256(to++, _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_castsi256_si128(value)), add));
    _mm256_storeu_si256(to++, _mm256_add_epi64(_mm256_cvtepu32_epi64(_mm256_extracti128_si256(value, 1)), add));
    shift += width;
    word += shift >> 5;
    shift &= 31;
  }
}

// Eight 64-bit values to their low 32 bits, in order.
__attribute__((target("avx2"))) inline __m256i narrow(const std::uint64_t* values, __m128i drop) {
  const __m256i a = _mm256_srl_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)), drop);
  const __m256i b = _mm256_srl_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 4)), drop);
  const __m256 mixed = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), _MM_SHUFFLE(2, 0, 2, 0));
  return _mm256_permute4x64_epi64(_mm256_castps_si256(mixed), _MM_SHUFFLE(3, 1, 2, 0));
}

__attribute__((target("avx2"))) void pack_plane_avx2(const std::uint64_t* values, int drop, int width, std::byte* out) {
  const __m256i mask = _mm256_set1_epi32(static_cast<int>(mask32(width)));
  const __m128i dropped = _mm_cvtsi32_si128(drop);
  auto* to = reinterpret_cast<__m256i*>(out);
  __m256i word = _mm256_setzero_si256();
  int shift = 0;
  for (int row = 0; row < kRows; ++row) {
    const __m256i value = _mm256_and_si256(narrow(values + static_cast<std::size_t>(row) * kLanes, dropped), mask);
    word = _mm256_or_si256(word, _mm256_sll_epi32(value, _mm_cvtsi32_si128(shift)));
    shift += width;
    if (shift >= 32) {
      _mm256_storeu_si256(to++, word);
      shift -= 32;
      word = _mm256_srl_epi32(value, _mm_cvtsi32_si128(width - shift));
    }
  }
}

// Values from..count, one at a time.
void expand_rest(const std::byte* bitmap, const std::uint64_t* packed, std::uint64_t usual, std::uint64_t* out,
                 std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < count; ++i) {
    const std::uint64_t set = (std::to_integer<unsigned>(bitmap[i / 8]) >> (i % 8)) & 1;
    const std::uint64_t keep = 0 - set;  // no branch: the bits are as good as random
    out[i] = (*packed & keep) | (usual & ~keep);
    packed += set;
  }
}

// For each of the 16 patterns of four bits: which 32-bit halves of the next four values go where, and which lanes take
// one.
struct ExpandTables {
  alignas(32) std::uint32_t places[16][8] = {};
  alignas(32) std::uint64_t lanes[16][4] = {};
  constexpr ExpandTables() {
    for (unsigned pattern = 0; pattern < 16; ++pattern) {
      std::uint32_t next = 0;
      for (unsigned lane = 0; lane < 4; ++lane) {
        if (!(pattern >> lane & 1)) continue;
        lanes[pattern][lane] = ~std::uint64_t{0};
        places[pattern][2 * lane] = 2 * next;
        places[pattern][2 * lane + 1] = 2 * next + 1;
        ++next;
      }
    }
  }
};
constexpr ExpandTables kExpand;

__attribute__((target("avx2"))) void expand_avx2(const std::byte* bitmap, const std::uint64_t* packed,
                                                 std::uint64_t usual, std::uint64_t* out, std::size_t count) {
  const __m256i fill = _mm256_set1_epi64x(static_cast<long long>(usual));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto bits = std::to_integer<unsigned>(bitmap[i / 8]);
    for (unsigned half = 0; half < 2; ++half) {
      const unsigned pattern = bits >> (4 * half) & 15;
      const __m256i next = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(packed));
      const __m256i placed = _mm256_permutevar8x32_epi32(
          next, _mm256_load_si256(reinterpret_cast<const __m256i*>(kExpand.places[pattern])));
      const __m256i lanes = _mm256_load_si256(reinterpret_cast<const __m256i*>(kExpand.lanes[pattern]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 4 * half), _mm256_blendv_epi8(fill, placed, lanes));
      packed += __builtin_popcount(pattern);
    }
  }
  expand_rest(bitmap, packed, usual, out, i, count);
}

PairSum sum_products_portable(const std::int64_t* prices, const std::int64_t* quantities, const std::int64_t* flags,
                              std::size_t count) {
  PairSum sum;
  for (std::size_t i = 0; i < count; ++i) {
    const auto product = static_cast<std::uint64_t>(prices[i]) * static_cast<std::uint64_t>(quantities[i]);
    sum.all += product;
    sum.sell += product & (0 - (static_cast<std::uint64_t>(flags[i]) & 1));
  }
  return sum;
}

__attribute__((target("avx2"))) PairSum sum_products_avx2(const std::int64_t* prices, const std::int64_t* quantities,
                                                          const std::int64_t* flags, std::size_t count) {
  __m256i all = _mm256_setzero_si256();
  __m256i sell = _mm256_setzero_si256();
  const __m256i zero = _mm256_setzero_si256();
  const __m256i one = _mm256_set1_epi64x(1);
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const __m256i product = _mm256_mul_epu32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(prices + i)),
                                             _mm256_loadu_si256(reinterpret_cast<const __m256i*>(quantities + i)));
    const __m256i flag = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(flags + i));
    const __m256i sold = _mm256_sub_epi64(zero, _mm256_and_si256(flag, one));
    all = _mm256_add_epi64(all, product);
    sell = _mm256_add_epi64(sell, _mm256_and_si256(product, sold));
  }
  std::uint64_t lanes[8];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes), all);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes + 4), sell);
  const PairSum rest = sum_products_portable(prices + i, quantities + i, flags + i, count - i);
  return {lanes[0] + lanes[1] + lanes[2] + lanes[3] + rest.all, lanes[4] + lanes[5] + lanes[6] + lanes[7] + rest.sell};
}

}  // namespace

void pack_frame(const std::uint64_t* values, int width, std::byte* out) {
  const auto pack = simd_enabled() ? pack_plane_avx2 : pack_plane;
  const int low = std::min(width, 32);
  if (low > 0) pack(values, 0, low, out);
  if (width > 32) pack(values, 32, width - 32, out + packed_bytes(32));
}

void unpack_frame(const std::byte* in, int width, std::uint64_t base, std::uint64_t* out) {
  if (width == 0) {
    std::fill_n(out, kFrame, base);
    return;
  }
  const auto unpack = simd_enabled() ? unpack_plane_avx2 : unpack_plane;
  if (width <= 32) {
    unpack(in, width, base, out);
    return;
  }
  std::uint64_t high[kFrame];
  unpack(in, 32, base, out);
  unpack(in + packed_bytes(32), width - 32, 0, high);
  for (std::size_t i = 0; i < kFrame; ++i) out[i] += high[i] << 32;
}

void pack_tail(const std::uint64_t* values, std::size_t count, int width, std::byte* out) {
  if (width == 0) return;
  unsigned __int128 pending = 0;
  int bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    pending |= static_cast<unsigned __int128>(values[i]) << bits;
    for (bits += width; bits >= 8; bits -= 8, pending >>= 8) *out++ = static_cast<std::byte>(pending & 0xFF);
  }
  if (bits > 0) *out = static_cast<std::byte>(pending & 0xFF);
}

void unpack_tail(const std::byte* in, std::size_t count, int width, std::uint64_t base, std::uint64_t* out) {
  const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
  unsigned __int128 pending = 0;
  int bits = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (; bits < width; bits += 8) pending |= static_cast<unsigned __int128>(std::to_integer<unsigned>(*in++)) << bits;
    out[i] = (static_cast<std::uint64_t>(pending) & mask) + base;
    pending >>= width;
    bits -= width;
  }
}

void expand(const std::byte* bitmap, const std::uint64_t* packed, std::uint64_t usual, std::uint64_t* out,
            std::size_t count) {
  if (simd_enabled())
    expand_avx2(bitmap, packed, usual, out, count);
  else
    expand_rest(bitmap, packed, usual, out, 0, count);
}

PairSum sum_products(const std::int64_t* prices, const std::int64_t* quantities, const std::int64_t* flags,
                     std::size_t count) {
  return (simd_enabled() ? sum_products_avx2 : sum_products_portable)(prices, quantities, flags, count);
}

}  // namespace stom::store
