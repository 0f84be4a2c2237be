// What a trading session keeps of its instruments as rows (docs/rows.md): the same text as `stom data rows`, and what
// happens where nobody takes them away.
#include "trade/row_keeper.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "market/row_text.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::trade {
namespace {

constexpr UnixNanos kNine = 1'795'737'600 * kSecond;  // 2026-11-27 in Seoul

Instrument stock(const std::string& id) {
  Instrument instrument;
  instrument.id = id;
  instrument.ladder = {{{0}, {100}}};
  return instrument;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct Rows : testing::Test {
  std::filesystem::path home = std::filesystem::temp_directory_path() / ("stom-rows-" + std::to_string(::getpid()));
  std::vector<Instrument> instruments{stock("kiwoom:005930"), stock("kiwoom:005930_NX"), stock("kiwoom:005930_AL"),
                                      stock("binance:BTCUSDT")};

  void SetUp() override { std::filesystem::create_directories(home); }
  void TearDown() override { std::filesystem::remove_all(home); }
  std::unique_ptr<RowKeeper> keeper(const std::vector<RowSpec>& specs) {
    return RowKeeper::open(home / "rows", instruments, specs).value();
  }
  /// A book of one level a side of that second.
  FeedMessage book(InstrumentIndex instrument, std::int64_t second) {
    return stom::test::feed_message(kNine + second * kSecond, FeedKind::Snapshot, levels, 1, instrument);
  }
  const FeedLevel levels[2] = {{700, 5}, {701, 6}};
};

TEST_F(Rows, AFileHasTheRowsOfItsInstrumentAsDataRowsPrintsThem) {
  const auto rows = keeper({{.rule = RowRule::AnyChange}, {.rule = RowRule::AnyChange, .minute = true}});
  RowBuilder seconds{instruments[0], {.rule = RowRule::AnyChange}};
  const auto fields = row_fields(false, true);
  std::string expected = row_header(fields, false) + "\n";
  for (const std::int64_t second : {0, 0, 1, 5, 61}) {
    const auto message = book(0, second);
    rows->apply(message);
    rows->apply(book(1, second));
    if (const SecondRow* row = seconds.apply(message)) append_row(expected, *row, fields), expected += '\n';
  }
  ASSERT_TRUE(rows->write(kNine));
  rows->apply(book(0, 62));
  ASSERT_TRUE(rows->write(kNine)) << "not every row is a write";
  EXPECT_EQ(text_of(home / "rows/kiwoom-005930.csv"), expected);
  append_row(expected, *seconds.apply(book(0, 62)), fields);
  expected += '\n';
  ASSERT_TRUE(rows->finish());
  EXPECT_EQ(text_of(home / "rows/kiwoom-005930.csv"), expected);
  const auto minutes = text_of(home / "rows/kiwoom-005930-minute.csv");
  EXPECT_EQ(std::ranges::count(minutes, '\n'), 3) << minutes;
  EXPECT_TRUE(minutes.contains("\n202611270901,"));
  EXPECT_TRUE(std::filesystem::exists(home / "rows/kiwoom-005930_NX.csv"));
  EXPECT_FALSE(std::filesystem::exists(home / "rows/binance-BTCUSDT.csv")) << "nothing came of it";
}

TEST_F(Rows, ByWhichRuleTheyAreAndWhoseTradesCountIsKeptBesideThem) {
  keeper({{.rule = RowRule::Stom}});
  const auto about = nlohmann::json::parse(text_of(home / "rows/about.json")).at("rows");
  ASSERT_EQ(about.size(), 4u);
  EXPECT_EQ(about[0], nlohmann::json::parse(R"({"instrument":"kiwoom:005930","file":"kiwoom-005930.csv",)"
                                            R"("rule":"stom","every":"second","trades":"krx"})"));
  EXPECT_EQ(about[1].at("trades"), "nxt");
  EXPECT_EQ(about[2].at("trades"), "krx and nxt");
  EXPECT_EQ(about[3].at("trades"), "binance");
}

TEST_F(Rows, WhatNobodyTakesAwayIsLeftOutAndCountedAndTheNextOnesComeAgain) {
  const auto rows = keeper({{.rule = RowRule::AnyChange}});
  constexpr std::int64_t kMore = 10;
  for (std::int64_t second = 0; second < static_cast<std::int64_t>(RowKeeper::kQueued) + kMore; ++second)
    rows->apply(book(0, second));
  EXPECT_EQ(rows->take_left_out(), static_cast<std::uint64_t>(kMore));
  EXPECT_EQ(rows->take_left_out(), 0u);
  ASSERT_TRUE(rows->finish());
  rows->apply(book(0, RowKeeper::kQueued + kMore));
  ASSERT_TRUE(rows->finish());
  const auto text = text_of(home / "rows/kiwoom-005930.csv");
  EXPECT_EQ(std::ranges::count(text, '\n'), static_cast<std::ptrdiff_t>(1 + RowKeeper::kQueued + 1));
}

TEST_F(Rows, AFolderThatCannotBeWrittenIsSaidWithWhatToDo) {
  const auto rows = keeper({{.rule = RowRule::AnyChange}});
  std::filesystem::remove_all(home);
  rows->apply(book(0, 0));
  const auto written = rows->finish();
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().message.contains("kiwoom-005930.csv"));
  EXPECT_FALSE(written.error().hint.empty());
}

TEST_F(Rows, OnlyRulesThatThereAreAreTaken) {
  EXPECT_EQ(parse_row_spec("stom").value(), (RowSpec{.rule = RowRule::Stom}));
  EXPECT_EQ(parse_row_spec("any_change,minute").value(), (RowSpec{.rule = RowRule::AnyChange, .minute = true}));
  for (const std::string text : {"", "minute", "stom,hour", "Stom"}) EXPECT_FALSE(parse_row_spec(text)) << text;
}

}  // namespace
}  // namespace stom::trade
