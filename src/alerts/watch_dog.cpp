#include "alerts/watch_dog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace stom::alerts {
namespace {

std::string_view path_behind(Ping ping) {
  switch (ping) {
    case Ping::Start:
      return "/start";
    case Ping::Failed:
      return "/fail";
    case Ping::Test:
      return "/log";  // is kept there, and says nothing of how it goes
    case Ping::Alive:
      break;
  }
  return "";
}

/// Before the query, where there is one.
std::string with_path(std::string_view target, std::string_view path) {
  const auto query = std::min(target.find('?'), target.size());
  std::string_view before = target.substr(0, query);
  if (before.ends_with('/')) before.remove_suffix(1);
  return fmt::format("{}{}{}", before, path, target.substr(query));
}

}  // namespace

WatchDog::WatchDog(const WatchDogSettings& settings)
    : kind_{settings.kind},
      every_{settings.every},
      host_{settings.url.host},
      start_{settings.kind == WatchDogKind::Healthchecks} {}

void WatchDog::failed() {
  failed_ = kind_ == WatchDogKind::Healthchecks;
  start_ = false;
  well_at_ = kNoTime;
  pause_ = 0;
}

std::optional<Ping> WatchDog::next(UnixNanos now) const {
  // By how long ago it was, and not by when it is over: a clock that is set back must not silence it for hours.
  const bool pauses = tried_at_ != kNoTime && now >= tried_at_ && now - tried_at_ < pause_;
  if (pauses) return {};
  if (failed_) return Ping::Failed;
  if (start_) return Ping::Start;
  if (well_at_ == kNoTime || now < well_at_ || now - well_at_ > kFresh) return {};
  return Ping::Alive;
}

std::string WatchDog::arrived(Ping ping, UnixNanos now) {
  if (ping == Ping::Start) start_ = false;
  if (ping == Ping::Failed) failed_ = false;
  tried_at_ = now;
  pause_ = ping == Ping::Alive && !failed_ ? every_ : 0;
  failing_since_ = kNoTime;
  if (!std::exchange(told_, false)) return {};
  return fmt::format("the watch-dog at {} hears this session again", host_);
}

std::string WatchDog::lost(const Failure& failure, UnixNanos now) {
  tried_at_ = now;
  pause_ = std::max(failed_ ? Desk::kFirstRetry : std::min(kAgain, every_), std::min(failure.retry_after, kHour));
  if (failing_since_ == kNoTime) failing_since_ = now;
  if (told_ || now - failing_since_ < Desk::kDeadAfter) return {};
  told_ = true;
  return fmt::format("the watch-dog at {} does not hear this session, and will say that it is gone: {}", host_,
                     failure.why.message);
}

WatchDogLine::WatchDogLine(const WatchDogSettings& settings, const net::Route& route)
    : settings_{settings}, fetcher_{route, settings.url} {}

Sent WatchDogLine::send(Ping ping, const std::function<bool()>& go_on) {
  const bool ways = settings_.kind == WatchDogKind::Healthchecks;
  const std::string target = ways ? with_path(settings_.url.target, path_behind(ping)) : settings_.url.target;
  const auto answer = fetcher_.get(target, go_on);
  if (!answer) return std::unexpected(Failure{answer.error()});
  auto sent = judged(*answer, "");
  // Of a check that it does not have, and of pings that are too many, it says "OK (not found)", "OK (rate limited)".
  if (sent && ways && answer->body.starts_with("OK ("))
    return std::unexpected(
        Failure{{Errc::Io, fmt::format("{}: {}", *sent, std::string_view{answer->body}.substr(0, 40)),
                 "compare the address with the one at the service's page: it does not count these pings"}});
  return sent;
}

}  // namespace stom::alerts
