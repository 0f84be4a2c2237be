// What a burst needed stays with the heap in holes: over days a process would come to be as large as each of its parts
// once was. One that runs for days gives the holes back now and then.
#pragma once

#include <malloc.h>

#include "core/time.hpp"

namespace stom {

class SpareHeap {
 public:
  /// Once a minute. It holds up threads that want memory meanwhile, for some 0.1 ms with a heap of 40 MiB;
  /// a market's frames want none.
  void give_back(UnixNanos now) {
    if (now < next_) return;
    next_ = now + kMinute;
    ::malloc_trim(0);
  }

 private:
  UnixNanos next_ = 0;
};

}  // namespace stom
