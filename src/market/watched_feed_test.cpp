#include "market/watched_feed.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

/// Batches as they are given, then the end.
class Batches final : public MarketFeed {
 public:
  explicit Batches(std::vector<std::vector<FeedMessage>> batches) : batches_{std::move(batches)} {}
  std::span<const FeedMessage> next_batch() override {
    return at_ < batches_.size() ? std::span<const FeedMessage>{batches_[at_++]} : std::span<const FeedMessage>{};
  }

 private:
  std::vector<std::vector<FeedMessage>> batches_;
  std::size_t at_ = 0;
};

FeedMessage message(UnixNanos local_time, InstrumentIndex instrument, FeedKind kind = FeedKind::Snapshot) {
  return {.exchange_time = local_time - 1,
          .local_time = local_time,
          .first = nullptr,
          .bids = 0,
          .asks = 0,
          .instrument = instrument,
          .slot = 0,
          .kind = kind,
          .sell_aggressor = false,
          .auction = false,
          .replaces_book = false};
}

std::vector<Instrument> instruments() { return {{.id = "kiwoom:A"}, {.id = "kiwoom:B"}}; }

WatchTimeline timeline(std::initializer_list<std::string> lines) {
  std::string text{WatchTimeline::header()};
  for (const std::string& line : lines) text += line;
  return WatchTimeline::parse(text).value();
}

std::vector<std::string> all(MarketFeed& feed) {
  std::vector<std::string> out;
  for (auto batch = feed.next_batch(); !batch.empty(); batch = feed.next_batch())
    for (const FeedMessage& m : batch)
      out.push_back(std::to_string(m.local_time) + (m.instrument == 0 ? "A" : "B") +
                    (m.kind == FeedKind::Gap         ? " gap"
                     : m.kind == FeedKind::Watched   ? " enters"
                     : m.kind == FeedKind::Unwatched ? " leaves"
                                                     : ""));
  return out;
}

using enum WatchState;
using enum WatchReason;

TEST(WatchedFeed, AnInstrumentIsSeenWhileItWasRegisteredAndItsBookIsStaleAtTheEnd) {
  const auto watched =
      timeline({WatchTimeline::line(20, "kiwoom:A", In, Named), WatchTimeline::line(30, "kiwoom:A", Kept, Held),
                WatchTimeline::line(40, "kiwoom:A", Out, Released), WatchTimeline::line(60, "kiwoom:A", Waiting, Full),
                WatchTimeline::line(70, "kiwoom:A", In, Named)});
  Batches market{{{message(19, 0), message(20, 0), message(39, 0), message(40, 0), message(65, 0), message(70, 0)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed),
            (std::vector<std::string>{"20A enters", "20A", "30A leaves", "39A", "40A gap", "60A enters", "70A"}));
}

TEST(WatchedFeed, ABatchOfWhichNothingIsSeenIsNotTheEnd) {
  const auto watched = timeline({WatchTimeline::line(30, "kiwoom:B", In, Pinned)});
  Batches market{{{message(10, 0)}, {message(20, 1), message(25, 0)}, {message(30, 1)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed), (std::vector<std::string>{"30B enters", "30B"}))
      << "what the timeline does not name was never registered";
}

TEST(WatchedFeed, TheEndOfARegistrationIsToldBetweenTheMessagesOfOthers) {
  const auto watched =
      timeline({WatchTimeline::line(1, "kiwoom:A", In, Named), WatchTimeline::line(1, "kiwoom:B", In, Named),
                WatchTimeline::line(15, "kiwoom:A", Waiting, Outranked)});
  Batches market{{{message(10, 0), message(14, 1), message(16, 1)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed), (std::vector<std::string>{"10A enters", "10B enters", "10A", "14B", "15A gap", "16B"}))
      << "who waits is in the watch list still";
}

TEST(WatchedFeed, WhatWasSoBeforeTheMarketBeganIsToldWithItsFirstMessage) {
  const auto watched =
      timeline({WatchTimeline::line(1, "kiwoom:A", In, Named), WatchTimeline::line(2, "kiwoom:A", Kept, Held),
                WatchTimeline::line(3, "kiwoom:B", In, Named)});
  Batches market{{{message(10, 0), message(11, 1)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed), (std::vector<std::string>{"10A enters", "10A leaves", "10B enters", "10A", "11B"}));
}

TEST(WatchedFeed, TheEndOfTheSessionIsNoLeavingAndWhoIsBackAfterItNeverLeft) {
  const auto watched =
      timeline({WatchTimeline::line(1, "kiwoom:A", In, Named), WatchTimeline::line(20, "kiwoom:A", Out, Ended),
                WatchTimeline::line(30, "kiwoom:A", In, Named)});
  Batches market{{{message(10, 0), message(25, 0), message(30, 0)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed), (std::vector<std::string>{"10A enters", "10A", "20A gap", "30A"}));
}

// A session that goes on sees what it holds at once, and learns from its source alone who is in the watch list.
TEST(WatchedFeed, WhatTheSourceHasNotSaidYetIsSeenAndNotTold) {
  const auto watched =
      timeline({WatchTimeline::line(1, "kiwoom:A", In, Named), WatchTimeline::line(1, "kiwoom:B", In, Named),
                WatchTimeline::line(20, "kiwoom:A", Out, Ended), WatchTimeline::line(20, "kiwoom:B", Out, Ended),
                WatchTimeline::line(30, "kiwoom:A", Unknown, Held), WatchTimeline::line(30, "kiwoom:B", Unknown, Held),
                WatchTimeline::line(40, "kiwoom:A", In, Named), WatchTimeline::line(40, "kiwoom:B", Kept, Held)});
  Batches market{{{message(10, 0), message(25, 0), message(30, 0), message(35, 1), message(40, 1)}}};
  const auto both = instruments();
  WatchedFeed feed{market, watched, both};
  EXPECT_EQ(all(feed), (std::vector<std::string>{"10A enters", "10B enters", "10A", "20A gap", "20B gap", "30A", "35B",
                                                 "40B leaves", "40B"}));
}

}  // namespace
}  // namespace stom
