#include "trade/kill_switch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

namespace stom::trade {
namespace {

/// Long 10 of the one instrument.
struct PulledSwitch : ::testing::Test {
  KillSwitch kill_switch{1};
  PulledSwitch() {
    kill_switch.sent({.id = 1, .quantity = {10}, .price = {100}});
    kill_switch.told({.kind = OrderEventKind::Filled, .side = Side::Buy, .id = 1, .quantity = {10}});
  }
  NewOrder sent(ClientOrderId id, Side side, std::int64_t quantity, OrderType type = OrderType::Limit) {
    const NewOrder order{.id = id, .side = side, .type = type, .quantity = {quantity}, .price = {100}};
    kill_switch.sent(order);
    return order;
  }
  std::vector<ClientOrderId> stopped(KillStep step, const std::vector<NewOrder>& waiting) {
    kill_switch.set(step);
    std::vector<ClientOrderId> ids;
    for (const NewOrder& order : kill_switch.not_to_leave(waiting)) ids.push_back(order.id);
    return ids;
  }
};
using Ids = std::vector<ClientOrderId>;

TEST_F(PulledSwitch, LetsLeaveOfWhatWaitsOnlyWhatClosesInTheOrderInWhichItWasSent) {
  const std::vector<NewOrder> waiting{sent(2, Side::Buy, 5), sent(3, Side::Sell, 20), sent(4, Side::Sell, 6),
                                      sent(5, Side::Sell, 4), sent(6, Side::Sell, 1)};
  EXPECT_EQ(stopped(KillStep::Off, waiting), Ids{});
  EXPECT_EQ(stopped(KillStep::Entries, waiting), (Ids{2, 3, 6})) << "10 are held: 6 and 4 close them";
  EXPECT_EQ(stopped(KillStep::Entries, waiting), (Ids{2, 3, 6})) << "asked again it says the same";
  for (const ClientOrderId id : {2, 3, 4, 5}) kill_switch.told({.kind = OrderEventKind::Canceled, .id = id});
  EXPECT_FALSE(kill_switch.nothing_works()) << "until its end is told";
  kill_switch.told({.kind = OrderEventKind::Canceled, .id = 6});
  EXPECT_TRUE(kill_switch.nothing_works());
}

TEST_F(PulledSwitch, CountsWhatRestsThereBeforeWhatWaits) {
  (void)sent(2, Side::Sell, 8);
  const std::vector<NewOrder> waiting{sent(3, Side::Sell, 3), sent(4, Side::Sell, 2)};
  EXPECT_EQ(stopped(KillStep::Entries, waiting), Ids{3});
}

TEST_F(PulledSwitch, LetsNothingOfWhatWaitsLeaveButTheEnginesOwnThatCloses) {
  const std::vector<NewOrder> waiting{sent(2, Side::Sell, 4), sent(3, Side::Sell, 10, OrderType::Market)};
  EXPECT_EQ(stopped(KillStep::Cancel, waiting), (Ids{2, 3}));
  EXPECT_EQ(stopped(KillStep::Flatten, waiting), Ids{2});
}

TEST_F(PulledSwitch, KnowsNothingOfAnOrderWhoseEndWasTold) {
  const std::vector<NewOrder> waiting{sent(2, Side::Buy, 5)};
  kill_switch.told({.kind = OrderEventKind::Denied, .id = 2});
  EXPECT_EQ(stopped(KillStep::Cancel, waiting), Ids{});
  EXPECT_TRUE(kill_switch.nothing_works());
}

TEST(EmergencyLog, WhatADiskTookHalfOfIsNoPartOfTheNextAct) {
  const auto file = std::filesystem::path{::testing::TempDir()} / ("emergency-" + std::to_string(::getpid()));
  const std::string first = kill_act(KillStep::Entries, KillStep::Entries, 17),
                    last = kill_act(KillStep::Cancel, KillStep::Cancel, 19);
  ASSERT_TRUE(write_emergency(file, first));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full{first.size() + 1 + 6, before.rlim_max};  // room for six letters more
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const auto written = write_emergency(file, kill_act(KillStep::Cancel, KillStep::Cancel, 18));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(written);
  ASSERT_TRUE(write_emergency(file, last));
  EXPECT_EQ(emergency_acts(file), (std::vector{first, last}));
  std::filesystem::remove(file);
}

/// A pipe that nobody reads takes as long as a disk that hangs.
TEST(EmergencyLog, WaitsForNoDiskThatHangsAndIsWrittenOnceItTakesIt) {
  const auto file = std::filesystem::path{::testing::TempDir()} / ("emergency-pipe-" + std::to_string(::getpid()));
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  int reader = -1;
  {
    EmergencyLog log{file, EmergencyLog::Worker::Own, std::chrono::milliseconds{1}};
    for (const char* act : {"kill entries, asked at 17", "kill cancel, asked at 18"}) {
      const auto written = log.write(act);
      EXPECT_TRUE(!written && written.error().message.contains("not on the disk yet")) << act;
    }
    reader = ::open(file.c_str(), O_RDWR | O_CLOEXEC);  // and is there when the next writer comes
    const std::string_view wanted = "kill entries, asked at 17\nkill cancel, asked at 18\n";
    std::string taken;
    char buffer[64];
    for (ssize_t n = 1; n > 0 && taken.size() < wanted.size();) {
      n = ::read(reader, buffer, sizeof buffer);
      if (n > 0) taken.append(buffer, static_cast<std::size_t>(n));
    }
    EXPECT_EQ(taken, wanted);
  }
  ::close(reader);
  std::filesystem::remove(file);
}

TEST(EmergencyLog, SaysWhatTheDiskSays) {
  const auto file = std::filesystem::path{::testing::TempDir()} / ("emergency-log-" + std::to_string(::getpid()));
  for (const auto worker : {EmergencyLog::Worker::Own, EmergencyLog::Worker::Caller}) {
    EmergencyLog log{file, worker, std::chrono::minutes{1}};
    EXPECT_TRUE(log.write("kill entries, asked at 17"));
    EXPECT_EQ(emergency_acts(file), std::vector<std::string>{"kill entries, asked at 17"}) << "when it returns";
    std::filesystem::remove(file);
    std::filesystem::create_directory(file);
    EXPECT_FALSE(log.write("kill cancel, asked at 18"));
    std::filesystem::remove(file);
  }
}

}  // namespace
}  // namespace stom::trade
