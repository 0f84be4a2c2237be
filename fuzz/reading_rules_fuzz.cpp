// Any sequence of depth updates and snapshots: the gate never lets a book miss an update without saying so.
#include <cstddef>
#include <cstdint>

#include "core/assert.hpp"
#include "market/reading_rules.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  GatedDepth gated{UpdateIdRule::Contiguous};
  std::int64_t book = 0;  // final id of what was applied
  bool fresh = false;     // the last applied was a snapshot
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    Message m;
    m.kind = data[i] % 8 == 0 ? MessageKind::Snapshot : MessageKind::Depth;
    m.final_update_id = data[i + 1] + 1;
    m.first_update_id = m.final_update_id - data[i + 2] % 8;
    gated.offer(m, {}, {}, [&](const Message& applied, auto, auto) {
      if (applied.kind == MessageKind::Snapshot) {
        fresh = true;
      } else {
        const bool follows = applied.first_update_id == book + 1;
        STOM_ASSERT(follows || (fresh && applied.first_update_id <= book + 1));
        STOM_ASSERT(applied.final_update_id > book || follows);
        fresh = false;
      }
      book = applied.final_update_id;
    });
    if (gated.gate().has_book()) STOM_ASSERT(gated.gate().last_update_id() == book);
  }
  return 0;
}
