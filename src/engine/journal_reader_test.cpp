// A journal read in blocks is what was written, whole or from any record on, and also while it is still being written.
#include "engine/journal_reader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/unmapped_files.hpp"

namespace stom {
namespace {

std::string hash_at(const JournalPosition& position) { return Sha256{position.hash}.hex(); }

class AJournalFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path{testing::TempDir()} /
            (std::string{"journal-reader-"} + testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove(path_);
  }
  void TearDown() override {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_.string() + ".cut");
  }

  /// Orders and words, some of them longer than what is read at a time; its hash.
  std::string write(int records) const {
    Journal journal;
    EXPECT_TRUE(journal.open(path_));
    for (int i = 0; i < records; ++i) {
      const auto now = static_cast<UnixNanos>(i) * kMillisecond;
      if (i % 5 == 4)
        journal.log(now, std::string(i % 100 == 4 ? 600'000 : static_cast<std::size_t>(i), 'x'));
      else
        journal.submit(now, static_cast<std::uint64_t>(i),
                       {.id = static_cast<ClientOrderId>(i + 1), .quantity = {7 * i}, .price = {100 + i}});
    }
    EXPECT_TRUE(journal.flush());
    return journal.hash();
  }
  JournalReader reader() const { return JournalReader::open(path_, JournalReader::Sums::Kept).value(); }
  std::string bytes() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void put(std::string_view bytes) const { std::ofstream{path_, std::ios::binary} << bytes; }

  /// One of many megabytes is held against its position to the last byte, wherever a part ends in which it is looked
  /// at.
  void expect_to_be_held_against_its_positions() const {
    const std::string hash = write(1'605);
    const std::uint64_t size = std::filesystem::file_size(path_);
    ASSERT_GT(size, std::uint64_t{9} << 20);
    std::vector<JournalPosition> positions;
    auto all = reader();
    do {
      positions.push_back(all.position());
    } while (all.next() != nullptr);
    for (std::size_t i = 0; i < positions.size(); i += 107) {
      auto reader = this->reader();
      ASSERT_TRUE(reader.skip_to(positions[i])) << i;
      while (reader.next() != nullptr) {
      }
      EXPECT_EQ(hash_at(reader.position()), hash) << i;
    }
    std::fstream file{path_, std::ios::binary | std::ios::in | std::ios::out};
    const auto flip = [&](std::uint64_t at) {
      file.seekg(static_cast<std::streamoff>(at));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(at));
      file.put(static_cast<char>(byte ^ 16)).flush();
    };
    constexpr std::uint64_t kFirst = kJournalMagic.size(), kPart = std::uint64_t{4} << 20, kBlock = 1u << 18;
    for (const std::uint64_t at :
         {kFirst, kFirst + kBlock - 1, kFirst + kBlock, kPart - 1, kPart, 2 * kPart - 1, 2 * kPart, size - 1}) {
      flip(at);
      EXPECT_FALSE(reader().skip_to(positions.back())) << at;
      flip(at);
    }
    EXPECT_TRUE(reader().skip_to(positions.back()));
  }

  std::filesystem::path path_;
};

TEST_F(AJournalFile, IsReadRecordByRecordUnderItsHash) {
  const std::string hash = write(300);
  auto reader = this->reader();
  std::uint64_t n = 0;
  while (const JournalRecord* record = reader.next()) {
    ASSERT_EQ(record->kind, n % 5 == 4 ? RecordKind::Log : RecordKind::Submit) << n;
    ASSERT_EQ(record->time, static_cast<UnixNanos>(n) * kMillisecond);
    ASSERT_EQ(record->order.price.value, n % 5 == 4 ? 0 : static_cast<std::int64_t>(100 + n));
    ASSERT_EQ(record->text.size(), n % 5 != 4 ? 0 : n % 100 == 4 ? 600'000 : n);
    ++n;
  }
  EXPECT_TRUE(reader.status());
  const JournalPosition end = reader.position();
  EXPECT_EQ(end.records, 300u);
  EXPECT_EQ(end.bytes, std::filesystem::file_size(path_));
  EXPECT_EQ(hash_at(end), hash);
}

TEST_F(AJournalFile, IsGoneOnWithFromAnyRecord) {
  const std::string hash = write(120);
  std::vector<JournalPosition> positions;
  {
    auto reader = this->reader();
    do {
      positions.push_back(reader.position());
    } while (reader.next() != nullptr);
  }
  ASSERT_EQ(positions.size(), 121u);
  for (const JournalPosition& from : positions) {
    auto reader = this->reader();
    ASSERT_TRUE(reader.skip_to(from)) << from.records;
    Journal journal;
    std::vector<UnixNanos> times;
    const auto torn =
        journal.go_on(std::move(reader), [&](const JournalRecord& record) { times.push_back(record.time); });
    ASSERT_TRUE(torn) << torn.error().message;
    ASSERT_EQ(*torn, 0u);
    ASSERT_EQ(times.size(), 120 - from.records) << "only what is behind it is handed over";
    if (!times.empty()) {
      ASSERT_EQ(times.front(), static_cast<UnixNanos>(from.records) * kMillisecond);
    }
    ASSERT_EQ(journal.records(), 120u);
    ASSERT_EQ(journal.hash(), hash) << from.records;
  }
}

// A position is of one file: of another one, or of one that has lost its end or a bit, it is none.
TEST_F(AJournalFile, ThatIsNotTheSameUpToThereIsNotSkipped) {
  write(60);
  const std::string whole = bytes();
  JournalPosition middle;
  {
    auto reader = this->reader();
    for (int i = 0; i < 40; ++i) reader.next();
    middle = reader.position();
  }
  ASSERT_LT(middle.bytes, whole.size());
  const auto skips = [&] {
    auto reader = this->reader();
    const bool there = reader.skip_to(middle);
    // It stays at the beginning where it does not.
    const JournalRecord* next = reader.next();
    EXPECT_EQ(next != nullptr && next->request == 0, !there);
    return there;
  };
  EXPECT_TRUE(skips());
  put(whole.substr(0, middle.bytes));
  EXPECT_TRUE(reader().skip_to(middle)) << "nothing need be behind it";
  put(whole.substr(0, middle.bytes - 1));
  EXPECT_FALSE(skips());
  for (std::size_t at = 20; at < middle.bytes; at += 9'973) {
    std::string other = whole;
    other[at] = static_cast<char>(other[at] ^ 4);
    put(other);
    EXPECT_FALSE(reader().skip_to(middle)) << at;
  }
  std::string behind = whole;
  behind[middle.bytes + 1] = static_cast<char>(behind[middle.bytes + 1] ^ 4);
  put(behind);
  EXPECT_TRUE(reader().skip_to(middle)) << "what is behind it is not its business";
}

TEST_F(AJournalFile, OfManyMegabytesIsHeldAgainstItsPositionToTheLastByte) {
  expect_to_be_held_against_its_positions();
}

TEST_F(AJournalFile, IsHeldAgainstItsPositionAlsoWhereTheSystemDoesNotBringPartsOfIt) {
  bool brings_none = false;
  std::thread{[&] {
    brings_none = test::bring_no_parts_of_files();
    if (brings_none) expect_to_be_held_against_its_positions();
  }}.join();
  if (!brings_none) GTEST_SKIP() << "this system lets no thread refuse a call (seccomp)";
}

TEST_F(AJournalFile, IsReadWhileItIsWritten) {
  write(30);
  const std::string whole = bytes();
  std::size_t written = 8;
  put(whole.substr(0, written));
  auto reader = this->reader();
  EXPECT_EQ(reader.next(), nullptr);
  std::uint64_t n = 0;
  while (written < whole.size()) {
    const std::size_t more = std::min<std::size_t>(whole.size() - written, written % 7 + 1 + (n == 4 ? 300'000 : 0));
    std::ofstream{path_, std::ios::binary | std::ios::app} << whole.substr(written, more);
    written += more;
    while (reader.next() != nullptr) ++n;
    ASSERT_TRUE(reader.status());
    ASSERT_TRUE(reader.check_end()) << "what is half written is no spoiled record";
    ASSERT_LE(reader.position().bytes, written);
  }
  EXPECT_EQ(n, 30u);
}

TEST_F(AJournalFile, EndsAtItsLastWholeRecord) {
  write(3);
  const std::string whole = bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    auto reader = this->reader();
    std::uint64_t n = 0;
    while (reader.next() != nullptr) ++n;
    ASSERT_TRUE(reader.status()) << size;
    ASSERT_LT(n, 3u) << size;
    ASSERT_EQ(n, reader.position().records);
    ASSERT_LE(reader.position().bytes, std::max<std::size_t>(size, 8));
  }
  put(whole + std::string(100, '\xff'));  // a length that no file has
  auto reader = this->reader();
  while (reader.next() != nullptr) {
  }
  EXPECT_TRUE(reader.status());
  EXPECT_EQ(reader.position().bytes, whole.size());
}

// A kill leaves an end. Where whole records stand behind what is none, that was spoiled, and the journal holds more.
TEST_F(AJournalFile, ThatIsSpoiledBeforeItsEndIsNoShorterJournal) {
  write(60);
  const std::string whole = bytes();
  const auto end_of = [this](const std::string& text) {
    put(text);
    auto reader = this->reader();
    while (reader.next() != nullptr) {
    }
    EXPECT_TRUE(reader.status());
    return reader.check_end();
  };
  for (const std::size_t less : {0, 1, 7, 8, 9, 30}) EXPECT_TRUE(end_of(whole.substr(0, whole.size() - less))) << less;
  std::string last = whole;
  last.back() = static_cast<char>(last.back() ^ 1);
  EXPECT_TRUE(end_of(last)) << "nothing stands behind it";
  for (const std::size_t at : {8, 11, 12, 17}) {  // its length, a little and by far too much; its checksum; itself
    std::string spoiled = whole;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 4);
    const auto refused = end_of(spoiled);
    ASSERT_FALSE(refused) << at;
    EXPECT_EQ(refused.error().code, Errc::BadData);
    EXPECT_NE(refused.error().message.find("record 0 is not what was written"), std::string::npos)
        << refused.error().message;
    const auto read = read_journal(path_);
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().code, Errc::BadData);
  }
}

}  // namespace
}  // namespace stom
