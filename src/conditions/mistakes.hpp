// What can be wrong with a condition text, once: code, severity, cause and remedy in both languages. The steps say
// which mistake, where, and about what (Reports::add); only this file makes sentences of it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/words.hpp"

namespace stom::conditions {

/// Where in the text as given: physical lines from 1, columns in code points from 1, Hangul not yet composed.
struct Place {
  std::uint32_t line = 1, column = 1, length = 1;
};

enum class Severity : std::uint8_t { Error, Warning };

enum class Mistake : std::uint8_t {
  // The lexer's.
  NotUtf8,
  TooLong,
  TooManyTokens,
  BadCharacter,
  FullWidth,
  ForeignOperator,
  BadNumber,
  LeadingZero,
  ClockColon,
  FrameQuotes,
  UnfinishedText,
  BadEscape,
  TextPrefix,
  UnclosedBracket,
  UnmatchedBracket,
  MixedIndent,
  NoSuchIndent,
  TooManyBlocks,
  // The parser's.
  Expected,
  ExpectedValue,
  LineEndsEarly,
  PerCentSign,
  Thousands,
  ForeignWord,
  ForeignComment,
  MissingElse,
  MissingColon,
  AssignInCondition,
  ExpectedBlock,
  UnexpectedIndent,
  StrayBranch,
  ElseIf,
  ForeignKeyword,
  BadTarget,
  SeveralTargets,
  Subscript,
  Slice,
  NamedArgument,
  BadCall,
  Attribute,
  Method,
  IsNotNone,
  NotRange,
  VariableIndex,
  SettingKey,
  TooDeep,
  OutsideLoop,
  // The checker's.
  UnknownWord,
  UnknownWordNear,
  PositionInBuy,
  OtherSignal,
  MixedSignals,
  MisplacedOrder,
  NeedsArguments,
  FieldCalled,
  NotCallable,
  ArgumentCount,
  BadFrame,
  ParameterRange,
  ParameterNotConstant,
  UnknownSetting,
  ConditionName,
  UnknownCondition,
  NestedCondition,
  VariableWithoutValue,
  VariableNotConstant,
  VariableInBlock,
  BadRange,
  LoopBound,
  LoopSteps,
  ListPlace,
  TextArithmetic,
  OneExpression,
  OnlyVariables,
  // Warnings.
  UnassignedHere,
  WindowNotWhole,
  ShadowedWord,
  OtherSignalSet,
  UnitMismatch,
  TypeClash,
  WrongMode,
  WrongMarket,
  NoEffect,
  SignalNotSet,
};
inline constexpr std::size_t kMistakes = static_cast<std::size_t>(Mistake::SignalNotSet) + 1;

struct MistakeText {
  Mistake mistake;
  Severity severity;
  std::string_view code;                                        // "unknown-word": stays as it is, scripts look at it
  std::string_view korean, english, korean_hint, english_hint;  // {0}, {1}, … are what it is about
};
const MistakeText& text_of(Mistake mistake);

/// Something that a sentence is about; a unit is called otherwise in the other language, a name is not.
struct Said {
  std::string korean, english;
  Said(std::string both) : korean{both}, english{std::move(both)} {}
  Said(std::string_view both) : Said{std::string{both}} {}
  Said(const char* both) : Said{std::string{both}} {}
  Said(std::string_view in_korean, std::string_view in_english) : korean{in_korean}, english{in_english} {}
};

/// Of MisplacedOrder, about self.Buy or self.Sell: `name` is what stands behind the dot.
std::vector<Said> about_order(std::string_view name);

struct Report {
  Mistake mistake;
  Place place;
  std::vector<Said> about;

  std::string_view code() const { return text_of(mistake).code; }
  bool is_error() const { return text_of(mistake).severity == Severity::Error; }
  std::string message(Language language) const;  // the cause, one line
  std::string hint(Language language) const;     // what to do, one line
};

/// All that was found in a text. At most kMost are kept, so that a hostile text costs no more memory than an honest
/// one; of a line only its first error and, beside one, no warning: those are mostly its echo.
class Reports {
 public:
  static constexpr std::size_t kMost = 200;

  /// Whether it was kept.
  bool add(Mistake mistake, Place place, std::vector<Said> about = {});
  /// In order of place.
  std::span<const Report> all() const { return reports_; }
  bool has_errors() const { return has_errors_; }
  /// Whether an error there would be kept: where not, its particulars need not be found.
  bool takes_error(Place place) const;
  void sort();

 private:
  std::vector<Report> reports_;
  bool has_errors_ = false;
};

/// As a compiler prints it: "FILE:3:4: error: … [code]", the line, a caret under the place, and the hint. Hangul is two
/// columns wide; what could move a terminal's cursor is shown as '?'.
std::string render(const Report& report, std::string_view source, std::string_view file, Language language);

}  // namespace stom::conditions
