// Tree to instructions. Values without a name go to registers that are used again; a constant, a word and a name are
// read where they lie.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "conditions/numbers.hpp"
#include "conditions/program.hpp"
#include "core/assert.hpp"
#include "indicators/registry.hpp"

namespace stom::conditions {
namespace {

using Register = std::uint32_t;

constexpr bool is_input(const Word& word) { return word.kind == WordKind::Field || word.kind == WordKind::Position; }

const std::vector<std::size_t>& inputs() {
  static const auto numbers = [] {
    std::vector<std::size_t> of;
    std::size_t next = 0;
    for (const Word& word : words()) of.push_back(is_input(word) ? next++ : std::size_t(-1));
    return of;
  }();
  return numbers;
}

template <class T>
std::size_t place_of(std::vector<T>& all, const T& wanted) {
  const auto found = std::ranges::find(all, wanted);
  if (found != all.end()) return static_cast<std::size_t>(found - all.begin());
  all.push_back(wanted);
  return all.size() - 1;
}

/// The output of TA-Lib's function that the word is.
struct Output {
  std::string_view word, function, output;
};
constexpr Output kOutputs[] = {
    {"AD", "AD", "value"},          {"ADOSC", "ADOSC", "value"}, {"ADXR", "ADXR", "value"},
    {"APO", "APO", "value"},        {"AROOND", "AROON", "down"}, {"AROONU", "AROON", "up"},
    {"ATR", "ATR", "value"},        {"BBU", "BBANDS", "upper"},  {"BBM", "BBANDS", "middle"},
    {"BBL", "BBANDS", "lower"},     {"CCI", "CCI", "value"},     {"DIM", "MINUS_DI", "value"},
    {"DIP", "PLUS_DI", "value"},    {"MACD", "MACD", "macd"},    {"MACDS", "MACD", "signal"},
    {"MACDH", "MACD", "histogram"}, {"MFI", "MFI", "value"},     {"MOM", "MOM", "value"},
    {"OBV", "OBV", "value"},        {"PPO", "PPO", "value"},     {"ROC", "ROC", "value"},
    {"RSI", "RSI", "value"},        {"SAR", "SAR", "value"},     {"STOCHSK", "STOCH", "k"},
    {"STOCHSD", "STOCH", "d"},      {"STOCHFK", "STOCHF", "k"},  {"STOCHFD", "STOCHF", "d"},
    {"WILLR", "WILLR", "value"},
};

/// '30s', '5m', '1h'.
std::uint32_t seconds_of(std::string_view frame) {
  std::uint32_t count = 0;
  std::from_chars(frame.data(), frame.data() + frame.size() - 1, count);
  return count * (frame.back() == 's' ? 1 : frame.back() == 'm' ? 60 : 3600);
}

bool is_whole(double value) { return std::isfinite(value) && value == std::trunc(value); }

/// Volumes and values since the last row: of a bar they are the sum.
bool is_flow(std::string_view field) { return field.starts_with("초당") || field.starts_with("분당"); }

// What one instrument of a pair may take, many times what any text needs. Beyond it a text stops where it asks for
// more: memory is not the text's to decide on.
constexpr std::size_t kMostSeries = 17;  // the rows, and 16 lengths of bars
constexpr std::size_t kMostIndicators = 300;
constexpr double kMostIndicatorRows = 1'000'000;  // their parameters together
// Bytes of a text in quotes that is a value: comparing it costs as much as it is long, on each step of a loop.
constexpr std::size_t kLongestText = 1'000;

class Compiler {
 public:
  Compiler(const Checked& checked, const CompileOptions& options, Needs& needs)
      : checked_{checked}, options_{options}, needs_{needs} {
    STOM_ASSERT(options.variants.size() <= kMostVariants);
    program_.kind = checked.kind;
    program_.texts = {"", "", "LONG", "SHORT"};
    program_.gate = variable(0, 0);
    for (std::size_t v = 0; v < variants(); ++v) program_.gates.push_back(variable(0, v));
  }

  Program all(const Tree& tree) {
    declare();
    begin_locals(tree.body);
    if (checked_.kind == TextKind::Condition || options_.is_expression) {
      STOM_ASSERT(tree.body.size() == 1 && tree.body[0]->value != nullptr);
      program_.signal = value(*tree.body[0]->value);
      emit({.op = Op::Check, .b = program_.signal});
    } else {
      block(tree.body);
    }
    emit({.op = Op::End});
    for (Instruction& instruction : program_.code) instruction.varies = varies(instruction);
    return std::move(program_);
  }

 private:
  // --- registers --------------------------------------------------------------------------------

