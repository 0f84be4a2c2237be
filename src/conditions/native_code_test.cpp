// Code of the processor beside the machine: whatever a text does with whatever values, both stop on the same rows,
// decide the same for the same line, and leave the same value, to the last bit.
#include "conditions/native_code.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/machine.hpp"
#include "conditions/parser.hpp"
#include "conditions/value.hpp"
#include "core/random.hpp"

namespace stom::conditions {
namespace {

/// A sell text, or an expression, with native code and without.
class BesideMachine {
 public:
  explicit BesideMachine(std::string text, bool is_expression = false, double variable = 2) : text_{std::move(text)} {
    Reports reports;
    Settings given;
    given.variables[1].value = variable;
    Tree tree = parse(text_, reports);
    // Without the variables, which may be more than the checker would let pass.
    const Checked checked = check(tree, {.kind = TextKind::Sell, .conditions = std::nullopt}, reports);
    EXPECT_FALSE(reports.has_errors()) << text_;
    if (reports.has_errors()) return;
    Needs needs;
    alone_ = compile(tree, checked, {.given = &given, .is_expression = is_expression}, needs);
    native_ = alone_;
    native_.native = make_native_code(alone_);
    EXPECT_NE(native_.native, nullptr) << text_;
    plan_.emplace(std::move(needs));
    first_.emplace(*plan_, false, "이름", "");
    second_.emplace(*plan_, false, "이름", "");
    machine_.emplace(alone_);
    code_.emplace(native_);
    EXPECT_FALSE(machine_->is_native());
    EXPECT_TRUE(code_->is_native());
  }

  /// What both say of the next row.
  Outcome on(const std::vector<double>& row) {
    if (!machine_) return {};
    ++rows_;
    first_->add(20240105, 32'400 + rows_, row);
    second_->add(20240105, 32'400 + rows_, row);
    const Outcome want = machine_->run(row, *first_), got = code_->run(row, *second_);
    EXPECT_EQ(want.stopped, got.stopped) << text_ << shown(row);
    EXPECT_EQ(want.signal, got.signal) << text_ << shown(row);
    EXPECT_EQ(want.line, got.line) << text_ << shown(row);
    if (!want.stopped && !got.stopped) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(machine_->value()), std::bit_cast<std::uint64_t>(code_->value()))
          << text_ << shown(row) << machine_->value() << " and " << code_->value();
    }
    return want;
  }
  Outcome on(double price, double profit) {
    static const std::size_t price_at = input_named("현재가"), profit_at = input_named("수익률"),
                             name_at = input_named("종목명");
    std::vector<double> row(input_count(), 0);
    row[price_at] = price;
    row[profit_at] = profit;
    row[name_at] = text_value(kNameText);
    return on(row);
  }
  double value() const { return machine_->value(); }

 private:
  static std::string shown(const std::vector<double>& row) {
    return "\n현재가 " + std::to_string(row[input_named("현재가")]) + ", 수익률 " +
           std::to_string(row[input_named("수익률")]) + "\n";
  }

