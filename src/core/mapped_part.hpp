// A part of a file where the system has it, without a copy: what is gone through once, and is large. All of it is
// brought there as this is made: a disk that cannot be read says so here, and not by a signal where somebody looks at
// the bytes. Nobody may cut the file short meanwhile: a session's folder has one owner.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stom {

class MappedPart {
 public:
  /// `from`: a multiple of any page.
  MappedPart([[maybe_unused]] int file, [[maybe_unused]] std::uint64_t from, [[maybe_unused]] std::size_t size) {
#ifdef MADV_POPULATE_READ  // Linux 5.14
    void* const at = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, static_cast<off_t>(from));
    if (at == MAP_FAILED) return;
    bytes_ = {static_cast<const char*>(at), size};
    if (::madvise(at, size, MADV_POPULATE_READ) == 0) return;
    ::munmap(at, size);
    bytes_ = {};
#endif
  }
  ~MappedPart() {
    if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
  }
  MappedPart(const MappedPart&) = delete;
  MappedPart& operator=(const MappedPart&) = delete;

  /// Empty: the system does not do that, and they must be read.
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace stom
