// Orders from a file, under every queue model that a generated market has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

class OrderListFile : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = stom_.run("data gen --instrument sim:BTCUSDT --minutes 1 --seed 3 --regime crash");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    std::ofstream{stom_.folder() / "orders.txt"} << "5s buy market x0.010\n20s sell market x0.010 # and out\n";
  }
  Outcome run(const std::string& options) const {
    std::filesystem::remove_all(stom_.folder() / "run");
    return stom_.run(
        "backtest run --no-band --no-report --strategy order_list --instrument sim:BTCUSDT --account unlimited --json "
        "--out '" +
        (stom_.folder() / "run").string() + "' --param 'orders=@" + (stom_.folder() / "orders.txt").string() + "' " +
        options);
  }
  static std::uint64_t trades(const Outcome& outcome) {
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    simdjson::dom::parser parser;
    return parser.parse(outcome.out)["trades"].get_uint64();
  }
  Program stom_;
};

TEST_F(OrderListFile, IsReadAndItsOrdersAreSent) {
  EXPECT_GE(trades(run("")), 1u);
  const auto missing =
      stom_.run("backtest run --strategy order_list --instrument sim:BTCUSDT --param orders=@/no/such");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("there is no file /no/such"));
}

TEST_F(OrderListFile, TheTruePlaceInTheQueueIsOfGeneratedMarketsFromTheirBeginning) {
  EXPECT_GE(trades(run("--queue fifo")), 1u);
  EXPECT_THAT(run("--queue fifo --from 2025-09-01T00:00:10Z").out, HasSubstr("from its beginning"));
  EXPECT_THAT(run("--queue fifo --fill-rules hftbacktest").out, HasSubstr("for the fill rules stom"));
  // Two markets in one: neither can be made again from what is stored.
  ASSERT_EQ(stom_.run("data gen --instrument sim:BTCUSDT --minutes 1 --seed 4 --start 2025-10-01").exit_code, 0);
  EXPECT_THAT(run("--queue fifo").out, HasSubstr("not one market made by this version's generator"));
}

}  // namespace
}  // namespace stom::test
