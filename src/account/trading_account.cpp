#include "account/trading_account.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "core/assert.hpp"
#include "model/cash_flow.hpp"

namespace stom {
namespace {

/// Where the terms name none: nothing must be kept but what is owed.
const std::vector<MarginBracket> kAnyBracket = {{.max_leverage = 125, .maintenance_rate = 0}};

Money magnitude(Money amount) { return {amount.value < 0 ? -amount.value : amount.value}; }

}  // namespace

Result<AccountKind> parse_account_kind(std::string_view name) {
  for (const auto kind : {AccountKind::Unlimited, AccountKind::Cash, AccountKind::Margin})
    if (name == name_of(kind)) return kind;
  return fail(Errc::Usage, fmt::format("there is no account kind named '{}'", name),
              "use --account cash (spot), margin (contracts) or unlimited; docs/accounts.md");
}

std::string_view name_of(AccountKind kind) {
  return kind == AccountKind::Cash ? "cash" : kind == AccountKind::Margin ? "margin" : "unlimited";
}

TradingAccount::TradingAccount(AccountTerms terms, const std::vector<Instrument>& instruments, Ledger& ledger,
                               FeeBook& fees, std::string name)
    : terms_{std::move(terms)},
      instruments_{instruments},
      ledger_{ledger},
      fees_{fees},
      owner_{ledger.open(std::move(name))},
      holdings_(instruments.size()) {
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    const Instrument& instrument = instruments[i];
    holdings_[i].settlement = ledger.currency(instrument.settlement());
    // A thing without a name of its own is at least not a currency that something else is paid in.
    holdings_[i].base = ledger.currency(instrument.base.empty() ? instrument.id : instrument.base);
    holdings_[i].leverage = terms_.leverage;
  }
  held_.resize(ledger.currencies());
  for (InstrumentIndex i = 0; i < holdings_.size(); ++i)
    ledger.deposit(owner_, holdings_[i].settlement, terms_.cash.of(i));
  if (terms_.base.value != 0) ledger.deposit(owner_, holdings_[0].base, terms_.base);
}

TradingAccount::TradingAccount(TradingAccount& beside, FeeBook& fees)
    : terms_{beside.terms_},
      instruments_{beside.instruments_},
      ledger_{beside.ledger_},
      fees_{fees},
      owner_{beside.owner_},
      holdings_{beside.holdings_},
      held_{beside.held_},
      beside_{&beside} {
  STOM_ASSERT(beside.beside_ == nullptr && beside.open_.empty());
  beside.beside_ = this;
}

void TradingAccount::set_leverage(InstrumentIndex index, int leverage) {
  STOM_ASSERT(leverage >= 1);
  holdings_[index].leverage = leverage;
  forget_safe_ranges();
}

void TradingAccount::set_margin_mode(InstrumentIndex index, MarginMode mode) {
  Holding& holding = holdings_[index];
  STOM_ASSERT(holding.position == 0 && holding.buys.value == 0 && holding.sells.value == 0);
  holding.mode = mode;
}

// ---- before an order stands -------------------------------------------------------------------------------------

RejectReason TradingAccount::refusal(const NewOrder& order, Quantity quantity, Money value, UnixNanos now) {
  switch (terms_.kind) {
    case AccountKind::Unlimited:
      return RejectReason::None;
    case AccountKind::Cash:
      return cash_refusal(order, quantity, value, now);
    case AccountKind::Margin:
      return margin_refusal(order, quantity, value, now);
  }
  return RejectReason::None;
}

RejectReason TradingAccount::cash_refusal(const NewOrder& order, Quantity quantity, Money value, UnixNanos now) const {
  const Money free = available(order.instrument);
  const Money fee = fee_of_order(order.side, value, now);
  const bool covered = order.side == Side::Buy ? free >= value + fee
                                               : available_base(order.instrument) >=
                                                         base_amount(instruments_[order.instrument], quantity) &&
                                                     free + value >= fee;
  return covered ? RejectReason::None : RejectReason::InsufficientBalance;
}

