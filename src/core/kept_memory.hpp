// Memory that outlives its process: a file that is mapped. What a thread has stored there the system has at that
// moment, without a call: a process that is killed leaves all of it. A machine that loses power may not.
//
// The file takes all its blocks as it is made, so that a full disk is an error there, and no signal at some store.
// Nobody may cut it short. Where a file system maps no files (some of networks), it is memory like any other, and
// outlives() says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

#include "core/result.hpp"

namespace stom {

class KeptMemory {
 public:
  static constexpr std::size_t kPage = 4096;

  /// A new file of so many zeros, for its owner alone. Errors: it is there already; the disk has no room for it.
  static Result<KeptMemory> create(const std::filesystem::path& path, std::size_t bytes);
  /// What another process has left, and whether what is stored there is in the file as well. Errors: Errc::NotFound
  /// where there is none; it cannot be read.
  enum class Stores : std::uint8_t { InTheFile, Here };
  static Result<KeptMemory> open(const std::filesystem::path& path, Stores stores);
  KeptMemory(KeptMemory&& other) noexcept;
  KeptMemory& operator=(KeptMemory&& other) noexcept;
  ~KeptMemory();  // the file stays

  std::span<std::byte> bytes() const { return bytes_; }
  bool outlives() const { return !path_.empty(); }
  /// The file is not needed any more; the memory is good until the end.
  void forget();

  /// Stores to `some` of it (whole pages) need no help of the system from here on: it is there.
  static void touch(std::span<std::byte> some);
  /// The system may have it back. It stays what it is.
  static void rest(std::span<std::byte> some);

 private:
  KeptMemory(std::span<std::byte> bytes, std::filesystem::path path) : bytes_{bytes}, path_{std::move(path)} {}

  std::span<std::byte> bytes_;
  std::filesystem::path path_;  // empty: there is no file
};

/// Nothing that stands behind it in the program is stored before what stands before it. For who is killed between them
/// that is enough: a thread stops between two of its steps.
void store_in_order();

}  // namespace stom
