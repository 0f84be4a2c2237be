#include "net/ws_frames.hpp"

#include <openssl/sha.h>

#include <array>
#include <cstring>

#include "core/assert.hpp"
#include "core/encoding.hpp"
#include "core/utf8.hpp"

namespace stom::net {
namespace {

constexpr std::size_t kMaxControl = 125;
constexpr std::size_t kKept = std::size_t{16} << 10;  // of memory, by a reader whose messages are all read

bool is_text(std::string_view bytes) {
  // Venues send ASCII: eight bytes at a time until one is not.
  while (bytes.size() >= 8) {
    std::uint64_t eight;
    std::memcpy(&eight, bytes.data(), 8);
    if ((eight & 0x8080808080808080u) != 0) break;
    bytes.remove_prefix(8);
  }
  return is_utf8(bytes);
}

bool is_close_code(unsigned code) {
  return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
         (code >= 3000 && code <= 4999);
}

std::unexpected<WsFault> fault(std::uint16_t code, const char* what) { return std::unexpected(WsFault{code, what}); }

}  // namespace

void WsReader::put(std::string_view bytes) {
  if (at_ > 0) {
    bytes_.erase(0, at_);
    at_ = 0;
    if (bytes_.empty() && bytes_.capacity() > kKept) bytes_ = {};  // a burst's memory goes with it
  }
  bytes_ += bytes;
}

std::expected<bool, WsFault> WsReader::next(WsMessage& message) {
  for (;;) {
    const std::string_view rest = std::string_view{bytes_}.substr(at_);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    if (rest.size() < 2) return false;
    const bool last = (byte(0) & 0x80) != 0;
    const auto opcode = static_cast<WsOpcode>(byte(0) & 0x0f);
    if ((byte(0) & 0x70) != 0) return fault(1002, "a frame uses an extension that was not agreed on");
    if ((byte(1) & 0x80) != 0) return fault(1002, "a frame of the server is masked");
    std::uint64_t length = byte(1) & 0x7f;
    std::size_t head = 2;
    const bool control = (byte(0) & 0x08) != 0;
    if (control) {
      if (opcode != WsOpcode::Close && opcode != WsOpcode::Ping && opcode != WsOpcode::Pong)
        return fault(1002, "a frame has an unknown opcode");
      if (!last || length > kMaxControl) return fault(1002, "a control frame is fragmented or too long");
    } else {
      if (opcode != WsOpcode::Continuation && opcode != WsOpcode::Text && opcode != WsOpcode::Binary)
        return fault(1002, "a frame has an unknown opcode");
      if ((opcode == WsOpcode::Continuation) != fragmented_)
        return fault(1002, "a fragment belongs to no message, or a message begins within another");
    }
    if (length >= 126) {
      const std::size_t wide = length == 126 ? 2 : 8;
      head += wide;
      if (rest.size() < head) return false;
      length = 0;
      for (std::size_t i = 0; i < wide; ++i) length = length << 8 | byte(2 + i);
      if (length < (wide == 2 ? 126u : 65536u)) return fault(1002, "a frame's length is written in too many bytes");
    }
    const std::size_t so_far =
        fragmented_ && !control ? message_.size() : 0;  // of the message that this frame goes on with
    if (length > most_ || so_far + length > most_) return fault(1009, "a message is larger than is allowed");
    if (rest.size() - head < length) return false;
    const std::string_view payload = rest.substr(head, length);
    at_ += head + length;

    if (control) {
      message = {opcode, payload, 0};
      if (opcode != WsOpcode::Close) return true;
      if (payload.size() == 1) return fault(1002, "a close frame has half a code");
      message.close_code = 1005;
      if (payload.size() >= 2) {
        const unsigned code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
        if (!is_close_code(code)) return fault(1002, "a close frame has a code that may not be sent");
        message.close_code = static_cast<std::uint16_t>(code);
        message.bytes = payload.substr(2);
        if (!is_text(message.bytes)) return fault(1007, "a close reason is not UTF-8");
      }
      return true;
    }
    if (opcode != WsOpcode::Continuation) {
      kind_ = opcode;
      message_.clear();
      if (last) {
        if (kind_ == WsOpcode::Text && !is_text(payload)) return fault(1007, "a text is not UTF-8");
        message = {kind_, payload, 0};
        return true;
      }
    }
    message_ += payload;
    fragmented_ = !last;
    if (last) {
      if (kind_ == WsOpcode::Text && !is_text(message_)) return fault(1007, "a text is not UTF-8");
      // The bytes stay until the next message begins.
      message = {kind_, message_, 0};
      return true;
    }
  }
}

void append_ws_frame(std::string& out, WsOpcode opcode, std::string_view payload, std::uint32_t mask) {
  STOM_ASSERT(static_cast<int>(opcode) < 8 || payload.size() <= kMaxControl);
  out += static_cast<char>(0x80 | static_cast<int>(opcode));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    const bool wide = payload.size() > 0xffff;
    out += static_cast<char>(0x80 | (wide ? 127 : 126));
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  std::array<char, 4> key;
  std::memcpy(key.data(), &mask, 4);
  out.append(key.data(), 4);
  const std::size_t begin = out.size();
  out += payload;
  for (std::size_t i = 0; i < payload.size(); ++i) out[begin + i] = static_cast<char>(out[begin + i] ^ key[i % 4]);
}

std::string ws_accept(std::string_view key) {
  std::string text{key};
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace stom::net
