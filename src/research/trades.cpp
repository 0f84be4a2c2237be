#include "research/trades.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/assert.hpp"

namespace stom {
namespace {

/// total * part / whole, towards minus infinity, without leaving 128 bits.
Int128 share(Int128 total, std::int64_t part, std::int64_t whole) {
  const Int128 quotient = divide(total, whole, Rounding::Floor);
  const Int128 rest = total - quotient * whole;
  return quotient * part + divide(rest * part, whole, Rounding::Floor);
}

/// A fill of which `used` is already spoken for. Parts are cut from the front, and the cuts add up to the whole.
struct Cutter {
  Quantity whole;
  Money value;
  Money fee;
  Quantity used{};

  struct Part {
    Money value;
    Money fee;
  };
  Part cut(Quantity quantity) {
    const auto between = [&](Money total) {
      return Money{share(total.value, (used + quantity).value, whole.value) -
                   share(total.value, used.value, whole.value)};
    };
    const Part part{between(value), between(fee)};
    used += quantity;
    return part;
  }
  Quantity left() const { return whole - used; }
};

struct Lot {
  const Fill* fill;
  Cutter rest;
};

Money value_in_settlement(const Instrument& instrument, Price price, Quantity quantity) {
  return instrument.kind == ContractKind::Inverse ? inverse_value_of(instrument, price, quantity)
                                                  : value_of(instrument, price, quantity);
}

Trade close(const Instrument& instrument, Lot& lot, const Fill& fill, Cutter& exit) {
  const Quantity quantity = std::min(lot.rest.left(), exit.left());
  const auto in = lot.rest.cut(quantity);
  const auto out = exit.cut(quantity);
  // Long gains when it leaves for more than it came; an inverse contract is worth less coin the higher its price.
  const bool long_of_value = (lot.fill->side == Side::Buy) != (instrument.kind == ContractKind::Inverse);
  Trade trade;
  trade.instrument = fill.instrument;
  trade.side = lot.fill->side;
  trade.entry_time = lot.fill->time;
  trade.exit_time = fill.time;
  trade.entry_price = lot.fill->price;
  trade.exit_price = fill.price;
  trade.quantity = quantity;
  trade.fee = in.fee + out.fee;
  trade.pnl = (long_of_value ? out.value - in.value : in.value - out.value) - trade.fee;
  trade.return_on_entry =
      in.value.value == 0 ? 0 : to_double(trade.pnl.value, kMoneyDecimals) / to_double(in.value.value, kMoneyDecimals);
  return trade;
}

}  // namespace

TradeList build_trades(std::span<const Instrument> instruments, std::span<const Fill> fills,
                       const ReasonOf& reason_of) {
  TradeList list;
  std::vector<std::deque<Lot>> lots(instruments.size());
  for (const Fill& fill : fills) {
    STOM_ASSERT(fill.instrument < instruments.size());
    STOM_ASSERT(fill.quantity.value > 0);
    const Instrument& instrument = instruments[fill.instrument];
    auto& open = lots[fill.instrument];
    Cutter rest{fill.quantity, value_in_settlement(instrument, fill.price, fill.quantity), fill.fee};
    while (rest.left().value > 0 && !open.empty() && open.front().fill->side != fill.side) {
      Trade trade = close(instrument, open.front(), fill, rest);
      if (reason_of) trade.exit_reason = reason_of(fill.order);
      if (trade.exit_reason.empty()) trade.exit_reason = "signal";
      list.trades.push_back(std::move(trade));
      if (open.front().rest.left().value == 0) open.pop_front();
    }
    if (rest.left().value > 0) open.push_back({&fill, rest});
  }
  for (auto& open : lots) {
    for (auto& lot : open) {
      const Quantity quantity = lot.rest.left();
      const auto part = lot.rest.cut(quantity);
      list.open.push_back(
          {lot.fill->instrument, lot.fill->side, lot.fill->time, lot.fill->price, quantity, part.value, part.fee});
    }
  }
  return list;
}

void add_excursions(std::span<Trade> trades, InstrumentIndex instrument, std::span<const Bar> bars) {
  for (Trade& trade : trades) {
    if (trade.instrument != instrument || trade.entry_price.value == 0) continue;
    Price low = std::min(trade.entry_price, trade.exit_price);
    Price high = std::max(trade.entry_price, trade.exit_price);
    auto bar = std::lower_bound(bars.begin(), bars.end(), trade.entry_time,
                                [](const Bar& b, UnixNanos t) { return b.time < t; });
    for (; bar != bars.end() && bar->time < trade.exit_time; ++bar) {
      low = std::min(low, bar->low);
      high = std::max(high, bar->high);
    }
    const auto change = [&](Price price) {
      const auto entry = static_cast<double>(trade.entry_price.value);
      return sign_of(trade.side) * (static_cast<double>(price.value) - entry) / entry;
    };
    trade.max_adverse = std::min(change(low), change(high));
    trade.max_favorable = std::max(change(low), change(high));
  }
}

void derive_trades(RunResult& result, const ReasonOf& reason_of) {
  auto list = build_trades(result.instruments, result.fills, reason_of);
  result.trades = std::move(list.trades);
  result.open = std::move(list.open);
  for (const auto& series : result.prices) add_excursions(result.trades, series.instrument, series.bars);
}

}  // namespace stom
