// A TLS server for tests that does what its script says, also what no server should: it cuts, stays silent, sends bytes
// that are wrong. On 127.0.0.1, with certificates made here. It shares no code with the clients that it is for.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace stom::testing {

/// A key and the certificate for it.
struct Identity {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

/// A CA of its own, with its certificate in a file.
class Authority {
 public:
  Authority() {
    std::string name = std::filesystem::temp_directory_path() / "stom_ca_XXXXXX";
    ::close(::mkstemp(name.data()));
    file_ = name;
    ca_ = make("STOM test CA", nullptr, false, true);
    std::FILE* out = std::fopen(name.c_str(), "w");
    PEM_write_X509(out, ca_.certificate.get());
    std::fclose(out);
  }
  ~Authority() { std::filesystem::remove(file_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  const std::filesystem::path& file() const { return file_; }
  Identity issue(const std::string& host, bool expired = false) const { return make(host, &ca_, expired, false); }

 private:
  static Identity make(const std::string& name, const Identity* issuer, bool expired, bool authority) {
    Identity made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
    X509* certificate = made.certificate.get();
    static std::atomic<long> serial{1};
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), expired ? -3600 : 3600);
    X509_NAME* subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate.get()) : subject);
    X509_set_pubkey(certificate, made.key.get());
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer ? issuer->certificate.get() : certificate, certificate, nullptr, nullptr, 0);
    const auto add = [&](int kind, const std::string& value) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
      X509_add_ext(certificate, extension, -1);
      X509_EXTENSION_free(extension);
    };
    add(NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
    if (!authority) add(NID_subject_alt_name, "DNS:" + name);
    X509_sign(certificate, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
    return made;
  }

  std::filesystem::path file_;
  Identity ca_;
};

inline int listen_on_loopback(std::uint16_t& port) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::listen(listening, 64);
  socklen_t size = sizeof address;
  ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return listening;
}

/// The server's end of one connection; blocking.
class Peer {
 public:
  Peer(SSL* tls, int socket) : tls_{tls}, socket_{socket} {}

  /// Up to and with `mark`; "" where the client ended before.
  std::string until(std::string_view mark) {
    for (;;) {
      if (const auto at = unread_.find(mark); at != std::string::npos) return take(at + mark.size());
      if (!more()) return {};
    }
  }
  std::string exactly(std::size_t bytes) {
    while (unread_.size() < bytes)
      if (!more()) return {};
    return take(bytes);
  }
  void send(std::string_view bytes) { SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())); }
  /// Waits until the client is gone.
  void drain() {
    while (more()) unread_.clear();
  }
  /// Reads nothing until the client is gone.
  void ignore() {
    pollfd gone{socket_, POLLRDHUP, 0};
    while (::poll(&gone, 1, -1) < 0 && errno == EINTR) {
    }
  }
  /// The same; whether it cut the connection.
  bool was_cut() {
    ignore();
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == ECONNRESET;
  }
  /// Ends as a server does that has said all, or as a cable that was pulled.
  void goodbye() { SSL_shutdown(tls_); }
  void cut() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  /// The request for a WebSocket, answered.
  std::string upgrade() {
    auto head = until("\r\n\r\n");
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = head.find(name);
    if (at == std::string::npos) return {};
    const auto key = head.substr(at + name.size(), 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char digest[20], coded[32];
    unsigned size = 0;
    EVP_Digest(key.data(), key.size(), digest, &size, EVP_sha1(), nullptr);
    EVP_EncodeBlock(coded, digest, 20);
    send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         std::string{reinterpret_cast<char*>(coded)} + "\r\n\r\n");
    return head;
  }
  /// The payload of the client's next frame of less than 64 KiB; its first byte in `first`.
  std::string frame(unsigned char* first = nullptr) {
    const auto head = exactly(2);
    if (head.size() < 2) return {};
    if (first != nullptr) *first = static_cast<unsigned char>(head[0]);
    std::size_t length = static_cast<unsigned char>(head[1]) & 0x7f;
    if (length == 126) {
      const auto wide = exactly(2);
      length = static_cast<unsigned char>(wide[0]) << 8 | static_cast<unsigned char>(wide[1]);
    }
    const auto mask = exactly(4);
    auto payload = exactly(length);
    for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
    return payload;
  }
  void text(std::string_view payload) { send(frame_of(0x81, payload)); }
  static std::string frame_of(int first, std::string_view payload) {
    std::string bytes(1, static_cast<char>(first));
    if (payload.size() < 126) {
      bytes += static_cast<char>(payload.size());
    } else {
      bytes += static_cast<char>(126);
      bytes += static_cast<char>(payload.size() >> 8);
      bytes += static_cast<char>(payload.size());
    }
    return bytes.append(payload);
  }

 private:
  std::string take(std::size_t bytes) {
    auto taken = unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    return taken;
  }
  bool more() {
    char bytes[16384];
    const int got = SSL_read(tls_, bytes, sizeof bytes);
    if (got > 0) unread_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  SSL* tls_;
  int socket_;
  std::string unread_;
};

