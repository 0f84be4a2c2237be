// Alerts while a program runs: events come in from any thread and wait for nobody; each channel has a thread of its
// own, and so has each chat that is listened to, and the watch-dog. Owns the desk, and the lock around it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "alerts/channel.hpp"
#include "alerts/desk.hpp"
#include "alerts/telegram.hpp"
#include "alerts/watch_dog.hpp"
#include "core/clock.hpp"
#include "net/stream.hpp"

namespace stom::alerts {

class PostOffice {
 public:
  /// `log`: any of its threads, with lines for people in which no secret is. `commands`: what a chat may ask;
  /// acknowledging is added here. `clock` must outlive it. Its threads start at once.
  PostOffice(Settings settings, net::Route route, const Clock& clock, std::function<void(const std::string&)> log,
             Commands commands);
  ~PostOffice();  // at once: what waits is lost
  PostOffice(const PostOffice&) = delete;
  PostOffice& operator=(const PostOffice&) = delete;

  /// Any thread; never waits for a server.
  void post(const Event& event);
  /// Whether all is well, for the watch-dog; to be said again and again. And that the session ended with an error. Any
  /// thread; nothing where there is none.
  void well(bool is);
  void failed();
  /// Gives what is due so long to be delivered, then ends; how many messages were not.
  std::size_t close(std::chrono::milliseconds patience);

 private:
  void deliver(std::size_t channel);
  void listen(std::size_t channel);
  void ping(const WatchDogSettings& settings);
  void say(const std::string& line) const { log_(masked(line, secrets_)); }

  const net::Route route_;
  const Clock& clock_;
  const std::function<void(const std::string&)> log_;
  Commands commands_;
  const std::vector<ChannelSettings> channels_;
  const std::vector<std::string> secrets_;

  std::mutex mutex_;  // of the desk and what is below it
  Desk desk_;
  std::optional<WatchDog> dog_;
  std::condition_variable news_, idle_;

  std::atomic<bool> ended_{false};
  std::vector<std::thread> threads_;
};

}  // namespace stom::alerts
