// Names of a user's own as words: lines `name: expression` and `name(a, b): expression` of the file of named conditions
// (docs/conditions.md). Where a text reads such a name, or calls it, its expression stands in its place, with what
// stands in the brackets for the parameters. So it is what writing it out would be: windows and parameters of
// indicators may be made of it, and what is wrong with it there is said where it is used. A line may use the names
// above it. A parameter comes before all, then a word of the language, then a name that the text itself assigns. A line
// means the same in every text: what the text assigns is not meant in it, and a call means no name that was assigned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/mistakes.hpp"
#include "conditions/tree.hpp"

namespace stom::conditions {

struct NamedText {
  std::string name, text;
  std::uint32_t line = 1;  // in the file of named conditions
  /// Of `name(a, b): …`. Without brackets it is a condition that 경과틱수 can name, too.
  std::optional<std::vector<std::string>> parameters{};
  std::string given{};       // the line as it stands there; empty: the text is all of it
  std::uint32_t column = 1;  // where the text begins in it, in code points

  std::string_view source() const { return given.empty() ? text : given; }
};
/// What is said of the text, at the columns of the line as it stands.
Reports in_line(const Reports& reports, const NamedText& named);

/// So many nodes at most come into a text by its names, and into all lines of a file by those above them.
inline constexpr std::size_t kMostExpanded = 20'000, kMostInFile = 200'000;

class OwnNames {
 public:
  /// `named` must live as long as what is expanded with it, and so must this.
  explicit OwnNames(std::span<const NamedText> named);
  /// Of a tree that the checker has not seen: those before `known` may be meant.
  void expand(Tree& tree, std::size_t known, Reports& reports) const;
  void expand(Tree& tree, Reports& reports) const { expand(tree, named_.size(), reports); }
  /// What is wrong with that line by itself. Of one with parameters all else is said where it is used.
  const Reports& reports(std::size_t index) const { return own_[index].reports; }

 private:
  struct Own {
    Tree tree;
    Reports reports;
    const Expr* value = nullptr;  // null: it has an error, and nobody can mean it
  };
  class Expansion;

  std::span<const NamedText> named_;
  std::map<std::string_view, std::vector<std::size_t>> lines_;  // of each name, those that give it a meaning, in order
  std::vector<Own> own_;
};

}  // namespace stom::conditions
