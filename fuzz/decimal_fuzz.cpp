// Any text as a decimal: what is accepted reads back as the same number, what is refused says why.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "core/decimal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  if (size < 1) return 0;
  const int decimals = data[0] % (kMaxDecimals + 1);
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto parsed = parse_decimal(text, decimals);
  if (!parsed) {
    STOM_ASSERT(!parsed.error().message.empty());
    return 0;
  }
  const auto again = parse_decimal(format_decimal(*parsed, decimals), decimals);
  STOM_ASSERT(again && *again == *parsed);
  STOM_ASSERT(decimals_of(text) <= decimals);
  const auto trimmed = parse_decimal(format_decimal_trimmed(*parsed, decimals), decimals);
  STOM_ASSERT(trimmed && *trimmed == *parsed);
  return 0;
}
