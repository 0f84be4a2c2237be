#include "conditions/words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "conditions/hangul.hpp"
#include "conditions/word_page.hpp"
#include "market/second_row.hpp"

namespace stom::conditions {
namespace {

TEST(Words, NoNameMeansTwoThings) {
  std::map<std::string, std::string> owners;  // name, history forms included: the Korean name of its word
  for (const Word& word : words()) {
    for (const Language language : {Language::Korean, Language::English}) {
      std::vector<std::string> names{std::string{word.name(language)}};
      if (word.has_history()) names.push_back(history_name(word, language));
      for (const auto& name : names) {
        const auto [at, is_new] = owners.try_emplace(name, word.korean);
        EXPECT_TRUE(is_new || at->second == word.korean) << name << ": " << at->second << " and " << word.korean;
      }
    }
  }
}

TEST(Words, EveryColumnOfARowIsAWordUnderBothItsNames) {
  for (const bool minute : {false, true}) {
    for (const RowField& column : row_fields(minute)) {
      const Word* word = find_word(column.korean).word;
      ASSERT_TRUE(word) << column.korean;
      EXPECT_EQ(word->english, column.english);
      EXPECT_EQ(word->kind, WordKind::Field) << column.korean;
      EXPECT_NE(word->mode, minute ? Mode::Second : Mode::Minute) << column.korean;
    }
  }
}

// The columns that old databases have, in the order of the stock-second table, and those of the minute tables.
TEST(Words, EveryColumnOfTheOldDatabasesIsAWord) {
  for (const char* name : {"현재가",
                           "시가",
                           "고가",
                           "저가",
                           "등락율",
                           "당일거래대금",
                           "체결강도",
                           "거래대금증감",
                           "전일비",
                           "회전율",
                           "전일동시간비",
                           "시가총액",
                           "라운드피겨위5호가이내",
                           "초당매수수량",
                           "초당매도수량",
                           "VI해제시간",
                           "VI가격",
                           "VI호가단위",
                           "초당거래대금",
                           "고저평균대비등락율",
                           "매도총잔량",
                           "매수총잔량",
                           "매도호가5",
                           "매도호가1",
                           "매수호가1",
                           "매수호가5",
                           "매도잔량5",
                           "매도잔량1",
                           "매수잔량1",
                           "매수잔량5",
                           "매도수5호가잔량합",
                           "관심종목",
                           "분당매수수량",
                           "분당매도수량",
                           "분봉시가",
                           "분봉고가",
                           "분봉저가",
                           "분당거래대금"}) {
    const FoundWord found = find_word(name);
    ASSERT_TRUE(found.word) << name;
    EXPECT_EQ(found.word->kind, WordKind::Field) << name;
  }
}

TEST(Words, AWindowIsNamedAfterItsFieldAndStatistic) {
  const std::map<Statistic, std::string> endings{{Statistic::Mean, "_mean"},
                                                 {Statistic::Max, "_max"},
                                                 {Statistic::Min, "_min"},
                                                 {Statistic::Sum, "_sum"},
                                                 {Statistic::Angle, "_angle"}};
  std::size_t windows = 0;
  for (const Word& word : words()) {
    if (word.kind != WordKind::Window) continue;
    ++windows;
    const Word* field = find_word(word.of).word;
    ASSERT_TRUE(field) << word.korean;
    EXPECT_EQ(word.english, std::string{field->english} + endings.at(word.statistic));
    EXPECT_EQ(word.unit, word.statistic == Statistic::Angle ? Unit::Degrees : field->unit) << word.korean;
    EXPECT_EQ(word.mode, field->mode) << word.korean;
    EXPECT_EQ(word.market, field->market) << word.korean;
  }
  EXPECT_EQ(windows, 11u + 5 + 2 + 3);  // seconds and both; minutes; of minute bars; angles
}

TEST(Words, HistoryIsARuleAndNotARow) {
  EXPECT_EQ(find_word("현재가N").word, find_word("현재가").word);
  EXPECT_TRUE(find_word("현재가N").history);
  EXPECT_FALSE(find_word("현재가").history);
  EXPECT_EQ(find_word("strength_at").word, find_word("체결강도").word);
  EXPECT_EQ(find_word("매도호가1N").word, find_word("ask_price_1_at").word);
  EXPECT_EQ(find_word("RSI_N").word, find_word("RSI_at").word);
  EXPECT_FALSE(find_word("종목명N").word);    // a name has no history
  EXPECT_FALSE(find_word("이동평균N").word);  // a window takes "as of" as its second argument
  EXPECT_FALSE(find_word("수익률N").word);
}

TEST(Words, EveryWordSaysWhatItMeansInBothLanguages) {
  for (const Word& word : words()) {
    EXPECT_FALSE(word.korean_meaning.empty()) << word.korean;
    EXPECT_FALSE(word.english_meaning.empty()) << word.korean;
    EXPECT_THAT(std::string{word.example}, testing::HasSubstr(std::string{word.korean})) << word.korean;
  }
}

TEST(Words, EveryIndicatorOfTheOldTextsHasAFamily) {
  std::size_t indicators = 0;
  for (const Word& word : words()) {
    if (word.kind != WordKind::Indicator) continue;
    ++indicators;
    for (const Setting& setting : family_of(word).settings) {
      EXPECT_LE(setting.least, setting.standard) << word.korean;
      EXPECT_LE(setting.standard, setting.most) << word.korean;
    }
  }
  EXPECT_EQ(indicators, 28u);
  EXPECT_EQ(setting_keys().size(), 35u);  // as many numbers as the old program keeps of them
  EXPECT_EQ(find_setting("RSI_timeperiod").setting->standard, 14);
  EXPECT_EQ(find_setting("STOCH_slowk_period").family, find_setting("STOCHS_slowk_period").family);
  for (const auto& [key, same] : {std::pair{"BBU_nbdevup", "BBANDS_nbdevup"},
                                  {"MACDS_signalperiod", "MACD_signalperiod"},
                                  {"MINUS_DI_timeperiod", "DI_timeperiod"},
                                  {"DIP_timeperiod", "PLUS_DI_timeperiod"}}) {
    ASSERT_TRUE(find_setting(key).setting) << key;
    EXPECT_EQ(find_setting(key).setting, find_setting(same).setting) << key;
  }
  EXPECT_FALSE(find_setting("MINUS_RSI_timeperiod").setting);
  EXPECT_FALSE(find_setting("AD_timeperiod").setting);
  EXPECT_FALSE(find_setting("RSI_period").setting);
  EXPECT_FALSE(find_setting("RSI").setting);
}

TEST(NearestWord, ASlipOfOneLetterIsFound) {
  EXPECT_EQ(nearest_word("채결강도"), "체결강도");  // a vowel
  EXPECT_EQ(nearest_word("등락률"), "등락율");      // as it is spelled elsewhere
  EXPECT_EQ(nearest_word("현재가격"), "현재가");
  EXPECT_EQ(nearest_word("이동평군"), "이동평균");
  EXPECT_EQ(nearest_word("stregnth"), "strength");
  EXPECT_EQ(nearest_word("price_maen"), "price_mean");
  EXPECT_EQ(nearest_word("완전히다른말"), "");
}

TEST(NearestWord, OfEquallyNearOnesTheTextsOwnNameIsMeant) {
  const std::string_view own[] = {"가격선"};
  EXPECT_EQ(nearest_word("가격손", own), "가격선");
  const std::string_view longer[] = {"체결강도차"};
  EXPECT_EQ(nearest_word("체결강두", longer), "체결강도");
  const std::string_view as_near[] = {"고갸"};
  EXPECT_EQ(nearest_word("고거", as_near), "고갸");
}

TEST(Hangul, LettersComposeToTheSyllableThatTheyAre) {
  EXPECT_EQ(composed(0x1112, 0x1161), U'하');
  EXPECT_EQ(composed(U'하', 0x11AB), U'한');
  EXPECT_EQ(composed(U'한', 0x11AB), 0u);  // it has its tail
  EXPECT_EQ(composed(U'a', 0x1161), 0u);
  std::u32string taken;
  for_each_letter("값1", [&](char32_t c) { taken += c; });
  EXPECT_EQ(taken, (std::u32string{0x1100, 0x1161, 0x11B9, U'1'}));
}

TEST(Words, ThePagesAreWhatTheTableSays) {
  for (const auto& [language, page] : {std::pair{Language::English, "words.md"}, {Language::Korean, "words.ko.md"}}) {
    std::ifstream in{std::string{STOM_SOURCE_DIR "/docs/"} + page};
    const std::string written{std::istreambuf_iterator<char>{in}, {}};
    EXPECT_TRUE(written == word_page(language)) << "stom condition words --lang en|ko >docs/" << page;
  }
}

}  // namespace
}  // namespace stom::conditions
