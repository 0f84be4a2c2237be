// The socket's side of docs/api.md: topics, subscriptions, snapshots and deltas. Nothing is queued for a client but the
// answers to its own messages: a frame is made from SessionState when the client's socket is free, so what a slow
// client missed is folded into its next frame.
//   full (answers): a client that talks and does not listen is closed, 4008
//   full (orders): a client that is 1,000 changes behind gets the newest as a snapshot
//   full (fills, log, trades): a client that is as far behind gets the newest, and how many were left out; REST has all
// A topic's frame is bounded and comes at most thirty times a second, whatever the speed of a replay.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "net/server.hpp"
#include "server/session_state.hpp"

namespace stom {

class Hub {
 public:
  using Close = std::function<void(net::ClientId, std::uint16_t code, std::string_view reason)>;
  Hub(const SessionState& state, const Clock& clock, Close close);

  void on_open(net::ClientId client);
  void on_message(net::ClientId client, std::string_view text, bool binary);
  void on_close(net::ClientId client) { clients_.erase(client); }
  /// The next frame for this client; false when nothing is due now.
  bool next_frame(net::ClientId client, net::Frame& frame);
  std::size_t clients() const { return clients_.size(); }

 private:
  enum class Kind : std::uint8_t { Session, Orders, Fills, Positions, Account, Equity, Log, Book, Trades, Bars };
  /// What one client gets of one topic, and how far it is.
  struct Subscription {
    Kind kind = Kind::Session;
    std::string topic;
    std::uint16_t id = 0;
    std::size_t instrument = 0;
    int interval = 0;
    std::uint64_t seq = 0;
    bool fresh = true;  // the next frame is a snapshot
    std::uint64_t generation = 0;
    UnixNanos sent_at = kNoTime;  // wall
    UnixNanos clock = kNoTime;    // engine: of the content last sent
    std::uint64_t version = 0;    // of the content last sent, where the topic has one
    std::uint64_t cursor = 0;     // the next entry to send, where the topic is a list
    BookState book;               // as last sent
    std::string content;          // as last sent, where the topic is sent whole
  };
  struct Client {
    std::deque<std::string> answers;
    std::vector<Subscription> subscriptions;
    std::size_t turn = 0;  // whose frame is looked for first, so that no topic starves another
    std::uint16_t last_topic_id = 0;
    int errors = 0;
  };

  bool parse_topic(std::string_view topic, Subscription& subscription) const;
  void subscribe(Client& client, std::int64_t id, const std::vector<std::string>& topics);
  void unsubscribe(Client& client, std::int64_t id, const std::vector<std::string>& topics);
  bool due(const Subscription& subscription, UnixNanos now) const;
  bool render(Subscription& subscription, net::Frame& frame);
  std::string envelope(Subscription& subscription, bool snapshot, std::string_view data,
                       std::uint64_t left_out = 0) const;

  bool render_whole(Subscription& s, std::string data, net::Frame& frame);
  bool render_session(Subscription& s, net::Frame& frame);
  bool render_orders(Subscription& s, net::Frame& frame);
  template <class T, class Write>
  bool render_list(Subscription& s, const Retained<T>& list, std::uint64_t newest, Write write, net::Frame& frame);
  bool render_equity(Subscription& s, net::Frame& frame);
  bool render_book(Subscription& s, net::Frame& frame);
  bool render_trades(Subscription& s, net::Frame& frame);
  bool render_bars(Subscription& s, net::Frame& frame);

  const SessionState& state_;
  const Clock& clock_;
  Close close_;
  std::map<net::ClientId, Client> clients_;
};

}  // namespace stom
