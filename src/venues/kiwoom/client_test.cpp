#include "venues/kiwoom/client.hpp"

#include <gtest/gtest.h>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "tests/support/venue_notes.hpp"

namespace stom::venues::kiwoom {
namespace {

using test::kNow;
using test::Notes;

Instrument stock(const std::string& code) {
  Instrument instrument;
  instrument.id = "kiwoom:" + code;
  return instrument;
}

struct Kiwoom : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue = client({Credentials{"k", "s"}}).value();

  void log_in() {
    venue->start(kNow, notes);
    venue->reply(
        {.tag = notes.requests.back().tag,
         .status = 200,
         .body =
             R"({"expires_dt":"20991231000000","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})"},
        kNow, notes);
    venue->opened(1, kNow, notes);
    notes.take();
    venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", kNow, notes);
  }
};

TEST_F(Kiwoom, ATokenThenALoginThenARegistrationForEachStock) {
  venue->start(kNow, notes);
  EXPECT_EQ(notes.take(), R"(POST /oauth2/token {"grant_type":"client_credentials","appkey":"k","secretkey":"s"})");
  venue->watch(2, stock("005930"), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "a registration before the login is refused by the venue";
  venue->reply(
      {.tag = notes.requests.back().tag,
       .status = 200,
       .body =
           R"({"expires_dt":"20231116064320","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})"},
      kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 84000000 ms\nconnect 1 stream /api/dostk/websocket")
      << "renewed ten minutes before its end";
  venue->opened(1, kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"LOGIN","token":"t-1"})");
  venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", kNow, notes);
  EXPECT_EQ(notes.take(),
            R"(say 1 {"trnm":"REG","grp_no":"1","refresh":"1","data":[{"item":["005930"],"type":["0B","0D"]}]})");
  ASSERT_EQ(notes.requests.back().costs.size(), 1u) << "counted against the registrations that the venue allows";
  venue->frame(1, R"({"trnm":"PING"})", kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"PING"})");
  venue->unwatch(2, kNow, notes);
  EXPECT_EQ(notes.take(),
            "say 1 "
            "{\"trnm\":\"REMOVE\",\"grp_no\":\"1\",\"data\":[{\"item\":[\"005930\"],\"type\":[\"0B\",\"0D\"]}]}"
            "\nrelease 0 1");
}

TEST_F(Kiwoom, AfterALostConnectionAllIsRegisteredAgain) {
  venue->watch(2, stock("005930"), {}, kNow, notes);
  log_in();
  notes.take();
  venue->closed(1, "reset", kNow, notes);
  EXPECT_EQ(notes.take(), "release 0 1\nstale 2: reset");
  venue->opened(1, kNow, notes);
  venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":""})", kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"("trnm":"REG")"));
}

TEST_F(Kiwoom, ATokenThatIsOverIsBoughtAnew) {
  log_in();
  notes.take();
  venue->closed(1, "reset", kNow, notes);
  venue->opened(1, kNow, notes);
  notes.take();
  venue->frame(1, R"({"trnm":"LOGIN","return_code":8005,"return_msg":"token"})", kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 5000 ms");
  venue->timer(1, kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /oauth2/token"));
  venue->reply({.tag = notes.requests.back().tag, .status = 500, .body = ""}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 5000 ms");
}

TEST_F(Kiwoom, OrdersAreDeniedByNameAndDataNeedAKey) {
  venue->submit({.id = 5, .instrument = 0, .quantity = {1}, .price = {1}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 denied 0@0 leaves 0 orders on Kiwoom are not offered yet");
  EXPECT_FALSE(client({}));
}

TEST_F(Kiwoom, TheRecordedSessionGoesThroughWithItsTradesAtHalfTicks) {
  const auto file = stom::test::test_data("protocol/kiwoom_rest/captured_ws_20260911_005930.log");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  venue->watch(0, stock("005930"), {}, kNow, notes);
  log_in();
  notes.take();
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  while (const auto more = source->next(line)) {
    if (!*more) break;
    venue->frame(1, line.substr(line.rfind('\t') + 1), kNow, notes);
  }
  EXPECT_EQ(notes.messages, 22u) << "two trades may stand in one frame";
  EXPECT_FALSE(notes.take().contains("malformed"));
}

}  // namespace
}  // namespace stom::venues::kiwoom
