// The network between a session's gateways and the simulated exchange, without a socket: each message takes a time of
// its own, a connection keeps the order of what it carries and several connections do not, and what is under way when a
// connection breaks may be lost. Frames come in pieces below the transport's port, so here they come whole.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/random.hpp"
#include "exchange/venue_front.hpp"
#include "gateway/transport.hpp"
#include "simulate/agenda.hpp"

namespace stom::simulate {

/// What is on its way while a fault strikes it: a request, a text of a client, or one of the exchange.
struct AtHand {
  std::string_view method;    // of a request; "" for a text
  std::string_view text;      // target and body, or the text
  std::string_view endpoint;  // of a text of the exchange: of what socket
  ClientOrderId order = 0;    // of a request that brings a new one
};

/// Of 100 requests (or openings), how many it happens to.
struct NetworkFaults {
  int refused = 0;         // no connection is made: nothing was written
  int request_lost = 0;    // the connection breaks before the request arrives
  int answer_lost = 0;     // it breaks behind it
  int slow = 0;            // it takes up to some seconds, each way for itself; also texts
  int socket_refused = 0;  // a socket is not opened
};

class Network final : public exchange::FrontWire {
 public:
  /// Asked of each fault of the network that chance wants: whether it strikes there.
  using Strikes = std::function<bool(std::string_view fault, const AtHand& what)>;
  Network(Agenda& agenda, std::uint64_t seed, Strikes strikes);
  ~Network();

  void serve(exchange::VenueFront& front) { front_ = &front; }
  /// A client's end. Once it is gone its sockets break; what it had sent may still arrive.
  std::unique_ptr<gateway::Transport> connect();
  NetworkFaults faults;

  const AtHand& at_hand() const { return at_hand_; }
  /// Orders by the exchange's numbers: which of the session's each is, by the request that brought it. It is there
  /// while that is still being answered.
  const std::map<std::uint64_t, ClientOrderId>& brought() const { return brought_; }
  /// The name that the session gave the endpoint ("user"); "" where there is no such socket.
  std::string_view endpoint_of(venues::SocketId socket) const;
  /// What addresses of endpoints begin with here: the endpoint's own name follows.
  static constexpr std::string_view kHttps = "https://exchange.simulated/", kWss = "wss://exchange.simulated/";

  void after(DurationNanos by, std::function<void()> then) override { agenda_.after(by, std::move(then)); }
  void frame(venues::SocketId socket, std::string text, unsigned fragments) override;
  void drop(venues::SocketId socket) override;
  void hold(venues::SocketId socket) override;
  void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) override;

 private:
  class End;
  struct Client;
  struct Socket;
  using SocketPointer = std::shared_ptr<Socket>;

  bool draws(int percent) { return percent > 0 && random_.below(100) < static_cast<std::uint64_t>(percent); }
  bool strikes(std::string_view fault, int percent, const AtHand& what) {
    return draws(percent) && strikes_(fault, what);
  }
  DurationNanos delay(const AtHand& what = {});
  UnixNanos up(Socket& socket, const AtHand& what = {});
  UnixNanos down(Socket& socket, const AtHand& what = {});
  void tell_closed(const SocketPointer& socket, int status, venues::WireResponse refused, std::string why);
  void break_off(const SocketPointer& socket, std::string why);
  void leave(Client& client);
  void open(const std::shared_ptr<Client>& client, gateway::LinkId link, const std::string& url,
            std::span<const venues::Header> headers);
  void call(const std::shared_ptr<Client>& client, gateway::CallId call, const std::string& address,
            const venues::Request& request);
  void deliver(const venues::WireRequest& request, ClientOrderId order, exchange::VenueFront::Answer answer);
  SocketPointer find(venues::SocketId socket) const;

  Agenda& agenda_;
  Random random_;
  Strikes strikes_;
  exchange::VenueFront* front_ = nullptr;
  AtHand at_hand_;
  std::map<std::uint64_t, ClientOrderId> brought_;
  std::map<venues::SocketId, SocketPointer> sockets_;  // that the exchange has open
  venues::SocketId last_socket_ = 0;
};

}  // namespace stom::simulate
