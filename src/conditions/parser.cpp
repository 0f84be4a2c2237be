#include "conditions/parser.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "conditions/lexer.hpp"

namespace stom::conditions {
namespace {

struct Sign {
  Token token;
  Operator op;
};
constexpr Sign kSums[] = {{Token::Add, Operator::Add}, {Token::Subtract, Operator::Subtract}};
constexpr Sign kProducts[] = {{Token::Multiply, Operator::Multiply},
                              {Token::Divide, Operator::Divide},
                              {Token::FloorDivide, Operator::FloorDivide},
                              {Token::Modulo, Operator::Modulo}};
constexpr Sign kComparisons[] = {{Token::Less, Operator::Less},
                                 {Token::LessEqual, Operator::LessEqual},
                                 {Token::Greater, Operator::Greater},
                                 {Token::GreaterEqual, Operator::GreaterEqual},
                                 {Token::Equal, Operator::Equal},
                                 {Token::NotEqual, Operator::NotEqual},
                                 {Token::In, Operator::In}};
constexpr Sign kAugments[] = {{Token::AddAssign, Operator::Add},
                              {Token::SubtractAssign, Operator::Subtract},
                              {Token::MultiplyAssign, Operator::Multiply},
                              {Token::DivideAssign, Operator::Divide}};

/// What somebody means who writes a word of speech or of another language, capital letters or not; empty: nothing
/// known.
std::string_view meant_by(std::string_view word) {
  struct Meant {
    std::string_view word, sign;
  };
  constexpr Meant kMeant[] = {
      {"and", "and"},   {"그리고", "and"},  {"or", "or"},   {"또는", "or"},   {"혹은", "or"},     {"not", "not"},
      {"if", "if"},     {"만약", "if"},     {"만일", "if"}, {"elif", "elif"}, {"elseif", "elif"}, {"elsif", "elif"},
      {"else", "else"}, {"아니면", "else"}, {"for", "for"}, {"in", "in"},     {"then", ":"},      {"이면", ":"},
      {"이상", ">="},   {"이하", "<="},     {"초과", ">"},  {"미만", "<"}};
  std::string lower{word};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto found = std::ranges::find(kMeant, lower, &Meant::word);
  return found == std::end(kMeant) ? std::string_view{} : found->sign;
}

std::optional<Operator> operator_of(std::span<const Sign> signs, Token token) {
  const auto found = std::ranges::find(signs, token, &Sign::token);
  return found == signs.end() ? std::nullopt : std::optional{found->op};
}

// A function that parses gives nullptr where it has reported why; its caller then gives up too, up to the line.
class Parser {
 public:
  Parser(Arena& arena, std::vector<Lexeme> tokens, Reports& reports)
      : arena_{arena}, tokens_{std::move(tokens)}, reports_{reports} {}

  std::span<const std::string_view> lost() { return arena_.copy(lost_); }

  std::span<Stmt* const> text() {
    std::vector<Stmt*> lines;
    while (now().token != Token::End) {
      if (!take(Token::Dedent)) line(lines);  // a dedent that no block waits for ends one that was refused
    }
    return arena_.copy(lines);
  }

 private:
  const Lexeme& now() const { return tokens_[at_]; }
  const Lexeme& after(std::size_t tokens) const { return tokens_[std::min(at_ + tokens, tokens_.size() - 1)]; }
  bool is(Token token) const { return now().token == token; }
  bool ends_line() const { return is(Token::NewLine) || is(Token::End) || is(Token::Dedent); }
  const Lexeme& next() {
    const Lexeme& lexeme = now();
    if (lexeme.token != Token::End) ++at_;
    return lexeme;
  }
  bool take(Token token) {
    if (!is(token)) return false;
    next();
    return true;
  }
  std::nullptr_t fails(Mistake mistake, Place place, std::vector<Said> about = {}) {
    reports_.add(mistake, place, std::move(about));
    return nullptr;
  }
  bool expect(Token token, std::string_view spelled) {
    if (take(token)) return true;
    unexpected("'" + std::string{spelled} + "'");
    return false;
  }

