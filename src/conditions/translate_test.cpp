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

TEST(Translate, DecomposedHangulIsAWordToo) {
  EXPECT_EQ(translate("매수 = \u1109\u1175\u1100\u1161 > 1", Language::English), "buy = open > 1");
}

}  // namespace
}  // namespace stom::conditions
