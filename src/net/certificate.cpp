#include "net/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>

namespace stom::net {
namespace {

template <auto Free>
struct With {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, With<X509_free>>;
using Memory = std::unique_ptr<BIO, With<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, With<X509_EXTENSION_free>>;

constexpr long kDay = 24 * 60 * 60;

std::unexpected<Error> refused() {
  return fail(Errc::Io, "OpenSSL could not make a certificate", "check the OpenSSL installation: openssl version -a");
}

bool extend(X509* cert, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  return extension != nullptr && X509_add_ext(cert, extension.get(), -1) == 1;
}

/// A certificate about `key` with nothing but its name, its time and a random number.
Cert begin(EVP_PKEY* key, const char* name, const X509* issuer) {
  Cert cert{X509_new()};
  std::uint64_t serial = 0;
  if (cert == nullptr || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
  X509_NAME* subject = X509_get_subject_name(cert.get());
  const bool done =
      X509_set_version(cert.get(), 2) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), serial >> 1) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kDay) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(cert.get()), 365 * kDay) != nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(cert.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer)) == 1 &&
      X509_set_pubkey(cert.get(), key) == 1;
  return done ? std::move(cert) : nullptr;
}

template <class Write>
std::string pem_of(Write write) {
  const Memory memory{BIO_new(BIO_s_mem())};
  if (memory == nullptr || write(memory.get()) != 1) return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

Result<LoopbackCertificates> make_loopback_certificates(std::span<const std::string> names) {
  std::string subject = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : names) subject += ",DNS:" + name;
  const Key authority_key{EVP_EC_gen("P-256")}, server_key{EVP_EC_gen("P-256")};
  if (authority_key == nullptr || server_key == nullptr) return refused();
  const Cert authority = begin(authority_key.get(), "STOM exchange on this computer", nullptr);
  if (authority == nullptr ||
      !extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(authority.get(), authority.get(), NID_subject_key_identifier, "hash") ||
      X509_sign(authority.get(), authority_key.get(), EVP_sha256()) == 0)
    return refused();
  const Cert server = begin(server_key.get(), "localhost", authority.get());
  if (server == nullptr || !extend(server.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(server.get(), authority.get(), NID_key_usage, "critical,digitalSignature") ||
      !extend(server.get(), authority.get(), NID_ext_key_usage, "serverAuth") ||
      !extend(server.get(), authority.get(), NID_authority_key_identifier, "keyid") ||
      !extend(server.get(), authority.get(), NID_subject_alt_name, subject.c_str()) ||
      X509_sign(server.get(), authority_key.get(), EVP_sha256()) == 0)
    return refused();
  LoopbackCertificates made;
  made.authority_pem = pem_of([&](BIO* to) { return PEM_write_bio_X509(to, authority.get()); });
  made.server.chain_pem = pem_of([&](BIO* to) { return PEM_write_bio_X509(to, server.get()); });
  made.server.key_pem = pem_of(
      [&](BIO* to) { return PEM_write_bio_PrivateKey(to, server_key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  if (made.authority_pem.empty() || made.server.chain_pem.empty() || made.server.key_pem.empty()) return refused();
  return made;
}

}  // namespace stom::net
