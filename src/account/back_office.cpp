#include "account/back_office.hpp"

#include <algorithm>
#include <string>

namespace stom {

std::unique_ptr<BackOffice> BackOffice::for_clients(const std::vector<Instrument>& instruments,
                                                    std::vector<Client> clients) {
  if (std::none_of(clients.begin(), clients.end(), [](const Client& c) { return c.fees != nullptr; })) return nullptr;
  return std::make_unique<BackOffice>(instruments, std::move(clients));
}

BackOffice::BackOffice(const std::vector<Instrument>& instruments, std::vector<Client> clients)
    : instruments_{instruments} {
  for (Client& client : clients) {
    Desk& desk = desks_.emplace_back();
    if (client.fees == nullptr) continue;
    desk.fees = std::make_unique<FeeBook>(std::move(client.fees));
    if (client.terms.kind == AccountKind::Unlimited) continue;
    if (client.beside) {
      desk.account = std::make_unique<TradingAccount>(*desks_[*client.beside].account, *desk.fees);
      continue;
    }
    desk.account = std::make_unique<TradingAccount>(std::move(client.terms), instruments_, ledger_, *desk.fees,
                                                    "run " + std::to_string(desks_.size() - 1));
  }
}

void BackOffice::settle_fill(Desk& desk, OrderEvent& event) {
  const Instrument& instrument = instruments_[event.instrument];
  Charge charge = desk.fees->charge(instrument, event);
  if (desk.account != nullptr) {
    if (event.id & kLiquidationChild) {
      const Money more = desk.account->liquidation_fee(instrument, event.price, event.quantity);
      charge.commission += more;
      charge.commission_exact += more;
    }
    desk.account->fill(event, charge);
    event.coin_fee = desk.account->coin_fee(event, charge);
  }
  event.fee = event.coin_fee != 0 ? Money{} : charge.total();
}

void BackOffice::settle(RunIndex run, OrderEvent& event) {
  Desk& desk = desks_[run];
  switch (event.kind) {
    case OrderEventKind::Filled:
      return settle_fill(desk, event);
    case OrderEventKind::Canceled:
    case OrderEventKind::Expired:
      desk.fees->forget(event.id);
      if (desk.account != nullptr) desk.account->release(event.id);
      return;
    case OrderEventKind::Funding:
      if (desk.account != nullptr) desk.account->pay_funding(event.instrument, event.fee);
      return;
    default:
      return;
  }
}

}  // namespace stom
