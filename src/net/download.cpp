#include "net/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <span>
#include <thread>
#include <utility>

#include "core/assert.hpp"
#include "net/http.hpp"
#include "net/trust.hpp"

namespace stom::net {
namespace {

namespace http = boost::beast::http;
using std::string_view;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kMaxHead = 64 * 1024;
constexpr int kMaxRedirects = 3;
constexpr std::chrono::milliseconds kSlice{100};  // how soon an interruption is noticed
constexpr const char* kGoOn = "run the same command again: it goes on where it stopped";

template <class Number>
bool read_number(string_view text, Number& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && ec == std::errc{} && end == text.data() + text.size();
}

/// A failure, and whether the same request may do better a little later.
struct Failure {
  Error error;
  bool again = false;
  bool silent = false;
};
template <class T>
using Attempt = std::expected<T, Failure>;

std::unexpected<Failure> for_good(Errc code, std::string message, std::string hint) {
  return std::unexpected(Failure{{code, std::move(message), std::move(hint)}});
}
std::unexpected<Failure> for_now(std::string message) {
  return std::unexpected(Failure{{Errc::Io, std::move(message), kGoOn}, true});
}
std::unexpected<Failure> canceled() { return for_good(Errc::Canceled, "interrupted: the store is as it was", kGoOn); }

/// Waits until `socket` is ready; every wait ends by `silence` or by the user.
struct Patience {
  std::chrono::milliseconds silence;
  const std::function<bool()>& go_on;

  Attempt<void> wait(int socket, short events, string_view host) const {
    const auto end = Steady::now() + silence;
    for (;;) {
      if (!go_on()) return canceled();
      pollfd one{socket, events, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(kSlice.count()));
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return for_now(fmt::format("{}: {}", host, std::strerror(errno)));
      if (Steady::now() >= end) {
        auto failure = for_now(fmt::format("{} was silent for {} s", host, silence.count() / 1000.0));
        failure.error().silent = true;
        return failure;
      }
    }
  }
};

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_{descriptor} {}
  Socket(Socket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

Attempt<Socket> connect_to(const std::string& host, std::uint16_t port, const Patience& patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (failed != 0)
    return std::unexpected(Failure{{Errc::Io, fmt::format("{} has no address: {}", host, gai_strerror(failed)),
                                    "check the network; behind a proxy set HTTPS_PROXY=http://HOST:PORT"},
                                   failed == EAI_AGAIN});
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, &::freeaddrinfo};
  Failure last{{Errc::Io, fmt::format("{} has no address", host), "check the network"}};
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Socket socket{::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.descriptor() < 0) continue;
    int error = ::connect(socket.descriptor(), one->ai_addr, one->ai_addrlen) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (auto ready = patience.wait(socket.descriptor(), POLLOUT, host); !ready) {
        last = ready.error();
        if (!last.again) break;
        continue;
      }
      socklen_t size = sizeof error;
      ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return socket;
    last = {{Errc::Io, fmt::format("cannot connect to {} port {}: {}", host, port, std::strerror(error)),
             "check the network; behind a proxy set HTTPS_PROXY=http://HOST:PORT"},
            true};
  }
  return std::unexpected(std::move(last));
}

/// A connection, plain or inside TLS. TLS works on memory here, so that all waiting is in one place and a connection
/// that is gone is an error, never a signal.
class Stream {
 public:
  Stream(Socket socket, std::string host, const Patience& patience)
      : socket_{std::move(socket)}, host_{std::move(host)}, patience_{patience} {}

  Attempt<void> start_tls(const Trust& trust) {
    tls_.reset(SSL_new(trust.context()));
    STOM_ASSERT(tls_ != nullptr);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(tls_.get(), in_, out_);
    Trust::expect(tls_.get(), host_);
    for (;;) {
      const int done = SSL_do_handshake(tls_.get());
      if (done == 1) return flush();
      if (auto more = after(done); !more)
        return std::unexpected(more.error());
      else if (!*more)
        return for_now(fmt::format("{} closed the connection", host_));
    }
  }

  Attempt<void> write(string_view bytes) {
    if (tls_ == nullptr) return send(bytes);
    ERR_clear_error();
    // Into memory: taken whole, but for a renegotiation, which TLS 1.2 servers no longer ask for.
    if (SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size()))
      return for_now(fmt::format("{}: TLS failed while sending", host_));
    return flush();
  }

