// The side of a venue that keeps the books: the accounts and fees of everyone who trades there, over one ledger.
// Whoever matches orders hands it what became of them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "account/fees.hpp"
#include "account/ledger.hpp"
#include "account/trading_account.hpp"

namespace stom {

class BackOffice {
 public:
  struct Client {
    AccountTerms terms;
    std::shared_ptr<const FeeSchedule> fees;  // null: not served here
    /// An earlier client's number: this one is the other side of that one's positions, long and short held apart.
    std::optional<std::size_t> beside{};
  };
  /// Null where nobody is to be served. `instruments` must outlive it.
  static std::unique_ptr<BackOffice> for_clients(const std::vector<Instrument>& instruments,
                                                 std::vector<Client> clients);
  BackOffice(const std::vector<Instrument>& instruments, std::vector<Client> clients);

  bool serves(RunIndex run) const { return desks_[run].fees != nullptr; }
  /// What the run's orders are held to; null: nothing.
  TradingAccount* account(RunIndex run) { return desks_[run].account.get(); }
  FeeBook* fees(RunIndex run) { return desks_[run].fees.get(); }
  const TradingAccount* account(RunIndex run) const { return desks_[run].account.get(); }
  /// Books what the event did. Sets the fee of a fill: in cash, or of what was bought.
  void settle(RunIndex run, OrderEvent& event);
  const Ledger& ledger() const { return ledger_; }

 private:
  struct Desk {
    std::unique_ptr<FeeBook> fees;
    std::unique_ptr<TradingAccount> account;
  };
  void settle_fill(Desk& desk, OrderEvent& event);

  const std::vector<Instrument>& instruments_;
  Ledger ledger_;
  std::vector<Desk> desks_;  // by run
};

}  // namespace stom
