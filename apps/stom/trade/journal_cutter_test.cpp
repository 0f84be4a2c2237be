// A journal that is cut while it is written: whenever somebody reads it, or the process is gone, it has all that was
// handed over, and whoever follows it sees one journal.
#include "trade/journal_cutter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/random.hpp"
#include "engine/journal_reader.hpp"
#include "tests/support/file_bytes.hpp"
#include "trade/journal_copy.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

namespace fs = std::filesystem;
using stom::testing::bytes;

class AJournalThatIsCut : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(scratch_);
    begin();
  }
  void begin() {
    cutter_.reset();
    keeper_.reset();
    sync_.reset();
    journal_ = Journal{};
    in_one_file_ = Journal{};
    fs::remove_all(folder());
    fs::remove(plain());
    fs::create_directories(folder());
    said_.clear();
    id_ = 1;
    ASSERT_TRUE(journal_.open(file()));
    ASSERT_TRUE(in_one_file_.open(plain()));
    ASSERT_TRUE(journal_.hash_aside());
    write(3);
    sync_ = FileSync::open(file()).value();
    keeper_ = std::make_unique<JournalReader>(JournalReader::open(file(), JournalReader::Sums::Kept).value());
    cutter_ = JournalCutter::open(file(), journal_, *sync_, 1, [this](const std::string& line) {
                said_.push_back(line);
              }).value();
  }
  void write(std::uint64_t records) {
    for (; records > 0; --records, ++id_)
      for (Journal* one : {&journal_, &in_one_file_}) {
        if (id_ % 7 == 0)
          one->log(static_cast<UnixNanos>(id_), std::string(id_ == 35 ? 300'000 : id_ % 50, 'x'));
        else
          one->submit(static_cast<UnixNanos>(id_), id_, {.id = id_, .quantity = {5}, .price = {100}});
      }
    ASSERT_TRUE(journal_.hand_over());
    ASSERT_TRUE(in_one_file_.hand_over());
  }
  /// Where a snapshot would be: behind all that was handed over.
  JournalPosition snapshot() {
    while (keeper_->next() != nullptr) {
    }
    EXPECT_TRUE(keeper_->status());
    return keeper_->position();
  }
  /// What a process that starts now would read.
  void expect_nothing_lost() const {
    const auto whole = whole_journal(file());
    ASSERT_TRUE(whole) << whole.error().message;
    ASSERT_EQ(*whole, bytes(plain()));
  }
  std::size_t segments() const { return segments_of(file()).value().size(); }

  fs::path folder() const { return scratch_->path() / "session"; }
  fs::path file() const { return folder() / "journal.stom"; }
  fs::path plain() const { return scratch_->path() / "plain"; }

  Result<ScratchFolder> scratch_ = ScratchFolder::make();
  Journal journal_, in_one_file_;
  ClientOrderId id_ = 1;
  std::vector<std::string> said_;
  std::unique_ptr<FileSync> sync_;
  std::unique_ptr<JournalReader> keeper_;
  std::unique_ptr<JournalCutter> cutter_;
};

TEST_F(AJournalThatIsCut, HasAllOfItAtEachStep) {
  const auto steps = [&](std::size_t expected) {
    expect_nothing_lost();
    EXPECT_EQ(segments(), expected);
    write(2);
    expect_nothing_lost();
    EXPECT_EQ(segments(), expected);
  };
  EXPECT_FALSE(cutter_->look(std::nullopt)) << "without a snapshot nothing is cut";
  EXPECT_FALSE(cutter_->look(snapshot()));  // the new file is offered,
  steps(1);                                 // and the engine writes to both
  EXPECT_FALSE(cutter_->look(snapshot()));  // it has the name,
  steps(2);                                 // and the engine writes to it alone
  EXPECT_TRUE(cutter_->look(snapshot()));
  steps(2);
  EXPECT_EQ(said_, std::vector<std::string>{"the journal was cut behind its record 3"});
  sync_->ask(1);
  sync_->wait();
  EXPECT_TRUE(sync_->status());
  EXPECT_EQ(journal_.hash(), in_one_file_.hash());
}

// Whatever comes when: records, the steps of a cut, a process that follows, a copy, and the end of the process.
TEST_F(AJournalThatIsCut, LosesNothingHoweverItsStepsFall) {
  const ManualClock clock{kDay};
  const std::atomic<bool> go_on{false};
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    begin();
    Random random{seed};
    fs::remove_all(scratch_->path() / "second");
    auto copy = JournalCopy::open(file(), scratch_->path() / "second", clock, [](const std::string&) {}).value();
    auto follower = JournalReader::open(file(), JournalReader::Sums::Kept).value();
    std::uint64_t sealed = 0;
    for (int i = 0; i < 150; ++i) {
      switch (random.below(6)) {
        case 0:
        case 1:
          write(1 + random.below(3));
          break;
        case 2:
        case 3:
          if (cutter_->look(snapshot())) ++sealed;
          break;
        case 4:
          copy->look();
          while (follower.next() != nullptr) {
          }
          ASSERT_TRUE(follower.status());
          break;
        case 5:
          if (sealed > 0 && random.below(2) == 0) (void)pack_segment(file(), sealed, go_on);
          break;
      }
      expect_nothing_lost();
    }
    ASSERT_GT(sealed, 3u);
    EXPECT_EQ(journal_.hash(), in_one_file_.hash());
    while (follower.next() != nullptr) {
    }
    EXPECT_EQ(Sha256{follower.position().hash}.hex(), in_one_file_.hash());
    copy->look();
    EXPECT_EQ(bytes(scratch_->path() / "second" / "journal.stom"), bytes(plain()));
    EXPECT_EQ(copy->state()["lag_bytes"], 0);
    if (seed % 2 == 0) cutter_->finish();  // else the process is gone
    cutter_.reset();
    keeper_.reset();
    journal_ = Journal{};
    ASSERT_TRUE(journal_.go_on(file(), [](const JournalRecord&) {}));
    write(5);
    expect_nothing_lost();
    EXPECT_EQ(journal_.hash(), in_one_file_.hash());
    EXPECT_TRUE(said_.size() == sealed || said_.size() == sealed + 1);
  }
}

