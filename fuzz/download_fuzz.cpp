// What a server of files says of itself: addresses, redirects, ranges and checksums are read whole or refused with a
// reason, and a redirect never leaves HTTPS.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "net/download.hpp"
#include "venues/binance/history.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto url = net::parse_url(text);
  STOM_ASSERT(url ? !url->host.empty() && url->target.starts_with("/") && url->port != 0 : !url.error().hint.empty());
  if (url)
    STOM_ASSERT(url->target.find_first_of("\r\n ") == std::string::npos &&
                url->host.find_first_of("\r\n @/") == std::string::npos);
  const auto led = net::follow_redirect({.host = "a.b", .target = "/"}, text);
  STOM_ASSERT(led ? led->secure : !led.error().hint.empty());
  if (const auto range = net::parse_content_range(text))
    STOM_ASSERT(range->first <= range->last && range->last < range->total);
  (void)net::without_proxy(text, "data.binance.vision");
  if (const auto digest = venues::parse_checksum(text, "A.zip")) STOM_ASSERT(digest->size() == 64);
  return 0;
}
