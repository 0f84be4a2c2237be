// What moved the engine comes back turn by turn, whatever it was; where the bytes end or are damaged, the whole turns
// before are all there is, and that is said.
#include "store/input_stream.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>

#include "core/random.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

struct Taken {
  FeedMessage message;
  std::vector<FeedLevel> levels;
};
struct Turn {
  UnixNanos before = 0, now = 0;
  std::vector<Taken> messages{};
  std::uint64_t answers = 0;
  std::vector<std::string> acts{};
};

class SessionInput : public ::testing::Test {
 protected:
  SessionInput()
      : folder_{fs::temp_directory_path() /
                (std::string{"stom_"} + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
                 std::to_string(::getpid()))} {
    fs::remove_all(folder_);
  }
  ~SessionInput() override { fs::remove_all(folder_); }

  std::unique_ptr<InputRecorder> recorder(InputOptions options = {}) {
    auto made = InputRecorder::open(folder_, R"({"begun":1})", options);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }

  static Turn drawn(Random& random, UnixNanos before) {
    Turn turn{.before = before, .now = before + static_cast<UnixNanos>(random.below(kSecond)) + 1};
    const auto number = [&](std::int64_t most) {
      return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(most)));
    };
    for (std::int64_t n = number(4) == 0 ? number(40) : number(3); n > 0; --n) {
      Taken taken{};
      FeedMessage& m = taken.message;
      constexpr std::array kKinds{FeedKind::Depth, FeedKind::Snapshot, FeedKind::Trade,   FeedKind::Quote,
                                  FeedKind::Mark,  FeedKind::Gap,      FeedKind::Watched, FeedKind::Unwatched};
      m.kind = kKinds[static_cast<std::size_t>(number(std::int64_t{kKinds.size()}))];
      m.instrument = static_cast<InstrumentIndex>(number(3));
      m.local_time = turn.now - number(kSecond);
      m.exchange_time = number(20) == 0 ? kNoTime : m.local_time - number(kSecond);
      m.sell_aggressor = number(2) == 1;
      m.auction = number(2) == 1;
      m.replaces_book = number(2) == 1;
      const bool book = m.kind == FeedKind::Depth || m.kind == FeedKind::Snapshot;
      m.bids = book ? static_cast<std::uint32_t>(number(number(50) == 0 ? 6000 : 20)) : is_market(m.kind);
      m.asks = book ? static_cast<std::uint32_t>(number(20)) : m.kind == FeedKind::Quote || m.kind == FeedKind::Mark;
      for (std::uint32_t l = 0; l < m.bids + m.asks; ++l)
        taken.levels.push_back({number(1'000'000), number(5) == 0 ? 0 : number(std::int64_t{1} << 60)});
      turn.messages.push_back(std::move(taken));
    }
    if (number(3) == 0) turn.answers = static_cast<std::uint64_t>(number(9));
    if (number(30) == 0) turn.acts = {"stop", "cancel 7"};
    return turn;
  }

  static void record(InputRecorder& recorder, Turn& turn) {
    recorder.turn(turn.before, turn.now);
    for (Taken& taken : turn.messages) {
      taken.message.first = taken.levels.data();
      recorder.market(taken.message);
    }
    recorder.answers(turn.answers);
    for (const std::string& act : turn.acts) recorder.act(act);
    recorder.on_time(turn.now);
  }

  static void expect_same(const Turn& wanted, const InputTurn& got) {
    ASSERT_EQ(got.before, wanted.before);
    ASSERT_EQ(got.now, wanted.now);
    ASSERT_EQ(got.answers, wanted.answers);
    ASSERT_EQ(got.acts, wanted.acts);
    ASSERT_EQ(got.messages.size(), wanted.messages.size());
    for (std::size_t i = 0; i < got.messages.size(); ++i) {
      const FeedMessage &a = wanted.messages[i].message, &b = got.messages[i];
      ASSERT_EQ(std::tuple(a.exchange_time, a.local_time, a.bids, a.asks, a.instrument, a.kind, a.sell_aggressor,
                           a.auction, a.replaces_book),
                std::tuple(b.exchange_time, b.local_time, b.bids, b.asks, b.instrument, b.kind, b.sell_aggressor,
                           b.auction, b.replaces_book));
      for (std::size_t l = 0; l < wanted.messages[i].levels.size(); ++l) {
        ASSERT_EQ(b.first[l].tick, wanted.messages[i].levels[l].tick);
        ASSERT_EQ(b.first[l].quantity, wanted.messages[i].levels[l].quantity);
      }
    }
  }

  /// Draws so many turns and records them; where `writes(i)`, what waits goes to the disk behind that turn.
  static std::vector<Turn> record_drawn(InputRecorder& to, std::size_t count, Random& random, const auto& writes) {
    std::vector<Turn> turns;
    UnixNanos before = 1'700'000'000 * kSecond;
    for (std::size_t i = 0; i < count; ++i) {
      turns.push_back(drawn(random, before));
      before = turns.back().now;
      record(to, turns.back());
      if (writes(i)) {
        EXPECT_TRUE(to.write());
      }
    }
    return turns;
  }

  /// So many turns, written; what they were.
  std::vector<Turn> recorded(std::size_t count, std::uint64_t seed, InputOptions options = {}) {
    Random random{seed};
    auto to = recorder(options);
    auto turns = record_drawn(*to, count, random, [](std::size_t i) { return i % 8 == 0; });
    EXPECT_TRUE(to->finish(true));
    EXPECT_EQ(to->broken_at(), kNever);
    return turns;
  }

  /// So many turns of a process that was killed behind the last of them: nobody has ended anything.
  std::vector<Turn> killed(std::size_t count, std::uint64_t seed, InputOptions options = {}) {
    Random random{seed};
    auto to = recorder(options);
    auto turns = record_drawn(*to, count, random, [&](std::size_t) { return random.below(8) == 0; });
    EXPECT_EQ(to->broken_at(), kNever);
    return turns;
  }

  /// How many turns come back, each as it was.
  std::size_t read_back(const std::vector<Turn>& turns, InputEnd& end) {
    end = InputEnd::Torn;
    auto reader = InputReader::open(folder_);
    if (!reader) return 0;
    InputTurn turn;
    std::size_t count = 0;
    for (auto got = reader->next(turn); got && *got; got = reader->next(turn)) {
      EXPECT_LT(count, turns.size());
      if (count < turns.size()) expect_same(turns[count], turn);
      if (::testing::Test::HasFatalFailure()) return count;
      ++count;
    }
    end = reader->end();
    return count;
  }

  fs::path file(int number) const { return folder_ / ("00000" + std::to_string(number) + ".input"); }
  fs::path tail(int number) const { return folder_ / ("00000" + std::to_string(number) + ".tail"); }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  static void write_bytes(const fs::path& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
  }

  fs::path folder_;
};

