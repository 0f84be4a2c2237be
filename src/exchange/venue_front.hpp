// One venue of the exchange as whoever connects meets it: requests and sockets in, answers and frames out, and what
// goes wrong between the venue's server and the wire (faults of answers, of connections and of frames). Knows no
// socket: exchange.hpp puts net/ behind FrontWire, a simulation puts a network of its own there.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "exchange/faults.hpp"
#include "exchange/venue_host.hpp"
#include "venues/venue_server.hpp"

namespace stom::exchange {

/// What a front does to the connections of its clients.
class FrontWire {
 public:
  virtual void after(DurationNanos by, std::function<void()> then) = 0;
  /// A text for the socket, sent as so many frames of one message.
  virtual void frame(venues::SocketId socket, std::string text, unsigned fragments) = 0;
  /// Without a goodbye, as when a cable is cut.
  virtual void drop(venues::SocketId socket) = 0;
  /// It stays open, and nothing comes or goes any more, not even an answer to a ping.
  virtual void hold(venues::SocketId socket) = 0;
  virtual void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) = 0;

 protected:
  ~FrontWire() = default;
};

class VenueFront final : private Sockets {
 public:
  /// Nothing: the connection ends without an answer.
  using Answer = std::move_only_function<void(std::optional<venues::WireResponse>)>;

  VenueFront(std::unique_ptr<venues::VenueServer> server, std::vector<Market> markets,
             std::vector<venues::Credentials> credentials, const Clock& clock, Faults& faults, FrontWire& wire,
             std::uint64_t seed, std::size_t remembered = kRemembered);

  VenueHost& host() { return host_; }
  const VenueHost& host() const { return host_; }
  /// Plays what is due; true: some of it is left for another time.
  bool advance() { return host_.advance(); }
  void on_timer() { host_.server().on_timer(host_.now()); }

  void on_request(const venues::WireRequest& request, Answer answer);
  /// A refusal, or nothing: the socket is opened.
  std::optional<venues::WireResponse> on_upgrade(const venues::WireRequest& request);
  void on_open(venues::SocketId socket, const venues::WireRequest& request);
  void on_message(venues::SocketId socket, std::string_view text);
  void on_close(venues::SocketId socket);

 private:
  void send(venues::SocketId socket, std::string text, bool acknowledges_order) override;
  void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) override;
  void queue(venues::SocketId socket, std::string text);
  venues::WireResponse dated(venues::WireResponse response) const;

  Faults& faults_;
  FrontWire& wire_;
  std::set<venues::SocketId> open_;
  VenueHost host_;
};

}  // namespace stom::exchange
