#include "trade/strategy_lines.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace stom::trade {
namespace {

TEST(AStrategysLines, AreThoseOfItsJournalUnderTheNameThatItHadThen) {
  StrategyLines said;
  const auto add = [&](RecordKind kind, UnixNanos time, std::string text) {
    JournalRecord record;
    record.kind = kind;
    record.time = time;
    record.text = std::move(text);
    const auto line = said.fold(record);
    return line ? std::to_string(line->time) + " " + line->strategy + ": " + line->text : "no line";
  };
  EXPECT_EQ(add(RecordKind::Configuration, 0, "trade mode=paper strategy=grid step=5 instrument=acme:A session=k3"),
            "no line");
  EXPECT_EQ(add(RecordKind::Log, 5, "orders: no entry"), "5 grid: orders: no entry");
  EXPECT_EQ(add(RecordKind::Log, 5, KeptWords::line({0, 0}, "a word")), "no line") << "that is for itself";
  EXPECT_EQ(add(RecordKind::Operator, 6, "stop"), "no line");
  EXPECT_FALSE(said.ended());
  EXPECT_EQ(add(RecordKind::End, 7, ""), "no line");
  EXPECT_TRUE(said.ended());
  EXPECT_EQ(add(RecordKind::Restart, 8, "trade mode=paper strategy=idle instrument=acme:A session=k3"), "no line");
  EXPECT_FALSE(said.ended());
  EXPECT_EQ(add(RecordKind::Log, 9, "here again"), "9 idle: here again");
  EXPECT_EQ(strategy_of("replay without one"), "");
}

TEST(AStrategysLines, OfSeveralStandUnderTheNameOfWhoSaysThem) {
  StrategyLines said;
  JournalRecord record;
  record.kind = RecordKind::Configuration;
  record.text = "trade mode=paper strategy=several:trend,maker member=trend of=idle instrument=acme:A session=k3";
  EXPECT_FALSE(said.fold(record));
  const auto line = [&](std::string text) {
    record.kind = RecordKind::Log;
    record.text = std::move(text);
    const auto told = said.fold(record);
    return told ? told->strategy + "|" + told->text : "no line";
  };
  EXPECT_EQ(line("maker: orders: no entry"), "maker|orders: no entry");
  EXPECT_EQ(line("trend: "), "trend|");
  EXPECT_EQ(line("nobody: of that name"), "several:trend,maker|nobody: of that name");
}

TEST(AStrategysLines, SeveralStrategiesKeepTheirPlacesWhereASessionGoesOn) {
  const auto made = [](const std::string& strategy) {
    return "trade mode=paper strategy=" + strategy + " member=x instrument=acme:A session=k3";
  };
  EXPECT_EQ(names_in("several:a,b-2"), (std::vector<std::string>{"a", "b-2"}));
  EXPECT_TRUE(names_in("grid").empty());
  EXPECT_TRUE(check_goes_on(made("several:a,b"), made("several:a,b"), false));
  EXPECT_TRUE(check_goes_on(made("several:a,b"), made("several:a,b,c"), true));
  EXPECT_FALSE(check_goes_on(made("several:a,b"), made("several:a,b,c"), false)) << "without --changed";
  EXPECT_TRUE(check_goes_on(made("grid"), made("idle"), true));
  const std::vector<std::pair<std::string, std::string>> changes{
      {"several:a,b", "several:b,a"}, {"several:a,b", "several:a"}, {"several:a", "a"}, {"grid", "several:grid"}};
  for (const auto& [before, after] : changes)
    EXPECT_FALSE(check_goes_on(made(before), made(after), true)) << before << " and then " << after;
}

}  // namespace
}  // namespace stom::trade
