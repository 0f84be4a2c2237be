#include "conditions/parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "conditions/lexer.hpp"

namespace stom::conditions {
namespace {

// The tree in brackets, operator first: what a reader would draw.
void print(std::ostream& out, const Expr& expr);

void print_list(std::ostream& out, std::string_view name, std::span<Expr* const> operands) {
  out << '(' << name;
  for (const Expr* operand : operands) {
    out << ' ';
    print(out, *operand);
  }
  out << ')';
}

void print(std::ostream& out, const Expr& expr) {
  switch (expr.node) {
    case Node::Number:
      out << expr.number;
      return;
    case Node::Text:
      out << '\'' << expr.text << '\'';
      return;
    case Node::True:
      out << "True";
      return;
    case Node::False:
      out << "False";
      return;
    case Node::None:
      out << "None";
      return;
    case Node::Name:
      out << expr.text;
      return;
    case Node::Variable:
      out << "vars[" << expr.number << ']';
      return;
    case Node::Setting:
      out << "indicator[" << expr.text << ']';
      return;
    case Node::Negate:
      return print_list(out, "neg", expr.operands);
    case Node::Plus:
      return print_list(out, "pos", expr.operands);
    case Node::Not:
      return print_list(out, "not", expr.operands);
    case Node::And:
      return print_list(out, "and", expr.operands);
    case Node::Or:
      return print_list(out, "or", expr.operands);
    case Node::Arithmetic:
      return print_list(out, spelling(expr.op), expr.operands);
    case Node::Compare: {
      out << '(';
      print(out, *expr.operands[0]);
      for (std::size_t i = 0; i < expr.comparisons.size(); ++i) {
        out << ' ' << spelling(expr.comparisons[i]) << ' ';
        print(out, *expr.operands[i + 1]);
      }
      out << ')';
      return;
    }
    case Node::Conditional:
      return print_list(out, "if", expr.operands);
    case Node::Call:
      return print_list(out, expr.text, expr.operands);
    case Node::List:
      return print_list(out, "list", expr.operands);
  }
}

void print(std::ostream& out, std::span<Stmt* const> lines) {
  const char* between = "";
  for (const Stmt* statement : lines) {
    out << between;
    between = "; ";
    switch (statement->act) {
      case Act::Assign:
      case Act::Augment:
        for (const Target& target : statement->targets) out << target.name << ' ' << spelling(statement->op) << "= ";
        break;
      case Act::SetVariable:
        out << "vars[" << statement->index << "] = ";
        break;
      case Act::SetSetting:
        out << "indicator[" << statement->text << "] = ";
        break;
      case Act::If:
        break;
      case Act::For:
        out << "for " << statement->targets[0].name << ' ';
        break;
      case Act::Pass:
        out << "pass";
        break;
      case Act::Break:
        out << "break";
        break;
      case Act::Continue:
        out << "continue";
        break;
      case Act::Evaluate:
        break;
      case Act::Order:
        out << statement->text << "()";
        break;
    }
    if (statement->value) print(out, *statement->value);
    for (const Branch& branch : statement->branches) {
      out << '{';
      if (branch.condition) print(out, *branch.condition);
      out << ": ";
      print(out, branch.body);
      out << '}';
    }
  }
}

struct Parsed {
  explicit Parsed(std::string_view source) : tree{parse(source, reports)} { reports.sort(); }
  std::string shape() const {
    std::ostringstream out;
    print(out, tree.body);
    return out.str();
  }
  std::string mistakes() const {
    std::string out;
    for (const Report& report : reports.all()) {
      if (!out.empty()) out += ' ';
      out += std::string{report.code()} + '@' + std::to_string(report.place.line) + ':' +
             std::to_string(report.place.column);
    }
    return out;
  }