  /// Something else stands where `wanted` has to. Words of other languages and numbers with commas are told as that.
  void unexpected(Said wanted) {
    const Lexeme* before = at_ > 0 ? &tokens_[at_ - 1] : nullptr;
    for (const Lexeme* word : {&now(), before, &after(1)}) {
      const std::string_view meant = word && word->token == Token::Name ? meant_by(word->text) : std::string_view{};
      if (meant.empty()) continue;
      reports_.add(Mistake::ForeignWord, word->place, {word->text, meant});
      return;
    }
    if (before && is_thousands(*before)) return;
    reports_.add(Mistake::Expected, now().place, {std::move(wanted), said(now())});
  }

  /// 1,000: a comma and three digits, each beside the other.
  bool is_thousands(const Lexeme& first) {
    std::string written{first.text}, meant{first.text};
    std::size_t column = first.place.column + first.place.length;
    for (std::size_t i = 0; after(i).token == Token::Comma && after(i).place.column == column; i += 2) {
      const Lexeme& digits = after(i + 1);
      if (digits.token != Token::Number || digits.place.column != column + 1 || digits.text.size() != 3) break;
      written += "," + std::string{digits.text};
      meant += digits.text;
      column += 4;
    }
    if (first.token != Token::Number || written == meant) return false;
    reports_.add(Mistake::Thousands, first.place, {written, meant});
    return true;
  }

  // --- lines ------------------------------------------------------------------------------------

  void line(std::vector<Stmt*>& lines) {
    switch (now().token) {
      case Token::NewLine:
        next();
        return;
      case Token::Indent:
        reports_.add(Mistake::UnexpectedIndent, next().place);
        while (!is(Token::End) && !take(Token::Dedent)) line(lines);
        return;
      case Token::If:
        add(lines, if_());
        return;
      case Token::For:
        add(lines, for_());
        return;
      case Token::Elif:
      case Token::Else:
        stray_branch();
        return;
      case Token::Foreign:
        reports_.add(Mistake::ForeignKeyword, now().place, {now().text});
        skip_line();
        return;
      default:
        simple_line(lines);
    }
  }

  static void add(std::vector<Stmt*>& lines, Stmt* statement) {
    if (statement) lines.push_back(statement);
  }

  /// To the next line; a block that hangs on the refused one is read for its own mistakes.
  void skip_line() {
    while (!ends_line()) next();
    take(Token::NewLine);
    if (!take(Token::Indent)) return;
    std::vector<Stmt*> unused;
    while (!is(Token::End) && !take(Token::Dedent)) line(unused);
  }

  void stray_branch() {
    const Lexeme& word = next();
    reports_.add(Mistake::StrayBranch, word.place, {word.text});
    skip_line();
  }

  void simple_line(std::vector<Stmt*>& lines) {
    do {
      if (ends_line()) break;  // "a = 1;"
      Stmt* statement = simple();
      if (!statement) return skip_line();
      lines.push_back(statement);
    } while (take(Token::Semicolon));
    if (take(Token::NewLine) || ends_line()) return;
    if (!is(Token::Comma)) {
      unexpected({"줄의 끝", "the end of the line"});
    } else if (!is_thousands(tokens_[at_ - 1])) {
      reports_.add(Mistake::SeveralTargets, now().place);
    }
    skip_line();
  }

  Stmt* if_() {
    Stmt* statement = arena_.make<Stmt>(Stmt{.act = Act::If, .place = now().place});
    std::vector<Branch> branches;
    bool has_else = false;
    do {
      const Lexeme& word = next();
      bool tests = word.token != Token::Else;
      if (!tests && is(Token::If)) {
        reports_.add(Mistake::ElseIf, word.place);
        next();
        tests = true;
      }
      Expr* condition = tests ? this->condition() : nullptr;
      if (tests && !condition) condition = skip_header(word.place);
      has_else = !tests;
      branches.push_back({condition, block(word)});
    } while (!has_else && (is(Token::Elif) || is(Token::Else)));
    statement->branches = arena_.copy(branches);
    return statement;
  }

  /// To the ':' of a line whose value was refused; what stands for it, so that its block is read as one.
  Expr* skip_header(Place place) {
    while (!ends_line() && !is(Token::Colon)) next();
    return make({.node = Node::Number, .place = place});
  }

  Expr* condition() {
    Expr* value = this->value();
    if (value && is(Token::Assign)) return fails(Mistake::AssignInCondition, now().place);
    return value;
  }

