// What a session holds, and what works or rests at its venues, for people (docs/recovery.md). Gathered when somebody
// asks: the engine thread tells what it holds for true, the I/O thread what its venues have told, each as a copy; who
// asked makes words of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/several.hpp"
#include "model/instrument.hpp"
#include "model/views.hpp"
#include "orders/account_state.hpp"
#include "trade/reconciliation.hpp"

namespace stom::trade {

/// What the engine thread tells of the account.
struct AccountView {
  struct Position {
    InstrumentIndex instrument = 0;
    Quantity quantity{};
    Price entry{};
    std::int64_t twice_mark = 0;                 // two times what one of it is worth now; 0: not known
    std::optional<Money> unrealised{};           // none: not known
    orders::Owner owner = orders::kSessionsOwn;  // of several strategies
  };
  /// Of a currency, on paper: what its venues would tell, which share it there.
  struct Cash {
    std::string currency;
    Money total{}, free{};
  };
  std::vector<Position> positions;  // those that are open
  std::vector<Cash> cash;
  std::vector<WorkingOrder> orders;
  std::vector<ClientOrderId> unknown, held, nobodys;
  std::uint64_t fills = 0;  // that led to all of it, since the session began
};

/// What is open has gained from its entry to that price, which is given twice over (worth_of()), before fees. None
/// where the price is not known, which is something else than no gain.
std::optional<Money> unrealised(const Instrument& of, const orders::AccountState::Holding& holding,
                                std::int64_t twice_mark);

/// Whose account it is. All that is pointed at outlives it.
struct AccountOwner {
  std::span<const Instrument> instruments;
  std::span<const std::size_t> venue_of;  // by instrument
  std::vector<std::string> venues;
  std::string mode;  // whose the cash on paper is
  std::string strategy;
  const Several* several = nullptr;                        // instead of it
  std::function<std::string(ClientOrderId)> client_id_of;  // where the venue has not told it
};

/// What people call it: a strategy by its name, the session's own orders "session", and all else kNobodys.
std::string owner_text(const Several& several, orders::Owner owner);

/// {"positions","balances","orders"}, all empty.
nlohmann::ordered_json no_account();
/// The same and "fills", put into words by who asked. `theirs`: by venue.
nlohmann::ordered_json account_json(const AccountOwner& owner, const AccountView& ours,
                                    std::span<const VenueHolds> theirs);

}  // namespace stom::trade
