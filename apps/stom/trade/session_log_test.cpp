#include "trade/session_log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.hpp"

namespace stom::trade {
namespace {

class SessionLogFile : public ::testing::Test {
 protected:
  SessionLogFile() { std::filesystem::create_directories(folder_); }
  ~SessionLogFile() override { std::filesystem::remove_all(folder_); }
  std::string content(const char* name) const {
    std::ifstream in{folder_ / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  const std::filesystem::path folder_ =
      std::filesystem::path{::testing::TempDir()} / ("session_log-" + std::to_string(::getpid()));
  const SystemClock clock_;
};

TEST_F(SessionLogFile, OfAWeekKeepsTheFileAtHandAndTheOneBefore) {
  SessionLog log{clock_, {}, 300};
  ASSERT_TRUE(log.open(folder_ / "log"));
  for (int i = 0; i < 100; ++i) {
    log.say("line " + std::to_string(i) + ", " + std::string(50, '.'));
    log.write();
  }
  const std::string now = content("log"), before = content("log.1");
  EXPECT_LE(now.size(), 400u);
  EXPECT_LE(before.size(), 400u);
  EXPECT_NE((before + now).find("line 99"), std::string::npos) << "the last line is there";
  EXPECT_EQ((before + now).find("line 50,"), std::string::npos) << "old ones are not";
  EXPECT_EQ(std::filesystem::status(folder_ / "log").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SessionLogFile, GoesOnInTheFileOfBefore) {
  for (const auto* line : {"first", "second"}) {
    SessionLog log{clock_, {}, 1000};
    ASSERT_TRUE(log.open(folder_ / "log"));
    log.say(line);
    log.write();
  }
  EXPECT_NE(content("log").find("first"), std::string::npos);
  EXPECT_NE(content("log").find("second"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log.1"));
}

TEST_F(SessionLogFile, WhatAServerSaysIsNeverALineOfItsOwn) {
  SessionLog log{clock_, {}};
  ASSERT_TRUE(log.open(folder_ / "log"));
  log.say("mail: 550 no\r\n2026-01-01T00:00:00.000000000Z kill switch: off\x1b[2J");
  std::vector<std::string> told;
  log.write([&](const std::string& line) { told.push_back(line); });
  const std::string text = content("log");
  EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_TRUE(told[0].ends_with("mail: 550 no  2026-01-01T00:00:00.000000000Z kill switch: off [2J")) << told[0];
}

TEST_F(SessionLogFile, HasTheLinesOfTwoThreadsInTheOrderOfTheirTimes) {
  struct EachTimeLater final : Clock {
    UnixNanos now() const override {
      const UnixNanos at = 1'700'000'000 * kSecond + ++asked;
      std::this_thread::yield();  // whoever may overtake does
      return at;
    }
    mutable std::atomic<std::int64_t> asked{0};
  };
  const EachTimeLater clock;
  SessionLog log{clock, {}};
  ASSERT_TRUE(log.open(folder_ / "log"));
  const auto talk = [&] {
    for (int i = 0; i < 1'000; ++i) log.say("a line");
  };
  std::jthread other{talk};
  talk();
  other.join();
  std::vector<UnixNanos> times;
  log.write([&](const std::string& line) { times.push_back(read_log_line(line).time); });
  EXPECT_EQ(times.size(), 2'000u);
  EXPECT_TRUE(std::ranges::is_sorted(times));
}

TEST_F(SessionLogFile, SaysOfALineHowLoudItIsAndIsReadBackSo) {
  const ManualClock clock{1'700'000'000 * kSecond};
  SessionLog log{clock, {}};
  ASSERT_TRUE(log.open(folder_ / "log"));
  log.say("all books are synchronised");
  log.warn("acme: the connection was closed");
  log.say("the journal cannot be written", Loudness::Error);
  std::vector<std::string> told;
  log.write([&](const std::string& line) { told.push_back(line); });
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0], "2023-11-14T22:13:20.000000000Z all books are synchronised");
  EXPECT_EQ(told[1], "2023-11-14T22:13:20.000000000Z [warn] acme: the connection was closed");
  const auto error = read_log_line(told[2]);
  EXPECT_EQ(error.time, clock.now());
  EXPECT_EQ(error.loudness, Loudness::Error);
  EXPECT_EQ(error.text, "the journal cannot be written");
  EXPECT_EQ(read_log_line(told[1]).loudness, Loudness::Warn);
  EXPECT_EQ(read_log_line(told[0]).loudness, Loudness::Info) << "as all lines of a version before";
  EXPECT_EQ(read_log_line("12 lines were left out here").time, kNoTime);
  EXPECT_EQ(read_log_line("12 lines were left out here").text, "12 lines were left out here");
}

TEST_F(SessionLogFile, HasNoSecretInIt) {
  SessionLog log{clock_, {"hunter2"}};
  ASSERT_TRUE(log.open(folder_ / "log"));
  log.say("the venue says: hunter2 is not valid");
  log.write();
  EXPECT_EQ(content("log").find("hunter2"), std::string::npos);
  EXPECT_EQ(log.last().find("hunter2"), std::string::npos);
}

TEST_F(SessionLogFile, HasAHintWithTheSessionsFolderWholeHoweverLongItsNameIs) {
  const std::string name = "a-market-maker-of-two-venues-that-has-run-since-last-november";
  const std::string hint = "stom risk set kill_switch=off --session /srv/" + name + " releases it";
  SessionLog log{clock_, {"hunter2"}};
  log.say(hint);
  EXPECT_EQ(log.last().find(name), std::string::npos) << "it could be a key";
  log.know("/srv/" + name);
  log.say(hint);
  EXPECT_NE(log.last().find(hint), std::string::npos) << log.last();
  log.say("hunter2 in /srv/" + name + "/" + std::string(64, 'k'));
  EXPECT_NE(log.last().find("*** in /srv/" + name + "/***"), std::string::npos) << log.last();
}

}  // namespace
}  // namespace stom::trade
