// Kept runs from the outside: the program lists, shows, compares, reports and deletes what the library wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "research/run_folder.hpp"
#include "research/trades.hpp"
#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

RunResult two_trades(const std::string& id, const std::string& fast) {
  constexpr Int128 kOne = power_of_ten(kMoneyDecimals);
  constexpr UnixNanos kStart = start_of_day(19'723);
  RunResult r;
  r.id = id;
  r.strategy = "sma_cross";
  r.configuration = {{"instrument", "test:COIN"}, {"param.fast", fast}};
  r.version = "0.1.0";
  r.data_hash = "datahash";
  r.journal_hash = "journalhash-" + fast;
  r.currency = "USDT";
  r.initial_equity = {1'000 * kOne};
  r.instruments = {{.id = "test:COIN", .price_decimals = 2, .quantity_decimals = 0, .ladder = {{{0}, {1}}}}};
  const std::int64_t prices[] = {10'000, 11'000, 10'500, 10'000};
  Money cash = r.initial_equity;
  for (int i = 0; i < 4; ++i) {
    const Fill f{.time = kStart + i * kDay,
                 .side = i % 2 ? Side::Sell : Side::Buy,
                 .order = static_cast<ClientOrderId>(i + 1),
                 .price = {prices[i]},
                 .quantity = {1}};
    const Money value = value_of(r.instruments[0], f.price, f.quantity);
    cash += i % 2 ? value : -value;
    r.fills.push_back(f);
    r.equity.push_back({f.time, cash + (i % 2 ? Money{} : value)});
  }
  r.from = r.equity.front().time;
  r.to = r.equity.back().time;
  derive_trades(r);
  return r;
}

class Runs : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* fast : {"5", "9"}) {
      const std::string id = std::string{"2024010"} + fast + "T000000-sma_cross";
      ASSERT_TRUE(write_run(runs() / id, two_trades(id, fast)));
    }
  }
  fs::path runs() const { return stom_.folder() / "home" / "runs"; }
  Program stom_;
};

TEST_F(Runs, AreListedWithWhatTheyEarned) {
  const auto out = stom_.run("backtest list").out;
  EXPECT_THAT(out, HasSubstr("20240105T000000-sma_cross"));
  EXPECT_THAT(out, HasSubstr("0.50 %"));
  simdjson::dom::parser parser;
  const std::string json = stom_.run("backtest list --json").out;
  const simdjson::dom::element list = parser.parse(json);
  EXPECT_EQ(list["runs"].get_array().size(), 2u);
  EXPECT_EQ(double(list["runs"].at(0)["statistics"]["trades"]), 2);
}

TEST_F(Runs, ComparedShowTheSettingsThatDifferAndHideThoseThatDoNot) {
  const auto out = stom_.run("backtest compare 20240105T000000-sma_cross last").out;
  EXPECT_THAT(out, HasSubstr("param.fast"));
  EXPECT_THAT(out, Not(HasSubstr("instrument")));
  EXPECT_THAT(out, HasSubstr("total_return"));
  EXPECT_EQ(stom_.run("backtest compare last").exit_code, 2);
}

TEST_F(Runs, AnUnknownNameIsNotFoundAndTheNearestIsNamed) {
  const auto outcome = stom_.run("backtest show 20240105T000000-sma_cros");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 20240105T000000-sma_cross?"));
}

TEST_F(Runs, AreDeletedOnlyByAYes) {
  EXPECT_EQ(stom_.run("backtest rm last").exit_code, 2);
  EXPECT_EQ(list_runs(runs()).size(), 2u);
  EXPECT_EQ(stom_.run("backtest rm last --yes").exit_code, 0);
  EXPECT_EQ(list_runs(runs()), std::vector{runs() / "20240105T000000-sma_cross"});
}

TEST_F(Runs, OfTheUsersOwnFoldersAreNeverDeleted) {
  const fs::path own = stom_.folder() / "mine";
  ASSERT_TRUE(write_run(own, two_trades("mine", "7")));
  EXPECT_EQ(stom_.run("backtest rm '" + own.string() + "' --yes").exit_code, 2);
  EXPECT_TRUE(fs::exists(own / "run.json"));
  EXPECT_EQ(stom_.run("backtest show '" + own.string() + "'").exit_code, 0);
}

TEST_F(Runs, ReportAsPageDataAndText) {
  EXPECT_THAT(stom_.run("report last -o -").out, StartsWith("<!doctype html>"));
  EXPECT_THAT(stom_.run("--lang ko report last -o -").out, HasSubstr("<html lang=\"ko\">"));
  EXPECT_THAT(stom_.run("report last --format md").out, StartsWith("# sma\\_cross"));
  simdjson::dom::parser parser;
  const std::string json = stom_.run("report last --format json --conventions backtesting_py").out;
  const simdjson::dom::element report = parser.parse(json);
  EXPECT_EQ(std::string_view{report["statistics"]["conventions"]}, "backtesting_py");
  EXPECT_EQ(std::string_view{report["run"]["journal_hash"]}, "journalhash-9");
}

TEST_F(Runs, PdfNeedsABrowserAndSaysSo) {
  const auto outcome = stom_.run("report last --format pdf -o '" + (stom_.folder() / "r.pdf").string() + "'");
  if (outcome.exit_code == 0) {
    std::ifstream file{stom_.folder() / "r.pdf"};
    std::string start(4, ' ');
    file.read(start.data(), 4);
    EXPECT_EQ(start, "%PDF");
  } else {
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("install chromium"));
  }
}

}  // namespace
}  // namespace stom::test
