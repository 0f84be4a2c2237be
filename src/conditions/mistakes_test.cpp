#include "conditions/mistakes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace stom::conditions {
namespace {

Report unknown(Place place) { return {Mistake::UnknownWordNear, place, {"채결강도", "체결강도"}}; }

TEST(Mistakes, AReportShowsTheLineAndACaretUnderTheWord) {
  const std::string_view source = "# 첫 줄\nif 채결강도 > 100:\n";
  EXPECT_EQ(render(unknown({2, 4, 4}), source, "buy.txt", Language::English),
            "buy.txt:2:4: error: unknown name 채결강도 [unknown-word]\n"
            "    if 채결강도 > 100:\n"
            "       ^^^^^^^^\n"  // a syllable is two columns wide
            "  hint: did you mean 체결강도?\n");
  EXPECT_EQ(render(unknown({2, 4, 4}), source, "buy.txt", Language::Korean),
            "buy.txt:2:4: 오류: 모르는 이름입니다: 채결강도 [unknown-word]\n"
            "    if 채결강도 > 100:\n"
            "       ^^^^^^^^\n"
            "  도움말: 이 이름입니까? 체결강도\n");
}

TEST(Mistakes, TheCaretStandsUnderItsPlaceBehindTabsAndDecomposedHangul) {
  // Tab, lead and vowel of one syllable, space: x is the fifth code point, in the fourth column after the tab.
  const std::string line = "\t\u1112\u1161 x";
  const auto lines = render({Mistake::NoEffect, {1, 5, 1}, {}}, line, "f", Language::English);
  EXPECT_NE(lines.find("\n    " + line + "\n    \t   ^\n"), std::string::npos) << lines;
}

TEST(Mistakes, NothingInATextCanMoveTheTerminal) {
  const auto lines = render({Mistake::NoEffect, {1, 1, 1}, {}},
                            "a\x1b[2J\xff"
                            "b",
                            "f", Language::English);
  EXPECT_NE(lines.find("a?[2J?b\n"), std::string::npos) << lines;
}

TEST(Mistakes, ALongLineIsCutAroundThePlace) {
  const std::string source(100'000, 'x');
  const auto lines = render({Mistake::NoEffect, {1, 50'000, 1}, {}}, source, "f", Language::English);
  EXPECT_LT(lines.size(), 600u);
}

TEST(Mistakes, APlaceBehindTheLastLineIsShownAtAnEmptyOne) {
  EXPECT_NE(render({Mistake::NoEffect, {9, 3, 1}, {}}, "a\n", "f", Language::English).find("\n    \n    ^\n"),
            std::string::npos);
}

TEST(Mistakes, ReportsAreBoundedAndKeepTheFirstErrorOfALine) {
  Reports reports;
  for (std::uint32_t line = 1; line <= 1000; ++line) reports.add(Mistake::NoEffect, {line, 1, 1});
  EXPECT_EQ(reports.all().size(), Reports::kMost);
  EXPECT_FALSE(reports.has_errors());
  reports.add(Mistake::ElseIf, {7, 1, 1});
  reports.add(Mistake::IsNotNone, {7, 9, 1});
  EXPECT_TRUE(reports.has_errors());
  EXPECT_EQ(reports.all().size(), Reports::kMost);
  EXPECT_EQ(reports.all().back().mistake, Mistake::ElseIf);
}

TEST(Mistakes, BesideAnErrorNoWarningOfItsLineIsKept) {
  Reports reports;
  reports.add(Mistake::NoEffect, {1, 1, 1});
  reports.add(Mistake::NoEffect, {2, 1, 1});
  reports.add(Mistake::ElseIf, {2, 5, 1});
  reports.add(Mistake::NoEffect, {2, 9, 1});
  ASSERT_EQ(reports.all().size(), 2u);
  EXPECT_EQ(reports.all()[0].place.line, 1u);
  EXPECT_EQ(reports.all()[1].mistake, Mistake::ElseIf);
}

TEST(Mistakes, ACodeIsOneSentence) {
  std::map<std::string_view, std::string_view> sentences;
  for (std::size_t i = 0; i < kMistakes; ++i) {
    const MistakeText& text = text_of(static_cast<Mistake>(i));
    const auto [at, is_new] = sentences.try_emplace(text.code, text.english);
    EXPECT_TRUE(is_new || at->second == text.english) << text.code;
  }
}

}  // namespace
}  // namespace stom::conditions
