// A WebSocket client over TLS: one connection, from its upgrade to its close. Opens once; whoever wants it open again
// makes another one. Pings of the server are answered here; when to ping and when silence is too long is for the user
// to say (gateway/). Messages and what waits to be sent are bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "net/http.hpp"
#include "net/stream.hpp"

namespace stom::net {

struct WebSocketLimits {
  StreamLimits stream;
  std::chrono::milliseconds upgrade{5'000};
  std::chrono::milliseconds goodbye{2'000};  // for the server to answer our close
  std::size_t head_bytes = 16 * 1024;        // of the answer to the upgrade
  std::size_t message_bytes = 16 << 20;
  std::size_t queued_messages = 1'024;  // sent, but not yet taken by the kernel
};

enum class Sent : std::uint8_t {
  Written,  // the kernel has it
  Queued,   // it waits: on_write() will say what became of it
  Full,     // too much waits already: it was not taken, try again after on_write()
  Closed,   // not open: it was not taken
};

class WebSocketUser {
 public:
  virtual ~WebSocketUser() = default;
  virtual void on_open() = 0;
  virtual void on_message(std::string_view bytes, bool binary) = 0;
  virtual void on_ping() = 0;  // answered already
  virtual void on_pong() = 0;
  /// Once for each message that was Queued, in their order.
  virtual void on_write(std::uint64_t id, Written written) = 0;
  /// The last call, also where it never opened. `code`: the server's close code; 1006 where there was none. `status`:
  /// of a refused upgrade, 429 for example, with its answer's headers; else 0.
  virtual void on_close(std::uint16_t code, int status, std::span<const Header> headers, const Error& why) = 0;
};

class WebSocket {
 public:
  /// Begins to open at once. Never calls `user` from within a call of its own.
  WebSocket(Io& io, const Route& route, const WebSocketLimits& limits, const Url& url, std::span<const Header> headers,
            WebSocketUser& user);
  ~WebSocket();  // cuts the connection, without a call to the user
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  bool is_open() const;
  Sent send(std::string_view text, std::uint64_t id);
  void ping();
  /// Says goodbye; on_close() follows.
  void close(std::uint16_t code = 1000);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stom::net