class TlsServer {
 public:
  using Script = std::function<void(Peer&)>;

  /// Runs `script` for each connection that a client has secured, on a thread of its own.
  TlsServer(const Identity& identity, Script script) : script_{std::move(script)} {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_, identity.key.get());
    listening_ = listen_on_loopback(port_);
    accepting_ = std::thread{[this] { accept(); }};
  }
  ~TlsServer() {
    stopping_ = true;
    ::shutdown(listening_, SHUT_RDWR);
    accepting_.join();
    {
      const std::lock_guard lock{mutex_};
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    ::close(listening_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

 private:
  void accept() {
    for (;;) {
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0 || stopping_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      ++accepted_;
      const std::lock_guard lock{mutex_};
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }
  void serve(int socket) {
    sigset_t pipe;  // a client that is gone is nothing to die of; in this thread alone, so that one in the client shows
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, socket);
    if (SSL_accept(tls) == 1) {
      Peer peer{tls, socket};
      script_(peer);
    }
    SSL_free(tls);
    const std::lock_guard lock{mutex_};
    sockets_.remove(socket);
    ::close(socket);
  }

  Script script_;
  SSL_CTX* context_;
  std::uint16_t port_ = 0;
  int listening_;
  std::atomic<int> accepted_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards sockets_ and, while accepting, threads_
  std::list<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread accepting_;
};

/// A proxy for CONNECT: leads every name to `server`, or answers with `refusal`.
class ConnectProxy {
 public:
  explicit ConnectProxy(std::uint16_t server, std::string refusal = {})
      : server_{server}, refusal_{std::move(refusal)} {
    listening_ = listen_on_loopback(port_);
    thread_ = std::thread{[this] {
      const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      char byte;
      while (request_.find("\r\n\r\n") == std::string::npos && ::recv(client, &byte, 1, 0) == 1) request_ += byte;
      const std::string answer = refusal_.empty() ? "HTTP/1.1 200 Connection established\r\n\r\n" : refusal_;
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (refusal_.empty()) pass(client);
      ::close(client);
    }};
  }
  ~ConnectProxy() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  std::uint16_t port() const { return port_; }
  /// What the client asked for; ends the proxy's work first.
  const std::string& request() const { return request_; }

 private:
  void pass(int client) {
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address);
    pollfd both[2]{{client, POLLIN, 0}, {server, POLLIN, 0}};
    for (bool open = true; open;) {
      ::poll(both, 2, -1);
      for (int i = 0; i < 2 && open; ++i) {
        if (both[i].revents == 0) continue;
        char bytes[4096];
        const auto got = ::recv(both[i].fd, bytes, sizeof bytes, 0);
        open = got > 0 && ::send(both[1 - i].fd, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
      }
    }
    ::close(server);
  }

  std::uint16_t server_;
  std::string refusal_;
  std::string request_;
  std::uint16_t port_ = 0;
  int listening_;
  std::thread thread_;
};

}  // namespace stom::testing
