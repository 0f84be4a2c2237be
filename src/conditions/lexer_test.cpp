#include "conditions/lexer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace stom::conditions {
namespace {

struct Lexed {
  explicit Lexed(std::string_view source) : tokens{tokens_of(source, arena, reports)} {}

  /// The tokens as words: names and signs as they count, texts in quotes, layout as > < and |.
  std::string line() const {
    std::string out;
    for (const Lexeme& lexeme : tokens) {
      if (lexeme.token == Token::End) break;
      if (!out.empty()) out += ' ';
      switch (lexeme.token) {
        case Token::NewLine:
          out += '|';
          break;
        case Token::Indent:
          out += '>';
          break;
        case Token::Dedent:
          out += '<';
          break;
        case Token::Text:
          out += '\'' + std::string{lexeme.text} + '\'';
          break;
        default:
          out += lexeme.text;
      }
    }
    return out;
  }
  /// "full-width@1:3", in order.
  std::string mistakes() const {
    std::string out;
    for (const Report& report : reports.all()) {
      if (!out.empty()) out += ' ';
      out += std::string{report.code()} + '@' + std::to_string(report.place.line) + ':' +
             std::to_string(report.place.column);
    }
    return out;
  }

  Arena arena;
  Reports reports;
  std::vector<Lexeme> tokens;
};

std::string line(std::string_view source) { return Lexed{source}.line(); }
std::string mistakes(std::string_view source) { return Lexed{source}.mistakes(); }

TEST(Lexer, ATextIsNamesNumbersAndSigns) {
  EXPECT_EQ(line("if 90100 <= 시분초 < 100000 and not 라운드피겨위5호가이내:\n    매수 = False  # no\n"),
            "if 90100 <= 시분초 < 100000 and not 라운드피겨위5호가이내 : | > 매수 = False | <");
  EXPECT_EQ(line("x //= 2"), "x //= 2 |");
  EXPECT_EQ(mistakes("x //= 2"), "foreign-operator@1:3");
  EXPECT_EQ(line("a**b//c!=d"), "a ** b // c != d |");
  EXPECT_EQ(line("매수·매도비 = 1"), "매수·매도비 = 1 |");
  EXPECT_EQ(mistakes("매수·매도비 = 1"), "");
}

TEST(Lexer, DecomposedHangulIsTheSameWordAtThePlaceWhereItIsWritten) {
  // 현재가 in letters (macOS): ㅎㅕㄴ ㅈㅐ ㄱㅏ, seven code points.
  const Lexed lexed{"\u1112\u1167\u11AB\u110C\u1162\u1100\u1161 > 1"};
  EXPECT_EQ(lexed.line(), "현재가 > 1 |");
  EXPECT_EQ(lexed.tokens[0].place.length, 7u);
  EXPECT_EQ(lexed.tokens[1].place.column, 9u);
  EXPECT_EQ(line("'\u1100\u1161\u11A8'"), "'각' |");
  EXPECT_EQ(line("각\u1161"), "각\u1161 |");  // a vowel too many stays one
}

TEST(Lexer, LineEndsOfEveryKindCountOneLine) {
  const Lexed lexed{"a\r\nb\rc\n\r\nd"};
  EXPECT_EQ(lexed.line(), "a | b | c | d |");
  std::vector<std::uint32_t> lines;
  for (const Lexeme& lexeme : lexed.tokens)
    if (lexeme.token == Token::Name) lines.push_back(lexeme.place.line);
  EXPECT_THAT(lines, testing::ElementsAre(1, 2, 3, 5));
}

TEST(Lexer, OddSpacesAreSpacesAndTabsAreThoseOfPython) {
  EXPECT_EQ(line("if\u3000a\u00A0>\u30001:\n\u3000\u3000b = 1\n  c = 2\n"), "if a > 1 : | > b = 1 | c = 2 | <");
  EXPECT_EQ(line("\xEF\xBB\xBF"
                 "a"),
            "a |");
  EXPECT_EQ(line("if a:\n\tb\n\tc\nd\n"), "if a : | > b | c | < d |");
  EXPECT_EQ(mistakes("if a:\n\tb\n        c\n"), "mixed-indent@3:9");  // the same only where a tab is eight wide
  EXPECT_EQ(mistakes("if a:\n    b\n  c\n"), "no-such-indent@3:3");
}

TEST(Lexer, CommentsAndEmptyLinesHaveNoIndentation) {
  EXPECT_EQ(line("if a:\n    b\n# x\n\n  # y\n    c\n"), "if a : | > b | c | <");
  EXPECT_EQ(line("# nothing"), "");
}

TEST(Lexer, BracketsAndBackslashesJoinLines) {
  EXPECT_EQ(line("x = (1 +\n  2)\ny = 1 + \\\n 2\nz"), "x = ( 1 + 2 ) | y = 1 + 2 | z |");
  // An empty line, or a comment, is a line that a backslash joins: behind it another begins.
  EXPECT_EQ(line("if a: \\\n\n    x \\\n  # no\n    y = (1 + \\\n\n 2)"), "if a : | > x | y = ( 1 + 2 ) | <");
}

TEST(Lexer, NumbersAreThoseOfPython) {
  for (const auto& [written, value] : {std::pair{"75", 75.0},
                                       {"75.", 75.0},
                                       {".5", 0.5},
                                       {"1e3", 1000.0},
                                       {"2.5E-1", 0.25},
                                       {"1_000_000", 1e6},
                                       {"00", 0.0},
                                       {"1e-999", 0.0},
                                       {"1E-999", 0.0}}) {
    const Lexed lexed{written};
    EXPECT_EQ(lexed.mistakes(), "") << written;
    EXPECT_EQ(lexed.tokens[0].number, value) << written;
  }
  EXPECT_EQ(mistakes("시분초 > 093000"), "leading-zero@1:7");
  EXPECT_EQ(line("93000and 1.5if a else 2 or 3in(1,)"), "93000 and 1.5 if a else 2 or 3 in ( 1 , ) |");
  EXPECT_EQ(mistakes("93000and 1.5if a else 2 or 3in(1,)"), "");
  EXPECT_EQ(mistakes("93000and현재가 > 1"), "bad-number@1:1");
  for (const char* wrong : {"20일", "1__0", "1_", "1e999", "0x1F", "3j", "1_.5"})
    EXPECT_EQ(mistakes(wrong), "bad-number@1:1") << wrong;
}

TEST(Lexer, TextsAreThoseOfPython) {
  EXPECT_EQ(line(R"('a' "b'c" 'd\'e' 'f\n\q')"), "'a' 'b'c' 'd'e' 'f\n\\q' |");
  EXPECT_EQ(line("'''a\r\nb''' c"), "'a\nb' c |");
  EXPECT_EQ(line("''"), "'' |");
  EXPECT_EQ(mistakes("x = 'abc\ny"), "unfinished-text@1:5");
  EXPECT_EQ(mistakes("'''abc\n\n"), "unfinished-text@1:1");
  EXPECT_EQ(mistakes("f'{x}'"), "text-prefix@1:1");
  EXPECT_EQ(mistakes(R"('\x41')"), "bad-escape@1:2");
}

TEST(Lexer, AFullWidthSignIsReportedAndReadAsWhatItWasMeantFor) {
  EXPECT_EQ(mistakes("이동평균(60，1)"), "full-width@1:8");
  EXPECT_EQ(line("이동평균(60，1)"), "이동평균 ( 60 , 1 ) |");
  EXPECT_EQ(line("a ≥ 1"), "a >= 1 |");
  EXPECT_EQ(line("ＲＳＩ > 1"), "RSI > 1 |");  // as Python reads names
  EXPECT_EQ(mistakes("ＲＳＩ > 1"), "");
  EXPECT_EQ(line("self.indicator[‘RSI’]"), "self . indicator [ 'RSI' ] |");
}

TEST(Lexer, OperatorsOfOtherLanguagesAreReportedAndReadAsOurs) {
  for (const auto& [written, meant] : {std::pair{"a && b", "write and"},
                                       {"a || b", "write or"},
                                       {"a => b", "write >="},
                                       {"a =< b", "write <="},
                                       {"a <> b", "write !="},
                                       {"!a", "write not"}}) {
    const Lexed lexed{written};
    ASSERT_EQ(lexed.reports.all().size(), 1u) << written;
    EXPECT_EQ(lexed.reports.all()[0].hint(Language::English), meant);
  }
  EXPECT_EQ(mistakes("a >= b"), "");
}

TEST(Lexer, AForgottenBracketIsReportedWhereItWasOpened) {
  EXPECT_EQ(mistakes("x = (1 + 2\n"), "unclosed-bracket@1:5");
  EXPECT_EQ(mistakes("x = 1)\n"), "unmatched-bracket@1:6");
  EXPECT_EQ(mistakes("x = (1]\n"), "unmatched-bracket@1:7");
  // What follows is read as if it had been closed.
  EXPECT_EQ(line("if (a > 1:\n    b\n"), "if ( a > 1 : | > b | <");
  EXPECT_EQ(line("x = (1 + 2\nif a:\n    b\n"), "x = ( 1 + 2 | if a : | > b | <");
  EXPECT_EQ(line("if a:\n    x = (1\nelif b:\n    c\n"), "if a : | > x = ( 1 | < elif b : | > c | <");
}

TEST(Lexer, BytesThatAreNoTextAreReported) {
  EXPECT_EQ(mistakes("a \xff b"), "not-utf8@1:3");
  EXPECT_EQ(mistakes("# \xff"), "not-utf8@1:3");
  EXPECT_EQ(mistakes(std::string_view{"a\0b", 3}), "bad-character@1:2");
  EXPECT_EQ(mistakes("a ? b"), "bad-character@1:3");
}

TEST(Lexer, ATextHasLimits) {
  EXPECT_EQ(mistakes(std::string(kMostBytes + 1, ' ')), "too-long@1:1");
  std::string many;
  for (std::size_t i = 0; i < kMostTokens; ++i) many += "1 ";
  EXPECT_EQ(mistakes(many), "");
  EXPECT_EQ(Lexed{many + "1"}.reports.all()[0].mistake, Mistake::TooManyTokens);
  std::string deep;
  for (std::size_t i = 0; i <= kMostBlocks + 1; ++i) deep += std::string(i, ' ') + "if a:\n";
  EXPECT_EQ(Lexed{deep}.reports.all()[0].mistake, Mistake::TooManyBlocks);
}

}  // namespace
}  // namespace stom::conditions
