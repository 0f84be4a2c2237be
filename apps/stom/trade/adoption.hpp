// An order that rests at a venue and is not the session's becomes its own, because its operator says so
// (docs/recovery.md). That word is an act, a record of the journal before it is done, and has all that the engine makes
// of it: a re-run and the process that goes on make the same.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "engine/journal.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "trade/reconciliation.hpp"

namespace stom::trade {

inline constexpr std::string_view kAdoptAct = "adopt ";
/// Whose it is where it is not the strategy's, which hears nothing of it then.
inline constexpr std::string_view kNobodys = "manual";

struct Adoption {
  NewOrder order;  // its id: the session's, not the venue's
  std::string venue_order_id;
  std::string owner;   // the session's strategy, or kNobodys
  UnixNanos time = 0;  // of its Submit record
  /// What was filled of it before, which stays whose it was: `order` is the rest.
  venues::FilledBefore before{};
};
std::string adopt_act(const Adoption& adoption);
/// Nothing where it is none of these.
std::optional<Adoption> adopted_by(std::string_view act);
/// The last of these acts, where it led to that Submit record: a strategy may use the number again.
std::optional<Adoption> adoption_of(std::span<const std::string> acts, const JournalRecord& submit);
/// The orders that these acts gave to nobody.
std::vector<ClientOrderId> nobodys_by(std::span<const std::string> acts);
/// What was filled of that order before the last of these acts that adopted it, sent at that time.
venues::FilledBefore filled_before(std::span<const std::string> acts, ClientOrderId id, UnixNanos sent);
/// The average price of that; empty where the venue does not say it, or nothing was.
std::string average_before(const Adoption& adoption, const Instrument& instrument);
/// ", the rest of an order of which 2 had filled at 99.5 on average"; empty where nothing had.
std::string before_text(const Adoption& adoption, const Instrument& instrument);

/// What somebody asks of a running session.
struct AdoptionWish {
  std::vector<std::string> orders;  // "all", a number of the venue's, a client id, or INSTRUMENT/NUMBER
  std::string owner;
  bool only_shown = false;
};
/// A line, and back.
std::string adoption_request(const AdoptionWish& wish);
Result<AdoptionWish> read_adoption_request(std::string_view line);

struct ToAdopt {
  std::vector<Adoption> orders;       // without ids
  std::vector<std::string> left_out;  // of all: what cannot be adopted, and why
};
/// Of what rests at the venues. Errors: there is no such order, there are several, or it is not to be adopted.
Result<ToAdopt> orders_to_adopt(const AdoptionWish& wish, std::span<const VenueHolds> accounts,
                                std::span<const Instrument> instruments, std::size_t traded);
/// {"orders":[{"order","text"}],"left_out":[…]}: each under a name by which it alone is asked for.
nlohmann::ordered_json shown(const ToAdopt& found, std::span<const Instrument> instruments);

}  // namespace stom::trade