  /// At least one byte; 0 where the other side has ended.
  Attempt<std::size_t> read(std::span<char> bytes) {
    if (tls_ == nullptr) return receive(bytes);
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (got > 0) return static_cast<std::size_t>(got);
      auto more = after(got);
      if (!more) return std::unexpected(more.error());
      if (!*more) return std::size_t{0};
    }
  }

 private:
  /// What a TLS call wants that did not finish: true = try it again, false = the other side has ended.
  Attempt<bool> after(int returned) {
    const int wants = SSL_get_error(tls_.get(), returned);
    if (auto sent = flush(); !sent && wants != SSL_ERROR_SSL) return std::unexpected(sent.error());
    if (wants == SSL_ERROR_ZERO_RETURN) return false;
    if (wants == SSL_ERROR_WANT_READ) {
      std::array<char, 16 * 1024> bytes;
      const auto got = receive(bytes);
      if (!got) return std::unexpected(got.error());
      if (*got == 0) return false;
      BIO_write(in_, bytes.data(), static_cast<int>(*got));
      return true;
    }
    if (auto refused = Trust::refusal(tls_.get(), host_)) return std::unexpected(Failure{std::move(*refused)});
    return for_now(fmt::format("TLS with {} failed: {}", host_, tls_error()));
  }

  Attempt<void> flush() {
    std::array<char, 16 * 1024> bytes;
    for (int got; (got = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()))) > 0;)
      if (auto sent = send({bytes.data(), static_cast<std::size_t>(got)}); !sent) return sent;
    return {};
  }

  Attempt<void> send(string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        if (auto ready = patience_.wait(socket_.descriptor(), POLLOUT, host_); !ready) return ready;
      } else if (errno != EINTR) {
        return for_now(fmt::format("the connection to {} broke: {}", host_, std::strerror(errno)));
      }
    }
    return {};
  }

  Attempt<std::size_t> receive(std::span<char> bytes) {
    for (;;) {
      if (auto ready = patience_.wait(socket_.descriptor(), POLLIN, host_); !ready)
        return std::unexpected(ready.error());
      const auto got = ::recv(socket_.descriptor(), bytes.data(), bytes.size(), 0);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EAGAIN && errno != EINTR)
        return for_now(fmt::format("the connection to {} broke: {}", host_, std::strerror(errno)));
    }
  }

  Socket socket_;
  std::string host_;
  const Patience& patience_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, &SSL_free};
  BIO* in_ = nullptr;   // of tls_
  BIO* out_ = nullptr;  // of tls_
};

struct Head {
  int status = 0;
  std::optional<std::uint64_t> length;
  std::string location, range;
  std::string rest;  // what of the body came with the head
};

/// Beast reads the head. `body`: whether one may follow (not after CONNECT).
Attempt<Head> read_head(Stream& stream, string_view host, bool body) {
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(kMaxHead);
  parser.body_limit(boost::none);
  parser.skip(!body);
  std::string bytes;
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    const auto got = stream.read(chunk);
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return for_now(fmt::format("{} closed the connection without an answer", host));
    bytes.append(chunk.data(), *got);
    boost::beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(bytes), error);
    bytes.erase(0, used);
    if (parser.is_header_done()) break;
    if (error && error != http::error::need_more)
      return for_good(Errc::BadData, fmt::format("{} does not answer in HTTP: {}", host, error.message()),
                      "check --source and the proxy");
  }
  const auto& message = parser.get();
  Head head{.status = static_cast<int>(message.result_int())};
  if (!parser.chunked())
    if (const auto length = parser.content_length()) head.length = *length;
  head.location = std::string{message[http::field::location]};
  head.range = std::string{message[http::field::content_range]};
  head.rest = std::move(bytes);
  return head;
}

using Sink = std::function<Attempt<void>(string_view)>;

/// The partial file: locked while it is written, so that two programs never write the same one.
class PartialFile {
 public:
  static Attempt<PartialFile> open(const std::filesystem::path& path) {
    PartialFile file;
    file.path_ = path;
    file.socket_ = Socket{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_APPEND, 0644)};
    if (file.socket_.descriptor() < 0) return file.failed(errno);
    if (::flock(file.socket_.descriptor(), LOCK_EX | LOCK_NB) != 0)
      return for_good(Errc::Locked, fmt::format("another process is loading {}", path.string()), "wait for it to end");
    struct stat status{};
    if (::fstat(file.socket_.descriptor(), &status) != 0) return file.failed(errno);
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
  }

  std::uint64_t size() const { return size_; }
  Attempt<void> clear() {
    if (::ftruncate(socket_.descriptor(), 0) != 0) return failed(errno);
    size_ = 0;
    return {};
  }
  Attempt<void> append(string_view bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(socket_.descriptor(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed(errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
    }
    return {};
  }
  Attempt<void> finish(const std::filesystem::path& path) {
    if (::fsync(socket_.descriptor()) != 0 || ::rename(path_.c_str(), path.c_str()) != 0) return failed(errno);
    return {};
  }

 private:
  std::unexpected<Failure> failed(int error) const {
    return for_good(Errc::Io, fmt::format("cannot write {}: {}", path_.string(), std::strerror(error)),
                    error == ENOSPC || error == EFBIG || error == EDQUOT
                        ? "free some room and run the same command again: it goes on where it stopped"
                        : "check the rights of that folder");
  }

  std::filesystem::path path_;
  Socket socket_;  // a descriptor with an owner
  std::uint64_t size_ = 0;
};

}  // namespace

