#include "trade/patient_ask.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/clock.hpp"

namespace stom::trade {
namespace {

constexpr const char* kSlow = R"({"error":"the engine does not respond","try_again":true})";
constexpr const char* kTold = R"({"positions":[]})";

/// Each answer takes the session a second.
class AskingASlowSession : public ::testing::Test {
 protected:
  Result<nlohmann::ordered_json> ask(const std::vector<std::string>& answers) {
    return ask_patiently(
        [&](const auto&) -> Result<std::string> {
          clock_.set(clock_.now() + kSecond);
          const std::size_t at = asked_++;
          return answers[at < answers.size() ? at : answers.size() - 1];
        },
        clock_, patience_);
  }

  ManualClock clock_{1'700'000'000 * kSecond};
  std::size_t asked_ = 0;
  std::vector<std::string> said_;
  bool enough_ = false;
  Patience patience_{.go_on = [this] { return !enough_; },
                     .waiting = [this](std::string_view why) { said_.emplace_back(why); }};
};

TEST_F(AskingASlowSession, ThatAnswersAtOnceNobodySaysAWord) {
  const auto json = ask({kTold});
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->contains("positions"));
  EXPECT_EQ(asked_, 1u);
  EXPECT_EQ(said_, std::vector<std::string>{});
}

TEST_F(AskingASlowSession, ItsAnswerIsWaitedForAndThatIsToldOnce) {
  const auto json = ask({kSlow, kSlow, kSlow, kTold});
  ASSERT_TRUE(json);
  EXPECT_TRUE(json->contains("positions"));
  EXPECT_EQ(asked_, 4u);
  EXPECT_EQ(said_, std::vector<std::string>{"the engine does not respond: it is asked again"});
}

TEST_F(AskingASlowSession, AfterTenSecondsItsErrorIsTheAnswer) {
  const auto json = ask({kSlow});
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("error"), "the engine does not respond");
  EXPECT_EQ(asked_, 10u);
  EXPECT_EQ(said_.size(), 1u);
}

TEST_F(AskingASlowSession, AnErrorThatAskingAgainDoesNotMendIsTheAnswerAtOnce) {
  const auto json = ask({R"({"error":"no such limit","usage":true})", kTold});
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("error"), "no such limit");
  EXPECT_EQ(asked_, 1u);
}

TEST_F(AskingASlowSession, WhoHasEnoughIsNotKept) {
  patience_.waiting = [this](std::string_view) { enough_ = true; };
  const auto json = ask({kSlow, kTold});
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, Errc::Canceled);
  EXPECT_EQ(asked_, 2u) << "the question that was under way, and no further one";
}

TEST_F(AskingASlowSession, AProcessThatSaysNothingIsWaitedForAndThatIsToldOnce) {
  const auto silent = ask_patiently(
      [&](const auto& goes_on) -> Result<std::string> {
        for (int second = 0; second < 3; ++second) EXPECT_TRUE(goes_on());
        enough_ = true;
        EXPECT_FALSE(goes_on());
        return fail(Errc::Io, "the session does not answer");
      },
      clock_, patience_);
  EXPECT_EQ(said_, std::vector<std::string>{"the session has not answered yet: it is waited for"});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code, Errc::Canceled);
}

TEST_F(AskingASlowSession, WhatIsNoAnswerIsAnError) {
  EXPECT_EQ(ask({"[]"}).error().code, Errc::BadData);
  const auto none = ask_patiently(
      [](const auto&) -> Result<std::string> { return fail(Errc::NotFound, "no session runs"); }, clock_, patience_);
  EXPECT_EQ(none.error().code, Errc::NotFound);
}

}  // namespace
}  // namespace stom::trade
