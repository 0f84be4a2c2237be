// The page of all words, from the table that the checker uses: docs/words.md and docs/words.ko.md are what it writes.
#pragma once

#include <string>

#include "conditions/words.hpp"

namespace stom::conditions {

/// In Markdown.
std::string word_page(Language language);

}  // namespace stom::conditions
