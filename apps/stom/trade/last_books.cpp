#include "trade/last_books.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

/// Best first.
Json levels_of(const InstrumentMarket& market, bool bids) {
  const LevelMap& side = bids ? market.book().bids() : market.book().asks();
  const Instrument& instrument = market.instrument();
  const Tick end = bids ? kNoBid : kNoAsk;
  const auto next = [&](Tick from) { return bids ? side.at_or_below(from) : side.at_or_above(from); };
  Json levels = Json::array();
  for (Tick tick = next(bids ? kMaxTick : 0); tick != end; tick = next(tick + (bids ? -1 : 1)))
    levels.push_back({format_decimal(Int128{tick} * market.base_tick(), instrument.price_decimals),
                      format_decimal(side.get(tick), instrument.quantity_decimals)});
  return levels;
}

}  // namespace

Result<void> write_last_books(const std::filesystem::path& file, const Market& market) {
  std::ofstream out{file};
  for (InstrumentIndex i = 0; i < market.size(); ++i) {
    const Json line{{"instrument", market[i].instrument().id},
                    {"stale", market[i].stale},
                    {"bids", levels_of(market[i], true)},
                    {"asks", levels_of(market[i], false)}};
    out << line.dump() << '\n';
  }
  if (!out.flush())
    return fail(Errc::Io, fmt::format("cannot write {}", file.string()),
                "check the folder's permissions and disk space");
  return {};
}

}  // namespace stom::trade
