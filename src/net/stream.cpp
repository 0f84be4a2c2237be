#include "net/stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/assert.hpp"
#include "net/acknowledge.hpp"
#include "net/http_answer.hpp"

namespace stom::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::string_view;

// What OpenSSL is given at a time. Its buffer keeps the size that it once had: a burst handed over as a whole would
// make it large for as long as the connection lives, and each of them at another time. So it has this from the
// beginning, and never more.
constexpr std::size_t kFedBytes = 8 * 1024;
constexpr std::size_t kProxyHead = 16 * 1024;
constexpr const char* kCheckNetwork = "check the network; behind a proxy set HTTPS_PROXY=http://HOST:PORT";

enum class Step : std::uint8_t { Resolve, Connect, Proxy, Tls, Open, Ended };

}  // namespace

struct Stream::State : std::enable_shared_from_this<Stream::State> {
  State(Io& i, const Route& r, const StreamLimits& l, Url u, StreamUser& w)
      : io{i},
        route{r},
        limits{l},
        url{std::move(u)},
        user{&w},
        resolver{io.context()},
        socket{io.context()},
        timer{io, [this] { on_time_limit(); }} {}

  void begin() {
    through_proxy = route.proxy.stands_before(url.host);
    const auto& host = through_proxy ? route.proxy.host : url.host;
    const auto port = through_proxy ? route.proxy.port : url.port;
    timer.arm(limits.resolve);
    resolver.async_resolve(
        host, std::to_string(port),
        [self = shared_from_this(), host](const error_code& error, const tcp::resolver::results_type& all) {
          if (self->step == Step::Ended) return;
          if (error)
            return self->end(false,
                             {Errc::Io, fmt::format("{} has no address: {}", host, error.message()), kCheckNetwork});
          self->connect(all);
        });
  }

