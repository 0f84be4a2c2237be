// The files of a pair of condition texts, and how what is wrong with them is told: what the commands of `stom
// condition` share.
#pragma once

#include <string>

#include "command.hpp"
#include "conditions/pair.hpp"
#include "core/result.hpp"

namespace stom {

struct PairFiles {
  std::string buy, sell, variables, named;  // paths; empty: none
};

Result<conditions::PairTexts> read_pair(const PairFiles& files, conditions::Market market);

conditions::Language language_of(const Session& session);

/// What scripts are given of a text: {"errors":[…],"warnings":[…],"words":{…},"vars":[…]}.
std::string json_of(const conditions::Reports& reports, const conditions::Checked& checked,
                    conditions::Language language, std::uint32_t first_line = 1);

/// As conditions::render does; `source` begins in that line of the file, and columns are those of `source`.
std::string rendered(conditions::Report report, std::string_view source, std::uint32_t first_line,
                     std::string_view file, conditions::Language language);

/// With --json the object of the first text with errors, as lint prints it; else every report of every text.
int refuse(const Session& session, const PairFiles& files, const conditions::PairResult& result);

}  // namespace stom
