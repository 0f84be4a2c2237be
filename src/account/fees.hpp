// What trading costs: commissions by tier, a minimum, taxes by settlement day, each rounded by its own rule. The rates
// are data (tables.hpp); this is how they are applied. Owned by whoever plays the venue, one book per account.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "model/calendar.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"

namespace stom {

inline constexpr int kRateDecimals = 9;
inline constexpr std::int64_t kWholeRate = power_of_ten(kRateDecimals);  // a share of 1

/// total x part / whole by the named rule, without leaving 128 bits where part and whole fit 64.
constexpr Int128 share_of(Int128 total, std::int64_t part, std::int64_t whole, Rounding rounding) {
  if (part == whole) return total;
  Int128 product = 0;
  if (!__builtin_mul_overflow(total, part, &product)) return divide(product, whole, rounding);
  const Int128 rest = total % whole;
  return total / whole * part + divide(rest * part, whole, rounding);
}

/// price x quantity, or of inverse contracts the coin they stand for: in the settlement currency, positive.
inline Money notional_of(const Instrument& instrument, Price price, Quantity quantity) {
  return instrument.kind == ContractKind::Inverse ? inverse_value_of(instrument, price, quantity)
                                                  : value_of(instrument, price, quantity);
}

/// value x rate, rounded towards zero at 10^-18 of the currency. `rate` in 10^-9 of the value.
inline Money fee_of(const Instrument& instrument, Price price, Quantity quantity, std::int64_t rate) {
  if (instrument.kind != ContractKind::Inverse) {
    // Nothing is rounded, and nothing divided, where money has the digits that the rate adds.
    const int spare = kMoneyDecimals - kRateDecimals - instrument.price_decimals - instrument.quantity_decimals;
    Int128 fee = static_cast<Int128>(price.value) * quantity.value;
    if (spare >= 0 && !__builtin_mul_overflow(fee, Int128{rate} * instrument.contract_size, &fee) &&
        !__builtin_mul_overflow(fee, Int128{power_of_ten(spare)}, &fee)) {
      return {fee};
    }
  }
  return {share_of(notional_of(instrument, price, quantity).value, rate, kWholeRate, Rounding::Down)};
}

/// How a charge becomes an amount that can be paid: whole multiples of `unit`; 0: as it is.
struct ChargeRounding {
  Money unit{};
  Rounding rule = Rounding::Down;
  friend bool operator==(const ChargeRounding&, const ChargeRounding&) = default;
};
Money rounded(Money amount, const ChargeRounding& rounding);

/// Rates for those whose volume over the thirty days before today is at least `volume_from`.
struct FeeTier {
  std::int32_t from = INT32_MIN;  // first day, the venue's
  Money volume_from{};            // in the settlement currency
  std::int64_t maker_rate = 0;    // in 10^-9 of the value: 0.0002 is 200'000. Negative: a rebate
  std::int64_t taker_rate = 0;
};

/// A tax on sales. The rate is that of the day on which the sale settles.
struct SalesTax {
  std::string name;
  struct Rate {
    std::int32_t settled_from;
    std::int64_t rate;
  };
  std::vector<Rate> rates;  // by day
  ChargeRounding rounding;
};

struct FeeSchedule {
  std::string name;
  std::vector<FeeTier> tiers;  // by from, then volume_from
  Money minimum{};             // of an order that filled at all
  ChargeRounding rounding;
  std::vector<SalesTax> taxes;
  const Calendar* calendar = nullptr;  // whose trading days count, and which days are closed; null: UTC, none
  int settlement_days = 0;             // business days from trade to settlement
};

/// One rate for makers, one for takers, nothing rounded.
std::shared_ptr<const FeeSchedule> flat_fees(std::int64_t maker_rate, std::int64_t taker_rate);
/// The day on which what was traded on `day` settles.
std::int32_t settlement_day(const FeeSchedule& schedule, std::int32_t day);

/// What a fill was charged, and what the rates say before rounding. The difference is rounding's.
struct Charge {
  Money commission{}, commission_exact{};
  Money tax{}, tax_exact{};
  Money total() const { return commission + tax; }
};

/// Applies a schedule to one account's fills, in order. Minimum and rounding are those of an order, however many fills
/// it took: each fill is charged what the order then owes, less what it has paid.
class FeeBook {
 public:
  explicit FeeBook(std::shared_ptr<const FeeSchedule> schedule);

  Charge charge(const Instrument& instrument, const OrderEvent& fill);
  /// The same, of a fill that has not happened.
  Charge would_charge(const Instrument& instrument, const OrderEvent& fill) const {
    FeeBook as_it_is{*this};
    return as_it_is.charge(instrument, fill);
  }
  /// The most that an order of that value can be charged now; what a buy sets aside.
  Money most(Money value, UnixNanos time);
  /// The order will not fill again.
  void forget(ClientOrderId id);
  /// Traded in the thirty days before the last fill's day.
  Money volume() const { return before_today_; }
  const FeeSchedule& schedule() const { return *schedule_; }

 private:
  static constexpr std::size_t kDays = 30;
  struct Running {
    ClientOrderId id;
    Money commission_exact{}, commission{};
    std::vector<Charge> taxes;  // by tax: tax, tax_exact
  };

  std::int32_t day_at(UnixNanos time) const {
    return schedule_->calendar == nullptr ? day_of(time) : schedule_->calendar->trading_day(time);
  }
  static std::size_t slot_of(std::int32_t day) {
    constexpr auto kSlots = static_cast<std::int32_t>(kDays + 1);
    return static_cast<std::size_t>((day % kSlots + kSlots) % kSlots);
  }
  const FeeTier& tier_on(std::int32_t day) const;
  void roll_to(std::int32_t day);
  std::int64_t tax_rate(const SalesTax& tax, std::int32_t day) const;

  std::shared_ptr<const FeeSchedule> schedule_;
  bool plain_;  // nothing is rounded, no minimum, no tax: orders need not be remembered
  std::vector<Running> running_;
  std::int32_t today_ = INT32_MIN;
  std::array<Money, kDays + 1> volumes_{};  // by day modulo its size; today's is not counted yet
  Money before_today_{};
};

}  // namespace stom
