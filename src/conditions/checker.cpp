#include "conditions/checker.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "conditions/numbers.hpp"
#include "core/spelling.hpp"

namespace stom::conditions {
namespace {

constexpr Type kCalculable = kNumber | kFlag;

Said type_name(Type type) {
  if (type & kNumber) return {"숫자", "a number"};
  if (type & kFlag) return {"참/거짓", "True or False"};
  if (type & kText) return {"글자", "a text"};
  return "None";
}

Said unit_said(Unit unit) { return {unit_name(unit, Language::Korean), unit_name(unit, Language::English)}; }

bool is_whole(double value) { return std::isfinite(value) && value == std::trunc(value); }

std::string shown(double value) {
  if (is_whole(value) && std::abs(value) < 1e15) return std::to_string(static_cast<long long>(value));
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// '30s', '5m', '1h'.
bool is_frame(std::string_view text) {
  if (text.size() < 2 || text.size() > 5 || text.front() == '0') return false;
  const std::string_view digits = text.substr(0, text.size() - 1);
  return std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
         std::string_view{"smh"}.contains(text.back());
}

struct SignalOf {
  TextKind kind;
  bool futures;
};
SignalOf signal_of(const Word& word) {
  return {is_for_buying(word) ? TextKind::Buy : TextKind::Sell, word.market == Market::Futures};
}

const Word* signal_named(std::string_view name) {
  const Word* word = find_word(name).word;
  return word && word->kind == WordKind::Signal ? word : nullptr;
}

/// What a signal is given, and a price is not.
bool is_truth(const Expr& expr) {
  switch (expr.node) {
    case Node::True:
    case Node::False:
    case Node::Not:
    case Node::Compare:
      return true;
    case Node::And:
    case Node::Or:
      return std::ranges::all_of(expr.operands, [](const Expr* operand) { return is_truth(*operand); });
    default:
      return false;
  }
}

template <class Each>
void for_each_expr(Expr& expr, const Each& each) {
  each(expr);
  for (Expr* operand : expr.operands) for_each_expr(*operand, each);
}
template <class EachStmt, class EachExpr>
void for_each(std::span<Stmt* const> body, const EachStmt& each_stmt, const EachExpr& each_expr) {
  for (Stmt* statement : body) {
    each_stmt(*statement);
    if (statement->value) for_each_expr(*statement->value, each_expr);
    for (const Branch& branch : statement->branches) {
      if (branch.condition) for_each_expr(*branch.condition, each_expr);
      for_each(branch.body, each_stmt, each_expr);
    }
  }
}

class Checker {
 public:
  Checker(Tree& tree, const CheckOptions& options, Reports& reports)
      : tree_{tree}, options_{options}, reports_{reports} {}

  Checked all() {
    survey();
    block(tree_.body);
    if (checked_.kind == TextKind::Condition && tree_.body.empty()) report(Mistake::OneExpression, {1, 1, 1});
    loop_steps();
    if (!signal_set_ && is_text() && !reports_.has_errors()) {  // it may be what a line with an error was to set
      const bool buys = checked_.kind == TextKind::Buy;
      if (checked_.futures) {
        warn_unset(buys ? "BUY_LONG" : "SELL_LONG", buys ? "False" : "True");
      } else {
        warn_unset(buys ? "매수" : "매도", buys ? "False" : "True");
      }
    }
    reports_.sort();
    return std::move(checked_);
  }

 private:
  struct Local {
    bool assigned = false;  // on some path to here
    Type type = 0;
    Unit unit = Unit::Free;
  };
  /// A value that no row changes.
  struct Constant {
    bool is_constant = false;
    std::optional<double> value;  // where it is known before the run
  };

  void report(Mistake mistake, Place place, std::vector<Said> about = {}) {
    reports_.add(mistake, place, std::move(about));
  }
  /// The same about the same name is said once.
  void report_once(Mistake mistake, Place place, std::string_view name, std::vector<Said> about) {
    const std::string key = std::to_string(static_cast<int>(mistake)) + ':' + std::string{name};
    if (!said_.contains(key) && reports_.add(mistake, place, std::move(about))) said_.insert(key);
  }
  bool is_text() const { return checked_.kind == TextKind::Buy || checked_.kind == TextKind::Sell; }

  void warn_unset(std::string_view signal, std::string_view value) {
    const Word& word = *find_word(signal).word;
    const std::string set = " = " + std::string{value};
    report(Mistake::SignalNotSet, {1, 1, 1},
           {Said{word.korean, word.english}, Said{std::string{word.korean} + set, std::string{word.english} + set}});
  }

  // --- before the walk: names, kind -------------------------------------------------------------

  struct Kinds {
    bool buy = false, sell = false;
    void add(TextKind kind) { (kind == TextKind::Buy ? buy : sell) = true; }
    std::optional<TextKind> only() const {
      if (buy == sell) return std::nullopt;
      return buy ? TextKind::Buy : TextKind::Sell;
    }
  };
  /// What the words of a text say of its kind.
  struct Hints {
    Kinds assigned, read;  // signals
    Kinds true_or_false;   // signals that are assigned what a signal is
    Kinds orders;          // self.Buy(…), self.Sell(…)
    std::optional<TextKind> last;
    bool reads_position = false;
    void assign(TextKind kind, bool is_true_or_false) {
      assigned.add(kind);
      if (is_true_or_false) true_or_false.add(kind);
      last = kind;
    }
  };
  /// Of two signals that are assigned, one is a name of the text's own: `buy = 현재가N(-1)` in a sell text.
  TextKind kind_by(const Hints& hints) const {
    if (const auto kind = hints.assigned.only()) return *kind;
    if (hints.reads_position) return TextKind::Sell;
    if (hints.last) {
      const auto ordered = checked_.futures ? std::nullopt : hints.orders.only();  // futures texts send both
      return ordered ? *ordered : hints.true_or_false.only().value_or(*hints.last);
    }
    if (tree_.body.size() == 1 && tree_.body[0]->act == Act::Evaluate) return TextKind::Condition;
    return hints.read.only().value_or(TextKind::Buy);
  }

  void survey() {
    struct Seen {
      const Word* word;
      Place place;
    };
    std::optional<Seen> spot, futures;
    std::vector<std::string_view> positions;
    Hints hints;
    const auto see_signal = [&](const Word& word, Place place) {
      auto& seen = signal_of(word).futures ? futures : spot;
      if (!seen) seen = Seen{&word, place};
    };
    for_each(
        tree_.body,
        [&](const Stmt& statement) {
          if (statement.act == Act::SetVariable) set_here_.insert(statement.index);
          if (statement.act == Act::Order) hints.orders.add(statement.text == "Buy" ? TextKind::Buy : TextKind::Sell);
          for (const Target& target : statement.targets) {
            if (const Word* signal = signal_named(target.name)) {
              see_signal(*signal, target.place);
              hints.assign(signal_of(*signal).kind, statement.act == Act::Assign && is_truth(*statement.value));
            }
            if (locals_.try_emplace(target.name).second) checked_.locals.push_back(target.name);
          }
        },
        [&](const Expr& expr) {
          const Word* word = expr.node == Node::Name ? find_word(expr.text).word : nullptr;
          if (!word) return;
          if (word->kind == WordKind::Signal) {
            see_signal(*word, expr.place);
            hints.read.add(signal_of(*word).kind);
          }
          if (word->kind == WordKind::Position) positions.push_back(expr.text);
        });
    hints.reads_position = std::ranges::any_of(positions, [&](auto name) { return !locals_.contains(name); });
    for (const std::string_view name : tree_.lost) {
      if (const Word* signal = signal_named(name)) hints.assign(signal_of(*signal).kind, false);
      Local& local = locals_[name];
      local.assigned = true;
      local.type = kAnything;
    }
    checked_.futures = futures.has_value();
    checked_.kind = options_.kind ? *options_.kind : kind_by(hints);
    is_mixed_ = spot && futures && is_text();
    if (is_mixed_) {
      const bool spot_first =
          std::pair{spot->place.line, spot->place.column} < std::pair{futures->place.line, futures->place.column};
      report(Mistake::MixedSignals, (spot_first ? futures : spot)->place,
             {Said{spot->word->korean, spot->word->english}, futures->word->korean});
    }
  }

  // --- statements -------------------------------------------------------------------------------

  void block(std::span<Stmt* const> body) {
    for (Stmt* statement : body) this->statement(*statement);
  }

  void statement(Stmt& statement) {
    const bool sets = statement.act == Act::SetVariable || statement.act == Act::SetSetting;
    if (checked_.kind == TextKind::Variables && !sets) return report(Mistake::OnlyVariables, statement.place);
    if (checked_.kind == TextKind::Condition && (statement.act != Act::Evaluate || &statement != tree_.body.front()))
      return report(Mistake::OneExpression, statement.place);
    switch (statement.act) {
      case Act::Assign:
        visit(*statement.value);
        for (Target& target : statement.targets) assign(target, statement.value->type, statement.value->unit);
        return;
      case Act::Augment:
        return augment(statement);
      case Act::SetVariable:
      case Act::SetSetting:
        return set(statement);
      case Act::If:
        return if_(statement);
      case Act::For:
        return for_(statement);
      case Act::Evaluate:
        visit(*statement.value);
        // A text alone is a comment, as old texts write them over several lines.
        if (is_text() && statement.value->node != Node::Text) report(Mistake::NoEffect, statement.place);
        return;
      case Act::Order:
        return order(statement);
      case Act::Pass:
      case Act::Break:
      case Act::Continue:
        return;
    }
  }

  bool is_own_signal(const Word& word) const {
    const SignalOf signal = signal_of(word);
    return is_text() && signal.kind == checked_.kind && (is_mixed_ || signal.futures == checked_.futures);
  }

  void assign(Target& target, Type type, Unit unit) {
    const FoundWord found = find_word(target.name);
    if (found.word && found.word->kind == WordKind::Signal && is_own_signal(*found.word)) {
      signal_set_ = true;
      target.word = found.word;
    } else if (found.word) {
      if (has_bare_value(found)) target.word = found.word;
      if (found.word->kind == WordKind::Signal && is_text() && !checked_.futures)
        report_once(Mistake::OtherSignalSet, target.place, target.name,
                    {target.name, checked_.kind == TextKind::Sell ? Said{"매도 = True", "sell = True"}
                                                                  : Said{"매수 = False", "buy = False"}});
      else
        report_once(Mistake::ShadowedWord, target.place, target.name, {target.name});
    }
    Local& local = locals_[target.name];
    local.unit = local.type == 0 || local.unit == unit ? unit : Unit::Free;
    local.type |= type;
    mark_assigned(local);
  }

  void mark_assigned(Local& local) {
    if (local.assigned) return;
    local.assigned = true;
    assigned_here_.push_back(&local);
  }

  void augment(Stmt& statement) {
    Expr before{.node = Node::Name, .place = statement.targets[0].place, .text = statement.targets[0].name};
    visit(before);
    visit(*statement.value);
    const Unit unit = arithmetic(statement.op, statement.place, before, *statement.value);
    assign(statement.targets[0], kNumber, unit);
  }

  void if_(Stmt& statement) {
    std::vector<Local*> assigned;  // on any of the branches: together they are on some path from here on
    for (const Branch& branch : statement.branches) {
      bool asks_signal = false;
      if (branch.condition) {
        visit(*branch.condition);
        const Word* signal = branch.condition->node == Node::Name ? signal_named(branch.condition->text) : nullptr;
        asks_signal = signal && is_own_signal(*signal);
      }
      const std::size_t mark = assigned_here_.size();
      under_signal_ += asks_signal;
      ++depth_;
      block(branch.body);
      --depth_;
      under_signal_ -= asks_signal;
      for (; assigned_here_.size() > mark; assigned_here_.pop_back()) {
        assigned_here_.back()->assigned = false;  // the next branch is another path
        assigned.push_back(assigned_here_.back());
      }
    }
    for (Local* local : assigned) mark_assigned(*local);
  }

  void for_(Stmt& statement) {
    visit(*statement.value);
    const Constant bound = constant(*statement.value);
    if (!bound.is_constant || (bound.value && !is_whole(*bound.value)))
      report(Mistake::LoopBound, statement.value->place);
    assign(statement.targets[0], kNumber, Unit::Free);
    // What the end of the body assigns, its beginning reads the next time round.
    for_each(
        statement.branches[0].body,
        [&](const Stmt& inner) {
          for (const Target& target : inner.targets) {
            Local& local = locals_[target.name];
            if (local.type == 0) local.type = kAnything;
            mark_assigned(local);
          }
        },
        [](const Expr&) {});
    ++depth_;
    block(statement.branches[0].body);
    --depth_;
  }

  void order(const Stmt& statement) {
    const bool fits = checked_.futures || (statement.text == "Buy") == (checked_.kind == TextKind::Buy);
    if (under_signal_ > 0 && fits) return;
    report(Mistake::MisplacedOrder, statement.place, about_order(statement.text));
  }

  void set(const Stmt& statement) {
    if (depth_ > 0) return report(Mistake::VariableInBlock, statement.place);
    const Expr& value = *statement.value;
    if (statement.act == Act::SetVariable) {
      if (auto variable = variable_of(value)) checked_.settings.variables[statement.index] = std::move(*variable);
      return;
    }
    const Constant number = constant(value);
    if (!number.value) return report(Mistake::VariableNotConstant, value.place);
    const FoundSetting found = setting(statement.text, statement.place);
    if (!found.setting) return;
    const std::string key = std::string{found.family->name} + '_' + std::string{found.setting->name};
    if (in_range(*found.setting, key, *number.value, value.place)) checked_.settings.indicators[key] = *number.value;
  }

  /// A number, or [[…], value]; reports what else it is.
  std::optional<Variable> variable_of(const Expr& value) {
    if (value.node != Node::List) {
      const Constant number = constant(value);
      if (number.value) return Variable{*number.value, {}};
      report(Mistake::VariableNotConstant, value.place);
      return std::nullopt;
    }
    const auto refused = [&] {
      report(Mistake::BadRange, value.place);
      return std::nullopt;
    };
    if (value.operands.size() != 2 || value.operands[0]->node != Node::List || value.operands[0]->operands.empty())
      return refused();
    Variable variable;
    for (const Expr* candidate : value.operands[0]->operands) {
      const Constant number = constant(*candidate);
      if (!number.value) return refused();
      variable.range.push_back(*number.value);
    }
    const Constant number = constant(*value.operands[1]);
    if (!number.value) return refused();
    variable.value = *number.value;
    return variable;
  }

  FoundSetting setting(std::string_view key, Place place) {
    const FoundSetting found = find_setting(key);
    if (!found.setting && reports_.takes_error(place))
      report_once(Mistake::UnknownSetting, place, key, {key, meant_setting(key)});
    return found;
  }

  /// Of the same indicator, where the key begins with one.
  static std::string meant_setting(std::string_view key) {
    constexpr std::size_t kMost = 64;  // what is longer is no slip of the finger
    const std::vector<std::string> keys = setting_keys();
    if (key.size() > kMost) return keys.front();
    const std::size_t cut = std::min(key.find('_'), key.size());
    const std::string_view before = key.substr(0, cut), after = key.substr(std::min(cut + 1, key.size()));
    const Family* family = family_named(before);
    const bool has_own = family && !family->settings.empty();
    std::vector<std::string> own;
    for (std::size_t i = 0; has_own && i < family->settings.size(); ++i) own.emplace_back(family->settings[i].name);
    const std::string near = has_own ? nearest_name(after, own) : nearest_name(key, keys);
    if (!has_own) return near.empty() ? keys.front() : near;
    return std::string{family->name} + '_' + (near.empty() ? own.front() : near);
  }

  bool in_range(const Setting& setting, std::string_view name, double value, Place place) {
    if (value >= setting.least && value <= setting.most && (!setting.whole || is_whole(value))) return true;
    report(Mistake::ParameterRange, place, {name, shown(value), shown(setting.least), shown(setting.most)});
    return false;
  }

  // --- constants --------------------------------------------------------------------------------

  std::optional<double> variable_value(int index) const {
    constexpr double kStandardWindow = 30;  // self.vars[0], where nobody says
    if (options_.given) {
      const auto found = options_.given->variables.find(index);
      if (found != options_.given->variables.end()) return found->second.value;
    }
    const auto own = checked_.settings.variables.find(index);
    if (own != checked_.settings.variables.end())
      return options_.given ? std::optional{own->second.value} : std::nullopt;  // a file may still override it
    return index == 0 && options_.given ? std::optional{kStandardWindow} : std::nullopt;
  }

  Constant constant(const Expr& expr) const {
    switch (expr.node) {
      case Node::Number:
        return {true, expr.number};
      case Node::True:
        return {true, 1};
      case Node::False:
        return {true, 0};
      case Node::Variable:
        return {true, variable_value(static_cast<int>(expr.number))};
      case Node::Setting:
        return {true, std::nullopt};
      case Node::Plus:
        return constant(*expr.operands[0]);
      case Node::Negate: {
        Constant inner = constant(*expr.operands[0]);
        if (inner.value) inner.value = -*inner.value;
        return inner;
      }
      case Node::Arithmetic: {
        const Constant left = constant(*expr.operands[0]), right = constant(*expr.operands[1]);
        if (!left.is_constant || !right.is_constant) return {};
        if (!left.value || !right.value) return {true, std::nullopt};
        const double value = worked_out(expr.op, *left.value, *right.value);
        return {true, std::isnan(value) ? std::nullopt : std::optional{value}};
      }
      default:
        return {};
    }
  }

  // --- values -----------------------------------------------------------------------------------

  void visit(Expr& expr) {
    switch (expr.node) {
      case Node::Number:
        return of(expr, kNumber);
      case Node::Text:
        return of(expr, kText);
      case Node::True:
      case Node::False:
        return of(expr, kFlag);
      case Node::None:
        return of(expr, kNone);
      case Node::Name:
        return name(expr);
      case Node::Variable:
        variable(expr);
        return of(expr, kNumber);
      case Node::Setting:
        (void)setting(expr.text, expr.place);
        return of(expr, kNumber);
      case Node::Negate:
      case Node::Plus:
        visit_all(expr.operands);
        if (!(expr.operands[0]->type & kCalculable))
          report(Mistake::TypeClash, expr.place,
                 {expr.node == Node::Plus ? "+" : "-", type_name(expr.operands[0]->type), ""});
        return of(expr, kNumber, expr.operands[0]->unit);
      case Node::Not:
        visit_all(expr.operands);
        return of(expr, kFlag);
      case Node::And:
      case Node::Or:
        visit_all(expr.operands);
        return join(expr, expr.operands);
      case Node::Arithmetic:
        visit_all(expr.operands);
        return of(expr, kNumber, arithmetic(expr.op, expr.place, *expr.operands[0], *expr.operands[1]));
      case Node::Compare:
        return compare(expr);
      case Node::Conditional: {
        visit_all(expr.operands);
        Expr* const results[] = {expr.operands[0], expr.operands[2]};
        return join(expr, results);
      }
      case Node::Call:
        return call(expr);
      case Node::List:
        report(Mistake::ListPlace, expr.place);
        return of(expr, kAnything);
    }
  }

  static void of(Expr& expr, Type type, Unit unit = Unit::Free) {
    expr.type = type;
    expr.unit = unit;
  }
  void visit_all(std::span<Expr* const> operands) {
    for (Expr* operand : operands) visit(*operand);
  }
  /// One of the operands: of any of their types, of their unit where it is the same.
  static void join(Expr& expr, std::span<Expr* const> operands) {
    expr.type = 0;
    expr.unit = operands.empty() ? Unit::Free : operands[0]->unit;
    for (const Expr* operand : operands) {
      expr.type |= operand->type;
      if (operand->unit != expr.unit) expr.unit = Unit::Free;
    }
  }

  void variable(const Expr& expr) {
    const int index = static_cast<int>(expr.number);
    checked_.variables_read.insert(index);
    const bool known =
        index == 0 || !options_.given || options_.given->variables.contains(index) || set_here_.contains(index);
    if (!known) report_once(Mistake::VariableWithoutValue, expr.place, shown(index), {shown(index)});
  }

  /// Whether the units can be compared, added or given as one; Free fits all. What they have together.
  Unit same_unit(const Expr& left, const Expr& right, Place place) {
    if (left.unit == right.unit || right.unit == Unit::Free) return left.unit;
    if (left.unit == Unit::Free) return right.unit;
    report(Mistake::UnitMismatch, place, {unit_said(left.unit), unit_said(right.unit)});
    return Unit::Free;
  }

  Unit arithmetic(Operator op, Place place, const Expr& left, const Expr& right) {
    const bool text_left = left.type == kText, text_right = right.type == kText;
    const bool means_text = (op == Operator::Add && text_left && text_right) ||
                            (op == Operator::Multiply && (text_left != text_right)) ||
                            (op == Operator::Modulo && text_left);
    if (means_text) {
      report(Mistake::TextArithmetic, place, {spelling(op)});
    } else if (!(left.type & kCalculable) || !(right.type & kCalculable)) {
      report(Mistake::TypeClash, place, {type_name(left.type), spelling(op), type_name(right.type)});
    }
    switch (op) {
      case Operator::Add:
      case Operator::Subtract:
        return same_unit(left, right, place);
      case Operator::Multiply:
        return left.unit == Unit::Free ? right.unit : right.unit == Unit::Free ? left.unit : Unit::Free;
      case Operator::Divide:
      case Operator::FloorDivide:
      case Operator::Modulo:
        // Digits side by side: a part of them, as of VI해제시간 % 1000000, is a time of another form.
        if (left.unit == Unit::Clock || left.unit == Unit::Stamp) return Unit::Free;
        return right.unit == Unit::Free ? left.unit : Unit::Free;
      default:
        return Unit::Free;
    }
  }

  void compare(Expr& expr) {
    for (std::size_t i = 0; i < expr.operands.size(); ++i) {
      Expr& operand = *expr.operands[i];
      const bool beside_in =
          i > 0 && (expr.comparisons[i - 1] == Operator::In || expr.comparisons[i - 1] == Operator::NotIn);
      if (operand.node == Node::List && beside_in) {
        visit_all(operand.operands);
        join(operand, operand.operands);
        operand.type = kList;
      } else {
        visit(operand);
      }
    }
    for (std::size_t i = 0; i < expr.comparisons.size(); ++i)
      compare_two(expr.comparisons[i], expr.place, *expr.operands[i], *expr.operands[i + 1]);
    of(expr, kFlag);
  }

  void compare_two(Operator op, Place place, const Expr& left, const Expr& right) {
    bool fits = true;
    switch (op) {
      case Operator::Less:
      case Operator::LessEqual:
      case Operator::Greater:
      case Operator::GreaterEqual:
        fits = ((left.type & kCalculable) && (right.type & kCalculable)) || (left.type & right.type & kText);
        break;
      case Operator::In:
      case Operator::NotIn:
        fits = right.type == kList || (left.type & right.type & kText);
        break;
      default:
        break;
    }
    if (!fits) return report(Mistake::TypeClash, place, {type_name(left.type), spelling(op), type_name(right.type)});
    if (op != Operator::IsNone && op != Operator::IsNotNone) (void)same_unit(left, right, place);
  }

  // --- names ------------------------------------------------------------------------------------

  Local* assigned_local(std::string_view name) {
    const auto found = locals_.find(name);
    return found != locals_.end() && found->second.assigned ? &found->second : nullptr;
  }

  /// The name that was probably meant: true as other languages write it, 이동평균60 for 이동평균(60), or the nearest
  /// one.
  static std::string meant_by(std::string_view name, std::span<const std::string_view> own) {
    for (const std::string_view truth : {"TRUE", "true", "참"})
      if (name == truth) return "True";
    for (const std::string_view untruth : {"FALSE", "false", "거짓"})
      if (name == untruth) return "False";
    const std::size_t end = name.find_last_not_of("0123456789") + 1;
    const FoundWord found = find_word(name.substr(0, end));
    const bool takes_rows = found.word && (found.word->kind == WordKind::Window || found.history ||
                                           found.word->kind == WordKind::Indicator);
    if (end < name.size() && takes_rows)
      return std::string{name.substr(0, end)} + "(" + std::string{name.substr(end)} + ")";
    return nearest_word(name, own);
  }

  /// Not a name at all, or one that comes too late: that stops the text where it is read, as on any path without it.
  void unknown(Expr& expr) {
    of(expr, kAnything);
    if (!expr.is_foreign && locals_.contains(expr.text)) {
      expr.meaning = Meaning::Local;
      return report_once(Mistake::UnassignedHere, expr.place, expr.text, {expr.text});
    }
    if (!reports_.takes_error(expr.place)) return;
    std::vector<std::string_view> own{"True", "False", "None"};
    if (!expr.is_foreign) own.insert(own.end(), checked_.locals.begin(), checked_.locals.end());
    const std::string near = meant_by(expr.text, own);
    if (near.empty()) {
      report_once(Mistake::UnknownWord, expr.place, expr.text, {expr.text});
    } else {
      report_once(Mistake::UnknownWordNear, expr.place, expr.text, {expr.text, near});
    }
  }

  /// The word is used: counted, and whether rows of this kind have it.
  void use(Expr& expr, const FoundWord& found, Meaning meaning) {
    const Word& word = *found.word;
    expr.meaning = meaning;
    expr.word = &word;
    of(expr, word.type, word.unit);
    ++checked_.words[found.history ? history_name(word, Language::Korean) : std::string{word.korean}];
    if (word.mode != Mode::Any && options_.mode != Mode::Any && word.mode != options_.mode)
      report_once(Mistake::WrongMode, expr.place, word.korean, {expr.text});
    if (word.market == Market::Stock && options_.market != Market::Any && options_.market != Market::Stock)
      report_once(Mistake::WrongMarket, expr.place, word.korean, {expr.text});
  }

  void name(Expr& expr) {
    const FoundWord found = find_word(expr.text);
    if (found.word && found.word->kind == WordKind::Signal && is_own_signal(*found.word))
      return signal(expr, *found.word);
    if (const Local* local = expr.is_foreign ? nullptr : assigned_local(expr.text)) {
      expr.meaning = Meaning::Local;
      expr.word = has_bare_value(found) ? found.word : nullptr;
      return of(expr, local->type | (expr.word ? expr.word->type : 0), local->unit);
    }
    if (!found.word) return unknown(expr);
    const Word& word = *found.word;
    if (found.history) return needs_arguments(expr, history_name(word, language_of(expr.text)) + "(1)");
    switch (word.kind) {
      case WordKind::Field:
        return use(expr, found, Meaning::Value);
      case WordKind::Indicator:
        return use(expr, found, Meaning::Indicator);
      case WordKind::Position:
        use(expr, found, Meaning::Value);
        if (checked_.kind != TextKind::Sell) report_once(Mistake::PositionInBuy, expr.place, expr.text, {expr.text});
        return;
      case WordKind::Signal:
        return signal(expr, word);
      case WordKind::Window:
        return needs_arguments(expr, std::string{expr.text} + "(30)");
      case WordKind::Elapsed:
        return needs_arguments(expr, std::string{expr.text} + "('name')");
      case WordKind::Function:
        return needs_arguments(expr, std::string{word.example});
    }
  }

  /// Whether its name alone is a value: then a local of that name begins with it.
  bool has_bare_value(const FoundWord& found) const {
    if (!found.word || found.history) return false;
    const WordKind kind = found.word->kind;
    return kind == WordKind::Field || kind == WordKind::Indicator ||
           (kind == WordKind::Position && checked_.kind == TextKind::Sell);
  }

  void needs_arguments(Expr& expr, std::string example) {
    of(expr, kAnything);
    report(Mistake::NeedsArguments, expr.place, {expr.text, std::move(example)});
  }

  static Language language_of(std::string_view name) {
    return std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }) ? Language::Korean
                                                                                                   : Language::English;
  }

