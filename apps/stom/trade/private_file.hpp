// Files of whoever runs the program alone: nobody else may read them, and what is written is on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace stom::trade {

/// Only where nobody else may read it. `which`: the hint where there is no such file.
Result<std::string> read_private_file(const std::filesystem::path& path, std::string_view which);

/// Whole and on the disk, or not at all: what was there before stays until then. Makes the folder.
Result<void> write_private_file(const std::filesystem::path& path, std::string_view text);

/// The same of a file that is not there yet, in a folder that is. Errc::Usage: it is there, and stays as it is.
Result<void> create_private_file(const std::filesystem::path& path, std::string_view text);

/// The same in pieces: `make` hands each to what it is given, and passes on what that says. Its own error is that of
/// the whole, and nothing is left of the file.
using PutPiece = std::function<Result<void>(std::string_view)>;
Result<void> create_private_file(const std::filesystem::path& path,
                                 const std::function<Result<void>(const PutPiece&)>& make);

/// A line behind those that are there, on the disk when it returns, or nothing of it. Makes file and folder.
Result<void> append_private_line(const std::filesystem::path& path, std::string_view line);

/// All of the bytes, from there on in an open file. False: errno says why not.
bool write_at(int file, std::string_view bytes, std::uint64_t at);

/// The names in a folder are on the disk: a file whose bytes are there may lack its name after a power cut.
Result<void> sync_names_in(const std::filesystem::path& folder);

/// Who holds it is alone. It ends with the process, however that ends; the file stays.
class FileLock {
 public:
  /// Makes file and folder. `held` and `hint`: the error where somebody holds it.
  static Result<FileLock> take(const std::filesystem::path& path, std::string_view held, std::string_view hint);
  FileLock(FileLock&& other) noexcept : file_{std::exchange(other.file_, -1)} {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_{file} {}
  int file_;
};

}  // namespace stom::trade
