#include "conditions/translate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "conditions/lexer.hpp"
#include "conditions/parser.hpp"
#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

Language other_than(Language language) { return language == Language::Korean ? Language::English : Language::Korean; }

std::string in_language(std::string_view name, Language to) {
  const FoundWord found = find_word(name);
  if (!found.word) return std::string{name};
  return found.history ? history_name(*found.word, to) : std::string{found.word->name(to)};
}

/// Written as that language writes the word, and otherwise in the other one.
bool is_word_of(std::string_view name, Language language) {
  return in_language(name, language) == name && in_language(name, other_than(language)) != name;
}

bool is_signal(std::string_view name) {
  const FoundWord found = find_word(name);
  return found.word && found.word->kind == WordKind::Signal;
}

/// What the text decides, by either of its names. The other kind's signal is a name of the text's own, and in each
/// language another one.
bool is_decided(std::string_view name, TextKind kind) {
  if (!is_signal(name)) return false;
  const bool is_text = kind == TextKind::Buy || kind == TextKind::Sell;
  return !is_text || is_for_buying(*find_word(name).word) == (kind == TextKind::Buy);
}

void own_names(std::span<Stmt* const> body, std::set<std::string, std::less<>>& names) {
  for (const Stmt* statement : body) {
    for (const Target& target : statement->targets) names.emplace(target.name);
    for (const Branch& branch : statement->branches) own_names(branch.body, names);
  }
}

/// Whether a text assigns a name before it reads it.
class AssignedFirst {
 public:
  explicit AssignedFirst(std::string_view name) : name_{name} {}
  /// Then it never is the word of that name.
  bool on_every_path(std::span<Stmt* const> body) {
    (void)block(body, false);
    return !is_read_;
  }
  /// To each place where it is read: then the checker takes it for a name of the text's own.
  bool on_some_path(std::span<Stmt* const> body) {
    of_some_ = true;
    return on_every_path(body);
  }

 private:
  /// What was assigned before, and after.
  bool block(std::span<Stmt* const> body, bool assigned) {
    for (const Stmt* inner : body) assigned = statement(*inner, assigned);
    return assigned;
  }

  bool statement(const Stmt& statement, bool assigned) {
    const bool assigns = std::ranges::find(statement.targets, name_, &Target::name) != statement.targets.end();
    if (!assigned && statement.value) read(*statement.value);
    switch (statement.act) {
      case Act::Assign:
        return assigned || assigns;
      case Act::Augment:
        is_read_ = is_read_ || (assigns && !assigned);
        return assigned || assigns;
      case Act::For: {  // maybe not once; the end of its body comes before its beginning
        std::set<std::string, std::less<>> inside;
        if (of_some_) own_names(statement.branches[0].body, inside);
        const bool on_some = assigned || assigns || inside.contains(name_);
        (void)block(statement.branches[0].body, on_some);
        return of_some_ ? on_some : assigned;
      }
      case Act::If: {
        bool in_each = true, in_some = false, has_else = false;
        for (const Branch& branch : statement.branches) {
          has_else = has_else || !branch.condition;
          if (!assigned && branch.condition) read(*branch.condition);
          const bool in_this = block(branch.body, assigned);
          in_each = in_each && in_this;
          in_some = in_some || in_this;
        }
        return assigned || (of_some_ ? in_some : in_each && has_else);
      }
      default:
        return assigned;
    }
  }

  void read(const Expr& expr) {
    is_read_ = is_read_ || (expr.node == Node::Name && expr.text == name_);
    for (const Expr* operand : expr.operands) read(*operand);
  }

  std::string_view name_;
  bool of_some_ = false;
  bool is_read_ = false;
};

/// Of each token whether it stands in the brackets of self.Buy(…) or self.Sell(…), which nobody reads.
std::vector<bool> arguments_of_orders(const std::vector<Lexeme>& tokens) {
  std::vector<bool> all(tokens.size(), false);
  for (std::size_t i = 0; i + 3 < tokens.size(); ++i) {
    if (!names_order(tokens[i], tokens[i + 1], tokens[i + 2]) || tokens[i + 3].token != Token::Open) continue;
    std::size_t open = 0;
    for (i += 3; i < tokens.size() && tokens[i].token != Token::NewLine; ++i) {
      const Token token = tokens[i].token;
      all[i] = true;
      open += token == Token::Open || token == Token::OpenSquare;
      open -= token == Token::Close || token == Token::CloseSquare;
      if (open == 0) break;
    }
  }
  return all;
}

