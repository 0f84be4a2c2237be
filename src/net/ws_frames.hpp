// WebSocket's frames (RFC 6455) as bytes, for a client: the server's are read as they arrive, whatever the pieces; ours
// are masked. No socket here. Sizes are bounded, and what the RFC forbids ends the connection with the close code it
// names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace stom::net {

enum class WsOpcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

/// What the server did wrong, and the close code for it: 1002 protocol, 1007 not UTF-8, 1009 too big.
struct WsFault {
  std::uint16_t code;
  const char* what;
};

struct WsMessage {
  WsOpcode kind = WsOpcode::Text;  // Text, Binary, Close, Ping or Pong
  std::string_view bytes;          // valid until next() is asked again; of Close: the reason
  std::uint16_t close_code = 0;    // of Close; 1005 where it has none
};

class WsReader {
 public:
  explicit WsReader(std::size_t message_bytes);

  /// They must stay where they are until next() has said false, or is not asked any more.
  void put(std::string_view bytes);
  /// The next message, if it is complete. Fragments come as the one message that they are.
  std::expected<bool, WsFault> next(WsMessage& message);
  /// Whether the end of the stream now would cut a message off.
  bool in_message() const { return fragmented_ || !rest_.empty() || (!cut_.empty() && !cut_is_read_); }

 private:
  struct Head;

  static std::expected<Head, WsFault> head_of(std::string_view frame, bool fragmented);
  std::expected<std::string_view, WsFault> next_frame(Head& head);
  void renew_cut();

  std::size_t most_;
  std::string_view rest_;     // of what was put, not looked at yet; whole frames are read from where they lie
  std::string cut_;           // a frame that began with bytes of before
  bool cut_is_read_ = false;  // whole, and given out
  std::string message_;       // fragments of a message put together
  WsOpcode kind_ = WsOpcode::Text;
  bool fragmented_ = false;
};

/// Appends one frame, whole, masked with `mask`. A control frame's payload is at most 125 bytes.
void append_ws_frame(std::string& out, WsOpcode opcode, std::string_view payload, std::uint32_t mask);

/// The answer that a server must give to Sec-WebSocket-Key.
std::string ws_accept(std::string_view key);

}  // namespace stom::net