TEST_F(SessionInput, ComesBackTurnByTurn) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    fs::remove_all(folder_);
    const auto turns = recorded(400, seed);
    InputEnd end{};
    ASSERT_EQ(read_back(turns, end), turns.size()) << "seed " << seed;
    EXPECT_EQ(end, InputEnd::Whole);
  }
}

TEST_F(SessionInput, ComesBackOverManyFiles) {
  const auto turns = recorded(600, 5, {.file_bytes = 50'000});
  ASSERT_TRUE(fs::exists(file(3)));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
}

TEST_F(SessionInput, KnowsInWhoseNameItBegan) {
  (void)recorded(3, 1);
  auto reader = InputReader::open(folder_);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->start(), R"({"begun":1})");
}

// A session that was begun by the version before goes on in files of this one.
TEST_F(SessionInput, OfTheFormatBeforeComesBackTooAndALaterOneIsSaid) {
  const auto turns = recorded(600, 5, {.file_bytes = 50'000});
  const auto renumber = [&](int number, char format) {
    std::string bytes = bytes_of(file(number));
    ASSERT_EQ(bytes.substr(0, 8), "STOMINP2");
    bytes[7] = format;
    write_bytes(file(number), bytes);
  };
  renumber(1, '1');
  renumber(2, '1');
  ASSERT_TRUE(fs::exists(file(3)));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
  write_bytes(file(1), "STOMINP3" + bytes_of(file(1)).substr(8));
  const auto reader = InputReader::open(folder_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::Newer);
  EXPECT_NE(reader.error().message.find("(format 3)"), std::string::npos) << reader.error().message;
}

TEST_F(SessionInput, EndsAtTheLastWholeTurnWhereverTheFileIsCut) {
  const auto turns = recorded(60, 3);
  const std::string whole = bytes_of(file(1));
  for (std::size_t size = 0; size < whole.size(); size += size + 300 < whole.size() ? 2003 : 1) {
    write_bytes(file(1), whole.substr(0, size));
    InputEnd end{};
    const std::size_t count = read_back(turns, end);
    ASSERT_EQ(end, InputEnd::Torn) << "cut at byte " << size;
    ASSERT_LE(count, turns.size());
  }
}

TEST_F(SessionInput, AFlippedBitIsNoticedAndNothingBehindItCounts) {
  const auto turns = recorded(60, 4);
  const std::string whole = bytes_of(file(1));
  for (std::size_t at = 0; at < whole.size(); at += 251) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    write_bytes(file(1), flipped);
    InputEnd end{};
    (void)read_back(turns, end);  // what comes back is as it was
    ASSERT_EQ(end, InputEnd::Torn) << "flipped in byte " << at;
  }
}

TEST_F(SessionInput, WhoCannotKeepUpSaysSinceWhen) {
  Random random{9};
  auto to = recorder({.pieces = 2});
  std::vector<Turn> turns;
  UnixNanos before = kSecond;
  while (to->broken_at() == kNever) {
    ASSERT_LT(turns.size(), 10'000U);
    turns.push_back(drawn(random, before));
    before = turns.back().now;
    record(*to, turns.back());
  }
  EXPECT_EQ(to->broken_at(), turns.back().now);
  turns.pop_back();  // there was no room for all of it
  ASSERT_TRUE(to->write());
  Turn late = drawn(random, before);
  record(*to, late);  // is not taken any more: nothing can be made of it
  ASSERT_TRUE(to->finish(true));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Gap);
}

// A writer that is held up must not cost the recording more room than what came needs.
TEST_F(SessionInput, SecondsThatPassWhileNobodyWritesTakeNoRoomOfTheirOwn) {
  auto to = recorder({.pieces = 3});
  std::vector<Turn> turns;
  for (UnixNanos second = 1; second <= 60; ++second) {
    turns.push_back({.before = second * kSecond, .now = (second + 1) * kSecond, .answers = 1});
    record(*to, turns.back());
  }
  EXPECT_EQ(to->broken_at(), kNever);
  ASSERT_TRUE(to->finish(true));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
}

TEST_F(SessionInput, ABookOfManyPiecesComesBack) {
  constexpr std::uint32_t kManyLevels = 60'000;
  Turn turn{.before = 1, .now = 2};
  turn.messages.emplace_back();
  FeedMessage& message = turn.messages.back().message;
  message = {};
  message.kind = FeedKind::Snapshot;
  message.bids = kManyLevels;
  for (std::int64_t i = 0; i < kManyLevels; ++i) turn.messages.back().levels.push_back({1'000'000 - 7 * i, i << 30});
  turn.messages.push_back(turn.messages.back());  // and another in the same turn
  std::vector<Turn> turns{turn, {.before = 2, .now = 3, .acts = {std::string(200'000, 'x'), "stop"}}};
  auto to = recorder();
  for (Turn& one : turns) record(*to, one);
  ASSERT_TRUE(to->finish(true));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
}

/// A session of three processes: the first ended, the second was killed within a block, the third ended.
TEST_F(SessionInput, EachProcessIsAPartOfItsOwn) {
  const auto first = recorded(20, 1), second = recorded(5, 2), third = recorded(7, 3);
  std::string bytes = bytes_of(file(2));
  bytes.resize(bytes.size() - 30);
  write_bytes(file(2), bytes);
  auto reader = InputReader::open(folder_);
  ASSERT_TRUE(reader);
  InputTurn turn;
  const auto count = [&] {
    std::size_t turns = 0;
    for (auto got = reader->next(turn); got && *got; got = reader->next(turn)) ++turns;
    return turns;
  };
  const auto another = [&] {
    const auto got = reader->next_part();
    EXPECT_TRUE(got);
    return got && *got;
  };
  EXPECT_EQ(count(), first.size());
  EXPECT_EQ(reader->end(), InputEnd::Whole);
  ASSERT_TRUE(another());
  EXPECT_LT(count(), second.size());
  EXPECT_EQ(reader->end(), InputEnd::Torn);
  ASSERT_TRUE(another());
  EXPECT_EQ(count(), third.size());
  EXPECT_EQ(reader->end(), InputEnd::Whole);
  EXPECT_FALSE(another());
}

TEST_F(SessionInput, AKillCostsNoTurnThatHadEnded) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    fs::remove_all(folder_);
    const auto turns = killed(30 * seed, seed);
    InputEnd end{};
    ASSERT_EQ(read_back(turns, end), turns.size()) << "seed " << seed;
    EXPECT_EQ(end, InputEnd::Torn);
    // The next process brings them to the files, and they are read as if there had been no kill.
    ASSERT_TRUE(recorder()->finish(true));
    EXPECT_FALSE(fs::exists(tail(1)));
    ASSERT_EQ(read_back(turns, end), turns.size()) << "seed " << seed;
    EXPECT_EQ(end, InputEnd::Restart);
  }
}

TEST_F(SessionInput, AnOrderlyEndLeavesItsFilesAlone) {
  (void)recorded(20, 1);
  EXPECT_TRUE(fs::exists(file(1)));
  EXPECT_FALSE(fs::exists(tail(1)));
}

TEST_F(SessionInput, OfATurnThatAKillCutNothingCounts) {
  std::vector<Turn> turns{{.before = 1, .now = 2, .answers = 3}, {.before = 2, .now = 4, .answers = 1}};
  {
    auto to = recorder();
    for (Turn& turn : turns) record(*to, turn);
    to->turn(4, 5);
    to->answers(1);
    to->act("stop");
  }
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Torn);
}

TEST_F(SessionInput, AKillBehindTheEnginesStopLeavesAWholeEnd) {
  std::vector<Turn> turns{{.before = 1, .now = 2, .answers = 3}};
  {
    auto to = recorder();
    record(*to, turns[0]);
    to->end();
  }
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
  ASSERT_TRUE(recorder()->finish(true));
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Whole);
}

// The block is in the file, and the process is killed before it has said so.
TEST_F(SessionInput, ABlockThatAKillLeftUntoldCountsOnce) {
  Random random{5};
  std::vector<Turn> turns;
  std::string untold;
  {
    auto to = recorder();
    UnixNanos before = kSecond;
    for (int i = 0; i < 200; ++i) {
      turns.push_back(drawn(random, before));
      before = turns.back().now;
      record(*to, turns.back());
      if (i == 100) {
        ASSERT_TRUE(to->write());
      }
    }
    untold = bytes_of(tail(1));
    const auto size = fs::file_size(file(1));
    ASSERT_TRUE(to->write());
    ASSERT_GT(fs::file_size(file(1)), size);
  }
  write_bytes(tail(1), untold);
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  ASSERT_TRUE(recorder()->finish(true));
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Restart);
}

// The same where a file was begun for that block: a disk that has no room for it leaves what a kill does before it.
TEST_F(SessionInput, ABlockThatAKillLeftUntoldInANewFileCountsOnce) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::vector<Turn> turns;
  const auto kill_in_second_file = [&](rlim_t room) {
    fs::remove_all(folder_);
    turns.clear();
    Random random{5};
    auto to = recorder({.file_bytes = 100});
    UnixNanos last = kSecond;
    for (int i = 0; i < 60; ++i) {
      turns.push_back(drawn(random, last));
      last = turns.back().now;
      record(*to, turns.back());
      if (i == 30) {
        ASSERT_TRUE(to->write());
      }
    }
    ASSERT_FALSE(fs::exists(file(2)));
    rlimit small = before;
    small.rlim_cur = room;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto written = to->write();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(written.has_value(), room == before.rlim_cur);
    ASSERT_TRUE(fs::exists(file(2)));
  };
  ASSERT_NO_FATAL_FAILURE(kill_in_second_file(before.rlim_cur));
  const std::string block = bytes_of(file(2));
  ASSERT_NO_FATAL_FAILURE(kill_in_second_file(20));
  ASSERT_LT(fs::file_size(file(2)), block.size());
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size()) << "killed before the block";
  write_bytes(file(2), block);
  EXPECT_EQ(read_back(turns, end), turns.size()) << "and behind it";
  ASSERT_TRUE(recorder()->finish(true));
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Restart);
}

