// A condition text in the words of the other language. Only names that are words change: layout, comments, texts in
// quotes, the arguments of self.Buy(…) and the text's own names stay as they are. From Korean to English and back it is
// the same text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "conditions/checker.hpp"
#include "conditions/words.hpp"

namespace stom::conditions {

/// Means the same to the machine. A name of a Korean text's own that is a word of English has a '_' at its end there; a
/// text that is in that language already stays as it is. `kind`: what the text decides; not given: what its own words
/// say.
std::string translate(std::string_view source, Language to, std::optional<TextKind> kind = std::nullopt);

}  // namespace stom::conditions
