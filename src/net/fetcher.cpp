#include "net/fetcher.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "net/io.hpp"

namespace stom::net {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // between looks at whether to go on

}  // namespace

struct Fetcher::State final : HttpClientUser {
  State(Route given, const Url& server, const HttpClientLimits& limits)
      : route{std::move(given)}, client{io, route, limits, server, *this} {}

  void on_answer(std::uint64_t, const Response& answer) override { got = answer; }
  void on_no_answer(std::uint64_t, Written, const Error& why) override { got = std::unexpected(why); }

  Io io;
  Route route;
  HttpClient client;
  std::optional<Result<Response>> got;
  std::uint64_t asked = 0;
};

Fetcher::Fetcher(Route route, const Url& server, HttpClientLimits limits)
    : state_{std::make_unique<State>(std::move(route), server, limits)} {}
Fetcher::Fetcher(Fetcher&&) noexcept = default;
Fetcher& Fetcher::operator=(Fetcher&&) noexcept = default;
Fetcher::~Fetcher() = default;

Result<Response> Fetcher::get(std::string_view target, const std::function<bool()>& go_on) {
  return send({.method = "GET", .target = target, .headers = {}, .body = {}}, go_on);
}

Result<Response> Fetcher::send(const HttpRequest& request, const std::function<bool()>& go_on) {
  state_->got.reset();
  if (auto sent = state_->client.request(++state_->asked, request); !sent) return std::unexpected(sent.error());
  while (!state_->got) {
    if (!go_on()) return fail(Errc::Canceled, "interrupted", "");
    state_->io.wait(kLook);
  }
  return std::move(*state_->got);
}

}  // namespace stom::net
