#include "trade/running_sessions.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/text_file.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/session_log.hpp"

namespace stom::trade {
namespace {

constexpr UnixNanos kNoon = 1'700'000'000 * kSecond;

class SessionsThatEnded : public ::testing::Test {
 protected:
  std::filesystem::path home() const { return scratch_->path(); }
  /// Its folder, with a log of which this line is the last.
  std::filesystem::path folder(const std::string& name, UnixNanos said = kNoon) const {
    const auto made = home() / name;
    std::filesystem::create_directories(made);
    const ManualClock clock{said};
    SessionLog log{clock, {}};
    EXPECT_TRUE(log.open(made / "log"));
    log.say("all books are synchronised");
    log.write();
    return made;
  }
  /// The later, the greater `number`; of each test another one.
  RunningSession begin(const std::filesystem::path& in, int number) const {
    auto session = RunningSession::announce(home(), in, number);
    EXPECT_TRUE(session);
    set_begun(file_of(number), number);
    return std::move(*session);
  }
  std::filesystem::path file_of(int number) const {
    for (const auto& file : std::filesystem::directory_iterator{home() / "trading"})
      if (file.path().filename().string().ends_with("-" + std::to_string(number) + ".json")) return file.path();
    ADD_FAILURE() << number;
    return {};
  }
  /// What a process that is gone left in trading/: a file that nobody holds.
  void leave(int number, const std::string& text) const {
    const auto file = home() / "trading" / ("1-" + std::to_string(number) + ".json");
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
    set_begun(file, number);
  }
  static void set_begun(const std::filesystem::path& file, int number) {
    std::filesystem::last_write_time(file,
                                     std::filesystem::file_time_type{} + std::chrono::seconds{1'000'000 + number});
  }

 private:
  Result<ScratchFolder> scratch_ = ScratchFolder::make();
};

TEST_F(SessionsThatEnded, OneThatWasStoppedSaysWhenAndOneThatFailedAlsoWhatToDo) {
  {
    auto stopped = begin(folder("stopped"), 1);
    auto failed = begin(folder("failed"), 2);
    EXPECT_TRUE(ended_sessions(home()).empty()) << "they run";
    failed.end(kNoon + 1, Error{Errc::Io, "the disk is full", "make room"});
    stopped.end(kNoon + 2, std::nullopt);
    EXPECT_EQ(running_sessions(home()).size(), 2u) << "as long as their processes live";
  }
  const auto ended = ended_sessions(home());
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].folder, home() / "failed") << "by when they began, however they ended";
  EXPECT_EQ(ended[0].end, End::Failed);
  EXPECT_EQ(ended[0].at, kNoon + 1);
  ASSERT_TRUE(ended[0].error);
  EXPECT_EQ(ended[0].error->message, "the disk is full");
  EXPECT_EQ(ended[0].error->hint, "make room");
  EXPECT_EQ(ended[1].folder, home() / "stopped");
  EXPECT_EQ(ended[1].end, End::Stopped);
  EXPECT_EQ(ended[1].at, kNoon + 2);
  EXPECT_FALSE(ended[1].error);
}

TEST_F(SessionsThatEnded, OfOneThatWasKilledTheLastLineOfItsLogSaysUntilWhenItLivedAtLeast) {
  std::string announced;
  {
    const auto running = begin(folder("running"), 1);
    announced = read_text_file(file_of(1), 1 << 20).value_or("");
  }
  const auto name = announced.find("/running");
  ASSERT_NE(name, std::string::npos) << announced;
  folder("dead", kNoon + 7 * kSecond);
  leave(2, announced.replace(name, 8, "/dead"));
  const auto ended = ended_sessions(home());
  ASSERT_EQ(ended.size(), 2u);
  EXPECT_EQ(ended[0].folder, home() / "dead");
  EXPECT_EQ(ended[0].end, End::Killed);
  EXPECT_EQ(ended[0].at, kNoon + 7 * kSecond);
  EXPECT_EQ(ended[1].end, End::Killed) << "a process that says nothing of an end has none in order";
}

TEST_F(SessionsThatEnded, OfOneOfAVersionThatDidNotSayItNothingIsMadeUp) {
  leave(1, R"({"session":")" + folder("before").string() + R"(","pid":1})" + "\n");
  const auto ended = ended_sessions(home());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].end, End::Unknown);
  EXPECT_EQ(ended[0].at, kNoTime);
  EXPECT_FALSE(ended[0].error);
}

TEST_F(SessionsThatEnded, AnErrorOfAnyLengthAndOfAnyBytesIsKeptAsFarAsAPersonReads) {
  begin(folder("wordy"), 1).end(kNoon, Error{Errc::Io, std::string(100'000, '\xff'), std::string(100'000, 'x')});
  const auto ended = ended_sessions(home());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].at, kNoon);
  ASSERT_TRUE(ended[0].error);
  EXPECT_EQ(ended[0].error->hint, std::string(1000, 'x'));
}

TEST_F(SessionsThatEnded, AFolderInWhichOneRunsAgainIsListedOnceThatHasEndedAndOnceOnly) {
  const auto again = folder("again");
  begin(again, 1).end(kNoon, Error{Errc::Io, "the disk is full", ""});
  {
    auto running = begin(again, 2);
    EXPECT_TRUE(ended_sessions(home()).empty());
    running.end(kNoon + kSecond, std::nullopt);
  }
  const auto ended = ended_sessions(home());
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].end, End::Stopped);
}

}  // namespace
}  // namespace stom::trade
