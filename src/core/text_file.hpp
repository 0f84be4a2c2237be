// A whole file, whatever stands in it: one that the user named, also a pipe, or one of ours.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <string>

#include "core/result.hpp"

namespace stom {

/// What a person writes: settings, condition texts, lists. A file above that is another one than was meant.
inline constexpr std::size_t kMostWritten = std::size_t{16} << 20;
/// What a program writes: rows, latencies, watch lists of a long session.
inline constexpr std::size_t kMostRecorded = std::size_t{1} << 30;
/// What STOM itself wrote, and reads back as it is.
inline constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

/// Errors: there is no such file (NotFound), it is a folder or larger than that (Usage), it cannot be read (Io).
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t most_bytes = kMostWritten);

}  // namespace stom
