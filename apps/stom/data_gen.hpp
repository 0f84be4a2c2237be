// `stom data gen`, a command of the group that data_command.cpp defines.
#pragma once

#include "command.hpp"
#include "core/result.hpp"
#include "sim/generator/order_flow.hpp"
#include "store/catalogue.hpp"

namespace stom {

/// How the stored market of that instrument was made, so that it can be made again. An error where it was not
/// generated, or not by one call and this version.
Result<sim::FlowConfig> generated_flow(const store::Catalogue& catalogue, const std::string& instrument);

void add_data_gen(CLI::App& data, Session& session);

}  // namespace stom
