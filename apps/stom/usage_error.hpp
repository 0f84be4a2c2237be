// A line that is wrong: what CLI11 refuses, in words that say what was typed, why it does not fit, and what would.
#pragma once

#include "core/result.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace stom {

/// The command that the words name, as far as they name one.
const CLI::App& deepest_command(const CLI::App& app);
/// "stom data list".
std::string path_of(const CLI::App& command);

/// `stom data lsit` or `stom data list --instrumnt`: names what is unknown and the nearest thing that is known.
Error unknown_word(const CLI::App& app);
/// `stom data`: a group of commands, and none of them named.
Error missing_command(const CLI::App& group);
/// A value that is missing or does not fit.
Error bad_value(const CLI::App& app, const CLI::ParseError& error);

}  // namespace stom