RejectReason TradingAccount::margin_refusal(const NewOrder& order, Quantity quantity, Money value,
                                            UnixNanos now) const {
  const InstrumentIndex index = order.instrument;
  if (order.reduce_only) return RejectReason::None;
  const bool buy = order.side == Side::Buy;
  const Money before = exposure(index, {}, {});
  const Money after = exposure(index, buy ? value : Money{}, buy ? Money{} : value);
  // What makes neither side's exposure greater closes, and closing is never refused.
  if (after <= before) return RejectReason::None;
  const Instrument& instrument = instruments_[index];
  const Holding& holding = holdings_[index];
  for (const MarginBracket& bracket : brackets(index))
    if (after > bracket.notional_from && holding.leverage > bracket.max_leverage) return RejectReason::PositionLimit;
  // Bought above the mark or sold below it: lost at once.
  Money lost{};
  if (holding.mark.value > 0) {
    const bool pays = buy == (instrument.kind != ContractKind::Inverse);
    const Money at_mark = notional_of(instrument, holding.mark, quantity);
    lost = std::max(Money{}, pays ? value - at_mark : at_mark - value);
  }
  const Money needed = initial_in(holding.settlement) - margin(index, {}, {}) +
                       margin(index, buy ? value : Money{}, buy ? Money{} : value);
  return equity_in(holding.settlement) >= needed + lost + fees_.most(value, now) ? RejectReason::None
                                                                                 : RejectReason::InsufficientMargin;
}

Money TradingAccount::base_amount(const Instrument& instrument, Quantity quantity) const {
  return {Int128{quantity.value} * power_of_ten(kMoneyDecimals - instrument.quantity_decimals)};
}

Money TradingAccount::available(InstrumentIndex index) const {
  const CurrencyIndex currency = holdings_[index].settlement;
  if (terms_.kind == AccountKind::Margin) return equity_in(currency) - initial_in(currency);
  return ledger_.balance(owner_, currency) - held_[currency];
}

Money TradingAccount::available_base(InstrumentIndex index) const {
  const CurrencyIndex currency = holdings_[index].base;
  return ledger_.balance(owner_, currency) - held_[currency];
}

// ---- what resting orders hold -----------------------------------------------------------------------------------

void TradingAccount::hold(Open& open, UnixNanos now, int sign) {
  Holding& holding = holdings_[open.instrument];
  const bool buy = open.side == Side::Buy;
  if (sign > 0) {
    open.value = notional_of(instruments_[open.instrument], open.price, {open.leaves});
    if (terms_.kind == AccountKind::Cash) {
      open.held = buy ? open.value + fee_of_order(open.side, open.value, now)
                      : base_amount(instruments_[open.instrument], {open.leaves});
    }
  }
  if (terms_.kind == AccountKind::Cash) {
    held_[buy ? holding.settlement : holding.base] += sign > 0 ? open.held : -open.held;
  } else if (!open.reduce_only) {
    (buy ? holding.buys : holding.sells) += sign > 0 ? open.value : -open.value;
  }
}

void TradingAccount::reserve(const NewOrder& order, Quantity quantity, UnixNanos now) {
  open_.push_back({.id = order.id,
                   .instrument = order.instrument,
                   .side = order.side,
                   .reduce_only = order.reduce_only,
                   .leaves = quantity.value,
                   .price = order.price});
  hold(open_.back(), now, +1);
}

void TradingAccount::release(ClientOrderId id) {
  const auto it = std::find_if(open_.begin(), open_.end(), [id](const Open& o) { return o.id == id; });
  if (it == open_.end()) return;
  hold(*it, 0, -1);
  *it = open_.back();
  open_.pop_back();
}

// ---- what happens to it -----------------------------------------------------------------------------------------

void TradingAccount::fill(const OrderEvent& event, const Charge& charge) {
  const auto it = std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.id == event.id; });
  if (it != open_.end()) {
    hold(*it, event.time, -1);
    it->leaves -= event.quantity.value;
    if (it->leaves > 0) {
      hold(*it, event.time, +1);
    } else {
      *it = open_.back();
      open_.pop_back();
    }
  }
  Holding& holding = holdings_[event.instrument];
  const Instrument& instrument = instruments_[event.instrument];
  const auto& others = ledger_.counterparties();
  if (terms_.kind == AccountKind::Cash) {
    const Money base = base_amount(instrument, event.quantity);
    ledger_.move(others.market, owner_, holding.settlement,
                 cash_of_fill(instrument, event.side, event.price, event.quantity));
    ledger_.move(others.market, owner_, holding.base, event.side == Side::Buy ? base : -base);
    holding.position += sign_of(event.side) * event.quantity.value;
  } else {
    trade_margin(holding, instrument, event);
  }
  if (const std::int64_t coins = coin_fee(event, charge); coins != 0)
    return ledger_.move(owner_, others.fees, holding.base,
                        {Int128{coins} * power_of_ten(kMoneyDecimals - kCoinFeeDecimals)});
  ledger_.move(owner_, others.fees, holding.settlement, charge.commission_exact);
  ledger_.move(owner_, others.taxes, holding.settlement, charge.tax_exact);
  ledger_.move(owner_, others.rounding, holding.settlement,
               charge.total() - charge.commission_exact - charge.tax_exact);
}

