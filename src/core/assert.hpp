// STOM_ASSERT: our own bugs. On in release builds too; a failed one prints where and aborts, and the next start replays
// the journal.
#pragma once

namespace stom {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

#define STOM_ASSERT(expression)                               \
  (__builtin_expect(!!(expression), 1) ? static_cast<void>(0) \
                                       : ::stom::assertion_failed(#expression, __FILE__, __LINE__))
