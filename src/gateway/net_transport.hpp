// The transport over real sockets: net/'s clients on one I/O thread. Each server has a few kept-alive HTTP connections,
// the last free one for risk actions. Also the loop that drives gateways with it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "gateway/frame_recorder.hpp"
#include "gateway/gateway.hpp"
#include "gateway/transport.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"

namespace stom::gateway {

struct NetTransportOptions {
  net::Route route;  // whose certificates are good, and the proxy
  net::HttpClientLimits http;
  net::WebSocketLimits socket;
  std::size_t connections = 4;  // HTTP, to one server; at least 2
};

class NetTransport final : public Transport {
 public:
  /// `io` and `clock` must outlive it.
  NetTransport(net::Io& io, const Clock& clock, NetTransportOptions options);
  ~NetTransport() override;
  void serve(TransportUser& user) override;

  void open(LinkId link, const std::string& url, std::span<const venues::Header> headers) override;
  void close(LinkId link) override;
  net::Sent send(LinkId link, std::string_view text, CallId call) override;
  void ping(LinkId link) override;
  bool can_call(const std::string& address, venues::Priority priority) override;
  void call(CallId call, const std::string& address, const venues::Request& request) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// BusyPoll never sleeps: for a core of its own, or one that the engine shares. Blocking sleeps until something is due.
enum class LoopMode : std::uint8_t { Blocking, BusyPoll };

/// One turn of the I/O thread: what is due is done, then what the sockets have. Blocking waits for them until the next
/// time that something is due, at most `most`. BusyPoll handles one thing of a socket's, so that what follows of it
/// comes before the next. How much was handled.
std::size_t turn(net::Io& io, const Clock& clock, std::span<Gateway* const> gateways, FrameRecorder* recorder,
                 LoopMode mode, DurationNanos most);

}  // namespace stom::gateway
