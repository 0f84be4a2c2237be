// A copy of a journal in a second place: whole records of it and nothing else, also where that place comes and goes.
#include "trade/journal_copy.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <vector>

#include "engine/journal.hpp"
#include "engine/journal_reader.hpp"
#include "engine/journal_segment.hpp"
#include "tests/support/file_bytes.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

using stom::testing::bytes;

class ACopyOfAJournal : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(folder_);
    ASSERT_TRUE(journal_.open(file()));
    journal_.configuration("trade");
    write(3);
  }
  void write(int orders) {
    for (; orders > 0; --orders, ++id_)
      journal_.submit(clock_.now(), id_, {.id = id_, .quantity = {5}, .price = {100}});
    ASSERT_TRUE(journal_.hand_over());
  }
  /// The session ends, and what it has written is a segment of its own as it goes on.
  void cut() {
    journal_ = Journal{};
    auto reader = JournalReader::open(file(), JournalReader::Sums::Kept).value();
    while (reader.next() != nullptr) {
    }
    ASSERT_TRUE(cut_journal(file(), reader.position()));
    ASSERT_TRUE(journal_.go_on(file(), [](const JournalRecord&) {}));
  }
  std::filesystem::path file() const { return folder_->path() / "journal.stom"; }
  std::filesystem::path place() const { return folder_->path() / "second"; }
  std::filesystem::path copy() const { return place() / "journal.stom"; }
  Result<std::unique_ptr<JournalCopy>> open() {
    return JournalCopy::open(file(), place(), clock_, [this](const std::string& line) { said_.push_back(line); });
  }
  void pass(DurationNanos time) { clock_.set(clock_.now() + time); }

  Result<ScratchFolder> folder_ = ScratchFolder::make();
  ManualClock clock_{kDay};
  Journal journal_;
  ClientOrderId id_ = 1;
  std::vector<std::string> said_;
};

TEST_F(ACopyOfAJournal, LacksWhatItSaysAndNoMore) {
  auto copy = open();
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(bytes(this->copy()), bytes(file()));
  EXPECT_EQ((*copy)->state()["lag_bytes"], 0);
  EXPECT_EQ((*copy)->state()["lag_ms"], 0);
  pass(kSecond);
  (*copy)->look();  // in step since then
  write(2);
  pass(70 * kMillisecond);
  const auto state = (*copy)->state();
  EXPECT_EQ(state["bytes"], bytes(this->copy()).size());
  EXPECT_EQ(state["lag_bytes"], bytes(file()).size() - bytes(this->copy()).size());
  EXPECT_EQ(state["lag_ms"], 70);
  (*copy)->look();
  EXPECT_EQ((*copy)->state()["lag_bytes"], 0);
  EXPECT_EQ(bytes(this->copy()), bytes(file()));
}

TEST_F(ACopyOfAJournal, HasWholeRecordsAlone) {
  auto copy = open();
  ASSERT_TRUE(copy);
  const std::string before = bytes(file());
  std::ofstream{file(), std::ios::binary | std::ios::app} << "\x14";  // a record that is being written
  (*copy)->look();
  EXPECT_EQ(bytes(this->copy()), before);
  EXPECT_EQ((*copy)->state()["lag_bytes"], 1);
}

TEST_F(ACopyOfAJournal, SaysOnceThatItIsBehind) {
  auto copy = open();
  ASSERT_TRUE(copy);
  std::ofstream{file(), std::ios::binary | std::ios::app} << "\x14";  // a record that does not come to its end
  pass(5 * kSecond);
  (*copy)->look();
  EXPECT_TRUE(said_.empty());
  for (int looks = 0; looks < 3; ++looks) {
    pass(kMillisecond);
    (*copy)->look();
  }
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("more than 5 s behind"), std::string::npos) << said_[0];
}

TEST_F(ACopyOfAJournal, IsGoneOnWithWhereItEnded) {
  ASSERT_TRUE(open());
  std::ofstream{copy(), std::ios::binary | std::ios::app} << "\x14";  // its machine stopped while it was written
  write(2);
  ASSERT_TRUE(open());
  EXPECT_EQ(bytes(copy()), bytes(file()));
}

TEST_F(ACopyOfAJournal, OfAnotherSessionIsNotWrittenOver) {
  std::filesystem::create_directory(place());
  {
    Journal other;
    ASSERT_TRUE(other.open(copy()));
    other.configuration("another");
    ASSERT_TRUE(other.flush());
  }
  const std::string before = bytes(copy());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, copy().string() + " is the journal of another session");
  EXPECT_EQ(bytes(copy()), before);
}

// A power cut may cost the session's disk its last second, and not the other place.
TEST_F(ACopyOfAJournal, ThatKnowsMoreThanTheJournalIsNotCut) {
  ASSERT_TRUE(open());
  const std::string whole = bytes(copy());
  std::filesystem::resize_file(file(), whole.size() - 3);
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("this disk has lost them"), std::string::npos) << refused.error().message;
  EXPECT_EQ(refused.error().hint, "cp " + copy().string() + " " + file().string() + ", and start again");
  EXPECT_EQ(bytes(copy()), whole);
}