  Register add_register(double initial = kNothing) {
    program_.registers.push_back(initial);
    return static_cast<Register>(program_.registers.size() - 1);
  }
  /// That code writes.
  Register add_written(double initial = kNothing) {
    program_.written.push_back(add_register(initial));
    return program_.written.back();
  }
  Register constant(double value) {
    const auto [at, is_new] = constants_.try_emplace(std::bit_cast<std::uint64_t>(value), 0);
    if (is_new) at->second = add_register(value);
    return at->second;
  }
  Register text(std::string_view text) {
    const auto found = std::ranges::find(program_.texts.begin() + kLongText, program_.texts.end(), text);
    const auto number = static_cast<std::size_t>(found - program_.texts.begin());
    if (number == program_.texts.size()) program_.texts.emplace_back(text);
    return constant(text_value(static_cast<std::uint32_t>(number)));
  }
  Register input(const Word& word) {
    const auto number = static_cast<std::uint32_t>(input_of(word));
    const auto [at, is_new] = inputs_.try_emplace(number, 0);
    if (is_new) {
      at->second = add_register();
      loads_of(word).push_back({at->second, number});
    }
    return at->second;
  }
  std::vector<Load>& loads_of(const Word& word) {
    return word.kind == WordKind::Field ? program_.loads : program_.held;
  }
  Register temporary() {
    if (used_ == temporaries_.size()) temporaries_.push_back(add_written());
    return temporaries_[used_++];
  }
  /// Registers for values that have to stand side by side. At least one: an operation names its first.
  Register side_by_side(std::size_t count) {
    const auto first = static_cast<Register>(program_.registers.size());
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) add_written();
    return first;
  }
  /// Temporaries of a statement or operand end with it.
  struct Mark {
    explicit Mark(std::size_t& used) : used{used}, before{used} {}
    ~Mark() { used = before; }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;
    std::size_t& used;
    std::size_t before;
  };

  Register local(std::string_view name, const Word* word) {
    const std::string_view key = word && word->kind == WordKind::Signal ? word->korean : name;
    const auto found = locals_.find(key);
    STOM_ASSERT(found != locals_.end());
    return found->second;
  }

  /// Each name's register, and with what it begins: a signal with what the engine sets, else nothing.
  void declare() {
    if (checked_.kind == TextKind::Buy || checked_.kind == TextKind::Sell) {
      const bool buys = checked_.kind == TextKind::Buy;
      program_.signal = add_local(checked_.futures ? (buys ? "BUY_LONG" : "SELL_LONG") : buys ? "매수" : "매도", buys);
      if (checked_.futures) {
        const Register of_short = add_local(buys ? "SELL_SHORT" : "BUY_SHORT", buys);
        if (options_.decides_short) program_.signal = of_short;
      }
    }
    const auto signals = locals_;  // both names of each mean it; any other's are names of the text's own, each its own
    for (const std::string_view name : checked_.locals) {
      const Word* word = find_word(name).word;
      const bool is_own = word && word->kind == WordKind::Signal && signals.contains(word->korean);
      if (!is_own) add_local(name, kNothing);
    }
    program_.locals = static_cast<std::uint32_t>(program_.registers.size());
  }
  Register add_local(std::string_view name, double begins) { return locals_[name] = add_written(begins); }
  /// A name that is also a word holds the word's value until the text assigns it.
  void begin_locals(std::span<Stmt* const> body) {
    for (const Stmt* statement : body) {
      for (const Target& target : statement->targets) {
        if (!target.word || target.word->kind == WordKind::Signal) continue;
        const Register to = local(target.name, target.word);
        if (is_input(*target.word)) {
          const Load load{to, static_cast<std::uint32_t>(input_of(*target.word))};
          std::vector<Load>& loads = loads_of(*target.word);
          if (std::ranges::find(loads, to, &Load::to) == loads.end()) loads.push_back(load);
        } else if (target.word->kind == WordKind::Indicator && begun_.insert(to).second) {
          emit({.op = Op::Now, .a = to, .n = indicator_column(*target.word, {}, 0)});
        }
      }
      for (const Branch& branch : statement->branches) begin_locals(branch.body);
    }
  }

  // --- code -------------------------------------------------------------------------------------

  std::size_t emit(Instruction instruction) {
    program_.code.push_back(instruction);
    return program_.code.size() - 1;
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(program_.code.size()); }

  /// Jumps that wait for their place.
  using Label = std::vector<std::size_t>;
  void bind(const Label& label) {
    for (const std::size_t at : label) program_.code[at].a = here();
  }

  void block(std::span<Stmt* const> body) {
    for (const Stmt* statement : body) this->statement(*statement);
  }

