// Upbit's frames and answers to events (docs/events.md): the WebSocket in DEFAULT and SIMPLE format, alone or as lists,
// its private streams, and REST.
#pragma once

#include <memory>

#include "venues/events.hpp"

namespace stom::venues::upbit {

std::unique_ptr<Decoder> decoder();

}  // namespace stom::venues::upbit
