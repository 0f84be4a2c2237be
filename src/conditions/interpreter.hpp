// The reference of the machine: an interpreter that walks the tree. Slow and plain; it looks names up by name, keeps
// every row and adds windows up anew. Only tests and benchmarks include it.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/machine.hpp"
#include "conditions/numbers.hpp"
#include "core/exact_sum.hpp"
#include "core/math.hpp"

namespace stom::conditions {

class Interpreter {
 public:
  /// Of a buy or sell text; `given` has its variables.
  Interpreter(const Tree& tree, const Checked& checked, const Settings& given)
      : tree_{tree}, checked_{checked}, given_{given} {}

  /// The inputs of the day's rows up to the one to decide on; those of what is held stand in the last. No buy row.
  Outcome decide(const std::vector<std::vector<double>>& rows) {
    rows_ = &rows;
    names_.clear();
    steps_ = 0;
    line_ = 0;
    const std::string signal = checked_.kind == TextKind::Buy ? "매수" : "매도";
    names_[signal] = checked_.kind == TextKind::Buy ? 1.0 : 0.0;
    try {
      block(tree_.body);
      return {.stopped = false, .signal = truth(names_.at(signal)), .line = line_};
    } catch (Stopped) {
      return {.stopped = true};
    }
  }

 private:
  using Thing = std::variant<std::monostate, double, std::string>;
  struct Stopped {};
  struct Broken {};
  struct Continued {};

  double field(std::string_view name, std::size_t ago = 0) const {
    return (*rows_)[rows_->size() - 1 - ago][input_named(name)];
  }
  static double number(const Thing& thing) {
    if (const double* value = std::get_if<double>(&thing)) return *value;
    throw Stopped{};
  }
  static bool truth(const Thing& thing) {
    if (const auto* value = std::get_if<double>(&thing)) return *value != 0;
    if (const auto* value = std::get_if<std::string>(&thing)) return !value->empty();
    return false;
  }
  static Thing flag(bool value) { return value ? 1.0 : 0.0; }
  static Thing calculated(double value) {
    if (std::isnan(value)) throw Stopped{};
    return value;
  }

  void assign(const Target& target, const Thing& value, std::uint32_t line) {
    names_[std::string{target.name}] = value;
    if (target.name == "매수" || target.name == "매도") line_ = line;
  }

  void block(std::span<Stmt* const> body) {
    for (const Stmt* statement : body) this->statement(*statement);
  }