  Stmt* for_() {
    const Lexeme& word = next();
    Stmt* statement = arena_.make<Stmt>(Stmt{.act = Act::For, .place = word.place});
    const Lexeme& name = now();
    const bool counts = is(Token::Name) && after(1).token == Token::In && after(2).token == Token::Name &&
                        after(2).text == "range" && after(3).token == Token::Open;
    statement->targets = arena_.copy(std::vector{Target{name.text, name.place}});
    if (counts) {
      for (int i = 0; i < 4; ++i) next();
      statement->value = value();
    }
    if (!counts || (statement->value && is(Token::Comma))) reports_.add(Mistake::NotRange, word.place);
    const bool read = statement->value && expect(Token::Close, ")");
    if (!read) statement->value = skip_header(word.place);
    ++loops_;
    statement->branches = arena_.copy(std::vector{Branch{nullptr, block(word)}});
    --loops_;
    return statement;
  }

  /// What hangs on `word`, from its ':' on.
  std::span<Stmt* const> block(const Lexeme& word) {
    std::vector<Stmt*> lines;
    if (!take(Token::Colon)) {
      if (!ends_line()) {
        unexpected("':'");
        skip_line();
        return {};
      }
      reports_.add(Mistake::MissingColon, now().place, {word.text});
    }
    if (!take(Token::NewLine)) {
      if (ends_line()) {
        reports_.add(Mistake::ExpectedBlock, word.place, {word.text});
      } else {
        simple_line(lines);
      }
      return arena_.copy(lines);
    }
    if (!take(Token::Indent)) {
      reports_.add(Mistake::ExpectedBlock, word.place, {word.text});
      return {};
    }
    while (!is(Token::End) && !take(Token::Dedent)) line(lines);
    return arena_.copy(lines);
  }

  // --- simple statements ------------------------------------------------------------------------

  Stmt* simple() {
    const Place place = now().place;
    switch (now().token) {
      case Token::Pass:
        next();
        return arena_.make<Stmt>(Stmt{.act = Act::Pass, .place = place});
      case Token::Break:
      case Token::Continue: {
        const Lexeme& word = next();
        if (loops_ == 0) return fails(Mistake::OutsideLoop, place, {word.text});
        const Act act = word.token == Token::Break ? Act::Break : Act::Continue;
        return arena_.make<Stmt>(Stmt{.act = act, .place = place});
      }
      default:
        return is_order() ? order() : assignment();
    }
  }

  bool is_order() const { return names_order(now(), after(1), after(2)) && after(3).token == Token::Open; }

  Stmt* order() {
    const Place place = now().place;
    const std::string_view text = after(2).text;
    std::size_t open = 0;
    do {
      const Token token = next().token;
      open += token == Token::Open || token == Token::OpenSquare;
      open -= token == Token::Close || token == Token::CloseSquare;
      // The lexer closes what was left open by ending the line.
    } while (!ends_line() && (open > 0 || !is_after_brackets()));
    return arena_.make<Stmt>(Stmt{.act = Act::Order, .place = place, .text = text});
  }
  bool is_after_brackets() const { return at_ > 0 && tokens_[at_ - 1].token == Token::Close; }

  Stmt* assignment() {
    const Place place = now().place;
    Expr* first = value();
    if (!first) return nullptr;
    if (const auto op = operator_of(kAugments, now().token)) {
      next();
      if (first->node != Node::Name) return fails(Mistake::BadTarget, first->place);
      Expr* by = value();
      if (!by) return lose({first});
      return arena_.make<Stmt>(Stmt{.act = Act::Augment,
                                    .op = *op,
                                    .place = place,
                                    .targets = arena_.copy(std::vector{Target{first->text, first->place}}),
                                    .value = by});
    }
    if (!is(Token::Assign)) return arena_.make<Stmt>(Stmt{.act = Act::Evaluate, .place = place, .value = first});
    std::vector<Expr*> targets;
    Expr* last = first;
    while (take(Token::Assign)) {
      targets.push_back(last);
      last = value();
      if (!last) return lose(targets);
    }
    const bool is_setting = first->node == Node::Variable || first->node == Node::Setting;
    if (is_setting && targets.size() == 1) {
      return arena_.make<Stmt>(Stmt{.act = first->node == Node::Variable ? Act::SetVariable : Act::SetSetting,
                                    .place = place,
                                    .value = last,
                                    .text = first->text,
                                    .index = static_cast<int>(first->number)});
    }
    std::vector<Target> names;
    for (const Expr* target : targets) {
      if (target->node != Node::Name) return fails(Mistake::BadTarget, target->place);
      names.push_back({target->text, target->place});
    }
    return arena_.make<Stmt>(Stmt{.act = Act::Assign, .place = place, .targets = arena_.copy(names), .value = last});
  }

