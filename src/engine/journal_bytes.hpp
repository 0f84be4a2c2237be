// A journal as bytes (docs/journal.md), for who keeps them in another place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom {

inline constexpr std::string_view kJournalMagic = "STOMJRN2";  // a file begins with it; records follow
/// How many of these bytes are whole records: they begin where one does. `records`: how many those are.
std::size_t whole_records(std::string_view bytes, std::uint64_t* records = nullptr);
/// A journal up to its last whole record, also while it is written, of all its segments. Errors: not a journal, newer
/// version, a segment that is not there or is spoiled.
Result<std::string> whole_journal(const std::filesystem::path& path);

}  // namespace stom
