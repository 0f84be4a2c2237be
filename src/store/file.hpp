// The system calls of the store, as Results that say which file and what to do. Internal to store/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/result.hpp"

namespace stom::store {

/// An open file, closed with its owner.
class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  static Result<File> open_read(const std::filesystem::path& path);
  /// Fails where the file exists.
  static Result<File> create(const std::filesystem::path& path);
  static Result<File> open_write(const std::filesystem::path& path);

  bool is_open() const { return descriptor_ >= 0; }
  const std::filesystem::path& path() const { return path_; }
  Result<std::uint64_t> size() const;
  /// Up to bytes.size() bytes at `offset`; fewer only at the end of the file.
  Result<std::size_t> read(std::uint64_t offset, std::span<std::byte> bytes) const;
  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes);
  Result<void> truncate(std::uint64_t bytes);
  /// On return the bytes written are on the disk.
  Result<void> sync();
  /// Asks the system to begin writing what has been given to it; does not wait.
  void start_writing(std::uint64_t offset, std::uint64_t bytes);

 private:
  File(int descriptor, std::filesystem::path path) : descriptor_{descriptor}, path_{std::move(path)} {}

  int descriptor_ = -1;
  std::filesystem::path path_;
};

/// Makes creations, renames and removals inside the folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);
Result<void> make_folders(const std::filesystem::path& folder);
Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
/// Errno as an Error: "cannot write X: No space left on device", with what to do about it.
std::unexpected<Error> system_failure(const std::string& what, const std::filesystem::path& path, int error);

}  // namespace stom::store