  /// The text's own signal is a name that the engine has assigned.
  void signal(Expr& expr, const Word& word) {
    of(expr, kFlag);
    expr.meaning = Meaning::Local;
    expr.word = &word;
    if (is_own_signal(word)) return;
    const bool buys = checked_.kind != TextKind::Sell;
    const Said own = checked_.futures ? Said{buys ? "BUY_LONG, SELL_SHORT" : "SELL_LONG, BUY_SHORT"}
                     : buys           ? Said{"매수", "buy"}
                                      : Said{"매도", "sell"};
    report_once(Mistake::OtherSignal, expr.place, expr.text, {expr.text, own});
  }

  // --- calls ------------------------------------------------------------------------------------

  void call(Expr& expr) {
    const FoundWord found = find_word(expr.text);
    if (found.word && !found.history && found.word->kind == WordKind::Function) return function(expr, found);
    visit_all(expr.operands);
    if (!found.word) {
      if (!locals_.contains(expr.text)) return unknown(expr);
      of(expr, kAnything);
      return report(Mistake::NotCallable, expr.place, {expr.text});
    }
    const Word& word = *found.word;
    if (found.history) {
      use(expr, found, Meaning::History);
      if (takes(expr, 1, 1, history_name(word, language_of(expr.text)) + "(1)")) rows(*expr.operands[0], -1);
      return;
    }
    switch (word.kind) {
      case WordKind::Window:
        return window(expr, found);
      case WordKind::Indicator:
        return indicator(expr, found);
      case WordKind::Elapsed:
        return elapsed(expr, found);
      case WordKind::Field:
        of(expr, word.type, word.unit);
        return word.has_history() ? report(Mistake::FieldCalled, expr.place,
                                           {expr.text, history_name(word, language_of(expr.text)) + "(1)"})
                                  : report(Mistake::NotCallable, expr.place, {expr.text});
      case WordKind::Position:
      case WordKind::Signal:
      case WordKind::Function:
        of(expr, kAnything);
        return report(Mistake::NotCallable, expr.place, {expr.text});
    }
  }

