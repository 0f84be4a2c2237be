#include "exchange/faults.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace stom::exchange {
namespace {

TEST(Faults, HappenAsOftenAsWasSaid) {
  Faults faults{1};
  ASSERT_TRUE(faults.set("ack_lost", std::nullopt, 2));
  EXPECT_TRUE(faults.strikes(Fault::AckLost));
  EXPECT_FALSE(faults.strikes(Fault::Disconnect)) << "another one";
  EXPECT_TRUE(faults.strikes(Fault::AckLost));
  EXPECT_FALSE(faults.strikes(Fault::AckLost));
  ASSERT_TRUE(faults.set("ack_delay_ms=250"));
  EXPECT_EQ(faults.take(Fault::AckDelay), 250);
  EXPECT_EQ(faults.take(Fault::AckDelay), 250) << "until it is cleared";
  ASSERT_TRUE(faults.clear("ack_delay_ms"));
  EXPECT_EQ(faults.take(Fault::AckDelay), 0);
}

TEST(Faults, ByChanceComeFromTheSeed) {
  const auto drawn = [](std::uint64_t seed) {
    Faults faults{seed};
    EXPECT_TRUE(faults.set("seq_gap=30"));
    std::string out;
    for (int i = 0; i < 1000; ++i) out += faults.strikes(Fault::SeqGap) ? 'x' : '.';
    return out;
  };
  const std::string one = drawn(7);
  EXPECT_EQ(one, drawn(7));
  EXPECT_NE(one, drawn(8));
  EXPECT_NEAR(static_cast<double>(std::ranges::count(one, 'x')), 300, 60);
}

TEST(Faults, ThatDoNotExistOrMakeNoSenseAreRefused) {
  Faults faults{1};
  for (const char* wrong : {"", "nonsense", "ack_delay_ms", "ack_delay_ms=", "ack_delay_ms=soon", "ack_delay_ms=-1",
                            "ack_lost=101", "ack_lost=0"})
    EXPECT_FALSE(faults.set(wrong)) << wrong;
  EXPECT_FALSE(faults.set("ack_lost", 50, 0));
  EXPECT_EQ(faults.json(), R"({"faults":{}})");
  ASSERT_TRUE(faults.set("clock_skew_ms=-500"));
  EXPECT_EQ(faults.json(), R"({"faults":{"clock_skew_ms":{"value":-500}}})");
}

TEST(Faults, AMaintenanceIsOneWhateverNumberItIsSetWith) {
  Faults faults{1};
  ASSERT_TRUE(faults.set("maintenance=1"));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(faults.strikes(Fault::Maintenance));
  EXPECT_EQ(faults.json(), R"({"faults":{"maintenance":{"value":100}}})");
  EXPECT_FALSE(faults.set("maintenance=0"));
}

TEST(Faults, ThatAreAStateHaveNoNumberOfTimes) {
  Faults faults{1};
  for (const char* state : {"delist", "tick_change"}) {
    EXPECT_FALSE(faults.set(state, std::nullopt, 1)) << state;
    EXPECT_TRUE(faults.set(state)) << state;
  }
  EXPECT_EQ(faults.value(Fault::TickChange), 10);
  EXPECT_EQ(faults.value(Fault::TickChange), 10) << "asked again, and not used up";
}

}  // namespace
}  // namespace stom::exchange