TEST_F(SessionInput, WhoIsKilledAsItTakesUpWhatWasLeftBeginsAnew) {
  const auto turns = killed(50, 2);
  const std::string left = bytes_of(tail(1));
  (void)recorder();  // has done so, but for the last step
  write_bytes(tail(1), left);
  fs::remove(file(2));
  fs::remove(tail(2));
  ASSERT_TRUE(recorder()->finish(true));
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Restart);
}

TEST_F(SessionInput, ProcessesThatWereKilledOneAfterAnotherAreAPartEach) {
  const std::array all{killed(40, 1), killed(7, 2), killed(25, 3)};
  auto reader = InputReader::open(folder_);
  ASSERT_TRUE(reader);
  InputTurn turn;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::size_t count = 0;
    for (auto got = reader->next(turn); got && *got; got = reader->next(turn)) ++count;
    EXPECT_EQ(count, all[i].size());
    EXPECT_EQ(reader->end(), i + 1 < all.size() ? InputEnd::Restart : InputEnd::Torn);
    const auto another = reader->next_part();
    ASSERT_TRUE(another);
    EXPECT_EQ(*another, i + 1 < all.size());
  }
}

// A book of many pieces, some of which the writer has taken before it was there as a whole.
TEST_F(SessionInput, AKillCostsNoPieceOfALongTurn) {
  constexpr std::uint32_t kManyLevels = 40'000;
  Turn turn{.before = 1, .now = 2};
  turn.messages.emplace_back();
  turn.messages.back().message = {};
  turn.messages.back().message.kind = FeedKind::Snapshot;
  turn.messages.back().message.bids = kManyLevels;
  for (std::int64_t i = 0; i < kManyLevels; ++i) turn.messages.back().levels.push_back({1'000'000 - 7 * i, i << 30});
  turn.messages.push_back(turn.messages.back());
  std::vector<Turn> turns{{.before = 0, .now = 1, .answers = 1}, turn};
  {
    auto to = recorder();
    record(*to, turns[0]);
    to->turn(turns[1].before, turns[1].now);
    for (Taken& taken : turns[1].messages) {
      taken.message.first = taken.levels.data();
      to->market(taken.message);
      ASSERT_TRUE(to->write());
    }
    to->on_time(turns[1].now);
  }
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
}