  void statement(const Stmt& statement) {
    const Mark mark{used_};
    switch (statement.act) {
      case Act::Assign: {
        const Register first = local(statement.targets[0].name, statement.targets[0].word);
        // The name's register may be read by the value itself until the last step, which is the one that writes.
        const Register made = value(*statement.value, first);
        if (made == first && statement.value->meaning == Meaning::Local) emit({.op = Op::Check, .b = first});  // x = x
        move(first, made);
        this->mark(statement.targets[0], statement.place);
        for (std::size_t i = 1; i < statement.targets.size(); ++i) {
          move(local(statement.targets[i].name, statement.targets[i].word), first);
          this->mark(statement.targets[i], statement.place);
        }
        return;
      }
      case Act::Augment: {
        const Register target = local(statement.targets[0].name, statement.targets[0].word);
        const Register by = value(*statement.value);
        emit({.op = arithmetic(statement.op), .a = target, .b = target, .c = by});
        return this->mark(statement.targets[0], statement.place);
      }
      case Act::If:
        return if_(statement);
      case Act::For:
        return for_(statement);
      case Act::Break:
      case Act::Continue: {
        STOM_ASSERT(!loops_.empty());
        Label& label = statement.act == Act::Break ? loops_.back().end : loops_.back().next;
        label.push_back(emit({.op = Op::Jump}));
        return;
      }
      case Act::Evaluate:
        if (statement.value->node != Node::Text) emit({.op = Op::Check, .b = value(*statement.value)});
        return;
      case Act::SetVariable:  // settled before the run
      case Act::SetSetting:
      case Act::Order:  // what the engine does by itself
      case Act::Pass:
        return;
    }
  }

  void move(Register to, Register from) {
    if (to != from) emit({.op = Op::Move, .a = to, .b = from});
  }

  void mark(const Target& target, Place place) {
    if (!target.word || target.word->kind != WordKind::Signal) return;
    const Register signal = local(target.name, target.word);
    if (signal == program_.signal) emit({.op = Op::Mark, .a = signal, .n = place.line});
  }

  void if_(const Stmt& statement) {
    Label end;
    for (std::size_t i = 0; i < statement.branches.size(); ++i) {
      const Branch& branch = statement.branches[i];
      Label next;
      if (branch.condition) {
        const Mark mark{used_};
        jump(*branch.condition, false, next);
      }
      block(branch.body);
      if (i + 1 < statement.branches.size()) end.push_back(emit({.op = Op::Jump}));
      bind(next);
    }
    bind(end);
  }

  void for_(const Stmt& statement) {
    // Both are held as long as the loop is; loops inside it take others.
    const Register limit = add_written(), counter = add_written();
    move(limit, value(*statement.value));
    emit({.op = Op::LoopBegin, .b = counter, .c = limit});
    const Target& target = statement.targets[0];
    const std::uint32_t again = here();
    Label over{emit({.op = Op::LoopNext, .b = counter, .c = limit, .n = local(target.name, target.word)})};
    mark(target, statement.place);
    loops_.emplace_back();
    block(statement.branches[0].body);
    bind(loops_.back().next);
    emit({.op = Op::Jump, .a = again});
    bind(over);
    bind(loops_.back().end);
    loops_.pop_back();
  }

  // --- jumps ------------------------------------------------------------------------------------

  /// Goes to `label` where the truth of `expr` is `when`, else on.
  void jump(const Expr& expr, bool when, Label& label) {
    switch (expr.node) {
      case Node::True:
      case Node::False:
        if ((expr.node == Node::True) == when) label.push_back(emit({.op = Op::Jump}));
        return;
      case Node::Not:
        return jump(*expr.operands[0], !when, label);
      case Node::And:
      case Node::Or: {
        // `and` is over at the first that is false, `or` at the first that is true.
        const bool over = expr.node == Node::Or;
        Label skip;
        for (std::size_t i = 0; i < expr.operands.size(); ++i) {
          const Mark mark{used_};
          if (over == when) {
            jump(*expr.operands[i], when, label);
          } else if (i + 1 < expr.operands.size()) {
            jump(*expr.operands[i], over, skip);
          } else {
            jump(*expr.operands[i], when, label);
          }
        }
        return bind(skip);
      }
      case Node::Compare: {
        Label skip;
        Register left = 0;
        const Expr* left_list = nullptr;
        for (std::size_t i = 0; i < expr.comparisons.size(); ++i) {
          if (i == 0) operand(*expr.operands[0], left, left_list);
          Register right = 0;
          const Expr* right_list = nullptr;
          operand(*expr.operands[i + 1], right, right_list);
          const bool last = i + 1 == expr.comparisons.size();
          if (last) {
            jump_compare(expr.comparisons[i], left, left_list, right, right_list, when, label);
          } else {
            jump_compare(expr.comparisons[i], left, left_list, right, right_list, false, when ? skip : label);
          }
          left = right;
          left_list = right_list;
        }
        return bind(skip);
      }
      default:
        label.push_back(emit({.op = when ? Op::JumpIf : Op::JumpUnless, .b = value(expr)}));
    }
  }

