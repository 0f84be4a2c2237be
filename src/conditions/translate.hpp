// A condition text in the words of the other language. Only names that are words change: layout, comments, texts in
// quotes and the text's own names stay as they are.
#pragma once

#include <string>
#include <string_view>

#include "conditions/words.hpp"

namespace stom::conditions {

/// Means the same to the machine. A name of the text's own that would become a word's is given a '_' at its end.
std::string translate(std::string_view source, Language to);

}  // namespace stom::conditions