// Of a power cut: what is there is as it was, or it is not there.
TEST_F(SessionInput, WhatIsWrongInWhatWasLeftDoesNotCount) {
  const auto turns = killed(40, 4);
  const std::string left = bytes_of(tail(1));
  InputEnd end{};
  for (std::size_t at = 0; at < 80'000; at += at < 5'000 ? 29 : 997) {
    std::string flipped = left;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
    write_bytes(tail(1), flipped);
    ASSERT_LE(read_back(turns, end), turns.size()) << "flipped in byte " << at;
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{70'000}, left.size() - 1}) {
    write_bytes(tail(1), left.substr(0, size));
    ASSERT_LE(read_back(turns, end), turns.size()) << "cut at byte " << size;
  }
  write_bytes(tail(1), left.substr(0, 70'000));
  EXPECT_TRUE(recorder()->finish(true)) << "it is no reason not to begin";
}

TEST_F(SessionInput, ADiskThatHasNoRoomForItIsSaidAtTheStart) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 100'000;  // as if the disk had no more
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = InputRecorder::open(folder_, "{}");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find(".tail"), std::string::npos) << made.error().message;
  EXPECT_FALSE(made.error().hint.empty());
}

TEST_F(SessionInput, AnotherProcessGoesOnBehindIt) {
  const auto turns = recorded(20, 1);
  const auto more = recorded(5, 2);
  fs::path first = file(1);
  std::string bytes = bytes_of(first);
  bytes.resize(bytes.size() - 17);  // the block that says that it ended
  write_bytes(first, bytes);
  InputEnd end{};
  EXPECT_EQ(read_back(turns, end), turns.size());
  EXPECT_EQ(end, InputEnd::Restart);
}

TEST_F(SessionInput, DeletedIsSaid) {
  auto reader = InputReader::open(folder_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::NotFound);
  (void)recorded(600, 5, {.file_bytes = 50'000});
  fs::remove(file(1));
  reader = InputReader::open(folder_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::NotFound);
}

}  // namespace
}  // namespace stom::store
