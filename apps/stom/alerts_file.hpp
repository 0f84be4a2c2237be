// The file of alerts that the user named (docs/alerts.md): its settings, and how its servers are reached.
#pragma once

#include <filesystem>

#include "alerts/settings.hpp"
#include "core/result.hpp"
#include "net/stream.hpp"

namespace stom {

struct AlertsFile {
  alerts::Settings settings;
  net::Route route;
};
Result<AlertsFile> read_alerts_file(const std::filesystem::path& path);

}  // namespace stom
