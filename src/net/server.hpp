// An HTTP and WebSocket server on one I/O thread. Everything is bounded: header, body and message sizes, connections,
// and the time each step may take. Nothing is queued for a WebSocket client: when its socket is free the server asks
// the handler for the next frame, so a slow client costs the handler's per-client state and no more, and gets the
// newest there is when it asks again. Given a certificate it speaks TLS, else plain text. Owns: the listening socket,
// the connections, the thread's event loop. Knows no trading and no security.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/certificate.hpp"
#include "net/http.hpp"

namespace stom::net {

using ClientId = std::uint64_t;  // one WebSocket connection; never reused
using Reply = std::move_only_function<void(Response)>;

struct Frame {
  std::string bytes;
  bool binary = false;
  unsigned fragments = 1;  // as how many frames of one message it is sent, a ping between each two of them
};

/// Called on the I/O thread only, never concurrently.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Answer now or later, once, on the I/O thread; an answer that does not come within Limits::answer_time is a 504.
  /// The answer no_answer() closes the connection without a word.
  virtual void on_request(const Request& request, Reply reply) = 0;
  /// The response for a request that the server refuses by itself (400, 413, 431, 503, 504).
  virtual Response refusal(int status, std::string_view why) = 0;
  /// Accepts the socket with the name of its subprotocol (may be empty), or refuses it with a response.
  virtual std::expected<std::string, Response> on_upgrade(const Request& request) = 0;
  virtual void on_open(ClientId client, const Request& request) = 0;
  virtual void on_message(ClientId client, std::string_view bytes, bool binary) = 0;
  /// The client's socket is free. False: nothing to send now; call Server::wake when there is.
  virtual bool next_frame(ClientId client, Frame& frame) = 0;
  virtual void on_close(ClientId client) = 0;
};

struct Limits {
  std::size_t header_bytes = 8 * 1024;
  std::size_t body_bytes = 64 * 1024;
  std::size_t message_bytes = 4 * 1024;            // what one WebSocket message from a client may hold
  std::size_t connections = 64;                    // one more is answered 503 and closed
  std::chrono::milliseconds request_time{15'000};  // from the first wait for a request to its last byte
  std::chrono::milliseconds answer_time{10'000};   // for the handler to answer
  std::chrono::milliseconds write_time{15'000};    // for the client to take a response
  std::chrono::milliseconds silence{30'000};       // a WebSocket client is pinged after half of it, and gone after it
};

struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                  // 0: the system chooses, see Server::port
  std::optional<Certificate> certificate;  // with one the server speaks TLS 1.2 or 1.3 and nothing else
};

/// What Handler::on_request answers with where the client is to learn nothing.
inline Response no_answer() { return {.status = 0, .content_type = {}, .body = {}}; }

class Server {
 public:
  /// Binds and listens; the error names the port and what to do. `handler` must outlive the server.
  static Result<std::unique_ptr<Server>> listen(const Endpoint& endpoint, const Limits& limits, Handler& handler);
  ~Server();

  std::uint16_t port() const;
  /// Serves on the calling thread until stop().
  void run();
  /// Any thread. Says goodbye to WebSocket clients, gives them a second, then run() returns.
  void stop();

  /// I/O thread (or before run()): calls `tick` every `period` until the server stops.
  void every(std::chrono::milliseconds period, std::function<void()> tick);
  /// I/O thread: there is something to send to this client (or to each).
  void wake(ClientId client);
  void wake_all();
  /// I/O thread: closes with a WebSocket close code.
  void close(ClientId client, std::uint16_t code, std::string_view reason);
  /// I/O thread: the connection ends without a goodbye, as when a cable is cut.
  void drop(ClientId client);
  /// I/O thread: the connection stays open and is dead: nothing more is sent, what comes is thrown away and not
  /// answered, not even a ping. To the handler it is closed.
  void hold(ClientId client);
  /// I/O thread (or before run()): calls `act` once, unless the server stops before.
  void after(std::chrono::milliseconds delay, std::function<void()> act);
  std::size_t connections() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stom::net
