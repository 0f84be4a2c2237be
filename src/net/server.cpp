// HTTP, and who is served when. Beast reads the requests; server_stream.cpp has TCP and TLS, server_websocket.cpp the
// WebSocket: the templates of each cost tens of seconds to compile.
#include "net/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "net/server_stream.hpp"
#include "net/server_websocket.hpp"

// <utility> must come before Asio of Boost 1.74.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace stom::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using BeastRequest = http::request<http::string_body>;
// All runs on the one event loop: its executor, and not any, makes half the code.
using Executor = asio::io_context::executor_type;
using Clock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
using Into = asio::redirect_error_t<asio::use_awaitable_t<Executor>>;

constexpr auto kGoodbye = std::chrono::seconds{1};             // how long a stopping server waits for its clients
constexpr auto kLinger = std::chrono::seconds{1};              // how long a refused client may go on talking
constexpr std::size_t kLingerBytes = 1024 * 1024;              // and how much
constexpr auto kAcceptPause = std::chrono::milliseconds{100};  // after "too many open files"
constexpr std::size_t kReadBytes = 64 * 1024;

Into into(error_code& error) { return {asio::use_awaitable_t<Executor>{}, error}; }

/// Begins an operation and waits until it is done.
Awaitable<void> done(std::move_only_function<void(ServerStream::Done)> begin, error_code& error) {
  auto token = into(error);
  co_await asio::async_initiate<Into, void(error_code)>([&begin](auto handler) { begin(std::move(handler)); }, token);
}
Awaitable<std::size_t> done_some(std::move_only_function<void(ServerStream::DoneSome)> begin, error_code& error) {
  auto token = into(error);
  co_return co_await asio::async_initiate<Into, void(error_code, std::size_t)>(
      [&begin](auto handler) { begin(std::move(handler)); }, token);
}

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

/// What of a request its answer depends on.
struct Asked {
  unsigned version = 11;
  bool keep_alive = false;
  bool head = false;
};

/// A HEAD response says how long the body would be and has none.
bool has_body(int status, bool head) { return !head && status != 304 && status != 204; }

std::string head_of(const Response& response, unsigned version, bool keep_alive) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string head = fmt::format("HTTP/{}.{} {} {}\r\n", version / 10, version % 10, response.status,
                                 std::string_view{reason.data(), reason.size()});
  const auto put = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type.empty()) put("Content-Type", response.content_type);
  for (const auto& header : response.headers) put(header.name, header.value);
  if (keep_alive != (version > 10)) put("Connection", keep_alive ? "keep-alive" : "close");
  if (response.status != 304 && response.status != 204) put("Content-Length", std::to_string(response.body.size()));
  return head += "\r\n";
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
    Socket(ServerStream&& stream, const Limits& limits, asio::io_context& io)
        : web{std::move(stream), limits}, pending{io}, last_moment{io} {
      pending.expires_at(Timer::time_point::max());
    }
    ServerWebSocket web;
    Timer pending;      // cancelled by wake()
    Timer last_moment;  // when a client that is told to go is cut off
    bool woken = true;  // a wake-up that came while a frame was on its way
    bool closing = false;
    bool held = false;  // open, and dead
    std::uint16_t close_code = 0;
    std::string close_reason;
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
  asio::io_context io{1};  // its end destroys the coroutines, which count themselves out of `open`
  std::unique_ptr<ServerPort> port;
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

  void spawn(Awaitable<void> task) {
    // A coroutine ends by returning; an exception out of one is our bug and must not be swallowed.
    asio::co_spawn(io, std::move(task), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  Awaitable<void> accept_all();
  Awaitable<void> serve(ServerStream stream);
  Awaitable<void> read(ServerStream& stream, beast::flat_buffer& buffer, http::basic_parser<true>& parser,
                       error_code& error);
  Awaitable<void> write(ServerStream& stream, Response response, Asked asked, bool& keep_alive);
  Awaitable<void> end(ServerStream& stream);
  Awaitable<void> refuse(ServerStream& stream, int status, std::string_view why);
  Awaitable<Response> ask_handler(const Request& request);
  Awaitable<void> upgrade(ServerStream stream, Request request);
  Awaitable<void> send(ServerWebSocket& web, const Frame& frame, error_code& error);
  Awaitable<void> send_frames(ClientId client, std::shared_ptr<Socket> socket);
  Awaitable<void> tick(std::chrono::milliseconds period, std::function<void()> action);
  Awaitable<void> once(std::chrono::milliseconds delay, std::function<void()> action);
  void begin_stop();
  void wake(Socket& socket) {
    socket.woken = true;
    socket.pending.cancel();
  }
  void close(const std::shared_ptr<Socket>& socket, std::uint16_t code, std::string_view reason);
};

Awaitable<void> Server::Impl::accept_all() {
  while (!stopping) {
    error_code error;
    ServerStream stream;
    co_await done([&](auto accepted) { port->accept(stream, std::move(accepted)); }, error);
    if (stopping) co_return;
    if (error) {  // out of file descriptors, or the client left already
      Timer pause{io, kAcceptPause};
      co_await pause.async_wait(into(error));
      continue;
    }
    spawn(serve(std::move(stream)));
  }
}

Awaitable<void> Server::Impl::serve(ServerStream stream) {
  const Counted counted{*this};
  error_code failure;
  stream.expires_after(limits.request_time);
  if (stream.is_tls()) co_await done([&](auto shaken) { stream.handshake(std::move(shaken)); }, failure);
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
    stream.expires_after(limits.request_time);
    co_await read(stream, buffer, parser, error);
    if (error) {
      if (const int status = status_of(error)) co_await refuse(stream, status, reason_of(status));
      co_return;
    }
    stream.expires_never();
    BeastRequest beast_request = parser.release();
    auto target = parse_target({beast_request.target().data(), beast_request.target().size()});
    if (!target) {
      co_await refuse(stream, 400, "the request target is not a plain path");
      co_return;
    }
    const Asked asked{beast_request.version(), beast_request.keep_alive(), beast_request.method() == http::verb::head};
    const bool is_upgrade = beast::websocket::is_upgrade(beast_request);
    Request request = to_request(std::move(beast_request), std::move(*target));
    if (is_upgrade) {
      co_await upgrade(std::move(stream), std::move(request));
      co_return;
    }
    Response response = co_await ask_handler(request);
    if (response.status == 0) {
      stream.close();
      co_return;
    }
    co_await write(stream, std::move(response), asked, keep_alive);
  }
  co_await end(stream);
}

