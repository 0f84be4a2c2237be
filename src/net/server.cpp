// The one file that knows Beast (it costs tens of seconds to compile: keep it out of headers and of other files).
#include "net/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

// Beast 1.74 asserts (websocket/impl/read.hpp:114) that a read which waited for a close ends as "aborted"; it ends as
// "timeout" when the client never closes its TCP connection. Both are handled the same; a client must not abort us.
#define BOOST_DISABLE_ASSERTS
// <utility> must come before Asio of Boost 1.74.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace stom::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using Timer = asio::steady_timer;
using BeastRequest = http::request<http::string_body>;

constexpr auto kGoodbye = std::chrono::seconds{1};             // how long a stopping server waits for its clients
constexpr auto kLinger = std::chrono::seconds{1};              // how long a refused client may go on talking
constexpr std::size_t kLingerBytes = 1024 * 1024;              // and how much
constexpr auto kAcceptPause = std::chrono::milliseconds{100};  // after "too many open files"

asio::redirect_error_t<asio::use_awaitable_t<>> into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

/// A connection, plain or under TLS: what HTTP and WebSocket read and write, so that both are compiled once.
class Stream {
 public:
  using executor_type = beast::tcp_stream::executor_type;
  using next_layer_type = beast::tcp_stream;  // the socket, where deadlines and ends are

  Stream(tcp::socket&& socket, asio::ssl::context* tls) {
    if (tls != nullptr) {
      tls_ = std::make_unique<Tls>(std::move(socket), *tls);
    } else {
      plain_ = std::make_unique<beast::tcp_stream>(std::move(socket));
    }
  }

  executor_type get_executor() noexcept { return next_layer().get_executor(); }
  next_layer_type& next_layer() noexcept { return tls_ ? tls_->next_layer() : *plain_; }
  const next_layer_type& next_layer() const noexcept { return tls_ ? tls_->next_layer() : *plain_; }
  tcp::socket& socket() { return next_layer().socket(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const auto& into) {
          if (tls_) {
            tls_->async_read_some(into, std::move(handler));
          } else {
            plain_->async_read_some(into, std::move(handler));
          }
        },
        token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const auto& from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            plain_->async_write_some(from, std::move(handler));
          }
        },
        token, buffers);
  }

  /// TLS: the handshake. Plain: nothing.
  asio::awaitable<void> begin(error_code& error) {
    error = {};
    if (tls_) co_await tls_->async_handshake(asio::ssl::stream_base::server, into(error));
  }
  /// Says that nothing more will be written.
  asio::awaitable<void> end(error_code& error) {
    if (tls_) {
      next_layer().expires_after(kGoodbye);
      co_await tls_->async_shutdown(into(error));
    }
    socket().shutdown(tcp::socket::shutdown_send, error);
  }

  // What websocket::stream closes a connection with (found by argument-dependent lookup).
  [[maybe_unused]] friend void teardown(beast::role_type role, Stream& stream, error_code& error) {
    using websocket::teardown;
    if (stream.tls_) {
      teardown(role, *stream.tls_, error);
    } else {
      teardown(role, *stream.plain_, error);
    }
  }
  template <class TeardownHandler>
  friend void async_teardown(beast::role_type role, Stream& stream, TeardownHandler&& handler) {
    using websocket::async_teardown;
    if (stream.tls_) {
      async_teardown(role, *stream.tls_, std::forward<TeardownHandler>(handler));
    } else {
      async_teardown(role, *stream.plain_, std::forward<TeardownHandler>(handler));
    }
  }

 private:
  using Tls = beast::ssl_stream<beast::tcp_stream>;
  std::unique_ptr<beast::tcp_stream> plain_;  // one of the two
  std::unique_ptr<Tls> tls_;
};
using WebSocket = websocket::stream<Stream>;

Request to_request(BeastRequest&& from, Target&& target) {
  Request request{.method = std::string{from.method_string()},
                  .path = std::move(target.path),
                  .query = std::move(target.query),
                  .headers = {},
                  .body = std::move(from.body())};
  for (const auto& field : from)
    request.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
  return request;
}

