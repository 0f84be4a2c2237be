#include "sim/replay_feed.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace stom::sim {
namespace {

/// One batch.
class Recording final : public MessageSource {
 public:
  explicit Recording(MessageBatch batch) : batch_{std::move(batch)} {}
  Result<bool> next(MessageBatch& batch) override {
    batch = batch_;
    return !std::exchange(told_, true);
  }
  Result<void> rewind() override {
    told_ = false;
    return {};
  }

 private:
  MessageBatch batch_;
  bool told_ = false;
};

/// A message with one ask.
void add(MessageBatch& out, MessageKind kind, UnixNanos received, UnixNanos sent, std::int64_t first_id,
         std::int64_t last_id, std::int64_t quantity) {
  Message m;
  m.kind = kind;
  m.receive_time = received;
  m.event_time = sent;
  m.first_update_id = first_id;
  m.final_update_id = last_id;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  m.asks = 1;
  out.messages.push_back(m);
  out.levels.push_back({{100}, {quantity}});
}

// A snapshot that states no time counts on the venue's clock from its receipt. An update that the venue sent a moment
// before, and that came behind it, has what the snapshot lacks.
TEST(ReplayFeed, OnTheVenuesClockNoUpdateActsBeforeTheSnapshotThatItContinues) {
  MessageBatch batch;
  add(batch, MessageKind::Snapshot, 1'000, kNoTime, 0, 10, 5);
  add(batch, MessageKind::Depth, 1'010, 990, 11, 11, 7);
  add(batch, MessageKind::Depth, 1'020, 1'015, 12, 12, 8);
  std::vector<ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<Recording>(batch), Instrument{.id = "x:Y", .ladder = {{{0}, {1}}}}});
  ReplayFeed feed{std::move(streams), {}};
  ASSERT_TRUE(feed.open());
  OrderBook book;
  std::vector<std::pair<UnixNanos, std::int64_t>> seen;
  for (auto messages = feed.exchange_side().next_batch(); !messages.empty();
       messages = feed.exchange_side().next_batch()) {
    for (const FeedMessage& m : messages) {
      if (m.kind == FeedKind::Snapshot) apply_snapshot(book, m);
      for (const FeedLevel& level : m.ask_levels()) book.set_ask(level.tick, level.quantity);
      seen.emplace_back(m.exchange_time, book.ask_quantity(100));
    }
    feed.local_side().next_batch();
  }
  EXPECT_EQ(seen, (std::vector<std::pair<UnixNanos, std::int64_t>>{{1'000, 5}, {1'000, 7}, {1'015, 8}}));
}

}  // namespace
}  // namespace stom::sim
