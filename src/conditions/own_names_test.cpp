// Names of a user's own: what they stand for is what writing it out would be.
#include "conditions/own_names.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"

namespace stom::conditions {
namespace {

constexpr std::string_view kRows =
    "index,현재가,체결강도,등락율\n20240105090000,100,90,0\n20240105090001,101,95,1\n20240105090002,103,120,3\n"
    "20240105090003,102,110,2\n20240105090004,104,130,4\n20240105090005,103,100,3\n";

std::vector<NamedText> names_of(std::string_view file) {
  std::optional<std::uint32_t> wrong;
  auto named = named_texts(file, wrong);
  EXPECT_FALSE(wrong.has_value()) << "line " << wrong.value_or(0);
  return named;
}

PairResult made(const std::string& trace, std::string_view file, const std::string& buy = "매수 = False") {
  return make_pair_of(
      {.buy = buy, .sell = "매도 = False", .variables = "self.vars[0] = 1", .named = names_of(file), .trace = trace});
}

/// Of each row, bit by bit.
std::vector<std::uint64_t> values_of(const std::string& trace, std::string_view file = "") {
  const PairResult result = made(trace, file);
  EXPECT_TRUE(result.pair.has_value()) << trace;
  std::vector<std::uint64_t> values;
  const auto rows = read_row_file(kRows, Market::Stock);
  if (!result.pair || !rows) return values;
  for (const auto& traced : run_rows(*result.pair, *rows).trace)
    values.push_back(std::bit_cast<std::uint64_t>(traced.value));
  EXPECT_EQ(values.size(), 6u);
  return values;
}

std::string errors_of(const std::string& trace, std::string_view file) {
  std::string all;
  for (const PairReport& of : made(trace, file).reports)
    for (const Report& report : of.reports.all())
      if (report.is_error())
        all += std::string{report.code()} + "@" + std::to_string(report.place.column) +
               (of.text == PairText::Named ? " in line " + std::to_string(of.line) : "") + "; ";
  return all;
}

TEST(OwnNames, StandForTheirExpression) {
  EXPECT_EQ(values_of("기울기(2) + 1", "기울기(n): (체결강도 - 체결강도N(n)) / n"),
            values_of("(체결강도 - 체결강도N(2)) / 2 + 1"));
  EXPECT_EQ(values_of("급등 and 현재가 > 102", "급등: 등락율 > 2"), values_of("(등락율 > 2) and 현재가 > 102"));
  EXPECT_EQ(values_of("spread(3, 현재가 * 2)", "spread(a, b): b - price_mean(a) * 2"),
            values_of("현재가 * 2 - 이동평균(3) * 2"))
      << "windows are made of what stands in the brackets";
  EXPECT_EQ(values_of("now()", "now(): 현재가"), values_of("현재가"));
}

// (a + b) * 2 with a = 1 + 2 is no 1 + 2 + b * 2: what is given stays together.
TEST(OwnNames, WhatIsGivenStaysTogether) {
  EXPECT_EQ(values_of("twice(1 + 현재가)", "twice(a): a * 2"), values_of("(1 + 현재가) * 2"));
  EXPECT_EQ(values_of("-less(1)", "less(a): a - 3"), values_of("-(1 - 3)"));
}

TEST(OwnNames, MayUseThoseAboveThem) {
  constexpr std::string_view kFile = "a(x): x + 1\nb(x): a(x) * a(2)\nc: b(현재가) > 300\n";
  EXPECT_EQ(values_of("c or b(1) == 6", kFile), values_of("(현재가 + 1) * 3 > 300 or (1 + 1) * 3 == 6"));
  EXPECT_EQ(errors_of("b(1)", "b(x): a(x)\na(x): x\n"), "unknown-word@1; ") << "not those below";
  EXPECT_EQ(errors_of("a(1)", "a(x): a(x)\n"), "unknown-word@1; ") << "nor themselves: nothing goes round";
}

// A parameter is not the name of the same spelling above it, and a text's own name is not what a line calls so.
TEST(OwnNames, AreNotMistakenForOthers) {
  constexpr std::string_view kFile = "x: 현재가\ny(x): x * 10\nz: x + 1\n";
  EXPECT_EQ(values_of("y(3)", kFile), values_of("3 * 10"));
  const PairResult result = made("1", kFile, "x = 7\nif z < 100:\n    매수 = False");
  ASSERT_TRUE(result.pair.has_value());
  const auto rows = read_row_file(kRows, Market::Stock);
  EXPECT_EQ(run_rows(*result.pair, *rows).buys.size(), 1u) << "z is 현재가 + 1, not 7 + 1";
}

/// On how many rows it buys that hold nothing: no row of the file sells.
std::size_t buys_of(const std::string& buy, std::string_view file) {
  const PairResult result = made("1", file, buy);
  EXPECT_TRUE(result.pair.has_value()) << buy;
  const auto rows = read_row_file(kRows, Market::Stock);
  return result.pair && rows ? run_rows(*result.pair, *rows).buys.size() : 99;
}

// 체결강도 is 90 to 130 on every row, whatever a text puts into a name of its own that is spelled so.
TEST(OwnNames, MeanTheSameWhateverATextAssigns) {
  EXPECT_EQ(buys_of("체결강도 = 1\n매수 = 두배(1) > 100 and 체결강도 == 1", "두배(a): 체결강도 * 2 * a"), 1u);
  EXPECT_EQ(buys_of("체결강도 = 1\n매수 = 두배(체결강도) == 2", "두배(a): a * 2"), 1u) << "what is given is the text's";
  const PairResult unknown = made("1", "f(n): 기준 + n", "기준 = 5\n매수 = f(1) > 0");
  EXPECT_FALSE(unknown.pair.has_value()) << "nor may it need what only some texts assign";
}

TEST(OwnNames, AreNotTheParametersOfALineThatUsesThem) {
  constexpr std::string_view kFile = "더(a): a + 현재가\n곱(현재가): 더(현재가 * 2)\n";
  EXPECT_EQ(values_of("곱(3)", kFile), values_of("3 * 2 + 현재가"));
}

// As `이동평균 = 이동평균(60)`: a bare name is then the text's, and a call still the factor's.
TEST(OwnNames, OfAFunctionMayBeTheNameOfItsResult) {
  constexpr std::string_view kFile = "기울기(n): 현재가 - 현재가N(n)\n";
  EXPECT_EQ(buys_of("기울기 = 기울기(1)\n매수 = 기울기 == 2 and 기울기(2) == 3", kFile), 1u);
}

TEST(OwnNames, AreConditionsToo) {
  EXPECT_EQ(values_of("경과틱수('급등') + 급등", "급등: 등락율 > 2"),
            values_of("경과틱수('급등') + (등락율 > 2)", "급등: 등락율 > 2"));
  EXPECT_EQ(values_of("경과틱수('급등(5%)')", "급등(5%): 등락율 > 2"),
            values_of("경과틱수('급등')", "급등: 등락율 > 2"));
  EXPECT_EQ(errors_of("경과틱수('f')", "f(x): x > 2"), "unknown-condition@6; ");
}

TEST(OwnNames, WhatIsWrongIsSaidWhereItIsUsed) {
  EXPECT_EQ(errors_of("1 + f(2)", "f(n): 현제가 + n"), "unknown-word@5; ");
  EXPECT_EQ(errors_of("1 + f(2, 3)", "f(n): n"), "argument-count@5; ");
  EXPECT_EQ(errors_of("1 + f", "f(n): n"), "argument-count@5; ");
  EXPECT_EQ(errors_of("1 + 급등(2)", "급등: 등락율 > 2"), "argument-count@5; ");
  EXPECT_EQ(errors_of("1", "f(n): n +"), "line-ends-early@10 in line 1; ") << "columns are those of the line";
  EXPECT_EQ(errors_of("1", "# ours\n \u3000급등 : 현제가 > 2"), "unknown-word@8 in line 2; ");
  EXPECT_EQ(errors_of("1", "\xEF\xBB\xBF급등: 현제가 > 2"), "unknown-word@5 in line 1; ");
  EXPECT_EQ(errors_of("f(현제가)", "f(n): n + 1"), "unknown-word@3; ") << "what is given keeps its place";
}

// As editors and web pages leave it: full-width and no-break spaces, ends of line, Hangul in letters.
TEST(OwnNames, AreReadAsTheyWerePasted) {
  EXPECT_EQ(values_of("급등 + f(2)",
                      "\xEF\xBB\xBF\u3000급등\u3000:\u3000등락율 > 2\u00A0\r\n\u3000# "
                      "ours\r\n\u00A0f(\u3000n\u3000):\u3000n * 2\u3000"),
            values_of("(등락율 > 2) + 2 * 2"));
  EXPECT_EQ(values_of("경과틱수('\u1100\u1161')", "\u1100\u1161\u3000: 등락율 > 2"),
            values_of("경과틱수('가')", "가: 등락율 > 2"));
}

// A word of the language is what it was, whatever a file says.
TEST(OwnNames, DoNotChangeWords) { EXPECT_EQ(values_of("현재가", "현재가: 1"), values_of("현재가")); }

// Each twice as large as the one above it: no text is larger than so many nodes, nor deeper than it may be.
TEST(OwnNames, MakeNoTextWithoutEnd) {
  std::string file = "a0: 현재가\n";
  for (int i = 1; i <= 40; ++i)
    file += "a" + std::to_string(i) + ": a" + std::to_string(i - 1) + " + a" + std::to_string(i - 1) + "\n";
  EXPECT_NE(errors_of("a40", file).find("too-many-tokens"), std::string::npos);
  std::string deep = "d0(x): x\n";
  for (int i = 1; i <= 300; ++i) deep += "d" + std::to_string(i) + "(x): -d" + std::to_string(i - 1) + "(x)\n";
  EXPECT_NE(errors_of("d300(1)", deep).find("too-deep"), std::string::npos);
}

// As many lines as a message to the language server may hold; to look at each for each takes an hour under a sanitizer.
TEST(OwnNames, ManyLinesAreReadInOneGo) {
  std::string file;
  for (int i = 0; i < 60'000; ++i) file += "a" + std::to_string(i % 30'000) + ": b" + std::to_string(i) + "\n";
  file += "b3: 현재가\nc: a3\n";
  const auto named = names_of(file);
  const OwnNames names{named};
  EXPECT_FALSE(names.reports(0).has_errors());
  EXPECT_FALSE(names.reports(named.size() - 1).has_errors());
}

TEST(OwnNames, OfTwoOfANameTheLastAboveCounts) {
  EXPECT_EQ(values_of("b", "a: 1\nb: a + 체결강도\na: 2"), values_of("1 + 체결강도"));
  EXPECT_EQ(values_of("b", "a: 1\na: 2\nb: a + 체결강도"), values_of("2 + 체결강도"));
}

TEST(NamedTexts, HeadsAreNamesWithOrWithoutBrackets) {
  const auto named = names_of("# a comment\na: 1\nb(x): x\nc ( x , y ) : x + y\nd(): 1\n");
  ASSERT_EQ(named.size(), 4u);
  EXPECT_FALSE(named[0].parameters.has_value());
  EXPECT_EQ(*named[1].parameters, (std::vector<std::string>{"x"}));
  EXPECT_EQ(named[2].name, "c");
  EXPECT_EQ(*named[2].parameters, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(named[3].parameters->empty());
  const auto conditions = names_of("급등(5%): 1\n신고가 돌파 (30분) : 2\n");
  ASSERT_EQ(conditions.size(), 2u);
  EXPECT_EQ(conditions[0].name, "급등(5%)");
  EXPECT_EQ(conditions[1].name, "신고가 돌파 (30분)");
  EXPECT_FALSE(conditions[0].parameters.has_value() || conditions[1].parameters.has_value());
  for (const char* line : {"(x): 1", "a(x: 1", "a(x,): 1", "a(,x): 1", "a(x) b: 1", "a b(x): 1", "a(x, x): 1"}) {
    std::optional<std::uint32_t> wrong;
    EXPECT_TRUE(named_texts(line, wrong).empty()) << line;
    EXPECT_EQ(wrong, 1u) << line;
  }
}

}  // namespace
}  // namespace stom::conditions
