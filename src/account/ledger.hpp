// Whose money is where. Money only ever moves from one account to another, so that for each currency the sum over all
// accounts stays what was brought in. Whoever runs accounts (a simulated venue) owns one ledger for all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/types.hpp"

namespace stom {

using CurrencyIndex = std::uint32_t;
using AccountIndex = std::uint32_t;

/// Who stands at the other end of a trader's money.
struct Counterparties {
  AccountIndex market;    // those who traded with us
  AccountIndex fees;      // the venue's commissions, by the unrounded rate
  AccountIndex taxes;     // the same for taxes
  AccountIndex funding;   // those who pay or get the other side of funding
  AccountIndex rounding;  // what rounding a charge to whole units of money gave or took
};

class Ledger {
 public:
  Ledger();

  /// The one with that name, made where there is none yet.
  CurrencyIndex currency(std::string_view name);
  AccountIndex open(std::string name);
  const Counterparties& counterparties() const { return counterparties_; }

  /// Money from outside: the only thing that changes a currency's total. May be negative (a withdrawal).
  void deposit(AccountIndex to, CurrencyIndex currency, Money amount);
  /// Any sign.
  void move(AccountIndex from, AccountIndex to, CurrencyIndex currency, Money amount) {
    at(from, currency) -= amount;
    at(to, currency) += amount;
  }

  Money balance(AccountIndex account, CurrencyIndex currency) const { return accounts_[account].balances[currency]; }
  std::size_t accounts() const { return accounts_.size(); }
  std::size_t currencies() const { return currencies_.size(); }
  const std::string& name_of(AccountIndex account) const { return accounts_[account].name; }
  const std::string& name_of_currency(CurrencyIndex currency) const { return currencies_[currency]; }
  /// The sum over all accounts.
  Money total(CurrencyIndex currency) const;
  Money deposited(CurrencyIndex currency) const { return deposited_[currency]; }

 private:
  struct Account {
    std::string name;
    std::vector<Money> balances;  // by currency
  };

  Money& at(AccountIndex account, CurrencyIndex currency) { return accounts_[account].balances[currency]; }

  std::vector<std::string> currencies_;
  std::vector<Money> deposited_;  // by currency
  std::vector<Account> accounts_;
  Counterparties counterparties_{};
};

}  // namespace stom
