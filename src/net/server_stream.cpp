#include "net/server_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

// <utility> must come before Asio of Boost 1.74.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>

namespace stom::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
// Of the one event loop, and not of any: what is under way need not find out by which executor it goes on.
using Executor = asio::io_context::executor_type;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Tcp = beast::basic_stream<tcp, Executor>;  // a socket with deadlines

constexpr std::size_t kRecord = 16 * 1024;  // what a TLS record holds

/// The pieces of one writev().
class Pieces {
 public:
  using value_type = asio::const_buffer;
  using const_iterator = const asio::const_buffer*;

  explicit Pieces(std::span<const std::string_view> pieces) : size_{std::min(pieces.size(), pieces_.size())} {
    std::ranges::transform(pieces.first(size_), pieces_.begin(),
                           [](std::string_view piece) { return asio::buffer(piece); });
  }
  explicit Pieces(asio::const_buffer piece) : pieces_{piece}, size_{1} {}
  const_iterator begin() const { return pieces_.data(); }
  const_iterator end() const { return pieces_.data() + size_; }

 private:
  std::array<asio::const_buffer, ServerStream::kPieces> pieces_;
  std::size_t size_;
};

/// The socket as TLS reads and writes it: TLS's operations are types of their own as well, and end here.
class Wire {
 public:
  using executor_type = Executor;
  using lowest_layer_type = Wire;

  explicit Wire(Tcp& tcp) : tcp_{tcp} {}
  executor_type get_executor() noexcept { return tcp_.get_executor(); }
  lowest_layer_type& lowest_layer() { return *this; }
  const lowest_layer_type& lowest_layer() const { return *this; }

  template <class Handler>
  void async_read_some(asio::mutable_buffer into, Handler&& done) {
    tcp_.async_read_some(into, ServerStream::DoneSome{std::forward<Handler>(done)});
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& from, Handler&& done) {  // TLS has its output in one piece
    tcp_.async_write_some(Pieces{asio::const_buffer{*asio::buffer_sequence_begin(from)}},
                          ServerStream::DoneSome{std::forward<Handler>(done)});
  }

 private:
  Tcp& tcp_;
};
using Tls = asio::ssl::stream<Wire>;

Result<void> use(const Certificate& certificate, asio::ssl::context& tls) {
  error_code error;
  tls.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1 | asio::ssl::context::no_compression,
                  error);
  if (!error) tls.use_certificate_chain(asio::buffer(certificate.chain_pem), error);
  if (!error) tls.use_private_key(asio::buffer(certificate.key_pem), asio::ssl::context::pem, error);
  if (error)
    return fail(Errc::Io, fmt::format("the server's certificate or its key cannot be used: {}", error.message()),
                "both are PEM, and the key is that of the chain's first certificate");
  return {};
}

Result<void> bind(const Endpoint& endpoint, Acceptor& acceptor) {
  error_code error;
  const auto address = asio::ip::make_address(endpoint.address, error);
  if (error)
    return fail(Errc::Usage, fmt::format("{} is not an IP address to listen on", endpoint.address),
                "use 127.0.0.1, which only this computer can reach");
  const tcp::endpoint local{address, endpoint.port};
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address{true}, error);
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

/// Reads, and forgets, until the client ends its side. To close with bytes unread resets the connection, and what was
/// written last (why it is closed) would be lost on its way.
void hear_out(Tcp& tcp, std::unique_ptr<std::array<char, kRecord>> unheard, ServerStream::Done done) {
  const auto into = asio::buffer(*unheard);
  tcp.async_read_some(
      into, [&tcp, unheard = std::move(unheard), done = std::move(done)](const error_code& error, std::size_t) mutable {
        if (!error) return hear_out(tcp, std::move(unheard), std::move(done));
        if (error != asio::error::eof) return done(error);
        tcp.close();
        done({});
      });
}

}  // namespace

struct ServerStream::State {
  State(Socket&& socket, asio::ssl::context* context) : tcp{std::move(socket)} {
    if (context != nullptr) tls = std::make_unique<Tls>(tcp, *context);
  }
  Tcp tcp;
  std::unique_ptr<Tls> tls;  // null: plain text
  std::string joined;        // the pieces of the record that is being written
};

ServerStream::ServerStream() = default;
ServerStream::ServerStream(std::unique_ptr<State> state) : state_{std::move(state)} {}
ServerStream::~ServerStream() = default;
ServerStream::ServerStream(ServerStream&&) noexcept = default;
ServerStream& ServerStream::operator=(ServerStream&&) noexcept = default;

asio::io_context& ServerStream::context() const { return state_->tcp.get_executor().context(); }
bool ServerStream::is_tls() const { return state_->tls != nullptr; }

void ServerStream::handshake(Done done) {
  state_->tls->async_handshake(asio::ssl::stream_base::server, std::move(done));
}

void ServerStream::read_some(std::span<char> into, DoneSome done) {
  if (!state_->tls) return read_raw(into, std::move(done));
  state_->tls->async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
}

void ServerStream::write_some(std::span<const std::string_view> pieces, DoneSome done) {
  if (!state_->tls) return state_->tcp.async_write_some(Pieces{pieces}, std::move(done));
  std::string& joined = state_->joined;
  joined.clear();
  for (const auto piece : pieces.first(std::min(pieces.size(), kPieces)))
    joined.append(piece.substr(0, kRecord - joined.size()));
  state_->tls->async_write_some(asio::buffer(std::as_const(joined)), std::move(done));
}

void ServerStream::teardown(Done done) {
  if (state_->tls) return state_->tls->async_shutdown(std::move(done));
  shutdown_send();
  hear_out(state_->tcp, std::make_unique<std::array<char, kRecord>>(), std::move(done));
}

void ServerStream::read_raw(std::span<char> into, DoneSome done) {
  state_->tcp.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
}

void ServerStream::expires_after(std::chrono::milliseconds time) { state_->tcp.expires_after(time); }
void ServerStream::expires_never() { state_->tcp.expires_never(); }
void ServerStream::shutdown_send() {
  error_code ignored;
  state_->tcp.socket().shutdown(Socket::shutdown_send, ignored);
}
void ServerStream::cancel() { state_->tcp.cancel(); }
void ServerStream::close() { state_->tcp.close(); }

struct ServerPort::State {
  explicit State(asio::io_context& io) : acceptor{io} {}
  Acceptor acceptor;
  std::unique_ptr<asio::ssl::context> tls;  // null: plain text
};

ServerPort::ServerPort(std::unique_ptr<State> state) : state_{std::move(state)} {}
ServerPort::~ServerPort() = default;

Result<std::unique_ptr<ServerPort>> ServerPort::open(asio::io_context& io, const Endpoint& endpoint) {
  auto state = std::make_unique<State>(io);
  if (endpoint.certificate) {
    state->tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    if (auto used = use(*endpoint.certificate, *state->tls); !used) return std::unexpected(used.error());
  }
  if (auto bound = bind(endpoint, state->acceptor); !bound) return std::unexpected(bound.error());
  return std::unique_ptr<ServerPort>{new ServerPort{std::move(state)}};
}

std::uint16_t ServerPort::number() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored).port();
}

void ServerPort::accept(ServerStream& stream, ServerStream::Done done) {
  state_->acceptor.async_accept(
      [state = state_.get(), &stream, done = std::move(done)](error_code error, Socket socket) mutable {
        if (!error) {
          error_code ignored;
          socket.set_option(tcp::no_delay{true}, ignored);
          stream = ServerStream{std::make_unique<ServerStream::State>(std::move(socket), state->tls.get())};
        }
        done(error);
      });
}

void ServerPort::close() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace stom::net
