// A transport without a socket, for benchmarks: requests become encrypted records in memory. TLS is a real session, so
// that its other end can decrypt what was written and look at it.
#pragma once

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/transport.hpp"
#include "net/certificate.hpp"
#include "net/http_client.hpp"
#include "net/trust.hpp"
#include "trader.hpp"

namespace stom::bench {

/// A client's and a server's end of one TLS session, joined by memory; what it makes is what a socket would be given.
class MemoryTls {
 public:
  explicit MemoryTls(const std::filesystem::path& folder) : server_context_{SSL_CTX_new(TLS_server_method())} {
    const auto certificates = net::make_loopback_certificates();
    if (!certificates) give_up(certificates.error().message);
    const auto authority = folder / "authority.pem";
    std::ofstream{authority} << certificates->authority_pem;
    auto trust = net::Trust::make(authority);
    if (!trust) give_up(trust.error().message);
    trust_ = std::move(*trust);
    use(certificates->server);
    client_ = SSL_new(trust_->context());
    server_ = SSL_new(server_context_);
    for (SSL* end : {client_, server_}) SSL_set_bio(end, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    net::Trust::expect(client_, "127.0.0.1");
    SSL_set_accept_state(server_);
    for (int i = 0; i < 10; ++i) {
      SSL_do_handshake(client_);
      pass(client_, server_);
      SSL_do_handshake(server_);
      pass(server_, client_);
    }
    char none = 0;
    SSL_read(client_, &none, 0);  // the server's session tickets
    if (!SSL_is_init_finished(client_) || !SSL_is_init_finished(server_)) give_up("no TLS session");
  }
  ~MemoryTls() {
    SSL_free(client_);
    SSL_free(server_);
    SSL_CTX_free(server_context_);
  }
  MemoryTls(const MemoryTls&) = delete;
  MemoryTls& operator=(const MemoryTls&) = delete;

  /// Encrypts; the records are in sealed().
  void seal(std::string_view text) {
    if (SSL_write(client_, text.data(), static_cast<int>(text.size())) != static_cast<int>(text.size()))
      give_up("TLS does not take the order");
    char* bytes = nullptr;
    BIO* out = SSL_get_wbio(client_);
    const long size = BIO_get_mem_data(out, &bytes);
    sealed_.assign(bytes, static_cast<std::size_t>(size));
    BIO_reset(out);
  }
  const std::string& sealed() const { return sealed_; }
  /// What the server reads of it.
  std::string opened() {
    BIO_write(SSL_get_rbio(server_), sealed_.data(), static_cast<int>(sealed_.size()));
    std::string text(64 * 1024, '\0');
    const int got = SSL_read(server_, text.data(), static_cast<int>(text.size()));
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }
  const char* cipher() const { return SSL_get_cipher_name(client_); }

 private:
  void use(const net::Certificate& certificate) {
    BIO* chain = BIO_new_mem_buf(certificate.chain_pem.data(), static_cast<int>(certificate.chain_pem.size()));
    BIO* key = BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size()));
    X509* x509 = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    if (SSL_CTX_use_certificate(server_context_, x509) != 1 ||
        SSL_CTX_use_PrivateKey(server_context_, private_key) != 1)
      give_up("the server's certificate cannot be used");
    X509_free(x509);
    EVP_PKEY_free(private_key);
    BIO_free(chain);
    BIO_free(key);
  }
  static void pass(SSL* from, SSL* to) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(from), &bytes);
    if (size > 0) BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(size));
    BIO_reset(SSL_get_wbio(from));
  }

  SSL_CTX* server_context_;
  std::shared_ptr<const net::Trust> trust_;
  SSL *client_ = nullptr, *server_ = nullptr;
  std::string sealed_;
};

/// Opens whatever it is asked to, and keeps calls until they are answered; an order is encrypted at once.
class MemoryTransport final : public gateway::Transport {
 public:
  explicit MemoryTransport(MemoryTls* tls) : tls_{tls} {}

  struct Call {
    gateway::CallId id;
    std::string target;
  };
  std::vector<gateway::LinkId> opened;
  std::vector<Call> calls;  // all but orders
  gateway::CallId order = 0;
  std::uint64_t orders = 0;

  void open(gateway::LinkId link, const std::string&, std::span<const venues::Header>) override {
    opened.push_back(link);
  }
  void close(gateway::LinkId) override {}
  net::Sent send(gateway::LinkId, std::string_view, gateway::CallId) override { return net::Sent::Written; }
  void ping(gateway::LinkId) override {}
  bool can_call(const std::string&, venues::Priority) override { return true; }
  void call(gateway::CallId call, const std::string&, const venues::Request& request) override {
    if (tls_ == nullptr || request.priority != venues::Priority::Order) {
      calls.push_back({call, request.target});
      return;
    }
    headers_.resize(request.headers.size());
    for (std::size_t i = 0; i < headers_.size(); ++i) {
      headers_[i].name = request.headers[i].name;
      headers_[i].value = request.headers[i].value;
    }
    text_.clear();
    if (!net::append_request(text_, {request.method, request.target, headers_, request.body}, server_))
      give_up("the order is no request");
    tls_->seal(text_);
    order = call;
    ++orders;
  }

 private:
  MemoryTls* tls_;
  net::Url server_{.secure = true, .host = "127.0.0.1", .port = 8443, .target = "/"};
  std::vector<net::Header> headers_;
  std::string text_;
};

}  // namespace stom::bench
