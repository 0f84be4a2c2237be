// Which servers are who they say: the system's certificates (SSL_CERT_FILE and SSL_CERT_DIR count) and, where given,
// one more file of a private CA. Certificate and host name are always checked; nothing here turns that off.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX

namespace stom::net {

class Trust {
 public:
  static Result<std::shared_ptr<const Trust>> make(const std::filesystem::path& authority = {});
  ~Trust();
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;

  ssl_ctx_st* context() const { return context_; }
  /// Makes `tls` a client's that goes on only with a certificate for `host`, a name or an IP address.
  static void expect(ssl_st* tls, const std::string& host);
  /// Why the certificate was refused, where it was that.
  static std::optional<Error> refusal(const ssl_st* tls, const std::string& host);

 private:
  explicit Trust(ssl_ctx_st* context) : context_{context} {}
  ssl_ctx_st* context_;
};

/// What OpenSSL has to say about the call that just failed.
std::string tls_error();

}  // namespace stom::net