TEST_F(ACopyOfAJournal, SaysWhereItsPlaceIsGoneAndCatchesUp) {
  auto copy = open();
  ASSERT_TRUE(copy);
  std::filesystem::rename(place(), folder_->path() / "away");
  write(2);
  (*copy)->look();
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("is gone; trading goes on without it"), std::string::npos) << said_[0];
  EXPECT_FALSE((*copy)->state()["trouble"].is_null());
  pass(2 * kSecond);
  (*copy)->look();
  EXPECT_EQ(said_.size(), 1u) << "it is said once";
  EXPECT_FALSE(std::filesystem::exists(place())) << "where another disk lay, nothing is begun";
  std::filesystem::rename(folder_->path() / "away", place());
  pass(2 * kSecond);
  (*copy)->look();
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_NE(said_[1].find("is copied again"), std::string::npos) << said_[1];
  EXPECT_EQ(bytes(this->copy()), bytes(file()));
  EXPECT_TRUE((*copy)->state()["trouble"].is_null());
}

// The session's start cuts its journal; the copy is one file, and goes on behind what it has.
TEST_F(ACopyOfAJournal, HasAllSegmentsInOneFile) {
  ASSERT_TRUE(open());
  cut();
  write(3);
  cut();
  const std::atomic<bool> go_on{false};
  ASSERT_TRUE(pack_segment(file(), 1, go_on));
  write(2);
  const std::string whole = whole_journal(file()).value();
  {
    auto goes_on = open();
    ASSERT_TRUE(goes_on) << goes_on.error().message;
    EXPECT_EQ(bytes(copy()), whole);
    EXPECT_EQ((*goes_on)->state()["lag_bytes"], 0);
    write(2);
    EXPECT_EQ((*goes_on)->state()["lag_bytes"], whole_journal(file()).value().size() - whole.size());
    (*goes_on)->look();
    EXPECT_EQ(bytes(copy()), whole_journal(file()).value());
  }
  std::filesystem::remove_all(place());
  ASSERT_TRUE(open()) << "begun anew it takes the old ones, too";
  EXPECT_EQ(bytes(copy()), whole_journal(file()).value());
}

TEST_F(ACopyOfAJournal, NeedsAnOldSegmentOnlyWhereItLacksIt) {
  ASSERT_TRUE(open());
  cut();
  write(2);
  const std::string half = bytes(copy());
  std::filesystem::remove(sealed_path(file(), 1, false));
  ASSERT_TRUE(open());
  EXPECT_EQ(bytes(copy()).substr(0, half.size()), half);
  EXPECT_GT(bytes(copy()).size(), half.size());
  std::filesystem::remove_all(place());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::NotFound);
}

TEST_F(ACopyOfAJournal, ThatEndedInASegmentThatIsGoneIsOfThisSessionStill) {
  ASSERT_TRUE(open());
  const std::string half = bytes(copy());
  write(2);
  cut();
  write(2);
  std::filesystem::remove(sealed_path(file(), 1, false));
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::NotFound) << refused.error().message;
  EXPECT_EQ(bytes(copy()), half);
}

TEST_F(ACopyOfAJournal, OfASegmentIsNone) {
  std::filesystem::create_directory(place());
  cut();
  std::filesystem::copy_file(file(), copy());
  const std::string before = bytes(copy());
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, copy().string() + " is the journal of another session");
  EXPECT_EQ(bytes(copy()), before);
}

TEST_F(ACopyOfAJournal, IsInAFolderOfItsOwn) {
  const auto refused = JournalCopy::open(file(), folder_->path(), clock_, [](const std::string&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, file().string() + " is the journal itself");
}

// A session that cannot be copied is not begun: the next start would go on with what was left of it.
TEST_F(ACopyOfAJournal, HasItsPlaceLookedAtBeforeThereIsAJournal) {
  const auto session = folder_->path() / "session";
  std::filesystem::create_directory(session);
  const auto why = [&](const std::filesystem::path& to) {
    const auto fits = JournalCopy::check_place(session / "journal.stom", to);
    return fits ? std::string{} : fits.error().message;
  };
  EXPECT_EQ(why(place()), "");
  EXPECT_EQ(why(place()), "") << "once more, after a start that failed of something else";
  EXPECT_EQ(why(session), (session / "journal.stom").string() + " is the journal itself");
  EXPECT_TRUE(why(file()).starts_with("cannot make " + file().string())) << "it is a file: " << why(file());
  std::filesystem::create_directories(folder_->path() / "odd" / "journal.stom");
  EXPECT_NE(why(folder_->path() / "odd").find("cannot write"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(session));
  const auto copy = open();
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(why(place()), "another session copies its journal to " + place().string());
}

TEST_F(ACopyOfAJournal, OfAnotherSessionIsNoPlaceForANewOne) {
  ASSERT_TRUE(open());
  const std::string before = bytes(copy());
  const auto fits = JournalCopy::check_place(folder_->path() / "session" / "journal.stom", place());
  ASSERT_FALSE(fits);
  EXPECT_EQ(fits.error().message, copy().string() + " is the journal of another session");
  EXPECT_EQ(bytes(copy()), before);
}

}  // namespace
}  // namespace stom::trade
