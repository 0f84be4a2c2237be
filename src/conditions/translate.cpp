#include "conditions/translate.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "conditions/lexer.hpp"
#include "conditions/parser.hpp"
#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

void own_names(std::span<Stmt* const> body, std::set<std::string, std::less<>>& names) {
  for (const Stmt* statement : body) {
    for (const Target& target : statement->targets) names.emplace(target.name);
    for (const Branch& branch : statement->branches) own_names(branch.body, names);
  }
}

std::string in_language(std::string_view name, Language to) {
  const FoundWord found = find_word(name);
  if (!found.word) return std::string{name};
  return found.history ? history_name(*found.word, to) : std::string{found.word->name(to)};
}

/// What each name becomes, different ones for those that mean different things.
std::map<std::string, std::string, std::less<>> translations(const std::vector<Lexeme>& tokens,
                                                             const std::set<std::string, std::less<>>& own,
                                                             Language to) {
  std::map<std::string, std::string, std::less<>> become;
  std::set<std::string, std::less<>> taken;
  const auto add = [&](bool of_the_text) {
    for (const Lexeme& lexeme : tokens) {
      if (lexeme.token != Token::Name || own.contains(lexeme.text) != of_the_text || become.contains(lexeme.text))
        continue;
      const FoundWord found = find_word(lexeme.text);
      const bool is_signal = found.word && found.word->kind == WordKind::Signal;
      std::string name = in_language(lexeme.text, to);
      if (of_the_text && !is_signal)
        while (taken.contains(name)) name += '_';
      taken.insert(name);
      become.emplace(lexeme.text, std::move(name));
    }
  };
  add(false);
  add(true);
  return become;
}

}  // namespace

std::string translate(std::string_view source, Language to) {
  Arena arena;
  Reports reports;
  const std::vector<Lexeme> tokens = tokens_of(source, arena, reports);
  std::set<std::string, std::less<>> own;
  const Tree tree = parse(source, reports);
  own_names(tree.body, own);
  const auto become = translations(tokens, own, to);

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
  for (const Lexeme& lexeme : tokens) {
    if (lexeme.token != Token::Name) continue;
    const auto is_before = [&] {
      return line < lexeme.place.line || (line == lexeme.place.line && column < lexeme.place.column);
    };
    while (!source.empty() && is_before()) copy_one(true);
    const auto found = become.find(lexeme.text);
    if (found == become.end()) continue;
    out += found->second;
    for (std::uint32_t i = 0; i < lexeme.place.length && !source.empty(); ++i) copy_one(false);
  }
  return out += source;
}

}  // namespace stom::conditions
