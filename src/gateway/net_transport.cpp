#include "gateway/net_transport.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "core/assert.hpp"

namespace stom::gateway {

using venues::Priority;

struct NetTransport::State : std::enable_shared_from_this<NetTransport::State> {
  struct Socket final : net::WebSocketUser {
    Socket(State& s, LinkId l) : state{s}, link{l} {}
    void on_open() override { state.user->on_open(link, state.clock.now()); }
    void on_message(std::string_view bytes, bool) override { state.user->on_text(link, bytes, state.clock.now()); }
    void on_ping() override { state.user->on_heard(link, state.clock.now()); }
    void on_pong() override { state.user->on_heard(link, state.clock.now()); }
    void on_write(std::uint64_t call, net::Written written) override {
      state.user->on_write(link, call, written, state.clock.now());
    }
    void on_close(std::uint16_t, int status, std::span<const net::Header> answer_headers, const Error& why) override {
      state.bury(link);
      state.user->on_close(link, status, state.venues_headers(answer_headers), why, state.clock.now());
    }
    State& state;
    LinkId link;
    std::optional<net::WebSocket> socket;
  };

  struct Client final : net::HttpClientUser {
    Client(State& s, const net::Url& server)
        : state{s},
          prefix{server.target == "/" ? "" : server.target},
          client{s.io, s.options.route, s.options.http, server, *this} {}
    void on_answer(std::uint64_t call, const net::Response& answer) override {
      state.user->on_answer(call, answer.status, state.venues_headers(answer.headers), answer.body, state.clock.now());
    }
    void on_no_answer(std::uint64_t call, net::Written written, const Error& why) override {
      state.user->on_no_answer(call, written, why, state.clock.now());
    }
    State& state;
    std::string prefix;  // of the address's path: where the venue's own paths begin
    net::HttpClient client;
  };

  State(net::Io& i, const Clock& c, NetTransportOptions o) : io{i}, clock{c}, options{std::move(o)} {}

  /// The socket of a link that is over lives until its own call has returned.
  Socket* bury(LinkId link) {
    const auto found = sockets.find(link);
    if (found == sockets.end()) return nullptr;
    Socket* socket = found->second.get();
    dead.push_back(std::move(found->second));
    sockets.erase(found);
    later([](State& state) { state.dead.clear(); });
    return socket;
  }

  void later(std::function<void(State&)> work) {
    io.post([weak = weak_from_this(), work = std::move(work)] {
      if (const auto state = weak.lock()) work(*state);
    });
  }

  std::vector<std::unique_ptr<Client>>& clients_of(const std::string& address) {
    auto [found, added] = clients.try_emplace(address);
    if (added)
      if (const auto url = net::parse_url(address); url && url->secure)
        for (std::size_t i = 0; i < options.connections; ++i)
          found->second.push_back(std::make_unique<Client>(*this, *url));
    return found->second;
  }

  std::span<const venues::Header> venues_headers(std::span<const net::Header> from) {
    headers.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      headers[i].name = from[i].name;
      headers[i].value = from[i].value;
    }
    return headers;
  }
  std::span<const net::Header> net_headers(std::span<const venues::Header> from) {
    sent_headers.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      sent_headers[i].name = from[i].name;
      sent_headers[i].value = from[i].value;
    }
    return sent_headers;
  }

  net::Io& io;
  const Clock& clock;
  NetTransportOptions options;
  TransportUser* user = nullptr;
  std::map<LinkId, std::unique_ptr<Socket>> sockets;
  std::vector<std::unique_ptr<Socket>> dead;
  std::map<std::string, std::vector<std::unique_ptr<Client>>> clients;  // by address
  // Reused
  std::vector<venues::Header> headers;
  std::vector<net::Header> sent_headers;
  std::string target;
};

NetTransport::NetTransport(net::Io& io, const Clock& clock, NetTransportOptions options)
    : state_{std::make_shared<State>(io, clock, std::move(options))} {
  STOM_ASSERT(state_->options.connections >= 2);
}
NetTransport::~NetTransport() = default;
void NetTransport::serve(TransportUser& user) { state_->user = &user; }

void NetTransport::open(LinkId link, const std::string& address, std::span<const venues::Header> headers) {
  const auto url = net::parse_url(address, net::Scheme::WebSocket);
  if (!url)
    return state_->later(
        [link, why = url.error()](State& state) { state.user->on_close(link, 0, {}, why, state.clock.now()); });
  auto socket = std::make_unique<State::Socket>(*state_, link);
  socket->socket.emplace(state_->io, state_->options.route, state_->options.socket, *url, state_->net_headers(headers),
                         *socket);
  state_->sockets.emplace(link, std::move(socket));
}

void NetTransport::close(LinkId link) {
  if (auto* socket = state_->bury(link)) socket->socket.reset();
}

net::Sent NetTransport::send(LinkId link, std::string_view text, CallId call) {
  const auto found = state_->sockets.find(link);
  return found == state_->sockets.end() ? net::Sent::Closed : found->second->socket->send(text, call);
}

void NetTransport::ping(LinkId link) {
  if (const auto found = state_->sockets.find(link); found != state_->sockets.end()) found->second->socket->ping();
}

bool NetTransport::can_call(const std::string& address, Priority priority) {
  auto& clients = state_->clients_of(address);
  if (clients.empty()) return true;  // no address of a server: call() says so
  const auto free = std::ranges::count_if(clients, [](const auto& one) { return one->client.free(); });
  return free > (priority == Priority::Risk ? 0 : 1);
}

void NetTransport::call(CallId call, const std::string& address, const venues::Request& request) {
  auto& clients = state_->clients_of(address);
  State::Client* chosen = nullptr;
  for (const auto& one : clients) {
    if (!one->client.free()) continue;
    if (chosen == nullptr || (one->client.connected() && !chosen->client.connected())) chosen = one.get();
  }
  Result<void> given =
      fail(Errc::Usage, "'" + address + "' is no https address of a server", "write it as https://api.upbit.com");
  if (chosen != nullptr) {
    state_->target = chosen->prefix + request.target;
    given = chosen->client.request(
        call, {request.method, state_->target, state_->net_headers(request.headers), request.body});
  }
  if (!given)
    state_->later([call, why = given.error()](State& state) {
      state.user->on_no_answer(call, net::Written::NotWritten, why, state.clock.now());
    });
}

std::size_t turn(net::Io& io, const Clock& clock, std::span<Gateway* const> gateways, FrameRecorder* recorder,
                 LoopMode mode, DurationNanos most) {
  const UnixNanos now = clock.now();
  UnixNanos due = now > kNever - most ? kNever : now + most;
  std::size_t done = 0;
  for (Gateway* gateway : gateways) {
    if (gateway->next_due() <= now) {
      gateway->on_due(now);
      ++done;
    }
    due = std::min(due, gateway->next_due());
  }
  if (recorder != nullptr) {
    recorder->on_due(now);
    due = std::min(due, recorder->next_due());
  }
  if (mode == LoopMode::BusyPoll) return done + (io.poll_one() ? 1 : 0);
  if (due <= now) return done + io.poll();
  return done + io.wait(std::chrono::nanoseconds{due - now});
}

}  // namespace stom::gateway