std::int64_t TradingAccount::coin_fee(const OrderEvent& fill, const Charge& charge) const {
  if (!terms_.coin_fees || terms_.kind != AccountKind::Cash || fill.side != Side::Buy) return 0;
  const int spare = kMoneyDecimals - kCoinFeeDecimals - instruments_[fill.instrument].price_decimals;
  const Int128 of_one = Int128{fill.price.value} * power_of_ten(spare);
  return static_cast<std::int64_t>(divide(charge.commission.value, of_one, Rounding::Down));
}

/// What closes gives back its part of the basis, and the difference is realised; what is left opens.
void TradingAccount::trade_margin(Holding& holding, const Instrument& instrument, const OrderEvent& event) {
  const std::int64_t traded = sign_of(event.side) * event.quantity.value;
  Money cash = cash_of_fill(instrument, event.side, event.price, event.quantity);
  if (holding.position != 0 && (holding.position < 0) != (traded < 0)) {
    const std::int64_t closed = std::min(std::abs(traded), std::abs(holding.position));
    const Money got{closed == event.quantity.value ? cash.value
                                                   : cash_of_fill(instrument, event.side, event.price, {closed}).value};
    const Money basis{share_of(holding.basis.value, closed, std::abs(holding.position), Rounding::Down)};
    ledger_.move(ledger_.counterparties().market, owner_, holding.settlement, got - basis);
    holding.basis -= basis;
    cash -= got;
    holding.isolated -= {share_of(holding.isolated.value, closed, std::abs(holding.position), Rounding::Down)};
  }
  holding.position += traded;
  holding.basis -= cash;
  if (holding.mode == MarginMode::Isolated)
    holding.isolated += {divide(magnitude(cash).value, holding.leverage, Rounding::Ceil)};
  forget_safe_ranges();
}

Money TradingAccount::funding(InstrumentIndex index, Price mark, std::int64_t rate) const {
  const std::int64_t position = holdings_[index].position;
  if (position == 0 || mark.value <= 0) return {};
  const Money value = notional_of(instruments_[index], mark, {std::abs(position)});
  const Money paid{share_of(value.value, rate, kWholeRate, Rounding::Down)};
  return position > 0 ? paid : -paid;
}

void TradingAccount::pay_funding(InstrumentIndex index, Money paid) {
  ledger_.move(owner_, ledger_.counterparties().funding, holdings_[index].settlement, paid);
  if (holdings_[index].mode == MarginMode::Isolated) holdings_[index].isolated -= paid;
  forget_safe_ranges();
}

// ---- margin -----------------------------------------------------------------------------------------------------

const std::vector<MarginBracket>& TradingAccount::brackets(InstrumentIndex index) const {
  if (terms_.brackets.empty()) return kAnyBracket;
  const auto& own = terms_.brackets[std::min<std::size_t>(index, terms_.brackets.size() - 1)];
  return own.empty() ? kAnyBracket : own;
}

Money TradingAccount::value_at_mark(InstrumentIndex index) const {
  const Holding& holding = holdings_[index];
  if (holding.position == 0) return {};
  if (holding.mark.value <= 0) return magnitude(holding.basis);
  return notional_of(instruments_[index], holding.mark, {std::abs(holding.position)});
}

Money TradingAccount::unrealised(InstrumentIndex index) const {
  const Holding& holding = holdings_[index];
  if (holding.position == 0 || holding.mark.value <= 0) return {};
  // The basis is what the position would be sold for at its entry.
  return cash_of_fill(instruments_[index], holding.position > 0 ? Side::Sell : Side::Buy, holding.mark,
                      {std::abs(holding.position)}) -
         holding.basis;
}

/// The larger of what the position would be worth if all resting buys filled, or all resting sells.
Money TradingAccount::exposure(InstrumentIndex index, Money more_buys, Money more_sells) const {
  const Holding& holding = holdings_[index];
  const Money value = value_at_mark(index);
  const Money at = holding.position < 0 ? -value : value;
  return std::max(holding.buys + more_buys + at, holding.sells + more_sells - at);
}

