// Telegram's Bot API: alerts to the chats that the settings name, and their words back. Nobody else is answered.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "alerts/channel.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::alerts {

/// Something that somebody wrote to the bot.
struct Update {
  std::int64_t id = 0;
  std::int64_t chat = 0;
  UnixNanos time = 0;
  std::string text;  // empty: no text, or something else than a message
};
/// The body of an answer to getUpdates.
Result<std::vector<Update>> parse_updates(std::string_view body);

/// Which updates were taken. Telegram counts them up, but after a week without any it goes on anywhere, also further
/// down; so what is below the last one is not old for that alone, and those of late are remembered one by one.
class TakenUpdates {
 public:
  static constexpr std::size_t kRemembered = 1'000;
  /// False: it was taken before.
  bool take(std::int64_t id);
  /// Where to ask from: what is below it Telegram forgets.
  std::int64_t next() const { return next_; }

 private:
  std::deque<std::int64_t> last_;
  std::int64_t next_ = 0;
};

/// What a chat may ask of the program. Called on the thread that listens.
struct Commands {
  std::function<std::string()> status, positions, orders;
  std::function<void()> stop;
  std::function<std::string(std::string_view step)> kill;  // entries, cancel or flatten
  std::function<std::string()> alive;
  std::function<bool(std::uint64_t)> acknowledge;
};

/// What the bot answers: a state machine. Stopping and killing ask back, and only the same chat's answer to the same
/// question, within a minute, counts.
class Conversation {
 public:
  static constexpr DurationNanos kTooOld = 2 * kMinute, kConfirmWithin = kMinute;

  Conversation(std::vector<std::int64_t> chats, Commands commands);
  /// Empty: nothing is said, as to a chat that is not authorised. What was written before `since` was for another
  /// session, and may have been done by it.
  std::string answer(const Update& update, UnixNanos now, UnixNanos since = kNoTime);
  bool authorised(std::int64_t chat) const;

 private:
  std::vector<std::int64_t> chats_;
  Commands commands_;
  struct Asked {
    std::string what;  // "stop", "kill cancel"
    UnixNanos until;   // when its yes counts no more
  };
  std::map<std::int64_t, Asked> asked_;  // by chat
};

class Listener {
 public:
  Listener(const ChannelSettings& settings, const net::Route& route, Commands commands);
  /// Asks for updates once, for as long as the server lets it wait, and answers them; whether any was new. What people
  /// should know of it is given to `log`.
  Result<bool> listen(const Clock& clock, const std::function<bool()>& go_on,
                      const std::function<void(const std::string&)>& log);

 private:
  const ChannelSettings settings_;
  net::Fetcher fetcher_;
  Conversation conversation_;
  TakenUpdates taken_;
  UnixNanos since_ = kNoTime;
  std::uint64_t strangers_ = 0;
};

}  // namespace stom::alerts
