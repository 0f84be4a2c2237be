// The server under TLS, seen by OpenSSL's own client: who it is, that it serves as without, and what it does to a
// client that speaks plain text.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <thread>

#include "net/client.hpp"
#include "net/server.hpp"

namespace stom::net {
namespace {

/// More than many TLS records hold; no two of them alike.
std::string much() {
  std::string out;
  for (int i = 0; i < 50'000; ++i) out += fmt::format("{},", i);
  return out;
}

class Echo final : public Handler {
 public:
  void on_request(const Request& request, Reply reply) override {
    if (request.path == "/lost") return reply(no_answer());
    reply({200, "text/plain", request.method + " " + request.path + " " + request.body, {}});
  }
  Response refusal(int status, std::string_view why) override { return {status, "text/plain", std::string{why}, {}}; }
  std::expected<std::string, Response> on_upgrade(const Request&) override { return ""; }
  void on_open(ClientId, const Request&) override {}
  void on_message(ClientId client, std::string_view bytes, bool) override {
    if (bytes == "drop me") return server->drop(client);
    said = bytes == "much" ? much() : std::string{bytes};
    server->wake(client);
  }
  bool next_frame(ClientId, Frame& frame) override {
    if (said.empty()) return false;
    frame = {std::exchange(said, {}), false};
    return true;
  }
  void on_close(ClientId) override {}
  Server* server = nullptr;
  std::string said;
};

struct Running {
  Running() {
    auto made = make_loopback_certificates();
    EXPECT_TRUE(made) << made.error().message;
    certificates = *made;
    auto listening = Server::listen({.certificate = certificates.server}, {}, echo);
    EXPECT_TRUE(listening) << listening.error().message;
    server = std::move(*listening);
    echo.server = server.get();
    port = server->port();
    thread = std::thread{[this] { server->run(); }};
  }
  ~Running() {
    server->stop();
    thread.join();
  }
  LoopbackCertificates certificates;
  Echo echo;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::thread thread;
};

/// A client that trusts one authority and expects one name.
class TlsClient {
 public:
  TlsClient(const Running& running, const std::string& authority_pem, const char* name, int version = TLS1_3_VERSION) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_max_proto_version(context_, version);
    SSL_CTX_set_cipher_list(context_, "DEFAULT@SECLEVEL=0");
    BIO* pem = BIO_new_mem_buf(authority_pem.data(), static_cast<int>(authority_pem.size()));
    if (X509* authority = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr)) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority);
      X509_free(authority);
    }
    BIO_free(pem);
    bio_ = BIO_new_ssl_connect(context_);
    SSL* ssl = nullptr;
    BIO_get_ssl(bio_, &ssl);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (std::string_view{name} == "127.0.0.1") {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    } else {
      SSL_set1_host(ssl, name);
    }
    BIO_set_conn_hostname(bio_, fmt::format("127.0.0.1:{}", running.port).c_str());
    connected = BIO_do_connect(bio_) == 1;
    verified = SSL_get_verify_result(ssl) == X509_V_OK;
    ERR_clear_error();
  }
  ~TlsClient() {
    BIO_free_all(bio_);
    SSL_CTX_free(context_);
  }
  void send(std::string_view bytes) { BIO_write(bio_, bytes.data(), static_cast<int>(bytes.size())); }
  /// Up to and with `end`, or until the server ends the connection.
  std::string receive(std::string_view end) {
    while (got_.find(end) == std::string::npos) {
      char buffer[4096];
      const int size = BIO_read(bio_, buffer, sizeof buffer);
      if (size <= 0) return std::exchange(got_, {});
      got_.append(buffer, static_cast<std::size_t>(size));
    }
    const std::size_t size = got_.find(end) + end.size();
    const std::string out = got_.substr(0, size);
    got_.erase(0, size);
    return out;
  }

  bool connected = false, verified = false;

 private:
  SSL_CTX* context_;
  BIO* bio_;
  std::string got_;
};

std::string masked(std::string_view text) {
  std::string frame{"\x81"};
  frame += static_cast<char>(0x80 | text.size());
  frame += std::string(4, '\0');
  return frame + std::string{text};
}

constexpr std::string_view kUpgrade =
    "GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

TEST(TlsServer, IsTrustedByWhoTrustsItsAuthorityAndByNobodyElse) {
  const Running running;
  EXPECT_TRUE(TlsClient(running, running.certificates.authority_pem, "localhost").connected);
  EXPECT_TRUE(TlsClient(running, running.certificates.authority_pem, "127.0.0.1").connected);
  EXPECT_TRUE(TlsClient(running, running.certificates.authority_pem, "localhost", TLS1_2_VERSION).connected);
  EXPECT_FALSE(TlsClient(running, running.certificates.authority_pem, "api.example.com").connected);
  EXPECT_FALSE(TlsClient(running, make_loopback_certificates()->authority_pem, "localhost").connected);
  EXPECT_FALSE(TlsClient(running, running.certificates.authority_pem, "localhost", TLS1_1_VERSION).connected);
}

TEST(TlsServer, AnswersSeveralRequestsOnOneConnection) {
  const Running running;
  TlsClient client{running, running.certificates.authority_pem, "localhost"};
  for (int i = 0; i < 3; ++i) {
    client.send("POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody");
    EXPECT_TRUE(client.receive("POST /orders body").starts_with("HTTP/1.1 200 OK\r\n"));
  }
}

TEST(TlsServer, SpeaksWebSocketAndCanCutAConnection) {
  const Running running;
  TlsClient client{running, running.certificates.authority_pem, "localhost"};
  client.send(kUpgrade);
  EXPECT_NE(client.receive("\r\n\r\n").find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  client.send(masked("hello"));
  EXPECT_EQ(client.receive("hello"), std::string{"\x81\x05"} + "hello");
  client.send(masked("drop me"));
  EXPECT_EQ(client.receive("anything"), "");
}

TEST(TlsServer, CarriesWhatFillsManyRecordsBothWays) {
  const Running running;
  TlsClient client{running, running.certificates.authority_pem, "localhost"};
  const std::string body = much().substr(0, 60'000);
  client.send(fmt::format("POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}end",
                          body.size() + 3, body));
  EXPECT_NE(client.receive("end").find("\r\n\r\nPOST /orders " + body), std::string::npos);
  client.send(kUpgrade);
  EXPECT_NE(client.receive("\r\n\r\n").find("101"), std::string::npos);
  client.send(masked("much"));
  EXPECT_EQ(client.receive("49999,").substr(10), much());
}

TEST(TlsServer, LeavesARequestWithoutAnAnswerWhereTheHandlerSaysSo) {
  const Running running;
  TlsClient client{running, running.certificates.authority_pem, "localhost"};
  client.send("GET /lost HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.receive("HTTP"), "");
  EXPECT_TRUE(TlsClient(running, running.certificates.authority_pem, "localhost").connected);
}

TEST(TlsServer, SaysNothingInPlainText) {
  const Running running;
  auto plain = Connection::open(running.port);
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->request("GET", "/").has_value());
  EXPECT_TRUE(TlsClient(running, running.certificates.authority_pem, "localhost").connected);
}

TEST(TlsServer, RefusesAKeyThatIsNotTheCertificates) {
  auto one = make_loopback_certificates(), other = make_loopback_certificates();
  ASSERT_TRUE(one && other);
  Echo echo;
  one->server.key_pem = other->server.key_pem;
  const auto server = Server::listen({.certificate = one->server}, {}, echo);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("certificate"), std::string::npos);
}

}  // namespace
}  // namespace stom::net
