// The key ring that the kernel keeps of each user (user-keyring(7)): bytes in its memory and in no file, gone when
// their time is over, when they are taken out, and when the machine starts anew. Every program of the same user, and
// root, may have them; nobody else.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"
#include "vault/secret.hpp"

namespace stom::vault::key_ring {

/// In place of what had that name. Errc::Unsupported: this system has no key ring, or lets nobody at it.
Result<void> keep(const std::string& name, const Secret& bytes, DurationNanos how_long);
/// Nothing: there is none, or not any more.
std::optional<Secret> find(const std::string& name);
/// Whether there was one.
bool take_out(const std::string& name);

}  // namespace stom::vault::key_ring
