#include "market/watched_feed.hpp"

#include <algorithm>

namespace stom {

WatchedFeed::WatchedFeed(MarketFeed& feed, const WatchTimeline& timeline, std::span<const Instrument> instruments)
    : feed_{feed}, registered_(instruments.size(), false) {
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    const auto found = timeline.instruments().find(instruments[i].id);
    if (found == timeline.instruments().end()) continue;
    for (const auto& change : found->second)
      changes_.push_back({change.time, i, change.state == WatchState::In || change.state == WatchState::Kept});
  }
  std::ranges::stable_sort(changes_, {}, &Change::time);
}

/// What changed up to and including that time.
void WatchedFeed::pass(UnixNanos time) {
  for (; next_ < changes_.size() && changes_[next_].time <= time; ++next_) {
    const Change& change = changes_[next_];
    const bool ended = registered_[change.instrument] && !change.registered;
    registered_[change.instrument] = change.registered;
    if (!ended) continue;
    out_.push_back({.exchange_time = change.time,
                    .local_time = change.time,
                    .first = nullptr,
                    .bids = 0,
                    .asks = 0,
                    .instrument = change.instrument,
                    .slot = 0,
                    .kind = FeedKind::Gap,
                    .sell_aggressor = false,
                    .auction = false,
                    .replaces_book = false});
  }
}

std::span<const FeedMessage> WatchedFeed::next_batch() {
  out_.clear();
  while (out_.empty()) {  // an empty batch would be the end
    const auto batch = feed_.next_batch();
    if (batch.empty()) break;
    for (const FeedMessage& message : batch) {
      pass(message.local_time);
      if (registered_[message.instrument]) out_.push_back(message);
    }
  }
  return out_;
}

}  // namespace stom
