// One trader's account as its venue keeps it: what is there, what resting orders hold, what an order may still commit,
// and when positions are taken away. Docs: docs/accounts.md. The simulated venue owns one per run and tells it of every
// fill; orders ask it before they act.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "account/fees.hpp"
#include "account/ledger.hpp"
#include "core/result.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/start_cash.hpp"

namespace stom {

enum class AccountKind : std::uint8_t {
  Unlimited,  // nothing is checked, nothing is liquidated: what comparisons with other simulators need
  Cash,       // spot: what is bought is paid for, what is sold is there
  Margin,     // linear and inverse contracts: a share of their value stands as margin
};
Result<AccountKind> parse_account_kind(std::string_view name);
std::string_view name_of(AccountKind kind);

/// What stands behind a position: all that the account has in its currency, or only what was put aside for it.
enum class MarginMode : std::uint8_t { Cross, Isolated };

/// From a notional value on: the leverage that is still allowed, and the share of value that must stay.
struct MarginBracket {
  Money notional_from{};
  int max_leverage = 1;
  std::int64_t maintenance_rate = 0;  // in 10^-9, of the part of the value inside the bracket
};

struct AccountTerms {
  AccountKind kind = AccountKind::Unlimited;
  StartCash cash{};                                  // at the start
  Money base{};                                      // at the start, of what the first instrument trades: Cash
  bool coin_fees = false;                            // the commission of a buy is taken of what was bought: Cash
  int leverage = 1;                                  // of every instrument at the start
  std::vector<std::vector<MarginBracket>> brackets;  // by instrument, ascending from 0; the first one for those beyond
  std::int64_t liquidation_fee_rate = 0;             // in 10^-9 of the value, on top of the commission
};

class TradingAccount {
 public:
  /// Brings the cash in. `instruments`, `ledger` and `fees` must outlive the account.
  TradingAccount(AccountTerms terms, const std::vector<Instrument>& instruments, Ledger& ledger, FeeBook& fees,
                 std::string name);
  /// The other side of `beside`, where long and short positions are held apart: with that one's money, which stands
  /// behind the positions of both.
  TradingAccount(TradingAccount& beside, FeeBook& fees);
  TradingAccount(const TradingAccount&) = delete;
  TradingAccount& operator=(const TradingAccount&) = delete;

  /// Whether the order may stand: None, or why not. `value`: what it would trade at most, in the settlement currency.
  RejectReason refusal(const NewOrder& order, Quantity quantity, Money value, UnixNanos now);
  /// An order that may rest holds funds from here until it has filled or ended.
  void reserve(const NewOrder& order, Quantity quantity, UnixNanos now);
  void release(ClientOrderId id);
  void fill(const OrderEvent& event, const Charge& charge);
  /// What that commission is of what was bought (10^-kCoinFeeDecimals, the rest cut off); 0: it is paid with cash.
  std::int64_t coin_fee(const OrderEvent& fill, const Charge& charge) const;
  /// What the position pays (positive) or gets at that rate (10^-9 of its value) and mark.
  Money funding(InstrumentIndex index, Price mark, std::int64_t rate) const;
  void pay_funding(InstrumentIndex index, Money paid);

  /// The price that positions are valued at.
  void mark(InstrumentIndex index, Price price) { holdings_[index].mark = price; }
  /// The same, and whether what is left no longer covers the maintenance margin there. Costs two comparisons where the
  /// price is still in a range in which that was found impossible.
  bool must_liquidate(InstrumentIndex index, Price price) {
    Holding& holding = holdings_[index];
    holding.mark = price;
    return holding.position != 0 && (price < holding.safe_low || price > holding.safe_high) && too_thin(index);
  }
  /// The fee on top of the commission for closing a position against the trader's will.
  Money liquidation_fee(const Instrument& instrument, Price price, Quantity quantity) const {
    return fee_of(instrument, price, quantity, terms_.liquidation_fee_rate);
  }