  std::string text_;
  Program alone_, native_;
  std::optional<DayPlan> plan_;
  std::optional<InstrumentDay> first_, second_;
  std::optional<Machine> machine_, code_;
  std::uint32_t rows_ = 0;
};

/// Of every kind that a register can hold.
std::vector<double> values_of_every_kind() {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  return {0.0,
          -0.0,
          1,
          -1,
          2,
          0.5,
          -2.5,
          3,
          9007199254740993.0,
          1e308,
          -1e308,
          5e-324,
          kInfinite,
          -kInfinite,
          std::numeric_limits<double>::quiet_NaN(),
          kNothing,
          kNoneValue,
          text_value(kNameText),
          text_value(kCodeText),
          text_value(kLongText)};
}

/// A is a field, B a word of the position: neither is in a register when the code begins.
void expect_the_same(std::string expression) {
  const auto put = [&](const std::string& letter, const std::string& word) {
    for (std::size_t at = expression.find(letter); at != std::string::npos;
         at = expression.find(letter, at + word.size()))
      expression.replace(at, letter.size(), word);
  };
  put("A", "현재가");
  put("B", "수익률");
  const std::vector<double> values = values_of_every_kind();
  BesideMachine both{expression, true};
  for (const double a : values)
    for (const double b : values) both.on(a, b);
}

TEST(NativeCode, EveryOperatorOnEveryKindOfValueIsTheMachines) {
  for (const std::string sign : {"+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or"}) {
    const std::string op = " " + sign + " ";
    // As it lies, as it was just worked out, as a constant; on either side, and on both.
    for (const std::string left : {"A", "(A * 1)", "0", "2"})
      for (const std::string right : {"B", "(B + 0)", "A", "0", "2"}) expect_the_same(left + op + right);
  }
}

TEST(NativeCode, EveryJumpOnEveryKindOfValueIsTheMachines) {
  for (const std::string sign : {"<", "<=", ">", ">=", "==", "!="}) {
    const std::string op = " " + sign + " ";
    for (const std::string& compared :
         {"A" + op + "B", "(A - 1)" + op + "B", "A" + op + "(B - 1)", "A" + op + "1", "1" + op + "B"})
      for (const std::string& asked : {compared, "not " + compared, compared + " and B", "B or " + compared})
        expect_the_same("3 if " + asked + " else 4");
    expect_the_same("A" + op + "B" + op + "1");
    expect_the_same("3 if A" + op + "B" + op + "1 else 4");
    expect_the_same("3 if not (1" + op + "B" + op + "A) else 4");
  }
  for (const char* asked : {"A", "not A", "A and B", "A or B", "not (A and not B)", "(A or B) and (B or A)"})
    expect_the_same(std::string{"3 if "} + asked + " else 4");
}

TEST(NativeCode, EveryFunctionOnEveryKindOfValueIsTheMachines) {
  for (const char* text : {"A",
                           "-A",
                           "+A",
                           "not A",
                           "-(A + B)",
                           "+(A + B)",
                           "not (A + B)",
                           "abs(A)",
                           "abs(A - B)",
                           "int(A)",
                           "round(A)",
                           "round(A, 2)",
                           "round(A, B)",
                           "float(A)",
                           "A is None",
                           "A is not None",
                           "A in [B, 1, None]",
                           "A not in [B]",
                           "(A * 2) in [B, 4]",
                           "A in 종목명",
                           "종목명 == 'x'",
                           "min(A, B)",
                           "max(A, B)",
                           "min([A])",
                           "max(A * 2, B)",
                           "min(A, B, 0, 1)",
                           "max(0, A, B, 1)",
                           "min(3, 2, 1, A, B)",
                           "sum([A, B])",
                           "A if A < B else B",
                           "None",
                           "self.vars[1] * A - B / self.vars[1]"})
    expect_the_same(text);
}

// What the checker has no name for comes by a path that has not assigned it.
TEST(NativeCode, ANameWithoutAValueStopsWhereTheMachineStops) {
  for (const char* use :
       {"b = a", "b = a + 1", "b = a < 1", "b = 1 == a", "b = not a", "b = -a", "b = abs(a)", "b = max(a, 1)", "a",
        "b = a and 1", "b = a is None", "if a: b = 1", "if a < 1: b = 1", "if 1 >= a: b = 1", "if a != 1: b = 1"}) {
    BesideMachine both{"if 현재가 > 0:\n    a = 현재가\n" + std::string{use} + "\n매도 = True"};
    EXPECT_TRUE(both.on(0, 0).stopped) << use;
    EXPECT_FALSE(both.on(1, 0).stopped) << use;
  }
}

TEST(NativeCode, ALocalWithAWordsNameIsTheWordUntilItIsAssigned) {
  BesideMachine both{"if 현재가 > 10:\n    현재가 = 수익률\n    수익률 = 1\n매도 = 현재가 * 100 + 수익률"};
  both.on(3, 4);
  EXPECT_EQ(both.value(), 304);
  both.on(11, 4);
  EXPECT_EQ(both.value(), 401);
  both.on(3, 5);  // nothing of the row before is left
  EXPECT_EQ(both.value(), 305);
}

TEST(NativeCode, TheLineIsThatOfTheLastAssignmentMade) {
  BesideMachine both{"if 현재가 < 1:\n    매도 = True\nif 현재가 < 2:\n    매도 = 현재가\nelse:\n    pass\n"};
  EXPECT_EQ(both.on(0.5, 0).line, 4u);
  EXPECT_EQ(both.on(1.5, 0).line, 4u);
  EXPECT_FALSE(both.on(3, 0).signal);
}

// At most 10,000 steps of loops in a run, for the code too.
TEST(NativeCode, LoopsEndWhereTheMachinesDo) {
  const std::string sum = "매도 = 0\nfor i in range(self.vars[1]):\n    매도 += i";
  for (const double count : values_of_every_kind()) BesideMachine{sum, false, count}.on(0, 0);
  BesideMachine most{sum, false, 10'000}, more{sum, false, 10'001};
  EXPECT_FALSE(most.on(0, 0).stopped);
  EXPECT_EQ(most.value(), 49'995'000);
  EXPECT_FALSE(most.on(0, 0).stopped) << "each run counts anew";
  EXPECT_TRUE(more.on(0, 0).stopped);
  const std::string nested =
      "매도 = 0\nfor i in range(self.vars[1]):\n    for k in range(12):\n        if k == 7:\n            break\n       "
      " if "
      "i % 3 == 1:\n            continue\n        매도 += i * k\n";
  BesideMachine few{nested, false, 1'000}, many{nested, false, 2'000};
  EXPECT_FALSE(few.on(0, 0).stopped);  // 9 steps each
  EXPECT_TRUE(many.on(0, 0).stopped);
}

// The jumps of a long text, and the loop around it, reach far.
TEST(NativeCode, ALongTextJumpsToEachOfItsPlaces) {
  std::string text = "a = 0\nfor i in range(2):\n";
  for (int k = 0; k < 700; ++k) {
    const std::string number = std::to_string(k);
    text += "    if 현재가 < " + number + ":\n        a += " + number + "\n    elif 수익률 == " + number +
            ":\n        a = a / 2\n    else:\n        a -= 현재가\n";
  }
  text += "매도 = a";
  BesideMachine both{text};
  Random random{1};
  for (int row = 0; row < 200; ++row)
    both.on(static_cast<double>(random.below(710)), static_cast<double>(random.below(710)));
  both.on(kNothing, 0);
  both.on(0, kNothing);
  both.on(1e308, 5);
}

TEST(NativeCode, WindowsAndIndicatorsAreReadAsTheMachineReadsThem) {
  BesideMachine both{
      "a = 이동평균(3) + 최고현재가(4, 1) - 현재가N(2)\nb = RSI(3) + MACDH\nc = 이동평균(2, '2s') + 현재가N(-1)\nd = "
      "이동평균(int(수익률))\n매도 = a * 1000 + b + c + d"};
  Random random{2};
  int stopped = 0;
  for (int row = 0; row < 60; ++row)
    stopped += both.on(100 + static_cast<double>(random.below(20)), static_cast<double>(random.below(5))).stopped;
  EXPECT_GT(stopped, 0);  // a window over no rows
  EXPECT_LT(stopped, 30);
}

/// A program of so many instructions, each of which jumps to the next.
Program of_length(std::size_t instructions) {
  Program program;
  program.registers = {1};
  for (std::uint32_t i = 1; i < instructions; ++i) program.code.push_back({.op = Op::Jump, .a = i});
  program.code.push_back({.op = Op::End});
  return program;
}

TEST(NativeCode, WhatIsTooLongTheMachineRunsAlone) {
  Program program = of_length(40'000);
  program.native = make_native_code(program);
  EXPECT_NE(program.native, nullptr);
  const Needs needs;
  const DayPlan plan{needs};
  InstrumentDay day{plan, false, "", ""};
  const std::vector<double> row(input_count(), 0);
  EXPECT_TRUE(Machine{program}.run(row, day).signal);
  EXPECT_EQ(make_native_code(of_length(40'001)), nullptr);
}

TEST(NativeCode, StomNoNativeTurnsItOff) {
  const Program program = of_length(3);
  setenv("STOM_NO_NATIVE", "1", 1);
  EXPECT_EQ(make_native_code(program), nullptr);
  unsetenv("STOM_NO_NATIVE");
  EXPECT_NE(make_native_code(program), nullptr);
}

// Registers belong to the machine and not to the code.
TEST(NativeCode, MachinesOfOneProgramKnowNothingOfEachOther) {
  Program program = of_length(2);
  program.locals = 1;
  program.written = {0};
  program.registers = {5, kNothing};
  program.loads = {{1, 3}};
  program.code = {{.op = Op::Add, .a = 0, .b = 0, .c = 1}, {.op = Op::End}};
  program.native = make_native_code(program);
  ASSERT_NE(program.native, nullptr);
  const Needs needs;
  const DayPlan plan{needs};
  InstrumentDay day{plan, false, "", ""};
  std::vector<double> row(input_count(), 0), other = row;
  row[3] = 1;
  other[3] = 2;
  std::vector<Machine> machines;
  for (int i = 0; i < 5; ++i) machines.emplace_back(program);  // they move
  machines[0].run(row, day);
  machines[4].run(other, day);
  EXPECT_EQ(machines[0].value(), 6);
  EXPECT_EQ(machines[4].value(), 7);
  machines[0].run(other, day);
  EXPECT_EQ(machines[0].value(), 7);
}

}  // namespace
}  // namespace stom::conditions
