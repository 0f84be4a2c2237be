// `stom account export` on journals that are written here: what a tax office is shown must be whole, and counted once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>

#include "core/time.hpp"
#include "engine/journal.hpp"
#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class AccountExport : public ::testing::Test {
 protected:
  static OrderEvent fill(UnixNanos time, Side side, std::int64_t price, std::int64_t quantity) {
    return {.kind = OrderEventKind::Filled,
            .side = side,
            .id = 1,
            .time = time,
            .local_time = time,
            .price = {price},
            .quantity = {quantity}};
  }
  /// A folder with the journal of a session of the account main, and nothing else. Prices have a decimal.
  fs::path session(const std::string& name, int quantity_decimals, std::initializer_list<OrderEvent> events) const {
    const fs::path folder = program.folder() / name;
    fs::create_directories(folder);
    Journal journal;
    EXPECT_TRUE(journal.open(folder / "journal.stom"));
    journal.configuration(
        "trade mode=live account=main disk=first strategy=idle instrument=binance-usdm:BTCUSDT tick=0.1 "
        "lot=0.001 decimals=1," +
        std::to_string(quantity_decimals) + " session=" + name);
    for (const OrderEvent& event : events) journal.event(event, 1);
    EXPECT_TRUE(journal.flush());
    return folder;
  }
  Outcome exported(const std::string& more, std::initializer_list<fs::path> sessions) const {
    std::string folders;
    for (const fs::path& one : sessions) folders += " --session '" + one.string() + "'";
    fs::remove(csv());
    return program.run("account export --json --to '" + csv().string() + "' " + more + folders);
  }
  fs::path csv() const { return program.folder() / "out.csv"; }
  std::string rows() const {
    std::ifstream in{csv(), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  const Program program;
  const UnixNanos noon = *parse_time("2026-06-01 12:00");
};

TEST_F(AccountExport, NeedsTheJournalAlone) {
  const auto folder = session("a1", 3, {fill(noon, Side::Buy, 100'0, 1'000), fill(noon + 1, Side::Sell, 110'0, 1'000)});
  const auto told = exported("", {folder});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out,
              HasSubstr(R"({"year":2026,"account":"main","instrument":"binance-usdm:BTCUSDT","currency":"USDT",)"
                        R"("fills":2,"bought":"100","sold":"110","fees":"0","funding":"0","realized":"10"})"));
  EXPECT_THAT(rows(), HasSubstr("a1,fill,binance-usdm:BTCUSDT,1,sell,110,1,110,USDT,0,10,0\n"));
}

TEST_F(AccountExport, WhatWasBoughtInCoarserLotsIsSoldInFinerOnes) {
  const auto spring = session("a1", 3, {fill(noon, Side::Buy, 100'0, 1'000)});
  const auto autumn = session(
      "b2", 5, {fill(noon + kDay, Side::Sell, 110'0, 50'000), fill(noon + 2 * kDay, Side::Sell, 120'0, 50'000)});
  const auto told = exported("", {autumn, spring});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr(R"("bought":"100","sold":"115","fees":"0","funding":"0","realized":"15")"));
  EXPECT_THAT(rows(), AllOf(HasSubstr(",sell,110,0.5,55,USDT,0,5,0.5\n"), HasSubstr(",sell,120,0.5,60,USDT,0,10,0\n")));
}

TEST_F(AccountExport, NothingIsCountedTwice) {
  const auto folder = session("a1", 3, {fill(noon, Side::Buy, 100'0, 1'000)});
  const auto twice = exported("", {folder, folder / ""});
  EXPECT_EQ(twice.exit_code, 2) << twice.out;
  EXPECT_THAT(twice.out + twice.err, HasSubstr("the same folder"));
  fs::copy(folder, program.folder() / "copy", fs::copy_options::recursive);
  const auto copy = exported("", {folder, program.folder() / "copy"});
  EXPECT_EQ(copy.exit_code, 2) << copy.out;
  EXPECT_THAT(copy.out + copy.err, HasSubstr("is a copy of the session in"));
  EXPECT_FALSE(fs::exists(csv()));
}

TEST_F(AccountExport, AYearBeginsWhereItsZoneSaysAndWhatWasBoughtBeforeItHasItsCost) {
  const UnixNanos new_year = *parse_time("2027-01-01 00:00+09:00");
  const auto folder =
      session("a1", 3, {fill(new_year - 1, Side::Buy, 100'0, 1'000), fill(new_year, Side::Sell, 110'0, 1'000)});
  const auto korean = exported("--year 2027 --zone=+09:00", {folder});
  EXPECT_EQ(korean.exit_code, 0) << korean.err;
  EXPECT_THAT(korean.out, AllOf(HasSubstr(R"("rows":1)"), HasSubstr(R"("bought":"0","sold":"110")"),
                                HasSubstr(R"("realized":"10")")));
  EXPECT_THAT(exported("--year 2027", {folder}).out, HasSubstr(R"("rows":0)"));
  EXPECT_THAT(exported("--year 2026", {folder}).out, HasSubstr(R"("rows":2)"));
}

}  // namespace
}  // namespace stom::test
