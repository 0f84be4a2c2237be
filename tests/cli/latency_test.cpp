// The options of latency from the outside, on a small made-up market.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/cli/small_market.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

class Latency : public OnASmallMarket {
 protected:
  static Outcome run(const std::string& options) {
    return backtest("--no-band --no-report --instrument sim:BTCUSDT " + options);
  }
  static std::string journal(const std::string& options) {
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    simdjson::dom::parser parser;
    return std::string{parser.parse(outcome.out)["journal_hash"].get_string().value()};
  }
  static std::string recorded(const std::string& rows) {
    const auto requests = file("requests.csv", "time_ns,entry_ns,response_ns\n" + rows);
    return "--order-latency 'file:" + requests.string() + "' ";
  }
  static std::string fills() { return text_of("fills.csv"); }
};

TEST_F(Latency, RecordedAsOneConstantFillsWhatThatConstantFills) {
  run("--order-latency 3ms,1ms");
  const std::string constant = fills();
  run(recorded("0,3000000,1000000\n"));
  EXPECT_EQ(fills(), constant);
  run("--order-latency 30ms,1ms");
  EXPECT_NE(fills(), constant);
}

TEST_F(Latency, DrawnIsTheSameForASeedAndAnotherForAnother) {
  const std::string drawn = "--latency-jitter exponential:5ms --feed-latency 1ms --feed-jitter 3ms ";
  EXPECT_EQ(journal(drawn + "--seed 4"), journal(drawn + "--seed 4"));
  EXPECT_NE(journal(drawn + "--seed 4"), journal(drawn + "--seed 5"));
}

TEST_F(Latency, OfTheFeedChangesWhatTheStrategyDecidesOn) {
  ASSERT_EQ(run("").exit_code, 0);
  const std::string at_once = fills();
  run("--feed-latency 300ms");  // its depth comes every 100 ms, and the strategy looks at it as often
  EXPECT_NE(fills(), at_once);
}

TEST_F(Latency, ARecordingThatEndsBeforeTheDataIsSaidInTheWarnings) {
  run(recorded("0,3000000,1000000\n"));
  EXPECT_THAT(text_of("run.json"), HasSubstr("recorded latencies"));
}

TEST_F(Latency, ABadOptionOrFileIsOneLineWithItsCause) {
  EXPECT_THAT(run("--order-latency fast").err + run("--order-latency fast").out, HasSubstr("--order-latency"));
  const auto bad = run(recorded("0,0,1000000\n"));
  EXPECT_NE(bad.exit_code, 0);
  EXPECT_THAT(bad.out, HasSubstr("line 2: an entry of 0 says nothing"));
  EXPECT_THAT(run("--latency-jitter normal:1ms").out, HasSubstr("--latency-jitter: there is no jitter of the shape"));
  EXPECT_EQ(run("--bar 1m --feed-latency 1ms").exit_code, 2);
}

}  // namespace
}  // namespace stom::test
