#include "engine/journal.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace stom {
namespace {

class JournalFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path{testing::TempDir()} /
            ("journal-" + std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  /// A short run: what was decided, and what the venue said. `price` is the one thing that differs between runs.
  static void write(Journal& journal, std::int64_t price) {
    journal.configuration("{\"strategy\":\"x\"}");
    journal.submit(
        10, 1, {.id = 1, .side = Side::Sell, .post_only = true, .quantity = {5}, .price = {price}, .stop_loss = {7}});
    journal.event({.kind = OrderEventKind::Filled,
                   .side = Side::Sell,
                   .id = 1,
                   .time = 11,
                   .local_time = 12,
                   .price = {price},
                   .quantity = {5},
                   .fee = {-3}},
                  1);
    journal.cancel(13, 2, 1);
    journal.log(14, "done");
    journal.end(15, 99);
  }
  std::string bytes() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::filesystem::path path_;
};

TEST_F(JournalFile, SaysWhatWasWritten) {
  Journal journal;
  ASSERT_TRUE(journal.open(path_));
  write(journal, 100);
  ASSERT_TRUE(journal.flush());
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 6u);
  EXPECT_EQ((*records)[0].text, "{\"strategy\":\"x\"}");
  EXPECT_EQ((*records)[1].order.price, Price{100});
  EXPECT_EQ((*records)[1].order.stop_loss, Price{7});
  EXPECT_TRUE((*records)[1].order.post_only);
  EXPECT_EQ((*records)[2].event.fee, Money{-3});
  EXPECT_EQ((*records)[2].event.local_time, 12);
  EXPECT_EQ((*records)[4].text, "done");
  EXPECT_EQ((*records)[5].messages, 99u);
}

TEST_F(JournalFile, TheHashIsTheSameWithAndWithoutAFileAndChangesWithOnePrice) {
  Journal with_file, without, other;
  ASSERT_TRUE(with_file.open(path_));
  write(with_file, 100);
  write(without, 100);
  write(other, 101);
  EXPECT_EQ(with_file.hash(), without.hash());
  EXPECT_NE(other.hash(), without.hash());
}

// Whatever byte the process dies at, the run made again goes on from there to the same file.
TEST_F(JournalFile, ARunMadeAgainCompletesAJournalCutAtAnyByte) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path_));
    write(journal, 100);
    ASSERT_TRUE(journal.flush());
  }
  const std::string whole = bytes();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    std::ofstream{path_, std::ios::binary | std::ios::trunc}.write(whole.data(), static_cast<std::streamsize>(cut));
    Journal again;
    ASSERT_TRUE(again.open(path_)) << cut;
    write(again, 100);
    ASSERT_TRUE(again.flush());
    ASSERT_FALSE(again.diverged()) << cut;
    ASSERT_EQ(bytes(), whole) << cut;
  }
}

TEST_F(JournalFile, ARunThatDecidesDifferentlyIsNoticedAndTheOldRecordsStay) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path_));
    write(journal, 100);
    ASSERT_TRUE(journal.flush());
  }
  const std::string whole = bytes();
  Journal again;
  ASSERT_TRUE(again.open(path_));
  write(again, 101);
  ASSERT_TRUE(again.flush());
  EXPECT_TRUE(again.diverged());
  EXPECT_EQ(bytes(), whole);
}

TEST_F(JournalFile, OtherFilesAndNewerJournalsAreRefused) {
  std::ofstream{path_} << "this is not a journal";
  EXPECT_EQ(read_journal(path_).error().code, Errc::BadData);
  std::ofstream{path_} << "STOMJRN9........";
  EXPECT_EQ(read_journal(path_).error().code, Errc::Newer);
}

}  // namespace
}  // namespace stom
