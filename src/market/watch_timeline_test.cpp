#include "market/watch_timeline.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

using enum WatchState;
using enum WatchReason;

std::string file() {
  return std::string{WatchTimeline::header()} + WatchTimeline::line(100, "kiwoom:005930", In, Named) +
         WatchTimeline::line(100, "kiwoom:000660", Waiting, Full) +
         WatchTimeline::line(200, "kiwoom:005930", Kept, Held) + WatchTimeline::line(200, "kiwoom:000660", In, Named) +
         WatchTimeline::line(300, "kiwoom:005930", Out, Released);
}

TEST(WatchTimeline, AnInstrumentIsAsItsLastChangeUpToThatTimeLeftIt) {
  const auto timeline = WatchTimeline::parse(file()).value();
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 99), Out);
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 100), In);
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 199), In);
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 200), Kept);
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 1'000), Out);
  EXPECT_EQ(timeline.state_at("kiwoom:035720", 1'000), Out) << "it was never wanted";
}

TEST(WatchTimeline, TheWatchListHasThoseThatWaitAndDataCameOfThoseThatAreRegistered) {
  const auto timeline = WatchTimeline::parse(file()).value();
  EXPECT_EQ(watched_in(timeline.state_at("kiwoom:000660", 150)), true);
  EXPECT_EQ(timeline.registered_at(150), std::vector<std::string>{"kiwoom:005930"});
  EXPECT_EQ(watched_in(timeline.state_at("kiwoom:005930", 250)), false) << "held, and not in the watch list";
  EXPECT_EQ(timeline.registered_at(250), (std::vector<std::string>{"kiwoom:000660", "kiwoom:005930"}));
}

TEST(WatchTimeline, OfWhatIsHeldBeforeTheSourceHasSpokenDataComeAndNoMoreIsKnown) {
  const auto timeline = WatchTimeline::parse(file() + WatchTimeline::line(400, "kiwoom:005930", Unknown, Held)).value();
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 400), Unknown);
  EXPECT_EQ(timeline.registered_at(400), (std::vector<std::string>{"kiwoom:000660", "kiwoom:005930"}));
  EXPECT_FALSE(watched_in(Unknown).has_value());
  EXPECT_EQ(WatchTimeline::line(400, "kiwoom:005930", Unknown, Held), "400,kiwoom:005930,unknown,held\n");
}

TEST(WatchTimeline, ALineIsDocumentedAndReadsBack) {
  EXPECT_EQ(WatchTimeline::header(), "time_ns,instrument,state,reason\n");
  EXPECT_EQ(WatchTimeline::line(1'700'000'000'000'000'000, "kiwoom:005930", Out, Outranked),
            "1700000000000000000,kiwoom:005930,out,outranked\n");
  const auto changes = WatchTimeline::parse(file()).value().instruments().at("kiwoom:005930");
  EXPECT_EQ(changes, (std::vector<WatchTimeline::Change>{{100, In, Named}, {200, Kept, Held}, {300, Out, Released}}));
}

TEST(WatchTimeline, ALastLineThatWasCutIsLeftOut) {
  const auto timeline = WatchTimeline::parse(file() + "400,kiwoom:0059").value();
  EXPECT_EQ(timeline.state_at("kiwoom:005930", 500), Out);
  EXPECT_EQ(timeline.instruments().size(), 2u);
}

TEST(WatchTimeline, WhatIsNoChangeIsRefusedWithItsLine) {
  const std::string header{WatchTimeline::header()};
  for (const auto* wrong : {"x,kiwoom:005930,in,named\n", "1,,in,named\n", "1,kiwoom:005930,inside,named\n",
                            "1,kiwoom:005930,in,because\n", "1,kiwoom:005930,in,named,more\n", "\n"}) {
    const auto parsed = WatchTimeline::parse(header + wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_TRUE(parsed.error().message.contains("line 2")) << parsed.error().message;
  }
  EXPECT_FALSE(WatchTimeline::parse(file() + WatchTimeline::line(299, "kiwoom:005930", In, Named)));
  EXPECT_FALSE(WatchTimeline::parse("instrument,time\n"));
  EXPECT_FALSE(WatchTimeline::parse(""));
}

}  // namespace
}  // namespace stom