/// One request, whole. Bytes of the next that came with it stay in the buffer.
Awaitable<void> Server::Impl::read(ServerStream& stream, beast::flat_buffer& buffer, http::basic_parser<true>& parser,
                                   error_code& error) {
  parser.eager(true);
  while (!parser.is_done()) {
    if (buffer.size() != 0) {
      buffer.consume(parser.put(buffer.cdata(), error));
      if (!error) continue;
      if (error != http::error::need_more) co_return;
    }
    const std::size_t size = beast::read_size(buffer, kReadBytes);
    if (size == 0) {
      error = http::error::buffer_overflow;
      co_return;
    }
    const auto room = buffer.prepare(size);
    const std::span<char> bytes{static_cast<char*>(room.data()), room.size()};
    buffer.commit(co_await done_some([&](auto read) { stream.read_some(bytes, std::move(read)); }, error));
    if (error == asio::error::eof && parser.got_some()) {
      parser.put_eof(error = {});
      co_return;
    }
    if (error == asio::error::eof) error = http::error::end_of_stream;
    if (error) co_return;
  }
}

Awaitable<Response> Server::Impl::ask_handler(const Request& request) {
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

Awaitable<void> Server::Impl::write(ServerStream& stream, Response response, Asked asked, bool& keep_alive) {
  const bool stay = asked.keep_alive && !stopping;
  const std::string head = head_of(response, asked.version, stay);
  std::array<std::string_view, 2> left{head};
  if (has_body(response.status, asked.head)) left[1] = response.body;
  error_code error;
  stream.expires_after(limits.write_time);
  while (!error && !(left[0].empty() && left[1].empty())) {
    auto written = co_await done_some([&](auto wrote) { stream.write_some(left, std::move(wrote)); }, error);
    for (auto& piece : left) {
      const auto of_piece = std::min(written, piece.size());
      piece.remove_prefix(of_piece);
      written -= of_piece;
    }
  }
  keep_alive = stay && !error;
}

/// Says that nothing more will be written.
Awaitable<void> Server::Impl::end(ServerStream& stream) {
  error_code ignored;
  if (stream.is_tls()) {
    stream.expires_after(kGoodbye);
    co_await done([&](auto ended) { stream.teardown(std::move(ended)); }, ignored);
  }
  stream.shutdown_send();
}

/// Says no, and listens a moment longer so that the answer is not lost with the unread rest of the request.
Awaitable<void> Server::Impl::refuse(ServerStream& stream, int status, std::string_view why) {
  bool keep_alive = false;
  co_await write(stream, handler.refusal(status, why), {}, keep_alive);
  error_code error;
  stream.shutdown_send();
  stream.expires_after(kLinger);
  std::array<char, 4096> rest;
  for (std::size_t total = 0; !error && total < kLingerBytes;)
    total += co_await done_some([&](auto read) { stream.read_some(rest, std::move(read)); }, error);
}

Awaitable<void> Server::Impl::upgrade(ServerStream stream, Request request) {
  const auto protocol = handler.on_upgrade(request);
  if (!protocol) {
    bool keep_alive = false;
    co_await write(stream, protocol.error(), {}, keep_alive);
    co_await end(stream);
    co_return;
  }
  const auto socket = std::make_shared<Socket>(std::move(stream), limits, io);
  auto& web = socket->web;
  error_code error;
  co_await done([&](auto accepted) { web.accept(request, *protocol, std::move(accepted)); }, error);
  if (error || stopping) co_return;

  const ClientId client = ++last_client;
  sockets.emplace(client, socket);
  handler.on_open(client, request);
  spawn(send_frames(client, socket));
  for (;;) {
    co_await done([&](auto read) { web.read(std::move(read)); }, error);
    if (error) break;
    handler.on_message(client, web.message(), web.message_is_binary());
  }
  sockets.erase(client);
  handler.on_close(client);
  socket->closing = true;
  socket->last_moment.cancel();
  wake(*socket);
  if (stopping && sockets.empty()) goodbye.cancel();
  if (!socket->held) co_return;
  std::array<char, 4096> unheard;
  for (error = {}; !error;)
    co_await done_some([&](auto read) { web.stream().read_raw(unheard, std::move(read)); }, error);
}

/// One message in pieces, each its own packet. What is written of a piece may be less than was given.
Awaitable<void> Server::Impl::send(ServerWebSocket& web, const Frame& frame, error_code& error) {
  const std::size_t piece = frame.bytes.size() / std::max(frame.fragments, 1U) + 1;
  const std::string_view bytes = frame.bytes;
  error = {};
  for (std::size_t at = 0; !error;) {
    const auto part = bytes.substr(at, piece);
    const bool last = at + part.size() == bytes.size();
    at += co_await done_some([&](auto wrote) { web.write(part, frame.binary, last, std::move(wrote)); }, error);
    if (error || at == bytes.size()) co_return;
    co_await done([&](auto pinged) { web.ping(std::move(pinged)); }, error);
  }
}

/// Asks for a frame whenever the socket is free. The only writer of the socket.
Awaitable<void> Server::Impl::send_frames(ClientId client, std::shared_ptr<Socket> socket) {
  error_code error;
  Frame frame;
  auto& web = socket->web;
  while (!socket->closing) {
    socket->woken = false;
    while (!socket->closing && handler.next_frame(client, frame)) {
      co_await send(web, frame, error);
      if (error) co_return;
    }
    if (!socket->woken && !socket->closing) co_await socket->pending.async_wait(into(error));
    socket->pending.expires_at(Timer::time_point::max());
  }
  if (socket->held || !web.is_open()) co_return;
  co_await done([&](auto closed) { web.close(socket->close_code, socket->close_reason, std::move(closed)); }, error);
}

Awaitable<void> Server::Impl::tick(std::chrono::milliseconds period, std::function<void()> action) {
  Timer timer{io};
  error_code ignored;
  while (!stopping) {
    timer.expires_after(period);
    co_await timer.async_wait(into(ignored));
    if (!stopping) action();
  }
}

Awaitable<void> Server::Impl::once(std::chrono::milliseconds delay, std::function<void()> action) {
  Timer timer{io, delay};
  error_code ignored;
  co_await timer.async_wait(into(ignored));
  if (!stopping) action();
}

/// Says goodbye after the frame that is on its way; a client that does not take it is cut off.
void Server::Impl::close(const std::shared_ptr<Socket>& socket, std::uint16_t code, std::string_view reason) {
  if (std::exchange(socket->closing, true)) return;
  socket->close_code = code;
  socket->close_reason = reason.substr(0, 120);
  socket->last_moment.expires_after(kGoodbye);
  socket->last_moment.async_wait([socket](error_code error) {
    if (!error) socket->web.stream().close();
  });
  wake(*socket);
}

void Server::Impl::begin_stop() {
  if (std::exchange(stopping, true)) return;
  port->close();
  for (auto& [client, socket] : sockets) close(socket, 1001, "the server is stopping");
  goodbye.expires_after(sockets.empty() ? Timer::duration::zero() : Timer::duration{kGoodbye});
  goodbye.async_wait([this](error_code) { io.stop(); });
}

Server::Server(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(const Endpoint& endpoint, const Limits& limits, Handler& handler) {
  auto impl = std::make_unique<Impl>(limits, handler);
  auto port = ServerPort::open(impl->io, endpoint);
  if (!port) return std::unexpected(port.error());
  impl->port = std::move(*port);
  return std::unique_ptr<Server>{new Server{std::move(impl)}};
}

std::uint16_t Server::port() const { return impl_->port->number(); }

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
    found->second->web.stream().close();
}

void Server::hold(ClientId client) {
  const auto found = impl_->sockets.find(client);
  if (found == impl_->sockets.end() || std::exchange(found->second->closing, true)) return;
  Impl::Socket& socket = *found->second;
  socket.held = true;
  socket.web.abandon();
  impl_->wake(socket);
}

void Server::after(std::chrono::milliseconds delay, std::function<void()> act) {
  impl_->spawn(impl_->once(delay, std::move(act)));
}

std::size_t Server::connections() const { return impl_->open; }

}  // namespace stom::net
