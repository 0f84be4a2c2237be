// What must not be kept of what goes over the wire: signatures, keys, tokens, listen keys. Masked by their names, by
// their looks (a long run of letters and digits), and where they are known, by themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stom::gateway {

/// Appends `text` to `out`, each secret as "***". Never makes text longer than it was, but for "***" itself. `plain`:
/// texts that are no secrets, such as paths of folders: what stands between two of their separators stays also where it
/// looks like a secret, whole and nowhere within a longer run. `known` and a name before it mask it all the same.
void append_masked(std::string& out, std::string_view text, std::span<const std::string> known = {},
                   std::span<const std::string> plain = {});

}  // namespace stom::gateway
