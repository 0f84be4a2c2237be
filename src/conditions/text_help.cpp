#include "conditions/text_help.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "conditions/hangul.hpp"
#include "conditions/lexer.hpp"

namespace stom::conditions {
namespace {

struct Tokens {
  explicit Tokens(std::string_view source) : all{tokens_of(source, arena, reports)} {}
  Arena arena;
  Reports reports;
  std::vector<Lexeme> all;
};

bool is_layout(Token token) {
  return token == Token::NewLine || token == Token::Indent || token == Token::Dedent || token == Token::End;
}
bool is_keyword(Token token) { return token >= Token::If && token <= Token::Foreign; }
bool is_name(const Lexeme& lexeme, std::string_view name) { return lexeme.token == Token::Name && lexeme.text == name; }

/// Of `self.vars[3]` and `self.indicator['RSI_timeperiod']` the first of its six tokens, where `at` is one of them.
std::optional<std::size_t> subscript_around(std::span<const Lexeme> tokens, std::size_t at, std::string_view of) {
  constexpr std::size_t kTokens = 6;
  for (std::size_t back = 0; back < kTokens && back <= at; ++back) {
    const std::size_t first = at - back;
    if (first + kTokens > tokens.size()) continue;
    const auto one = tokens.subspan(first, kTokens);
    if (is_name(one[0], "self") && one[1].token == Token::Dot && is_name(one[2], of) &&
        one[3].token == Token::OpenSquare && one[5].token == Token::CloseSquare)
      return first;
  }
  return std::nullopt;
}

std::optional<int> variable_around(std::span<const Lexeme> tokens, std::size_t at) {
  const auto first = subscript_around(tokens, at, "vars");
  if (!first) return std::nullopt;
  const double index = tokens[*first + 4].number;
  if (tokens[*first + 4].token != Token::Number || !(index >= 0 && index < kMostVariables)) return std::nullopt;
  return static_cast<int>(index);
}

bool is_elapsed(const Lexeme& lexeme) {
  const Word* word = lexeme.token == Token::Name ? find_word(lexeme.text).word : nullptr;
  return word && word->kind == WordKind::Elapsed;
}
bool is_condition_name(std::span<const Lexeme> tokens, std::size_t at) {
  return at >= 2 && tokens[at].token == Token::Text && tokens[at - 1].token == Token::Open &&
         is_elapsed(tokens[at - 2]);
}

/// Whether a name is made here: assigned, or what a loop counts with.
bool makes(std::span<const Lexeme> tokens, std::size_t at) {
  if (tokens[at].token != Token::Name) return false;
  if (at > 0 && tokens[at - 1].token == Token::Dot) return false;
  return (at + 1 < tokens.size() && tokens[at + 1].token == Token::Assign) ||
         (at > 0 && tokens[at - 1].token == Token::For);
}

/// The token that the place is in; at the border of two the one that has a meaning of its own.
std::optional<std::size_t> token_at(std::span<const Lexeme> tokens, Place place) {
  std::optional<std::size_t> touched;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Place at = tokens[i].place;
    if (is_layout(tokens[i].token) || at.line != place.line || at.column > place.column) continue;
    if (place.column < at.column + at.length) return tokens[i].token == Token::Name || !touched ? i : touched;
    if (place.column == at.column + at.length && tokens[i].token == Token::Name) touched = i;
  }
  return touched;
}

std::string in(Language language, std::string_view korean, std::string_view english) {
  return std::string{language == Language::Korean ? korean : english};
}

/// In Markdown, whatever a text says.
std::string code(std::string_view line) {
  constexpr std::size_t kMost = 200;
  const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(first);
  std::size_t end = 0;
  while (end < line.size() && end < kMost) end += std::max<std::size_t>(1, utf8_length(line.substr(end)));
  return "\n```stom\n" + std::string{line.substr(0, end)} + (end < line.size() ? "…" : "") + "\n```";
}

// --- completion -------------------------------------------------------------------------------------

/// The text up to where it is asked, as what is behind does not say what may stand there.
class Completer {
 public:
  Completer(const LineText& text, std::size_t offset, const Asker& asker)
      : text_{text}, offset_{offset}, asker_{asker}, before_{std::string_view{text.text()}.substr(0, offset)} {
    while (!before_.all.empty() && is_layout(before_.all.back().token)) before_.all.pop_back();
    out_.first = offset;
  }

