#include "net/trust.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include "core/assert.hpp"

namespace stom::net {
namespace {

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes;
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

Result<std::shared_ptr<const Trust>> Trust::make(const std::filesystem::path& authority) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  STOM_ASSERT(context != nullptr);
  std::shared_ptr<const Trust> trust{new Trust{context}};
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context);  // SSL_CERT_FILE and SSL_CERT_DIR count here
  if (!authority.empty() && SSL_CTX_load_verify_locations(context, authority.c_str(), nullptr) != 1) {
    ERR_clear_error();
    return fail(Errc::Usage, fmt::format("{} holds no certificate in PEM", authority.string()),
                "name the file of the private CA's certificate");
  }
  return trust;
}

Trust::~Trust() { SSL_CTX_free(context_); }

void Trust::expect(SSL* tls, const std::string& host) {
  SSL_set_connect_state(tls);
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool named = is_address(host)
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1
                         : SSL_set1_host(tls, host.c_str()) == 1 && SSL_set_tlsext_host_name(tls, host.c_str()) == 1;
  STOM_ASSERT(named);
}

std::optional<Error> Trust::refusal(const SSL* tls, const std::string& host) {
  const long verified = SSL_get_verify_result(tls);
  if (verified == X509_V_OK) return std::nullopt;
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return Error{Errc::Io, fmt::format("the certificate of the server is not one for {}", host),
                 "someone answers in its place, or the address is wrong; nothing was sent to it"};
  return Error{
      Errc::Io,
      fmt::format("the certificate of {} is not to be trusted: {}", host, X509_verify_cert_error_string(verified)),
      "name a private CA by --ca FILE; SSL_CERT_FILE names the system's certificates where they are not found; "
      "a wrong clock also does this"};
}

std::string tls_error() {
  std::array<char, 160> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return text.data();
}

}  // namespace stom::net