/// A HEAD response says how long the body would be and has none.
http::response<http::string_body> to_beast(Response&& from, unsigned version, bool keep_alive, bool head) {
  http::response<http::string_body> response{static_cast<http::status>(from.status), version};
  if (!from.content_type.empty()) response.set(http::field::content_type, from.content_type);
  for (const auto& header : from.headers) response.insert(header.name, header.value);
  response.keep_alive(keep_alive);
  if (from.status != 304 && from.status != 204) response.content_length(from.body.size());
  if (!head && from.status != 304) response.body() = std::move(from.body);
  return response;
}

/// What a parser error means to the client; 0: the connection is gone, say nothing.
int status_of(const error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == make_error_code(http::error::bad_method).category() ? 400 : 0;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 413:
      return "the request body is too large";
    case 431:
      return "the request header is too large";
    default:
      return "the request is not valid HTTP";
  }
}

}  // namespace

struct Server::Impl {
  /// One WebSocket client. The two coroutines that serve it share it; the map below holds it while it is open.
  struct Socket {
    Socket(WebSocket&& stream_in, asio::io_context& io) : stream{std::move(stream_in)}, pending{io}, last_moment{io} {
      pending.expires_at(Timer::time_point::max());
    }
    WebSocket stream;
    Timer pending;      // cancelled by wake()
    Timer last_moment;  // when a client that is told to go is cut off
    bool woken = true;  // a wake-up that came while a frame was on its way
    bool closing = false;
    bool held = false;  // open, and dead
    websocket::close_reason close_reason;
  };
  /// Where a handler's answer goes. The connection's; a Reply that outlives it does nothing.
  struct Answer {
    explicit Answer(asio::io_context& io_in) : arrived{io_in} {}
    Timer arrived;  // expires when the handler was too slow; cancelled when it answered
    std::optional<Response> response;
  };

  Impl(const Limits& limits_in, Handler& handler_in) : limits{limits_in}, handler{handler_in} {}

  Limits limits;
  Handler& handler;
  std::size_t open = 0;
  ClientId last_client = 0;
  bool stopping = false;
  std::unique_ptr<asio::ssl::context> tls;  // null: plain text
  asio::io_context io{1};                   // its end destroys the coroutines, which count themselves out of `open`
  tcp::acceptor acceptor{io};
  Timer goodbye{io};
  std::map<ClientId, std::shared_ptr<Socket>> sockets;

  /// Counts a connection for as long as it lives.
  struct Counted {
    explicit Counted(Impl& impl_in) : impl{impl_in} { ++impl.open; }
    ~Counted() { --impl.open; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    Impl& impl;
  };

  Result<void> use(const Certificate& certificate);
  Result<void> bind(const Endpoint& endpoint);
  void spawn(asio::awaitable<void> task) {
    // A coroutine ends by returning; an exception out of one is our bug and must not be swallowed.
    asio::co_spawn(io, std::move(task), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  asio::awaitable<void> accept_all();
  asio::awaitable<void> serve(Stream stream);
  asio::awaitable<void> write(Stream& stream, Response response, const BeastRequest* request, bool& keep_alive);
  asio::awaitable<void> refuse(Stream& stream, int status, std::string_view why);
  asio::awaitable<Response> ask_handler(const Request& request);
  asio::awaitable<void> upgrade(Stream stream, BeastRequest beast_request, Request request);
  asio::awaitable<void> send_fragments(WebSocket& stream, const Frame& frame, error_code& error);
  asio::awaitable<void> send_frames(ClientId client, std::shared_ptr<Socket> socket);
  asio::awaitable<void> tick(std::chrono::milliseconds period, std::function<void()> action);
  asio::awaitable<void> once(std::chrono::milliseconds delay, std::function<void()> action);
  void begin_stop();
  void wake(Socket& socket) {
    socket.woken = true;
    socket.pending.cancel();
  }
  void close(const std::shared_ptr<Socket>& socket, std::uint16_t code, std::string_view reason);
};

Result<void> Server::Impl::use(const Certificate& certificate) {
  tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code error;
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                   error);
  if (!error) tls->use_certificate_chain(asio::buffer(certificate.chain_pem), error);
  if (!error) tls->use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem, error);
  if (error)
    return fail(Errc::Io, fmt::format("the server's certificate or its key cannot be used: {}", error.message()),
                "both are PEM, and the key is that of the chain's first certificate");
  return {};
}

Result<void> Server::Impl::bind(const Endpoint& endpoint) {
  error_code error;
  const auto address = asio::ip::make_address(endpoint.address, error);
  if (error)
    return fail(Errc::Usage, fmt::format("{} is not an IP address to listen on", endpoint.address),
                "use 127.0.0.1, which only this computer can reach");
  const tcp::endpoint local{address, endpoint.port};
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use)
    return fail(
        Errc::Io, fmt::format("port {} on {} is in use by another program", endpoint.port, endpoint.address),
        fmt::format("choose another with --port N, or see who holds it: ss -ltnp 'sport = :{}'", endpoint.port));
  if (error == asio::error::access_denied)
    return fail(Errc::Io, fmt::format("port {} on {} is not open to this user", endpoint.port, endpoint.address),
                "choose a port above 1023 with --port N");
  if (error)
    return fail(Errc::Io, fmt::format("cannot listen on {}:{}: {}", endpoint.address, endpoint.port, error.message()),
                "choose another address or port");
  return {};
}

