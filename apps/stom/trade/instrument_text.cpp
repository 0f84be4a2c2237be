#include "trade/instrument_text.hpp"

#include <nlohmann/json.hpp>

namespace stom::trade {
namespace {
using Json = nlohmann::ordered_json;
}  // namespace

Json instruments_json(const std::vector<Instrument>& instruments) {
  Json all = Json::array();
  for (const Instrument& i : instruments) {
    Json ladder = Json::array();
    for (const TickBand& band : i.ladder) ladder.push_back({band.from.value, band.tick.value});
    all.push_back({{"id", i.id},
                   {"base", i.base},
                   {"quote", i.quote},
                   {"kind", static_cast<int>(i.kind)},
                   {"price_decimals", i.price_decimals},
                   {"quantity_decimals", i.quantity_decimals},
                   {"ladder", std::move(ladder)},
                   {"lot", i.lot.value},
                   {"contract_size", i.contract_size}});
  }
  return all;
}

Result<std::vector<Instrument>> instruments_of(const Json& json) {
  std::vector<Instrument> all;
  try {
    for (const Json& of : json) {
      Instrument& i = all.emplace_back();
      i.id = of.at("id").get<std::string>();
      i.base = of.at("base").get<std::string>();
      i.quote = of.at("quote").get<std::string>();
      i.kind = static_cast<ContractKind>(of.at("kind").get<int>());
      i.price_decimals = of.at("price_decimals").get<int>();
      i.quantity_decimals = of.at("quantity_decimals").get<int>();
      for (const Json& band : of.at("ladder"))
        i.ladder.push_back({{band.at(0).get<std::int64_t>()}, {band.at(1).get<std::int64_t>()}});
      i.lot.value = of.at("lot").get<std::int64_t>();
      i.contract_size = of.at("contract_size").get<std::int64_t>();
    }
  } catch (const Json::exception& error) {
    return fail(Errc::BadData, std::string{"instruments that cannot be read: "} + error.what(),
                "the recorded input is of another version");
  }
  return all;
}

}  // namespace stom::trade
