#include "trade/watch_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/file_bytes.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ARecordOfWhoIsWatched : public ::testing::Test {
 protected:
  Result<WatchRecord> open(bool goes_on, UnixNanos begin) {
    return WatchRecord::open(file_, goes_on, begin, [this](const std::string& line) { said_.push_back(line); });
  }
  static std::string line(UnixNanos time, std::string_view instrument, WatchState state, WatchReason reason) {
    return WatchTimeline::line(time, instrument, state, reason);
  }

  ScratchFolder folder_ = ScratchFolder::make().value();
  std::filesystem::path file_ = folder_.path() / "watch.csv";
  std::vector<std::string> said_;
  const std::string header_{WatchTimeline::header()};
};

TEST_F(ARecordOfWhoIsWatched, HasNoLineThatIsEarlierThanTheOneBefore) {
  auto record = open(false, 5);
  ASSERT_TRUE(record);
  record->write(20, "kiwoom:A", WatchState::In, WatchReason::Named);
  record->write(10, "kiwoom:B", WatchState::In, WatchReason::Named);  // the clock was set back
  record->flush();
  EXPECT_EQ(stom::testing::bytes(file_), header_ + line(20, "kiwoom:A", WatchState::In, WatchReason::Named) +
                                             line(20, "kiwoom:B", WatchState::In, WatchReason::Named));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ARecordOfWhoIsWatched, GoesOnBehindWhatItHoldsAndEndsWhatAKilledProcessLeft) {
  const std::string before = header_ + line(50, "kiwoom:A", WatchState::In, WatchReason::Named);
  std::ofstream{file_, std::ios::binary} << before;
  auto record = open(true, 40);
  ASSERT_TRUE(record);
  record->write(45, "kiwoom:B", WatchState::In, WatchReason::Named);
  record->flush();
  EXPECT_EQ(stom::testing::bytes(file_), before + line(50, "kiwoom:A", WatchState::Out, WatchReason::Ended) +
                                             line(50, "kiwoom:B", WatchState::In, WatchReason::Named));
}

TEST_F(ARecordOfWhoIsWatched, KeepsWhatCannotBeReadAndSaysSo) {
  std::ofstream{file_, std::ios::binary} << "who,what\n";
  auto record = open(true, 40);
  ASSERT_TRUE(record);
  record->write(45, "kiwoom:B", WatchState::In, WatchReason::Named);
  record->flush();
  EXPECT_EQ(stom::testing::bytes(file_), "who,what\n" + line(45, "kiwoom:B", WatchState::In, WatchReason::Named));
  EXPECT_EQ(said_.size(), 1u);
}

TEST_F(ARecordOfWhoIsWatched, ThatCannotBeWrittenIsRefusedAtTheStart) {
  file_ = folder_.path() / "nowhere" / "watch.csv";
  const auto record = open(false, 5);
  ASSERT_FALSE(record);
  EXPECT_THAT(record.error().message, HasSubstr("watch.csv cannot be written"));
}

// What is buffered fails as it is brought to the system, and nobody writes behind that.
TEST_F(ARecordOfWhoIsWatched, ThatCannotBeWrittenAnyMoreSaysSoOnce) {
  auto record = open(false, 5);
  ASSERT_TRUE(record);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit full = before;
  full.rlim_cur = std::filesystem::file_size(file_);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  for (UnixNanos time = 10; time < 20; ++time) {
    record->write(time, "kiwoom:A", WatchState::In, WatchReason::Named);
    record->flush();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(said_, ElementsAre("watch.csv cannot be written: what is watched from now on is not in it"));
}

}  // namespace
}  // namespace stom::trade
