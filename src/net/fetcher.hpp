// One server, asked one thing after the other, blocking: for a program that reads a venue's lists and history while a
// person waits. The connection stays open between requests; certificate and name are checked as everywhere.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "net/address.hpp"
#include "net/http.hpp"
#include "net/http_client.hpp"

namespace stom::net {

class Fetcher {
 public:
  /// `server`: scheme, host and port count.
  Fetcher(Route route, const Url& server, HttpClientLimits limits = {});
  Fetcher(Fetcher&&) noexcept;
  Fetcher& operator=(Fetcher&&) noexcept;
  ~Fetcher();

  /// The server's answer, whatever its status. `go_on` is asked ten times a second; false ends it with Errc::Canceled.
  Result<Response> get(std::string_view target, const std::function<bool()>& go_on);
  Result<Response> send(const HttpRequest& request, const std::function<bool()>& go_on);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stom::net
