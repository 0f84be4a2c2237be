#include "simulate/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "net/http.hpp"

namespace stom::simulate {
namespace {

using gateway::CallId;
using gateway::LinkId;
using venues::Header;
using venues::SocketId;
using venues::WireRequest;
using venues::WireResponse;

constexpr std::size_t kConnections = 4;               // to one server, as net/'s transport has
constexpr DurationNanos kAnswerTime = 10 * kSecond;   // net/'s client waits no longer
constexpr DurationNanos kUsual = 30 * kMillisecond;   // one way, at most
constexpr DurationNanos kSlow = 4 * kSecond;          // of what is slow
constexpr DurationNanos kReset = 200 * kMillisecond;  // a broken connection is noticed by then
constexpr int kArrives = 80;                          // of 100 messages that were under way when their sender died
constexpr int kSurvives = 50;                         // of 100 broken connections: what was under way comes first

/// The path and query below an endpoint's address, and the endpoint.
struct Place {
  std::string endpoint;
  WireRequest request;
};
Place place_of(std::string_view url, std::string_view scheme) {
  url.remove_prefix(scheme.size());
  const auto end = std::min(url.find('/'), url.size());
  Place place;
  place.endpoint = url.substr(0, end);
  auto target = net::parse_target(end == url.size() ? std::string_view{"/"} : url.substr(end));
  if (!target) target = net::Target{.path = "/not-a-target", .query = ""};
  place.request.path = std::move(target->path);
  place.request.query = std::move(target->query);
  return place;
}

std::vector<Header> headers_of(const WireResponse& response) {
  std::vector<Header> headers;
  for (const auto& [name, value] : response.headers) headers.push_back({name, value});
  return headers;
}

}  // namespace

/// One session's end, as long as it lives.
struct Network::Client {
  gateway::TransportUser* user = nullptr;
  bool gone = false;
  std::map<LinkId, SocketPointer> links;
  std::map<std::string, std::size_t> calls;  // under way, by address
};

struct Network::Socket {
  SocketId id = 0;
  std::shared_ptr<Client> client;
  LinkId link = 0;
  std::string endpoint;
  bool opened = false;         // as the client knows
  bool over_here = false;      // the client hears nothing of it any more
  bool dead = false;           // nothing comes or goes
  bool loses = false;          // what is under way to the client is lost
  UnixNanos up = 0, down = 0;  // when what was sent last arrives
};

class Network::End final : public gateway::Transport {
 public:
  explicit End(Network& network) : network_{network}, client_{std::make_shared<Client>()} {}
  ~End() override { network_.leave(*client_); }
  void serve(gateway::TransportUser& user) override { client_->user = &user; }
  void open(LinkId link, const std::string& url, std::span<const Header> headers) override {
    network_.open(client_, link, url, headers);
  }
  void close(LinkId link) override {
    const auto found = client_->links.find(link);
    if (found == client_->links.end()) return;
    const SocketPointer socket = found->second;
    client_->links.erase(found);
    socket->over_here = true;
    network_.agenda_.at(network_.up(*socket), [net = &network_, id = socket->id] {
      if (net->sockets_.erase(id) > 0) net->front_->on_close(id);
    });
  }
  net::Sent send(LinkId link, std::string_view text, CallId) override {
    const auto found = client_->links.find(link);
    if (found == client_->links.end() || !found->second->opened) return net::Sent::Closed;
    const SocketPointer& socket = found->second;
    const AtHand what{.method = "", .text = text, .endpoint = ""};
    network_.agenda_.at(network_.up(*socket, what), [net = &network_, socket, bytes = std::string{text}] {
      if (socket->dead || !net->sockets_.contains(socket->id)) return;
      net->at_hand_ = {.method = "", .text = bytes, .endpoint = ""};
      net->front_->on_message(socket->id, bytes);
      net->at_hand_ = {};
    });
    return net::Sent::Written;
  }
  void ping(LinkId link) override {
    const auto found = client_->links.find(link);
    if (found == client_->links.end() || found->second->dead) return;
    const SocketPointer socket = found->second;
    network_.agenda_.after(2 * network_.delay(), [net = &network_, socket] {
      if (!socket->dead && !socket->over_here && !socket->client->gone)
        socket->client->user->on_heard(socket->link, net->agenda_.now());
    });
  }
  bool can_call(const std::string& address, venues::Priority priority) override {
    const std::size_t free = kConnections - client_->calls[address];
    return free > (priority == venues::Priority::Risk ? 0u : 1u);
  }
  void call(CallId call, const std::string& address, const venues::Request& request) override {
    network_.call(client_, call, address, request);
  }

