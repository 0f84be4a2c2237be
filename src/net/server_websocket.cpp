#include "net/server_websocket.hpp"

#include <array>
#include <span>
#include <string>
#include <utility>

// Beast 1.74 asserts (websocket/impl/read.hpp:114) that a read which waited for a close ends as "aborted"; it ends as
// "timeout" when the client never closes its TCP connection. Both are handled the same; a client must not abort us.
#define BOOST_DISABLE_ASSERTS
// <utility> must come before Asio of Boost 1.74.
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace stom::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

/// The connection as Beast's operations want it: for each its own function, whatever its handler and buffers are.
class Stream : public ServerStream {
 public:
  using executor_type = asio::io_context::executor_type;

  explicit Stream(ServerStream&& stream) : ServerStream{std::move(stream)} {}
  executor_type get_executor() const noexcept { return context().get_executor(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    std::span<char> into;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers) && into.empty(); ++it)
      if (const asio::mutable_buffer buffer{*it}; buffer.size() != 0)
        into = {static_cast<char*>(buffer.data()), buffer.size()};
    read_some(into, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    std::array<std::string_view, kPieces> pieces;
    std::size_t size = 0;
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto it = asio::buffer_sequence_begin(buffers); it != end && size < pieces.size(); ++it)
      if (const asio::const_buffer buffer{*it}; buffer.size() != 0)
        pieces[size++] = {static_cast<const char*>(buffer.data()), buffer.size()};
    write_some({pieces.data(), size}, std::forward<Handler>(handler));
  }

  // What Beast ends a connection with (found by argument-dependent lookup).
  template <class Handler>
  friend void async_teardown(beast::role_type, Stream& stream, Handler&& handler) {
    stream.teardown(std::forward<Handler>(handler));
  }
  friend void beast_close_socket(Stream& stream) { stream.ServerStream::close(); }
};

constexpr bool kCompression = false;  // it costs memory per client and time per frame
using WebSocket = websocket::stream<Stream, kCompression>;

}  // namespace

struct ServerWebSocket::State {
  explicit State(ServerStream&& stream) : web{Stream{std::move(stream)}} {}
  WebSocket web;
  beast::flat_buffer message;
};

ServerWebSocket::ServerWebSocket(ServerStream&& stream, const Limits& limits)
    : state_{std::make_unique<State>(std::move(stream))} {
  auto& web = state_->web;
  web.set_option(websocket::stream_base::timeout{limits.request_time, limits.silence, true});
  web.auto_fragment(false);  // one message, one frame
  web.read_message_max(limits.message_bytes);
}
ServerWebSocket::~ServerWebSocket() = default;

void ServerWebSocket::accept(const Request& request, std::string_view protocol, Done done) {
  http::request<http::empty_body> asked{http::verb::get, request.path, 11};
  for (const auto& header : request.headers) asked.insert(header.name, header.value);
  state_->web.set_option(
      websocket::stream_base::decorator{[protocol = std::string{protocol}](websocket::response_type& response) {
        if (!protocol.empty()) response.set(http::field::sec_websocket_protocol, protocol);
      }});
  state_->web.async_accept(asked, std::move(done));
}

void ServerWebSocket::read(Done done) {
  state_->message.clear();
  state_->web.async_read(state_->message,
                         [done = std::move(done)](error_code error, std::size_t) mutable { done(error); });
}

std::string_view ServerWebSocket::message() const {
  const auto bytes = state_->message.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}
bool ServerWebSocket::message_is_binary() const { return state_->web.got_binary(); }

void ServerWebSocket::write(std::string_view bytes, bool binary, bool last, DoneSome done) {
  state_->web.binary(binary);
  state_->web.async_write_some(last, asio::buffer(bytes), std::move(done));
}

void ServerWebSocket::ping(Done done) { state_->web.async_ping({}, std::move(done)); }

void ServerWebSocket::close(std::uint16_t code, std::string_view reason, Done done) {
  websocket::close_reason why{static_cast<websocket::close_code>(code)};
  why.reason.assign(reason.begin(), reason.end());
  state_->web.async_close(why, std::move(done));
}

bool ServerWebSocket::is_open() const { return state_->web.is_open(); }

void ServerWebSocket::abandon() {
  using Times = websocket::stream_base;
  state_->web.set_option(Times::timeout{Times::none(), Times::none(), false});
  stream().cancel();
}

ServerStream& ServerWebSocket::stream() { return state_->web.next_layer(); }

}  // namespace stom::net