std::optional<ContentRange> parse_content_range(string_view text) {
  if (!same_name(text.substr(0, 6), "bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const auto dash = text.find('-'), slash = text.find('/');
  ContentRange range;
  if (dash == string_view::npos || slash == string_view::npos || dash > slash ||
      !read_number(text.substr(0, dash), range.first) ||
      !read_number(text.substr(dash + 1, slash - dash - 1), range.last) ||
      !read_number(text.substr(slash + 1), range.total) || range.first > range.last || range.last >= range.total)
    return std::nullopt;
  return range;
}

struct Downloader::State {
  DownloadOptions options;
  std::shared_ptr<const Trust> trust;
  Proxy proxy;
  bool silent = false;

  Attempt<Stream> open(const Url& url, const Patience& patience) const {
    const bool through = url.secure && proxy.stands_before(url.host);
    auto socket = through ? connect_to(proxy.host, proxy.port, patience) : connect_to(url.host, url.port, patience);
    if (!socket) return std::unexpected(socket.error());
    Stream stream{std::move(*socket), url.host, patience};
    if (through) {
      if (auto sent = stream.write(proxy.connect_request(url)); !sent) return std::unexpected(sent.error());
      const auto head = read_head(stream, proxy.host, false);
      if (!head) return std::unexpected(head.error());
      if (head->status != 200) return std::unexpected(Failure{proxy.refusal(head->status, url)});
    }
    if (url.secure)
      if (auto secured = stream.start_tls(*trust); !secured) return std::unexpected(secured.error());
    return stream;
  }

  /// One request, redirects followed. `begin` says from which byte on the body comes, `sink` takes it.
  Attempt<std::uint64_t> get(Url url, std::uint64_t from, const DownloadWatch& watch, std::uint64_t max_bytes,
                             const std::function<Attempt<void>(std::uint64_t)>& begin, const Sink& sink) const {
    std::uint64_t done = from, total = 0;
    const std::function<bool()> go_on = [&] { return watch(done, total); };
    const Patience patience{options.silence, go_on};
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      auto stream = open(url, patience);
      if (!stream) return std::unexpected(stream.error());
      const auto range = from > 0 ? fmt::format("Range: bytes={}-\r\n", from) : "";
      if (auto sent = stream->write(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: stom\r\nAccept: */*\r\n"
                                                "Accept-Encoding: identity\r\nConnection: close\r\n{}\r\n",
                                                url.target, host_header(url), range));
          !sent)
        return std::unexpected(sent.error());
      const auto head = read_head(*stream, url.host, true);
      if (!head) return std::unexpected(head.error());
      const int status = head->status;
      if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) {
        auto next = follow_redirect(url, head->location);
        if (!next) return std::unexpected(Failure{next.error()});
        url = std::move(*next);
        continue;
      }
      if (status == 404)
        return for_good(Errc::NotFound, fmt::format("{} has no {}", url.host, url.target),
                        "check the symbol and the days");
      if (status == 416 && from > 0) {
        if (auto begun = begin(0); !begun) return std::unexpected(begun.error());
        return for_now(fmt::format("{} has fewer bytes than were loaded before", url.host));
      }
      if (status >= 500 || status == 429)
        return for_now(fmt::format("{} answers {} for {}", url.host, status, url.target));
      if (status != 200 && status != 206)
        return for_good(Errc::Io, fmt::format("{} answers {} for {}", url.host, status, url.target),
                        status == 403 || status == 451 ? "it does not serve this network or country"
                                                       : "check --source and the proxy");
      if (!head->length)
        return for_good(Errc::BadData, fmt::format("{} does not say how long {} is", url.host, url.target),
                        "check --source and the proxy: the venue's server does");
      done = 0;
      if (status == 206) {
        const auto part = parse_content_range(head->range);
        if (!part || part->first != from || part->last + 1 != part->total || part->total - from != *head->length)
          return for_good(
              Errc::BadData,
              fmt::format("{} sends other bytes than were asked for ({})", url.host, head->range.substr(0, 60)),
              "delete the .partial file and run the same command again");
        done = from;
      }
      total = done + *head->length;
      if (*head->length > max_bytes || total > max_bytes)
        return for_good(Errc::BadData, fmt::format("{} is larger than {} bytes", url.target, max_bytes),
                        "check --source");
      if (auto begun = begin(done); !begun) return std::unexpected(begun.error());
      return body(*stream, *head, url, done, total, go_on, sink);
    }
    return for_good(Errc::BadData, fmt::format("more than {} redirects, the last to {}", kMaxRedirects, url.host),
                    "check --source");
  }

  static Attempt<std::uint64_t> body(Stream& stream, const Head& head, const Url& url, std::uint64_t& done,
                                     std::uint64_t total, const std::function<bool()>& go_on, const Sink& sink) {
    const std::uint64_t begun = done;
    std::array<char, 64 * 1024> bytes;
    string_view piece = head.rest;
    for (;;) {
      piece = piece.substr(0, std::min<std::uint64_t>(piece.size(), total - done));
      if (auto taken = sink(piece); !taken) return std::unexpected(taken.error());
      done += piece.size();
      if (done == total) return total - begun;
      if (!go_on()) return canceled();
      const auto got = stream.read(bytes);
      if (!got) return std::unexpected(got.error());
      if (*got == 0)
        return for_now(
            fmt::format("{} closed the connection after {} of {} bytes of {}", url.host, done, total, url.target));
      piece = {bytes.data(), *got};
    }
  }

  /// Tries `once` as often as allowed, with growing pauses.
  template <class T>
  Result<T> persist(const DownloadWatch& watch, const std::function<Attempt<T>()>& once) {
    silent = false;
    auto pause = options.pause;
    for (int n = 1;; ++n) {
      auto got = once();
      if (got) return std::move(*got);
      auto& failure = got.error();
      if (!failure.again || n >= options.tries) {
        silent = failure.silent;
        if (failure.again) failure.error.message += fmt::format(" ({} tries)", n);
        return std::unexpected(std::move(failure.error));
      }
      for (auto left = pause; left.count() > 0; left -= kSlice) {
        if (!watch(0, 0)) return std::unexpected(canceled().error().error);
        std::this_thread::sleep_for(std::min(left, kSlice));
      }
      pause *= 2;
    }
  }
};

Downloader::Downloader(std::unique_ptr<State> state) : state_{std::move(state)} {}
Downloader::Downloader(Downloader&&) noexcept = default;
Downloader& Downloader::operator=(Downloader&&) noexcept = default;
Downloader::~Downloader() = default;
bool Downloader::timed_out() const { return state_->silent; }

Result<Downloader> Downloader::make(DownloadOptions options) {
  auto state = std::make_unique<State>();
  auto trust = Trust::make(options.authority);
  if (!trust) return std::unexpected(std::move(trust.error()));
  state->trust = std::move(*trust);
  if (!options.proxy.empty()) {
    auto proxy = parse_proxy(options.proxy, options.no_proxy);
    if (!proxy) return std::unexpected(std::move(proxy.error()));
    state->proxy = std::move(*proxy);
  }
  state->options = std::move(options);
  return Downloader{std::move(state)};
}

Result<std::string> Downloader::text(const Url& url, const DownloadWatch& watch, std::uint64_t max_bytes) {
  return state_->persist<std::string>(watch, [&]() -> Attempt<std::string> {
    std::string all;
    auto got = state_->get(
        url, 0, watch, max_bytes, [](std::uint64_t) { return Attempt<void>{}; },
        [&](string_view bytes) {
          all += bytes;
          return Attempt<void>{};
        });
    if (!got) return std::unexpected(std::move(got.error()));
    return all;
  });
}

Result<std::uint64_t> Downloader::file(const Url& url, const std::filesystem::path& path, const DownloadWatch& watch) {
  auto partial = PartialFile::open(path.string() + ".partial");
  if (!partial) return std::unexpected(std::move(partial.error().error));
  std::uint64_t loaded = 0;
  auto got = state_->persist<std::uint64_t>(watch, [&]() -> Attempt<std::uint64_t> {
    return state_->get(
        url, partial->size(), watch, state_->options.max_bytes,
        [&](std::uint64_t from) { return from == partial->size() ? Attempt<void>{} : partial->clear(); },
        [&](string_view bytes) {
          loaded += bytes.size();
          return partial->append(bytes);
        });
  });
  if (!got) {
    // Nothing came: nothing to go on from.
    if (partial->size() == 0) {
      std::error_code ignored;
      std::filesystem::remove(path.string() + ".partial", ignored);
    }
    return std::unexpected(std::move(got.error()));
  }
  if (auto finished = partial->finish(path); !finished) return std::unexpected(std::move(finished.error().error));
  return loaded;
}

}  // namespace stom::net
