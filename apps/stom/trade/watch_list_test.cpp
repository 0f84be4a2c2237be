// watch.csv over a restart: what a killed process left as watched is so no more, and what is written behind it can be
// read.
#include "trade/watch_list.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/support/file_bytes.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

class AWatchFile : public ::testing::Test {
 protected:
  static std::string in(UnixNanos time, std::string_view instrument) {
    return WatchTimeline::line(time, instrument, WatchState::In, WatchReason::Named);
  }
  void holds(const std::string& text) const { std::ofstream{file_, std::ios::binary} << text; }
  /// Ended at that time, and the lines that are to be written behind it written.
  WatchTimeline ended(UnixNanos now) const {
    const auto end = end_watch_file(file_, now);
    EXPECT_TRUE(end);
    std::ofstream{file_, std::ios::binary | std::ios::app} << end->lines;
    return WatchTimeline::parse(stom::testing::bytes(file_)).value();
  }

  ScratchFolder folder_ = ScratchFolder::make().value();
  std::filesystem::path file_ = folder_.path() / "watch.csv";
  std::string header_{WatchTimeline::header()};
};

TEST_F(AWatchFile, OfAProcessThatWasKilledIsEnded) {
  holds(header_ + in(10, "kiwoom:A") + WatchTimeline::line(10, "kiwoom:B", WatchState::Waiting, WatchReason::Full) +
        in(10, "kiwoom:C") + WatchTimeline::line(20, "kiwoom:C", WatchState::Out, WatchReason::Dropped));
  const auto timeline = ended(100);
  const WatchTimeline::Change end{100, WatchState::Out, WatchReason::Ended};
  EXPECT_EQ(timeline.instruments().at("kiwoom:A").back(), end);
  EXPECT_EQ(timeline.instruments().at("kiwoom:B").back(), end);
  EXPECT_EQ(timeline.instruments().at("kiwoom:C").back().reason, WatchReason::Dropped);
  EXPECT_EQ(timeline.state_at("kiwoom:A", 99), WatchState::In) << "until when it was so nobody knows";
}

TEST_F(AWatchFile, ThatEndedIsLeftAsItIs) {
  holds(header_ + in(10, "kiwoom:A") + WatchTimeline::line(20, "kiwoom:A", WatchState::Out, WatchReason::Ended));
  EXPECT_EQ(end_watch_file(file_, 100)->lines, "");
}

TEST_F(AWatchFile, LosesHalfALineSoThatWhatComesBehindItCanBeRead) {
  holds(header_ + in(10, "kiwoom:A") + "20,kiwoom:B,i");
  const auto timeline = ended(100);
  EXPECT_EQ(timeline.instruments().size(), 1U);
  EXPECT_EQ(timeline.state_at("kiwoom:A", 100), WatchState::Out);
}

TEST_F(AWatchFile, IsNotEndedBeforeItsLastLine) {
  holds(header_ + in(500, "kiwoom:A"));
  EXPECT_EQ(end_watch_file(file_, 100)->time, 500) << "the clock was set back";
  EXPECT_EQ(ended(100).instruments().at("kiwoom:A").back().time, 500);
}

TEST_F(AWatchFile, BeginsWhereThereIsNone) {
  EXPECT_TRUE(ended(100).instruments().empty());
  holds("");
  EXPECT_TRUE(ended(100).instruments().empty()) << "killed before its first line was written";
}

TEST_F(AWatchFile, ThatIsAnotherFileIsRefusedAndKept) {
  holds("who,what\n");
  EXPECT_FALSE(end_watch_file(file_, 100));
  EXPECT_EQ(stom::testing::bytes(file_), "who,what\n");
}

}  // namespace
}  // namespace stom::trade