  /// An operand of a comparison: its register, or of a list that of its first element.
  void operand(const Expr& expr, Register& at, const Expr*& list) {
    list = expr.node == Node::List ? &expr : nullptr;
    at = list ? elements(expr.operands) : value(expr);
  }

  static std::optional<Op> jump_of(Operator op, bool when) {
    switch (op) {
      case Operator::Less:
        return when ? Op::JumpLess : Op::JumpGreaterEqual;
      case Operator::LessEqual:
        return when ? Op::JumpLessEqual : Op::JumpGreater;
      case Operator::Greater:
        return when ? Op::JumpGreater : Op::JumpLessEqual;
      case Operator::GreaterEqual:
        return when ? Op::JumpGreaterEqual : Op::JumpLess;
      case Operator::Equal:
        return when ? Op::JumpEqual : Op::JumpNotEqual;
      case Operator::NotEqual:
        return when ? Op::JumpNotEqual : Op::JumpEqual;
      default:
        return std::nullopt;
    }
  }

  void jump_compare(Operator op, Register left, const Expr* left_list, Register right, const Expr* right_list,
                    bool when, Label& label) {
    if (const auto direct = jump_of(op, when); direct && !left_list && !right_list) {
      label.push_back(emit({.op = *direct, .b = left, .c = right}));
      return;
    }
    const Mark mark{used_};
    const Register result = temporary();
    compare(op, result, left, left_list, right, right_list);
    label.push_back(emit({.op = when ? Op::JumpIf : Op::JumpUnless, .b = result}));
  }

  void compare(Operator op, Register result, Register left, const Expr* left_list, Register right,
               const Expr* right_list) {
    if (left_list) {  // `x in [1, 2] == y`: a list is less than nothing and equals no value
      const bool negative = op == Operator::NotEqual || op == Operator::NotIn || op == Operator::IsNotNone;
      const bool means =
          op == Operator::Equal || op == Operator::IsNone || negative || (op == Operator::In && right_list);
      if (!means || (op == Operator::NotIn && !right_list)) emit({.op = Op::Stop});
      return move(result, constant(negative));
    }
    switch (op) {
      case Operator::In:
      case Operator::NotIn:
        if (right_list) {
          emit({.op = Op::InList,
                .a = result,
                .b = right,
                .c = left,
                .n = static_cast<std::uint32_t>(right_list->operands.size())});
        } else {
          emit({.op = Op::InText, .a = result, .b = left, .c = right});
        }
        if (op == Operator::NotIn) emit({.op = Op::Not, .a = result, .b = result});
        return;
      case Operator::IsNone:
      case Operator::IsNotNone:
        emit({.op = op == Operator::IsNone ? Op::IsNone : Op::IsSome, .a = result, .b = left});
        return;
      default:
        emit({.op = comparison(op), .a = result, .b = left, .c = right});
    }
  }

  static Op comparison(Operator op) {
    return static_cast<Op>(static_cast<int>(Op::Less) + static_cast<int>(op) - static_cast<int>(Operator::Less));
  }
  static Op arithmetic(Operator op) {
    return static_cast<Op>(static_cast<int>(Op::Add) + static_cast<int>(op) - static_cast<int>(Operator::Add));
  }

  // --- values -----------------------------------------------------------------------------------

  std::size_t variants() const { return std::max<std::size_t>(1, options_.variants.size()); }
  const Settings* given(std::size_t variant) const {
    return options_.variants.empty() ? options_.given : options_.variants[variant];
  }

  double variable(int index, std::size_t variant) const {
    if (const Settings* given = this->given(variant)) {
      const auto found = given->variables.find(index);
      if (found != given->variables.end()) return found->second.value;
    }
    const auto own = checked_.settings.variables.find(index);
    if (own != checked_.settings.variables.end()) return own->second.value;
    return index == 0 ? 30 : kNothing;  // the checker has refused the others
  }

  double setting(const Family& family, const Setting& setting, std::size_t variant) const {
    const std::string key = std::string{family.name} + '_' + std::string{setting.name};
    if (const Settings* given = this->given(variant)) {
      const auto found = given->indicators.find(key);
      if (found != given->indicators.end()) return found->second;
    }
    const auto own = checked_.settings.indicators.find(key);
    return own == checked_.settings.indicators.end() ? setting.standard : own->second;
  }

