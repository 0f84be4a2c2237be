// A journal in segments is the journal that it was: wherever it was cut, packed or not, and at whichever step a crash
// came.
#include "engine/journal_segment.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "engine/journal.hpp"
#include "engine/journal_reader.hpp"

namespace stom {
namespace {

const std::atomic<bool> kNeverStopped{false};

class AJournalInSegments : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder());
    std::filesystem::create_directories(folder());
  }
  void TearDown() override { std::filesystem::remove_all(folder()); }

  std::filesystem::path folder() const {
    return std::filesystem::path{::testing::TempDir()} /
           fmt::format("segments-{}", ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  std::filesystem::path journal() const { return folder() / "journal.stom"; }
  std::filesystem::path sealed(std::uint64_t number) const { return sealed_path(journal(), number, false); }
  std::filesystem::path packed(std::uint64_t number) const { return sealed_path(journal(), number, true); }

  /// Orders and words, some longer than what is read at a time.
  static void add(Journal& journal, int from, int to) {
    for (int i = from; i < to; ++i) {
      const auto now = static_cast<UnixNanos>(i) * kMillisecond;
      if (i % 5 == 4)
        journal.log(now, std::string(i % 100 == 4 ? 300'000 : static_cast<std::size_t>(i), 'x'));
      else
        journal.submit(now, static_cast<std::uint64_t>(i),
                       {.id = static_cast<ClientOrderId>(i + 1), .quantity = {7 * i}, .price = {100 + i}});
    }
  }
  /// In one file; all its places.
  std::vector<JournalPosition> write(int records) const {
    {
      Journal journal;
      EXPECT_TRUE(journal.open(this->journal()));
      add(journal, 0, records);
      EXPECT_TRUE(journal.flush());
    }
    return places();
  }
  std::vector<JournalPosition> places() const {
    std::vector<JournalPosition> all;
    auto reader = JournalReader::open(journal(), JournalReader::Sums::Kept).value();
    do {
      all.push_back(reader.position());
    } while (reader.next() != nullptr);
    EXPECT_TRUE(reader.status()) << reader.status().error().message;
    return all;
  }
  std::string whole() const {
    auto all = whole_journal(journal());
    EXPECT_TRUE(all) << all.error().message;
    return all ? *all : "";
  }
  void cut(const JournalPosition& at) const {
    const auto done = cut_journal(journal(), at);
    ASSERT_TRUE(done) << done.error().message;
  }
  void pack(std::uint64_t number) const {
    const auto done = pack_segment(journal(), number, kNeverStopped);
    ASSERT_TRUE(done) << done.error().message;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& one : std::filesystem::directory_iterator{folder()}) all.push_back(one.path().filename().string());
    std::ranges::sort(all);
    return all;
  }
  static std::string bytes(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  static void put(const std::filesystem::path& file, std::string_view what) {
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(what.data(),
                                                                  static_cast<std::streamsize>(what.size()));
  }
  /// Why it cannot be read from its first record to its last; nothing: it can.
  std::optional<Error> refusal() const {
    auto reader = JournalReader::open(journal());
    if (!reader) return reader.error();
    while (reader->next() != nullptr) {
    }
    return reader->status() ? std::nullopt : std::optional{reader->status().error()};
  }
  /// `always`: refused.
  void expect_refused_or_whole(const std::string& all, bool always) const {
    const auto refused = refusal();
    EXPECT_TRUE(refused || !always) << "it was read";
    if (refused) {
      EXPECT_EQ(refused->code, Errc::BadData) << refused->message;
    } else {
      EXPECT_EQ(whole(), all);
    }
  }
};

std::string hash_behind(const JournalPosition& place) { return Sha256{place.hash}.hex(); }

// Cut anywhere, as often as one likes, some of it packed: the bytes, the places and the hash are those of one file, and
// new records go on behind them as there.
TEST_F(AJournalInSegments, IsTheJournalThatItWasWhereverItWasCut) {
  constexpr int kRecords = 120, kMore = 40;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SetUp();
    Random random{seed};
    const std::vector<JournalPosition> places = write(kRecords);
    const std::string all = whole();
    ASSERT_EQ(all, bytes(journal()));
    std::uint64_t segments = 1;
    for (std::size_t at = 1 + random.below(30); at < places.size(); at += 1 + random.below(30)) {
      cut(places[at]);
      ++segments;
      if (random.below(2) == 0) pack(segments - 1);
      ASSERT_EQ(whole(), all);
    }
    const auto files = segments_of(journal()).value();
    ASSERT_EQ(files.size(), segments);
    ASSERT_GT(segments, 2u);
    const auto again = this->places();
    ASSERT_EQ(again.size(), places.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      ASSERT_EQ(again[i].bytes, places[i].bytes);
      ASSERT_EQ(again[i].check, places[i].check);
      ASSERT_EQ(hash_behind(again[i]), hash_behind(places[i]));
      auto reader = JournalReader::open(journal()).value();
      ASSERT_TRUE(reader.skip_to(places[i])) << i;
      std::size_t left = 0;
      while (reader.next() != nullptr) ++left;
      ASSERT_TRUE(reader.status());
      ASSERT_EQ(left, kRecords - i);
    }
    Journal in_one_file;
    add(in_one_file, 0, kRecords + kMore);
    Journal journal;
    std::uint64_t told = 0;
    auto from = JournalReader::open(this->journal(), JournalReader::Sums::Kept).value();
    if (random.below(2) == 0) {
      ASSERT_TRUE(from.skip_to(places.back()));
    }
    const auto torn = journal.go_on(std::move(from), [&](const JournalRecord&) { ++told; });
    ASSERT_TRUE(torn) << torn.error().message;
    EXPECT_TRUE(told == 0 || told == kRecords);
    ASSERT_TRUE(journal.hash_aside());
    add(journal, kRecords, kRecords + kMore);
    EXPECT_EQ(journal.hash(), in_one_file.hash());
    ASSERT_TRUE(journal.flush());
    EXPECT_TRUE(whole().starts_with(all));
    EXPECT_EQ(hash_behind(this->places().back()), in_one_file.hash());
  }
}

// What a kill -9 at any step leaves is a journal, which goes on, and which is cut and packed the next time.
TEST_F(AJournalInSegments, IsWholeAfterACrashAtAnyStep) {
  const std::vector<JournalPosition> places = write(60);
  const std::string all = whole();
  cut(places[20]);
  const std::string fresh = bytes(journal());
  pack(1);
  const std::string zipped = bytes(packed(1));
  ASSERT_EQ(names(), (std::vector<std::string>{"journal.000001.stom.gz", "journal.stom"}));
  const auto new_file = [&] { return journal().string() + ".new"; };
  const auto begun = [&] { put(journal(), all); };
  const auto done = [&] {
    put(journal(), fresh);
    put(sealed(1), all);  // with what stood behind the cut
  };
  struct Step {
    const char* name;
    std::function<void()> leave;
  };
  const std::vector<Step> steps{
      {"nothing was done", begun},
      {"half of the new file is there", [&] { begun(), put(new_file(), fresh.substr(0, fresh.size() / 2)); }},
      {"all of it is", [&] { begun(), put(new_file(), fresh); }},
      {"the old one has its other name",
       [&] { begun(), put(new_file(), fresh), std::filesystem::create_hard_link(journal(), sealed(1)); }},
      {"the new one is the journal", done},
      {"half of the packed one is there", [&] { done(), put(packed(1).string() + ".new", zipped.substr(0, 40)); }},
      {"all of it is", [&] { done(), put(packed(1).string() + ".new", zipped); }},
      {"it has its name", [&] { done(), put(packed(1), zipped); }},
      {"what it was packed from is gone", [&] { put(journal(), fresh), put(packed(1), zipped); }},
  };
  for (const Step& step : steps) {
    SCOPED_TRACE(step.name);
    SetUp();
    step.leave();
    ASSERT_EQ(whole(), all);
    ASSERT_FALSE(refusal());
    {
      Journal journal;
      const auto torn = journal.go_on(this->journal(), [](const JournalRecord&) {});
      ASSERT_TRUE(torn) << torn.error().message;
      ASSERT_EQ(*torn, 0u);
      add(journal, 60, 70);
      ASSERT_TRUE(journal.flush());
    }
    const std::string more = whole();
    ASSERT_TRUE(more.starts_with(all));
    ASSERT_GT(more.size(), all.size());
    cut(places[20]);
    if (std::filesystem::exists(sealed(1))) pack(1);
    EXPECT_EQ(whole(), more);
    EXPECT_EQ(names(), (std::vector<std::string>{"journal.000001.stom.gz", "journal.stom"}));
  }
}

// Half a record at the end is cut off as ever, of the newest alone.
TEST_F(AJournalInSegments, MayEndWithinARecord) {
  const std::vector<JournalPosition> places = write(30);
  const std::string all = whole();
  std::ofstream{journal(), std::ios::binary | std::ios::app} << "\x14half";
  cut(places[10]);
  EXPECT_EQ(whole(), all);
  Journal journal;
  const auto torn = journal.go_on(this->journal(), [](const JournalRecord&) {});
  ASSERT_TRUE(torn);
  EXPECT_EQ(*torn, 5u);
  EXPECT_EQ(bytes(this->journal().string() + ".cut"), "\x14half");
  EXPECT_EQ(journal.records(), 30u);
}

TEST_F(AJournalInSegments, IsGoneOnWithFromItsNewestAlone) {
  const std::vector<JournalPosition> places = write(50);
  cut(places[20]);
  cut(places[40]);
  std::filesystem::remove(sealed(1));
  std::filesystem::remove(sealed(2));
  for (const std::size_t at : {40, 45, 50}) {
    auto reader = JournalReader::open(journal(), JournalReader::Sums::Kept).value();
    ASSERT_TRUE(reader.skip_to(places[at])) << at;
    while (reader.next() != nullptr) {
    }
    EXPECT_TRUE(reader.status());
    EXPECT_EQ(hash_behind(reader.position()), hash_behind(places.back()));
  }
  auto reader = JournalReader::open(journal()).value();
  EXPECT_FALSE(reader.skip_to(places[39]));
  ASSERT_FALSE(reader.status()) << "whether it is the same journal nobody knows";
  EXPECT_EQ(reader.status().error().code, Errc::NotFound);
}

TEST_F(AJournalInSegments, WithOneMissingSaysWhichAndIsNotTakenForAShorterOne) {
  const std::vector<JournalPosition> places = write(50);
  cut(places[20]);
  cut(places[40]);
  pack(1);
  pack(2);
  std::filesystem::remove(packed(2));
  const auto refused = refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, Errc::NotFound);
  EXPECT_EQ(refused->message, packed(2).string() + " is not there: it has older records of the journal");
  EXPECT_FALSE(refused->hint.empty());
  EXPECT_FALSE(whole_journal(journal()));
  const auto files = segments_of(journal()).value();
  ASSERT_EQ(files.size(), 3u);
  EXPECT_TRUE(files[0].there && files[0].packed);
  EXPECT_FALSE(files[1].there);
  EXPECT_TRUE(files[2].there);
}

// As it was sealed, each byte of it counts; of a packed one a few say nothing of what is in it.
TEST_F(AJournalInSegments, WithOneSpoiledOrCutShortIsNotRead) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(this->journal()));
    for (ClientOrderId id = 1; id <= 20; ++id)
      journal.submit(static_cast<UnixNanos>(id), id, {.id = id, .quantity = {5}, .price = {100}});
    ASSERT_TRUE(journal.flush());
  }
  const std::vector<JournalPosition> places = this->places();
  const std::string all = whole();
  cut(places[6]);
  cut(places[12]);
  const auto spoils = [&](const std::filesystem::path& file, std::size_t size, bool each) {
    const std::string good = bytes(file);
    for (std::size_t at = 0; at < size; ++at) {
      std::string spoiled = good;
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << at % 8));
      put(file, spoiled);
      expect_refused_or_whole(all, each);
      put(file, std::string_view{good}.substr(0, at));
      expect_refused_or_whole(all, each);
      ASSERT_FALSE(HasFailure()) << file << ", byte " << at;
    }
    put(file, good);
    ASSERT_FALSE(refusal());
  };
  spoils(sealed(1), places[6].bytes, true);
  spoils(sealed(2), SegmentHead::kSize + places[12].bytes - places[6].bytes, true);
  const std::string good = bytes(sealed(2));
  std::string spoiled = good;
  spoiled[SegmentHead::kSize + 9] ^= 1;
  put(sealed(2), spoiled);
  const auto refused = pack_segment(journal(), 2, kNeverStopped);
  ASSERT_FALSE(refused) << "what is spoiled is not packed, and stays";
  EXPECT_EQ(refused.error().code, Errc::BadData);
  EXPECT_EQ(bytes(sealed(2)), spoiled);
  EXPECT_FALSE(std::filesystem::exists(packed(2)));
  EXPECT_FALSE(check_segment(journal(), 2, kNeverStopped));
  put(sealed(2), good);
  pack(2);
  EXPECT_TRUE(check_segment(journal(), 2, kNeverStopped));
  spoils(packed(2), bytes(packed(2)).size(), false);
}

