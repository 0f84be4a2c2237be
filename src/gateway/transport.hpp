// The port to the wire: WebSockets and HTTP requests, as the gateway wants them. net_transport.hpp is the one over real
// sockets; the tests have one without any. A transport never calls its user from within a call to it, and hands every
// text over with the time at which it was received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "net/websocket.hpp"
#include "venues/venue.hpp"

namespace stom::gateway {

using LinkId = std::uint64_t;  // one opening of a WebSocket; never used again
using CallId = std::uint64_t;  // one HTTP request or text; never used again

class TransportUser {
 public:
  virtual ~TransportUser() = default;
  virtual void on_open(LinkId link, UnixNanos now) = 0;
  virtual void on_text(LinkId link, std::string_view bytes, UnixNanos now) = 0;
  /// The other side gave a sign of life: a ping or a pong.
  virtual void on_heard(LinkId link, UnixNanos now) = 0;
  /// What became of a text that was Sent::Queued.
  virtual void on_write(LinkId link, CallId call, net::Written written, UnixNanos now) = 0;
  /// The link's last call. `status`: of a refused upgrade, else 0.
  virtual void on_close(LinkId link, int status, std::span<const venues::Header> headers, const Error& why,
                        UnixNanos now) = 0;

  virtual void on_answer(CallId call, int status, std::span<const venues::Header> headers, std::string_view body,
                         UnixNanos now) = 0;
  virtual void on_no_answer(CallId call, net::Written written, const Error& why, UnixNanos now) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Whom it tells; before the first call.
  virtual void serve(TransportUser&) {}
  virtual void open(LinkId link, const std::string& url, std::span<const venues::Header> headers) = 0;
  /// At once, and nothing more is heard of it.
  virtual void close(LinkId link) = 0;
  virtual net::Sent send(LinkId link, std::string_view text, CallId call) = 0;
  virtual void ping(LinkId link) = 0;

  /// Whether the server at `address` ("https://api.upbit.com") can be asked now. The last free connection is for
  /// Priority::Risk.
  virtual bool can_call(const std::string& address, venues::Priority priority) = 0;
  /// Only where can_call(). A request that is refused as it stands has its on_no_answer() later, too.
  virtual void call(CallId call, const std::string& address, const venues::Request& request) = 0;
};

}  // namespace stom::gateway