 private:
  Network& network_;
  std::shared_ptr<Client> client_;
};

Network::Network(Agenda& agenda, std::uint64_t seed, Strikes strikes)
    : agenda_{agenda}, random_{seed}, strikes_{std::move(strikes)} {}
Network::~Network() = default;

std::unique_ptr<gateway::Transport> Network::connect() { return std::make_unique<End>(*this); }

DurationNanos Network::delay(const AtHand& what) {
  const DurationNanos most = strikes("net_slow", faults.slow, what) ? kSlow : kUsual;
  return kMillisecond + static_cast<DurationNanos>(random_.below(static_cast<std::uint64_t>(most)));
}

/// A connection keeps the order of what it carries.
UnixNanos Network::up(Socket& socket, const AtHand& what) {
  return socket.up = std::max(socket.up, agenda_.now() + delay(what));
}
UnixNanos Network::down(Socket& socket, const AtHand& what) {
  return socket.down = std::max(socket.down, agenda_.now() + delay(what));
}

Network::SocketPointer Network::find(SocketId socket) const {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? nullptr : found->second;
}

std::string_view Network::endpoint_of(SocketId socket) const {
  const auto found = sockets_.find(socket);
  return found == sockets_.end() ? std::string_view{} : found->second->endpoint;
}

/// The client's process is gone.
void Network::leave(Client& client) {
  client.gone = true;
  for (const auto& [link, socket] : client.links) {
    socket->over_here = true;
    agenda_.at(up(*socket), [this, id = socket->id] {
      if (sockets_.erase(id) > 0) front_->on_close(id);
    });
  }
  client.links.clear();
}

// ---- sockets ----------------------------------------------------------------------------------------------------

void Network::open(const std::shared_ptr<Client>& client, LinkId link, const std::string& url,
                   std::span<const Header> headers) {
  auto place = place_of(url, kWss);
  place.request.method = "GET";
  for (const Header& header : headers) place.request.headers.emplace_back(header.name, header.value);
  auto socket = std::make_shared<Socket>();
  socket->id = ++last_socket_;
  socket->client = client;
  socket->link = link;
  socket->endpoint = place.endpoint;
  client->links[link] = socket;
  if (strikes("net_socket_refused", faults.socket_refused, {})) {
    socket->dead = true;
    return tell_closed(socket, 0, {}, "connection refused");
  }
  agenda_.at(up(*socket), [this, socket, request = std::move(place.request)] {
    if (socket->over_here) return;
    if (auto refused = front_->on_upgrade(request)) {
      const int status = refused->status;
      return tell_closed(socket, status, std::move(*refused), fmt::format("refused with {}", status));
    }
    sockets_[socket->id] = socket;
    agenda_.at(down(*socket), [this, socket] {
      if (socket->over_here) return;
      socket->opened = true;
      socket->client->user->on_open(socket->link, agenda_.now());
    });
    front_->on_open(socket->id, request);
  });
}

void Network::tell_closed(const SocketPointer& socket, int status, WireResponse refused, std::string why) {
  agenda_.at(down(*socket), [this, socket, status, refused = std::move(refused), why = std::move(why)] {
    if (socket->over_here) return;
    socket->over_here = true;
    socket->client->links.erase(socket->link);
    socket->client->user->on_close(socket->link, status, headers_of(refused),
                                   Error{Errc::Io, why, "the gateway opens it again"}, agenda_.now());
  });
}

void Network::frame(SocketId id, std::string text, unsigned) {
  const SocketPointer socket = find(id);
  if (!socket || socket->dead) return;
  const AtHand what{.method = "", .text = text, .endpoint = socket->endpoint};
  const UnixNanos arrives = down(*socket, what);
  agenda_.at(arrives, [this, socket, text = std::move(text)] {
    if (socket->over_here || socket->loses) return;
    socket->client->user->on_text(socket->link, text, agenda_.now());
  });
}

void Network::break_off(const SocketPointer& socket, std::string why) {
  socket->dead = true;
  socket->loses = !draws(kSurvives);
  socket->down = std::max(socket->down, agenda_.now() + kMillisecond);
  tell_closed(socket, 0, {}, std::move(why));
}

void Network::drop(SocketId id) {
  const SocketPointer socket = find(id);
  if (!socket || socket->dead) return;
  break_off(socket, "connection reset");
  agenda_.after(0, [this, id] {
    if (sockets_.erase(id) > 0) front_->on_close(id);
  });
}

void Network::hold(SocketId id) {
  const SocketPointer socket = find(id);
  if (!socket) return;
  socket->dead = socket->loses = true;
  agenda_.after(0, [this, id] {
    if (sockets_.erase(id) > 0) front_->on_close(id);
  });
}

void Network::close(SocketId id, std::uint16_t code, std::string_view reason) {
  const SocketPointer socket = find(id);
  if (!socket || socket->dead) return;
  socket->dead = true;
  tell_closed(socket, 0, {}, fmt::format("closed with {} {}", code, reason));
  agenda_.after(0, [this, id] {
    if (sockets_.erase(id) > 0) front_->on_close(id);
  });
}

// ---- requests ---------------------------------------------------------------------------------------------------

void Network::deliver(const WireRequest& request, ClientOrderId order, exchange::VenueFront::Answer answer) {
  const std::string text = request.path + "?" + request.query + " " + request.body;
  const std::uint64_t next = front_->host().last_order() + 1;
  if (order != 0) brought_[next] = order;
  at_hand_ = {.method = request.method, .text = text, .endpoint = "", .order = order};
  front_->on_request(request, std::move(answer));
  at_hand_ = {};
  if (front_->host().last_order() < next) brought_.erase(next);  // refused before it had a number
}

void Network::call(const std::shared_ptr<Client>& client, CallId call, const std::string& address,
                   const venues::Request& request) {
  auto place = place_of(address + request.target, kHttps);
  WireRequest wire = std::move(place.request);
  wire.method = request.method;
  wire.body = request.body;
  for (const Header& header : request.headers) wire.headers.emplace_back(header.name, header.value);
  ++client->calls[address];
  auto over = std::make_shared<bool>(false);
  const auto end = [client, over, address] {  // false: it has an end, or nobody waits for one
    if (std::exchange(*over, true) || client->gone) return false;
    --client->calls[address];
    return true;
  };
  const auto no_answer = [this, client, end, call](DurationNanos by, net::Written written, std::string why) {
    agenda_.after(by, [this, client, end, call, written, why = std::move(why)] {
      if (end())
        client->user->on_no_answer(call, written, Error{Errc::Io, why, "the venue is asked what became of it"},
                                   agenda_.now());
    });
  };
  no_answer(kAnswerTime, net::Written::Unknown, "no answer in time");
  const auto target = std::make_shared<const std::string>(request.target + " " + request.body);
  const ClientOrderId order = request.order.id;
  const AtHand what{.method = wire.method, .text = *target, .endpoint = "", .order = order};
  const auto within = [&](DurationNanos most) {
    return static_cast<DurationNanos>(random_.below(static_cast<std::uint64_t>(most)));
  };
  if (strikes("net_refused", faults.refused, what))
    return no_answer(within(kReset), net::Written::NotWritten, "connection refused");
  if (strikes("net_request_lost", faults.request_lost, what))
    return no_answer(within(kReset), net::Written::Unknown, "connection reset");
  const DurationNanos way = delay(what);
  const bool arrives = draws(kArrives);
  agenda_.after(way, [this, client, call, end, no_answer, arrives, target, order, wire = std::move(wire)] {
    if (client->gone && !arrives) return;
    const auto about = [target, order, method = wire.method] {
      return AtHand{.method = method, .text = *target, .endpoint = "", .order = order};
    };
    const bool lose = strikes("net_answer_lost", faults.answer_lost, about());
    deliver(wire, order, [this, client, call, end, no_answer, lose, about](std::optional<WireResponse> response) {
      if (!response || lose) return no_answer(delay(), net::Written::Unknown, "connection reset");
      agenda_.after(delay(about()), [this, client, call, end, response = std::move(*response)] {
        if (!end()) return;
        client->user->on_answer(call, response.status, headers_of(response), response.body, agenda_.now());
      });
    });
  });
}

}  // namespace stom::simulate