TEST_F(AJournalInSegments, WhoseHeadIsSpoiledIsRefused) {
  const std::vector<JournalPosition> places = write(12);
  cut(places[4]);
  const std::string good = bytes(journal());
  for (std::size_t at = 0; at < SegmentHead::kSize; ++at) {
    std::string spoiled = good;
    spoiled[at] = static_cast<char>(spoiled[at] ^ 4);
    put(journal(), spoiled);
    ASSERT_FALSE(JournalReader::open(journal())) << at;
  }
  put(journal(), good.substr(0, SegmentHead::kSize - 1));
  EXPECT_FALSE(JournalReader::open(journal()));
}

TEST_F(AJournalInSegments, IsPackedOnceMoreWhereThatWasStopped) {
  const std::vector<JournalPosition> places = write(50);
  const std::string all = whole();
  cut(places[40]);
  const std::atomic<bool> stop{true};
  const auto stopped = pack_segment(journal(), 1, stop);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::Canceled);
  EXPECT_EQ(names(), (std::vector<std::string>{"journal.000001.stom", "journal.stom"}));
  pack(1);
  EXPECT_EQ(names(), (std::vector<std::string>{"journal.000001.stom.gz", "journal.stom"}));
  EXPECT_EQ(whole(), all);
}

// Who follows a journal has its old file open while another process cuts it and writes on.
TEST_F(AJournalInSegments, IsFollowedOverACut) {
  const std::vector<JournalPosition> places = write(30);
  auto follower = JournalReader::open(journal(), JournalReader::Sums::Kept).value();
  std::uint64_t followed = 0;
  const auto follow = [&] {
    while (follower.next() != nullptr) ++followed;
    EXPECT_TRUE(follower.status());
  };
  follow();
  EXPECT_EQ(followed, 30u);
  cut(places[25]);
  follow();
  EXPECT_EQ(followed, 30u);
  Journal journal;
  ASSERT_TRUE(journal.go_on(this->journal(), [](const JournalRecord&) {}));
  add(journal, 30, 35);
  ASSERT_TRUE(journal.flush());
  follow();
  EXPECT_EQ(followed, 35u);
  EXPECT_EQ(hash_behind(follower.position()), journal.hash());
}

TEST_F(AJournalInSegments, IsNotBegunAnew) {
  const std::vector<JournalPosition> places = write(10);
  cut(places[5]);
  const std::string before = bytes(journal());
  Journal journal;
  const auto refused = journal.open(this->journal());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Unsupported);
  EXPECT_EQ(bytes(this->journal()), before);
}

// Where a whole journal was put in the place of one in segments, the old ones are none of it.
TEST_F(AJournalInSegments, IsReplacedByACopyInOneFile) {
  const std::vector<JournalPosition> places = write(50);
  const std::string all = whole();
  cut(places[20]);
  pack(1);
  cut(places[40]);
  put(journal(), all);
  EXPECT_EQ(whole(), all);
  cut(places[30]);
  EXPECT_EQ(whole(), all);
  pack(1);
  cut(places[45]);
  pack(2);
  EXPECT_EQ(whole(), all);
  EXPECT_EQ(names(), (std::vector<std::string>{"journal.000001.stom.gz", "journal.000002.stom.gz", "journal.stom"}));
}

}  // namespace
}  // namespace stom
