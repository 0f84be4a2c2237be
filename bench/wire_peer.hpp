// simdjson On-Demand as the peer of wire_bench, in a file of its own for the same reason as decoder_peer.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace stom::bench {

enum class Wire : int { UpbitBook, UpbitTrade, KiwoomTrade, KiwoomBook };

inline constexpr std::size_t kPadding = 64;  // readable bytes that simdjson wants behind its input
inline constexpr int kUpbitPriceDecimals = 4, kUpbitQuantityDecimals = 8;  // Kiwoom: whole won and shares

class WireReader {
 public:
  WireReader();
  ~WireReader();

  /// Every number of the frame that a message has, added up. `readable` bytes may be read from its first.
  std::uint64_t read(std::string_view frame, std::size_t readable, Wire kind);
  static const char* version();

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace stom::bench
