#include "net/websocket.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <array>
#include <deque>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/encoding.hpp"
#include "net/http_answer.hpp"
#include "net/ws_frames.hpp"

namespace stom::net {
namespace {

using std::string_view;

constexpr const char* kOpenedAgain = "it is opened again; see the network if this repeats";

/// Masks must not be foreseen by whoever chose the text (RFC 6455, 10.3): from the system, some at a time.
class Masks {
 public:
  std::uint32_t next() {
    if (at_ == masks_.size()) {
      STOM_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(masks_.data()), sizeof masks_) == 1);
      at_ = 0;
    }
    return masks_[at_++];
  }

 private:
  std::array<std::uint32_t, 256> masks_;
  std::size_t at_ = 256;
};

std::string new_key() {
  std::array<unsigned char, 16> bytes;
  STOM_ASSERT(RAND_bytes(bytes.data(), bytes.size()) == 1);
  return base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_line(string_view text) { return text.find_first_of(string_view{"\r\n\0", 3}) == string_view::npos; }

}  // namespace

struct WebSocket::State final : StreamUser {
  enum class Phase : std::uint8_t { Connecting, Upgrading, Open, Closing, Ended };
  struct Waiting {
    std::uint64_t id, begin, end;
  };

  State(Io& i, const WebSocketLimits& l, const Url& u, std::span<const Header> h, WebSocketUser& w)
      : io{i},
        limits{l},
        url{u},
        headers{h.begin(), h.end()},
        user{&w},
        timer{io, [this] { on_time_limit(); }},
        reader{limits.message_bytes},
        answer{{.head_bytes = limits.head_bytes, .body_bytes = 64 * 1024}, AnswerReader::Kind::Whole} {}

  void on_stream_open() override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    key = new_key();
    std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n"
        "Sec-WebSocket-Version: 13\r\nUser-Agent: stom\r\n",
        url.target, host_header(url), key);
    for (const auto& header : headers) {
      if (!is_line(header.name) || !is_line(header.value))
        return end(1006,
                   {Errc::Usage, "a header for the upgrade has a line break in it", "correct the key that it holds"});
      request.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    request += "\r\n";
    phase = Phase::Upgrading;
    timer.arm(limits.upgrade);
    stream->send(request);
  }

  void on_stream_bytes(string_view bytes) override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    if (phase == Phase::Upgrading) {
      auto used = answer.put(bytes);
      if (!used) return end(1006, used.error());
      if (!answer.done()) return;
      bytes.remove_prefix(*used);
      if (!on_upgraded()) return;
    }
    reader.put(bytes);
    read_messages();
  }

  /// Whether the server agreed.
  bool on_upgraded() {
    const Response response = answer.take();
    const auto header = [&](string_view name) -> string_view {
      for (const auto& one : response.headers)
        if (same_name(one.name, name)) return one.value;
      return {};
    };
    if (response.status != 101) {
      end(1006,
          {Errc::Io, fmt::format("{} answers {} instead of opening a WebSocket", url.host, response.status),
           response.status == 429 || response.status == 418 ? "too many attempts: wait as long as it says"
                                                            : "check the address and the key"},
          response.status, response.headers);
      return false;
    }
    if (header("Sec-WebSocket-Accept") != ws_accept(key) || !same_name(header("Upgrade"), "websocket") ||
        !header("Sec-WebSocket-Extensions").empty() || !header("Sec-WebSocket-Protocol").empty()) {
      end(1002, {Errc::BadData, fmt::format("{} does not open the WebSocket that was asked for", url.host),
                 "a proxy or another server answers in its place"});
      return false;
    }
    phase = Phase::Open;
    timer.cancel();
    user->on_open();
    return phase == Phase::Open || phase == Phase::Closing;
  }

  void read_messages() {
    WsMessage message;
    while (phase == Phase::Open || phase == Phase::Closing) {
      const auto got = reader.next(message);
      if (!got) {
        send_close(got.error().code);
        return end(got.error().code, {Errc::BadData, fmt::format("{}: {}", url.host, got.error().what), kOpenedAgain});
      }
      if (!*got) return;
      switch (message.kind) {
        case WsOpcode::Ping:
          if (phase == Phase::Open) control(WsOpcode::Pong, message.bytes);
          user->on_ping();
          break;
        case WsOpcode::Pong:
          user->on_pong();
          break;
        case WsOpcode::Close: {
          if (phase == Phase::Open) send_close(message.close_code == 1005 ? 1000 : message.close_code);
          return end(message.close_code, {Errc::Io,
                                          fmt::format("{} closed the WebSocket: {}{}{}", url.host, message.close_code,
                                                      message.bytes.empty() ? "" : " ", message.bytes),
                                          kOpenedAgain});
        }
        default:
          if (phase == Phase::Open) user->on_message(message.bytes, message.kind == WsOpcode::Binary);
      }
    }
  }

  void on_stream_taken() override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    while (phase != Phase::Ended && !waiting.empty() &&
           stream->written(waiting.front().begin, waiting.front().end) == Written::Written) {
      const auto id = waiting.front().id;
      waiting.pop_front();
      user->on_write(id, Written::Written);
    }
  }

  void on_stream_end(bool, const Error& why) override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    const bool cut = phase == Phase::Open && reader.in_message();
    end(1006, cut ? Error{why.code, why.message + " in the middle of a message", why.hint} : why);
  }

  void on_time_limit() {
    if (phase == Phase::Closing)
      return end(1006, {Errc::Io, fmt::format("{} did not say goodbye", url.host), kOpenedAgain});
    end(1006, {Errc::Io, fmt::format("{} did not open the WebSocket within {} ms", url.host, limits.upgrade.count()),
               kOpenedAgain});
  }

  bool control(WsOpcode opcode, string_view payload) {
    frame.clear();
    append_ws_frame(frame, opcode, payload, masks.next());
    return stream->send(frame);
  }

  void send_close(std::uint16_t code) {
    const std::array<char, 2> payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    control(WsOpcode::Close, {payload.data(), payload.size()});
  }

  void end(std::uint16_t code, const Error& why, int status = 0, std::span<const Header> answer_headers = {}) {
    if (phase == Phase::Ended) return;
    phase = Phase::Ended;
    timer.cancel();
    const auto keeping = self.lock();
    std::vector<std::pair<std::uint64_t, Written>> left;
    for (const auto& one : waiting) left.emplace_back(one.id, stream->written(one.begin, one.end));
    waiting.clear();
    stream.reset();
    for (const auto& [id, written] : left)
      if (user != nullptr) user->on_write(id, written);
    if (user != nullptr) std::exchange(user, nullptr)->on_close(code, status, answer_headers, why);
  }

  Io& io;
  WebSocketLimits limits;
  Url url;
  std::vector<Header> headers;
  WebSocketUser* user;  // null once it was told the end, or is gone
  std::weak_ptr<State> self;
  Timer timer;
  std::optional<Stream> stream;
  Phase phase = Phase::Connecting;
  std::string key;
  WsReader reader;
  AnswerReader answer;
  Masks masks;
  std::string frame;  // reused
  std::deque<Waiting> waiting;
};

