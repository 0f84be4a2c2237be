#include "sim/auction.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/assert.hpp"

namespace stom::sim {
namespace {

/// Supply and demand only change at the prices of orders and one tick beside them: those are all the prices to look at,
/// with the reference and, for market orders, the limits. Where no limits are known, none is beyond the orders.
std::vector<Price> candidates(const Instrument& instrument, const AuctionBook& book) {
  std::vector<Price> prices;
  const auto add = [&](Price price) {
    if (price.value > 0 && book.limits.hold(price)) prices.push_back(price);
  };
  if (book.bids.empty() && book.asks.empty()) {  // market orders alone have no price but the reference
    add(book.reference);
    return prices;
  }
  for (const auto* side : {&book.bids, &book.asks})
    for (const AuctionLevel& level : *side) add(level.price);
  if (!prices.empty()) {
    const auto [lowest, highest] = std::ranges::minmax(prices);
    for (std::size_t i = 0, orders = prices.size(); i < orders; ++i) {
      const Price price = prices[i];
      const Price above = price + instrument.tick_at(price), below = price - instrument.tick_at(price - Price{1});
      if (book.limits.known() || above < highest) add(above);
      if (book.limits.known() || below > lowest) add(below);
    }
  }
  if (book.limits.known()) {
    add(book.limits.lower);
    add(book.limits.upper);
  }
  if (book.reference.value > 0 && instrument.on_ladder(book.reference)) add(book.reference);
  std::ranges::sort(prices);
  prices.erase(std::unique(prices.begin(), prices.end()), prices.end());
  return prices;
}

}  // namespace

void AuctionBook::clear() {
  bids.clear();
  asks.clear();
  market_buys = market_sells = 0;
}

std::string_view name_of(AuctionRule rule) {
  switch (rule) {
    case AuctionRule::Volume:
      return "volume";
    case AuctionRule::Surplus:
      return "surplus";
    case AuctionRule::Pressure:
      return "pressure";
    case AuctionRule::Reference:
      return "reference";
  }
  STOM_ASSERT(false);
}

std::int64_t demand_at(const AuctionBook& book, Price price) {
  std::int64_t sum = book.market_buys;
  for (const AuctionLevel& bid : book.bids) sum += bid.price >= price ? bid.quantity : 0;
  return sum;
}

std::int64_t supply_at(const AuctionBook& book, Price price) {
  std::int64_t sum = book.market_sells;
  for (const AuctionLevel& ask : book.asks) sum += ask.price <= price ? ask.quantity : 0;
  return sum;
}

std::optional<Uncross> uncross(const Instrument& instrument, const AuctionBook& book) {
  struct At {
    Price price;
    std::int64_t quantity, surplus;
  };
  std::vector<At> best;
  bool surplus_decided = false;
  for (const Price price : candidates(instrument, book)) {
    const std::int64_t demand = demand_at(book, price), supply = supply_at(book, price);
    const At at{price, std::min(demand, supply), demand - supply};
    if (at.quantity == 0) continue;
    if (!best.empty()) {
      const At& so_far = best.front();
      if (at.quantity < so_far.quantity) continue;
      const bool more = at.quantity > so_far.quantity;
      if (!more && std::abs(at.surplus) > std::abs(so_far.surplus)) {
        surplus_decided = true;
        continue;
      }
      if (more || std::abs(at.surplus) < std::abs(so_far.surplus)) {
        best.clear();
        surplus_decided = !more;
      }
    }
    best.push_back(at);
  }
  if (best.empty()) return std::nullopt;
  const auto settled = [](const At& at, AuctionRule rule) { return Uncross{at.price, at.quantity, at.surplus, rule}; };
  if (best.size() == 1) return settled(best.front(), surplus_decided ? AuctionRule::Surplus : AuctionRule::Volume);
  // Surplus falls as the price rises, so the ends of the list tell of all between.
  if (best.back().surplus > 0) return settled(best.back(), AuctionRule::Pressure);
  if (best.front().surplus < 0) return settled(best.front(), AuctionRule::Pressure);
  // Buyers left over at the lower ones, as many sellers at the higher: only the two in the middle fill all that is
  // better.
  if (best.front().surplus > 0) {
    const auto sellers = std::ranges::find_if(best, [](const At& at) { return at.surplus < 0; });
    best = {*std::prev(sellers), *sellers};
  }
  // Without a reference the lowest of them stands.
  const auto distance = [&](const At& at) { return std::abs((at.price - book.reference).value); };
  return settled(*std::ranges::min_element(best, {}, distance), AuctionRule::Reference);
}

}  // namespace stom::sim
