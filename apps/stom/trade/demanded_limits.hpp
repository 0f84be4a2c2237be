// What no account is armed without, and what no session that trades for money goes on without: at each of its venues
// one order and what is held are bounded, and a bad day ends.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "risk/breakers.hpp"
#include "risk/limits.hpp"

namespace stom::trade {

struct MissingLimit {
  std::string what;  // nothing limits that: "one order at binance-usdm"
  std::string add;   // what would
};

/// The first that is missing; none: nothing is. A limit of some instruments or of a strategy bounds no venue.
std::optional<MissingLimit> missing_limit(std::span<const risk::Limit> limits, std::span<const risk::Breaker> breakers,
                                          std::span<const std::string> venues);

}  // namespace stom::trade