asio::awaitable<void> Server::Impl::accept_all() {
  while (!stopping) {
    error_code error;
    tcp::socket socket{io};
    co_await acceptor.async_accept(socket, into(error));
    if (stopping) co_return;
    if (error) {  // out of file descriptors, or the client left already
      Timer pause{io, kAcceptPause};
      co_await pause.async_wait(into(error));
      continue;
    }
    socket.set_option(tcp::no_delay{true}, error);
    spawn(serve(Stream{std::move(socket), tls.get()}));
  }
}

asio::awaitable<void> Server::Impl::serve(Stream stream) {
  const Counted counted{*this};
  error_code failure;
  stream.next_layer().expires_after(limits.request_time);
  co_await stream.begin(failure);
  if (failure) co_return;
  if (open > limits.connections) {
    co_await refuse(stream, 503, "too many connections");
    co_return;
  }
  beast::flat_buffer buffer{limits.header_bytes + limits.body_bytes};
  for (bool keep_alive = true; keep_alive && !stopping;) {
    error_code error;
    http::request_parser<http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser.body_limit(limits.body_bytes);
    // One deadline for waiting, header and body together: a client that sends a byte now and then gains nothing.
    stream.next_layer().expires_after(limits.request_time);
    co_await http::async_read(stream, buffer, parser, into(error));
    if (error) {
      if (const int status = status_of(error)) co_await refuse(stream, status, reason_of(status));
      co_return;
    }
    stream.next_layer().expires_never();
    BeastRequest beast_request = parser.release();
    auto target = parse_target({beast_request.target().data(), beast_request.target().size()});
    if (!target) {
      co_await refuse(stream, 400, "the request target is not a plain path");
      co_return;
    }
    if (websocket::is_upgrade(beast_request)) {
      Request request = to_request(BeastRequest{beast_request}, std::move(*target));
      co_await upgrade(std::move(stream), std::move(beast_request), std::move(request));
      co_return;
    }
    BeastRequest head{beast_request.method(), beast_request.target(), beast_request.version()};
    head.keep_alive(beast_request.keep_alive());
    const Request request = to_request(std::move(beast_request), std::move(*target));
    Response response = co_await ask_handler(request);
    if (response.status == 0) {
      stream.next_layer().close();
      co_return;
    }
    co_await write(stream, std::move(response), &head, keep_alive);
  }
  error_code ignored;
  co_await stream.end(ignored);
}

asio::awaitable<Response> Server::Impl::ask_handler(const Request& request) {
  const auto answer = std::make_shared<Answer>(io);
  answer->arrived.expires_after(limits.answer_time);
  handler.on_request(request, [weak = std::weak_ptr{answer}](Response response) {
    const auto waiting = weak.lock();
    if (!waiting || waiting->response) return;
    waiting->response = std::move(response);
    waiting->arrived.cancel();
  });
  error_code ignored;
  if (!answer->response) co_await answer->arrived.async_wait(into(ignored));
  if (!answer->response) answer->response = handler.refusal(504, "the engine did not answer in time");
  co_return std::move(*answer->response);
}