  bool takes(const Expr& expr, std::size_t least, std::size_t most, std::string example) {
    const std::size_t count = expr.operands.size();
    if (count >= least && count <= most) return true;
    report(Mistake::ArgumentCount, expr.place, {expr.text, std::to_string(count), std::move(example)});
    return false;
  }

  /// A number of rows that has to be whole and at least that; what it is on the row, the machine sees.
  void rows(const Expr& argument, double least) {
    const Constant number = constant(argument);
    const bool wrong =
        !(argument.type & kCalculable) || (number.value && (!is_whole(*number.value) || *number.value < least));
    if (wrong)
      report(Mistake::WindowNotWhole, argument.place,
             {number.value ? Said{shown(*number.value)} : type_name(argument.type)});
  }

  /// The arguments without a time frame at their end.
  std::span<Expr* const> without_frame(const Expr& expr) {
    if (expr.operands.empty() || expr.operands.back()->type != kText) return expr.operands;
    const Expr& frame = *expr.operands.back();
    if (frame.node != Node::Text || !is_frame(frame.text)) report(Mistake::BadFrame, frame.place, {frame.text});
    return expr.operands.first(expr.operands.size() - 1);
  }

  void window(Expr& expr, const FoundWord& found) {
    use(expr, found, Meaning::Window);
    const auto arguments = without_frame(expr);
    if (arguments.empty() || arguments.size() > 2)
      return report(Mistake::ArgumentCount, expr.place,
                    {expr.text, std::to_string(arguments.size()), std::string{expr.text} + "(30)"});
    rows(*arguments[0], 1);
    if (arguments.size() == 2) rows(*arguments[1], -1);
  }