  void statement(const Stmt& s) {
    switch (s.act) {
      case Act::Assign: {
        const Thing value = eval(*s.value);
        for (const Target& target : s.targets) assign(target, value, s.place.line);
        return;
      }
      case Act::Augment: {
        const auto found = names_.find(std::string{s.targets[0].name});
        if (found == names_.end()) throw Stopped{};
        const double before = number(found->second);
        assign(s.targets[0], arithmetic(s.op, before, number(eval(*s.value))), s.place.line);
        return;
      }
      case Act::If:
        for (const Branch& branch : s.branches)
          if (!branch.condition || truth(eval(*branch.condition))) return block(branch.body);
        return;
      case Act::For: {
        const double limit = number(eval(*s.value));
        for (double i = 0; i < limit; ++i) {
          if (++steps_ > 10'000) throw Stopped{};
          assign(s.targets[0], i, s.place.line);
          try {
            block(s.branches[0].body);
          } catch (Continued) {
          } catch (Broken) {
            return;
          }
        }
        return;
      }
      case Act::Break:
        throw Broken{};
      case Act::Continue:
        throw Continued{};
      case Act::Evaluate:
        eval(*s.value);
        return;
      default:
        return;
    }
  }

  static Thing arithmetic(Operator op, double a, double b) {
    switch (op) {
      case Operator::Add:
        return calculated(a + b);
      case Operator::Subtract:
        return calculated(a - b);
      case Operator::Multiply:
        return calculated(a * b);
      case Operator::Divide:
        if (b == 0) throw Stopped{};
        return calculated(a / b);
      case Operator::FloorDivide:
        return calculated(floor_divide(a, b));
      case Operator::Modulo:
        return calculated(modulo(a, b));
      default:
        return calculated(power(a, b));
    }
  }

  static bool compared(Operator op, const Thing& a, const Thing& b) {
    if (op == Operator::Equal) return a == b;
    if (op == Operator::NotEqual) return a != b;
    const auto ordered = [&](const auto& x, const auto& y) {
      return op == Operator::Less        ? x < y
             : op == Operator::LessEqual ? x <= y
             : op == Operator::Greater   ? x > y
                                         : x >= y;
    };
    const auto *x = std::get_if<std::string>(&a), *y = std::get_if<std::string>(&b);
    return x && y ? ordered(*x, *y) : ordered(number(a), number(b));
  }

  Thing eval(const Expr& e) {
    switch (e.node) {
      case Node::Number:
        return e.number;
      case Node::Text:
        return std::string{e.text};
      case Node::True:
        return 1.0;
      case Node::False:
        return 0.0;
      case Node::None:
        return {};
      case Node::Variable: {
        const auto found = given_.variables.find(static_cast<int>(e.number));
        return found == given_.variables.end() ? throw Stopped{} : Thing{found->second.value};
      }
      case Node::Name:
        if (e.meaning == Meaning::Value) return calculated(field(e.word->korean));
        if (const auto found = names_.find(std::string{e.text}); found != names_.end()) return found->second;
        throw Stopped{};
      case Node::Negate:
        return -number(eval(*e.operands[0]));
      case Node::Plus:
        return number(eval(*e.operands[0]));
      case Node::Not:
        return flag(!truth(eval(*e.operands[0])));
      case Node::And:
      case Node::Or: {
        Thing value;
        for (const Expr* operand : e.operands) {
          value = eval(*operand);
          if (truth(value) == (e.node == Node::Or)) break;
        }
        return value;
      }
      case Node::Arithmetic: {
        const Thing a = eval(*e.operands[0]), b = eval(*e.operands[1]);
        return arithmetic(e.op, number(a), number(b));
      }
      case Node::Compare: {
        Thing left = eval(*e.operands[0]);
        for (std::size_t i = 0; i < e.comparisons.size(); ++i) {
          const Operator op = e.comparisons[i];
          const Expr& operand = *e.operands[i + 1];
          if (op == Operator::In || op == Operator::NotIn) {
            std::vector<Thing> list;
            for (const Expr* item : operand.operands) list.push_back(eval(*item));
            const bool found = std::ranges::find(list, left) != list.end();
            return flag(found == (op == Operator::In));  // the generator ends a chain with it
          }
          const Thing right = eval(operand);
          const bool holds = op == Operator::IsNone || op == Operator::IsNotNone
                                 ? std::holds_alternative<std::monostate>(left) == (op == Operator::IsNone)
                                 : compared(op, left, right);
          if (!holds) return 0.0;
          left = right;
        }
        return 1.0;
      }
      case Node::Conditional:
        return eval(truth(eval(*e.operands[1])) ? *e.operands[0] : *e.operands[2]);
      case Node::Call:
        return call(e);
      default:
        throw Stopped{};
    }
  }

  Thing call(const Expr& e) {
    std::vector<Thing> given;
    for (const Expr* operand : e.operands) given.push_back(eval(*operand));
    if (e.meaning == Meaning::History || e.meaning == Meaning::Window) {
      const bool history = e.meaning == Meaning::History;
      const double n = history ? 1 : number(given[0]);
      const double k = history ? number(given[0]) : given.size() > 1 ? number(given[1]) : 0;
      if (n != std::trunc(n) || k != std::trunc(k) || n < 1 || k < -1 || std::isinf(n) || std::isinf(k))
        throw Stopped{};
      if (k == -1 || n + k > static_cast<double>(rows_->size())) return 0.0;  // nothing is held here
      std::vector<double> values;
      for (double i = k + n - 1; i >= k; --i)
        values.push_back(field(history ? e.word->korean : e.word->of, static_cast<std::size_t>(i)));
      if (history) return values[0];
      switch (e.word->statistic) {
        case Statistic::Mean:
          return e.word->of == "초당거래대금" ? std::trunc(exact_sum(values) / n) : round_to(exact_sum(values) / n, 3);
        case Statistic::Angle: {
          const double factor = e.word->of == "등락율" ? 5 : e.word->of == "당일거래대금" ? 0.01 : 1;
          const double turn = portable_atan((values.back() - values.front()) * factor / n) / 6.283185307179586;
          return round_to(turn * 360, 2);
        }
        case Statistic::Sum:
          return exact_sum(values);
        case Statistic::Max:
          return *std::ranges::max_element(values);
        default:
          return *std::ranges::min_element(values);
      }
    }
    const std::string_view name = e.text;
    if (name == "min" || name == "max") {
      Thing best = given[0];
      for (std::size_t i = 1; i < given.size(); ++i)
        if (compared(name == "min" ? Operator::Less : Operator::Greater, given[i], best)) best = given[i];
      return best;
    }
    const double x = number(given[0]);
    if (name == "abs") return std::abs(x);
    if (name == "int") return std::isinf(x) ? throw Stopped{} : Thing{std::trunc(x)};
    if (name == "float") return x;
    return given.size() > 1 ? calculated(round_to(x, number(given[1]))) : calculated(round_to_whole(x));
  }

  const Tree& tree_;
  const Checked& checked_;
  const Settings& given_;
  const std::vector<std::vector<double>>* rows_ = nullptr;
  std::map<std::string, Thing> names_;
  int steps_ = 0;
  std::uint32_t line_ = 0;
};

}  // namespace stom::conditions
