#include "account/ledger.hpp"

#include <algorithm>
#include <utility>

namespace stom {

Ledger::Ledger() { counterparties_ = {open("market"), open("fees"), open("taxes"), open("funding"), open("rounding")}; }

CurrencyIndex Ledger::currency(std::string_view name) {
  const auto it = std::find(currencies_.begin(), currencies_.end(), name);
  if (it != currencies_.end()) return static_cast<CurrencyIndex>(it - currencies_.begin());
  currencies_.emplace_back(name);
  deposited_.emplace_back();
  for (Account& account : accounts_) account.balances.emplace_back();
  return static_cast<CurrencyIndex>(currencies_.size() - 1);
}

AccountIndex Ledger::open(std::string name) {
  accounts_.push_back({std::move(name), std::vector<Money>(currencies_.size())});
  return static_cast<AccountIndex>(accounts_.size() - 1);
}

void Ledger::deposit(AccountIndex to, CurrencyIndex currency, Money amount) {
  at(to, currency) += amount;
  deposited_[currency] += amount;
}

Money Ledger::total(CurrencyIndex currency) const {
  Money sum{};
  for (const Account& account : accounts_) sum += account.balances[currency];
  return sum;
}

}  // namespace stom
