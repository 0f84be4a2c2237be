// What the exchange's control address and command line read: the name of a fault in the first line, then the body of
// the request. A setting that is refused has a reason and changes nothing; one that is taken can be set again from what
// the exchange tells of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "exchange/faults.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom::exchange;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string_view name = text.substr(0, text.find('\n'));
  const std::string_view body = text.substr(std::min(name.size() + 1, text.size()));

  Faults faults{1};
  const std::string none = faults.json();
  const auto setting = parse_fault_setting(body);
  STOM_ASSERT(setting || !setting.error().message.empty());
  if (setting) {
    const auto set = faults.set(name, setting->value, setting->count);
    const std::string told = faults.json();
    if (!set) {
      STOM_ASSERT(!set.error().message.empty() && told == none);
    } else {
      // {"faults":{"NAME":{…}}}: what is in the inner braces is a body that sets the same. Nothing: it is off.
      const auto begin = told.rfind('{');
      if (told != none) {
        const auto again = parse_fault_setting(std::string_view{told}.substr(begin, told.find('}') + 1 - begin));
        STOM_ASSERT(again.has_value());
        Faults others{1};
        STOM_ASSERT(others.set(name, again->value, again->count).has_value());
        STOM_ASSERT(others.json() == told);
      }
      STOM_ASSERT(faults.clear(name).has_value() && faults.json() == none);
    }
  }
  const auto assigned = faults.set(text);  // "ack_lost=50", as the command line has it
  STOM_ASSERT(assigned || (!assigned.error().message.empty() && faults.json() == none));
  return 0;
}