  std::nullptr_t lose(const std::vector<Expr*>& targets) {
    for (const Expr* target : targets)
      if (target->node == Node::Name) lost_.push_back(target->text);
    return nullptr;
  }

  // --- values -----------------------------------------------------------------------------------

  /// Counts how deep the functions below stand in each other.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : parser_{parser} { ++parser_.depth_; }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    bool too_deep() const {
      if (parser_.depth_ <= kMostDepth) return false;
      parser_.too_deep(parser_.now().place);
      return true;
    }

   private:
    Parser& parser_;
  };

  std::nullptr_t too_deep(Place place) { return fails(Mistake::TooDeep, place, {std::to_string(kMostDepth)}); }

  Expr* make(Expr expr, const std::vector<Expr*>& operands = {}) {
    for (const Expr* operand : operands)
      expr.depth = std::max(expr.depth, static_cast<std::uint16_t>(operand->depth + 1));
    if (expr.depth > kMostDepth) return too_deep(expr.place);
    expr.operands = arena_.copy(operands);
    return arena_.make<Expr>(expr);
  }

  Expr* value() {
    const Deeper deeper{*this};
    if (deeper.too_deep()) return nullptr;
    Expr* first = any(Token::Or, Node::Or, &Parser::and_);
    if (!first || !is(Token::If)) return first;
    const Place place = next().place;
    Expr* test = any(Token::Or, Node::Or, &Parser::and_);
    if (!test) return nullptr;
    if (ends_line()) return fails(Mistake::MissingElse, now().place);
    if (!expect(Token::Else, "else")) return nullptr;
    Expr* other = value();
    if (!other) return nullptr;
    return make({.node = Node::Conditional, .place = place}, {first, test, other});
  }

  /// One operand, or a node of all that `sign` joins.
  Expr* any(Token sign, Node node, Expr* (Parser::*operand)()) {
    Expr* first = (this->*operand)();
    if (!first || !is(sign)) return first;
    const Place place = now().place;
    std::vector<Expr*> operands{first};
    while (take(sign)) {
      operands.push_back((this->*operand)());
      if (!operands.back()) return nullptr;
    }
    return make({.node = node, .place = place}, operands);
  }

  Expr* and_() { return any(Token::And, Node::And, &Parser::not_); }

  Expr* not_() {
    if (!is(Token::Not)) return comparison();
    const Deeper deeper{*this};
    if (deeper.too_deep()) return nullptr;
    const Place place = next().place;
    Expr* operand = not_();
    return operand ? make({.node = Node::Not, .place = place}, {operand}) : nullptr;
  }

  Expr* comparison() {
    Expr* first = sum();
    if (!first) return nullptr;
    const Place place = now().place;
    std::vector<Expr*> operands{first};
    std::vector<Operator> comparisons;
    for (;;) {
      std::optional<Operator> op = operator_of(kComparisons, now().token);
      if (is(Token::Not) && after(1).token == Token::In) {
        next();
        op = Operator::NotIn;
      } else if (is(Token::Is)) {
        const bool negated = after(1).token == Token::Not;
        if (after(negated ? 2 : 1).token != Token::None) return fails(Mistake::IsNotNone, now().place);
        if (negated) next();
        op = negated ? Operator::IsNotNone : Operator::IsNone;
      }
      if (!op) break;
      next();
      comparisons.push_back(*op);
      operands.push_back(sum());
      if (!operands.back()) return nullptr;
    }
    if (comparisons.empty()) return first;
    return make({.node = Node::Compare, .place = place, .comparisons = arena_.copy(comparisons)}, operands);
  }

