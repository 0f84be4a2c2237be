// What a session holds for true, held against what a venue says of its account (docs/recovery.md). Plain comparisons:
// who asks, and what follows, is in reconciler.hpp.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "model/views.hpp"
#include "trade/position_trail.hpp"
#include "venues/venue.hpp"

namespace stom::trade {

/// A venue's answer to the question for everything: a copy, on its way between threads.
struct VenueHolds {
  std::size_t venue = 0;
  UnixNanos asked = kNoTime;
  std::vector<venues::WorkingOrder> orders;  // that rest there, others' too
  struct Coins {
    Money free{}, locked{};
  };
  std::map<std::string, Coins, std::less<>> balances;  // by currency
  std::map<InstrumentIndex, venues::PositionReport> positions;
};

/// Both sides in words that people read; kinds are stable names (docs/recovery.md).
struct Difference {
  std::string kind, ours, venue;
  friend bool operator==(const Difference&, const Difference&) = default;
  std::string json() const;
};
/// Whether entries wait for a person, where a session that goes on finds it.
bool holds_back(const Difference& difference);
/// The kind of one that a person's --accept-differences has ended.
inline constexpr std::string_view kAcceptedPosition = "accepted_position";
/// Whether Difference::json() gave that of one.
bool is_accepted_position(std::string_view json);

/// What an account holds that our position is a part of: of a contract its position, of a coin all of it, whatever it
/// was traded against.
struct AccountHolding {
  InstrumentIndex instrument = 0;  // the first of those that share it; quantities are in its units
  Quantity there{}, ours{};
  std::vector<InstrumentIndex> shared_by{};  // all of them
};
/// What the session holds.
struct OurSide {
  std::span<const Instrument> instruments;
  std::function<Quantity(InstrumentIndex)> position;
  /// Of the coin beside the position (orders::AccountState::Holding): it counts on neither side.
  std::function<Money(InstrumentIndex)> dust;
};
/// `mine`: the instruments of that venue that the session trades.
std::vector<AccountHolding> holdings_at(const VenueHolds& venue, const OurSide& ours,
                                        std::span<const InstrumentIndex> mine);
/// By how much more the venue tells of than what we held, for each position since it was asked as far as `trail` knows:
/// that of now first, each number once. `shared_by`: of an AccountHolding.
std::vector<Quantity> apart_since_asked(const VenueHolds& venue, const OurSide& ours,
                                        std::span<const InstrumentIndex> shared_by, const PositionTrail& trail);
/// By how much an account may differ of which `others` are not the session's, by what apart_since_asked() has of two
/// answers: what explains both; nothing where either may agree.
std::vector<Quantity> differs_by(std::span<const Quantity> first, std::span<const Quantity> second, Quantity others);
/// `others`: how much of it is not the session's.
Difference position_difference(const AccountHolding& holding, Quantity others, const Instrument& instrument);

/// "sell 0.010 of binance:BTCUSDT at 50000.1"
std::string order_text(const Instrument& instrument, Side side, Price price, Quantity quantity);
std::string quantity_text(const Instrument& instrument, Quantity quantity);

}  // namespace stom::trade
