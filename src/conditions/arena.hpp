// Memory of one text's tree: handed out in a row, freed as one. What lies in it has no destructor and keeps its address
// when the arena is moved.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/assert.hpp"

namespace stom::conditions {

class Arena {
 public:
  /// More than the longest text allowed can need (lexer.hpp has the limits): beyond it is our bug.
  static constexpr std::size_t kMost = std::size_t{64} << 20;

  template <class T, class... Arguments>
    requires std::is_trivially_destructible_v<T>
  T* make(Arguments&&... arguments) {
    return new (take(sizeof(T), alignof(T))) T{std::forward<Arguments>(arguments)...};
  }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  std::span<T> copy(const std::vector<T>& values) {
    if (values.empty()) return {};
    T* first = static_cast<T*>(take(std::span{values}.size_bytes(), alignof(T)));
    std::uninitialized_copy(values.begin(), values.end(), first);
    return {first, values.size()};
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* first = static_cast<char*>(take(text.size(), 1));
    std::ranges::copy(text, first);
    return {first, text.size()};
  }

  std::size_t bytes() const { return bytes_; }

 private:
  // Most texts are a few lines, of which a run reads several; a long one soon has blocks that are long.
  static constexpr std::size_t kFirstBlock = std::size_t{2} << 10, kLongestBlock = std::size_t{64} << 10;

  void* take(std::size_t size, std::size_t alignment) {
    void* at = next_;
    if (!at || !std::align(alignment, size, at, left_)) {
      const std::size_t block = std::max(std::clamp(bytes_, kFirstBlock, kLongestBlock), size + alignment);
      bytes_ += block;
      STOM_ASSERT(bytes_ <= kMost);
      at = blocks_.emplace_back(std::make_unique_for_overwrite<std::byte[]>(block)).get();
      left_ = block;
      at = std::align(alignment, size, at, left_);
    }
    next_ = static_cast<std::byte*>(at) + size;
    left_ -= size;
    return at;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0, bytes_ = 0;
};

}  // namespace stom::conditions
