// The options of latency from the outside, on a small made-up market.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

class Latency : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stom_ = std::make_unique<Program>();
    const auto made = stom_->run("data gen --instrument sim:BTCUSDT --minutes 3 --seed 3");
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  static void TearDownTestSuite() { stom_.reset(); }
  void TearDown() override { std::filesystem::remove_all(stom_->folder() / "run"); }

  static Outcome run(const std::string& options) {
    std::filesystem::remove_all(stom_->folder() / "run");
    return stom_->run("backtest run --strategy mm_keep --no-band --no-report --instrument sim:BTCUSDT --out '" +
                      (stom_->folder() / "run").string() + "' --json " + options);
  }
  static std::string journal(const std::string& options) {
    const Outcome outcome = run(options);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    simdjson::dom::parser parser;
    return std::string{parser.parse(outcome.out)["journal_hash"].get_string().value()};
  }
  static std::string file(const std::string& rows) {
    const auto path = stom_->folder() / "requests.csv";
    std::ofstream{path} << "time_ns,entry_ns,response_ns\n" << rows;
    return "--order-latency 'file:" + path.string() + "' ";
  }
  static std::string fills() {
    std::ifstream in{stom_->folder() / "run" / "fills.csv"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  static inline std::unique_ptr<Program> stom_;
};

TEST_F(Latency, RecordedAsOneConstantFillsWhatThatConstantFills) {
  run("--order-latency 3ms,1ms");
  const std::string constant = fills();
  run(file("0,3000000,1000000\n"));
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
  run(file("0,3000000,1000000\n"));
  std::ifstream in{stom_->folder() / "run" / "run.json"};
  EXPECT_THAT(std::string(std::istreambuf_iterator<char>{in}, {}), HasSubstr("recorded latencies"));
}

TEST_F(Latency, ABadOptionOrFileIsOneLineWithItsCause) {
  EXPECT_THAT(run("--order-latency fast").err + run("--order-latency fast").out, HasSubstr("--order-latency"));
  const auto bad = run(file("0,0,1000000\n"));
  EXPECT_NE(bad.exit_code, 0);
  EXPECT_THAT(bad.out, HasSubstr("line 2: an entry of 0 says nothing"));
  EXPECT_THAT(run("--latency-jitter normal:1ms").out, HasSubstr("--latency-jitter: there is no jitter of the shape"));
  EXPECT_EQ(run("--bar 1m --feed-latency 1ms").exit_code, 2);
}

}  // namespace
}  // namespace stom::test