  /// The same in every variant.
  template <class Of>
  std::optional<double> of_all(const Of& of) const {
    const std::optional<double> first = of(0);
    for (std::size_t v = 1; first && v < variants(); ++v) {
      const std::optional<double> other = of(v);
      if (!other || std::bit_cast<std::uint64_t>(*other) != std::bit_cast<std::uint64_t>(*first)) return std::nullopt;
    }
    return first;
  }
  std::optional<double> known(const Expr& expr) const {
    return of_all([&](std::size_t variant) { return known(expr, variant); });
  }

  /// The register of a number that no row changes but the variants do.
  std::optional<Register> varying(const Expr& expr) {
    if (variants() == 1) return std::nullopt;
    std::vector<double> values;
    for (std::size_t v = 0; v < variants(); ++v) {
      const auto number = known(expr, v);
      if (!number && expr.node != Node::Variable) return std::nullopt;
      values.push_back(number ? *number : kNothing);  // what reads nothing stops
    }
    const auto same = [&](const Program::Varying& other) {
      return std::ranges::equal(
          other.values, values, {}, [](double x) { return std::bit_cast<std::uint64_t>(x); },
          [](double x) { return std::bit_cast<std::uint64_t>(x); });
    };
    const auto found = std::ranges::find_if(program_.varying, same);
    if (found != program_.varying.end()) return found->at;
    program_.varying.push_back({add_register(), std::move(values)});
    return program_.varying.back().at;
  }

  bool varies(const Instruction& i) const {
    if (i.op == Op::AskedBy) return true;
    const auto is_varying = [&](Register at) {
      return std::ranges::find(program_.varying, at, &Program::Varying::at) != program_.varying.end();
    };
    const bool reads_b = i.op == Op::Move || i.op == Op::Check || (i.op >= Op::Add && i.op <= Op::IsSome) ||
                         (i.op >= Op::JumpIf && i.op <= Op::JumpNotEqual) ||
                         (i.op >= Op::Absolute && i.op <= Op::Length) || i.op == Op::Window;
    const bool reads_c = (i.op >= Op::Add && i.op <= Op::InText) ||
                         (i.op >= Op::JumpLess && i.op <= Op::JumpNotEqual) || i.op == Op::InList ||
                         i.op == Op::RoundTo || i.op == Op::Window;
    return (reads_b && is_varying(i.b)) || (reads_c && is_varying(i.c));
  }

  /// A number that no row changes; none where working it out would stop the text.
  std::optional<double> known(const Expr& expr, std::size_t variant) const {
    const auto number = [](double value) { return value == value ? std::optional{value} : std::nullopt; };
    switch (expr.node) {
      case Node::Number:
        return expr.number;
      case Node::True:
        return 1;
      case Node::False:
        return 0;
      case Node::Variable:
        return number(variable(static_cast<int>(expr.number), variant));
      case Node::Setting: {
        const FoundSetting found = find_setting(expr.text);
        return found.setting ? std::optional{setting(*found.family, *found.setting, variant)} : std::nullopt;
      }
      case Node::Plus:
        return known(*expr.operands[0], variant);
      case Node::Negate: {
        const auto inner = known(*expr.operands[0], variant);
        return inner ? std::optional{-*inner} : std::nullopt;
      }
      case Node::Arithmetic: {
        const auto left = known(*expr.operands[0], variant);
        const auto right = left ? known(*expr.operands[1], variant) : std::nullopt;
        return right ? number(worked_out(expr.op, *left, *right)) : std::nullopt;
      }
      default:
        return std::nullopt;
    }
  }

