// Any text as a time, a day or a duration: what is accepted is written back to the same instant.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "core/time.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto time = parse_time(text)) {
    const auto again = parse_time(format_time(*time));
    STOM_ASSERT(again && *again == *time);
  }
  if (const auto day = parse_day(text)) {
    const auto again = parse_day(format_day(*day));
    STOM_ASSERT(again && *again == *day);
  }
  if (const auto duration = parse_duration(text)) {
    const auto again = parse_duration(format_duration(*duration));
    STOM_ASSERT(again && *again == *duration);
  }
  return 0;
}
