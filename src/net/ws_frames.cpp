#include "net/ws_frames.hpp"

#include <openssl/sha.h>

#include <array>
#include <cstring>
#include <utility>

#include "core/assert.hpp"
#include "core/encoding.hpp"
#include "core/utf8.hpp"

namespace stom::net {
namespace {

constexpr std::size_t kMaxControl = 125;
// Of memory, by a reader whose messages are all read: from the beginning, as it would come to that with time.
constexpr std::size_t kKept = std::size_t{16} << 10;

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

/// What a frame's first bytes say.
struct WsReader::Head {
  WsOpcode opcode = WsOpcode::Text;
  bool last = true;
  std::size_t bytes = 2;     // of the head itself; where it has more, as far as that is known
  std::uint64_t length = 0;  // of what follows it; known once all of the head is there

  bool is_control() const { return (static_cast<int>(opcode) & 0x08) != 0; }
};

/// Of a frame of which two bytes are there, or more. `fragmented`: a message has begun and goes on.
std::expected<WsReader::Head, WsFault> WsReader::head_of(std::string_view frame, bool fragmented) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frame[i]); };
  Head head{.opcode = static_cast<WsOpcode>(byte(0) & 0x0f),
            .last = (byte(0) & 0x80) != 0,
            .bytes = 2,
            .length = byte(1) & std::uint64_t{0x7f}};
  if ((byte(0) & 0x70) != 0) return fault(1002, "a frame uses an extension that was not agreed on");
  if ((byte(1) & 0x80) != 0) return fault(1002, "a frame of the server is masked");
  if (head.is_control()) {
    if (head.opcode != WsOpcode::Close && head.opcode != WsOpcode::Ping && head.opcode != WsOpcode::Pong)
      return fault(1002, "a frame has an unknown opcode");
    if (!head.last || head.length > kMaxControl) return fault(1002, "a control frame is fragmented or too long");
  } else {
    if (head.opcode != WsOpcode::Continuation && head.opcode != WsOpcode::Text && head.opcode != WsOpcode::Binary)
      return fault(1002, "a frame has an unknown opcode");
    if ((head.opcode == WsOpcode::Continuation) != fragmented)
      return fault(1002, "a fragment belongs to no message, or a message begins within another");
  }
  if (head.length < 126) return head;
  const std::size_t wide = head.length == 126 ? 2 : 8;
  head.bytes += wide;
  if (frame.size() < head.bytes) return head;
  head.length = 0;
  for (std::size_t i = 0; i < wide; ++i) head.length = head.length << 8 | byte(2 + i);
  if (head.length < (wide == 2 ? 126u : 65536u)) return fault(1002, "a frame's length is written in too many bytes");
  return head;
}

WsReader::WsReader(std::size_t message_bytes) : most_{message_bytes} { renew_cut(); }

void WsReader::renew_cut() {
  std::string room(kKept, '\0');  // each page of it is there now
  room.clear();
  cut_.swap(room);
}

void WsReader::put(std::string_view bytes) {
  STOM_ASSERT(rest_.empty());
  rest_ = bytes;
}

/// All of it, head and payload; empty where it is not complete yet.
std::expected<std::string_view, WsFault> WsReader::next_frame(Head& head) {
  if (cut_is_read_) {
    if (cut_.capacity() > kKept) renew_cut();  // a long message's memory goes with it
    cut_.clear();
    cut_is_read_ = false;
  }
  for (std::size_t wanted = 2;;) {
    if (!cut_.empty() && cut_.size() < wanted) {  // no more of it than this frame's: what follows is read where it lies
      const std::string_view more = rest_.substr(0, wanted - cut_.size());
      cut_.reserve(wanted);
      cut_ += more;
      rest_.remove_prefix(more.size());
    }
    const std::string_view frame = cut_.empty() ? rest_ : std::string_view{cut_};
    if (frame.size() < wanted) {
      if (cut_.empty()) cut_ = std::exchange(rest_, {});
      return std::string_view{};
    }
    const auto said = head_of(frame, fragmented_);
    if (!said) return std::unexpected(said.error());
    head = *said;
    if (frame.size() >= head.bytes) {
      const std::size_t so_far =
          fragmented_ && !head.is_control() ? message_.size() : 0;  // of the message it goes on with
      if (head.length > most_ || so_far + head.length > most_)
        return fault(1009, "a message is larger than is allowed");
    }
    wanted = head.bytes + (frame.size() >= head.bytes ? static_cast<std::size_t>(head.length) : 0);
    if (frame.size() < wanted) continue;
    if (cut_.empty())
      rest_.remove_prefix(wanted);
    else
      cut_is_read_ = true;
    return frame.substr(0, wanted);
  }
}

std::expected<bool, WsFault> WsReader::next(WsMessage& message) {
  for (;;) {
    Head head;
    const auto frame = next_frame(head);
    if (!frame) return std::unexpected(frame.error());
    if (frame->empty()) return false;
    const std::string_view payload = frame->substr(head.bytes);
    const WsOpcode opcode = head.opcode;
    const bool last = head.last;

    if (head.is_control()) {
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