WebSocket::WebSocket(Io& io, const Route& route, const WebSocketLimits& limits, const Url& url,
                     std::span<const Header> headers, WebSocketUser& user)
    : state_{std::make_shared<State>(io, limits, url, headers, user)} {
  STOM_ASSERT(url.secure);
  state_->self = state_;
  state_->stream.emplace(io, route, limits.stream, url, *state_);
}

WebSocket::~WebSocket() {
  state_->user = nullptr;
  state_->end(1006, {Errc::Canceled, "", ""});
}

bool WebSocket::is_open() const { return state_->phase == State::Phase::Open; }

Sent WebSocket::send(string_view text, std::uint64_t id) {
  State& state = *state_;
  if (state.phase != State::Phase::Open) return Sent::Closed;
  if (state.waiting.size() >= state.limits.queued_messages) return Sent::Full;
  state.frame.clear();
  append_ws_frame(state.frame, WsOpcode::Text, text, state.masks.next());
  const auto begin = state.stream->given();
  if (!state.stream->send(state.frame)) return Sent::Full;
  const auto end = state.stream->given();
  if (state.stream->written(begin, end) == Written::Written) return Sent::Written;
  state.waiting.push_back({id, begin, end});
  return Sent::Queued;
}

void WebSocket::ping() {
  if (is_open()) state_->control(WsOpcode::Ping, {});
}

void WebSocket::close(std::uint16_t code) {
  State& state = *state_;
  if (state.phase == State::Phase::Ended || state.phase == State::Phase::Closing) return;
  if (state.phase == State::Phase::Open) state.send_close(code);
  state.phase = State::Phase::Closing;
  state.timer.arm(state.limits.goodbye);
}

}  // namespace stom::net
