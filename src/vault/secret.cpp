#include "vault/secret.hpp"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstring>

#include "core/assert.hpp"

namespace stom::vault {
namespace {

bool keep_process_private() {
  const rlimit none{0, 0};
  return ::prctl(PR_SET_DUMPABLE, 0) == 0 && ::setrlimit(RLIMIT_CORE, &none) == 0;
}

}  // namespace

Secret::Secret(std::size_t size) : size_{size} {
  static const bool ready = sodium_init() >= 0 && keep_process_private();
  STOM_ASSERT(ready);
  bytes_ = static_cast<char*>(sodium_malloc(size == 0 ? 1 : size));
  STOM_ASSERT(bytes_ != nullptr);
  std::memset(bytes_, 0, size);
}

Secret::Secret(std::string_view text) : Secret{text.size()} {
  if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  if (bytes_ != nullptr) sodium_free(bytes_);  // wiped by it
}

void Secret::shorten(std::size_t size) {
  STOM_ASSERT(size <= size_);
  if (size < size_) sodium_memzero(bytes_ + size, size_ - size);
  size_ = size;
}

}  // namespace stom::vault
