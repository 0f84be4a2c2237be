// What an editor asks about a place in a condition text: what may stand there, what stands there, which arguments a
// call takes, and where a name was made. Also of texts with errors, as those are what is being typed: the tokens are
// enough for all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/line_text.hpp"
#include "conditions/word_help.hpp"
#include "conditions/words.hpp"

namespace stom::conditions {

/// Who asks, and of which kind of text.
struct Asker {
  Language language = Language::English;
  TextKind kind = TextKind::Buy;
  std::span<const std::string> conditions;  // names for 경과틱수
  bool snippets = false;                    // places to fill in may stand in what is inserted
};

enum class Offer : std::uint8_t { Field, Call, Position, Signal, Local, Keyword, Setting, Text };

struct Completion {
  std::string label;
  Offer offer = Offer::Field;
  std::string detail;  // one line: unit and meaning
  std::string help;    // Markdown
  std::string insert;  // with snippets `${1:30}` is a place to fill in
  bool is_snippet = false;
};
struct Completions {
  std::size_t first = 0;  // what is replaced begins here and ends where it was asked; bytes
  std::vector<Completion> items;
};
Completions completions_at(const LineText& text, std::size_t offset, const Asker& asker);

struct Hover {
  Place place;
  std::string help;  // Markdown
};
std::optional<Hover> hover_at(const LineText& text, std::size_t offset, const Asker& asker);

struct ActiveSignature {
  Signature signature;
  std::size_t parameter = 0;  // that is being written
};
std::optional<ActiveSignature> signature_at(const LineText& text, std::size_t offset, const Asker& asker);

/// What a place refers to that is made somewhere else.
struct Reference {
  enum class Of : std::uint8_t { Local, Variable, Condition };
  Of of = Of::Local;
  std::string name;  // of a local or a condition
  int index = 0;     // of self.vars
};
std::optional<Reference> reference_at(const LineText& text, std::size_t offset);
/// Where it is made in this text: its first assignment.
std::optional<Place> definition_in(const LineText& text, const Reference& reference);

}  // namespace stom::conditions
