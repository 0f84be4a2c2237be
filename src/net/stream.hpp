// A client's connection to a server: name looked up, connected, through a proxy where there is one, inside TLS with the
// certificate checked. What is handed to it is encrypted and given to the kernel at once; what the kernel does not take
// waits here, bounded. It says how far the kernel took it, so that its users know what cannot have reached the server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/io.hpp"
#include "net/trust.hpp"

namespace stom::net {

/// How servers are reached: the same for all connections of a program.
struct Route {
  std::shared_ptr<const Trust> trust;
  Proxy proxy;
};

struct StreamLimits {
  std::chrono::milliseconds resolve{5'000};
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds proxy{5'000};
  std::chrono::milliseconds tls{5'000};
  std::chrono::milliseconds write{5'000};  // for the kernel to take more of what waits
  std::size_t unsent_bytes = 1 << 20;      // encrypted bytes that may wait for the kernel
};

/// What became of bytes that were to be sent. A server may have acted on all that is not NotWritten.
enum class Written : std::uint8_t {
  NotWritten,  // the kernel took none of them: the server cannot have them
  Unknown,     // it took some, and then the connection ended
  Written,     // it took them all; whether they arrived only an answer can say
};

class StreamUser {
 public:
  virtual ~StreamUser() = default;
  virtual void on_stream_open() = 0;
  virtual void on_stream_bytes(std::string_view bytes) = 0;
  /// Stream::taken() has grown after bytes had to wait.
  virtual void on_stream_taken() = 0;
  /// The last call. `clean`: the server said that it ends, so nothing was cut off.
  virtual void on_stream_end(bool clean, const Error& why) = 0;
};

class Stream {
 public:
  /// Begins at once. Never calls `user` from within a call of its own.
  Stream(Io& io, const Route& route, const StreamLimits& limits, const Url& url, StreamUser& user);
  /// Ends the connection, without a call to the user; may happen inside one.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool is_open() const;
  /// Ends the connection at once, without a call to the user, and what was sent and is under way with it: otherwise the
  /// kernel would send what the server has not acknowledged again and again, for minutes.
  void cut();
  /// False, and nothing is kept: not open, or more than StreamLimits::unsent_bytes would wait.
  bool send(std::string_view bytes);
  /// Positions in what is sent, in encrypted bytes: given to the stream, and taken by the kernel.
  std::uint64_t given() const;
  std::uint64_t taken() const;
  /// What became of what was given between two values of given().
  Written written(std::uint64_t begin, std::uint64_t end) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stom::net