  /// Operands joined from left to right by any of `signs`.
  Expr* chain(std::span<const Sign> signs, Expr* (Parser::*operand)()) {
    Expr* left = (this->*operand)();
    while (left) {
      const auto op = operator_of(signs, now().token);
      if (!op) break;
      const Place place = next().place;
      Expr* right = (this->*operand)();
      if (!right) return nullptr;
      left = make({.node = Node::Arithmetic, .op = *op, .place = place}, {left, right});
    }
    return left;
  }
  Expr* sum() { return chain(kSums, &Parser::product); }
  Expr* product() { return chain(kProducts, &Parser::sign); }

  Expr* sign() {
    const Place place = now().place;
    if (is(Token::Add) || is(Token::Subtract)) {
      const Deeper deeper{*this};
      if (deeper.too_deep()) return nullptr;
      const Node node = next().token == Token::Add ? Node::Plus : Node::Negate;
      Expr* operand = sign();
      return operand ? make({.node = node, .place = place}, {operand}) : nullptr;
    }
    Expr* base = atom();
    if (!base || !is(Token::Power)) return base;
    const Deeper deeper{*this};
    if (deeper.too_deep()) return nullptr;
    const Place at = next().place;
    Expr* exponent = sign();
    return exponent ? make({.node = Node::Arithmetic, .op = Operator::Power, .place = at}, {base, exponent}) : nullptr;
  }

  Expr* atom() {
    Expr* expr = bare_atom();
    if (!expr) return nullptr;
    if (is(Token::Open)) return fails(Mistake::BadCall, now().place);
    if (is(Token::OpenSquare)) {
      if (expr->node == Node::Name && (expr->text == "vars" || expr->text == "var"))
        return fails(Mistake::Attribute, expr->place, {expr->text});
      const std::string_view name = expr->node == Node::Name ? expr->text : std::string_view{"현재가"};
      const FoundWord found = find_word(name);
      const Word* word = found.word && found.word->has_history() ? found.word : find_word("현재가").word;
      return fails(
          Mistake::Subscript, now().place,
          {Said{history_name(*word, Language::Korean) + "(1)", history_name(*word, Language::English) + "(1)"}});
    }
    if (is(Token::Dot)) return fails(Mistake::Method, now().place, {"." + std::string{after(1).text}});
    return expr;
  }

  Expr* bare_atom() {
    const Lexeme& first = now();
    switch (first.token) {
      case Token::Number:
        next();
        return make({.node = Node::Number, .place = first.place, .number = first.number});
      case Token::Text:
        return text_();
      case Token::True:
      case Token::False:
      case Token::None:
        next();
        return make({.node = first.token == Token::True    ? Node::True
                             : first.token == Token::False ? Node::False
                                                           : Node::None,
                     .place = first.place});
      case Token::Name:
        return first.text == "self" ? self() : name();
      case Token::Open:
      case Token::OpenSquare:
        return bracket();
      case Token::Foreign:
        return fails(Mistake::ForeignKeyword, first.place, {first.text});
      default:
        return no_value(first);
    }
  }

  std::nullptr_t no_value(const Lexeme& found) {
    const auto before = [&](std::size_t tokens) {
      return at_ >= tokens ? tokens_[at_ - tokens].token : Token::NewLine;
    };
    const bool begins = before(1) == Token::NewLine || before(1) == Token::Indent || before(1) == Token::Dedent;
    if (begins && (found.token == Token::Divide || found.token == Token::FloorDivide))
      return fails(Mistake::ForeignComment, found.place, {found.token == Token::Divide ? "/*" : "//"});
    if (before(1) == Token::Modulo) return fails(Mistake::PerCentSign, tokens_[at_ - 1].place);
    if (!ends_line()) return fails(Mistake::ExpectedValue, found.place, {said(found)});
    for (const auto& [sign, spelled, meant] :
         {std::tuple{Token::Add, "++", "+= 1"}, std::tuple{Token::Subtract, "--", "-= 1"}})
      if (before(1) == sign && before(2) == sign)
        return fails(Mistake::ForeignOperator, tokens_[at_ - 2].place, {spelled, meant});
    return fails(Mistake::LineEndsEarly, found.place);
  }

