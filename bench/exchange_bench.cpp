// links: simdjson::simdjson OpenSSL::SSL OpenSSL::Crypto fmt::fmt
// Signed orders to a running `stom exchange --limits none --json`, over kept-alive TLS connections with one request
// under way on each: how many a second it answers. The client is sockets and OpenSSL alone and shares no code with the
// exchange. Orders take from the book at once, buying and selling by turns; each answer must be the venue's to that
// very order, and at the end the exchange's own count must be the number sent. Prints one JSON object.
//   exchange_bench EXCHANGE.json [orders] [connections]     (the file holds the line that the exchange printed)
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "exchange_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Server {
  int port = 0;
  std::string path, key, secret, authority;
};

Server read_server(const char* file) {
  simdjson::dom::parser parser;
  simdjson::dom::element line;
  if (parser.load(file).get(line)) give_up(fmt::format("{} is not what an exchange prints", file));
  Server server;
  const auto venue = line["venues"]["binance"];
  std::string_view rest, key, secret, authority;
  if (venue["rest"].get(rest) || venue["key"].get(key) || venue["secret"].get(secret) || line["ca"].get(authority))
    give_up("the exchange's line has no spot venue");
  const auto host = rest.substr(rest.find("//") + 2);
  server.port = std::atoi(std::string{host.substr(host.find(':') + 1)}.c_str());
  server.path = host.substr(host.find('/'));
  server.key = key;
  server.secret = secret;
  server.authority = authority;
  return server;
}

class Line {  // one connection
 public:
  Line(SSL_CTX* context, int port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up("no connection");
    const int yes = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    tls_ = SSL_new(context);
    SSL_set_fd(tls_, socket_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_), "127.0.0.1");
    if (SSL_connect(tls_) != 1) give_up("no TLS with the exchange");
  }
  ~Line() {
    SSL_free(tls_);
    ::close(socket_);
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  int socket() const { return socket_; }
  void send(const std::string& request) {
    if (SSL_write(tls_, request.data(), static_cast<int>(request.size())) <= 0) give_up("a request could not be sent");
  }
  /// Head and body of the whole answer.
  std::pair<std::string_view, std::string_view> receive() {
    in_.clear();
    for (;;) {
      if (const auto end = in_.find("\r\n\r\n"); end != std::string::npos) {
        const auto head = std::string_view{in_}.substr(0, end);
        const auto at = head.find("Content-Length: ");
        const auto size = at == head.npos ? 0 : std::strtoul(head.data() + at + 16, nullptr, 10);
        if (in_.size() >= end + 4 + size) return {head, std::string_view{in_}.substr(end + 4)};
      }
      char bytes[16 * 1024];
      const int got = SSL_read(tls_, bytes, sizeof bytes);
      if (got <= 0) give_up("the exchange ended a connection");
      in_.append(bytes, static_cast<std::size_t>(got));
    }
  }

  std::string expected;  // the name of the order under way
  Clock::time_point sent;

 private:
  int socket_ = -1;
  SSL* tls_ = nullptr;
  std::string in_;
};

std::string order(const Server& server, std::string_view name, bool buy) {
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  std::string body = fmt::format(
      "symbol=BTCUSDT&side={}&type=MARKET&quantity=0.001&newClientOrderId={}&newOrderRespType=FULL&recvWindow=60000&"
      "timestamp={}",
      buy ? "BUY" : "SELL", name, now.count());
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), server.secret.data(), static_cast<int>(server.secret.size()),
       reinterpret_cast<const unsigned char*>(body.data()), body.size(), sum, &size);
  body += "&signature=";
  for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(body), "{:02x}", sum[i]);
  return fmt::format(
      "POST {}/api/v3/order HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-MBX-APIKEY: {}\r\nContent-Type: "
      "application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}",
      server.path, server.port, server.key, body.size(), body);
}

/// The value of a member, as it is written.
std::string_view member(std::string_view json, std::string_view name) {
  const std::string key = fmt::format("\"{}\":", name);
  auto at = json.find(key);
  if (at == json.npos) return {};
  at += key.size() + (json[at + key.size()] == '"' ? 1 : 0);
  return json.substr(at, json.find_first_of(",\"}", at) - at);
}

}  // namespace

int main(int argc, char** argv) {
  const long orders = argc > 2 ? std::atol(argv[2]) : 50'000;
  const int lines = argc > 3 ? std::atoi(argv[3]) : 16;
  if (argc < 2 || orders < 1 || lines < 1) {
    std::fputs("usage: exchange_bench EXCHANGE.json [orders] [connections]\n", stderr);
    return 2;
  }
  const Server server = read_server(argv[1]);
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context, server.authority.c_str(), nullptr) != 1) give_up("no authority to trust");
  std::vector<std::unique_ptr<Line>> all;
  std::vector<pollfd> waiting;
  for (int i = 0; i < lines; ++i) {
    all.push_back(std::make_unique<Line>(context, server.port));
    waiting.push_back({all.back()->socket(), POLLIN, 0});
  }
  long sent = 0, answered = 0, filled = 0, counted = -1;
  std::set<std::string, std::less<>> numbers;  // of orders
  std::vector<double> times;
  const auto next = [&](Line& line) {
    line.expected = fmt::format("bench-{}", sent);
    line.sent = Clock::now();
    line.send(order(server, line.expected, sent % 2 == 0));
    ++sent;
  };
  const auto began = Clock::now();
  for (const auto& line : all)
    if (sent < orders) next(*line);
  while (answered < orders) {
    if (::poll(waiting.data(), waiting.size(), 10'000) <= 0) give_up("no answer in 10 s");
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if ((waiting[i].revents & POLLIN) == 0 || all[i]->expected.empty()) continue;
      Line& line = *all[i];
      const auto [head, body] = line.receive();
      const auto status = member(body, "status");
      if (!head.starts_with("HTTP/1.1 200 ") || member(body, "clientOrderId") != line.expected ||
          (status != "FILLED" && status != "EXPIRED" && status != "PARTIALLY_FILLED"))
        give_up(fmt::format("{} was answered by: {} {}", line.expected, head.substr(0, 20), body.substr(0, 300)));
      filled += status == "FILLED" ? 1 : 0;
      numbers.emplace(member(body, "orderId"));
      times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - line.sent).count());
      // The venue's count of the account's orders of today: the greatest, for of answers that are there together the
      // last one read need not be the last one made.
      constexpr std::string_view kCount = "X-MBX-ORDER-COUNT-1D: ";
      if (const auto at = head.find(kCount); at != std::string::npos)
        counted = std::max(counted, std::atol(head.data() + at + kCount.size()));
      line.expected.clear();
      ++answered;
      if (sent < orders) next(line);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const bool equal = static_cast<long>(numbers.size()) == orders && counted >= orders;
  std::sort(times.begin(), times.end());
  fmt::print(
      R"({{"orders":{},"connections":{},"seconds":{:.3f},"orders_per_second":{:.0f},"p50_us":{:.0f},"p99_us":{:.0f},"filled":{},"counted":{},"equal":{}}})"
      "\n",
      orders, lines, seconds, static_cast<double>(orders) / seconds, times[times.size() / 2],
      times[times.size() * 99 / 100], filled, counted, equal);
  return equal ? 0 : 1;
}
