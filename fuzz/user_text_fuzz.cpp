// Any bytes where a user writes text of his own: fee schedules, recorded latencies, lists of orders and every other
// parameter of every strategy, bars, jitter. Understood, or refused with a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "account/tables.hpp"
#include "core/assert.hpp"
#include "model/bar_spec.hpp"
#include "sim/latency.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategies/registry.hpp"

namespace {

template <class T>
void judged(const stom::Result<T>& read) {
  if (!read) STOM_ASSERT(!read.error().message.empty() && !read.error().hint.empty());
}

void latency(std::string_view text) {
  const auto read = stom::sim::RecordedLatency::parse(text, "latency.csv");
  judged(read);
  if (!read) return;
  for (const auto time : {read->first_time(), read->last_time(), (read->first_time() / 2 + read->last_time() / 2)})
    STOM_ASSERT(read->response(time) >= 0);
}

/// Every parameter of the strategy that takes text, given that text.
void parameters(const stom::StrategyEntry& entry, const std::string& text) {
  stom::Parameters declared;
  (void)stom::make_strategy(entry, declared);
  for (const auto& info : declared.declared()) {
    stom::Parameters given{{{info.name, text}}};
    judged(stom::make_strategy(entry, given));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  if (size < 2) return 0;
  const std::string text{reinterpret_cast<const char*>(data + 2), size - 2};
  switch (data[0] % 5) {
    case 0:
      judged(fee_schedule_of(text, "fees.csv"));
      break;
    case 1:
      latency(text);
      break;
    case 2: {
      Parameters list{{{"orders", text}}};
      judged(make_strategy(*find_strategy("order_list"), list));
      break;
    }
    case 3: {
      const auto entries = built_in_strategies();
      parameters(entries[data[1] % entries.size()], text);
      break;
    }
    case 4:
      judged(parse_bar_spec(text));
      judged(sim::parse_jitter(text));
      break;
  }
  return 0;
}
