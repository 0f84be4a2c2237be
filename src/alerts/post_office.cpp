#include "alerts/post_office.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace stom::alerts {
namespace {

constexpr std::chrono::milliseconds kTurn{250};                 // between looks at retries, windows and escalations
constexpr std::chrono::seconds kFirstPause{1}, kMostPause{60};  // of listening that fails
constexpr std::chrono::seconds kLeastPoll{1};  // a server that holds no question is asked no more often

}  // namespace

PostOffice::PostOffice(Settings settings, net::Route route, const Clock& clock,
                       std::function<void(const std::string&)> log, Commands commands)
    : route_{std::move(route)},
      clock_{clock},
      log_{std::move(log)},
      commands_{std::move(commands)},
      channels_{settings.channels},
      secrets_{settings.secrets()},
      desk_{std::move(settings)} {
  commands_.acknowledge = [this](std::uint64_t alert) {
    const std::lock_guard lock{mutex_};
    return desk_.acknowledge(alert);
  };
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    threads_.emplace_back([this, i] { deliver(i); });
    if (channels_[i].commands) threads_.emplace_back([this, i] { listen(i); });
  }
  if (const auto& dog = desk_.settings().watch_dog) {
    dog_.emplace(*dog);
    threads_.emplace_back([this, settings = *dog] { ping(settings); });
  }
}

PostOffice::~PostOffice() {
  ended_.store(true);
  news_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void PostOffice::post(const Event& event) {
  {
    const std::lock_guard lock{mutex_};
    desk_.on_event(event);
  }
  news_.notify_all();
}

void PostOffice::well(bool is) {
  const std::lock_guard lock{mutex_};
  if (dog_) dog_->well(is, clock_.now());
}

void PostOffice::failed() {
  {
    const std::lock_guard lock{mutex_};
    if (dog_) dog_->failed();
  }
  news_.notify_all();
}

std::size_t PostOffice::close(std::chrono::milliseconds patience) {
  const auto due = [&] {
    std::size_t count = dog_ && dog_->owes() ? 1 : 0;
    for (std::size_t i = 0; i < channels_.size(); ++i) count += desk_.due(i, clock_.now());
    return count;
  };
  std::unique_lock lock{mutex_};
  idle_.wait_for(lock, patience, [&] { return due() == 0; });
  std::size_t left = dog_ && dog_->owes() ? 1 : 0;
  for (std::size_t i = 0; i < channels_.size(); ++i) left += desk_.waiting(i);
  ended_.store(true);
  news_.notify_all();
  return left;
}

void PostOffice::deliver(std::size_t index) {
  const auto channel = open_channel(channels_[index], route_, clock_);
  const auto go_on = [this] { return !ended_.load(); };
  std::unique_lock lock{mutex_};
  while (!ended_.load()) {
    const Message* next = desk_.next(index, clock_.now());
    if (next == nullptr) {
      news_.wait_for(lock, kTurn);
      continue;
    }
    const Message message = *next;
    lock.unlock();
    const Sent sent = channel->send(message, go_on);
    if (!sent && sent.error().why.code != Errc::Canceled)
      say(fmt::format("alerts: {}: {}", channels_[index].name, sent.error().why.message));
    lock.lock();
    if (sent)
      desk_.delivered(index, clock_.now());
    else if (sent.error().why.code != Errc::Canceled)
      desk_.failed(index, sent.error(), clock_.now());
    idle_.notify_all();
    news_.notify_all();  // another channel may have been told of it
  }
}

void PostOffice::ping(const WatchDogSettings& settings) {
  WatchDogLine line{settings, route_};
  const auto go_on = [this] { return !ended_.load(); };
  std::unique_lock lock{mutex_};
  while (!ended_.load()) {
    const auto next = dog_->next(clock_.now());
    if (!next) {
      news_.wait_for(lock, kTurn);
      continue;
    }
    lock.unlock();
    const Sent sent = line.send(*next, go_on);
    if (!sent && sent.error().why.code == Errc::Canceled) return;
    if (!sent) say(fmt::format("alerts: watch-dog: {}", sent.error().why.message));
    lock.lock();
    const UnixNanos now = clock_.now();
    const std::string told = sent ? dog_->arrived(*next, now) : dog_->lost(sent.error(), now);
    const Message message{0, sent ? Severity::Info : Severity::Critical, now, masked(told, secrets_), true};
    if (!told.empty())
      for (std::size_t i = 0; i < channels_.size(); ++i) desk_.tell(i, message);
    idle_.notify_all();
    news_.notify_all();  // a channel may have something to tell
  }
}

void PostOffice::listen(std::size_t index) {
  Listener listener{channels_[index], route_, commands_};
  const auto go_on = [this] { return !ended_.load(); };
  const auto log = [this, index](const std::string& line) {
    say(fmt::format("alerts: {}: {}", channels_[index].name, line));
  };
  const auto wait_until = [this](std::chrono::steady_clock::time_point until) {
    std::unique_lock lock{mutex_};
    while (!ended_.load() && std::chrono::steady_clock::now() < until) news_.wait_until(lock, until);
  };
  auto pause = kFirstPause;
  while (!ended_.load()) {
    const auto asked = std::chrono::steady_clock::now();
    const auto heard = listener.listen(clock_, go_on, log);
    if (heard) {
      pause = kFirstPause;
      if (!*heard) wait_until(asked + kLeastPoll);
      continue;
    }
    if (heard.error().code == Errc::Canceled) return;
    if (pause == kFirstPause) log(fmt::format("no commands are heard: {}", heard.error().message));
    wait_until(std::chrono::steady_clock::now() + pause);
    pause = std::min(2 * pause, kMostPause);
  }
}

}  // namespace stom::alerts