  void indicator(Expr& expr, const FoundWord& found) {
    use(expr, found, Meaning::Indicator);
    const auto arguments = without_frame(expr);
    const Family& family = family_of(*found.word);
    if (arguments.size() > family.settings.size()) {
      std::string example{expr.text};
      for (std::size_t i = 0; i < family.settings.size(); ++i)
        example += (i == 0 ? "(" : ", ") + shown(family.settings[i].standard);
      if (!family.settings.empty()) example += ')';
      return report(Mistake::ArgumentCount, expr.place, {expr.text, std::to_string(arguments.size()), example});
    }
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const Constant number = constant(*arguments[i]);
      if (!number.is_constant) {
        report(Mistake::ParameterNotConstant, arguments[i]->place, {expr.text});
      } else if (number.value) {
        const std::string parameter = std::string{expr.text} + " " + std::string{family.settings[i].name};
        (void)in_range(family.settings[i], parameter, *number.value, arguments[i]->place);
      }
    }
  }

  void elapsed(Expr& expr, const FoundWord& found) {
    use(expr, found, Meaning::Elapsed);
    if (checked_.kind == TextKind::Condition) return report(Mistake::NestedCondition, expr.place, {expr.text});
    if (expr.operands.size() != 1 || expr.operands[0]->node != Node::Text)
      return report(Mistake::ConditionName, expr.place);
    if (!options_.conditions) return;
    const std::string_view name = expr.operands[0]->text;
    if (std::ranges::find(*options_.conditions, name) != options_.conditions->end()) return;
    std::string known;
    for (const auto& other : *options_.conditions) known += (known.empty() ? "" : ", ") + other;
    report_once(Mistake::UnknownCondition, expr.operands[0]->place, name, {name, known.empty() ? "-" : known});
  }

