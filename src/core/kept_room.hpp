// Memory that is used again and again: what something unusual needed goes back, or it would stay for good.
#pragma once

#include <cstddef>

namespace stom {

/// Empties a string or a vector. Room for more than `usual` elements goes back to the heap.
template <class All>
void clear_to_usual(All& all, std::size_t usual) {
  if (all.capacity() > usual) All{}.swap(all);  // a string that is assigned keeps its room
  all.clear();
}

}  // namespace stom
