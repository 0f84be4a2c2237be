// Splits and dividends as a user meets them: a CSV in, adjusted bars out, and what a backtest says of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <sstream>
#include <vector>

#include "tests/cli/program.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

using test::Outcome;
using test::Program;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CorporateActions : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    const auto path = program_.folder() / name;
    std::ofstream{path, std::ios::binary} << text;
    return "'" + path.string() + "'";
  }
  Outcome import(const std::string& text, const std::string& options = "", const std::string& name = "a.csv") const {
    return program_.run("data import " + write(name, text) + " --instrument us:X --json " + options);
  }
  /// Four days: 400, then 4:1 and 100, then 1:10 and 1000, then a dividend of 15 and 985.
  void import_bars(const std::string& options = "") const {
    const auto done = import(
        "date,open,high,low,close,volume\n2024-08-05,400,400,400,400,1000\n2024-08-06,100,100,100,100,1000\n"
        "2024-08-07,1000,1000,1000,1000,1000\n2024-08-08,985,985,985,985,1000\n",
        "--bar 1d " + options, "bars.csv");
    ASSERT_EQ(done.exit_code, 0) << done.out;
  }
  static constexpr const char* kActions =
      "date,split,dividend\n2024-08-06,4:1,\n2024-08-07,1:10,\n2024-08-08,,15\n2030-01-02,2,\n";
  std::string exported(const std::string& options) const { return program_.run("data export us:X " + options).out; }
  Outcome backtest(const std::string& options) const {
    return program_.run("backtest run --strategy idle --instrument us:X --bar 1d --out '" +
                        (program_.folder() / "run").string() + "' " + options);
  }
  std::string file(const std::string& name) const {
    std::ifstream in{program_.folder() / "run" / name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  Program program_;
};

TEST_F(CorporateActions, ComeInAsYahooAsAPlainTableAndAsAList) {
  import_bars();
  const auto expect = [&](const std::string& text, const std::string& events, const std::string& options = "") {
    const auto done = import(text, options);
    EXPECT_EQ(done.exit_code, 0) << done.out;
    EXPECT_THAT(done.out, HasSubstr(events)) << text;
    const auto out = exported("--kind corporate_action");
    EXPECT_EQ(program_.run("data delete us:X --actions --yes").exit_code, 0);
    return out;
  };
  const std::string list = "date,kind,value\n2014-03-27,split,1001:500\n2015-04-27,dividend,0.52\n";
  EXPECT_EQ(
      expect("Date,Dividends,Stock Splits\n2014-03-27 00:00:00-04:00,0.0,2.002\n2014-06-09 00:00:00-04:00,0.0,0.0\n"
             "2015-04-27 00:00:00-04:00,0.52,0.0\n",
             R"("events":{"split":1,"dividend":1})"),
      list);
  EXPECT_EQ(expect("Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n2014-03-27,1,1,1,1,5,0,2.002\n"
                   "2015-04-27,1,1,1,1,5,0.52,0\n",
                   R"("split":1,"dividend":1)", "--format corporate_actions"),
            list);
  EXPECT_EQ(expect("date,split,dividend\n20140327,1001:500,\n20150427,,0.52\n", R"("split":1,"dividend":1)"), list);
  EXPECT_EQ(expect("When,Cash\n04/27/2015,0.52\n", R"("split":0,"dividend":1)",
                   "--columns 'time=When:%m/%d/%Y,dividend=Cash'"),
            "date,kind,value\n2015-04-27,dividend,0.52\n");
  EXPECT_EQ(expect(list, R"("split":1,"dividend":1)"), list) << "what was exported is imported";
}

TEST_F(CorporateActions, ImportingTwiceChangesNothingAndAContradictionNamesBoth) {
  import_bars();
  ASSERT_EQ(import(kActions).exit_code, 0);
  const auto before = exported("--kind corporate_action");
  const auto again = import(kActions);
  EXPECT_THAT(again.out, HasSubstr("\"already\":true"));
  EXPECT_EQ(exported("--kind corporate_action"), before);
  const auto imports = program_.run("data list --imports").out;
  EXPECT_EQ(std::ranges::count(imports, '\n'), 3) << "a header, the bars, the actions: " << imports;

  const auto other = import("date,split\n2024-08-06,2:1\n", "", "b.csv");
  EXPECT_EQ(other.exit_code, 1) << other.out;
  EXPECT_THAT(other.out, HasSubstr("the split of 2024-08-06 is 2:1 in b.csv, and 4:1 in the store (from a.csv)"));
  EXPECT_THAT(other.out, HasSubstr("stom data delete us:X --actions --from 2024-08-06 --to 2024-08-06"));
  EXPECT_EQ(exported("--kind corporate_action"), before);
  ASSERT_EQ(program_.run("data delete us:X --actions --from 2024-08-06 --to 2024-08-06 --yes").exit_code, 0);
  EXPECT_EQ(import("date,split\n2024-08-06,2:1\n", "", "b.csv").exit_code, 0);
  EXPECT_THAT(exported("--kind corporate_action"), HasSubstr("2024-08-06,split,2:1\n2024-08-07,split,1:10"));
}

TEST_F(CorporateActions, ABadLineIsNamedWithItsCauseAndItsRemedyAndNothingIsImported) {
  import_bars();
  for (const auto& [line, cause] : std::vector<std::pair<std::string, std::string>>{
           {"2024-08-06,split,0", "the ratio of a split is 0: it is always above zero"},
           {"2024-08-06,split,0:4", "it is always above zero"},
           {"2024-08-06,split,-2", "it is always above zero"},
           {"2024-08-06,split,99999999999999999999", "does not fit 64 bits"},
           {"2024-08-06,split,two", "is not a plain decimal"},
           {"2024-08-06,split,1:1", "a split of 1:1 changes nothing"},
           {"2024-08-06,dividend,-0.5", "a dividend is -0.5: it is always above zero"},
           {"2024-08-06,dividend,0", "it is always above zero"},
           {"2024-08-06,merger,2", "'merger' is neither split nor dividend"},
           {"yesterday,split,2", "time 'yesterday' is not"},
           {"2024-08-05,split,3", "the split of 2024-08-05 is 3:1 here and 2:1 in line 2"},
           {"2024-08-06", "1 fields where 3 belong"}}) {
    const auto refused = import("date,kind,value\n2024-08-05,split,2\n" + line + "\n");
    EXPECT_EQ(refused.exit_code, 1) << line << refused.out;
    EXPECT_THAT(refused.out, HasSubstr("a.csv line 3: ")) << line;
    EXPECT_THAT(refused.out, HasSubstr(cause)) << line;
    EXPECT_THAT(refused.out, HasSubstr("--skip-bad\""));
    EXPECT_EQ(program_.run("data export us:X --kind corporate_action").exit_code, 3) << "nothing is half imported";
  }
  const auto rest = import("date,kind,value\n2024-08-05,split,2\n2024-08-06,split,0\n", "--skip-bad");
  EXPECT_THAT(rest.out, HasSubstr(R"("split":1,"dividend":0},"bad":1)"));
}

TEST_F(CorporateActions, OfAnInstrumentWithoutPricesAreRefused) {
  import_bars();
  const auto done = program_.run("data import " + write("g.csv", kActions) + " --instrument us:GOGO --json");
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_THAT(done.out, HasSubstr("import its bars or ticks first"));
}

TEST_F(CorporateActions, AreListedCheckedAndDeletedWithTheInstrument) {
  import_bars();
  ASSERT_EQ(import(kActions).exit_code, 0);
  EXPECT_THAT(program_.run("data list").out, HasSubstr("us:X 3 splits and 1 dividend"));
  EXPECT_THAT(program_.run("data list us:X --json").out,
              HasSubstr(R"("corporate_actions":[{"date":"2024-08-06","kind":"split","value":"4:1","import":2})"));
  EXPECT_THAT(program_.run("data check").out, HasSubstr("4 splits and dividends: all whole"));
  const auto plan = program_.run("data delete us:X --dry-run");
  EXPECT_THAT(plan.err, HasSubstr("4 splits and dividends"));
  EXPECT_EQ(program_.run("data delete us:X --yes").exit_code, 0);
  EXPECT_EQ(program_.run("data export us:X --kind corporate_action").exit_code, 3);
}

TEST_F(CorporateActions, BarsAreExportedAsIfTodaysSharesHadAlwaysBeenThere) {
  import_bars();
  ASSERT_EQ(import(kActions).exit_code, 0);
  const std::string raw = exported("--bar 1d");
  EXPECT_THAT(raw, HasSubstr("1722816000000000000,400,400,400,400,1000\n"));
  // 400 / 4 * 10 = 1000, and 1000 * 4 / 10 = 400 shares; then 1 - 15 / 1000 = 0.985.
  EXPECT_EQ(exported("--bar 1d --adjust splits"),
            "time_ns,open,high,low,close,volume\n"
            "1722816000000000000,1000.0000,1000.0000,1000.0000,1000.0000,400\n"
            "1722902400000000000,1000.0000,1000.0000,1000.0000,1000.0000,100\n"
            "1722988800000000000,1000.0000,1000.0000,1000.0000,1000.0000,1000\n"
            "1723075200000000000,985.0000,985.0000,985.0000,985.0000,1000\n");
  EXPECT_EQ(exported("--bar 1d --adjust all"),
            "time_ns,open,high,low,close,volume\n"
            "1722816000000000000,985.0000,985.0000,985.0000,985.0000,400\n"
            "1722902400000000000,985.0000,985.0000,985.0000,985.0000,100\n"
            "1722988800000000000,985.0000,985.0000,985.0000,985.0000,1000\n"
            "1723075200000000000,985.0000,985.0000,985.0000,985.0000,1000\n");
  EXPECT_THAT(exported("--bar 1d --adjust splits --to 2024-08-07"), HasSubstr("1722816000000000000,100.0000,"))
      << "as of the last bar that is given";
  EXPECT_EQ(exported("--bar 1d --adjust none"), raw);
  EXPECT_THAT(program_.run("data export us:X --bar 1d --adjust all").err,
              HasSubstr("prices are adjusted for 2 splits and 1 dividend; 1 outside of these bars changes nothing"));
  EXPECT_EQ(program_.run("data export us:X --bar 1d --adjust some").exit_code, 2);
  EXPECT_EQ(program_.run("data export us:X --kind trade --adjust all").exit_code, 2);
}

TEST_F(CorporateActions, BarsMarkedAdjustedAreNotAdjustedAgain) {
  import_bars("--adjusted");
  ASSERT_EQ(import(kActions).exit_code, 0);
  const auto refused = backtest("--adjust splits --json");
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_THAT(refused.out,
              HasSubstr("the 1d bars of us:X are marked adjusted: --adjust splits would adjust them twice"));
  EXPECT_EQ(program_.run("data export us:X --bar 1d --adjusted --adjust all").exit_code, 2);
  const auto as_they_are = backtest("");
  EXPECT_EQ(as_they_are.exit_code, 0) << as_they_are.err;
  EXPECT_THAT(as_they_are.err, Not(HasSubstr("within the run"))) << "their prices are what they should be";
  import_bars();
  EXPECT_EQ(backtest("--adjust splits").exit_code, 0) << "with both there, those are meant that can be adjusted";
}

TEST_F(CorporateActions, ABacktestSaysWhatItDidAboutThem) {
  import_bars();
  const auto without = backtest("--json");
  ASSERT_EQ(without.exit_code, 0) << without.out;
  EXPECT_THAT(without.out, Not(HasSubstr("corporate_actions")));
  const auto hash_of = [](const Outcome& outcome) { return outcome.out.substr(outcome.out.find("\"data_hash\""), 80); };
  ASSERT_EQ(import(kActions).exit_code, 0);

  const auto raw = backtest("");
  ASSERT_EQ(raw.exit_code, 0) << raw.err;
  EXPECT_THAT(raw.err, HasSubstr("2 splits and 1 dividend within the run; prices are raw"));
  EXPECT_THAT(raw.err, HasSubstr("--adjust splits or --adjust all"));
  EXPECT_THAT(file("run.json"), HasSubstr("us:X: 2 splits and 1 dividend within the run; prices are raw"));
  EXPECT_THAT(file("run.json"), Not(HasSubstr("\"adjust\"")));
  EXPECT_EQ(hash_of(backtest("--json")), hash_of(without)) << "raw prices are what they were";

  const auto splits = backtest("--adjust splits");
  EXPECT_THAT(splits.err, HasSubstr("prices are adjusted for 2 splits, not for 1 dividend (--adjust all); 1 outside of "
                                    "these bars changes nothing"));
  EXPECT_THAT(file("run.json"), HasSubstr("\"adjust\": \"splits\""));
  const auto all = backtest("--adjust all --json");
  EXPECT_THAT(all.out, HasSubstr(R"("adjust":"all","corporate_actions":{"splits":2,"dividends":1,"outside":1})"));
  EXPECT_NE(hash_of(all), hash_of(without));
  EXPECT_NE(hash_of(all), hash_of(backtest("--adjust splits --json")));

  write("run.toml", "strategy = \"idle\"\ninstrument = \"us:X\"\nbar = \"1d\"\nadjust = \"all\"\n");
  const auto toml = program_.run("backtest run '" + (program_.folder() / "run.toml").string() + "' --json");
  EXPECT_EQ(hash_of(toml), hash_of(all)) << toml.out;
}

// 100 shares bought at 400 are worth 40,000; raw, the next day they are worth 10,000. Adjusted, nothing was lost.
TEST_F(CorporateActions, WhatIsHeldOverASplitLosesNothingOnAdjustedPrices) {
  std::string text = "date,open,high,low,close,volume\n";
  for (int day = 1; day <= 8; ++day) {
    const char* price = day <= 4 ? "400" : "100";
    text += "2024-08-0" + std::to_string(day) + "," + price + "," + price + "," + price + "," + price + ",1000\n";
  }
  ASSERT_EQ(import(text, "--bar 1d", "bars.csv").exit_code, 0);
  ASSERT_EQ(import("date,split\n2024-08-05,4:1\n").exit_code, 0);
  const auto hold = [&](const std::string& options) {
    const auto done = backtest("--benchmark hold " + options);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    const auto statistics = file("statistics.json");
    return statistics.substr(statistics.find("\"benchmark_return\""), 40);
  };
  EXPECT_THAT(hold(""), StartsWith("\"benchmark_return\": -0.75"));
  EXPECT_THAT(hold("--adjust splits"), StartsWith("\"benchmark_return\": 0"));
}

/// date -> "open,high,low,close,volume" without digits behind the point, of a recorded file or an export.
std::map<std::string, std::string> rows_of(std::istream& in) {
  std::map<std::string, std::string> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields{line};
    std::string day, field, row;
    std::getline(fields, day, ',');
    for (int i = 0; i < 5 && std::getline(fields, field, ','); ++i) {
      const auto dot = field.find('.');
      if (dot != std::string::npos && field.find_first_not_of('0', dot + 1) == std::string::npos) field.resize(dot);
      row += (i == 0 ? "" : ",") + field;
    }
    rows[day] = row;
  }
  return rows;
}

