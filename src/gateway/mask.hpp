// What must not be kept of what goes over the wire: signatures, keys, tokens, listen keys. Masked by their names, by
// their looks (a long run of letters and digits), and where they are known, by themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stom::gateway {

/// Appends `text` to `out`, each secret as "***". Never makes text longer than it was, but for "***" itself.
void append_masked(std::string& out, std::string_view text, std::span<const std::string> known = {});

}  // namespace stom::gateway