  Reports reports;
  Tree tree;
};

std::string shape(std::string_view source) {
  const Parsed parsed{source};
  EXPECT_EQ(parsed.mistakes(), "") << source;
  return parsed.shape();
}
std::string mistakes(std::string_view source) { return Parsed{source}.mistakes(); }

TEST(Parser, OperatorsBindAsInPython) {
  EXPECT_EQ(shape("1 + 2 * 3 - 4"), "(- (+ 1 (* 2 3)) 4)");
  EXPECT_EQ(shape("-2 ** 2"), "(neg (** 2 2))");
  EXPECT_EQ(shape("2 ** -1"), "(** 2 (neg 1))");
  EXPECT_EQ(shape("2 ** 3 ** 2"), "(** 2 (** 3 2))");
  EXPECT_EQ(shape("7 // 2 % 3 / 4"), "(/ (% (// 7 2) 3) 4)");
  EXPECT_EQ(shape("not a == b"), "(not (a == b))");
  EXPECT_EQ(shape("a or b and not c or d"), "(or a (and b (not c)) d)");
  EXPECT_EQ(shape("+a"), "(pos a)");
}

TEST(Parser, ComparisonsChain) {
  EXPECT_EQ(shape("1 < a <= b != c"), "(1 < a <= b != c)");
  EXPECT_EQ(shape("(1 < a) < b"), "((1 < a) < b)");
  EXPECT_EQ(shape("a not in [1, 2] and b in (3,)"), "(and (a not in (list 1 2)) (b in (list 3)))");
  EXPECT_EQ(shape("a is None or b is not None"), "(or (a is None) (b is not None))");
  EXPECT_EQ(mistakes("a is 1"), "is-not-none@1:3");
}

TEST(Parser, AConditionalValueStandsOnlyAtTheEnd) {
  EXPECT_EQ(shape("x = 1 if a else 2 if b else 3"), "x = (if 1 a (if 2 b 3))");
  EXPECT_EQ(shape("x = min(1 if a else 2, 3)"), "x = (min (if 1 a 2) 3)");
  EXPECT_EQ(mistakes("x = 1 if a"), "missing-else@1:11");
}

TEST(Parser, CallsSubscriptsAndLists) {
  EXPECT_EQ(shape("이동평균(60, 1) > 현재가N(1)"), "((이동평균 60 1) > (현재가N 1))");
  EXPECT_EQ(shape("이동평균(20, '5' 'm',)"), "(이동평균 20 '5m')");
  EXPECT_EQ(shape("x = self.vars[3] + self.indicator['RSI_timeperiod']"), "x = (+ vars[3] indicator[RSI_timeperiod])");
  EXPECT_EQ(shape("sum([a, b]) + len(())"), "(+ (sum (list a b)) (len (list)))");
  EXPECT_EQ(shape("(a)"), "a");
}

TEST(Parser, Statements) {
  EXPECT_EQ(shape("a = b = 0; c += 1; pass;"), "a = b = 0; c += 1; pass");
  EXPECT_EQ(shape("self.vars[1] = [[1, 10, 1], 5]\nself.indicator['RSI_timeperiod'] = 7"),
            "vars[1] = (list (list 1 10 1) 5); indicator[RSI_timeperiod] = 7");
  EXPECT_EQ(shape("for i in range(3):\n    if i:\n        break\n    continue\n"), "for i 3{: {i: break}; continue}");
}

TEST(Parser, AChainOfElifIsOneNode) {
  EXPECT_EQ(shape("if a:\n    x = 1\nelif b: x = 2; y = 3\nelse:\n    pass\nz = 4"),
            "{a: x = 1}{b: x = 2; y = 3}{: pass}; z = 4");
  std::string chain = "if a:\n    pass\n";
  for (int i = 0; i < 5000; ++i) chain += "elif a:\n    pass\n";
  const Parsed parsed{chain};
  EXPECT_EQ(parsed.mistakes(), "");
  ASSERT_EQ(parsed.tree.body.size(), 1u);
  EXPECT_EQ(parsed.tree.body[0]->branches.size(), 5001u);
}

TEST(Parser, TheOldCallsThatEndATextAreKeptUnread) {
  EXPECT_EQ(shape("if 매수:\n    self.Buy(종목코드, f, [1, (2)], x=3 + )\n"), "{매수: Buy()}");
  EXPECT_EQ(
      shape("if 매수:\n    self.Buy(f'{종목명}', a | b ^ 2, 007, 10주, {'k': 9:30}, 'x\\x41', 5 @ c， ‘d’)\nx = 1"),
      "{매수: Buy()}; x = 1");
  EXPECT_EQ(mistakes("if 매도:\n    self.Sell([f'{1}', (0x10)],\n        b'1')\nx = 007\n"), "leading-zero@4:5");
  EXPECT_EQ(mistakes("if 매도:\n    self.Sell('a)\nx = 1\n"), "unfinished-text@2:15");
  EXPECT_EQ(mistakes("x = self.Sell(1)"), "misplaced-order@1:5");
  EXPECT_EQ(Parsed{"x = self.Sell(1)"}.reports.all()[0].hint(Language::Korean), "이렇게 쓰십시오: 매도 = True");
}

TEST(Parser, AMissingColonIsShownAtTheEndOfItsLine) {
  EXPECT_EQ(mistakes("if a > 1\n    b = 1\nelse\n    c = 1\nfor i in range(2)\n    pass\n"),
            "missing-colon@1:9 missing-colon@3:5 missing-colon@5:18");
}

TEST(Parser, MistakesThatPeopleMake) {
  EXPECT_EQ(mistakes("if a = 1:\n    b = 2\n"), "assign-in-condition@1:6");
  EXPECT_EQ(mistakes("if a:\n    b = 1\nelse if c:\n    b = 2\nelse:\n    b = 3\n"), "else-if@3:1");
  EXPECT_EQ(mistakes("if a:\nb = 1\n"), "expected-block@1:1");
  EXPECT_EQ(mistakes("if a:"), "expected-block@1:1");
  EXPECT_EQ(mistakes("a = 1\n    b = 2\nc = 3"), "unexpected-indent@2:5");
  EXPECT_EQ(mistakes("else:\n    a = 1\n"), "stray-branch@1:1");
  EXPECT_EQ(mistakes("while a:\n    b = 1\n"), "foreign-keyword@1:1");
  EXPECT_EQ(mistakes("x = lambda: 1"), "foreign-keyword@1:5");
  EXPECT_EQ(mistakes("import os"), "foreign-keyword@1:1");
  EXPECT_EQ(mistakes("a, b = 1, 2"), "several-targets@1:2");
  EXPECT_EQ(mistakes("x = 1, 2"), "several-targets@1:6");
  EXPECT_EQ(mistakes("현재가N(1) = 2"), "bad-target@1:1");
  EXPECT_EQ(mistakes("a + b = 2"), "bad-target@1:3");
  EXPECT_EQ(mistakes("현재가[1] > 2"), "subscript@1:4");
  EXPECT_EQ(Parsed{"고가[1] > 2"}.reports.all()[0].hint(Language::English),
            "the value of an earlier row is high_at(1)");
  EXPECT_EQ(mistakes("self.vars[1:2]"), "slice@1:12");
  EXPECT_EQ(mistakes("self.vars[i]"), "variable-index@1:11");
  EXPECT_EQ(mistakes("self.vars[1.5]"), "variable-index@1:11");
  EXPECT_EQ(mistakes("self.vars[1000]"), "variable-index@1:11");
  EXPECT_EQ(mistakes("self.indicator[RSI]"), "setting-key@1:16");
  EXPECT_EQ(mistakes("self.price"), "attribute@1:6");
  EXPECT_EQ(mistakes("현재가.mean"), "method@1:4");
  EXPECT_EQ(mistakes("round(a, digits=1)"), "named-argument@1:10");
  EXPECT_EQ(mistakes("2(a)"), "bad-call@1:2");
  EXPECT_EQ(mistakes("for x in [1, 2]:\n    pass\n"), "not-range@1:1");
  EXPECT_EQ(mistakes("for i in range(1, 2):\n    pass\n"), "not-range@1:1");
  EXPECT_EQ(mistakes("break"), "outside-loop@1:1");
  EXPECT_EQ(mistakes("x = "), "line-ends-early@1:5");
  EXPECT_EQ(mistakes("x = a b"), "expected@1:7");
  EXPECT_EQ(mistakes("x = a +\ny = 1"), "line-ends-early@1:8");
}

TEST(Parser, AllMistakesOfATextAreFoundAtOnce) {
  EXPECT_EQ(mistakes("if a = 1:\n    x = = 2\nelif b\n    y = 3)\nz = 1 +\n"),
            "assign-in-condition@1:6 expected-value@2:9 missing-colon@3:7 unmatched-bracket@4:10 line-ends-early@5:8");
}

TEST(Parser, DepthIsBoundedWhateverIsNested) {
  const auto repeated = [](std::string_view part, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += part;
    return out;
  };
  for (const std::string& deep :
       {repeated("(", 30'000) + "1" + repeated(")", 30'000), repeated("[", 30'000) + repeated("]", 30'000),
        repeated("-", 30'000) + "1", repeated("not ", 30'000) + "a", "2" + repeated("**2", 30'000),
        "1" + repeated("+1", 30'000), repeated("1 if a else ", 20'000) + "1",
        repeated("abs(", 30'000) + repeated(")", 30'000)}) {
    const Parsed parsed{deep};
    EXPECT_THAT(parsed.mistakes(), testing::HasSubstr("too-deep@1:")) << deep.substr(0, 20);
    EXPECT_LT(parsed.tree.arena.bytes(), std::size_t{32} << 20);
  }
  EXPECT_EQ(mistakes(repeated("(", 190) + "1" + repeated(")", 190)), "");
  EXPECT_EQ(mistakes("x = 1" + repeated(" + 1", 150)), "");
}

TEST(Parser, WhatIsLongAndFlatFitsTheArena) {
  std::string flat;
  while (flat.size() < kMostTokens - 2) flat += "1;";
  const Parsed parsed{flat};
  EXPECT_EQ(parsed.mistakes(), "");
  EXPECT_LT(parsed.tree.arena.bytes(), Arena::kMost / 2);
}

TEST(Parser, TheTreeOutlivesTheSourceAndAMove) {
  Reports reports;
  Tree tree = [&] {
    const std::string source = "현재가 > 이동평균(60)";
    return parse(source, reports);
  }();
  const Tree moved = std::move(tree);
  std::ostringstream out;
  print(out, moved.body);
  EXPECT_EQ(out.str(), "(현재가 > (이동평균 60))");
}

}  // namespace
}  // namespace stom::conditions
