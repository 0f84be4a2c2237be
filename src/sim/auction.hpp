// A call auction: orders that were gathered meet at one price (docs/auctions.md). The price at which most can trade; of
// several the one that leaves least over; of those, where buyers are left the highest and where sellers are the lowest;
// of what is left, the one nearest to the reference price. Then price before time.
#pragma once

#include <optional>
#include <vector>

#include "model/instrument.hpp"
#include "sim/market_rules.hpp"

namespace stom::sim {

struct AuctionLevel {
  Price price;
  std::int64_t quantity;
};

/// What was gathered. Market orders stand at the day's limits, before limit orders there; where no limits are known, at
/// any price.
struct AuctionBook {
  std::vector<AuctionLevel> bids, asks;  // in any order, a price may come more than once
  std::int64_t market_buys = 0, market_sells = 0;
  Price reference{};  // the last price before the auction; 0: not known
  PriceLimits limits;

  void clear();
};

/// Which rule settled the price.
enum class AuctionRule : std::uint8_t { Volume, Surplus, Pressure, Reference };
std::string_view name_of(AuctionRule rule);

struct Uncross {
  Price price;
  std::int64_t quantity;
  std::int64_t surplus;  // left over at that price: buyers' where positive, sellers' where negative
  AuctionRule rule;
};

/// nullopt: nothing trades: buyers and sellers do not meet, or only market orders do and no price is known.
std::optional<Uncross> uncross(const Instrument& instrument, const AuctionBook& book);

/// All that would buy (sell) at that price.
std::int64_t demand_at(const AuctionBook& book, Price price);
std::int64_t supply_at(const AuctionBook& book, Price price);

}  // namespace stom::sim
