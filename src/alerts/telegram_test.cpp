#include "alerts/telegram.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stom::alerts {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kMine = 7, kAlsoMine = -100123, kStranger = 8;

class ConversationTest : public ::testing::Test {
 protected:
  std::string say(std::int64_t chat, std::string text) {
    return conversation.answer({.id = 1, .chat = chat, .time = now, .text = std::move(text)}, now);
  }

  UnixNanos now = 1'000 * kSecond;
  int stops = 0;
  std::vector<std::string> killed;
  std::uint64_t seen = 0;
  Conversation conversation{{kMine, kAlsoMine},
                            {.status = [] { return "running"; },
                             .positions = [] { return "BTC 1"; },
                             .orders = [] { return "2 orders"; },
                             .stop = [this] { ++stops; },
                             .kill =
                                 [this](std::string_view step) {
                                   killed.emplace_back(step);
                                   return "pulled";
                                 },
                             .alive = [] { return "heard"; },
                             .acknowledge =
                                 [this](std::uint64_t alert) {
                                   seen = alert;
                                   return alert == 12;
                                 }}};
};

TEST_F(ConversationTest, AChatThatIsNotAuthorisedIsToldNothing) {
  for (const char* text : {"/status", "/stop", "/stop yes", "hello"}) EXPECT_THAT(say(kStranger, text), IsEmpty());
  EXPECT_EQ(stops, 0);
}

TEST_F(ConversationTest, ButtonsOfTheOldProgramAndCommandsMeanTheSame) {
  EXPECT_EQ(say(kMine, "/positions"), "BTC 1");
  EXPECT_EQ(say(kMine, "잔고평가"), "BTC 1");
  EXPECT_EQ(say(kAlsoMine, "/orders@my_bot"), "2 orders");
  EXPECT_EQ(say(kMine, "거래목록"), "2 orders");
  EXPECT_EQ(say(kMine, "/status"), "running");
  EXPECT_THAT(say(kMine, "/flatten"), HasSubstr("/status"));
}

TEST_F(ConversationTest, StoppingNeedsTheSameChatsYesWithinAMinute) {
  EXPECT_THAT(say(kMine, "/stop yes"), HasSubstr("/stop yes"));
  EXPECT_THAT(say(kAlsoMine, "/stop yes"), HasSubstr("Within a minute"));
  EXPECT_EQ(stops, 0);
  now += Conversation::kConfirmWithin + 1;
  EXPECT_THAT(say(kMine, "/stop yes"), HasSubstr("Within a minute"));
  EXPECT_EQ(stops, 0);
  EXPECT_EQ(say(kMine, "/status"), "running");  // another word takes the question back
  EXPECT_THAT(say(kMine, "전략중지"), HasSubstr("Within a minute"));
  EXPECT_EQ(stops, 0);
  EXPECT_THAT(say(kMine, "/stop yes"), HasSubstr("stopping"));
  EXPECT_EQ(stops, 1);
}

TEST_F(ConversationTest, TheKillSwitchIsPulledAsFarAsTheSameChatHasConfirmed) {
  EXPECT_THAT(say(kStranger, "/kill cancel"), IsEmpty());
  EXPECT_THAT(say(kMine, "/kill"), HasSubstr("how far"));
  EXPECT_THAT(say(kMine, "/kill everything yes"), HasSubstr("how far"));
  EXPECT_THAT(say(kMine, "/kill cancel yes"), HasSubstr("/kill cancel yes"));
  EXPECT_THAT(say(kAlsoMine, "/kill cancel yes"), HasSubstr("Within a minute"));
  EXPECT_THAT(say(kMine, "/kill flatten yes"), HasSubstr("closed by market orders")) << "it was asked about cancel";
  EXPECT_THAT(say(kMine, "/stop yes"), HasSubstr("Within a minute")) << "nor does that yes count for something else";
  EXPECT_TRUE(killed.empty());
  EXPECT_THAT(say(kMine, "/kill flatten"), HasSubstr("Within a minute"));
  now += Conversation::kConfirmWithin + 1;
  EXPECT_THAT(say(kMine, "/kill flatten yes"), HasSubstr("Within a minute"));
  EXPECT_TRUE(killed.empty());
  EXPECT_EQ(say(kMine, "/kill flatten yes"), "pulled");
  EXPECT_EQ(killed, std::vector<std::string>{"flatten"});
  EXPECT_THAT(say(kMine, "/kill flatten yes"), HasSubstr("Within a minute")) << "a yes counts once";
  EXPECT_EQ(stops, 0);
}

