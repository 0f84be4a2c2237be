// links: stom_live stom_gateway stom_venues stom_engine stom_net simdjson::simdjson OpenSSL::SSL fmt::fmt
// peer: decoder_peer.cpp
// Over loopback, TLS and WebSocket: from a tick that a server hands to its TLS until
// the order on it has come there, one tick at a time. The server is sockets and OpenSSL alone, spins on a core of its
// own, and reads both times from one clock; how soon it sees an order does not hang on how many connections are open.
// Who answers:
//   loop_bench product busy-poll|blocking [ticks]   the product on one thread: client, gateway, feed, engine, journal
//   loop_bench echo busy-poll|blocking [ticks]      sockets and OpenSSL alone, which send the bytes of an order
//   loop_bench bot FILE [ticks]                     whoever finds the server by FILE (bench/peers/*_bot.py)
// Each order must be at the best bid that the tick before it leaves (the echo's are all alike). Prints one JSON object.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <list>
#include <thread>

#include "core/clock.hpp"
#include "gateway/net_transport.hpp"
#include "net/certificate.hpp"
#include "net/ws_frames.hpp"
#include "trader.hpp"

namespace {

using namespace stom;
using Steady = std::chrono::steady_clock;
using bench::give_up;

/// The n-th of the cores that this process may use, counted from the last; the same one where there are fewer.
void run_on_core(int from_last) {
  cpu_set_t allowed, one;
  sched_getaffinity(0, sizeof allowed, &allowed);
  CPU_ZERO(&one);
  for (int core = CPU_SETSIZE - 1; core >= 0; --core)
    if (CPU_ISSET(core, &allowed) && (from_last-- == 0 || CPU_COUNT(&allowed) == 1)) CPU_SET(core, &one);
  if (CPU_COUNT(&one) == 1) pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

/// A frame as a server sends it: not masked.
std::string server_frame(std::string_view text) {
  std::string out;
  out += static_cast<char>(0x81);
  if (text.size() < 126) {
    out += static_cast<char>(text.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size() & 0xff);
  }
  return out.append(text);
}

class Server {
 public:
  Server(const std::filesystem::path& folder, std::size_t ticks) : ticks_{ticks} {
    const auto certificates = net::make_loopback_certificates();
    if (!certificates) give_up(certificates.error().message);
    authority_ = folder / "authority.pem";
    std::ofstream{authority_} << certificates->authority_pem;
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_read_ahead(context_, 1);  // a record by one call, instead of its head and then its rest
    BIO* chain = BIO_new_mem_buf(certificates->server.chain_pem.data(), -1);
    BIO* key = BIO_new_mem_buf(certificates->server.key_pem.data(), -1);
    X509* x509 = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    if (SSL_CTX_use_certificate(context_, x509) != 1 || SSL_CTX_use_PrivateKey(context_, private_key) != 1)
      give_up("loop_bench: the server's certificate cannot be used");
    X509_free(x509);
    EVP_PKEY_free(private_key);
    BIO_free(chain);
    BIO_free(key);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      give_up("loop_bench: no port to listen on");
    port_ = ntohs(at.sin_port);
    ready_ = ::epoll_create1(0);
    hear_of(listener_, nullptr);
  }
  int port() const { return port_; }
  const std::filesystem::path& authority() const { return authority_; }
  /// Until all ticks were answered.
  void run() {
    run_on_core(0);
    const auto began = Steady::now();
    while (answered_ < ticks_ || Steady::now() < over_) {
      epoll_event events[16];
      const int count = ::epoll_wait(ready_, events, 16, 0);
      for (int i = 0; i < count; ++i)
        if (events[i].data.ptr == nullptr)
          accept();
        else
          serve(*static_cast<Peer*>(events[i].data.ptr));
      if (books_ != nullptr && !under_way_ && sent_ < ticks_ && Steady::now() >= next_) tick();
      if (Steady::now() - began > std::chrono::minutes{1}) give_up("loop_bench: nobody orders any more");
    }
    done.store(true);
  }
  std::atomic<bool> done{false};
  std::string wrong;
  std::vector<double> times;  // ns
  std::size_t order_bytes = 0, frame_bytes = 0;

 private:
  struct Peer {
    int socket;
    SSL* tls;
    std::string in;
    bool upgraded;
    std::string target;
  };

  void hear_of(int socket, Peer* peer) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = peer;
    if (::epoll_ctl(ready_, EPOLL_CTL_ADD, socket, &event) != 0) give_up("loop_bench: no epoll");
  }
  void accept() {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (socket < 0) return;
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    SSL_set_accept_state(tls);
    peers_.push_back({socket, tls, {}, false, ""});
    hear_of(socket, &peers_.back());
  }
  void send(Peer& peer, const std::string& bytes) {
    if (SSL_write(peer.tls, bytes.data(), static_cast<int>(bytes.size())) <= 0) give_up("loop_bench: a client is gone");
  }
  /// Streams by a message instead of by the address: each frame is an event, without the stream's name around it.
  static bool is_raw(const Peer& peer) { return peer.target.find("/ws/") != std::string::npos; }
  void tick() {
    std::string text = market_.depth();
    if (is_raw(*books_)) text = text.substr(text.find("\"data\":") + 7, text.size() - text.find("\"data\":") - 8);
    const std::string frame = server_frame(text);
    best_ = market_.best_bid();
    frame_bytes = frame.size();
    under_way_ = true;
    ++sent_;
    tick_at_ = Steady::now();
    send(*books_, frame);
  }
  /// What came together is read together: of what OpenSSL keeps the kernel says nothing more.
  void serve(Peer& peer) {
    do {
      char bytes[16 * 1024];
      const int got = SSL_read(peer.tls, bytes, sizeof bytes);
      if (got <= 0) {
        if (SSL_get_error(peer.tls, got) != SSL_ERROR_WANT_READ)  // it is gone
          ::epoll_ctl(ready_, EPOLL_CTL_DEL, peer.socket, nullptr);
        return ERR_clear_error();
      }
      const auto now = Steady::now();
      peer.in.append(bytes, static_cast<std::size_t>(got));
      hear(peer, now);
    } while (SSL_has_pending(peer.tls) != 0);
  }
  void hear(Peer& peer, Steady::time_point now) {
    if (peer.upgraded) {
      // What a client says over a socket, a subscription or a pong, needs no answer where the address named the
      // streams; the first on the books begins it.
      if (is_raw(peer) && books_ == nullptr) send(peer, server_frame(R"({"result":null,"id":1})"));
      if (peer.target.find("stream") != std::string::npos && peer.target.find("market") == std::string::npos)
        books_ = &peer;
      peer.in.clear();
      return;
    }
    for (;;) {
      const auto end = peer.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      std::size_t size = 0;
      for (std::size_t at = 0; at < end; at = peer.in.find("\r\n", at) + 2)
        if (strncasecmp(peer.in.data() + at, "content-length:", 15) == 0)
          size = std::strtoul(peer.in.data() + at + 15, nullptr, 10);
      if (peer.in.size() < end + 4 + size) return;
      const std::string request = peer.in.substr(0, end + 4 + size);
      peer.in.erase(0, request.size());
      answer(peer, request, now);
      if (peer.upgraded) return;
    }
  }
  void answer(Peer& peer, const std::string& request, Steady::time_point now) {
    const auto space = request.find(' ');
    peer.target = request.substr(space + 1, request.find(' ', space + 1) - space - 1);
    if (request.find("Upgrade: websocket") != std::string::npos) {
      const auto at = request.find("Sec-WebSocket-Key: ") + 19;
      send(peer, fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: {}\r\n\r\n",
                             net::ws_accept(request.substr(at, request.find("\r\n", at) - at))));
      peer.upgraded = true;
      if (peer.target.find("@depth") != std::string::npos) books_ = &peer;  // asked for by its address
      return;
    }
    std::string body = "{}";
    if (request.starts_with("POST ") && peer.target.find("/order") != std::string::npos) {
      if (under_way_) times.push_back(std::chrono::duration<double, std::nano>(now - tick_at_).count());
      order_bytes = request.size();
      const auto parameter = [&](std::string_view name) {
        const auto from = request.find(name);
        return from == std::string::npos
                   ? std::string{}
                   : request.substr(from + name.size(),
                                    request.find_first_of("& ", from + name.size()) - from - name.size());
      };
      const std::string price = parameter("price=");
      const auto parsed = parse_decimal(price, 2);
      if (wrong.empty() && price != "echo" &&
          (!parsed || *parsed != best_ || request.find("signature=") == std::string::npos))
        wrong = fmt::format("an order at {} where the best bid is {}", price, bench::decimal(best_, 2));
      body = bench::lapsed(parameter("newClientOrderId="), ++orders_);
      answered_ += under_way_ ? 1 : 0;  // else it is the one on the snapshot
      under_way_ = false;
      next_ = now + std::chrono::microseconds{300};  // until whoever answers has nothing to do
      over_ = now + std::chrono::milliseconds{50};
    } else if (peer.target.find("/listenKey") != std::string::npos) {
      body = R"({"listenKey":"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"})";
    } else if (peer.target.find("/time") != std::string::npos) {
      body = fmt::format(R"({{"serverTime":{}}})", SystemClock{}.now() / kMillisecond);
    } else if (peer.target.find("/positionSide/") != std::string::npos) {
      body = R"({"dualSidePosition":false})";
    } else if (peer.target.find("/depth") != std::string::npos) {
      body = market_.snapshot();
    } else if (peer.target.find("/openOrders") != std::string::npos ||
               peer.target.find("/openAlgoOrders") != std::string::npos) {
      body = "[]";
    }
    // The counts of a venue whose limits are lifted: no order waits for a budget.
    send(peer, fmt::format("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-MBX-USED-WEIGHT-1M: 1\r\n"
                           "X-MBX-ORDER-COUNT-10S: 1\r\nContent-Length: {}\r\n\r\n{}",
                           body.size(), body));
  }

