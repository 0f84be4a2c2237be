// Bit packing of 256 values at a time: the innermost loop of the store. Values stand in eight lanes (value i in lane
// i % 8), so that one instruction moves eight of them. AVX2 where the CPU has it, portable code elsewhere; both write
// and read the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stom::store {

inline constexpr std::size_t kFrame = 256;

/// Bytes of a full frame packed at `width` bits (0..64).
constexpr std::size_t packed_bytes(int width) { return kFrame / 8 * static_cast<std::size_t>(width); }

/// Packs 256 values below 2^width into packed_bytes(width) bytes.
void pack_frame(const std::uint64_t* values, int width, std::byte* out);
/// Reads them back and adds `base` to each (modulo 2^64).
void unpack_frame(const std::byte* in, int width, std::uint64_t base, std::uint64_t* out);

/// The last, short frame of a column: plain little-endian bit stream.
constexpr std::size_t packed_tail_bytes(std::size_t count, int width) {
  return (count * static_cast<std::size_t>(width) + 7) / 8;
}
void pack_tail(const std::uint64_t* values, std::size_t count, int width, std::byte* out);
void unpack_tail(const std::byte* in, std::size_t count, int width, std::uint64_t base, std::uint64_t* out);

/// Spreads `packed` over `out`: where bit i of the bitmap is set, out[i] is the next packed value, else `usual`. Reads
/// up to kExpandSlack values behind the last one used.
inline constexpr std::size_t kExpandSlack = 4;
void expand(const std::byte* bitmap, const std::uint64_t* packed, std::uint64_t usual, std::uint64_t* out,
            std::size_t count);

/// sum of price x quantity over the rows, and over those whose flag has bit 0 set (the taker sold). Every price and
/// quantity must be below 2^32 and the sums below 2^64.
struct PairSum {
  std::uint64_t all = 0;
  std::uint64_t sell = 0;
};
PairSum sum_products(const std::int64_t* prices, const std::int64_t* quantities, const std::int64_t* flags,
                     std::size_t count);

}  // namespace stom::store