/// A name of the text's own. One that is spelled as a word of English, which it is not in a Korean text, is kept apart
/// from that word in English by a '_', and loses it on the way back. Where the text may read it before it assigns it,
/// it is the word until then, and has to stay one: it takes the word's other name, which the way back turns round.
std::string own_name(std::string_view name, Language to, std::span<Stmt* const> body, TextKind kind) {
  const std::size_t end = name.find_last_not_of('_') + 1;
  const std::string_view stem = name.substr(0, end), shorter = name.substr(0, std::max(end, name.size() - 1));
  const bool resembles = is_word_of(stem, Language::English);
  if (is_decided(name, kind) || (!resembles && !is_word_of(name, to))) return in_language(name, to);
  const bool is_word_at_first = !is_signal(stem) && !AssignedFirst{name}.on_every_path(body);
  if (is_word_at_first) return in_language(name, is_word_of(name, to) ? other_than(to) : to);
  if (resembles && to == Language::English) return std::string{name} + '_';
  if (!resembles || end == name.size() || is_decided(shorter, kind)) return in_language(name, to);
  // A signal that is read before the text assigns it is none of its names.
  if (is_signal(shorter) && !AssignedFirst{name}.on_some_path(body)) return std::string{name};
  return std::string{shorter};
}

/// What each token that is a name becomes, different ones for those that mean different things; empty: it stays.
std::vector<std::string> translations(const std::vector<Lexeme>& tokens, std::span<Stmt* const> body, Language to,
                                      TextKind kind) {
  std::set<std::string, std::less<>> own;
  own_names(body, own);
  const std::vector<bool> unread = arguments_of_orders(tokens);
  const auto is_name = [&](std::size_t i) { return tokens[i].token == Token::Name && !unread[i]; };
  // A call means the word, whatever the text assigns to its name.
  const auto is_own = [&](std::size_t i) { return own.contains(tokens[i].text) && tokens[i + 1].token != Token::Open; };

  std::vector<std::string> become(tokens.size());
  std::map<std::string, std::string_view, std::less<>> taken;  // by a name, the one that became it
  bool is_other_language = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!is_name(i)) continue;
    std::string name = in_language(tokens[i].text, to);
    is_other_language = is_other_language || name != tokens[i].text;
    if (is_own(i)) continue;
    taken.emplace(name, tokens[i].text);
    become[i] = std::move(name);
  }
  if (!is_other_language) return std::vector<std::string>(tokens.size());

  std::map<std::string_view, std::string> own_become;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!is_name(i) || !is_own(i)) continue;
    const std::string_view as_given = tokens[i].text;
    const auto [at, is_new] = own_become.try_emplace(as_given);
    if (is_new) {
      std::string name = own_name(as_given, to, body, kind);
      const auto is_taken = [&] {
        const auto found = taken.find(name);
        return found != taken.end() && found->second != as_given;
      };
      // Where both languages' names of a word stand in one text, the other name is as good, and still the word.
      if (is_taken()) name = in_language(as_given, other_than(to));
      while (!is_decided(as_given, kind) && is_taken()) name += '_';
      taken.emplace(name, as_given);
      at->second = std::move(name);
    }
    become[i] = at->second;
  }
  return become;
}

}  // namespace

std::string translate(std::string_view source, Language to, std::optional<TextKind> kind) {
  Arena arena;
  Reports reports;
  const std::vector<Lexeme> tokens = tokens_of(source, arena, reports);
  Tree tree = parse(source, reports);
  CheckOptions options;
  options.kind = kind;
  const std::vector<std::string> become = translations(tokens, tree.body, to, check(tree, options, reports).kind);

  std::string out;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // of the file: no column of the text
  if (source.starts_with(kByteOrderMark)) {
    out += kByteOrderMark;
    source.remove_prefix(kByteOrderMark.size());
  }
  std::uint32_t line = 1, column = 1;
  const auto copy_one = [&](bool keep) {
    const std::size_t length = std::max<std::size_t>(1, utf8_length(source));
    const bool both = source.starts_with("\r\n");
    const std::string_view bytes = source.substr(0, both ? 2 : length);
    if (keep) out += bytes;
    source.remove_prefix(bytes.size());
    if (bytes == "\n" || bytes == "\r" || both) {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (become[i].empty()) continue;
    const Place& place = tokens[i].place;
    const auto is_before = [&] { return line < place.line || (line == place.line && column < place.column); };
    while (!source.empty() && is_before()) copy_one(true);
    out += become[i];
    for (std::uint32_t k = 0; k < place.length && !source.empty(); ++k) copy_one(false);
  }
  return out += source;
}

}  // namespace stom::conditions
