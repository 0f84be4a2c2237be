// What an editor shows of a word, from the table that the checker and the pages of words use: its meaning, unit and
// arguments. Markdown, in the reader's language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conditions/words.hpp"

namespace stom::conditions {

/// How a call is written: name(parameters[0], parameters[1], …).
struct Signature {
  std::string name;
  std::vector<std::string> parameters;  // as "rows", "ago = 0"; optional ones have their value
  std::string about;                    // what they are, one line

  std::string label() const;
};
/// Without parameters where the word takes none.
Signature signature_of(const FoundWord& found, std::string_view written, Language language);

/// "price · last price"
std::string word_line(const Word& word, Language language);
std::string word_help(const FoundWord& found, std::string_view written, Language language);
/// Of 'RSI_timeperiod'.
std::string setting_help(const FoundSetting& found, Language language);

/// Where a word has a value: " (stocks)", " (minute rows)"; empty where everywhere.
std::string where(const Word& word, Language language);
/// A bound or a standard value of a setting; "-" where there is no bound.
std::string setting_value(double value);

}  // namespace stom::conditions
