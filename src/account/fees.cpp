#include "account/fees.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace stom {

Money rounded(Money amount, const ChargeRounding& rounding) {
  if (rounding.unit.value == 0) return amount;
  return {divide(amount.value, rounding.unit.value, rounding.rule) * rounding.unit.value};
}

std::shared_ptr<const FeeSchedule> flat_fees(std::int64_t maker_rate, std::int64_t taker_rate) {
  auto schedule = std::make_shared<FeeSchedule>();
  schedule->name = "flat";
  schedule->tiers = {{.maker_rate = maker_rate, .taker_rate = taker_rate}};
  return schedule;
}

std::int32_t settlement_day(const FeeSchedule& schedule, std::int32_t day) {
  constexpr int kSaturday = 5;
  for (int left = schedule.settlement_days; left > 0;) {
    ++day;
    const bool closed = schedule.calendar != nullptr && std::ranges::binary_search(schedule.calendar->closed, day);
    if (weekday_of(day) < kSaturday && !closed) --left;
  }
  return day;
}

FeeBook::FeeBook(std::shared_ptr<const FeeSchedule> schedule) : schedule_{std::move(schedule)} {
  STOM_ASSERT(!schedule_->tiers.empty());
  plain_ = schedule_->minimum.value == 0 && schedule_->rounding.unit.value == 0 && schedule_->taxes.empty();
}

/// Of the tiers in force on that day, the highest one whose volume is reached; the first where none is.
const FeeTier& FeeBook::tier_on(std::int32_t day) const {
  const auto& tiers = schedule_->tiers;
  const FeeTier* found = &tiers.front();
  for (const FeeTier& tier : tiers) {
    if (tier.from > day) break;
    if (tier.from > found->from || tier.volume_from <= before_today_) found = &tier;
  }
  return *found;
}

/// Volumes of days that are now more than thirty days back are dropped.
void FeeBook::roll_to(std::int32_t day) {
  if (day <= today_) return;
  if (today_ == INT32_MIN || day - today_ > static_cast<std::int32_t>(kDays)) {
    volumes_.fill({});
    before_today_ = {};
  } else {
    for (; today_ < day; ++today_) {
      before_today_ += volumes_[slot_of(today_)];
      Money& oldest = volumes_[slot_of(today_ + 1)];
      before_today_ -= oldest;
      oldest = {};
    }
  }
  today_ = day;
}

std::int64_t FeeBook::tax_rate(const SalesTax& tax, std::int32_t day) const {
  const std::int32_t settled = settlement_day(*schedule_, day);
  std::int64_t rate = 0;
  for (const auto& dated : tax.rates)
    if (dated.settled_from <= settled) rate = dated.rate;
  return rate;
}

Charge FeeBook::charge(const Instrument& instrument, const OrderEvent& fill) {
  const std::int32_t day = day_at(fill.time);
  if (day > today_) roll_to(day);
  const FeeTier& tier = tier_on(day);
  const std::int64_t rate = fill.liquidity == Liquidity::Maker ? tier.maker_rate : tier.taker_rate;
  const Money exact = fee_of(instrument, fill.price, fill.quantity, rate);
  const Money value = notional_of(instrument, fill.price, fill.quantity);
  if (schedule_->tiers.size() > 1) volumes_[slot_of(today_)] += value;
  if (plain_) return {.commission = exact, .commission_exact = exact};

  auto it = std::find_if(running_.begin(), running_.end(), [&](const Running& r) { return r.id == fill.id; });
  if (it == running_.end()) {
    it = running_.insert(running_.end(), {.id = fill.id});
    it->taxes.resize(schedule_->taxes.size());
  }
  it->commission_exact += exact;
  const Money owed = std::max(rounded(it->commission_exact, schedule_->rounding), schedule_->minimum);
  Charge charge{.commission = owed - it->commission, .commission_exact = exact};
  it->commission = owed;
  for (std::size_t i = 0; fill.side == Side::Sell && i < schedule_->taxes.size(); ++i) {
    const SalesTax& tax = schedule_->taxes[i];
    Charge& so_far = it->taxes[i];
    const Money due{share_of(value.value, tax_rate(tax, day), kWholeRate, Rounding::Down)};
    so_far.tax_exact += due;
    const Money whole = rounded(so_far.tax_exact, tax.rounding);
    charge.tax += whole - so_far.tax;
    charge.tax_exact += due;
    so_far.tax = whole;
  }
  if (fill.leaves.value == 0) running_.erase(it);
  return charge;
}

Money FeeBook::most(Money value, UnixNanos time) {
  const std::int32_t day = day_at(time);
  if (day > today_) roll_to(day);
  const FeeTier& tier = tier_on(day);
  const std::int64_t rate = std::max({tier.maker_rate, tier.taker_rate, std::int64_t{0}});
  const Money exact{share_of(value.value, rate, kWholeRate, Rounding::Ceil)};
  return std::max(rounded(exact, {schedule_->rounding.unit, Rounding::Ceil}), schedule_->minimum);
}

void FeeBook::forget(ClientOrderId id) {
  std::erase_if(running_, [&](const Running& r) { return r.id == id; });
}

}  // namespace stom
