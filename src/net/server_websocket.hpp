// One WebSocket of a server, from the answer to its upgrade until its closing handshake: Beast's, behind plain
// functions (they take half a minute to compile). It pings a client that is silent, and cuts off one that stays so.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "net/http.hpp"
#include "net/server_stream.hpp"

namespace stom::net {

/// It must outlive its operations; one read and one of the others at most are under way, and none calls `done` from
/// within the call that begins it.
class ServerWebSocket {
 public:
  using Done = ServerStream::Done;
  using DoneSome = ServerStream::DoneSome;

  ServerWebSocket(ServerStream&& stream, const Limits& limits);
  ~ServerWebSocket();

  /// Answers the request that asks for it; `protocol` may be empty.
  void accept(const Request& request, std::string_view protocol, Done done);
  /// One message, which is there until the next read.
  void read(Done done);
  std::string_view message() const;
  bool message_is_binary() const;
  /// A message, or a part of one: one frame. What is written of a part may be less than was given.
  void write(std::string_view bytes, bool binary, bool last, DoneSome done);
  void ping(Done done);
  void close(std::uint16_t code, std::string_view reason, Done done);
  bool is_open() const;
  /// The operations under way end; silence matters no more. What comes can be read from the stream.
  void abandon();

  ServerStream& stream();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stom::net
