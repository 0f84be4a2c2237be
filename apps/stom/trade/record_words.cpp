#include "trade/record_words.hpp"

#include <fmt/format.h>

#include "core/decimal.hpp"
#include "model/order_words.hpp"

namespace stom::trade {

std::string RecordWords::name(InstrumentIndex index) const {
  return index < instruments_.size() ? instruments_[index].id : fmt::format("instrument {}", index);
}
std::string RecordWords::price(InstrumentIndex index, Price price) const {
  return format_decimal_trimmed(Int128{price.value},
                                index < instruments_.size() ? instruments_[index].price_decimals : 0);
}
std::string RecordWords::quantity(InstrumentIndex index, Quantity quantity) const {
  return format_decimal_trimmed(Int128{quantity.value},
                                index < instruments_.size() ? instruments_[index].quantity_decimals : 0);
}

std::string RecordWords::order(const JournalRecord& record) const {
  const NewOrder& o = record.order;
  const auto at = [&](std::string_view what, Price value) {
    return value.value == 0 ? std::string{} : fmt::format("{}{}", what, price(o.instrument, value));
  };
  std::string text = fmt::format("order {}: {} {} of {}, {}", o.id, name_of(o.side), quantity(o.instrument, o.quantity),
                                 name(o.instrument), name_of(o.type));
  text += at(" at ", o.price) + at(", triggered at ", o.trigger_price);
  if (o.trigger_by != TriggerBy::Last) text += fmt::format(" by {}", name_of(o.trigger_by));
  text += at(", trailing by ", o.trail) + at(", stop loss ", o.stop_loss) + at(", take profit ", o.take_profit);
  if (o.time_in_force != TimeInForce::GTC) text += fmt::format(", {}", name_of(o.time_in_force));
  if (o.expire_time != kNever) text += fmt::format(" until {}", format_time(o.expire_time));
  if (o.display.value != 0) text += fmt::format(", {} shown", quantity(o.instrument, o.display));
  if (o.size_by != SizeBy::Quantity) text += fmt::format(", sized by {}", name_of(o.size_by));
  if (o.bar_fill != BarFill::NextOpen) text += fmt::format(", {}", name_of(o.bar_fill));
  if (o.post_only) text += ", post-only";
  if (o.reduce_only) text += ", reduce-only";
  return text + fmt::format(" ({}, request {})", format_time(record.time), record.request);
}

std::string RecordWords::event(const JournalRecord& record) const {
  const OrderEvent& e = record.event;
  const bool traded = e.kind == OrderEventKind::Filled;
  std::string text = fmt::format("order {} {}", e.id, name_of(e.kind));
  if (traded) text += fmt::format(" as {}", name_of(e.liquidity));
  text += fmt::format(": {} {} of {} at {}", name_of(e.side), quantity(e.instrument, e.quantity), name(e.instrument),
                      price(e.instrument, e.price));
  if (traded || e.fee.value != 0) text += fmt::format(", fee {}", format_decimal_trimmed(e.fee.value, kMoneyDecimals));
  if (e.coin_fee != 0)
    text += fmt::format(" ({} of what was bought)", format_decimal_trimmed(Int128{e.coin_fee}, kCoinFeeDecimals));
  if (e.reason != RejectReason::None) text += fmt::format(", {}", name_of(e.reason));
  return text + fmt::format(", {} left ({}, the venue's {}, request {})", quantity(e.instrument, e.leaves),
                            format_time(record.time), format_time(e.time), record.request);
}

std::string RecordWords::of(const JournalRecord& record) const {
  switch (record.kind) {
    case RecordKind::Configuration:
      return "configuration: " + record.text;
    case RecordKind::Restart:
      return "another process: " + record.text;
    case RecordKind::Submit:
      return order(record);
    case RecordKind::Cancel:
      return fmt::format("cancel of order {} ({}, request {})", record.order.id, format_time(record.time),
                         record.request);
    case RecordKind::OrderEvent:
      return event(record);
    case RecordKind::Log:
      return fmt::format("the strategy's words: {} ({})", record.text, format_time(record.time));
    case RecordKind::Operator:
      return fmt::format("operator: {} ({})", record.text, format_time(record.time));
    case RecordKind::End:
      return fmt::format("the end, after {} market messages ({})", record.messages, format_time(record.time));
    case RecordKind::OthersHold:
      return fmt::format("{} of {} are others' ({})", quantity(record.instrument, record.quantity),
                         name(record.instrument), format_time(record.time));
    case RecordKind::Named:
      return fmt::format("the venue calls order {} {} ({})", record.order.id, record.text, format_time(record.time));
    case RecordKind::Difference:
      break;
  }
  return fmt::format("the venue differed: {} ({})", record.text, format_time(record.time));
}

}  // namespace stom::trade
