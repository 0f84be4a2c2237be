// The ping to a service that tells somebody once it hears nothing any more: what no program can say of itself, that it
// is gone with its whole machine. Silence is the alarm, so it speaks only where it was told not long ago that all is
// well: who hangs and should tell it has silenced it.
//
// What is due when is a state machine, as the desk is: it knows no socket and no clock, and is locked around by whoever
// has threads (post_office.hpp). Of what is traded the service is told nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "alerts/channel.hpp"
#include "alerts/desk.hpp"
#include "alerts/settings.hpp"
#include "core/time.hpp"
#include "net/fetcher.hpp"
#include "net/stream.hpp"

namespace stom::alerts {

/// Alive: all is well. Start, Failed: a session begins, has ended with an error; where the service has a way to say so.
/// Test: of a person, and no word about any session where the service has a way to say that.
enum class Ping : std::uint8_t { Alive, Start, Failed, Test };

class WatchDog {
 public:
  static constexpr DurationNanos kFresh = 10 * kSecond;  // so long a word that all is well counts
  static constexpr DurationNanos kAgain = 15 * kSecond;  // after a ping that did not arrive, or as often as any

  explicit WatchDog(const WatchDogSettings& settings);

  void well(bool is, UnixNanos now) { well_at_ = is ? now : kNoTime; }
  /// The session ended with an error: nothing but that is said any more.
  void failed();
  /// That is still to be said.
  bool owes() const { return failed_; }

  /// What is due. Then what became of it, and what people are to be told of that; empty: nothing.
  std::optional<Ping> next(UnixNanos now) const;
  std::string arrived(Ping ping, UnixNanos now);
  std::string lost(const Failure& failure, UnixNanos now);

 private:
  const WatchDogKind kind_;
  const DurationNanos every_;
  const std::string host_;
  bool start_, failed_ = false;
  UnixNanos well_at_ = kNoTime;
  UnixNanos tried_at_ = kNoTime, failing_since_ = kNoTime;
  DurationNanos pause_ = 0;  // from tried_at_ on
  bool told_ = false;        // that it is not heard
};

/// The way to the service; asked and waited for, as a channel is.
class WatchDogLine {
 public:
  WatchDogLine(const WatchDogSettings& settings, const net::Route& route);
  Sent send(Ping ping, const std::function<bool()>& go_on);

 private:
  const WatchDogSettings settings_;
  net::Fetcher fetcher_;
};

}  // namespace stom::alerts