/// What the position and the resting orders need of what is free. An isolated position has its own already.
Money TradingAccount::margin(InstrumentIndex index, Money more_buys, Money more_sells) const {
  Money value = exposure(index, more_buys, more_sells);
  if (holdings_[index].mode == MarginMode::Isolated) value = std::max(Money{}, value - value_at_mark(index));
  return {divide(value.value, holdings_[index].leverage, Rounding::Ceil)};
}

Money TradingAccount::position_margin(InstrumentIndex index) const {
  return {divide(value_at_mark(index).value, holdings_[index].leverage, Rounding::Ceil)};
}

Money TradingAccount::maintenance(InstrumentIndex index) const {
  const Money value = value_at_mark(index);
  Money sum{};
  const auto& all = brackets(index);
  for (std::size_t i = 0; i < all.size() && value > all[i].notional_from; ++i) {
    const Money to = i + 1 < all.size() ? std::min(value, all[i + 1].notional_from) : value;
    sum.value += share_of((to - all[i].notional_from).value, all[i].maintenance_rate, kWholeRate, Rounding::Ceil);
  }
  return sum;
}

Money TradingAccount::equity_in(CurrencyIndex currency) const {
  Money sum = ledger_.balance(owner_, currency);
  if (terms_.kind == AccountKind::Cash) return sum;
  for (const TradingAccount* side : sides()) {
    if (side == nullptr) continue;
    for (InstrumentIndex i = 0; i < side->holdings_.size(); ++i) {
      const Holding& holding = side->holdings_[i];
      if (holding.settlement == currency)
        sum += holding.mode == MarginMode::Cross ? side->unrealised(i) : -holding.isolated;
    }
  }
  return sum;
}

Money TradingAccount::initial_in(CurrencyIndex currency) const {
  Money sum{};
  for (const TradingAccount* side : sides()) {
    if (side == nullptr) continue;
    for (InstrumentIndex i = 0; i < side->holdings_.size(); ++i)
      if (side->holdings_[i].settlement == currency) sum += side->margin(i, {}, {});
  }
  return sum;
}

Money TradingAccount::maintenance_in(CurrencyIndex currency) const {
  Money sum{};
  for (const TradingAccount* side : sides()) {
    if (side == nullptr) continue;
    for (InstrumentIndex i = 0; i < side->holdings_.size(); ++i)
      if (side->holdings_[i].settlement == currency && side->holdings_[i].mode == MarginMode::Cross)
        sum += side->maintenance(i);
  }
  return sum;
}

/// What is there above the maintenance margin of the position, and of those that the same money stands behind.
Money TradingAccount::spare(InstrumentIndex index) const {
  const Holding& holding = holdings_[index];
  if (holding.mode == MarginMode::Isolated) return holding.isolated + unrealised(index) - maintenance(index);
  return equity_in(holding.settlement) - maintenance_in(holding.settlement);
}

bool TradingAccount::too_thin(InstrumentIndex index) {
  Holding& holding = holdings_[index];
  const Money left = spare(index);
  holding.safe_low = {1};
  holding.safe_high = {0};
  if (left.value <= 0) return true;
  std::ptrdiff_t open = 0;
  for (const TradingAccount* side : sides())
    if (side != nullptr)
      open += std::ranges::count_if(side->holdings_, [](const Holding& h) { return h.position != 0; });
  if (open != 1) return false;
  // While the price moves by less than a share f of itself, up to a tenth, equity falls by less than f / 0.9 of the
  // position's value, and the maintenance margin, at most the value, rises by no more.
  const Int128 value = value_at_mark(index).value;
  const Int128 per_mille = std::min<Int128>(100, left.value / (value / 450 + 1));
  const auto step = static_cast<std::int64_t>(Int128{holding.mark.value} * per_mille / 1000);
  holding.safe_low = holding.mark - Price{step};
  holding.safe_high = holding.mark + Price{step};
  return false;
}

void TradingAccount::forget_safe_ranges() {
  for (TradingAccount* side : {this, beside_}) {
    if (side == nullptr) continue;
    for (Holding& holding : side->holdings_) {
      holding.safe_low = {1};
      holding.safe_high = {0};
    }
  }
}

}  // namespace stom
