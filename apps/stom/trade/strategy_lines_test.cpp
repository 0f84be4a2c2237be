#include "trade/strategy_lines.hpp"

#include <gtest/gtest.h>

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
  EXPECT_EQ(add(RecordKind::Operator, 6, "stop"), "no line");
  EXPECT_FALSE(said.ended());
  EXPECT_EQ(add(RecordKind::End, 7, ""), "no line");
  EXPECT_TRUE(said.ended());
  EXPECT_EQ(add(RecordKind::Restart, 8, "trade mode=paper strategy=idle instrument=acme:A session=k3"), "no line");
  EXPECT_FALSE(said.ended());
  EXPECT_EQ(add(RecordKind::Log, 9, "here again"), "9 idle: here again");
  EXPECT_EQ(strategy_of("replay without one"), "");
}

}  // namespace
}  // namespace stom::trade
