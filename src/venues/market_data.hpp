// The port of a venue's public feed: one recorded or received frame in, at most one message out. A decoder is a value
// of state machine kind: no sockets, no clock, no files. Each venue's own lives in its folder; registry.hpp finds it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "model/message.hpp"

namespace stom::venues {

/// Digits behind the point that prices and quantities of one instrument are kept with.
struct Decimals {
  int price = 0;
  int quantity = 0;
  friend bool operator==(const Decimals&, const Decimals&) = default;
};

enum class FrameKind : std::uint8_t {
  Message,  // one message was appended
  Control,  // an answer to a subscription, a heartbeat: nothing to record
};

class MarketDataDecoder {
 public:
  virtual ~MarketDataDecoder() = default;

  /// The decimals that decode() reads at.
  virtual void set_decimals(Decimals decimals) = 0;

  /// Whether a frame with a field that the venue's documents do not have is refused, as an import wants it. Else (at
  /// first) such fields pass: a venue that adds one must not stop a live feed.
  virtual void refuse_unknown_fields(bool refuse) = 0;

  /// Appends what the frame says to `out`, stamped with `receive_time`. Leaves `out` as it was when it fails.
  virtual Result<FrameKind> decode(std::string_view frame, UnixNanos receive_time, MessageBatch& out) = 0;

  /// Raises `decimals` to what the frame's numbers need. Fails where decode() would fail at any decimals.
  virtual Result<void> widen(std::string_view frame, Decimals& decimals) = 0;
};

}  // namespace stom::venues