  std::size_t ticks_, sent_ = 0, answered_ = 0, orders_ = 0;
  std::filesystem::path authority_;
  SSL_CTX* context_ = nullptr;
  int listener_ = -1, port_ = 0, ready_ = -1;
  std::list<Peer> peers_;
  Peer* books_ = nullptr;
  bench::Market market_;
  std::int64_t best_ = market_.best_bid();
  bool under_way_ = false;
  Steady::time_point tick_at_{}, next_{}, over_{};
};

// ---- who answers

void trade(const Server& server, const std::filesystem::path& folder, gateway::LoopMode mode) {
  run_on_core(1);
  const SystemClock clock;
  net::Io io;
  auto trust = net::Trust::make(server.authority());
  if (!trust) give_up(trust.error().message);
  gateway::NetTransport transport{io, clock, {.route = {*trust, {}}, .http = {}, .socket = {}}};
  const std::string host = fmt::format("127.0.0.1:{}", server.port());
  bench::Trader trader{transport,
                       folder,
                       true,
                       clock.now(),
                       {{"rest", "https://" + host},
                        {"books", "wss://" + host + "/public"},
                        {"marks", "wss://" + host + "/market"},
                        {"user", "wss://" + host + "/private"}}};
  transport.serve(trader.gateway());
  trader.start();
  gateway::Gateway* const gateways[] = {&trader.gateway()};
  while (!server.done.load(std::memory_order_relaxed)) {
    const auto handled = gateway::turn(io, clock, gateways, nullptr, mode, 10 * kMillisecond);
    if (handled > 0 || mode == gateway::LoopMode::Blocking) trader.turn(clock.now());
  }
  if (trader.wrong() != 0) give_up("loop_bench: a frame was not understood");
}