  /// Where the value lies once the code so far has run; in `wanted` where it had to be worked out and that is given.
  Register value(const Expr& expr, std::optional<Register> wanted = std::nullopt) {
    if (const auto number = known(expr)) return constant(*number);
    if (const auto at = varying(expr)) return *at;
    const auto result = [&] { return wanted ? *wanted : temporary(); };
    switch (expr.node) {
      case Node::Text:
        if (expr.text.size() > kLongestText) break;
        return text(expr.text);
      case Node::None:
        return constant(kNoneValue);
      case Node::Name:
        return name(expr, result);
      case Node::Negate:
      case Node::Plus:
      case Node::Not: {
        const Register inner = value(*expr.operands[0]);
        const Op op = expr.node == Node::Not ? Op::Not : expr.node == Node::Negate ? Op::Negate : Op::Plus;
        const Register to = result();
        emit({.op = op, .a = to, .b = inner});
        return to;
      }
      case Node::Arithmetic: {
        const Register left = value(*expr.operands[0]), right = value(*expr.operands[1]);
        const Register to = result();
        emit({.op = arithmetic(expr.op), .a = to, .b = left, .c = right});
        return to;
      }
      case Node::And:
      case Node::Or: {
        const Register to = temporary();
        Label end;
        for (std::size_t i = 0; i < expr.operands.size(); ++i) {
          const Mark mark{used_};
          move(to, value(*expr.operands[i]));
          if (i + 1 < expr.operands.size())
            end.push_back(emit({.op = expr.node == Node::Or ? Op::JumpIf : Op::JumpUnless, .b = to}));
        }
        bind(end);
        return to;
      }
      case Node::Compare: {
        const Register to = temporary();
        Label end;
        Register left = 0;
        const Expr* left_list = nullptr;
        for (std::size_t i = 0; i < expr.comparisons.size(); ++i) {
          if (i == 0) operand(*expr.operands[0], left, left_list);
          Register right = 0;
          const Expr* right_list = nullptr;
          operand(*expr.operands[i + 1], right, right_list);
          compare(expr.comparisons[i], to, left, left_list, right, right_list);
          if (i + 1 < expr.comparisons.size()) end.push_back(emit({.op = Op::JumpUnless, .b = to}));
          left = right;
          left_list = right_list;
        }
        bind(end);
        return to;
      }
      case Node::Conditional: {
        const Register to = temporary();
        Label other, end;
        {
          const Mark mark{used_};
          jump(*expr.operands[1], false, other);
        }
        {
          const Mark mark{used_};
          move(to, value(*expr.operands[0]));
        }
        end.push_back(emit({.op = Op::Jump}));
        bind(other);
        {
          const Mark mark{used_};
          move(to, value(*expr.operands[2]));
        }
        bind(end);
        return to;
      }
      case Node::Call:
        return call(expr, result);
      default:  // a variable or setting without a value, or a list where the checker wants none
        break;
    }
    emit({.op = Op::Stop});
    return constant(kNothing);
  }

  template <class Result>
  Register name(const Expr& expr, const Result& result) {
    switch (expr.meaning) {
      case Meaning::Local:
        return local(expr.text, expr.word);
      case Meaning::Value:
        return input(*expr.word);
      case Meaning::Indicator: {
        const Register to = result();
        emit({.op = Op::Now, .a = to, .n = indicator_column(*expr.word, {}, 0)});
        return to;
      }
      default:
        emit({.op = Op::Stop});
        return constant(kNothing);
    }
  }

  /// Side by side, each of them worked out.
  Register elements(std::span<Expr* const> operands) {
    const Register first = side_by_side(operands.size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Mark mark{used_};
      const auto to = static_cast<Register>(first + i);
      move(to, value(*operands[i], to));
    }
    return first;
  }

  template <class Result>
  Register call(const Expr& expr, const Result& result) {
    switch (expr.meaning) {
      case Meaning::History: {
        const bool is_indicator = expr.word->kind == WordKind::Indicator;
        const std::size_t column =
            is_indicator ? indicator_column(*expr.word, {}, 0) : this->column(0, {.number = input_of(*expr.word)});
        return ask({.series = 0, .window = {.column = column}}, nullptr, expr.operands[0], result);
      }
      case Meaning::Window:
        return window(expr, result);
      case Meaning::Elapsed: {
        const Register to = result();
        emit({.op = Op::Elapsed,
              .a = to,
              .n = static_cast<std::uint32_t>(place_of(needs_.conditions, std::string{expr.operands[0]->text}))});
        return to;
      }
      case Meaning::Indicator: {
        std::span<Expr* const> arguments = expr.operands;
        const std::uint32_t seconds = frame(arguments);
        const std::uint32_t column = indicator_column(*expr.word, arguments, seconds);
        const Register to = result();
        emit({.op = Op::Now, .a = to, .n = column});
        return to;
      }
      case Meaning::Function:
        return function(expr, result);
      default:
        emit({.op = Op::Stop});
        return constant(kNothing);
    }
  }

  /// Takes the length of a bar from the end of the arguments, in seconds.
  static std::uint32_t frame(std::span<Expr* const>& arguments) {
    if (arguments.empty() || arguments.back()->node != Node::Text) return 0;
    const std::uint32_t seconds = seconds_of(arguments.back()->text);
    arguments = arguments.first(arguments.size() - 1);
    return seconds;
  }