  void function(Expr& expr, const FoundWord& found) {
    const std::string_view name = expr.text;
    const bool sums = name == "sum";  // sum([a, b], start)
    const bool takes_list =
        sums ? !expr.operands.empty() : expr.operands.size() == 1 && (name == "min" || name == "max" || name == "len");
    for (Expr* argument : expr.operands) {
      if (takes_list && argument == expr.operands[0] && argument->node == Node::List) {
        visit_all(argument->operands);
        join(*argument, argument->operands);
        argument->type = kList;
      } else {
        visit(*argument);
      }
    }
    use(expr, found, Meaning::Function);
    const bool many = name == "min" || name == "max";
    const std::size_t most = many ? expr.operands.size() : name == "round" || sums ? 2 : 1;
    if (!takes(expr, 1, most, std::string{found.word->example})) return;
    const Expr& first = *expr.operands[0];
    const bool is_list = first.type == kList;
    const auto compared = is_list ? first.operands : expr.operands;
    if (many || sums) {
      if (!is_list && (sums || expr.operands.size() == 1))
        return report(Mistake::ArgumentCount, expr.place, {name, "1", std::string{found.word->example}});
      expr.unit = compared.empty() ? Unit::Free : compared[0]->unit;
      for (std::size_t i = 1; i < compared.size(); ++i)
        expr.unit = same_unit(*compared[i - 1], *compared[i], expr.place);
      if (many && !compared.empty()) {
        expr.type = 0;
        for (const Expr* operand : compared) expr.type |= operand->type;
      }
      return;
    }
    const bool reads_text = name == "int" || name == "float";  // int('3')
    const bool fits = name == "len" ? is_list || (first.type & kText)
                                    : (first.type & kCalculable) || (reads_text && (first.type & kText));
    if (!fits) report(Mistake::TypeClash, expr.place, {name, type_name(first.type), ""});
    if (name != "len") expr.unit = first.unit;
  }

