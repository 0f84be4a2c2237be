// Channels against servers on real sockets, which say what their scripts say.
#include "alerts/channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "alerts/telegram.hpp"
#include "alerts/watch_dog.hpp"
#include "core/clock.hpp"
#include "tests/support/tls_server.hpp"

namespace stom::alerts {
namespace {

using stom::testing::Authority;
using stom::testing::Peer;
using stom::testing::TlsServer;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Authority& authority() {
  static const Authority made;
  return made;
}

const net::Route& route() {
  static const net::Route made{net::Trust::make(authority().file()).value(), {}};
  return made;
}

/// Answers each request with the next of `answers`, the last again and again; keeps head and body of each.
class Web {
 public:
  explicit Web(std::vector<std::string> answers)
      : answers_{std::move(answers)}, server_{authority().issue("localhost"), [this](Peer& peer) { serve(peer); }} {}

  std::vector<std::string> requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
  }
  ChannelSettings settings(ChannelKind kind, std::string secret) const {
    return {
        .name = "it", .kind = kind, .server = {true, "localhost", server_.port(), "/in"}, .secret = std::move(secret)};
  }
  WatchDogSettings watch_dog(WatchDogKind kind, std::string target) const {
    return {.kind = kind, .url = {true, "localhost", server_.port(), std::move(target)}};
  }

 private:
  void serve(Peer& peer) {
    for (;;) {
      std::string head = peer.until("\r\n\r\n");
      if (head.empty()) return;
      const auto at = head.find("Content-Length: ");
      const std::string body = at == head.npos ? "" : peer.exactly(std::stoul(head.substr(at + 16)));
      const std::lock_guard lock{mutex_};
      peer.send(answers_[std::min(requests_.size(), answers_.size() - 1)]);
      requests_.push_back(head + body);
    }
  }

