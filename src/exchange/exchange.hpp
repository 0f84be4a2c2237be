// The simulated exchange as a server: one port under TLS, a venue below each path prefix (/binance, …), and the control
// address that switches faults. Owns the connections' queues and all venues; everything runs on the thread that calls
// run(). Docs: docs/exchange.md.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "exchange/faults.hpp"
#include "exchange/venue_front.hpp"
#include "net/server.hpp"

namespace stom::exchange {

struct VenueSetup {
  std::string name;  // of its instruments and its path: "binance"
  std::unique_ptr<venues::VenueServer> server;
  std::vector<Market> markets;
};

struct ExchangeOptions {
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  std::size_t accounts = 1;  // of each venue
  std::size_t remembered = kRemembered;
  std::vector<std::string> faults;
  /// Host names of venues, in its certificate: a request to one is that venue's, and its paths have no prefix.
  std::map<std::string, std::string, std::less<>> hosts;
};

/// Where a venue is and who may use it.
struct VenueAddress {
  std::string name, rest, ws;
  std::vector<venues::Credentials> credentials;  // by account
};

class Exchange final : private net::Handler, private FrontWire {
 public:
  static Result<std::unique_ptr<Exchange>> open(const ExchangeOptions& options, std::vector<VenueSetup> venues,
                                                const Clock& clock);
  ~Exchange() override;

  const std::vector<VenueAddress>& addresses() const { return addresses_; }
  const std::string& authority_pem() const { return authority_pem_; }
  std::uint16_t port() const { return server_->port(); }
  std::string control() const;
  const std::string& token() const { return token_; }

  /// Serves on the calling thread until stop(), which any thread may call.
  void run();
  void stop();
  /// What stopped a recording early, if anything did.
  Result<void> status() const;

 private:
  struct Venue {
    std::string name;
    std::unique_ptr<VenueFront> front;
  };
  struct Client {
    VenueFront* front;
    std::deque<net::Frame> frames;
    std::size_t bytes = 0;  // of all of them
  };

  Exchange(const ExchangeOptions& options, const Clock& clock);

  void on_request(const net::Request& request, net::Reply reply) override;
  net::Response refusal(int status, std::string_view why) override;
  std::expected<std::string, net::Response> on_upgrade(const net::Request& request) override;
  void on_open(net::ClientId client, const net::Request& request) override;
  void on_message(net::ClientId client, std::string_view bytes, bool binary) override;
  bool next_frame(net::ClientId client, net::Frame& frame) override;
  void on_close(net::ClientId client) override;

  void after(DurationNanos by, std::function<void()> then) override;
  void frame(venues::SocketId socket, std::string text, unsigned fragments) override;
  void drop(venues::SocketId socket) override { server_->drop(socket); }
  void hold(venues::SocketId socket) override { server_->hold(socket); }
  void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) override;

  Result<void> set_fault(std::string_view name, std::optional<std::int64_t> value, std::optional<std::int64_t> count);
  Result<void> check_possible(std::string_view name) const;
  net::Response control(const net::Request& request);
  Venue* venue_of(const net::Request& request, venues::WireRequest& below);

  const Clock& clock_;
  std::string token_, authority_pem_;
  Faults faults_;
  std::map<std::string, std::string, std::less<>> hosts_;
  std::vector<Venue> venues_;
  std::vector<VenueAddress> addresses_;
  std::map<net::ClientId, Client> clients_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace stom::exchange
