#include "alerts/desk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stom::alerts {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kChannels = R"(
[channels.a_mail]
kind = "smtp"
server = "smtps://127.0.0.1:465"
from = "stom@example.org"
to = ["me@example.org"]
[channels.b_phone]
kind = "telegram"
token = "12:TOKEN"
chats = [7]
commands = true
)";
constexpr std::size_t kMail = 0, kPhone = 1;

class DeskTest : public ::testing::Test {
 protected:
  void open(std::string_view rules) {
    auto settings = parse_settings(std::string{rules} + std::string{kChannels}, "alerts.toml");
    ASSERT_TRUE(settings) << settings.error().message;
    desk.emplace(std::move(*settings));
  }
  void happens(EventKind kind, std::string subject, std::string text, std::string_view number = "") {
    Event event{kind, now, std::move(subject), std::move(text)};
    if (!number.empty()) event.number = parse_number(number).value();
    desk->on_event(event);
  }
  /// All that is due, delivered.
  std::vector<std::string> take(std::size_t channel) {
    std::vector<std::string> texts;
    while (const auto* message = desk->next(channel, now)) {
      texts.push_back(message->text);
      desk->delivered(channel, now);
    }
    return texts;
  }
  void fail(std::size_t channel, Failure failure = {{Errc::Io, "no route to 12:TOKEN", ""}}) {
    ASSERT_NE(desk->next(channel, now), nullptr);
    desk->failed(channel, failure, now);
  }

  std::optional<Desk> desk;
  UnixNanos now = parse_time("2026-03-02 12:00").value();
};