/// As little as can be between a tick and an order: one socket hears, the other sends.
class Echo {
 public:
  Echo(const Server& server, bool busy) : busy_{busy}, context_{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context_, server.authority().c_str(), nullptr);
    hears_ = connect(server.port());
    orders_ = connect(server.port());
    say(hears_,
        "GET /stream?streams=btcusdt@depth HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  }
  void run(const Server& server) {
    run_on_core(1);
    const std::string body = "price=echo&newClientOrderId=echo&rest=" + std::string(203, 'x');  // as long as an order's
    const std::string order = fmt::format(
        "POST /fapi/v1/order HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: stom\r\nAccept-Encoding: identity\r\n"
        "X-MBX-APIKEY: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
        server.port(), body.size(), body);
    bool upgraded = false;
    char bytes[16 * 1024];
    while (!server.done.load(std::memory_order_relaxed)) {
      if (!busy_) {
        pollfd waits[] = {{SSL_get_fd(hears_), POLLIN, 0}, {SSL_get_fd(orders_), POLLIN, 0}};
        ::poll(waits, 2, 10);
      }
      if (SSL_read(hears_, bytes, sizeof bytes) > 0) {
        if (std::exchange(upgraded, true)) say(orders_, order);  // the first is the answer to the upgrade
      }
      SSL_read(orders_, bytes, sizeof bytes);
    }
  }

 private:
  SSL* connect(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up("loop_bench: no connection");
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), "127.0.0.1");
    if (SSL_connect(tls) != 1) give_up("loop_bench: no TLS");
    fcntl(socket, F_SETFL, O_NONBLOCK);
    return tls;
  }
  static void say(SSL* tls, const std::string& text) {
    if (SSL_write(tls, text.data(), static_cast<int>(text.size())) <= 0) give_up("loop_bench: the echo cannot send");
  }
  bool busy_;
  SSL_CTX* context_;
  SSL *hears_ = nullptr, *orders_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string who = argc > 1 ? argv[1] : "", how = argc > 2 ? argv[2] : "";
  const long ticks = argc > 3 ? std::atol(argv[3]) : 5'000;
  const bool timed = who == "product" || who == "echo";
  if ((!timed && who != "bot") || (timed && how != "busy-poll" && how != "blocking") || how.empty() || ticks < 10) {
    std::fputs("usage: loop_bench product|echo busy-poll|blocking [ticks]   or   loop_bench bot FILE [ticks]\n",
               stderr);
    return 2;
  }
  std::string name = (std::filesystem::temp_directory_path() / "stom-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) give_up("loop_bench: no folder for temporary files");
  const std::filesystem::path folder{name};
  Server server{folder, static_cast<std::size_t>(ticks)};
  const auto mode = how == "busy-poll" ? gateway::LoopMode::BusyPoll : gateway::LoopMode::Blocking;
  std::thread serving{[&] { server.run(); }};
  if (who == "product") {
    trade(server, folder, mode);
  } else if (who == "echo") {
    Echo echo{server, how == "busy-poll"};
    echo.run(server);
  } else {
    const std::string whole = how + ".part";
    std::ofstream{whole} << fmt::format(R"({{"port":{},"ca":"{}","key":"k","secret":"{}"}})", server.port(),
                                        server.authority().string(), bench::kSecret);
    std::filesystem::rename(whole, how);
  }
  serving.join();
  std::filesystem::remove_all(folder);
  if (!server.wrong.empty()) give_up("loop_bench: " + server.wrong);
  server.times.erase(server.times.begin(),
                     server.times.begin() + static_cast<std::ptrdiff_t>(server.times.size() / 10));
  fmt::print(
      R"({{"who":"{}","how":"{}","ticks":{},"frame_bytes":{},"order_bytes":{},"p50_ns":{:.0f},"p99_ns":{:.0f},"equal":true}})"
      "\n",
      who, timed ? how : "", server.times.size(), server.frame_bytes, server.order_bytes,
      bench::at_part(server.times, .5), bench::at_part(server.times, .99));
  return 0;
}
