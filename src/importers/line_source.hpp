// A text file line by line, plain, gzipped, or the one file of a zip archive, told apart by content. Knows its digest
// once read to the end, and says in one line what is wrong with a file that cannot be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::importers {

class LineSource {
 public:
  /// Fails on what is no readable file with bytes in it: missing, a folder, no permission, empty.
  static Result<LineSource> open(const std::filesystem::path& path);
  ~LineSource();
  LineSource(LineSource&&) noexcept;
  LineSource& operator=(LineSource&&) noexcept;

  /// The next line without its end ("\n" or "\r\n"), valid until the next call; false at the end. Fails once where the
  /// compressed bytes are damaged or end too early; what came before was given.
  Result<bool> next(std::string_view& line);

  std::uint64_t line_number() const;  // of the line given last, from 1
  std::uint64_t bytes_done() const;   // of the file as it lies on disk, for progress
  std::uint64_t bytes_total() const;
  /// SHA-256 of the file as it lies on disk. Reads what next() has not.
  Result<std::string> sha256();

 private:
  struct State;
  explicit LineSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Opens for reading, or says why not: the errors of LineSource::open(), for other readers of files.
Result<int> open_file(const std::filesystem::path& path, std::uint64_t& size);
void close_file(int file);
/// The whole file, for formats that are small or need to jump about in it.
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace stom::importers