  // --- loops ------------------------------------------------------------------------------------

  /// The most steps that a run of `body` can take.
  double steps_of(std::span<Stmt* const> body, const Stmt** longest) const {
    double steps = 0, most = 0;
    for (const Stmt* statement : body) {
      double own = 0;
      if (statement->act == Act::For) {
        const double bound = constant(*statement->value).value.value_or(0);
        own = bound > 0 ? bound * (1 + steps_of(statement->branches[0].body, nullptr)) : 0;
      } else {
        for (const Branch& branch : statement->branches) {
          const Stmt* inner = nullptr;
          const double taken = steps_of(branch.body, &inner);
          if (taken > own && longest && taken > most) *longest = inner;
          own = std::max(own, taken);
        }
      }
      if (statement->act == Act::For && longest && own > most) *longest = statement;
      most = std::max(most, own);
      steps += own;
    }
    return steps;
  }

  void loop_steps() {
    const Stmt* longest = nullptr;
    const double steps = steps_of(tree_.body, &longest);
    if (steps > kMostLoopSteps && longest)
      report(Mistake::LoopSteps, longest->place, {shown(steps), shown(kMostLoopSteps)});
  }

  Tree& tree_;
  const CheckOptions& options_;
  Reports& reports_;
  Checked checked_;
  std::unordered_map<std::string_view, Local> locals_;
  std::vector<Local*> assigned_here_;  // on the path that is being walked, in order
  std::unordered_set<std::string> said_;
  std::set<int> set_here_;  // self.vars to which any line gives a value: it holds before the run, so also above it
  int depth_ = 0;           // of if and for
  int under_signal_ = 0;    // in so many "if 매수:"
  bool signal_set_ = false;
  bool is_mixed_ = false;  // of spot and futures: reported, and then both are taken as the text's own
};

}  // namespace

Checked check(Tree& tree, const CheckOptions& options, Reports& reports) {
  return Checker{tree, options, reports}.all();
}

}  // namespace stom::conditions
