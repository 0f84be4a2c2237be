// stom data list, check, export and delete from the outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kMarket = "sim:BTCUSDT";

// A program with some seconds of a made-up market in its store.
class DataStore : public ::testing::Test {
 protected:
  DataStore() {
    const Outcome made = stom_.run("data gen --instrument sim:BTCUSDT --minutes 0.2 --history 1 --start 2025-09-01");
    EXPECT_EQ(made.exit_code, 0) << made.err;
  }
  std::filesystem::path day_file() const { return stom_.folder() / "home/ticks/sim/BTCUSDT/2025-09-01.stom"; }
  Outcome run(const std::string& command) const { return stom_.run("data " + command); }

  Program stom_;
};

TEST_F(DataStore, ListShowsWhatIsThereAndJsonIsOneObject) {
  EXPECT_THAT(run("list").out, HasSubstr(kMarket));
  const Outcome json = run("list --json");
  EXPECT_THAT(json.out, StartsWith(R"({"instruments":[{"instrument":"sim:BTCUSDT")"));
  EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), 1);
  EXPECT_EQ(run("list binance:NOTHERE").exit_code, 3);
}

TEST_F(DataStore, AnotherMarketOverTheSameTimeIsRefusedAndTheSameAgainIsTold) {
  const std::string made = "gen --instrument sim:BTCUSDT --minutes 0.2 --history 1 --start 2025-09-01";
  const std::string held = run("list --json").out;
  EXPECT_THAT(run(made).out, HasSubstr("made before"));
  const auto refused = [&](const std::string& command) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 2) << command << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("sim:BTCUSDT is in the store already from 2025-0")) << command;
    EXPECT_THAT(outcome.err, HasSubstr("made from seed 1")) << command;
    EXPECT_THAT(outcome.err, HasSubstr("stom data delete sim:BTCUSDT")) << command;
    EXPECT_EQ(run("list --json").out, held) << command;
  };
  refused(made + " --seed 2");
  refused("gen --demo");
  refused("gen --instrument sim:KRW-BTC --instrument sim:BTCUSDT --minutes 1 --start 2025-09-01T00:00:05Z");
  refused("gen --instrument sim:BTCUSDT --minutes 1 --history 1 --start 2025-09-01T12:00:00Z");
  refused("gen --instrument sim:BTCUSDT --minutes 1 --start 2025-08-31T12:00:00Z");
  EXPECT_EQ(run("gen --instrument sim:BTCUSDT --minutes 0.1 --seed 2 --start 2025-09-02").exit_code, 0) << "later";
  EXPECT_EQ(run("delete sim:BTCUSDT --from 2025-09-01 --to 2025-09-01 --yes").exit_code, 0);
  EXPECT_EQ(run(made).exit_code, 0) << "what was deleted of it is made again";
}

TEST_F(DataStore, AGeneratedMarketIsToldInWordsAndInJsonWhereAskedFor) {
  const Outcome words = run("gen --instrument sim:KRW-BTC --minutes 0.2");
  EXPECT_THAT(words.out, StartsWith("sim:KRW-BTC from seed 1: depth "));
  EXPECT_THAT(run("gen --instrument sim:KRW-BTC --minutes 0.2 --json").out, StartsWith(R"({"sets":[{"instrument":)"));
}

TEST_F(DataStore, AMarketIsASecondToAYearLong) {
  for (const std::string length : {"--days 100000", "--days 367", "--minutes 1e9", "--minutes 0.001", "--days 1e300"}) {
    const Outcome outcome = run("gen --instrument sim:KRW-ETH " + length);
    EXPECT_EQ(outcome.exit_code, 2) << length;
    EXPECT_THAT(outcome.err, HasSubstr("is not between a second and 366 days")) << length;
    EXPECT_THAT(outcome.err, HasSubstr("hint: ")) << length;
  }
  EXPECT_EQ(run("gen --instrument sim:KRW-ETH --start 2261-12-31").exit_code, 2);
}

