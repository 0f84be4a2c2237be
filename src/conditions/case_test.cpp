#include <gtest/gtest.h>

#include <string>

#include "conditions/case_file.hpp"
#include "conditions/case_run.hpp"

namespace stom::conditions {
namespace {

const PairTexts kTexts{
    .buy = "기준 = 이동평균(2)\nif 현재가 <= 기준:\n    매수 = False\nelif 현재가 > self.vars[1]:\n    매수 = False\n",
    .sell = "if 수익률 >= 2:\n    매도 = True\nelif 보유시간 > 5:\n    매도 = True\n",
    .variables = "self.vars[0] = 2\nself.vars[1] = 200\n"};

const std::string kRows =
    "case a name\nrows\nindex,현재가,매도호가1,매수호가1\n"
    "20240105090500,100,101,100\n20240105090501,101,102,101\n20240105090502,103,104,103\n20240105090503,107,108,107\n"
    "repeat 1\nexpect\n";

Result<CaseResult> result_of(const std::string& text, PairTexts texts = kTexts) {
  const auto file = read_case_file(text);
  if (!file) return std::unexpected(file.error());
  const Case& of = file->cases.front();
  texts.variables += file->settings + of.variables;
  const auto rows = read_row_file(of.rows, file->market, of.row_lines);
  if (!rows) return std::unexpected(rows.error());
  const auto made = make_pair_of(texts);
  if (!made.pair) return fail(Errc::BadData, "the texts", "");
  return run_case(of, texts, *made.pair, *rows, Language::English);
}

std::string error_of(const std::string& text) {
  const auto result = result_of(text);
  return result ? "none" : result.error().message;
}

TEST(Cases, WhatATextDoesAsTheCaseSaysIsNoDifference) {
  const auto result = result_of(kRows +
                                "buy 1                          # on its second row\n"
                                "sell 20240105090503 line 2\n"
                                "at 1 이동평균(2) = 100.5\n"
                                "at 2 현재가 / 3 ~ 34.33\n"
                                "at 2 수익률 > 0 = True\n"
                                "at 0 1 / 0 = stopped\n"
                                "at 0 포지션 = stopped\n");
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->count, 0u) << result->differences.front().expected << result->differences.front().came;
}

TEST(Cases, ARowBoughtThatNobodyExpectedIsToldWithTheWordsOfTheText) {
  const auto result = result_of(kRows + "sell 3 line 2\n");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->count, 1u);
  const Difference& difference = result->differences[0];
  EXPECT_EQ(difference.row, 1u);
  EXPECT_EQ(difference.index, 20240105090501);
  EXPECT_EQ(difference.expected, "nothing");
  EXPECT_EQ(difference.came, "buy");
  EXPECT_EQ(difference.why, "no line set buy = False");
  EXPECT_EQ(difference.values, (std::vector<std::pair<std::string, std::string>>{
                                   {"이동평균(2)", "100.5"}, {"현재가", "101"}, {"self.vars[1]", "200"}}));
}

TEST(Cases, ARowNotBoughtNamesTheLineThatSaidNoAndItsWords) {
  const auto result = result_of("self.vars[1] = 100\n" + kRows + "buy 1\n");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->count, 1u);
  const Difference& difference = result->differences[0];
  EXPECT_EQ(difference.expected, "buy");
  EXPECT_EQ(difference.came, "nothing");
  EXPECT_EQ(difference.text_line, 5u);
  EXPECT_EQ(difference.excerpt, "매수 = False");
  EXPECT_EQ(difference.values,
            (std::vector<std::pair<std::string, std::string>>{{"현재가", "101"}, {"self.vars[1]", "100"}}));
}

TEST(Cases, AnOwnNameInTheLineShowsWhatItWasMadeOf) {
  const auto result =
      result_of("case it stands still\nrows\nindex,현재가\n20240105090500,100\nrepeat 3\nexpect\nbuy 2\n");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->count, 1u);
  EXPECT_EQ(result->differences[0].text_line, 3u);
  EXPECT_EQ(result->differences[0].values,
            (std::vector<std::pair<std::string, std::string>>{{"현재가", "100"}, {"이동평균(2)", "100"}}));
}

TEST(Cases, ASaleOnAnotherLineIsADifference) {
  const auto result = result_of(kRows + "buy 1\nsell 3 day_end\n");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->count, 1u);
  EXPECT_EQ(result->differences[0].expected, "sell day_end");
  EXPECT_EQ(result->differences[0].came, "sell line 2");
  EXPECT_EQ(result->differences[0].values, (std::vector<std::pair<std::string, std::string>>{{"수익률", "4.9"}}));
}

