// Whatever bytes are read as the state of a run: they are none, or they are written back as they were.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "core/state_io.hpp"
#include "engine/recovery.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<stom::Instrument> instruments(2);
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  stom::Recovery recovery{instruments, {}};
  stom::StateReader in{bytes};
  in(recovery);
  if (!in.done()) return 0;
  (void)recovery.is_of_its_instruments();
  std::string again;
  stom::StateWriter{again}(recovery);
  STOM_ASSERT(again == bytes);
  return 0;
}