asio::awaitable<void> Server::Impl::write(Stream& stream, Response response, const BeastRequest* request,
                                          bool& keep_alive) {
  const bool stay = request && request->keep_alive() && !stopping;
  const bool head = request && request->method() == http::verb::head;
  auto message = to_beast(std::move(response), request ? request->version() : 11, stay, head);
  http::response_serializer<http::string_body> serializer{message};
  error_code error;
  stream.next_layer().expires_after(limits.write_time);
  co_await http::async_write(stream, serializer, into(error));
  keep_alive = stay && !error;
}

/// Says no, and listens a moment longer so that the answer is not lost with the unread rest of the request.
asio::awaitable<void> Server::Impl::refuse(Stream& stream, int status, std::string_view why) {
  bool keep_alive = false;
  co_await write(stream, handler.refusal(status, why), nullptr, keep_alive);
  error_code error;
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
  stream.next_layer().expires_after(kLinger);
  std::array<char, 4096> rest;
  for (std::size_t total = 0; !error && total < kLingerBytes;)
    total += co_await stream.async_read_some(asio::buffer(rest), into(error));
}

asio::awaitable<void> Server::Impl::upgrade(Stream stream, BeastRequest beast_request, Request request) {
  const auto protocol = handler.on_upgrade(request);
  if (!protocol) {
    bool keep_alive = false;
    co_await write(stream, protocol.error(), nullptr, keep_alive);
    error_code ignored;
    co_await stream.end(ignored);
    co_return;
  }
  const auto socket = std::make_shared<Socket>(WebSocket{std::move(stream)}, io);
  auto& web = socket->stream;
  web.set_option(websocket::stream_base::timeout{limits.request_time, limits.silence, true});
  web.set_option(websocket::permessage_deflate{});  // off: it costs memory per client and time per frame
  web.auto_fragment(false);                         // one message, one frame
  web.read_message_max(limits.message_bytes);
  web.set_option(websocket::stream_base::decorator{[&protocol](websocket::response_type& response) {
    if (!protocol->empty()) response.set(http::field::sec_websocket_protocol, *protocol);
  }});
  error_code error;
  co_await web.async_accept(beast_request, into(error));
  if (error || stopping) co_return;

  const ClientId client = ++last_client;
  sockets.emplace(client, socket);
  handler.on_open(client, request);
  spawn(send_frames(client, socket));
  beast::flat_buffer buffer;
  for (;;) {
    co_await web.async_read(buffer, into(error));
    if (error) break;
    const auto bytes = buffer.cdata();
    handler.on_message(client, {static_cast<const char*>(bytes.data()), bytes.size()}, web.got_binary());
    buffer.consume(buffer.size());
  }
  sockets.erase(client);
  handler.on_close(client);
  socket->closing = true;
  socket->last_moment.cancel();
  wake(*socket);
  if (stopping && sockets.empty()) goodbye.cancel();
  if (!socket->held) co_return;
  std::array<char, 4096> unheard;
  for (error = {}; !error;) co_await beast::get_lowest_layer(web).async_read_some(asio::buffer(unheard), into(error));
}

/// One message in pieces, each its own packet. What is written of a piece may be less than was given.
asio::awaitable<void> Server::Impl::send_fragments(WebSocket& stream, const Frame& frame, error_code& error) {
  const std::size_t piece = frame.bytes.size() / frame.fragments + 1;
  error = {};
  for (std::size_t at = 0; at < frame.bytes.size() && !error;) {
    const std::size_t size = std::min(piece, frame.bytes.size() - at);
    const bool last = at + size == frame.bytes.size();
    at += co_await stream.async_write_some(last, asio::buffer(frame.bytes.data() + at, size), into(error));
    if (!error && at < frame.bytes.size()) co_await stream.async_ping({}, into(error));
  }
}

