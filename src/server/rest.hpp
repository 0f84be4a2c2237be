// REST under /api/v1: which calls there are, and their answers. Reads are answered at once from SessionState; commands
// go to the session and are answered when it has acted, in the order in which it did; what long files have to be read
// for is read on another thread, so that market data goes on meanwhile.
// Owns: calls that wait for the engine or for a file, and the answers kept for each Idempotency-Key.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "net/http.hpp"
#include "net/server.hpp"
#include "server/engine_port.hpp"
#include "server/library.hpp"
#include "server/security.hpp"
#include "server/session_state.hpp"

namespace stom {

class Rest {
 public:
  struct Health {
    std::string version;
    std::function<std::size_t()> clients;
  };
  Rest(const SessionState& state, SessionPort& port, const Library& library, Guard& guard, const Clock& clock,
       Health health);

  /// Checks 3 to 5 of docs/api.md, then the call. Checks 1 and 2 were done.
  void handle(const net::Request& request, net::Reply reply);
  /// Answers the calls that this update ends. After SessionState::apply.
  void on_update(const Update& update);
  /// Answers the calls whose files have been read, and those about other processes that have answered.
  void on_files_read();

  /// What is served, for the test that compares it with docs/openapi.json: "GET /api/v1/session".
  static std::vector<std::string> routes();

 private:
  using Query = const net::Request&;
  struct Route;
  static std::span<const Route> table();

  net::Response get_health(Query query) const;
  net::Response get_session(Query query) const;
  net::Response get_candles(Query query) const;
  net::Response get_book(Query query) const;
  net::Response get_trades(Query query) const;
  net::Response get_orders(Query query) const;
  net::Response get_fills(Query query) const;
  net::Response get_positions(Query query) const;
  net::Response get_account(Query query) const;
  net::Response get_equity(Query query) const;
  net::Response get_log(Query query) const;
  net::Response get_instruments(Query query) const;
  net::Response get_strategies(Query query) const;
  net::Response get_runs(Query query) const;
  net::Response get_report(Query query) const;
  net::Response post_login(Query request);
  net::Response post_logout(Query request);
  net::Response post_ticket(Query request);
  void get_curve(Query request, net::Reply reply);
  void get_trading(Query request, net::Reply reply);
  void get_trading_alerts(Query request, net::Reply reply);
  void get_trading_ended(Query request, net::Reply reply);
  void get_trading_log(Query request, net::Reply reply);
  void post_kill(Query request, net::Reply reply);
  void post_control(Query request, net::Reply reply);
  void post_begin(Query request, net::Reply reply);
  void post_order(Query request, net::Reply reply);
  void delete_order(Query request, net::Reply reply);
  void post_flatten(Query request, net::Reply reply);

  /// A call that waits for its CommandDone.
  struct Pending {
    Command::Kind kind;
    std::string path;
    std::string key;  // "" without one
    net::Reply reply;
    std::vector<CommandOrder> orders;
  };
  /// A call that waits for a file, or for the kill switch of a session.
  struct Reading {
    std::future<net::Response> response;
    net::Reply reply;
  };
  /// The calls that wait for other processes: whoever asks meanwhile gets the same answer.
  struct Asking {
    std::future<net::Response> response;
    std::vector<net::Reply> replies;  // bounded: one more is refused as engine_busy
  };
  /// What became of an Idempotency-Key.
  struct Keyed {
    std::uint64_t body_hash = 0;
    bool done = false;
    net::Response response;
    std::vector<net::Reply> waiting;  // the same call again, before the first was answered
  };

  void ask_sessions(std::optional<Asking>& asking, std::vector<std::string> (Library::*what)() const, Query request,
                    net::Reply reply);
  void send(Command command, Query request, std::string key, net::Reply reply);
  /// True where the key was seen before: `reply` is answered or waits.
  bool repeat(Query request, net::Reply& reply);
  void remember(const std::string& key, Keyed keyed);
  net::Response answer(const Pending& call, const CommandDone& done) const;
  net::Response flatten_answer(const std::vector<CommandOrder>& orders) const;

  const SessionState& state_;
  SessionPort& port_;
  const Library& library_;
  Guard& guard_;
  const Clock& clock_;
  Health health_;
  UnixNanos started_;
  std::uint64_t last_ticket_ = 0;
  std::map<std::uint64_t, Pending> pending_;
  std::vector<Reading> readings_;  // bounded: one more is refused as engine_busy
  std::optional<Asking> trading_, alerts_, ended_;
  std::map<std::string, Keyed> keys_;
  std::deque<std::string> key_order_;
};

}  // namespace stom
