// `stom serve` behind its port: page, REST and socket over one session. Everything here runs on the I/O thread, which
// is the thread that calls run().
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/server.hpp"
#include "server/engine_port.hpp"
#include "server/language_port.hpp"
#include "server/library.hpp"
#include "server/static_files.hpp"

namespace stom {

struct ServeOptions {
  net::Endpoint endpoint{"127.0.0.1", 8765};
  net::Limits limits;
  std::string token;  // "" makes a new one
  std::string version;
  BeginLanguageTalk language;  // of editors at /api/v1/conditions/language
};

class ApiServer {
 public:
  /// Listens; answers begin with run(). `session`, `library` and `clock` (wall time, for rates and tickets) must
  /// outlive it.
  static Result<std::unique_ptr<ApiServer>> listen(const ServeOptions& options, StaticFiles page, SessionPort& session,
                                                   const Library& library, const Clock& clock);
  ~ApiServer();

  std::uint16_t port() const;
  const std::string& token() const;
  /// "http://127.0.0.1:8765", and the same with the token behind '#', where no browser sends it to anyone.
  std::string address() const;
  std::string login_url() const;

  /// Waits until the session is told (SessionReady), then serves until stop(), or until `finished` (asked twenty times
  /// a second) says so.
  void run(std::function<bool()> finished);
  /// Any thread.
  void stop();

 private:
  class Impl;
  explicit ApiServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// docs/openapi.json, as it was when this was built.
std::string_view openapi_document();

}  // namespace stom
