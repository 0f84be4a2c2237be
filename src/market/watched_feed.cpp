#include "market/watched_feed.hpp"

#include <algorithm>

namespace stom {

WatchedFeed::WatchedFeed(MarketFeed& feed, const WatchTimeline& timeline, std::span<const Instrument> instruments)
    : feed_{feed}, registered_(instruments.size(), false), watched_(instruments.size()) {
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    const auto found = timeline.instruments().find(instruments[i].id);
    if (found == timeline.instruments().end()) continue;
    for (const auto& change : found->second) {
      std::optional<bool> watched;
      if (change.reason != WatchReason::Ended) watched = watched_in(change.state);
      changes_.push_back({change.time, i, is_registered(change.state), watched});
    }
  }
  std::ranges::stable_sort(changes_, {}, &Change::time);
}

/// What changed up to and including that time.
void WatchedFeed::pass(UnixNanos time) {
  if (begun_ == kNoTime) begun_ = time;
  for (; next_ < changes_.size() && changes_[next_].time <= time; ++next_) follow(changes_[next_]);
}

void WatchedFeed::follow(const Change& change) {
  const InstrumentIndex i = change.instrument;
  const UnixNanos at = std::max(change.time, begun_);
  const auto tell = [&](FeedKind kind) { out_.push_back(bare_message(kind, i, at)); };
  if (change.watched && change.watched != watched_[i]) {
    watched_[i] = change.watched;
    tell(*change.watched ? FeedKind::Watched : FeedKind::Unwatched);
  }
  const bool ended = registered_[i] && !change.registered;
  registered_[i] = change.registered;
  if (ended) tell(FeedKind::Gap);
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