TEST_F(ConversationTest, AWordToTheDeadManTimerNeedsNoYes) { EXPECT_EQ(say(kMine, "/alive"), "heard"); }

TEST_F(ConversationTest, WhatWasSaidLongAgoIsNotDone) {
  EXPECT_THAT(say(kMine, "/stop"), HasSubstr("Within a minute"));
  const Update late{.id = 2, .chat = kMine, .time = now - Conversation::kTooOld - 1, .text = "/stop yes"};
  EXPECT_THAT(conversation.answer(late, now), HasSubstr("too old"));
  EXPECT_EQ(stops, 0);
}

TEST_F(ConversationTest, WhatWasSaidToTheSessionBeforeIsNotDoneByThisOne) {
  const UnixNanos begun = now - kSecond;
  for (const char* text : {"/stop", "/stop yes"}) {
    const Update before{.id = 1, .chat = kMine, .time = begun - 1, .text = text};
    EXPECT_THAT(conversation.answer(before, now, begun), HasSubstr("before the session began"));
  }
  EXPECT_EQ(stops, 0);
  const Update after{.id = 2, .chat = kMine, .time = begun, .text = "/status"};
  EXPECT_EQ(conversation.answer(after, now, begun), "running");
}

TEST_F(ConversationTest, AnAlertIsAcknowledgedByItsNumber) {
  EXPECT_EQ(say(kMine, "/ack 12"), "#12 is seen");
  EXPECT_EQ(say(kMine, "/ack #13"), "#13 does not wait to be seen");
  EXPECT_THAT(say(kMine, "/ack 12x"), HasSubstr("which one"));
  EXPECT_EQ(seen, 13u);
}

TEST(Updates, AreReadAsTelegramWritesThem) {
  const auto updates = parse_updates(
      R"({"ok":true,"result":[{"update_id":5,"message":{"message_id":1,"date":1700000000,"chat":{"id":-100123,"type":"group"},"text":"/status"}},)"
      R"({"update_id":6,"edited_message":{"text":"/stop"}}]})");
  ASSERT_TRUE(updates) << updates.error().message;
  ASSERT_EQ(updates->size(), 2u);
  EXPECT_EQ((*updates)[0].id, 5);
  EXPECT_EQ((*updates)[0].chat, kAlsoMine);
  EXPECT_EQ((*updates)[0].time, 1'700'000'000 * kSecond);
  EXPECT_EQ((*updates)[0].text, "/status");
  EXPECT_EQ((*updates)[1].id, 6);
  EXPECT_THAT((*updates)[1].text, IsEmpty());
}

TEST(Updates, OfAnythingElseAreRefused) {
  for (const char* body : {"", "[]", "{}", R"({"ok":false,"result":[]})", R"({"ok":true,"result":[5]})",
                           R"({"ok":true,"result":[{"update_id":-1}]})", R"({"ok":true,"result":[{"update_id":"5"}]})"})
    EXPECT_FALSE(parse_updates(body)) << body;
}

TEST(Webhook, IsSignedAsItsPageSays) {
  // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
  EXPECT_EQ(signature("key", "1700000000", R"({"a":1})"),
            "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03");
}

}  // namespace
}  // namespace stom::alerts
