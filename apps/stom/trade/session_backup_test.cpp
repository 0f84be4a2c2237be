// A session in a file: what comes back is what it was, and nothing is ever written over.
#include "trade/session_backup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/journal.hpp"
#include "engine/journal_reader.hpp"
#include "engine/journal_segment.hpp"
#include "tests/support/file_bytes.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

using stom::testing::bytes;

class ABackup : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(folder_);
    std::filesystem::create_directories(session() / "frames");
    std::ofstream{session() / "frames" / "a.gz"} << "12345";
    std::ofstream{session() / "emergency.log"} << "kill cancel\n";
    Journal journal;
    ASSERT_TRUE(journal.open(session() / "journal.stom"));
    journal.configuration("trade session=7");
    journal.submit(10, 1, {.id = 1, .quantity = {5}, .price = {100}});
    journal.log(12, "a word");
    ASSERT_TRUE(journal.flush());
  }
  std::filesystem::path session() const { return folder_->path() / "session"; }
  std::filesystem::path file() const { return folder_->path() / "a.stombak"; }
  std::filesystem::path again() const { return folder_->path() / "again"; }

  Result<ScratchFolder> folder_ = ScratchFolder::make();
};

TEST_F(ABackup, ComesBackAsItWas) {
  const auto made = back_up(session(), file());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->records, 3u);
  EXPECT_EQ(made->bytes, std::filesystem::file_size(file()));
  const auto back = restore_backup(file(), again());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->records, 3u);
  EXPECT_EQ(bytes(again() / "journal.stom"), bytes(session() / "journal.stom"));
  EXPECT_EQ(bytes(again() / "emergency.log"), "kill cancel\n");
  const auto index = nlohmann::json::parse(bytes(again() / "backup.json"));
  EXPECT_EQ(index["not_in_it"][0]["name"], "frames/a.gz");
  EXPECT_EQ(index["not_in_it"][0]["bytes"], 5);
}

TEST_F(ABackup, WhileItIsWrittenEndsWithAWholeRecord) {
  const std::string whole = bytes(session() / "journal.stom");
  std::ofstream{session() / "journal.stom", std::ios::binary | std::ios::app} << "\x14";
  ASSERT_TRUE(back_up(session(), file()));
  ASSERT_TRUE(restore_backup(file(), again()));
  EXPECT_EQ(bytes(again() / "journal.stom"), whole);
}

TEST_F(ABackup, OfAJournalInSegmentsHasAllOfItInOneFile) {
  const auto journal = session() / "journal.stom";
  const std::string whole = bytes(journal);
  auto reader = JournalReader::open(journal, JournalReader::Sums::Kept).value();
  ASSERT_NE(reader.next(), nullptr);
  ASSERT_NE(reader.next(), nullptr);
  ASSERT_TRUE(cut_journal(journal, reader.position()));
  const std::atomic<bool> go_on{false};
  ASSERT_TRUE(pack_segment(journal, 1, go_on));
  const auto made = back_up(session(), file());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->records, 3u);
  ASSERT_TRUE(restore_backup(file(), again()));
  EXPECT_EQ(bytes(again() / "journal.stom"), whole);
  std::filesystem::remove(file());
  std::filesystem::remove(sealed_path(journal, 1, true));
  const auto refused = back_up(session(), file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::NotFound);
  EXPECT_NE(refused.error().hint.find("put the file back"), std::string::npos) << refused.error().hint;
  EXPECT_FALSE(std::filesystem::exists(file()));
}

// A shorter one would be taken for all that there was.
TEST_F(ABackup, OfAJournalThatIsSpoiledBeforeItsEndIsNone) {
  std::string journal = bytes(session() / "journal.stom");
  journal[12] = static_cast<char>(journal[12] ^ 1);  // of the first record's checksum
  std::ofstream{session() / "journal.stom", std::ios::binary} << journal;
  const auto refused = back_up(session(), file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::BadData);
  EXPECT_NE(refused.error().message.find("record 0 is not what was written"), std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(std::filesystem::exists(file()));
}

// What is there and cannot be read is not taken for empty.
TEST_F(ABackup, OfAFileThatCannotBeReadIsNone) {
  std::filesystem::remove(session() / "emergency.log");
  std::filesystem::create_directory(session() / "emergency.log");
  const auto refused = back_up(session(), file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, (session() / "emergency.log").string() + " is a folder, not a file");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(ABackup, WritesOverNothing) {
  std::ofstream{file()} << "mine";
  const auto refused = back_up(session(), file());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Usage);
  EXPECT_EQ(bytes(file()), "mine");
  std::filesystem::remove(file());
  ASSERT_TRUE(back_up(session(), file()));
  std::filesystem::create_directory(again());
  std::ofstream{again() / "note"} << "mine";
  EXPECT_FALSE(restore_backup(file(), again()));
  EXPECT_FALSE(std::filesystem::exists(again() / "journal.stom"));
  EXPECT_FALSE(restore_backup(file(), session()));
}

TEST_F(ABackup, ThatIsSpoiledAnywhereIsRefusedAndLeavesNothing) {
  ASSERT_TRUE(back_up(session(), file()));
  const std::string good = bytes(file());
  const auto refused = [&](const std::string& spoiled) {
    std::ofstream{file(), std::ios::binary | std::ios::trunc} << spoiled;
    return !restore_backup(file(), again()) && !std::filesystem::exists(again());
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string spoiled = good;
    spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << at % 8));
    ASSERT_TRUE(refused(spoiled)) << "byte " << at;
    ASSERT_TRUE(refused(good.substr(0, at))) << "cut at " << at;
  }
  std::ofstream{file(), std::ios::binary | std::ios::trunc} << good;
  EXPECT_TRUE(restore_backup(file(), again()));
}

TEST_F(ABackup, OfNoSessionIsAnError) {
  const auto none = back_up(folder_->path() / "nowhere", file());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::NotFound);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

}  // namespace
}  // namespace stom::trade
