// The straight road of Kiwoom's real-time trades (0B) and ten-level books (0D) as the venue writes them. What else
// comes it leaves to the decoder, so it can be wrong about speed only.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "venues/kiwoom/straight_values.hpp"
#include "venues/market_data.hpp"

namespace stom::venues::kiwoom {

class Straight {
 public:
  Straight();

  /// One entry of a frame, in whole won and shares: how many decimals it is to have is the instrument's business.
  struct Entry {
    std::string_view item;  // "005930", "005930_NX", "005930_AL"
    bool book = false;
    UnixNanos time = 0;
    std::uint8_t flags = 0;
    std::uint32_t first_level = 0, bids = 0, asks = 0;
  };
  /// The entries of a frame, valid until the next; empty where it is not one to be taken here. `received` gives the
  /// day that the venue does not tell.
  std::span<const Entry> read(std::string_view frame, UnixNanos received);
  /// Appends the entry as a message; false where its numbers do not fit: then the decoder says so.
  bool append(const Entry& entry, Decimals decimals, UnixNanos received, MessageBatch& out) const;

 private:
  bool read_entry(straight::Reader& in, UnixNanos received);
  bool read_trade(straight::Reader& in, Entry& entry, UnixNanos received);
  bool read_book(straight::Reader& in, Entry& entry, UnixNanos received);

  StraightValues trade_, book_;
  std::vector<Entry> entries_;
  std::vector<Level> levels_;
};

}  // namespace stom::venues::kiwoom