TEST_F(DataStore, CheckFailsWhereASingleByteWasChanged) {
  EXPECT_EQ(run("check").exit_code, 0);
  {
    std::fstream file{day_file(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekg(2000);
    const int byte = file.get();
    file.seekp(2000);
    file.put(static_cast<char>(byte ^ 1));
  }
  const Outcome damaged = run("check");
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.out, HasSubstr("2025-09-01.stom"));
  EXPECT_THAT(run("check --json").out, StartsWith(R"({"ok":false)"));
}

TEST_F(DataStore, ExportWritesOneLineATradeAndNoFileWhereItFails) {
  const auto csv = stom_.folder() / "trades.csv";
  ASSERT_EQ(run("export sim:BTCUSDT --out '" + csv.string() + "'").exit_code, 0);
  std::ifstream file{csv};
  std::string head;
  std::getline(file, head);
  EXPECT_EQ(head, "receive_time_ns,event_time_ns,transaction_time_ns,trade_id,price,quantity,side");
  EXPECT_EQ(run("export sim:BTCUSDT --kind unheard --out '" + (stom_.folder() / "x.csv").string() + "'").exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(stom_.folder() / "x.csv"));
  EXPECT_THAT(run("export sim:BTCUSDT --bar 1m").out, StartsWith("time_ns,open,high,low,close,volume\n"));
}

TEST_F(DataStore, RowsAreOneASecondInKoreanOrEnglish) {
  const Outcome korean = run("rows sim:BTCUSDT --lang ko");
  EXPECT_EQ(korean.exit_code, 0) << korean.err;
  EXPECT_THAT(korean.out, StartsWith("index,현재가,시가,고가,저가,등락율,당일거래대금,체결강도,초당매수수량,"));
  EXPECT_THAT(korean.out, HasSubstr("\n20250901000005,"));
  const auto rows = std::count(korean.out.begin(), korean.out.end(), '\n') - 1;
  EXPECT_GE(rows, 10) << "of 12 seconds";
  EXPECT_LE(rows, 13);
  EXPECT_THAT(run("rows sim:BTCUSDT --lang en --minute").out, HasSubstr(",minute_open,"));
  EXPECT_THAT(run("rows sim:BTCUSDT --lang en --json").out, StartsWith(R"({"index":20250901000000,"price":)"));
  EXPECT_EQ(run("rows sim:NOTHERE").exit_code, 3);
}

TEST_F(DataStore, DatesOutsideTheDataOrReversedAreNoEmptyAnswer) {
  for (const std::string command : {"export sim:BTCUSDT", "export sim:BTCUSDT --bar 1m", "rows sim:BTCUSDT"}) {
    const Outcome outside = run(command + " --from 2024-01-01 --to 2024-01-02");
    EXPECT_EQ(outside.exit_code, 3) << command;
    EXPECT_EQ(outside.out, "") << command;
    EXPECT_THAT(outside.err, HasSubstr("sim:BTCUSDT in that range")) << command;
    EXPECT_THAT(outside.err, HasSubstr("from 2025-0")) << command;
    const Outcome reversed = run(command + " --from 2025-09-02 --to 2025-09-01");
    EXPECT_EQ(reversed.exit_code, 2) << command;
    EXPECT_THAT(reversed.err, HasSubstr("--from 2025-09-02 is not before --to 2025-09-01")) << command;
  }
}

TEST_F(DataStore, FilesWithoutACatalogueAreNotHidden) {
  std::filesystem::remove(stom_.folder() / "home/catalogue.sqlite");
  for (const std::string command : {"list", "book sim:BTCUSDT --at 1756684805000", "gen --minutes 0.1"}) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 1) << command << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("catalogue.sqlite, which says what they are, is gone")) << command;
    EXPECT_THAT(outcome.err, HasSubstr("put catalogue.sqlite back")) << command;
  }
  EXPECT_FALSE(std::filesystem::exists(stom_.folder() / "home/catalogue.sqlite"));
}

TEST_F(DataStore, DeleteAsksByNameAndADryRunDeletesNothing) {
  EXPECT_EQ(run("delete sim:BTCUSDT --dry-run").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(day_file()));
  EXPECT_EQ(run("delete sim:BTCUSDT").exit_code, 2) << "nobody there to ask";
  EXPECT_EQ(run("delete sim:BTCUSDT --confirm=sim:KRW-BTC").exit_code, 2) << "the name of another";
  EXPECT_TRUE(std::filesystem::exists(day_file()));
  EXPECT_EQ(run("delete sim:BTCUSDT --from 2025-09-01 --to 2025-09-01 --confirm=sim:BTCUSDT").exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(day_file()));
  EXPECT_THAT(run("list").out, HasSubstr("1m")) << "a range of days leaves the bars";
  EXPECT_EQ(run("delete sim:BTCUSDT --yes").exit_code, 0);
  EXPECT_EQ(run("delete sim:BTCUSDT --yes").exit_code, 3);
}

}  // namespace
}  // namespace stom::test
