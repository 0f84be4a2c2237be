#include "net/client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace stom::net {
namespace {

constexpr std::size_t kMaxHeader = 64 * 1024;
constexpr std::size_t kMaxBody = 64 * 1024 * 1024;

std::unexpected<Error> io_error(std::string_view what) {
  return fail(Errc::Io, fmt::format("{}: {}", what, std::strerror(errno)), "is the server still running?");
}

Result<Response> parse_head(std::string_view head) {
  Response response;
  const auto first = head.substr(0, head.find("\r\n"));
  if (!first.starts_with("HTTP/1.") || first.size() < 12) return fail(Errc::BadData, "the answer is not HTTP");
  std::from_chars(first.data() + 9, first.data() + 12, response.status);
  std::string_view rest = head.substr(std::min(head.size(), first.size() + 2));
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    auto value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    response.headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
    if (same_name(line.substr(0, colon), "Content-Type")) response.content_type = value;
  }
  return response;
}

}  // namespace

Result<Connection> Connection::open(std::uint16_t port, std::chrono::milliseconds patience) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return io_error("cannot make a socket");
  Connection connection{socket, port};
  const timeval wait{.tv_sec = patience.count() / 1000, .tv_usec = patience.count() % 1000 * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return io_error(fmt::format("cannot connect to port {}", port));
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, port_{other.port_}, unread_{std::move(other.unread_)} {}

Connection& Connection::operator=(Connection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(port_, other.port_);
  std::swap(unread_, other.unread_);
  return *this;
}

Connection::~Connection() {
  if (socket_ >= 0) ::close(socket_);
}

Result<void> Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return io_error("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::string> Connection::receive() {
  std::array<char, 64 * 1024> bytes;
  const auto received = recv(socket_, bytes.data(), bytes.size(), 0);
  if (received < 0) return io_error("no answer");
  return std::string{bytes.data(), static_cast<std::size_t>(received)};
}

Result<void> Connection::fill(std::size_t bytes) {
  while (unread_.size() < bytes) {
    auto more = receive();
    if (!more) return std::unexpected(more.error());
    if (more->empty()) return fail(Errc::Io, "the connection was closed");
    unread_ += *more;
  }
  return {};
}

Result<Response> Connection::request(std::string_view method, std::string_view target, std::vector<Header> headers,
                                     std::string_view body) {
  std::string raw = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  const auto has = [&](std::string_view name) {
    for (const auto& header : headers)
      if (same_name(header.name, name)) return true;
    return false;
  };
  if (!has("Host")) raw += fmt::format("Host: 127.0.0.1:{}\r\n", port_);
  if (!has("Content-Length") && (!body.empty() || method == "POST"))
    raw += fmt::format("Content-Length: {}\r\n", body.size());
  for (const auto& header : headers) raw += fmt::format("{}: {}\r\n", header.name, header.value);
  raw += "\r\n";
  raw += body;
  return exchange(raw, method == "HEAD");
}

Result<Response> Connection::exchange(std::string_view raw, bool head) {
  if (auto sent = send(raw); !sent) return std::unexpected(sent.error());
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (unread_.size() > kMaxHeader) return fail(Errc::BadData, "the answer's header has no end");
    if (auto more = fill(unread_.size() + 1); !more) return std::unexpected(more.error());
  }
  auto response = parse_head(std::string_view{unread_}.substr(0, end));
  if (!response) return response;
  unread_.erase(0, end + 4);
  std::size_t length = 0;
  const auto text = header_of(*response, "Content-Length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (head || response->status == 304 || response->status == 204 || response->status == 101) return response;
  if (length > kMaxBody) return fail(Errc::BadData, "the answer is too large");
  if (auto more = fill(length); !more) return std::unexpected(more.error());
  response->body = unread_.substr(0, length);
  unread_.erase(0, length);
  return response;
}

std::string_view header_of(const Response& response, std::string_view name) {
  for (const auto& header : response.headers)
    if (same_name(header.name, name)) return header.value;
  return {};
}

Result<WebSocketClient> WebSocketClient::open(std::uint16_t port, std::string_view target, std::vector<Header> headers,
                                              std::chrono::milliseconds patience) {
  auto connection = Connection::open(port, patience);
  if (!connection) return std::unexpected(connection.error());
  // The key and its answer are the example of RFC 6455, section 1.3.
  headers.insert(headers.end(), {{"Connection", "Upgrade"},
                                 {"Upgrade", "websocket"},
                                 {"Sec-WebSocket-Version", "13"},
                                 {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  auto response = connection->request("GET", target, std::move(headers));
  if (!response) return std::unexpected(response.error());
  if (response->status != 101)
    return fail(Errc::Unsupported, fmt::format("{} {}", response->status, response->body), "log in first");
  if (header_of(*response, "Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    return fail(Errc::BadData, "the server does not speak WebSocket");
  WebSocketClient client{std::move(*connection)};
  client.protocol_ = header_of(*response, "Sec-WebSocket-Protocol");
  return client;
}

Result<void> WebSocketClient::send_frame(Kind kind, std::string_view payload) {
  constexpr std::array<char, 4> kMask{0x11, 0x22, 0x33, 0x44};
  std::string frame;
  frame += static_cast<char>(0x80 | static_cast<int>(kind));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    const bool wide = payload.size() > 0xffff;
    frame += static_cast<char>(0x80 | (wide ? 127 : 126));
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
  }
  frame.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  return connection_.send(frame);
}

Result<WebSocketClient::Message> WebSocketClient::receive() {
  auto& bytes = connection_.unread();
  for (;;) {
    if (auto head = connection_.fill(2); !head) {
      if (head.error().message.find("closed") != std::string::npos) return Message{Kind::Close, {}, 1006};
      return std::unexpected(head.error());
    }
    const auto kind = static_cast<Kind>(bytes[0] & 0x0f);
    std::size_t length = static_cast<unsigned char>(bytes[1]) & 0x7f;
    std::size_t header = 2;
    if (length >= 126) {
      const std::size_t wide = length == 126 ? 2 : 8;
      if (auto more = connection_.fill(2 + wide); !more) return std::unexpected(more.error());
      length = 0;
      for (std::size_t i = 0; i < wide; ++i) length = length << 8 | static_cast<unsigned char>(bytes[2 + i]);
      header += wide;
    }
    if (length > kMaxBody) return fail(Errc::BadData, "a frame is too large");
    if (auto more = connection_.fill(header + length); !more) return std::unexpected(more.error());
    Message message{kind, bytes.substr(header, length), 0};
    bytes.erase(0, header + length);
    if (kind == Kind::Ping) {
      if (auto sent = send_frame(Kind::Pong, message.bytes); !sent) return std::unexpected(sent.error());
      continue;
    }
    if (kind == Kind::Pong) continue;
    if (kind == Kind::Close) {
      message.code = 1005;
      if (message.bytes.size() >= 2) {
        message.code = static_cast<std::uint16_t>(static_cast<unsigned char>(message.bytes[0]) << 8 |
                                                  static_cast<unsigned char>(message.bytes[1]));
        message.bytes.erase(0, 2);
      }
    }
    return message;
  }
}

Result<void> WebSocketClient::close() { return send_frame(Kind::Close, std::string_view{"\x03\xe8", 2}); }

}  // namespace stom::net