/// Asks for a frame whenever the socket is free. The only writer of the socket.
asio::awaitable<void> Server::Impl::send_frames(ClientId client, std::shared_ptr<Socket> socket) {
  error_code error;
  Frame frame;
  while (!socket->closing) {
    socket->woken = false;
    while (!socket->closing && handler.next_frame(client, frame)) {
      socket->stream.binary(frame.binary);
      if (frame.fragments > 1) {
        co_await send_fragments(socket->stream, frame, error);
      } else {
        co_await socket->stream.async_write(asio::buffer(frame.bytes), into(error));
      }
      if (error) co_return;
    }
    if (!socket->woken && !socket->closing) co_await socket->pending.async_wait(into(error));
    socket->pending.expires_at(Timer::time_point::max());
  }
  if (!socket->held && socket->stream.is_open()) co_await socket->stream.async_close(socket->close_reason, into(error));
}

asio::awaitable<void> Server::Impl::tick(std::chrono::milliseconds period, std::function<void()> action) {
  Timer timer{io};
  error_code ignored;
  while (!stopping) {
    timer.expires_after(period);
    co_await timer.async_wait(into(ignored));
    if (!stopping) action();
  }
}

asio::awaitable<void> Server::Impl::once(std::chrono::milliseconds delay, std::function<void()> action) {
  Timer timer{io, delay};
  error_code ignored;
  co_await timer.async_wait(into(ignored));
  if (!stopping) action();
}

/// Says goodbye after the frame that is on its way; a client that does not take it is cut off.
void Server::Impl::close(const std::shared_ptr<Socket>& socket, std::uint16_t code, std::string_view reason) {
  if (std::exchange(socket->closing, true)) return;
  socket->close_reason.code = static_cast<websocket::close_code>(code);
  reason = reason.substr(0, 120);
  socket->close_reason.reason.assign(reason.begin(), reason.end());
  socket->last_moment.expires_after(kGoodbye);
  socket->last_moment.async_wait([socket](error_code error) {
    if (!error) beast::get_lowest_layer(socket->stream).close();
  });
  wake(*socket);
}

void Server::Impl::begin_stop() {
  if (std::exchange(stopping, true)) return;
  error_code ignored;
  acceptor.close(ignored);
  for (auto& [client, socket] : sockets) close(socket, 1001, "the server is stopping");
  goodbye.expires_after(sockets.empty() ? Timer::duration::zero() : Timer::duration{kGoodbye});
  goodbye.async_wait([this](error_code) { io.stop(); });
}

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(const Endpoint& endpoint, const Limits& limits, Handler& handler) {
  auto impl = std::make_unique<Impl>(limits, handler);
  if (endpoint.certificate)
    if (auto used = impl->use(*endpoint.certificate); !used) return std::unexpected(used.error());
  if (auto bound = impl->bind(endpoint); !bound) return std::unexpected(bound.error());
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

std::uint16_t Server::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void Server::run() {
  impl_->spawn(impl_->accept_all());
  impl_->io.run();
}

void Server::stop() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->begin_stop(); });
}

void Server::every(std::chrono::milliseconds period, std::function<void()> action) {
  impl_->spawn(impl_->tick(period, std::move(action)));
}

void Server::wake(ClientId client) {
  if (const auto found = impl_->sockets.find(client); found != impl_->sockets.end()) impl_->wake(*found->second);
}

void Server::wake_all() {
  for (auto& [client, socket] : impl_->sockets) impl_->wake(*socket);
}

void Server::close(ClientId client, std::uint16_t code, std::string_view reason) {
  if (const auto found = impl_->sockets.find(client); found != impl_->sockets.end())
    impl_->close(found->second, code, reason);
}

void Server::drop(ClientId client) {
  if (const auto found = impl_->sockets.find(client); found != impl_->sockets.end())
    beast::get_lowest_layer(found->second->stream).close();
}

void Server::hold(ClientId client) {
  const auto found = impl_->sockets.find(client);
  if (found == impl_->sockets.end() || std::exchange(found->second->closing, true)) return;
  Impl::Socket& socket = *found->second;
  socket.held = true;
  socket.stream.set_option(
      websocket::stream_base::timeout{websocket::stream_base::none(), websocket::stream_base::none(), false});
  beast::get_lowest_layer(socket.stream).cancel();
  impl_->wake(socket);
}

void Server::after(std::chrono::milliseconds delay, std::function<void()> act) {
  impl_->spawn(impl_->once(delay, std::move(act)));
}

std::size_t Server::connections() const { return impl_->open; }

}  // namespace stom::net
