// The machine, and native code, against an interpreter that walks the tree: on random programs over random rows all
// decide the same, stop on the same rows and name the same line. And many variants in one pass, with native code and
// without, against each of them alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include "conditions/interpreter.hpp"
#include "conditions/native_code.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "conditions/row_run.hpp"
#include "core/random.hpp"

namespace stom::conditions {
namespace {

/// Programs that the checker takes, most of them.
class Author {
 public:
  explicit Author(std::uint64_t seed) : random_{seed} {}

  std::string program() {
    std::string text;
    for (const char* name : {"a", "b"}) text += std::string{name} + " = " + value(2) + "\n";
    const int lines = 1 + pick(5);
    for (int i = 0; i < lines; ++i) text += statement(0, 0);
    return text;
  }
  int pick(int below) { return static_cast<int>(random_.next() % static_cast<std::uint64_t>(below)); }

 private:
  std::string one(std::initializer_list<const char*> of) { return *(of.begin() + pick(static_cast<int>(of.size()))); }

  std::string statement(int depth, int loops) {
    const std::string indent(static_cast<std::size_t>(depth) * 4, ' ');
    switch (depth < 3 ? pick(8) : pick(4)) {
      case 0:
        return indent + one({"a", "b", "c"}) + " = " + value(3) + "\n";
      case 1:
        return indent + one({"a", "b"}) + one({" += ", " -= ", " *= ", " /= "}) + value(2) + "\n";
      case 2:
        return indent + "매수 = " + value(2) + "\n";
      case 3:
        if (loops > 0 && pick(2) == 0) return indent + one({"break", "continue"}) + "\n";
        return indent + "a = 매수 = " + value(1) + "\n";
      case 4:
        return indent + "for i in range(" + std::to_string(pick(5)) + "):\n" + block(depth, loops + 1);
      default: {
        std::string text = indent + "if " + value(3) + ":\n" + block(depth, loops);
        if (pick(2) == 0) text += indent + "elif " + value(2) + ":\n" + block(depth, loops);
        if (pick(2) == 0) text += indent + "else:\n" + block(depth, loops);
        return text;
      }
    }
  }
  std::string block(int depth, int loops) {
    std::string text;
    for (int i = 1 + pick(2); i > 0; --i) text += statement(depth + 1, loops);
    return text;
  }

  std::string value(int depth) {
    if (depth == 0)
      return one({"1", "0", "2.5", "현재가", "체결강도", "초당매수수량", "a", "b", "c", "None", "True", "'x'",
                  "self.vars[1]", "현재가N(1)", "이동평균(3)", "최고현재가(2, 1)", "누적초당매수수량(4)",
                  "최저체결강도(3)", "현재가"});
    const auto inner = [&] { return value(depth - 1); };
    switch (pick(12)) {
      case 0:
        return "(" + inner() + one({" + ", " - ", " * ", " / ", " // ", " % ", " ** "}) + inner() + ")";
      case 1:
      case 2:
        return "(" + inner() + one({" < ", " <= ", " > ", " >= ", " == ", " != "}) + inner() + ")";
      case 3:
        return "(" + inner() + " < " + inner() + " <= " + inner() + ")";
      case 4:
        return "(" + inner() + " and " + inner() + ")";
      case 5:
        return "(" + inner() + " or " + inner() + " or " + inner() + ")";
      case 6:
        return "(not " + inner() + ")";
      case 7:
        return "(" + inner() + " if " + inner() + " else " + inner() + ")";
      case 8:
        return "(" + inner() + one({" in [", " not in ["}) + inner() + ", " + inner() + "])";
      case 9:
        return one({"min", "max"}) + std::string{"("} + inner() + ", " + inner() + ")";
      case 10:
        return one({"abs(", "int(", "round(", "-("}) + inner() + ")";
      default:
        return one({"이동평균(", "현재가N(", "최고현재가("}) + inner() + ")";
    }
  }

