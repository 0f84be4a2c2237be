// What a server's bytes go through: the port it listens on and its clients' connections, plain or under TLS. Each
// direction is one plain function. Beast's HTTP and WebSocket, where every operation is a type of its own, end at them,
// so that TLS and TCP below are compiled once. Owns: the listening socket, the connections. All on the I/O thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "core/result.hpp"
#include "net/server.hpp"

namespace boost::asio {
class io_context;
}
namespace boost::system {
class error_code;
}

namespace stom::net {

/// One client's connection. It must outlive its operations; each is at most once under way, and none calls `done` from
/// within the call that begins it.
class ServerStream {
 public:
  using Done = std::move_only_function<void(const boost::system::error_code& error)>;
  using DoneSome = std::move_only_function<void(const boost::system::error_code& error, std::size_t bytes)>;
  static constexpr std::size_t kPieces = 16;  // how many of a write's pieces are looked at

  ServerStream();  // no connection
  ~ServerStream();
  ServerStream(ServerStream&& other) noexcept;
  ServerStream& operator=(ServerStream&& other) noexcept;

  boost::asio::io_context& context() const;
  bool is_tls() const;

  void handshake(Done done);  // of TLS
  void read_some(std::span<char> into, DoneSome done);
  /// Pieces that are there together go out together: one packet without TLS, one record with it.
  void write_some(std::span<const std::string_view> pieces, DoneSome done);
  /// Says that nothing more will be written (to TLS, else to TCP) and waits until the client has said so, too.
  void teardown(Done done);
  /// Reads what the socket has, beneath TLS.
  void read_raw(std::span<char> into, DoneSome done);

  /// A read or write that is not done by then ends as a timeout, and with it the connection. Holds for those that begin
  /// from now on.
  void expires_after(std::chrono::milliseconds time);
  void expires_never();
  void shutdown_send();
  void cancel();
  void close();

 private:
  friend class ServerPort;
  struct State;
  explicit ServerStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class ServerPort {
 public:
  /// Binds and listens; the error names the port and what to do.
  static Result<std::unique_ptr<ServerPort>> open(boost::asio::io_context& io, const Endpoint& endpoint);
  ~ServerPort();

  std::uint16_t number() const;
  /// `stream` becomes the next client's, before TLS's handshake.
  void accept(ServerStream& stream, ServerStream::Done done);
  void close();

 private:
  struct State;
  explicit ServerPort(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom::net
