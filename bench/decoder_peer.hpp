// simdjson On-Demand as the peer of decoder_bench. It stands in a file of its own, compiled for this very processor,
// because On-Demand picks its instructions at compile time; the product keeps its baseline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace stom::bench {

enum Kind { kDepth, kBook, kTrade, kKinds };

inline constexpr std::size_t kPadding = 64;  // readable bytes that simdjson wants behind its input
inline constexpr int kPriceDecimals = 2;
inline constexpr int kQuantityDecimals = 3;

class SimdjsonReader {
 public:
  SimdjsonReader();
  ~SimdjsonReader();

  /// Every number of the frame, added up. `readable` bytes may be read from its first.
  std::uint64_t read(std::string_view frame, std::size_t readable, int kind);
  static const char* version();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace stom::bench