TEST(Cases, WhyATextDidNotEvenRunIsSaid) {
  const auto waits = result_of(kRows + "buy 0\nbuy 1\nsell 3\n");
  ASSERT_TRUE(waits) << waits.error().message;
  ASSERT_EQ(waits->count, 1u);
  EXPECT_EQ(waits->differences[0].why, "the text does not run yet: the day has fewer rows than self.vars[0]");
  const auto held = result_of(kRows + "buy 1\nbuy 2\nsell 3\n");
  ASSERT_EQ(held->count, 1u);
  EXPECT_EQ(held->differences[0].why, "something is held already");
  const auto free = result_of(kRows + "buy 1\nsell 3\nsell 0\n");
  ASSERT_EQ(free->count, 1u);
  EXPECT_EQ(free->differences[0].why, "nothing is held");
}

TEST(Cases, AValueThatDiffersIsShownBesideWhatCame) {
  const auto result = result_of(kRows + "buy 1\nsell 3\nat 2 현재가 > 이동평균(2) = False\n");
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->count, 1u);
  EXPECT_EQ(result->differences[0].expected, "False");
  EXPECT_EQ(result->differences[0].came, "True");
  EXPECT_EQ(result->differences[0].values,
            (std::vector<std::pair<std::string, std::string>>{{"현재가", "103"}, {"이동평균(2)", "102"}}));
}

TEST(Cases, ARepeatedRowStandsASecondLaterAndEndsWithTheDay) {
  const auto file = read_case_file("case a\nrows\nindex,현재가\n20240105085958,1\nrepeat 3\nexpect\n");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->cases[0].rows,
            "index,현재가\n20240105085958,1\n20240105085959,1\n20240105090000,1\n20240105090001,1\n");
  EXPECT_EQ(file->cases[0].row_lines, (std::vector<std::uint32_t>{3, 4, 5, 5, 5}));
  EXPECT_EQ(error_of("case a\nrows\nindex,현재가\n202401052359,1\nrepeat 1\nexpect\n"),
            "line 5: the row above cannot be repeated");
}

TEST(Cases, WhatCannotBeReadIsToldByItsLine) {
  EXPECT_EQ(error_of(""), "line 0: no case in it");
  EXPECT_EQ(error_of("case\n"), "line 1: a case without a name");
  EXPECT_EQ(error_of("texts buy.txt\n"), "line 1: before the first case: texts buy.txt");
  EXPECT_EQ(error_of("case a\nbuy 1\n"), "line 2: at the beginning of a case: buy 1");
  EXPECT_EQ(error_of("case a\nrows\nexpect\n"), "line 3: the case has no rows");
  EXPECT_EQ(error_of("case a\nrows\nindex,현재가\n20240105090500,1\n"),
            "line 4: the case 'a' does not say what it expects");
  EXPECT_EQ(error_of("case a\nrows\nindex,현재가\n20240105000000,1\nrepeat 86399\n20240106000000,1\nrepeat 86399\n"
                     "20240107000000,1\nrepeat 86399\nexpect\n"),
            "line 9: more than 200000 rows in one file of cases");
  EXPECT_EQ(error_of("case a\nrows\nindex,현재가\n20240105090500,1\nrepeat many\nexpect\n"),
            "line 5: how often is the row repeated: 'many'");
  EXPECT_EQ(error_of("case a\nrows\n\nindex,현재가\n20240105090500,일\nexpect\n"), "line 5: no number: '일'");
  EXPECT_EQ(error_of(kRows + "by 1\n"), "line 10: cannot be expected: by");
  EXPECT_EQ(error_of(kRows + "buy soon\n"), "line 10: buy needs a row");
  EXPECT_EQ(error_of(kRows + "buy 1 line 2\n"), "line 10: cannot be expected: line");
  EXPECT_EQ(error_of(kRows + "sell 1 soon\n"), "line 10: cannot be expected: soon");
  EXPECT_EQ(error_of(kRows + "at 1 현재가 > 3\n"), "line 10: no value for the expression");
  EXPECT_EQ(error_of(kRows + "buy 5\n"), "line 10: there is no row 5");
  EXPECT_EQ(error_of(kRows + "buy 20240105090505\n"), "line 10: no row has the index 20240105090505");
  EXPECT_EQ(error_of(kRows + "buy 1\nbuy 1\n"), "line 11: this is expected twice");
  EXPECT_EQ(error_of(kRows + "at 1 현제가 = 3\n"), "line 10: 현제가: unknown name 현제가");
}

}  // namespace
}  // namespace stom::conditions
