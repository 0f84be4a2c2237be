// The generator's instruments. Names say `sim:`, so that nobody takes them for recordings of a real venue.
#include <algorithm>

#include "sim/generator/order_flow.hpp"

namespace stom::sim {
namespace {

// KRW markets of Upbit since 2025-07-31 (docs.upbit.com/kr/docs/krw-market-info), from 100 won upwards; the fractions
// below that are not reached by any instrument here, so prices have no decimals.
std::vector<TickBand> krw_ladder() {
  return {{{0}, {1}},         {{5'000}, {5}},     {{10'000}, {10}},      {{50'000}, {50}},
          {{100'000}, {100}}, {{500'000}, {500}}, {{1'000'000}, {1'000}}};
}

FlowConfig krw_spot(const std::string& base, std::int64_t price, std::int64_t typical, int doublings, double rate) {
  FlowConfig c;
  c.instrument = {.id = "sim:KRW-" + base,
                  .base = base,
                  .quote = "KRW",
                  .kind = ContractKind::Spot,
                  .price_decimals = 0,
                  .quantity_decimals = 8,
                  .ladder = krw_ladder(),
                  .lot = {1}};
  c.start_price = {price};
  c.typical_quantity = typical;
  c.depth_doublings = doublings;
  c.actions_per_second = rate;
  c.depth_interval = 200 * kMillisecond;
  c.latency = 4 * kMillisecond;
  return c;
}

FlowConfig usdt_perpetual(const std::string& base, int price_decimals, std::int64_t tick, std::int64_t price,
                          int quantity_decimals, std::int64_t typical, double rate) {
  FlowConfig c;
  c.instrument = {.id = "sim:" + base + "USDT",
                  .base = base,
                  .quote = "USDT",
                  .kind = ContractKind::Linear,
                  .price_decimals = price_decimals,
                  .quantity_decimals = quantity_decimals,
                  .ladder = {{{0}, {tick}}},
                  .lot = {1}};
  c.start_price = {price};
  c.typical_quantity = typical;
  c.actions_per_second = rate;
  c.funding = true;
  return c;
}

}  // namespace

const std::vector<FlowConfig>& flow_presets() {
  static const std::vector<FlowConfig> presets{
      krw_spot("BTC", 148'500'000, 1'000'000, 9, 10),      // 0.01 BTC
      krw_spot("ETH", 5'230'000, 20'000'000, 8, 8),        // 0.2 ETH
      krw_spot("XRP", 4'930, 20'000'000'000, 7, 8),        // 200 XRP, close to 5,000 won where the tick becomes 5
      usdt_perpetual("BTC", 1, 1, 1'042'500, 3, 50, 20),   // 0.050 BTC, tick 0.1
      usdt_perpetual("ETH", 2, 1, 362'000, 3, 1'000, 14),  // 1 ETH, tick 0.01
  };
  return presets;
}

Result<FlowConfig> flow_preset(std::string_view instrument_id) {
  const auto& presets = flow_presets();
  const auto it =
      std::find_if(presets.begin(), presets.end(), [&](const auto& p) { return p.instrument.id == instrument_id; });
  if (it != presets.end()) return *it;
  std::string known;
  for (const auto& p : presets) known += (known.empty() ? "" : ", ") + p.instrument.id;
  return fail(Errc::NotFound, "the generator has no instrument '" + std::string{instrument_id} + "'",
              "it has " + known);
}

bool is_stock(std::string_view id) {
  constexpr std::string_view kVenue = "kiwoom:";
  return id.starts_with(kVenue) && id.size() == kVenue.size() + 6 &&
         std::ranges::all_of(id.substr(kVenue.size()), [](char c) { return c >= '0' && c <= '9'; });
}

FlowConfig stock_flow(std::string_view id) {
  std::uint64_t h = 0;
  for (const char c : id) h = Random{h ^ static_cast<unsigned char>(c)}.next();
  Random draw{h};
  FlowConfig c;
  c.instrument = {.id = std::string{id},
                  .base = std::string{id.substr(id.find(':') + 1)},
                  .quote = "KRW",
                  .kind = ContractKind::Spot,
                  .price_decimals = 0,
                  .quantity_decimals = 0,
                  .ladder = {},
                  .lot = {1}};
  c.start_price = {static_cast<std::int64_t>(5 + draw.below(200)) * 1'000};  // 5,000 to 204,000 won: on every ladder
  c.typical_quantity = std::max<std::int64_t>(5'000'000 / c.start_price.value, 1);
  c.depth_doublings = 6;
  c.actions_per_second = 2 + static_cast<double>(draw.below(6));
  c.depth_interval = 200 * kMillisecond;
  c.latency = 4 * kMillisecond;
  c.market = "krx";
  return c;
}

}  // namespace stom::sim
