#include "conditions/own_names.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "conditions/parser.hpp"

namespace stom::conditions {

class OwnNames::Expansion {
 public:
  /// `most`: nodes.
  Expansion(const OwnNames& names, Tree& tree, Reports& reports, std::size_t most = kMostExpanded)
      : names_{names}, tree_{tree}, reports_{reports}, most_{most} {}
  std::size_t nodes() const { return nodes_; }

  /// `parameters`: names that stand for something else here.
  void all(std::size_t known, std::span<const std::string> parameters = {}) {
    others_.insert(parameters.begin(), parameters.end());
    targets_of(tree_.body);
    block(tree_.body, known);
  }

 private:
  struct Bound {
    std::string_view name;
    const Expr* value;
  };

  void targets_of(std::span<Stmt* const> body) {
    for (const Stmt* statement : body) {
      for (const Target& target : statement->targets) others_.insert(target.name);
      for (const Branch& branch : statement->branches) targets_of(branch.body);
    }
  }

  void block(std::span<Stmt* const> body, std::size_t known) {
    for (Stmt* statement : body) {
      if (statement->value) expand(*statement->value, known);
      for (const Branch& branch : statement->branches) {
        if (branch.condition) expand(*branch.condition, known);
        block(branch.body, known);
      }
    }
  }

  /// The last of that name among the first `known`, as of named conditions the last one counts. A name that the text
  /// itself assigns is what it assigned, but nothing that could be called.
  std::optional<std::size_t> find(const Expr& expr, std::size_t known) const {
    const std::string_view name = expr.text;
    const auto lines = names_.lines_.find(name);
    if (lines == names_.lines_.end() || find_word(name).word != nullptr) return std::nullopt;
    if (expr.node == Node::Name && others_.contains(name)) return std::nullopt;
    const auto behind = std::ranges::lower_bound(lines->second, known);
    if (behind == lines->second.begin()) return std::nullopt;
    const std::size_t last = *std::prev(behind);
    return names_.own_[last].value ? std::optional{last} : std::nullopt;
  }

  void expand(Expr& expr, std::size_t known) {
    for (Expr* operand : expr.operands) {
      expand(*operand, known);
      expr.depth = std::max(expr.depth, static_cast<std::uint16_t>(operand->depth + 1));
    }
    if (expr.depth > kMostDepth) too_much(Mistake::TooDeep, expr.place, kMostDepth);
    if (has_failed_ || (expr.node != Node::Name && expr.node != Node::Call)) return;
    const auto meant = find(expr, known);
    if (!meant) return;
    const NamedText& named = names_.named_[*meant];
    const std::size_t given = expr.node == Node::Call ? expr.operands.size() : 0;
    if ((expr.node == Node::Call) != named.parameters.has_value() ||
        (named.parameters && named.parameters->size() != given)) {
      reports_.add(Mistake::ArgumentCount, expr.place, {named.name, std::to_string(given), form_of(named)});
      return;
    }
    std::vector<Bound> bound;
    for (std::size_t i = 0; i < given; ++i) bound.push_back({(*named.parameters)[i], expr.operands[i]});
    const Place place = expr.place;
    if (Expr* const value = copy(*names_.own_[*meant].value, bound, &place)) expr = *value;
  }

  static std::string form_of(const NamedText& named) {
    std::string form = named.name;
    if (!named.parameters) return form;
    form += '(';
    for (std::size_t i = 0; i < named.parameters->size(); ++i) form += (i > 0 ? ", " : "") + (*named.parameters)[i];
    return form + ')';
  }

  /// Into the text's own arena. `place`: where it is used, for what is said of it; null: each node keeps its own.
  Expr* copy(const Expr& from, std::span<const Bound> bound, const Place* place) {
    if (from.node == Node::Name && !from.is_foreign) {  // a line above has parameters of its own
      const auto parameter = std::ranges::find(bound, from.text, &Bound::name);
      if (parameter != bound.end()) return copy(*parameter->value, {}, nullptr);
    }
    Expr made = from;
    if (place) {
      made.place = *place;
      made.is_foreign = true;
    }
    if (++nodes_ > most_) return too_much(Mistake::TooManyTokens, made.place, most_);
    made.depth = 1;
    std::vector<Expr*> operands;
    for (const Expr* operand : from.operands) {
      operands.push_back(copy(*operand, bound, place));
      if (operands.back() == nullptr) return nullptr;
      made.depth = std::max(made.depth, static_cast<std::uint16_t>(operands.back()->depth + 1));
    }
    if (made.depth > kMostDepth) return too_much(Mistake::TooDeep, made.place, kMostDepth);
    made.operands = tree_.arena.copy(operands);
    return tree_.arena.make<Expr>(made);
  }
  std::nullptr_t too_much(Mistake mistake, Place place, std::size_t most) {
    if (!std::exchange(has_failed_, true)) reports_.add(mistake, place, {std::to_string(most)});
    return nullptr;
  }

  const OwnNames& names_;
  Tree& tree_;
  Reports& reports_;
  std::set<std::string_view> others_;  // names that mean something of the text's own
  const std::size_t most_;
  std::size_t nodes_ = 0;
  bool has_failed_ = false;
};

Reports in_line(const Reports& reports, const NamedText& named) {
  Reports all;
  for (const Report& report : reports.all()) {
    Place place = report.place;
    place.column += named.column - 1;
    all.add(report.mistake, place, report.about);
  }
  return all;
}

OwnNames::OwnNames(std::span<const NamedText> named) : named_{named} {
  for (std::size_t i = 0; i < named.size(); ++i) lines_[named[i].name].push_back(i);
  own_.reserve(named.size());
  std::size_t left = kMostInFile;
  for (const NamedText& one : named) {
    Own own;
    own.tree = parse(one.text, own.reports);
    if (!own.reports.has_errors()) {
      Expansion expansion{*this, own.tree, own.reports, std::min(left, kMostExpanded)};
      expansion.all(own_.size(),
                    one.parameters ? std::span<const std::string>{*one.parameters} : std::span<const std::string>{});
      left -= std::min(left, expansion.nodes());
    }
    const auto body = own.tree.body;
    const bool is_expression = body.size() == 1 && body[0]->act == Act::Evaluate;
    if (!is_expression && !own.reports.has_errors()) own.reports.add(Mistake::OneExpression, {1, 1, 1});
    if (!own.reports.has_errors()) own.value = body[0]->value;
    own_.push_back(std::move(own));
  }
}

void OwnNames::expand(Tree& tree, std::size_t known, Reports& reports) const {
  if (!named_.empty()) Expansion{*this, tree, reports}.all(known);
}

}  // namespace stom::conditions