  void connect(const tcp::resolver::results_type& all) {
    step = Step::Connect;
    timer.arm(limits.connect);
    asio::async_connect(socket, all, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
      if (self->step == Step::Ended) return;
      if (error)
        return self->end(
            false, {Errc::Io, fmt::format("cannot connect to {}: {}", self->peer(), error.message()), kCheckNetwork});
      self->on_connected();
    });
  }

  void on_connected() {
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    socket.non_blocking(true, ignored);
    if (through_proxy) {
      step = Step::Proxy;
      timer.arm(limits.proxy);
      out = route.proxy.connect_request(url);
      hand_over();
    } else {
      start_tls();
      if (step == Step::Ended) return;
    }
    read();
  }

  void start_tls() {
    step = Step::Tls;
    timer.arm(limits.tls);
    tls.reset(SSL_new(route.trust->context()));
    STOM_ASSERT(tls != nullptr);
    tls_in = BIO_new(BIO_s_mem());
    tls_out = BIO_new(BIO_s_mem());
    SSL_set_bio(tls.get(), tls_in, tls_out);
    // A record's two buffers are there while it is looked at, and the same for all connections: each would keep its
    // own.
    SSL_set_mode(tls.get(), SSL_MODE_RELEASE_BUFFERS);
    BIO_write(tls_in, std::array<char, kFedBytes>{}.data(), static_cast<int>(kFedBytes));
    BIO_reset(tls_in);
    Trust::expect(tls.get(), url.host);
    pump();
  }

  void read() {
    socket.async_wait(tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
      if (self->step == Step::Ended) return;
      if (error) return self->on_read_error(error);
      self->from_kernel();
      if (self->step != Step::Ended) self->read_later();
    });
  }
  void from_kernel() {
    auto& room = io.read_room().arrived;
    const auto got = ::recv(socket.native_handle(), room.data(), room.size(), 0);
    if (got > 0) return on_read({room.data(), static_cast<std::size_t>(got)});
    if (got == 0) return on_read_error(asio::error::eof);
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      on_read_error({errno, boost::system::system_category()});
  }
  /// Behind what the bytes led to: to acknowledge them, and to ask the kernel for more, where mostly nothing is yet,
  /// takes calls to it.
  void read_later() {
    io.later([self = shared_from_this()] {
      if (self->step == Step::Ended) return;
      acknowledge(self->socket.native_handle());
      self->read();
    });
  }

  void on_read(string_view bytes) {
    if (step == Step::Proxy) return on_proxy_bytes(bytes);
    for (; !bytes.empty() && step != Step::Ended; bytes.remove_prefix(std::min(kFedBytes, bytes.size()))) {
      BIO_write(tls_in, bytes.data(), static_cast<int>(std::min(kFedBytes, bytes.size())));
      pump();
    }
  }

  void on_read_error(const error_code& error) {
    if (error != asio::error::eof)
      return end(false, {Errc::Io, fmt::format("the connection to {} broke: {}", peer(), error.message()),
                         "it is opened again; see the network if this repeats"});
    end(false, {Errc::Io,
                step == Step::Open ? fmt::format("{} closed the connection", peer())
                                   : fmt::format("{} closed the connection before it was secured", peer()),
                "it is opened again; see the network if this repeats"});
  }

  void on_proxy_bytes(string_view bytes) {
    auto used = proxy_answer.put(bytes);
    if (!used) return end(false, used.error());
    if (!proxy_answer.has_head()) return;
    const int status = proxy_answer.status();
    if (status != 200) return end(false, route.proxy.refusal(status, url));
    // A server speaks TLS only after its client did.
    if (*used != bytes.size())
      return end(false, {Errc::BadData, fmt::format("the proxy {} sends more than its answer", route.proxy.host),
                         "ask whoever runs it, or name the host in NO_PROXY"});
    out.clear();
    given = taken = 0;
    start_tls();
  }

  /// Lets TLS go on with what has arrived.
  void pump() {
    ERR_clear_error();
    if (step == Step::Tls) {
      const int done = SSL_do_handshake(tls.get());
      const int wants = done == 1 ? SSL_ERROR_NONE : SSL_get_error(tls.get(), done);
      collect();
      if (wants == SSL_ERROR_WANT_READ) return;
      if (wants != SSL_ERROR_NONE) {
        if (auto refused = Trust::refusal(tls.get(), url.host)) return end(false, *refused);
        return end(false, {Errc::Io, fmt::format("TLS with {} failed: {}", url.host, tls_error()),
                           "the server offers nothing newer than TLS 1.1, or no TLS at all on this port"});
      }
      step = Step::Open;
      if (waiting_to_write)
        timer.arm(limits.write);
      else
        timer.cancel();
      given = taken = 0;
      user->on_stream_open();
    }
    auto& plain = io.read_room().plain;
    while (step == Step::Open) {
      ERR_clear_error();
      const int got = SSL_read(tls.get(), plain.data(), static_cast<int>(plain.size()));
      if (got > 0) {
        user->on_stream_bytes({plain.data(), static_cast<std::size_t>(got)});
        // Mostly that was all: TLS need not be asked to say so.
        if (step == Step::Open && BIO_ctrl_pending(tls_in) == 0 && SSL_has_pending(tls.get()) == 0) return collect();
        continue;
      }
      const int wants = SSL_get_error(tls.get(), got);
      collect();
      if (wants == SSL_ERROR_WANT_READ) return;
      if (wants == SSL_ERROR_ZERO_RETURN)
        return end(true, {Errc::Io, fmt::format("{} closed the connection", peer()), "it is opened again when needed"});
      return end(false, {Errc::Io, fmt::format("TLS with {} failed: {}", url.host, tls_error()),
                         "it is opened again; see the network if this repeats"});
    }
  }

  /// What TLS wants sent joins what waits, and goes to the kernel.
  void collect() {
    char* made = nullptr;
    const long size = BIO_get_mem_data(tls_out, &made);
    if (size <= 0) return;
    string_view bytes{made, static_cast<std::size_t>(size)};
    given += bytes.size();
    if (out.empty() && !broken)
      bytes.remove_prefix(to_kernel(bytes));  // the usual way: nothing waits, nothing is copied
    out += bytes;
    BIO_reset(tls_out);
    wait_to_write();
  }

  std::size_t to_kernel(string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const auto n = ::send(socket.native_handle(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n >= 0) {
        sent += static_cast<std::size_t>(n);
      } else if (errno != EINTR) {
        broken = errno != EAGAIN && errno != EWOULDBLOCK;  // what the server still said is read first; that ends it
        break;
      }
    }
    taken += sent;
    return sent;
  }

  void hand_over() {
    if (!broken) out.erase(0, to_kernel(out));
    wait_to_write();
  }

  void wait_to_write() {
    if (out.empty() || waiting_to_write) return;
    waiting_to_write = true;
    if (step == Step::Open) timer.arm(limits.write);
    if (broken) return;
    socket.async_wait(tcp::socket::wait_write, [self = shared_from_this()](const error_code& error) {
      if (self->step == Step::Ended) return;
      self->waiting_to_write = false;
      const auto before = self->taken;
      if (!error) self->hand_over();
      if (self->step != Step::Open) return;
      if (self->out.empty()) self->timer.cancel();
      if (self->taken != before) self->user->on_stream_taken();
    });
  }

  void on_time_limit() {
    const auto keeping = shared_from_this();
    const char* what = step == Step::Resolve   ? "no address was found for"
                       : step == Step::Connect ? "no connection to"
                       : step == Step::Proxy   ? "no answer from the proxy for"
                       : step == Step::Tls     ? "no TLS with"
                                               : "nothing was taken by";
    const auto limit = step == Step::Resolve   ? limits.resolve
                       : step == Step::Connect ? limits.connect
                       : step == Step::Proxy   ? limits.proxy
                       : step == Step::Tls     ? limits.tls
                                               : limits.write;
    end(false, {Errc::Io, fmt::format("{} {} within {} ms", what, url.host, limit.count()), kCheckNetwork});
  }

  void end(bool clean, const Error& why) {
    if (step == Step::Ended) return;
    StreamUser* told = user;
    close();
    if (told != nullptr) told->on_stream_end(clean, why);
  }

  void close(bool cuts = false) {
    if (step == Step::Open && !broken && !cuts) {
      SSL_shutdown(tls.get());  // says goodbye if the kernel takes it at once
      collect();
    }
    step = Step::Ended;
    user = nullptr;
    timer.cancel();
    error_code ignored;
    resolver.cancel();
    if (cuts) socket.set_option(tcp::socket::linger{true, 0}, ignored);
    socket.close(ignored);
  }

  std::string peer() const { return through_proxy && step < Step::Tls ? route.proxy.host : url.host; }

  Io& io;
  Route route;
  StreamLimits limits;
  Url url;
  StreamUser* user;
  tcp::resolver resolver;
  tcp::socket socket;
  Timer timer;
  Step step = Step::Resolve;
  bool through_proxy = false;
  bool waiting_to_write = false;
  bool broken = false;
  std::string out;  // encrypted, not yet taken by the kernel
  std::uint64_t given = 0, taken = 0;
  AnswerReader proxy_answer{{.head_bytes = kProxyHead, .body_bytes = 0}, AnswerReader::Kind::HeadAlone};
  std::unique_ptr<SSL, decltype(&SSL_free)> tls{nullptr, &SSL_free};
  BIO* tls_in = nullptr;   // of tls
  BIO* tls_out = nullptr;  // of tls
};

Stream::Stream(Io& io, const Route& route, const StreamLimits& limits, const Url& url, StreamUser& user)
    : state_{std::make_shared<State>(io, route, limits, url, user)} {
  state_->begin();
}

Stream::~Stream() {
  if (state_->step != Step::Ended) state_->close();
}

void Stream::cut() {
  if (state_->step != Step::Ended) state_->close(true);
}

bool Stream::is_open() const { return state_->step == Step::Open; }

bool Stream::send(string_view bytes) {
  State& state = *state_;
  if (state.step != Step::Open || state.broken || state.out.size() + bytes.size() > state.limits.unsent_bytes)
    return false;
  if (bytes.empty()) return true;
  ERR_clear_error();
  // Into memory: taken whole, but for a renegotiation, which TLS 1.2 servers no longer ask for.
  if (SSL_write(state.tls.get(), bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size()))
    return false;
  state.collect();
  return true;
}

std::uint64_t Stream::given() const { return state_->given; }
std::uint64_t Stream::taken() const { return state_->taken; }
Written Stream::written(std::uint64_t begin, std::uint64_t end) const {
  if (state_->taken >= end) return Written::Written;
  return state_->taken <= begin ? Written::NotWritten : Written::Unknown;
}

}  // namespace stom::net