  /// kMostSeries where there is room for no other.
  std::size_t series(std::uint32_t bar_seconds) {
    const auto found = std::ranges::find(needs_.series, bar_seconds, &Needs::Series::bar_seconds);
    const auto at = static_cast<std::size_t>(found - needs_.series.begin());
    if (at == needs_.series.size() && at < kMostSeries) needs_.series.push_back({bar_seconds, {}});
    return at;
  }
  std::size_t column(std::size_t series, const ColumnNeed& need) {
    return place_of(needs_.series[series].columns, need);
  }

  template <class Result>
  Register window(const Expr& expr, const Result& result) {
    std::span<Expr* const> arguments = expr.operands;
    const Word& word = *expr.word;
    const std::uint32_t seconds = frame(arguments);
    const bool coin = options_.market == Market::Coin || options_.market == Market::Futures;
    ColumnNeed need{.number = input_of(*find_word(word.of).word)};
    if (seconds != 0) {
      need.gathering = is_flow(word.of)                   ? Gathering::Total
                       : word.statistic == Statistic::Max ? Gathering::Highest
                       : word.statistic == Statistic::Min ? Gathering::Lowest
                                                          : Gathering::Last;
    }
    const std::size_t of = series(seconds);
    if (of == kMostSeries) {
      emit({.op = Op::Stop});
      return constant(kNothing);
    }
    const RowWindowWord* made = find_row_window_word(word.korean);
    STOM_ASSERT(made != nullptr);
    return ask({.series = of, .window = made->window(column(of, need), coin)}, arguments[0],
               arguments.size() > 1 ? arguments[1] : nullptr, result);
  }

  static constexpr double kSecondsOfADay = 86'400;  // a window is kept as long as it is, up to a day of rows

  /// The table of the asks that the variants mean; none where one of them is not known, or would stop.
  std::optional<std::uint32_t> asks_by_variant(Ask ask, const Expr* rows, const Expr* ago) {
    std::vector<Ask> asks;
    for (std::size_t v = 0; v < variants(); ++v) {
      const auto n = rows ? known(*rows, v) : std::optional{1.0}, k = ago ? known(*ago, v) : std::optional{0.0};
      if (!n || !k || !is_whole(*n) || !is_whole(*k) || *n < 1 || *k < -1 || *n + *k > kSecondsOfADay)
        return std::nullopt;
      ask.rows = static_cast<std::int64_t>(*n);
      ask.ago = static_cast<std::int64_t>(*k);
      asks.push_back(ask);
    }
    std::vector<std::uint32_t>& table = program_.tables.emplace_back();
    for (const Ask& one : asks) table.push_back(static_cast<std::uint32_t>(place_of(needs_.asks, one)));
    return static_cast<std::uint32_t>(program_.tables.size() - 1);
  }

  /// `rows` null: one; `ago` null: none.
  template <class Result>
  Register ask(Ask ask, const Expr* rows, const Expr* ago, const Result& result) {
    const auto known_rows = rows ? known(*rows) : std::optional{1.0},
               known_ago = ago ? known(*ago) : std::optional{0.0};
    if (known_rows && known_ago) {
      if (!is_whole(*known_rows) || !is_whole(*known_ago) || *known_rows < 1 || *known_ago < -1) {
        emit({.op = Op::Stop});
        return constant(kNothing);
      }
      if (*known_rows + *known_ago <= kSecondsOfADay) {
        ask.rows = static_cast<std::int64_t>(*known_rows);
        ask.ago = static_cast<std::int64_t>(*known_ago);
        const Register to = result();
        emit({.op = Op::Asked, .a = to, .n = static_cast<std::uint32_t>(place_of(needs_.asks, ask))});
        return to;
      }
    }
    if (const auto table = asks_by_variant(ask, rows, ago)) {
      const Register to = result();
      emit({.op = Op::AskedBy, .a = to, .n = *table});
      return to;
    }
    const Register over = rows ? value(*rows) : constant(1), back = ago ? value(*ago) : constant(0);
    const Register to = result();
    emit(
        {.op = Op::Window, .a = to, .b = over, .c = back, .n = static_cast<std::uint32_t>(place_of(needs_.asks, ask))});
    return to;
  }

