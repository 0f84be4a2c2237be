#include "conditions/translate.hpp"

#include <gtest/gtest.h>

namespace stom::conditions {
namespace {

TEST(Translate, OnlyWordsChange) {
  EXPECT_EQ(translate("# 현재가\nif 현재가 > 이동평균(60) and 현재가N(1) < RSI_N(2):  # 아래\n\t매수 = False\n",
                      Language::English),
            "# 현재가\nif price > price_mean(60) and price_at(1) < RSI_at(2):  # 아래\n\tbuy = False\n");
  EXPECT_EQ(translate("나 = '현재가'\r\n매도 = 경과틱수('돌파') > 나", Language::English),
            "나 = '현재가'\r\nsell = rows_since('돌파') > 나");
}

TEST(Translate, ThereAndBackIsTheSameText) {
  const std::string text =
      "이동평균 = 이동평균(60)\nif self.vars[1] < 등락율각도(30) and 라운드피겨위5호가이내 == 0:\n    매수 = False\n";
  EXPECT_EQ(translate(translate(text, Language::English), Language::Korean), text);
}

TEST(Translate, ANameOfTheTextsOwnDoesNotBecomeAWord) {
  EXPECT_EQ(translate("price = 현재가 * 2\n매수 = price > 현재가", Language::English),
            "price_ = price * 2\nbuy = price_ > price");
}

// Names that a Korean text may give itself although English has them for words.
TEST(Translate, ThereAndBackIsTheSameTextWhateverNamesItGivesItself) {
  for (const auto& [korean, english] : {
           std::pair{"high = 최고현재가(30)\n매수 = 현재가 > high", "high_ = price_max(30)\nbuy = price > high_"},
           {"if 시분초 < 93000:\n    low = 저가\nelse:\n    low = 시가\n매수 = 현재가 > low",
            "if clock < 93000:\n    low_ = low\nelse:\n    low_ = open\nbuy = price > low_"},
           {"price = 현재가\nprice_ = price * 2\n매수 = price_ > 현재가N(1)",
            "price_ = price\nprice__ = price_ * 2\nbuy = price__ > price_at(1)"},
           {"price_mean = 이동평균(5)\n매수 = price_mean > 이동평균(60)",
            "price_mean_ = price_mean(5)\nbuy = price_mean_ > price_mean(60)"},
           {"현재가 = price = 1\n매수 = 현재가 > price", "price = price_ = 1\nbuy = price > price_"},
           {"이동평균 = 이동평균(60)\n매수 = 현재가 > 이동평균 > 이동평균(5, 1)",
            "price_mean = price_mean(60)\nbuy = price > price_mean > price_mean(5, 1)"},
           {"for change in range(3):\n    x = change\n매수 = 등락율 > 3",
            "for change_ in range(3):\n    x = change_\nbuy = change > 3"},
       }) {
    EXPECT_EQ(translate(korean, Language::English), english);
    EXPECT_EQ(translate(english, Language::Korean), korean);
  }
}

// On a path that has not assigned it, such a name is the word, and has to stay one of its names.
TEST(Translate, ANameThatMayBeTheWordStaysTheWord) {
  for (const auto& [korean, english] : {
           std::pair{"if 시분초 > 93000:\n    price = 1\n매수 = price > 현재가N(1)",
                     "if clock > 93000:\n    현재가 = 1\nbuy = 현재가 > price_at(1)"},
           {"price = price + 현재가\n매수 = price > 1", "현재가 = 현재가 + price\nbuy = 현재가 > 1"},
           {"high += 고가N(1)\n매수 = high > 1", "고가 += high_at(1)\nbuy = 고가 > 1"},
           {"for k in range(2):\n    low = k\n매수 = low < 저가", "for k in range(2):\n    저가 = k\nbuy = 저가 < low"},
       }) {
    EXPECT_EQ(translate(korean, Language::English), english);
    EXPECT_EQ(translate(english, Language::Korean), korean);
  }
}

// In a sell text `buy` is a name like another, and in a buy text `sell`.
TEST(Translate, TheOtherKindsSignalIsANameOfTheTextsOwn) {
  for (const auto& [korean, english] : {
           std::pair{"buy = 현재가N(-1)\n매도 = 현재가 > buy * 1.03",
                     "buy_ = price_at(-1)\nsell = price > buy_ * 1.03"},
           {"매수 = 매입가\n매도 = 현재가 > 매수", "buy = entry_price\nsell = price > buy"},
           {"if 시분초 > 93000:\n    sell = 1\n매수 = sell > 0", "if clock > 93000:\n    sell_ = 1\nbuy = sell_ > 0"},
           {"매도 = 1\nsell = 2\n매수 = 매도 + sell == 3", "sell = 1\nsell_ = 2\nbuy = sell + sell_ == 3"},
       }) {
    EXPECT_EQ(translate(korean, Language::English), english);
    EXPECT_EQ(translate(english, Language::Korean), korean);
  }
  // One that is the signal but for its '_' keeps that, and so does one that would be the other signal where it is read.
  EXPECT_EQ(translate("sell_ += 1\nbuy = sell_ > price", Language::Korean), "sell_ += 1\n매수 = sell_ > 현재가");
  EXPECT_EQ(
      translate("for i in range(2):\n    if i:\n        x = sell_\n    sell_ = 1\nbuy = price > 1", Language::Korean),
      "for i in range(2):\n    if i:\n        x = sell\n    sell = 1\n매수 = 현재가 > 1");
  EXPECT_EQ(translate("buy_ = 1\nbuy = buy_ > 0", Language::Korean), "buy_ = 1\n매수 = buy_ > 0");
  EXPECT_EQ(translate("sell = 1", Language::Korean, TextKind::Buy), "매도 = 1");
}

TEST(Translate, OfATextInBothLanguagesNoTwoNamesBecomeOne) {
  EXPECT_EQ(translate("if 시분초 > 93000:\n    현재가 = 1\n매수 = 현재가 > price", Language::English),
            "if clock > 93000:\n    현재가 = 1\nbuy = 현재가 > price");
  EXPECT_EQ(translate("if 시분초 > 93000:\n    price = 1\n매수 = price > 현재가", Language::Korean),
            "if 시분초 > 93000:\n    price = 1\n매수 = price > 현재가");
}

TEST(Translate, ATextThatIsInThatLanguageStays) {
  for (const char* english : {"price = price_mean(5)\nbuy = price > 1", "high_ = 1\nbuy = high_ > RSI"})
    EXPECT_EQ(translate(english, Language::English), english);
}

TEST(Translate, WhatAnOrderIsGivenStays) {
  EXPECT_EQ(
      translate("if 매수:\n    self.Buy(종목코드, price=현재가, name=[종목명])\n매수 = 현재가 > 1", Language::English),
      "if buy:\n    self.Buy(종목코드, price=현재가, name=[종목명])\nbuy = price > 1");
}

TEST(Translate, DecomposedHangulIsAWordToo) {
  EXPECT_EQ(translate("매수 = \u1109\u1175\u1100\u1161 > 1", Language::English), "buy = open > 1");
}

}  // namespace
}  // namespace stom::conditions
