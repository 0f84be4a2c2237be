// A server's connection beneath HTTP: bytes go out in order, however many pieces they come in, plain and under TLS.
#include "net/server_stream.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <thread>
#include <vector>

#include "net/client.hpp"

namespace stom::net {
namespace {

using boost::system::error_code;

std::string all_in_plain_text(std::uint16_t port) {
  auto connection = Connection::open(port);
  std::string all;
  while (connection) {
    const auto bytes = connection->receive();
    if (!bytes || bytes->empty()) break;
    all += *bytes;
  }
  return all;
}

std::string all_under_tls(std::uint16_t port) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, fmt::format("127.0.0.1:{}", port).c_str());
  std::string all;
  char bytes[4096];
  for (int size = 0; (size = BIO_read(bio, bytes, sizeof bytes)) > 0;)
    all.append(bytes, static_cast<std::size_t>(size));
  BIO_free_all(bio);
  SSL_CTX_free(context);
  return all;
}

/// How much each write took, and what arrived.
struct Sent {
  std::vector<std::size_t> writes;
  std::string received;
};

Sent send(std::vector<std::string_view> pieces, bool tls) {
  boost::asio::io_context io;
  Endpoint endpoint;
  if (tls) endpoint.certificate = make_loopback_certificates()->server;
  auto port = ServerPort::open(io, endpoint);
  EXPECT_TRUE(port) << port.error().message;
  Sent sent;
  std::thread client{
      [&, number = (*port)->number()] { sent.received = tls ? all_under_tls(number) : all_in_plain_text(number); }};
  ServerStream stream;
  std::function<void(const error_code&)> write = [&](const error_code& failure) {
    EXPECT_FALSE(failure) << failure.message();
    if (failure || pieces.empty()) return stream.close();
    stream.write_some(pieces, [&](const error_code& error, std::size_t bytes) {
      sent.writes.push_back(bytes);
      while (bytes != 0 && bytes >= pieces.front().size()) {
        bytes -= pieces.front().size();
        pieces.erase(pieces.begin());
      }
      if (bytes != 0) pieces.front().remove_prefix(bytes);
      write(error);
    });
  };
  (*port)->accept(stream, [&](const error_code& error) {
    if (error || !tls) return write(error);
    stream.handshake(write);
  });
  io.run();
  client.join();
  return sent;
}

TEST(ServerStream, WritesMorePiecesThanGoIntoOneWrite) {
  std::vector<std::string> pieces;
  std::string all;
  for (int i = 0; i < 40; ++i) all += pieces.emplace_back(fmt::format("piece {};", i));
  std::size_t first = 0;
  for (std::size_t i = 0; i < ServerStream::kPieces; ++i) first += pieces[i].size();
  for (const bool tls : {false, true}) {
    const Sent sent = send({pieces.begin(), pieces.end()}, tls);
    EXPECT_EQ(sent.received, all);
    EXPECT_EQ(sent.writes.front(), first);
    EXPECT_EQ(sent.writes.size(), 3);
  }
}

TEST(ServerStream, FillsTlsRecordsFromPiecesOfAnySize) {
  std::string large;
  for (int i = 0; i < 20'000; ++i) large += std::to_string(i);
  const Sent sent = send({"head", large, "tail"}, true);
  EXPECT_EQ(sent.received, "head" + large + "tail");
  EXPECT_EQ(sent.writes.front(), 16 * 1024);
  EXPECT_EQ(sent.writes.size(), sent.received.size() / (16 * 1024) + 1);
}

}  // namespace
}  // namespace stom::net
