// DIR/books.jsonl: the books as the engine had them when the session ended, whole, a line each. What happened in the
// last moments can be looked at afterwards, and frames that were recorded can be held against it.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "market/market.hpp"

namespace stom::trade {

Result<void> write_last_books(const std::filesystem::path& file, const Market& market);

}  // namespace stom::trade
