// Instruments as JSON and back: all that an engine knows of one.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "core/result.hpp"
#include "model/instrument.hpp"

namespace stom::trade {

nlohmann::ordered_json instruments_json(const std::vector<Instrument>& instruments);
/// Errors: a field is missing, or not of its kind.
Result<std::vector<Instrument>> instruments_of(const nlohmann::ordered_json& json);

}  // namespace stom::trade
