// A small blocking HTTP and WebSocket client on plain sockets, for tests and for commands that talk to a running
// `stom serve`. It shares no code with the server, so that one misreading of a protocol cannot pass on both sides; and
// it can send bytes that are wrong on purpose.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "net/http.hpp"

namespace stom::net {

/// One TCP connection to this computer. Every wait ends by `patience`.
class Connection {
 public:
  static Result<Connection> open(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds{10});
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  Result<void> send(std::string_view bytes);
  /// At least one byte, unless the peer closed: then "".
  Result<std::string> receive();

  /// One request with its own Host and Content-Length where the headers bring none; the connection may be used again.
  Result<Response> request(std::string_view method, std::string_view target, std::vector<Header> headers = {},
                           std::string_view body = {});
  /// Sends raw bytes and reads one response.
  Result<Response> exchange(std::string_view raw, bool head = false);
  /// What of the answers was received and not yet used.
  std::string& unread() { return unread_; }
  Result<void> fill(std::size_t bytes);  // until unread() holds so many

 private:
  Connection(int socket, std::uint16_t port) : socket_{socket}, port_{port} {}
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::string unread_;
};

/// "X: y" of a response; "" where there is none.
std::string_view header_of(const Response& response, std::string_view name);

class WebSocketClient {
 public:
  enum class Kind : std::uint8_t { Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };
  struct Message {
    Kind kind;
    std::string bytes;       // Close: the reason
    std::uint16_t code = 0;  // Close: its code, 1005 where there is none, 1006 where the connection just ended
  };

  /// Refused upgrades are an error whose message begins with the status.
  static Result<WebSocketClient> open(std::uint16_t port, std::string_view target, std::vector<Header> headers,
                                      std::chrono::milliseconds patience = std::chrono::seconds{10});

  Result<void> send_text(std::string_view text) { return send_frame(Kind::Text, text); }
  Result<void> send_frame(Kind kind, std::string_view payload);
  /// The next message; pings are answered on the way.
  Result<Message> receive();
  Result<void> close();
  Connection& connection() { return connection_; }
  const std::string& protocol() const { return protocol_; }

 private:
  explicit WebSocketClient(Connection connection) : connection_{std::move(connection)} {}
  Connection connection_;
  std::string protocol_;
};

}  // namespace stom::net