  const AccountTerms& terms() const { return terms_; }
  int leverage(InstrumentIndex index) const { return holdings_[index].leverage; }
  /// What it means for the margin that positions need counts at once; who may choose what is the venue's to say.
  void set_leverage(InstrumentIndex index, int leverage);
  MarginMode margin_mode(InstrumentIndex index) const { return holdings_[index].mode; }
  /// Nothing may be open there.
  void set_margin_mode(InstrumentIndex index, MarginMode mode);
  /// Put aside for the position, of an isolated one.
  Money isolated(InstrumentIndex index) const { return holdings_[index].isolated; }
  AccountIndex owner() const { return owner_; }
  std::int64_t position(InstrumentIndex index) const { return holdings_[index].position; }
  /// What opening the position took (negative: gave), in the settlement currency: Margin.
  Money basis(InstrumentIndex index) const { return holdings_[index].basis; }
  /// Both in the settlement currency of that instrument.
  Money balance(InstrumentIndex index) const { return ledger_.balance(owner_, holdings_[index].settlement); }
  Money equity(InstrumentIndex index) const { return equity_in(holdings_[index].settlement); }
  /// Margin that positions and resting orders in that currency need to be held, and to be kept.
  Money initial_margin(InstrumentIndex index) const { return initial_in(holdings_[index].settlement); }
  Money maintenance_margin(InstrumentIndex index) const { return maintenance_in(holdings_[index].settlement); }
  /// Of the position there alone.
  Money position_margin(InstrumentIndex index) const;
  Money position_maintenance(InstrumentIndex index) const { return maintenance(index); }
  /// What a new order may still commit: cash, or equity above the initial margin.
  Money available(InstrumentIndex index) const;
  Money available_base(InstrumentIndex index) const;

 private:
  struct Holding {
    std::int64_t position = 0;
    Money basis{};          // cash that opening the position took (negative: gave), which closing it gives back
    Price mark{};           // 0: not known
    Money buys{}, sells{};  // value of resting orders
    Price safe_low{1}, safe_high{0};
    Money isolated{};  // put aside for the position
    int leverage = 1;
    MarginMode mode = MarginMode::Cross;
    CurrencyIndex base = 0, settlement = 0;
  };
  struct Open {
    ClientOrderId id;
    InstrumentIndex instrument;
    Side side;
    bool reduce_only;
    std::int64_t leaves;
    Price price;
    Money value{};  // added to buys or sells
    Money held{};   // of a currency: Cash
  };

  RejectReason cash_refusal(const NewOrder& order, Quantity quantity, Money value, UnixNanos now) const;
  RejectReason margin_refusal(const NewOrder& order, Quantity quantity, Money value, UnixNanos now) const;
  Money base_amount(const Instrument& instrument, Quantity quantity) const;
  /// At most, in cash.
  Money fee_of_order(Side side, Money value, UnixNanos now) const {
    return terms_.coin_fees && side == Side::Buy ? Money{} : fees_.most(value, now);
  }
  Money value_at_mark(InstrumentIndex index) const;
  Money unrealised(InstrumentIndex index) const;
  Money exposure(InstrumentIndex index, Money more_buys, Money more_sells) const;
  Money margin(InstrumentIndex index, Money more_buys, Money more_sells) const;
  const std::vector<MarginBracket>& brackets(InstrumentIndex index) const;
  Money maintenance(InstrumentIndex index) const;
  Money equity_in(CurrencyIndex currency) const;
  Money initial_in(CurrencyIndex currency) const;
  Money maintenance_in(CurrencyIndex currency) const;
  /// This one, and the other side: null where there is none.
  std::array<const TradingAccount*, 2> sides() const { return {this, beside_}; }
  Money spare(InstrumentIndex index) const;
  bool too_thin(InstrumentIndex index);
  void hold(Open& open, UnixNanos now, int sign);
  void trade_margin(Holding& holding, const Instrument& instrument, const OrderEvent& event);
  void forget_safe_ranges();

  AccountTerms terms_;
  const std::vector<Instrument>& instruments_;
  Ledger& ledger_;
  FeeBook& fees_;
  AccountIndex owner_;
  std::vector<Holding> holdings_;  // by instrument
  std::vector<Money> held_;        // by currency: Cash
  std::vector<Open> open_;
  TradingAccount* beside_ = nullptr;  // the other side's, where long and short are held apart
};

}  // namespace stom
