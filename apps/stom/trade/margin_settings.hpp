// What --leverage ID=N and --margin ID=isolated|cross say: how a venue's account is to trade its contracts. Set at the
// venue before the first order leaves (docs/trade.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

/// By venue. `ids`: the session's instruments.
using MarginSettings = std::map<std::string, std::vector<venues::MarginSetting>, std::less<>>;
Result<MarginSettings> read_margin_settings(const std::vector<std::string>& leverages,
                                            const std::vector<std::string>& modes, const std::vector<std::string>& ids);

/// " leverage=ID:N margin=ID:isolated", for the first record of the journal.
std::string margin_configuration(const MarginSettings& settings);

}  // namespace stom::trade
