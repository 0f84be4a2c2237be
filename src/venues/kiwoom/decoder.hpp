// What Kiwoom's open API sends (REST and WebSocket, 2025) to events (docs/events.md).
#pragma once

#include <memory>

#include "venues/events.hpp"

namespace stom::venues::kiwoom {

std::unique_ptr<Decoder> decoder();

}  // namespace stom::venues::kiwoom
