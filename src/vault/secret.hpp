// Bytes that nobody else may see: on pages of their own that are locked into memory, left out of core files and wiped
// at the end. With the first of them the process as a whole stops leaving core files, and no other program of the same
// user may look into it: what is signed with a key is made of it in ordinary memory, too.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace stom::vault {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);  // zeros
  explicit Secret(std::string_view text);
  Secret(Secret&& other) noexcept
      : bytes_{std::exchange(other.bytes_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  char* data() { return bytes_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {bytes_, size_}; }
  /// Forgets what is behind the first `size` bytes.
  void shorten(std::size_t size);

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace stom::vault