  Completions all() {
    const auto& tokens = before_.all;
    const Place here = text_.place(offset_);
    const bool ends_here = !tokens.empty() && tokens.back().place.line == here.line &&
                           tokens.back().place.column + tokens.back().place.length == here.column;
    if (is_in_open_text(ends_here)) {
      inside_text();
      return std::move(out_);
    }
    std::size_t end = tokens.size();
    if (ends_here) {
      const Lexeme& last = tokens.back();
      if (last.token == Token::Number || last.token == Token::Text) return std::move(out_);
      if (last.token == Token::Name || is_keyword(last.token)) {
        --end;
        typed_ = last.place;
        out_.first = text_.offset(last.place);
        prefix_ = composed_text(typed(out_.first));
      }
    } else if (is_in_comment(here)) {
      return std::move(out_);
    }
    if (end >= 2 && tokens[end - 1].token == Token::Dot && is_name(tokens[end - 2], "self")) {
      after_self();
    } else if (end == 0 || tokens[end - 1].token != Token::Dot) {
      everything();
    }
    return std::move(out_);
  }

 private:
  static constexpr std::string_view kKeywords[] = {"if",  "elif", "else",  "and",      "or",   "not",   "in",  "is",
                                                   "for", "pass", "break", "continue", "True", "False", "None"};

  /// Whether the quotes that were opened last are still open. The text ends where it is asked, so what is open is its
  /// last token.
  bool is_in_open_text(bool last_ends_here) const {
    if (before_.all.empty() || before_.all.back().token != Token::Text) return false;
    const std::string_view rest = typed(text_.offset(before_.all.back().place));
    for (const std::string_view triple : {"\"\"\"", "'''"})
      if (rest.starts_with(triple)) return rest.find(triple, triple.size()) == std::string_view::npos;
    return last_ends_here && (rest.size() < 2 || rest.back() != rest.front());
  }

  std::string_view typed(std::size_t from) const {
    return std::string_view{text_.text()}.substr(from, offset_ - std::min(from, offset_));
  }

  /// What is behind the last token and is no space.
  bool is_in_comment(Place here) const {
    std::size_t from = text_.offset(Place{here.line, 1, 1});
    if (!before_.all.empty() && before_.all.back().place.line == here.line) {
      const Place last = before_.all.back().place;
      from = text_.offset(Place{last.line, last.column + last.length, 1});
    }
    return typed(from).contains('#');
  }

  /// Between quotes: keys of self.indicator, names of conditions, lengths of bars.
  void inside_text() {
    const auto& tokens = before_.all;
    const std::size_t at = tokens.size() - 1;
    out_.first = text_.offset(tokens[at].place) + 1;
    if (out_.first > offset_) return;
    prefix_ = composed_text(typed(out_.first));
    if (at >= 2 && tokens[at - 1].token == Token::OpenSquare && is_name(tokens[at - 2], "indicator")) {
      for (std::string& key : setting_keys()) {
        const FoundSetting found = find_setting(key);
        std::string detail = setting_value(found.setting->standard) + " (" + setting_value(found.setting->least) +
                             " … " + setting_value(found.setting->most) + ")";
        add({key, Offer::Setting, std::move(detail), setting_help(found, asker_.language), key});
      }
    } else if (is_condition_name(tokens, at)) {
      for (const std::string& name : asker_.conditions)
        add({name, Offer::Text, in(asker_.language, "이름 붙인 조건", "named condition"), "", name});
    } else if (tokens[at - (at > 0 ? 1 : 0)].token == Token::Comma || (at > 0 && tokens[at - 1].token == Token::Open)) {
      for (const std::string_view frame : {"30s", "1m", "3m", "5m", "10m", "15m", "30m", "1h"})
        add({std::string{frame}, Offer::Text, in(asker_.language, "봉의 길이", "length of a bar"), "",
             std::string{frame}});
    }
  }

  void after_self() {
    const auto snippet = [&](std::string_view plain, std::string_view filled) {
      return std::string{asker_.snippets ? filled : plain};
    };
    add({"vars", Offer::Local, in(asker_.language, "변수 self.vars[1]", "variable self.vars[1]"), "",
         snippet("vars[", "vars[${1:1}]"), asker_.snippets});
    add({"indicator", Offer::Local, in(asker_.language, "지표의 설정", "setting of an indicator"), "",
         snippet("indicator[", "indicator['${1:RSI_timeperiod}']"), asker_.snippets});
  }

