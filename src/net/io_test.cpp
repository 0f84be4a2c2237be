#include "net/io.hpp"

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <memory>
#include <string>
#include <vector>

#include "net/acknowledge.hpp"
#include "tests/support/tls_server.hpp"

namespace stom::net {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

TEST(Io, WhatIsForLaterComesBehindWhatTheCallerDoesAndBeforeWhatIsReadyThen) {
  Io io;
  Words said;
  io.post([&] {
    said.emplace_back("bytes");
    io.later([&] { said.emplace_back("more?"); });
  });
  EXPECT_EQ(io.poll(), 1u);
  said.emplace_back("order");
  io.post([&] { said.emplace_back("answer"); });
  EXPECT_EQ(io.poll(), 1u);  // what is for later is nothing that was ready
  EXPECT_EQ(said, (Words{"bytes", "order", "more?", "answer"}));
}

TEST(Io, EachWayToTurnBeginsWithWhatIsForLaterAndDoesItOnce) {
  Io io;
  int done = 0;
  const auto add = [&] { io.later([&] { ++done; }); };
  add();
  EXPECT_FALSE(io.poll_one());
  EXPECT_EQ(done, 1);
  add();
  EXPECT_EQ(io.wait(1ns), 0u);
  EXPECT_EQ(done, 2);
  EXPECT_EQ(io.poll(), 0u);
  EXPECT_EQ(done, 2);
}

TEST(Io, WhatIsAddedMeanwhileIsForTheTurnBehindThat) {
  Io io;
  Words said;
  io.later([&] {
    said.emplace_back("first");
    io.later([&] { said.emplace_back("second"); });
  });
  io.poll();
  EXPECT_EQ(said, Words{"first"});
  io.poll();
  EXPECT_EQ(said, (Words{"first", "second"}));
}

TEST(Io, WhatNoTurnCameForIsLetGoWithIt) {
  const auto held = std::make_shared<int>(0);
  {
    Io io;
    io.later([held] { ++*held; });
  }
  EXPECT_EQ(*held, 0);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Acknowledge, TellsTheOtherSideAndLeavesTheNextBytesForTheNextCall) {
  std::uint16_t port = 0;
  const int listening = testing::listen_on_loopback(port), hears = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  ASSERT_EQ(::connect(hears, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  const int says = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
  const auto unacknowledged = [&] {
    int bytes = -1;
    EXPECT_EQ(::ioctl(says, SIOCOUTQ, &bytes), 0);
    return bytes;
  };
  for (int i = 0; i < 3; ++i) {
    char byte = 'x';
    ASSERT_EQ(::send(says, &byte, 1, MSG_NOSIGNAL), 1);
    ASSERT_EQ(::recv(hears, &byte, 1, 0), 1);
    acknowledge(hears);
    while (unacknowledged() > 0) {  // else the kernel would do it within 40 ms
    }
    int at_once = -1;
    socklen_t size = sizeof at_once;
    ASSERT_EQ(::getsockopt(hears, IPPROTO_TCP, TCP_QUICKACK, &at_once, &size), 0);
    EXPECT_EQ(at_once, 0);
  }
  for (const int socket : {says, hears, listening}) ::close(socket);
}

}  // namespace
}  // namespace stom::net
