// What venues and servers send that the gateway itself reads: headers of limits and dates are read whole or not at all;
// no known secret is left in what is recorded, and masking what is masked changes nothing that matters.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "gateway/budgets.hpp"
#include "gateway/clock_offset.hpp"
#include "gateway/mask.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  const std::string_view text{reinterpret_cast<const char*>(data), size};

  if (const auto wait = gateway::parse_seconds(text)) STOM_ASSERT(*wait >= 0 && *wait <= 7 * kDay);
  if (const auto date = gateway::parse_http_date(text)) STOM_ASSERT(*date >= 0);
  if (const auto left = gateway::header_field(text, "sec")) STOM_ASSERT(*left >= 0);

  const std::vector<std::string> known{"s3cr3t-key"};
  std::string masked;
  gateway::append_masked(masked, text, known);
  STOM_ASSERT(masked.find(known[0]) == std::string::npos);
  STOM_ASSERT(masked.size() <= 3 * text.size() + 3);

  // Whatever an answer says, budgets stay within what can be counted, and nothing is refused for ever by it.
  gateway::Budgets budgets{
      {.name = "x",
       .endpoints = {},
       .budgets =
           {{.name = "a", .kind = venues::BudgetKind::FixedWindow, .limit = 100, .window = kMinute, .header = "U"},
            {.name = "b", .limit = 10, .window = kSecond, .header = "R", .header_group = "order", .header_key = "sec"}},
       .rate_refusals = {{.wait_header = "Retry-After"}}}};
  const venues::Costs costs{{0, 1}, {1, 1}};
  const std::vector<venues::Header> headers{
      {"u", std::string{text}}, {"r", std::string{text}}, {"retry-after", std::string{text}}};
  budgets.spend(costs, kMinute);
  budgets.answered(costs, headers, kMinute, kMinute + 1);
  budgets.refused(429, headers, costs, kMinute + 1);
  const auto when = budgets.free_at(costs, venues::Priority::Order, kMinute + 1);
  STOM_ASSERT(when <= kMinute + 1 + 8 * kDay);
  return 0;
}