  void everything() {
    const Tokens whole{text_.text()};
    std::size_t korean = 0, english = 0;
    std::set<std::string_view> own;
    for (std::size_t i = 0; i < whole.all.size(); ++i) {
      const Lexeme& lexeme = whole.all[i];
      if (lexeme.token != Token::Name) continue;
      const FoundWord found = find_word(lexeme.text);
      if (found.word && found.word->korean != found.word->english)
        ++(static_cast<unsigned char>(lexeme.text.front()) >= 0x80 ? korean : english);
      const bool is_typed = typed_ && lexeme.place.line == typed_->line && lexeme.place.column == typed_->column;
      if (makes(whole.all, i) && !is_typed && !found.word) own.insert(lexeme.text);
    }
    const Language words_in = korean == english  ? asker_.language
                              : korean > english ? Language::Korean
                                                 : Language::English;
    for (const std::string_view name : own)
      add({std::string{name}, Offer::Local, in(asker_.language, "이 조건식의 이름", "name of this text"), "",
           std::string{name}});
    for (const Word& word : words()) {
      if (word.kind == WordKind::Position && asker_.kind != TextKind::Sell) continue;
      if (word.kind == WordKind::Signal && is_for_buying(word) != (asker_.kind == TextKind::Buy)) continue;
      for (const Language language : {words_in, words_in == Language::Korean ? Language::English : Language::Korean}) {
        if (language != words_in && (prefix_.empty() || word.korean == word.english)) continue;
        add_word({&word, false}, std::string{word.name(language)});
        if (word.has_history() && !prefix_.empty()) add_word({&word, true}, history_name(word, language));
      }
    }
    for (const std::string_view keyword : kKeywords)
      add({std::string{keyword}, Offer::Keyword, "", "", std::string{keyword}});
    add({"self", Offer::Keyword, "self.vars, self.indicator", "", "self."});
  }

  void add_word(const FoundWord& found, std::string name) {
    if (!matches(name)) return;
    const Word& word = *found.word;
    Completion item{name, Offer::Field, "", "", name};
    const Signature signature = signature_of(found, name, asker_.language);
    item.detail = word_line(word, asker_.language);
    if (!signature.parameters.empty()) item.detail = signature.label().substr(name.size()) + " · " + item.detail;
    item.help = word_help(found, name, asker_.language);
    if (found.history || word.kind == WordKind::Window || word.kind == WordKind::Elapsed ||
        word.kind == WordKind::Function) {
      item.offer = Offer::Call;
      item.insert = name + (asker_.snippets ? "(" + place_to_fill(found) + ")" : "(");
      item.is_snippet = asker_.snippets;
    } else if (word.kind == WordKind::Position) {
      item.offer = Offer::Position;
    } else if (word.kind == WordKind::Signal) {
      item.offer = Offer::Signal;
    } else if (word.kind == WordKind::Indicator) {
      item.offer = Offer::Call;
    }
    out_.items.push_back(std::move(item));
  }

  std::string place_to_fill(const FoundWord& found) const {
    if (found.history) return "${1:1}";
    if (found.word->kind == WordKind::Window) return "${1:30}";
    if (found.word->kind == WordKind::Elapsed) return "'${1:" + in(asker_.language, "이름", "name") + "}'";
    return "${1:x}";
  }

  void add(Completion item) {
    if (matches(item.label)) out_.items.push_back(std::move(item));
  }

  /// What begins with what was typed, in either case; from two letters on also what has it inside.
  bool matches(std::string_view name) const {
    const auto same = [](char a, char b) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
      return lower(a) == lower(b);
    };
    const auto found = std::ranges::search(name, prefix_, same);
    if (prefix_.empty() || (!found.empty() && found.begin() == name.begin())) return true;
    return !found.empty() && prefix_.size() > std::max<std::size_t>(1, utf8_length(prefix_));
  }

  const LineText& text_;
  std::size_t offset_;
  const Asker& asker_;
  Tokens before_;
  std::string prefix_;
  std::optional<Place> typed_;  // of the name that is being written
  Completions out_;
};

}  // namespace

Completions completions_at(const LineText& text, std::size_t offset, const Asker& asker) {
  return Completer{text, offset, asker}.all();
}

// --- hover ------------------------------------------------------------------------------------------

