#include "venues/recorded.hpp"

#include <gtest/gtest.h>

#include "core/utf8.hpp"
#include "venues/registry.hpp"

namespace stom::venues {
namespace {

const std::string kFrame = R"({"e":"serverShutdown","E":7})";
const std::string kRead = R"({"events":[{"kind":"venue_shutdown","venue_time_ns":7000000}]})";

std::string line(std::string_view venue, const std::string& text) {
  const auto decoder = make_decoder(venue);
  RecordedDecoder recorded{std::string{venue}, *decoder};
  return recorded.line(text);
}

TEST(RecordedFrames, AreFoundBehindWhateverARecorderWroteBeforeThem) {
  for (const std::string before :
       {"", "  ", "\t", "1723161255298123456 ", "1618678262.670261\t<\t", "2026-09-11T11:56:18.171+09:00\t<\t",
        "2026-09-11 11:56:18.171\t<\t", "2026-09-11 11:56:18 ", "1618678262 < ", "1618678262   "})
    EXPECT_EQ(line("binance", before + kFrame), kRead) << before;
  EXPECT_EQ(line("binance", R"({"doc":"a.md","section":"b","json":)" + kFrame + "}"), kRead);
  EXPECT_EQ(line("binance", R"({"url":"/x","received_unix":1,"body":)" + kFrame + "}"), kRead);
}

TEST(RecordedFrames, WhatWeSentAndCommentsAreSkipped) {
  for (const std::string& sent : {"1618678262.670261\t>\t" + kFrame, "1618678262 > " + kFrame,
                                  std::string{R"({"method":"SUBSCRIBE","params":[],"id":1})"}})
    EXPECT_EQ(line("binance", sent), R"({"skipped":"sent"})") << sent;
  for (const auto* comment : {"", " ", "\r", "# a note", "  # a note"})
    EXPECT_EQ(line("binance", comment), R"({"skipped":"comment"})") << comment;
  for (const auto* neither : {"PONG", "yesterday {}", "1618678262", "99999999999999999999 {}"})
    EXPECT_TRUE(line("binance", neither).starts_with(R"({"error":)")) << neither;
}

// Kiwoom tells the time of day alone: the day is that of the receipt, however many digits of a second that has.
TEST(RecordedFrames, TheirTimesHaveAsManyDigitsAsTheRecorderLikes) {
  const std::string frame = R"({"trnm":"REAL","data":[{"type":"0s","name":"","item":"",)"
                            R"("values":{"215":"3","20":"090000","214":"000000"}}]})";
  const std::string expected = R"("venue_time_ns":1789084800000000000)";  // 2026-09-11, nine o'clock in Seoul
  for (const auto* received : {"1789084801", "1789084801.25", "1789084801250", "1789084801250000",
                               "1789084801250000000", "2026-09-11T09:00:01.25+09:00"})
    EXPECT_TRUE(line("kiwoom", std::string{received} + " " + frame).contains(expected)) << received;
  EXPECT_TRUE(line("kiwoom", "9223372036854775807 " + frame).starts_with(R"({"error":)")) << "of no century of ours";
}

TEST(RecordedFrames, AnAnswerIsUtf8AlsoWhereItQuotesAWordThatIsTooLong) {
  std::string word;
  for (int i = 0; i < 20; ++i) word += "호가";
  for (const std::string& frame : {R"({"e":")" + word + R"("})", R"({")" + word + R"(":1})",
                                   R"({"e":"executionReport","E":1,"s":"A","c":"c","S":")" + word + R"("})"}) {
    const auto told = line("binance", frame);
    EXPECT_TRUE(told.starts_with(R"({"unknown":)")) << told;
    EXPECT_TRUE(is_utf8(told)) << told;
  }
}

TEST(RecordedFrames, ExamplesStandOneBehindTheOther) {
  const auto answer = examples_in("GET\n/v1/ticker\nfalse\n[\n]\n");
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0].text, "[\n]\n");
  const auto messages = examples_in("> {\"a\":1}\r\n= {\"b\":\r\n2}\r\n");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_TRUE(messages[0].sent);
  EXPECT_FALSE(messages[1].sent);
  EXPECT_EQ(messages[1].text, " {\"b\":2}\n");
  EXPECT_TRUE(examples_in("1618678262 {}\n").empty());
}

}  // namespace
}  // namespace stom::venues
