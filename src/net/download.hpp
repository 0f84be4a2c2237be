// Files from a web server, blocking: over HTTPS with the server's certificate and name always checked, or over plain
// HTTP from this computer alone. A file arrives in "<path>.partial" and goes on from there after a cut, now or at the
// next try;
// "<path>" exists only when every byte came. What the bytes are worth (a checksum) is for the caller to say.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"

namespace stom::net {

/// "bytes 100-199/200", or nothing.
struct ContentRange {
  std::uint64_t first = 0, last = 0, total = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

struct DownloadOptions {
  std::filesystem::path authority;            // one more file of CA certificates besides the system's; may be empty
  std::string proxy;                          // "http://[user:password@]host:port", for https; empty: none
  std::string no_proxy;                       // hosts that are reached without it
  std::chrono::milliseconds silence{30'000};  // how long the other side may say nothing
  std::chrono::milliseconds pause{500};       // before the second try; doubles with each
  int tries = 4;                              // for broken connections, silence and 5xx
  std::uint64_t max_bytes = 16ull << 30;      // a larger file is refused
};

/// Told how many bytes of how many are there; false interrupts.
using DownloadWatch = std::function<bool(std::uint64_t done, std::uint64_t total)>;

class Downloader {
 public:
  static Result<Downloader> make(DownloadOptions options);
  Downloader(Downloader&&) noexcept;
  Downloader& operator=(Downloader&&) noexcept;
  ~Downloader();

  /// A small answer as text. Errc::NotFound for 404.
  Result<std::string> text(const Url& url, const DownloadWatch& watch, std::uint64_t max_bytes = 64 * 1024);
  /// Into `path`; the bytes that came over the wire. Errc::NotFound for 404, Errc::Locked where another process loads
  /// it.
  Result<std::uint64_t> file(const Url& url, const std::filesystem::path& path, const DownloadWatch& watch);
  /// Whether the last error was a server that stayed silent.
  bool timed_out() const;

 private:
  struct State;
  explicit Downloader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom::net
