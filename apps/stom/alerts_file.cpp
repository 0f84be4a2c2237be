#include "alerts_file.hpp"

#include <utility>

#include "network.hpp"
#include "trade/private_file.hpp"

namespace stom {

Result<AlertsFile> read_alerts_file(const std::filesystem::path& path) {
  const auto text = trade::read_private_file(path, "name the file of channels and rules; docs/alerts.md shows one");
  if (!text) return std::unexpected(text.error());
  auto settings = alerts::parse_settings(*text, path.string());
  if (!settings) return std::unexpected(settings.error());
  auto route = network_route(settings->authority);
  if (!route) return std::unexpected(route.error());
  return AlertsFile{std::move(*settings), std::move(*route)};
}

}  // namespace stom
