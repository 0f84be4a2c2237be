// `stom venue check`: whether a venue can be reached, trusted and read from here, step by step.
#pragma once

#include <string>

#include "command.hpp"

namespace stom {

struct VenueCheckOptions {
  std::string venue;        // "upbit", or "upbit:KRW-ETH" to look at that one
  std::string venues_file;  // the line of an exchange; empty: the venue's public addresses
  std::string within = "15s";
};

int run_venue_check(const Session& session, const VenueCheckOptions& options);

}  // namespace stom
