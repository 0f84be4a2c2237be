#include "core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace stom {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "stom: assertion failed: %s (%s:%d); this is a bug, please report it\n", expression, file, line);
  std::fflush(nullptr);
  std::abort();
}

}  // namespace stom