std::optional<Hover> hover_at(const LineText& text, std::size_t offset, const Asker& asker) {
  const Tokens tokens{text.text()};
  const auto at = token_at(tokens.all, text.place(offset));
  if (!at) return std::nullopt;
  const Lexeme& lexeme = tokens.all[*at];
  const auto made_at = [&](const Reference& reference) {
    const auto place = definition_in(text, reference);
    if (!place) return std::string{};
    const std::string line = std::to_string(place->line);
    return "\n\n" + in(asker.language, line + "번째 줄:", "Line " + line + ":") + "\n" +
           code(text.line(place->line - 1));
  };
  if (const auto index = variable_around(tokens.all, *at)) {
    const auto first = *subscript_around(tokens.all, *at, "vars");
    const Place start = tokens.all[first].place, end = tokens.all[first + 5].place;
    const Place whole = start.line == end.line ? Place{start.line, start.column, end.column + 1 - start.column} : start;
    std::string help = "**`self.vars[" + std::to_string(*index) + "]`** · " + in(asker.language, "변수", "variable");
    if (*index == 0)
      help += "\n\n" + in(asker.language, "조건식이 시작하는 행 수 (기본값 30)",
                          "rows of the day before the text runs; 30 where nobody says");
    return Hover{whole, help + made_at({Reference::Of::Variable, "", *index})};
  }
  if (lexeme.token == Token::Text) {
    const bool is_key = subscript_around(tokens.all, *at, "indicator").has_value();
    const FoundSetting found = is_key ? find_setting(lexeme.text) : FoundSetting{};
    if (!found.setting) return std::nullopt;
    return Hover{lexeme.place, setting_help(found, asker.language)};
  }
  if (lexeme.token != Token::Name) return std::nullopt;
  if (const FoundWord found = find_word(lexeme.text); found.word)
    return Hover{lexeme.place, word_help(found, lexeme.text, asker.language)};
  const std::string made = made_at({Reference::Of::Local, std::string{lexeme.text}});
  if (made.empty()) return std::nullopt;
  return Hover{lexeme.place, "**`" + std::string{lexeme.text} + "`** · " +
                                 in(asker.language, "이 조건식의 이름", "name of this text") + made};
}

// --- arguments --------------------------------------------------------------------------------------

std::optional<ActiveSignature> signature_at(const LineText& text, std::size_t offset, const Asker& asker) {
  const Tokens before{std::string_view{text.text()}.substr(0, offset)};
  std::size_t at = before.all.size();
  while (at > 0 && is_layout(before.all[at - 1].token)) --at;
  std::size_t closed = 0, commas = 0;
  for (; at > 0; --at) {
    const Lexeme& lexeme = before.all[at - 1];
    if (lexeme.token == Token::NewLine) return std::nullopt;
    if (lexeme.token == Token::Close || lexeme.token == Token::CloseSquare) ++closed;
    if (lexeme.token == Token::Comma && closed == 0) ++commas;
    if (lexeme.token != Token::Open && lexeme.token != Token::OpenSquare) continue;
    if (closed > 0) {
      --closed;
      continue;
    }
    const bool is_call = lexeme.token == Token::Open && at >= 2 && before.all[at - 2].token == Token::Name;
    const FoundWord found = is_call ? find_word(before.all[at - 2].text) : FoundWord{};
    Signature signature = found.word ? signature_of(found, before.all[at - 2].text, asker.language) : Signature{};
    if (!signature.parameters.empty()) {
      const std::size_t last = signature.parameters.size() - 1;
      return ActiveSignature{std::move(signature), std::min(commas, last)};
    }
    commas = 0;  // brackets of a value: what stands around them may be a call
  }
  return std::nullopt;
}

// --- definitions ------------------------------------------------------------------------------------

std::optional<Reference> reference_at(const LineText& text, std::size_t offset) {
  const Tokens tokens{text.text()};
  const auto at = token_at(tokens.all, text.place(offset));
  if (!at) return std::nullopt;
  if (const auto index = variable_around(tokens.all, *at)) return Reference{Reference::Of::Variable, "", *index};
  const Lexeme& lexeme = tokens.all[*at];
  if (is_condition_name(tokens.all, *at)) return Reference{Reference::Of::Condition, std::string{lexeme.text}};
  if (lexeme.token == Token::Name) return Reference{Reference::Of::Local, std::string{lexeme.text}};
  return std::nullopt;
}

std::optional<Place> definition_in(const LineText& text, const Reference& reference) {
  const Tokens tokens{text.text()};
  for (std::size_t i = 0; i < tokens.all.size(); ++i) {
    const Lexeme& lexeme = tokens.all[i];
    if (reference.of == Reference::Of::Local) {
      if (makes(tokens.all, i) && lexeme.text == reference.name) return lexeme.place;
    } else if (reference.of == Reference::Of::Variable && is_name(lexeme, "self")) {
      const auto first = subscript_around(tokens.all, i, "vars");
      const bool is_set = first == i && i + 6 < tokens.all.size() && tokens.all[i + 6].token == Token::Assign;
      if (is_set && variable_around(tokens.all, i) == reference.index) return lexeme.place;
    }
  }
  return std::nullopt;
}

}  // namespace stom::conditions
