// A recorded market as a session with a universe saw it (docs/universe.md): an instrument's messages reach us only
// while it was registered, and from the end of a registration its book is stale until the next snapshot after it. Who
// enters the watch list or leaves it is told as the session told it, by our clock.
#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "market/watch_timeline.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"

namespace stom {

class WatchedFeed final : public MarketFeed {
 public:
  /// `feed` is our side of the market, and must outlive it.
  WatchedFeed(MarketFeed& feed, const WatchTimeline& timeline, std::span<const Instrument> instruments);

  std::span<const FeedMessage> next_batch() override;
  bool live() const override { return feed_.live(); }
  FeedContent content(InstrumentIndex index) const override { return feed_.content(index); }
  std::optional<UnixNanos> bar_cut_by(InstrumentIndex index, DurationNanos length) const override {
    return feed_.bar_cut_by(index, length);
  }

 private:
  struct Change {
    UnixNanos time;
    InstrumentIndex instrument;
    bool registered;
    std::optional<bool> watched;  // nothing: the session told its strategy no more, or knew no more
  };
  void pass(UnixNanos time);
  void follow(const Change& change);

  MarketFeed& feed_;
  std::vector<Change> changes_;  // in order of time
  std::size_t next_ = 0;
  std::vector<bool> registered_;              // by instrument
  std::vector<std::optional<bool>> watched_;  // too, as told last
  UnixNanos begun_ = kNoTime;                 // the first message's time: nothing is earlier
  std::vector<FeedMessage> out_;
};

}  // namespace stom