  Random random_;
};

TEST(Machine, DecidesAsTheInterpreterThatWalksTheTree) {
  int ran = 0, stopped = 0, bought = 0;
  for (std::uint64_t seed = 1; seed <= 1500; ++seed) {
    Author author{seed};
    const std::string text = author.program();
    Settings given;
    given.variables[1].value = author.pick(7) - 2;
    const CheckOptions options{.kind = TextKind::Buy, .conditions = std::nullopt, .given = &given};
    Reports reports;
    Tree tree = parse(text, reports);
    const Checked checked = check(tree, options, reports);
    if (reports.has_errors()) continue;
    Needs needs;
    const Program program = compile(tree, checked, {.given = &given}, needs);
    const DayPlan plan{needs};
    InstrumentDay day{plan, false, "", ""}, day_of_code{plan, false, "", ""};
    Machine machine{program};
    Program native = program;
    native.native = make_native_code(program);
    Machine code{native};
    ASSERT_TRUE(code.is_native());
    Interpreter interpreter{tree, checked, given};
    std::vector<std::vector<double>> rows;
    for (int i = 0; i < 6; ++i) {
      std::vector<double> row(input_count(), 0);
      row[input_named("현재가")] = 100 + author.pick(5);
      row[input_named("체결강도")] = author.pick(4) * 0.25;
      row[input_named("초당매수수량")] = author.pick(3);
      rows.push_back(row);
      day.add(20240105, 32'400 + static_cast<std::uint32_t>(i), row);
      const Outcome ours = machine.run(row, day), theirs = interpreter.decide(rows);
      ASSERT_EQ(ours.stopped, theirs.stopped) << "seed " << seed << ", row " << i << "\n" << text;
      ASSERT_EQ(ours.signal, theirs.signal) << "seed " << seed << ", row " << i << "\n" << text;
      ASSERT_EQ(ours.line, theirs.line) << "seed " << seed << ", row " << i << "\n" << text;
      day_of_code.add(20240105, 32'400 + static_cast<std::uint32_t>(i), row);
      const Outcome of_code = code.run(row, day_of_code);
      ASSERT_EQ(ours.stopped, of_code.stopped) << "seed " << seed << ", row " << i << "\n" << text;
      ASSERT_EQ(ours.signal, of_code.signal) << "seed " << seed << ", row " << i << "\n" << text;
      ASSERT_EQ(ours.line, of_code.line) << "seed " << seed << ", row " << i << "\n" << text;
      if (!ours.stopped) {
        ASSERT_EQ(std::bit_cast<std::uint64_t>(machine.value()), std::bit_cast<std::uint64_t>(code.value()))
            << "seed " << seed << ", row " << i << "\n"
            << text;
      }
      ++ran;
      stopped += ours.stopped;
      bought += ours.signal;
    }
  }
  // Neither side of a decision is rare, or little would be compared.
  EXPECT_GT(ran, 3000);
  EXPECT_GT(stopped, ran / 10);
  EXPECT_GT(bought, ran / 40);
}

/// Two days of seconds, full of equal numbers.
RowFile rows_of(Author& author) {
  RowFile file;
  file.has_ask = file.has_bid = true;
  file.stride = 50;
  file.inputs.assign(input_count() * file.stride, 0);
  const auto put = [&](const char* word, std::size_t row, double value) {
    file.inputs[input_named(word) * file.stride + row] = value;
  };
  for (std::size_t i = 0; i < file.stride; ++i) {
    const std::size_t of_day = i % 30;
    file.index.push_back((i < 30 ? 20240105'000000 : 20240108'000000) + 90'000 + static_cast<std::int64_t>(of_day));
    put("현재가", i, 100 + author.pick(5));
    put("매도호가1", i, 101 + author.pick(4));
    put("매수호가1", i, 99);
    put("체결강도", i, author.pick(4) * 0.25);
    put("초당매수수량", i, author.pick(3));
    put("관심종목", i, author.pick(10) != 0);
    put("데이터길이", i, static_cast<double>(of_day + 1));
  }
  return file;
}

std::string with(std::string text, const std::string& word, const std::string& other) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + other.size()))
    text.replace(at, word.size(), other);
  return text;
}

// One pass for many variants, in which they share what they have in common, gives each what it gets alone: the same
// rows bought and sold, for the same lines, and the same rows on which a text stops.
TEST(Machine, VariantsInOnePassDoWhatEachDoesAlone) {
  std::size_t pairs = 0, trades = 0, stopped = 0, differ = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Author author{seed};
    const std::size_t count = seed % 40 == 0 ? kMostVariants : 1 + static_cast<std::size_t>(author.pick(9));
    PairTexts texts{.buy = author.program() + "if 현재가 > 100 + self.vars[1]: 매수 = True\n",
                    .sell = with(author.program(), "매수", "매도") + "if 보유시간 > self.vars[2]: 매도 = True\n"};
    std::vector<std::string> variables;
    for (std::size_t v = 0; v < count; ++v)
      variables.push_back("self.vars[0] = " + std::to_string(1 + author.pick(3)) + "\nself.vars[1] = " +
                          std::to_string(author.pick(7) - 2) + "\nself.vars[2] = " + std::to_string(author.pick(9)));
    const auto variants = make_variants_of(texts, variables);
    if (!variants) continue;  // the author's mistakes
    ++pairs;
    ASSERT_TRUE(variants->pair.buy.native && variants->pair.sell.native);
    const RowFile rows = rows_of(author);
    const auto go_on = [](std::size_t) { return true; };
    const auto together = run_variants(*variants, rows, go_on);
    ASSERT_TRUE(together && together->size() == count);
    PairTexts plain = texts;
    plain.native = false;
    const auto by_machine = run_variants(*make_variants_of(plain, variables), rows, go_on);
    ASSERT_TRUE(by_machine && by_machine->size() == count);
    for (std::size_t v = 0; v < count; ++v) {
      texts.variables = variables[v];
      const RowRun alone = run_rows(*make_pair_of(texts).pair, rows);
      const RowRun& other = (*together)[v];
      const std::string which = "seed " + std::to_string(seed) + ", variant " + std::to_string(v) + "\n" +
                                variables[v] + "\n" + texts.buy + "---\n" + texts.sell;
      ASSERT_EQ(alone.buys, other.buys) << which;
      ASSERT_EQ(alone.sells, other.sells) << which;
      ASSERT_EQ(alone.buy_stopped, other.buy_stopped) << which;
      ASSERT_EQ(alone.sell_stopped, other.sell_stopped) << which;
      const RowRun& plain_run = (*by_machine)[v];
      ASSERT_EQ(alone.buys, plain_run.buys) << which;
      ASSERT_EQ(alone.sells, plain_run.sells) << which;
      ASSERT_EQ(alone.buy_stopped, plain_run.buy_stopped) << which;
      ASSERT_EQ(alone.sell_stopped, plain_run.sell_stopped) << which;
      trades += alone.buys.size();
      stopped += alone.buy_stopped + alone.sell_stopped;
      differ += v > 0 && alone.buys != (*together)[0].buys;
    }
  }
  EXPECT_GT(pairs, 100);
  EXPECT_GT(trades, 500);
  EXPECT_GT(stopped, 500);
  EXPECT_GT(differ, 50);
}

// A row's value that is exactly a variant's belongs to the side that the comparison says, whichever stands on the left.
TEST(Machine, VariantsAreComparedAtTheirValuesAsEachAlone) {
  Author author{3};
  const RowFile rows = rows_of(author);
  std::vector<std::string> variables;
  for (int v = 0; v < 9; ++v) variables.push_back("self.vars[0] = " + std::to_string(v));
  for (const std::string sign : {"<", "<=", ">", ">=", "==", "!="})
    for (const bool left : {true, false})
      for (const bool jumps : {true, false}) {
        const std::string compared =
            left ? "self.vars[0] " + sign + " 데이터길이 % 9" : "데이터길이 % 9 " + sign + " self.vars[0]";
        PairTexts texts{.buy = jumps ? "if " + compared + ":\n    매수 = True" : "매수 = " + compared,
                        .sell = "매도 = 보유시간 > 0"};
        const auto runs = run_variants(texts, variables, rows, [](std::size_t) { return true; });
        ASSERT_TRUE(runs && runs->size() == variables.size());
        for (std::size_t v = 0; v < variables.size(); ++v) {
          texts.variables = variables[v];
          EXPECT_EQ((*runs)[v].buys, run_rows(*make_pair_of(texts).pair, rows).buys) << texts.buy << ", " << v;
        }
      }
}

// An empty list holds nothing, for one variant as for many; its registers are those of a list nevertheless.
TEST(Machine, VariantsLookIntoAListWithoutMembers) {
  Author author{3};
  const RowFile rows = rows_of(author);
  const std::vector<std::string> variables{"self.vars[1] = 1", "self.vars[1] = 2"};
  for (const std::string buy : {"매수 = self.vars[1] in []", "매수 = self.vars[1] not in []"}) {
    PairTexts texts{.buy = buy, .sell = "매도 = 보유시간 > 0"};
    const auto runs = run_variants(texts, variables, rows, [](std::size_t) { return true; });
    ASSERT_TRUE(runs && runs->size() == variables.size());
    for (std::size_t v = 0; v < variables.size(); ++v) {
      texts.variables = variables[v];
      EXPECT_EQ((*runs)[v].buys, run_rows(*make_pair_of(texts).pair, rows).buys) << buy;
      EXPECT_EQ((*runs)[v].buys.empty(), !buy.contains("not")) << buy;
    }
  }
}

// What variants cannot share they do not: each runs alone, with the same results.
TEST(Machine, VariantsWithOtherIndicatorsRunAlone) {
  Author author{3};
  const RowFile rows = rows_of(author);
  PairTexts texts{.buy = "매수 = RSI > 50", .sell = "매도 = 보유시간 > 2"};
  const std::vector<std::string> variables{"self.vars[0] = 16\nself.indicator['RSI_timeperiod'] = 2",
                                           "self.vars[0] = 16\nself.indicator['RSI_timeperiod'] = 14"};
  EXPECT_FALSE(make_variants_of(texts, variables));
  const auto runs = run_variants(texts, variables, rows, [](std::size_t) { return true; });
  ASSERT_TRUE(runs && runs->size() == 2);
  for (std::size_t v = 0; v < 2; ++v) {
    texts.variables = variables[v];
    EXPECT_EQ((*runs)[v].buys, run_rows(*make_pair_of(texts).pair, rows).buys);
  }
  EXPECT_FALSE((*runs)[0].buys.empty());
  EXPECT_NE((*runs)[0].buys, (*runs)[1].buys);
}

}  // namespace
}  // namespace stom::conditions