// Samsung Electronics, 50:1 on 2018-05-04: prices as they were traded before and after it, adjusted, are the prices
// that another source publishes as adjusted.
TEST(CorporateActionsOracle, SamsungsFiftyForOneGivesThePublishedAdjustedPrices) {
  const auto raw = test::test_data("market/krx_daily/005930_raw_v1.csv");
  const auto adjusted = test::test_data("market/krx_daily/005930_adj_2018_2021.csv");
  const auto earlier = test::test_data("market/krx_daily/005930_adj_2016_2019_fund.csv");
  if (!raw || !adjusted || !earlier) GTEST_SKIP() << test::kNoTestData;
  const Program program;
  std::map<std::string, std::string> published;
  {
    std::ifstream older{*earlier}, newer{*adjusted};
    published = rows_of(older);
    for (auto& [day, row] : rows_of(newer)) published[day] = row;
  }
  // As traded: until February 2018 as recorded; from the split on, where raw and adjusted are the same.
  const auto traded = program.folder() / "traded.csv";
  std::vector<std::string> before;
  {
    std::ofstream out{traded};
    std::ifstream in{*raw};
    std::string line;
    while (std::getline(in, line)) {
      out << line << '\n';
      if (line >= "2016-01-04" && line < "2018-02-15") before.push_back(line.substr(0, 10));
    }
    for (const auto& [day, row] : published)
      if (day >= "20180504")
        out << day.substr(0, 4) << '-' << day.substr(4, 2) << '-' << day.substr(6) << ',' << row << '\n';
  }
  ASSERT_GT(before.size(), 500u);
  const auto splits = program.folder() / "splits.csv";
  std::ofstream{splits} << "date,split\n2018-05-04,50:1\n";
  ASSERT_EQ(program.run("data import '" + traded.string() + "' --instrument kiwoom:005930 --bar 1d").exit_code, 0);
  ASSERT_EQ(program.run("data import '" + splits.string() + "' --instrument kiwoom:005930").exit_code, 0);

  std::istringstream out{program.run("data export kiwoom:005930 --bar 1d --adjust splits").out};
  const auto rows = rows_of(out);
  std::size_t compared = 0, other_volume = 0;
  for (const std::string& day : before) {
    const auto name = day.substr(0, 4) + day.substr(5, 2) + day.substr(8);
    const auto theirs = published.find(name);
    if (theirs == published.end()) continue;
    // Midnight UTC of the day, as time_ns.
    const std::string stamp =
        std::to_string(std::chrono::sys_days{std::chrono::year{std::stoi(name.substr(0, 4))} /
                                             std::stoi(name.substr(4, 2)) / std::stoi(name.substr(6))}
                           .time_since_epoch()
                           .count() *
                       86'400'000'000'000);
    const auto ours = rows.find(stamp);
    ASSERT_NE(ours, rows.end()) << day;
    const auto prices = [](const std::string& row) { return row.substr(0, row.rfind(',')); };
    EXPECT_EQ(prices(ours->second), prices(theirs->second)) << day;
    other_volume += ours->second != theirs->second;
    ++compared;
  }
  EXPECT_GT(compared, 500u);
  EXPECT_EQ(other_volume, 0u) << "of " << compared;

  // And so the same strategy trades the same on both.
  const auto as_published = program.folder() / "published.csv";
  {
    std::ofstream file{as_published};
    file << "date,open,high,low,close,volume\n";
    for (const auto& [day, row] : published)
      if (day < "20180215" || day >= "20180504") file << day << ',' << row << '\n';
  }
  ASSERT_EQ(program.run("data import '" + as_published.string() + "' --instrument kiwoom:PUBLISHED --bar 1d --adjusted")
                .exit_code,
            0);
  const auto fills = [&](const std::string& options) {
    const auto folder = program.folder() / "run";
    std::filesystem::remove_all(folder);
    const auto ran = program.run(
        "backtest run --strategy sma_cross --param fast=10 --param slow=30 --cash 1000000 --bar "
        "1d --no-report --from 2016-01-04 --out '" +
        folder.string() + "' " + options);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::ifstream file{folder / "fills.csv"};
    std::string all, line;
    std::getline(file, line);
    while (std::getline(file, line)) {  // without the instrument's name
      const auto name = line.find(',');
      all += line.substr(0, name) + line.substr(line.find(',', name + 1)) + '\n';
    }
    return all;
  };
  const std::string ours = fills("--instrument kiwoom:005930 --adjust splits");
  EXPECT_GT(std::ranges::count(ours, '\n'), 20);
  EXPECT_EQ(ours, fills("--instrument kiwoom:PUBLISHED"));
  EXPECT_NE(ours, fills("--instrument kiwoom:005930")) << "raw, a 98 % fall is in it";
}

}  // namespace
}  // namespace stom