  /// The column of the word's values, of an indicator with these parameters, the settings for those that are not given.
  std::uint32_t indicator_column(const Word& word, std::span<Expr* const> arguments, std::uint32_t seconds) {
    const Family& family = family_of(word);
    const auto* output = std::ranges::find(kOutputs, word.korean, &Output::word);
    STOM_ASSERT(output != std::end(kOutputs));
    IndicatorNeed need{.name = std::string{output->function}, .parameters = {}, .bar_seconds = seconds};
    for (std::size_t i = 0; i < family.settings.size(); ++i) {
      const Setting& parameter = family.settings[i];
      const auto of = [&](std::size_t v) {
        return i < arguments.size() ? known(*arguments[i], v) : std::optional{setting(family, parameter, v)};
      };
      if (variants() > 1 && !of_all(of)) program_.one_for_all = false;
      const auto given = of(0);
      const bool fits = given && *given >= parameter.least && *given <= parameter.most &&
                        (!parameter.whole || *given == std::trunc(*given));
      if (!fits) emit({.op = Op::Stop});
      need.parameters.push_back(fits ? *given : parameter.standard);
    }
    // TA-Lib has the kind of each average behind its period.
    if (family.name == "STOCHS") std::swap(need.parameters[2], need.parameters[3]);
    if (std::ranges::find(needs_.indicators, need) == needs_.indicators.end()) {
      double rows = 0;
      for (const IndicatorNeed& other : needs_.indicators)
        for (const double parameter : other.parameters) rows += std::min(std::abs(parameter), kMostIndicatorRows);
      for (const double parameter : need.parameters) rows += std::min(std::abs(parameter), kMostIndicatorRows);
      if (needs_.indicators.size() >= kMostIndicators || rows > kMostIndicatorRows) {
        emit({.op = Op::Stop});
        need = {.name = "OBV", .parameters = {}};  // never read
      }
    }
    std::size_t number = 0;
    if (const IndicatorInfo* info = find_indicator(need.name)) {
      const auto found = std::ranges::find(info->outputs, output->output);
      number = static_cast<std::size_t>(found - info->outputs.begin());
    }
    return static_cast<std::uint32_t>(
        column(0, {.of = ColumnNeed::Of::Indicator, .number = place_of(needs_.indicators, need), .output = number}));
  }

  template <class Result>
  Register function(const Expr& expr, const Result& result) {
    const std::string_view name = expr.word->korean;
    const Expr& first = *expr.operands[0];
    const bool is_list = first.node == Node::List;
    if (name == "len" && is_list) {
      elements(first.operands);
      return constant(static_cast<double>(first.operands.size()));
    }
    if (name == "min" || name == "max" || name == "sum") {
      std::span<Expr* const> operands = is_list ? first.operands : expr.operands;
      std::vector<Expr*> with_start;
      if (name == "sum" && expr.operands.size() == 2) {  // sum([a, b], start), which comes first
        with_start.push_back(expr.operands[1]);
        with_start.insert(with_start.end(), operands.begin(), operands.end());
        operands = with_start;
      }
      if (operands.empty()) {
        if (name == "sum") return constant(0);
        emit({.op = Op::Stop});
        return constant(kNothing);
      }
      const Register at = elements(operands);
      const Register to = result();
      emit({.op = name == "min"   ? Op::Least
                  : name == "max" ? Op::Most
                                  : Op::Sum,
            .a = to,
            .b = at,
            .n = static_cast<std::uint32_t>(operands.size())});
      return to;
    }
    const Register argument = value(first);
    if (expr.operands.size() == 2) {
      const Register digits = value(*expr.operands[1]);
      const Register to = result();
      emit({.op = Op::RoundTo, .a = to, .b = argument, .c = digits});
      return to;
    }
    const Op op = name == "abs"     ? Op::Absolute
                  : name == "round" ? Op::Round
                  : name == "int"   ? Op::Int
                  : name == "float" ? Op::Float
                                    : Op::Length;
    const Register to = result();
    emit({.op = op, .a = to, .b = argument});
    return to;
  }

  struct Loop {
    Label next, end;
  };

  const Checked& checked_;
  const CompileOptions& options_;
  Needs& needs_;
  Program program_;
  std::unordered_map<std::string_view, Register> locals_;
  std::unordered_map<std::uint64_t, Register> constants_;
  std::unordered_map<std::uint32_t, Register> inputs_;
  std::vector<Register> temporaries_;
  std::unordered_set<Register> begun_;
  std::size_t used_ = 0;
  std::vector<Loop> loops_;
};

}  // namespace

std::size_t input_count() {
  return static_cast<std::size_t>(std::ranges::count_if(words(), [](const Word& word) { return is_input(word); }));
}

std::size_t input_of(const Word& word) {
  STOM_ASSERT(is_input(word));
  return inputs()[static_cast<std::size_t>(&word - words().data())];
}

std::size_t input_named(std::string_view korean) {
  const Word* word = find_word(korean).word;
  STOM_ASSERT(word != nullptr);
  return input_of(*word);
}

Program compile(const Tree& tree, const Checked& checked, const CompileOptions& options, Needs& needs) {
  return Compiler{checked, options, needs}.all(tree);
}

}  // namespace stom::conditions
