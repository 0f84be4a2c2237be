// One column of 64-bit integers as bytes. The encoder measures which form is smallest for the values it is given
// (constant, straight line, frames of 256 packed bits with outliers patched, the same over differences, or a bitmap of
// what differs from the usual value); the bytes say which one it was. docs/store-format.md has the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stom::store {

/// No column of a block is longer; decoders refuse more.
inline constexpr std::size_t kMaxColumn = 1u << 22;

class ColumnEncoder {
 public:
  /// Appends the encoded column to `out`. Any values round-trip; what they are decides the size.
  void encode(std::span<const std::int64_t> values, std::vector<std::byte>& out);

 private:
  struct Plan;
  void measure(std::span<const std::int64_t> sequence, std::uint8_t flags, Plan& plan);
  void write(const Plan& plan, std::span<const std::int64_t> values, std::uint64_t scale, std::vector<std::byte>& out);

  std::vector<std::int64_t> sample_;
  std::vector<std::int64_t> steps_;   // differences inside the sample
  std::vector<std::int64_t> work_;    // all values after delta and scale
  std::vector<std::int64_t> packed_;  // what differs from the usual value
  std::vector<std::int64_t> mins_;
  std::vector<std::byte> trial_;
};

class ColumnDecoder {
 public:
  /// Fills `out` from exactly `bytes`; false where the bytes are not a column of out.size() values. Never reads or
  /// writes outside of both, whatever the bytes.
  bool decode(std::span<const std::byte> bytes, std::span<std::int64_t> out);

 private:
  std::vector<std::uint64_t> packed_;
};

}  // namespace stom::store