  std::mutex mutex_;
  std::vector<std::string> answers_, requests_;
  TlsServer server_;
};

std::string answer(int status, const std::string& body = "{\"ok\":true}", const std::string& more = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

const auto kGoOn = [] { return true; };
const Message kMessage{12, Severity::Critical, 0, "a < b & \"c\""};

TEST(WebhookChannel, SignsWhatItSends) {
  Web web{{answer(200)}};
  const ManualClock clock{1'700'000'000 * kSecond};
  const auto sent = open_channel(web.settings(ChannelKind::Webhook, "key"), route(), clock)->send(kMessage, kGoOn);
  ASSERT_TRUE(sent) << sent.error().why.message;
  const std::string body =
      R"({"alert":12,"severity":"critical","time":"1970-01-01T00:00:00.000000000Z","text":"a < b & \"c\""})";
  EXPECT_THAT(web.requests(),
              ElementsAre(AllOf(HasSubstr("POST /in HTTP/1.1\r\n"), HasSubstr("X-Stom-Timestamp: 1700000000\r\n"),
                                HasSubstr("X-Stom-Signature: sha256=" + signature("key", "1700000000", body) + "\r\n"),
                                HasSubstr("\r\n\r\n" + body))));
}

TEST(WebhookChannel, SaysWhichFailuresAreWorthAnotherTry) {
  Web web{{answer(500), answer(429, "", "Retry-After: 7\r\n"), answer(401), answer(400), answer(204, "")}};
  const ManualClock clock;
  const auto channel = open_channel(web.settings(ChannelKind::Webhook, "key"), route(), clock);
  std::vector<std::tuple<std::string, bool, DurationNanos>> failures;
  for (int i = 0; i < 4; ++i) {
    const auto sent = channel->send(kMessage, kGoOn);
    ASSERT_FALSE(sent);
    EXPECT_FALSE(sent.error().why.hint.empty());
    failures.emplace_back(sent.error().why.message, sent.error().for_good, sent.error().retry_after);
  }
  EXPECT_THAT(failures, ElementsAre(std::tuple{"HTTP 500", false, 0}, std::tuple{"HTTP 429", false, 7 * kSecond},
                                    std::tuple{"HTTP 401", false, 0}, std::tuple{"HTTP 400", true, 0}));
  EXPECT_TRUE(channel->send(kMessage, kGoOn));
}

TEST(WebhookChannel, SpeaksAsSlackAndDiscordWant) {
  Web web{{answer(200)}};
  const ManualClock clock;
  EXPECT_TRUE(open_channel(web.settings(ChannelKind::Slack, ""), route(), clock)->send(kMessage, kGoOn));
  EXPECT_TRUE(open_channel(web.settings(ChannelKind::Discord, ""), route(), clock)->send(kMessage, kGoOn));
  const auto got = web.requests();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_THAT(got[0], HasSubstr(R"({"text":"critical #12: a &lt; b &amp; \"c\""})"));
  EXPECT_THAT(got[1], HasSubstr(R"({"content":"critical #12: a < b & \"c\"","allowed_mentions":{"parse":[]}})"));
}

TEST(WebhookChannel, NobodysWordsBecomeALinkAtDiscord) {
  Web web{{answer(200)}};
  const ManualClock clock;
  const Message message{0, Severity::Warning, 0, "binance: [sign in](https://x.y) [a](b)"};
  EXPECT_TRUE(open_channel(web.settings(ChannelKind::Discord, ""), route(), clock)->send(message, kGoOn));
  EXPECT_THAT(web.requests(),
              ElementsAre(HasSubstr(R"x("content":"warning: binance: [sign in]\\(https://x.y) [a]\\(b)")x")));
}

TEST(TelegramChannel, NoChatIsToldTwiceWhereAnotherMustBeTriedAgain) {
  Web web{
      {answer(200), answer(429, R"({"ok":false,"description":"slow","parameters":{"retry_after":9}})"), answer(200)}};
  const ManualClock clock;
  auto settings = web.settings(ChannelKind::Telegram, "4:T");
  settings.chats = {1, 2};
  const auto channel = open_channel(settings, route(), clock);
  const auto first = channel->send(kMessage, kGoOn);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().why.message, "HTTP 429: slow");
  EXPECT_EQ(first.error().retry_after, 9 * kSecond);
  EXPECT_FALSE(first.error().for_good);
  EXPECT_TRUE(channel->send(kMessage, kGoOn));
  EXPECT_THAT(web.requests(), ElementsAre(HasSubstr("\"chat_id\":1,"), HasSubstr("\"chat_id\":2,"),
                                          AllOf(HasSubstr("POST /bot4:T/sendMessage "), HasSubstr("\"chat_id\":2,"))));
}

TEST(TelegramChannel, AnAnswerThatIsNoneOfTelegramsHarmsNobody) {
  for (const char* body : {"", "[1]", R"({"parameters":[]})", R"({"parameters":{"retry_after":-5},"description":7})"}) {
    Web web{{answer(502, body)}};
    const ManualClock clock;
    auto settings = web.settings(ChannelKind::Telegram, "4:T");
    settings.chats = {1};
    const auto sent = open_channel(settings, route(), clock)->send(kMessage, kGoOn);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().why.message, "HTTP 502") << body;
    EXPECT_EQ(sent.error().retry_after, 0) << body;
  }
}

TEST(TelegramChannel, AChatThatHasBlockedTheBotKeepsNothingFromTheOthers) {
  Web web{{answer(403, R"({"ok":false,"description":"Forbidden: bot was blocked by the user"})"), answer(200)}};
  const ManualClock clock;
  auto settings = web.settings(ChannelKind::Telegram, "4:T");
  settings.chats = {1, 2};
  const auto sent = open_channel(settings, route(), clock)->send(kMessage, kGoOn);
  EXPECT_THAT(web.requests(), ElementsAre(HasSubstr("\"chat_id\":1,"), HasSubstr("\"chat_id\":2,")));
  ASSERT_FALSE(sent) << "the other channels are told that one of them does not hear it";
  EXPECT_TRUE(sent.error().for_good);
  EXPECT_EQ(sent.error().why.message, "HTTP 403: Forbidden: bot was blocked by the user");
  EXPECT_THAT(sent.error().why.hint, HasSubstr("`chats`"));
}

TEST(TelegramChannel, WhatTelegramHasNotSaidThatItTookIsTriedAgain) {
  for (const char* body : {"", "<html>sign in</html>", "[]", "{}", R"({"ok":false})", R"({"ok":1})"}) {
    Web web{{answer(200, body), answer(200)}};
    const ManualClock clock;
    auto settings = web.settings(ChannelKind::Telegram, "4:T");
    settings.chats = {1};
    const auto channel = open_channel(settings, route(), clock);
    const auto sent = channel->send(kMessage, kGoOn);
    ASSERT_FALSE(sent) << body;
    EXPECT_FALSE(sent.error().for_good) << body;
    EXPECT_THAT(sent.error().why.message, HasSubstr("no word that it was taken")) << body;
    EXPECT_TRUE(channel->send(kMessage, kGoOn)) << body;
  }
}

std::string answer_with(const std::vector<int>& ids) {
  std::string list;
  for (const int id : ids)
    list += (list.empty() ? "" : ",") + std::string{R"({"update_id":)"} + std::to_string(id) +
            R"(,"message":{"date":1700000000,"chat":{"id":1},"text":"/alive"}})";
  return answer(200, R"({"ok":true,"result":[)" + list + "]}");
}

TEST(TelegramListener, DoesEachUpdateOnceWhateverItsNumberIs) {
  Web web{{answer_with({5}), answer(200), answer_with({5}), answer_with({6, 5}), answer(200), answer_with({2}),
           answer(200), answer_with({6, 2}), answer_with({})}};
  const ManualClock clock{1'700'000'001 * kSecond};
  auto settings = web.settings(ChannelKind::Telegram, "4:T");
  settings.chats = {1};
  int heard = 0;
  Commands commands;
  commands.alive = [&heard] {
    ++heard;
    return std::string{"heard"};
  };
  Listener listener{settings, route(), std::move(commands)};
  const auto listen = [&] {
    const auto any_new = listener.listen(clock, kGoOn, [](const std::string&) {});
    EXPECT_TRUE(any_new) << any_new.error().message;
    return std::pair{any_new && *any_new, heard};
  };
  EXPECT_EQ(listen(), (std::pair{true, 1}));
  EXPECT_EQ(listen(), (std::pair{false, 1})) << "the server sent it again";
  EXPECT_EQ(listen(), (std::pair{true, 2})) << "beside a new one, out of order";
  EXPECT_EQ(listen(), (std::pair{true, 3})) << "after a quiet week Telegram counts from anywhere";
  EXPECT_EQ(listen(), (std::pair{false, 3}));
  EXPECT_EQ(listen(), (std::pair{false, 3})) << "nothing";
  std::vector<std::string> asked_from;
  for (const std::string& request : web.requests())
    if (const auto at = request.find("\"offset\":"); at != request.npos)
      asked_from.push_back(request.substr(at + 9, request.find(',', at) - at - 9));
  EXPECT_THAT(asked_from, ElementsAre("0", "6", "6", "7", "3", "7"));
}

TEST(WatchDogLine, AsksForTheAddressAndForWhatHealthchecksHasBehindIt) {
  struct Case {
    WatchDogKind kind;
    const char* target;
    Ping ping;
    const char* asked;
  };
  using enum WatchDogKind;
  const Case cases[]{{Url, "/k", Ping::Alive, "GET /k HTTP/1.1\r\n"},
                     {Url, "/push/k?status=up", Ping::Test, "GET /push/k?status=up HTTP/1.1\r\n"},
                     {Healthchecks, "/k", Ping::Alive, "GET /k HTTP/1.1\r\n"},
                     {Healthchecks, "/k/", Ping::Start, "GET /k/start HTTP/1.1\r\n"},
                     {Healthchecks, "/k", Ping::Failed, "GET /k/fail HTTP/1.1\r\n"},
                     {Healthchecks, "/p/slug?create=1", Ping::Test, "GET /p/slug/log?create=1 HTTP/1.1\r\n"}};
  for (const auto& one : cases) {
    Web web{{answer(200, "OK")}};
    const auto sent = WatchDogLine{web.watch_dog(one.kind, one.target), route()}.send(one.ping, kGoOn);
    ASSERT_TRUE(sent) << one.asked << sent.error().why.message;
    EXPECT_EQ(*sent, "HTTP 200");
    EXPECT_THAT(web.requests(), ElementsAre(::testing::StartsWith(one.asked)));
  }
}

TEST(WatchDogLine, APingThatIsNotCountedHasNotArrived) {
  Web web{{answer(200, "OK (not found)"), answer(200, "OK (rate limited)"), answer(404, "no"), answer(200, "OK")}};
  WatchDogLine line{web.watch_dog(WatchDogKind::Healthchecks, "/k"), route()};
  for (const char* why : {"HTTP 200: OK (not found)", "HTTP 200: OK (rate limited)", "HTTP 404"}) {
    const auto sent = line.send(Ping::Alive, kGoOn);
    ASSERT_FALSE(sent) << why;
    EXPECT_EQ(sent.error().why.message, why);
    EXPECT_FALSE(sent.error().why.hint.empty());
  }
  EXPECT_TRUE(line.send(Ping::Alive, kGoOn));
}

/// What a mail server says, line by line; what it heard.
std::vector<std::string> mailed(const std::vector<std::string>& replies, Sent& sent, std::vector<std::string> to,
                                const Message& message = kMessage) {
  std::mutex mutex;
  std::vector<std::string> heard;
  {
    TlsServer server{authority().issue("localhost"), [&](Peer& peer) {
                       for (const std::string& reply : replies) {
                         peer.send(reply);
                         const auto line = peer.until(reply.starts_with("354") ? "\r\n.\r\n" : "\r\n");
                         if (line.empty()) return;
                         const std::lock_guard lock{mutex};
                         heard.push_back(line.substr(0, line.size() - 2));
                       }
                     }};
    const ManualClock clock{1'700'000'000 * kSecond};
    const ChannelSettings settings{.name = "mail",
                                   .kind = ChannelKind::Mail,
                                   .server = {true, "localhost", server.port(), "/"},
                                   .secret = "pass",
                                   .user = "me",
                                   .from = "s@x.y",
                                   .to = std::move(to)};
    sent = open_channel(settings, route(), clock)->send(message, kGoOn);
  }
  return heard;
}

const std::vector<std::string> kGreeting{"220 hello\r\n", "250-mail\r\n250-AUTH LOGIN PLAIN\r\n250 SIZE\r\n"};
std::vector<std::string> after_greeting(const std::vector<std::string>& replies) {
  auto all = kGreeting;
  all.insert(all.end(), replies.begin(), replies.end());
  return all;
}

TEST(MailChannel, SignsInAndSendsAMailThatIsWhole) {
  Sent sent;
  const auto heard = mailed(after_greeting({"235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 queued\r\n"}),
                            sent, {"a@x.y"});
  ASSERT_TRUE(sent) << sent.error().why.message;
  EXPECT_EQ(*sent, "250 queued");
  ASSERT_EQ(heard.size(), 7u);
  EXPECT_EQ(heard[0], "EHLO [127.0.0.1]");
  EXPECT_EQ(heard[1], "AUTH PLAIN AG1lAHBhc3M=");
  EXPECT_EQ(heard[2], "MAIL FROM:<s@x.y>");
  EXPECT_EQ(heard[3], "RCPT TO:<a@x.y>");
  EXPECT_EQ(heard[4], "DATA");
  EXPECT_THAT(heard[5], AllOf(HasSubstr("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), HasSubstr("To: a@x.y\r\n"),
                              HasSubstr("Subject: STOM: critical alert 12\r\n"),
                              HasSubstr("\r\n\r\nY3JpdGljYWwgIzEyOiBhIDwgYiAmICJjIg0K")));
  EXPECT_EQ(heard[6], "QUIT");
}

TEST(MailChannel, OnlyATryOfTheSameMessageHasItsId) {
  const auto id = [](const char* text) {
    Sent sent;
    const auto heard = mailed(after_greeting({"235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 ok\r\n"}),
                              sent, {"a@x.y"}, {0, Severity::Critical, 5, text});
    const std::string mail = heard.size() > 5 ? heard[5] : "";
    const auto at = std::min(mail.find("Message-ID: <"), mail.size());
    return mail.substr(at, mail.find('\r', at) - at);
  };
  const std::string first = id("channel a does not deliver");
  EXPECT_THAT(first, HasSubstr("Message-ID: <0.5."));
  EXPECT_EQ(id("channel a does not deliver"), first);
  EXPECT_NE(id("channel b does not deliver"), first) << "said at the same moment";
}

TEST(MailChannel, ReadsWhatAServerOffersHoweverItWritesIt) {
  Sent sent;
  const auto heard =
      mailed({"220 hello\r\n", "250-mail\r\n250-auth login\r\n250 size\r\n", "334 VXNlcm5hbWU6\r\n",
              "334 UGFzc3dvcmQ6\r\n", "235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 queued\r\n"},
             sent, {"a@x.y"});
  ASSERT_TRUE(sent) << sent.error().why.message;
  ASSERT_GE(heard.size(), 4u);
  EXPECT_EQ(heard[1], "AUTH LOGIN");
  EXPECT_EQ(heard[2], "bWU=");
  EXPECT_EQ(heard[3], "cGFzcw==");
}

TEST(MailChannel, SaysWhatTheServerRefusedAndWhetherForGood) {
  struct Case {
    std::vector<std::string> replies;
    const char* why;
    bool for_good;
  };
  const Case cases[]{
      {{"554 go away\r\n"}, "the greeting: 554 go away", false},
      {{"SSH-2.0-x\r\n"}, "does not speak SMTP", false},
      {{"220 hello\r\n", "250 mail\r\n"}, "offers neither AUTH PLAIN nor LOGIN", false},
      {after_greeting({"535 who\r\n"}), "signing in: 535 who", false},
      {after_greeting({"235 ok\r\n", "451 later\r\n"}), "MAIL FROM:<s@x.y>: 451 later", false},
      {after_greeting({"235 ok\r\n", "250 ok\r\n", "451 later\r\n"}), "RCPT TO:<a@x.y>: 451 later", false},
      {after_greeting({"235 ok\r\n", "250 ok\r\n", "550 nobody\r\n"}), "RCPT TO:<a@x.y>: 550 nobody", true},
      {after_greeting({"235 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "554 spam\r\n"}), "554 spam", true},
  };
  for (const auto& one : cases) {
    Sent sent;
    (void)mailed(one.replies, sent, {"a@x.y"});
    ASSERT_FALSE(sent) << one.why;
    EXPECT_THAT(sent.error().why.message, HasSubstr(one.why));
    EXPECT_EQ(sent.error().for_good, one.for_good) << one.why;
    EXPECT_FALSE(sent.error().why.hint.empty()) << one.why;
  }
}

TEST(MailChannel, OneReaderWhoIsRefusedDoesNotKeepTheMailFromTheOthers) {
  Sent sent;
  const auto heard = mailed(
      after_greeting({"235 ok\r\n", "250 ok\r\n", "550 nobody\r\n", "250 ok\r\n", "354 go\r\n", "250 queued\r\n"}),
      sent, {"a@x.y", "b@x.y"});
  EXPECT_EQ(heard.size(), 8u);  // to the end
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().why.message, "RCPT TO:<a@x.y>: 550 nobody");
  EXPECT_TRUE(sent.error().for_good);
}

}  // namespace
}  // namespace stom::alerts
