// A market that a test writes by hand, message by message. Prices are ticks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "model/feed.hpp"

namespace stom::test {

/// At that time by both clocks. Of the levels the first are `bids`; they are not copied.
inline FeedMessage feed_message(UnixNanos time, FeedKind kind, std::span<const FeedLevel> levels, std::size_t bids,
                                InstrumentIndex instrument = 0) {
  FeedMessage message = bare_message(kind, instrument, time);
  message.first = levels.data();
  message.bids = static_cast<std::uint32_t>(bids);
  message.asks = static_cast<std::uint32_t>(levels.size() - bids);
  message.replaces_book = kind == FeedKind::Snapshot;
  return message;
}

/// A batch is what was sent since the one before; where nothing was, the market is over.
class HandFed : public MarketFeed {
 public:
  HandFed() = default;
  HandFed(const HandFed&) = delete;  // its messages point to its levels
  HandFed& operator=(const HandFed&) = delete;

  FeedMessage& send(UnixNanos time, FeedKind kind, std::vector<FeedLevel> bids = {},
                    const std::vector<FeedLevel>& asks = {}, InstrumentIndex instrument = 0) {
    const std::size_t count = bids.size();
    bids.insert(bids.end(), asks.begin(), asks.end());
    const auto& levels = levels_.emplace_back(std::move(bids));
    return sent_.emplace_back(feed_message(time, kind, levels, count, instrument));
  }
  std::span<const FeedMessage> next_batch() override {
    batch_ = std::exchange(sent_, {});
    return batch_;
  }

 private:
  std::deque<std::vector<FeedLevel>> levels_;
  std::vector<FeedMessage> sent_, batch_;
};

/// One that goes on: where nothing was sent there is nothing yet.
class LiveHandFed final : public HandFed {
 public:
  bool live() const override { return true; }
};

}  // namespace stom::test
