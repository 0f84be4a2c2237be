// One stream of messages, as they come, as the two market feeds of an engine that trades live: ours and the venue's.
//
// Time: a message carries our receive time, but no earlier one than the engine has seen. The venue's side, which a
// simulated venue matches against, is the same stream at the same times: what is traded on paper meets the market as it
// stood when we heard of it (docs/trade.md).
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "model/feed.hpp"

namespace stom {

class FeedSides {
 public:
  /// A turn of the engine at `now`: add() what has come since the last one.
  void begin(UnixNanos now) {
    local_.begin();
    venue_.begin();
    floor_ = std::max(floor_, now_);
    now_ = now;
  }
  /// `message` as it was received.
  void add(FeedMessage message) {
    floor_ = message.local_time = std::min(now_, std::max(floor_, message.local_time));
    local_.add(message);
    if (is_watch(message.kind)) return;  // our own, which no venue knows
    message.exchange_time = message.local_time;
    venue_.add(message);
  }
  MarketFeed& local() { return local_; }
  MarketFeed& venue() { return venue_; }

 private:
  /// What the turn has added, once.
  class Side final : public MarketFeed {
   public:
    std::span<const FeedMessage> next_batch() override {
      ready_.clear();
      ready_.swap(staged_);
      return ready_;
    }
    bool live() const override { return true; }
    /// Whether or not it was read: a venue on the wire has no need of that side.
    void begin() {
      if (staged_.capacity() != kKept) {  // grown by a burst, or the first turn
        staged_ = std::vector<FeedMessage>{};
        staged_.resize(kKept);  // its memory is there from here on
      }
      staged_.clear();
    }
    void add(const FeedMessage& message) { staged_.push_back(message); }

   private:
    static constexpr std::size_t kKept = 1024;
    std::vector<FeedMessage> staged_, ready_;
  };

  Side local_, venue_;
  UnixNanos now_ = kNoTime, floor_ = kNoTime;
};

}  // namespace stom
