#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

TEST(Idle, HearsEverythingAndTradesNothing) {
  for (const std::string listen : {"none", "book", "trades", "quotes"}) {
    Tape tape;
    tape.bar(0, kMinute, 100, 110, 90, 105);
    tape.bar(kMinute, kMinute, 105, 120, 100, 118);
    EXPECT_TRUE(round_trips(tape.run("idle", {{"listen", listen}})).empty()) << listen;
  }
}

}  // namespace
}  // namespace stom::test