  Expr* text_() {
    const Lexeme& first = next();
    std::string_view text = first.text;
    if (is(Token::Text)) {  // 'a' 'b' is 'ab'
      std::string joined{text};
      while (is(Token::Text)) joined += next().text;
      text = arena_.copy(joined);
    }
    return make({.node = Node::Text, .place = first.place, .text = text});
  }

  Expr* name() {
    const Lexeme& word = next();
    if (!take(Token::Open)) return make({.node = Node::Name, .place = word.place, .text = word.text});
    std::vector<Expr*> arguments;
    if (is(Token::Name) && after(1).token == Token::Assign) {
      return fails(Mistake::NamedArgument, now().place, {now().text});
    }
    if (!values(Token::Close, arguments) || !expect(Token::Close, ")")) return nullptr;
    return make({.node = Node::Call, .place = word.place, .text = word.text}, arguments);
  }

  /// Values with commas between them, up to `close`. False where one is wrong.
  bool values(Token close, std::vector<Expr*>& out) {
    while (!is(close)) {
      if (is(Token::Name) && after(1).token == Token::Assign) {
        fails(Mistake::NamedArgument, now().place, {now().text});
        return false;
      }
      out.push_back(value());
      if (!out.back()) return false;
      if (!take(Token::Comma)) break;
    }
    return true;
  }

  Expr* bracket() {
    const Lexeme& open = next();
    const bool round = open.token == Token::Open;
    const Token close = round ? Token::Close : Token::CloseSquare;
    std::vector<Expr*> inside;
    if (!values(close, inside)) return nullptr;
    const bool comma = tokens_[at_ - 1].token == Token::Comma;
    if (!expect(close, round ? ")" : "]")) return nullptr;
    if (round && inside.size() == 1 && !comma) return inside.front();
    return make({.node = Node::List, .place = open.place}, inside);
  }

  /// self.vars[1], self.indicator['RSI_timeperiod'].
  Expr* self() {
    const Lexeme& self = next();
    if (!is(Token::Dot) || after(1).token != Token::Name) return fails(Mistake::Attribute, self.place, {self.text});
    next();
    const Lexeme& name = next();
    const bool is_variable = name.text == "vars";
    if (name.text == "Buy" || name.text == "Sell")
      return fails(Mistake::MisplacedOrder, self.place, about_order(name.text));
    if (is_variable && !is(Token::OpenSquare))
      return fails(Mistake::VariableIndex, name.place, {std::to_string(kMostVariables - 1)});
    if ((!is_variable && name.text != "indicator") || !is(Token::OpenSquare))
      return fails(Mistake::Attribute, name.place, {"self." + std::string{name.text}});
    next();
    const Lexeme& key = now();
    const bool fits = key.token == (is_variable ? Token::Number : Token::Text) &&
                      (!is_variable || (key.number < kMostVariables && key.number == static_cast<int>(key.number)));
    if (!fits)
      return is_variable ? fails(Mistake::VariableIndex, key.place, {std::to_string(kMostVariables - 1)})
                         : fails(Mistake::SettingKey, key.place);
    next();
    if (is(Token::Colon)) return fails(Mistake::Slice, now().place);
    if (!expect(Token::CloseSquare, "]")) return nullptr;
    return make({.node = is_variable ? Node::Variable : Node::Setting,
                 .place = self.place,
                 .number = key.number,
                 .text = key.text});
  }

  Arena& arena_;
  std::vector<Lexeme> tokens_;
  Reports& reports_;
  std::size_t at_ = 0;
  std::uint16_t depth_ = 0;
  int loops_ = 0;
  std::vector<std::string_view> lost_;
};

}  // namespace

std::string_view spelling(Operator op) {
  constexpr std::string_view kSpelled[] = {"",   "+", "-",  "*",  "/",  "//", "%",      "**", "<",
                                           "<=", ">", ">=", "==", "!=", "in", "not in", "is", "is not"};
  return kSpelled[static_cast<std::size_t>(op)];
}

Tree parse(std::string_view source, Reports& reports) {
  Tree tree;
  std::vector<Lexeme> tokens = tokens_of(source, tree.arena, reports);
  Parser parser{tree.arena, std::move(tokens), reports};
  tree.body = parser.text();
  tree.lost = parser.lost();
  return tree;
}

}  // namespace stom::conditions