TEST_F(AJournalThatIsCut, IsOneWhereverItsEndComes) {
  for (int steps = 0; steps < 6; ++steps) {
    SCOPED_TRACE(fmt::format("behind {} steps", steps));
    begin();
    for (int step = 0; step < steps; ++step) {
      if (step % 2 == 0)
        (void)cutter_->look(snapshot());
      else
        write(1);
    }
    cutter_->finish();
    ASSERT_TRUE(journal_.flush());
    expect_nothing_lost();
    EXPECT_EQ(segments(), steps < 3 ? 1u : 2u);
    EXPECT_FALSE(fs::exists(file().string() + ".new"));
    write(2);
    expect_nothing_lost();
  }
}

// The engine writes on another thread than the one that cuts.
TEST_F(AJournalThatIsCut, IsCutFromAnotherThread) {
  std::atomic<bool> over{false};
  std::thread engine{[&] {
    while (!over.load()) {
      write(1);
      std::this_thread::yield();
    }
  }};
  std::uint64_t sealed = 0;
  while (sealed < 5)
    if (cutter_->look(snapshot())) ++sealed;
  over.store(true);
  engine.join();
  cutter_->finish();
  expect_nothing_lost();
  EXPECT_EQ(journal_.hash(), in_one_file_.hash());
  EXPECT_GE(segments(), 6u);
}

TEST_F(AJournalThatIsCut, GoesOnInOneFileWhereTheNextCannotBeMade) {
  fs::create_directories(file().string() + ".new");  // a folder in its place
  EXPECT_FALSE(cutter_->look(snapshot()));
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("the journal is not cut: cannot write"), std::string::npos) << said_[0];
  write(2);
  EXPECT_FALSE(cutter_->look(snapshot()));
  EXPECT_EQ(said_.size(), 1u) << "it is said once";
  expect_nothing_lost();
}

TEST_F(AJournalThatIsCut, GoesOnInOneFileWhereTheOldCannotHaveItsOtherName) {
  EXPECT_FALSE(cutter_->look(snapshot()));
  write(1);
  fs::create_directories(sealed_path(file(), 1, false) / "in the way");
  EXPECT_FALSE(cutter_->look(snapshot()));
  write(1);
  EXPECT_FALSE(cutter_->look(snapshot()));
  fs::remove_all(sealed_path(file(), 1, false));
  write(1);
  EXPECT_FALSE(cutter_->look(snapshot()));
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_NE(said_[0].find("the journal is not cut: cannot replace"), std::string::npos) << said_[0];
  expect_nothing_lost();
  EXPECT_EQ(segments(), 1u);
  EXPECT_FALSE(fs::exists(file().string() + ".new"));
}

// What the engine sees of a file that takes no more.
TEST_F(AJournalThatIsCut, IsWrittenToItsOwnFileWhereTheOtherTakesNoMore) {
  cutter_.reset();
  JournalMove move;
  move.from = move.to = -1;
  const auto offer = [&](JournalMove::Step step) {
    move.step.store(step);
    journal_.move_by(&move);
  };
  offer(JournalMove::Step::Doubled);
  write(1);
  EXPECT_EQ(move.step.load(), JournalMove::Step::Failed);
  offer(JournalMove::Step::Off);
  write(1);
  EXPECT_EQ(move.step.load(), JournalMove::Step::Over);
  expect_nothing_lost();
  // It may have the name already: a record that it does not take must not be acted on.
  offer(JournalMove::Step::Naming);
  journal_.log(1, "more");
  EXPECT_FALSE(journal_.hand_over());
  journal_.move_by(nullptr);
}

}  // namespace
}  // namespace stom::trade