TEST_F(DeskTest, AFillIsToldWhereItsRuleSaysAndNowhereElse) {
  open("[[rules]]\nevent = \"fill\"\nof = \"v:A\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Fill, "v:A", "bought 1");
  happens(EventKind::Fill, "v:B", "bought 2");
  happens(EventKind::OrderRejected, "v:A", "no money");
  EXPECT_THAT(take(kPhone), ElementsAre("fill: v:A: bought 1"));
  EXPECT_THAT(take(kMail), ElementsAre());
}

TEST_F(DeskTest, APriceIsToldWhenItCrossesAndAnewOnceItWasBack) {
  open("[[rules]]\nevent = \"price\"\nof = \"v:A\"\nabove = \"100.5\"\nwindow = \"0s\"\nchannels = [\"b_phone\"]\n");
  for (const std::string_view price : {"100.5", "100.50000001", "101", "100.5", "150000000"})
    happens(EventKind::Price, "v:A", std::string{price}, price);
  EXPECT_THAT(take(kPhone), ElementsAre("price: v:A: 100.50000001", "price: v:A: 150000000"));
}

TEST_F(DeskTest, TheSameWithinItsWindowIsCountedAndToldAtItsEnd) {
  open("[[rules]]\nevent = \"log\"\nwindow = \"5m\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Log, "", "one");
  happens(EventKind::Log, "", "two");
  happens(EventKind::Log, "", "three");
  EXPECT_THAT(take(kPhone), ElementsAre("log: one"));
  now += 5 * kMinute;
  EXPECT_THAT(take(kPhone), ElementsAre("log: 2 more within 5m, the last: three"));
  now += 5 * kMinute;
  EXPECT_THAT(take(kPhone), ElementsAre());
  happens(EventKind::Log, "", "four");
  EXPECT_THAT(take(kPhone), ElementsAre("log: four"));
}

TEST_F(DeskTest, WhatNobodyAcknowledgesGoesToTheNextChannelOnce) {
  open(
      "[[rules]]\nevent = \"order.unknown\"\nchannels = [\"b_phone\"]\nescalate_after = \"10m\"\n"
      "escalate_to = \"a_mail\"\n");
  happens(EventKind::OrderUnknown, "v", "order 1");
  happens(EventKind::OrderUnknown, "v", "order 2");
  EXPECT_TRUE(desk->acknowledge(1));
  EXPECT_FALSE(desk->acknowledge(1));
  now += 10 * kMinute - 1;
  EXPECT_THAT(take(kMail), ElementsAre());
  now += 1;
  EXPECT_THAT(take(kMail), ElementsAre("nobody has acknowledged within 10m: order.unknown: v: order 2"));
  now += kHour;
  EXPECT_THAT(take(kMail), ElementsAre());
}

TEST_F(DeskTest, InQuietHoursOnlyWhatIsCriticalIsToldAndTheRestWaits) {
  open(
      "quiet = { from = \"23:00\", to = \"07:00\", zone = \"+09:00\" }\n"
      "[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n"
      "[[rules]]\nevent = \"session.failed\"\nchannels = [\"b_phone\"]\n");
  now = parse_time("2026-03-02 14:30").value();
  happens(EventKind::Fill, "v:A", "bought 1");
  happens(EventKind::SessionFailed, "", "disk full");
  EXPECT_THAT(take(kPhone), ElementsAre("session.failed: disk full"));
  now = parse_time("2026-03-02 21:59").value();  // 06:59 there
  EXPECT_THAT(take(kPhone), ElementsAre());
  now = parse_time("2026-03-02 22:00").value();
  EXPECT_THAT(take(kPhone), ElementsAre("fill: v:A: bought 1"));
  happens(EventKind::Fill, "v:A", "sold 1");
  EXPECT_THAT(take(kPhone), ElementsAre("fill: v:A: sold 1"));
}

TEST_F(DeskTest, AFailedMessageIsTriedAgainLaterAndLaterAndNothingOvertakesIt) {
  open("[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Fill, "", "1");
  happens(EventKind::Fill, "", "2");
  for (const DurationNanos pause : {1, 2, 4, 8}) {
    fail(kPhone);
    now += pause * kSecond - 1;
    EXPECT_EQ(desk->next(kPhone, now), nullptr);
    now += 1;
    EXPECT_THAT(desk->next(kPhone, now)->text, "fill: 1");
  }
  fail(kPhone, {{Errc::Io, "too many", ""}, false, 40 * kSecond});
  now += 40 * kSecond - 1;
  EXPECT_EQ(desk->next(kPhone, now), nullptr);
  now += 1;
  EXPECT_THAT(take(kPhone), ElementsAre("fill: 1", "fill: 2"));
}

TEST_F(DeskTest, AChannelThatStaysDeadIsToldOnTheOthersWithoutItsSecret) {
  open("[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Fill, "", "1");
  for (int i = 0; i < 8; ++i) {
    fail(kPhone);
    now += kMinute;
  }
  EXPECT_TRUE(desk->dead(kPhone));
  EXPECT_THAT(take(kMail), ElementsAre("channel b_phone does not deliver: no route to ***"));
  EXPECT_THAT(take(kPhone), ElementsAre("fill: 1"));
  EXPECT_FALSE(desk->dead(kPhone));
  EXPECT_THAT(take(kMail), ElementsAre("channel b_phone delivers again"));
}

TEST_F(DeskTest, WhatAServerRefusesForGoodIsToldOnTheOthersAndDoesNotHoldUpTheRest) {
  open("[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Fill, "", "1");
  happens(EventKind::Fill, "", "2");
  fail(kPhone, {{Errc::BadData, "bad", ""}, true, 0});
  EXPECT_THAT(take(kPhone), ElementsAre("fill: 2"));
  EXPECT_THAT(take(kMail), ElementsAre("channel b_phone refuses a message (bad), which was: fill: 1"));
}

TEST_F(DeskTest, TwoChannelsThatRefuseDoNotTellEachOtherForEver) {
  open("[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Fill, "", "1");
  fail(kPhone, {{Errc::BadData, "bad", ""}, true, 0});
  fail(kMail, {{Errc::BadData, "no", ""}, true, 0});
  EXPECT_EQ(desk->waiting(kPhone), 0u);
  EXPECT_EQ(desk->waiting(kMail), 0u);
}

TEST_F(DeskTest, AFullQueueLeavesOutTheOldestOfTheLeastSevereAndSaysHowMany) {
  open(
      "[[rules]]\nevent = \"fill\"\nchannels = [\"b_phone\"]\n"
      "[[rules]]\nevent = \"order.rejected\"\nwindow = \"0s\"\nchannels = [\"b_phone\"]\n"
      "[[rules]]\nevent = \"session.failed\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::SessionFailed, "", "critical");
  happens(EventKind::OrderRejected, "", "warning");
  for (std::size_t i = 0; i < Desk::kMostWaiting + 9; ++i) happens(EventKind::Fill, "", std::to_string(i));
  EXPECT_EQ(desk->waiting(kPhone), Desk::kMostWaiting + 1);
  const auto told = take(kPhone);
  ASSERT_EQ(told.size(), Desk::kMostWaiting + 2);
  EXPECT_EQ(told[0], "session.failed: critical");
  EXPECT_EQ(told[1], "order.rejected: warning");
  EXPECT_EQ(told[2], "fill: 10");
  EXPECT_EQ(told.back(), "10 alerts were left out here: too many waited");
}

TEST_F(DeskTest, NoCriticalAlertIsLeftOut) {
  open("[[rules]]\nevent = \"session.failed\"\nchannels = [\"b_phone\"]\n");
  for (std::size_t i = 0; i < Desk::kMostCritical + 5; ++i) happens(EventKind::SessionFailed, "", std::to_string(i));
  const auto told = take(kPhone);
  ASSERT_EQ(told.size(), Desk::kMostCritical);
  EXPECT_THAT(told.back(), HasSubstr("(5 more critical alerts came behind it)"));
}

TEST_F(DeskTest, ALongTextIsCutBetweenItsLetters) {
  open("[[rules]]\nevent = \"log\"\nchannels = [\"b_phone\"]\n");
  std::string text = "a";
  while (text.size() < 2000) text += "한";
  happens(EventKind::Log, "", text);
  const auto told = take(kPhone);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_LT(told[0].size(), 1020u);
  EXPECT_TRUE(told[0].ends_with("한…"));
}

/// What a rate has converted has 18 decimals.
TEST_F(DeskTest, AProfitIsToldHoweverManyDigitsItHas) {
  open("[[rules]]\nevent = \"profit\"\nbelow = \"-500000\"\nchannels = [\"b_phone\"]\n");
  happens(EventKind::Profit, "", "-499999.9 KRW", "-499999.999999999999999999");
  EXPECT_THAT(take(kPhone), ::testing::IsEmpty());
  happens(EventKind::Profit, "", "-512345.1 KRW", "-512345.123456789012345678");
  EXPECT_THAT(take(kPhone), ElementsAre(HasSubstr("profit: -512345.1 KRW")));
}

TEST(Numbers, AreComparedExactly) {
  const auto number = [](std::string_view text) { return parse_number(text).value(); };
  EXPECT_LT(compare(number("0.0000000001"), number("0.00000000010000001")), 0);
  EXPECT_EQ(compare(number("150000000"), number("150000000.0")), 0);
  EXPECT_GT(compare(number("9000000000000000000"), number("0.000000000000000001")), 0);
  EXPECT_LT(compare(number("-512345.123456789012345678"), number("-512345.123456789012345677")), 0);
  EXPECT_GT(compare(number("9223372036854775807.999999999999999999"), number("9223372036854775807")), 0);
  EXPECT_LT(compare(number("-0.5"), number("0.4")), 0);
  EXPECT_GT(compare(number("-0.5"), number("-1.2")), 0);
  EXPECT_EQ(compare(number("-0.50"), number("-0.5")), 0);
  for (const char* text : {"1e5", "", "-", ".5", "5.", "--5", "0.0000000000000000001", "9223372036854775808"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Secrets, OfAMailServerAreMaskedAsTheyAreSentToo) {
  Settings settings;
  settings.channels.push_back({.name = "mail", .kind = ChannelKind::Mail, .server = {}, .secret = "pass"});
  settings.channels[0].user = "me";
  EXPECT_EQ(masked("535 no: AG1lAHBhc3M=, cGFzcw==, pass", settings.secrets()), "535 no: ***, ***, ***");
}

class Refused : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Refused, SaysTheLineAndWhatToDo) {
  const auto& [text, why] = GetParam();
  const auto settings = parse_settings(std::string{text} + std::string{kChannels}, "alerts.toml");
  ASSERT_FALSE(settings);
  EXPECT_THAT(settings.error().message, HasSubstr(why));
  EXPECT_THAT(settings.error().message, HasSubstr("alerts.toml: line "));
  EXPECT_FALSE(settings.error().hint.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Refused,
    ::testing::Values(
        std::pair{"[[rules]]\nevent = \"fil\"\nchannels = [\"b_phone\"]\n", "\"fil\" is nothing that can be looked at"},
        std::pair{"[[rules]]\nevent = \"fill\"\nchannels = [\"c\"]\n", "names \"c\", which is no channel"},
        std::pair{"[[rules]]\nevent = \"fill\"\nchanels = [\"c\"]\n", "chanels means nothing here"},
        std::pair{"[[rules]]\nevent = \"fill\"\n", "channels is no list"},
        std::pair{"[[rules]]\nevent = \"price\"\nof = \"v:A\"\nchannels = [\"b_phone\"]\n", "above is missing"},
        std::pair{"[[rules]]\nevent = \"price\"\nof = \"v:A\"\nabove = 5.0\nchannels = [\"b_phone\"]\n", "no line of"},
        std::pair{"[[rules]]\nevent = \"fill\"\nabove = \"1\"\nchannels = [\"b_phone\"]\n", "is for price and profit"},
        std::pair{"[[rules]]\nevent = \"fill\"\nseverity = \"loud\"\nchannels = [\"b_phone\"]\n", "\"loud\" is none"},
        std::pair{"[[rules]]\nevent = \"fill\"\nwindow = \"-5m\"\nchannels = [\"b_phone\"]\n", "is no time from"},
        std::pair{"[[rules]]\nevent = \"fill\"\nescalate_after = \"5m\"\nchannels = [\"b_phone\"]\n", "escalate_to is"},
        std::pair{"[[rules]]\nevent = \"fill\"\nescalate_after = \"5m\"\nescalate_to = \"b_phone\"\n"
                  "channels = [\"a_mail\"]\n",
                  "waits for a word that nobody can give"},
        std::pair{"quiet = { from = \"23:00\", to = \"7\", zone = \"+09:00\" }\n", "\"7\" is no time of the day"},
        std::pair{"quiet = { from = \"23:00\", to = \"07:00\", zone = \"Seoul\" }\n", "\"Seoul\" is no offset"},
        std::pair{"[channels.x]\nkind = \"telegram\"\ntoken = \"1:A/../B\"\nchats = [1]\n", "is no token of a bot"},
        std::pair{"[channels.x]\nkind = \"smtp\"\nserver = \"smtp://h:25\"\nfrom = \"a@b\"\nto = [\"a@b\"]\n",
                  "server"},
        std::pair{"[channels.x]\nkind = \"webhook\"\nurl = \"http://example.org/\"\nsecret = \"s\"\n",
                  "url is no address"},
        std::pair{"[channels.x]\nkind = \"pager\"\n", "\"pager\" is no kind of channel"},
        std::pair{"[watchdog]\nkind = \"dog\"\nurl = \"https://h/k\"\n", "\"dog\" is no kind of watch-dog"},
        std::pair{"[watchdog]\nkind = \"url\"\n", "url is missing"},
        std::pair{"[watchdog]\nkind = \"url\"\nurl = \"https://h/\"\n", "has nothing behind its host"},
        std::pair{"[watchdog]\nkind = \"healthchecks\"\nurl = \"https://h/k\"\nevery = \"5s\"\n",
                  "is no time from 15s to 1d"},
        std::pair{"= 5\n", "alerts.toml: line 1"}));

}  // namespace
}  // namespace stom::alerts
