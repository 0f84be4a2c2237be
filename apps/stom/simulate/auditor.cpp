#include "simulate/auditor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/journal.hpp"
#include "engine/recovery.hpp"

namespace stom::simulate {
namespace {

/// A fill as both sides must tell it: price, quantity, side.
using FillFacts = std::tuple<std::int64_t, std::int64_t, Side>;
constexpr Int128 kFeeUnit = 10'000'000'000;  // venues tell fees to 10^-8, and cut off what is less

struct JournalOrder {
  int submitted = 0, accepted = 0, ended = 0;
  std::int64_t quantity = 0, filled = 0;
  Side side = Side::Buy;
  OrderEventKind last = OrderEventKind::Accepted;
  bool denied = false, not_sent = false, cancel_asked = false;
  bool rests = true;  // until it is filled or canceled
  bool closes = false, has_bracket = false, at_market = false;
  bool kept = false, left = false;  // by the session itself; and then for the venue
  bool never_left = false;          // and ended here
  ClientOrderId parent = 0;         // of a bracket's closing order
  bool enlarges = false;            // a position, and a breaker had stopped that
  std::vector<FillFacts> fills;
  Int128 fees = 0;
};

struct VenueSide {
  const venues::VenueOrder* order = nullptr;
  int placed = 0;  // orders with that name that the venue took
  std::vector<FillFacts> fills;
  Int128 fees = 0;
};

std::string text_of(OrderEventKind kind) {
  using enum OrderEventKind;
  switch (kind) {
    case Filled:
      return "filled";
    case Canceled:
      return "canceled";
    case Expired:
      return "expired";
    case Rejected:
      return "rejected";
    case Denied:
      return "denied";
    default:
      return "working";
  }
}
std::string text_of(OrderStatus status) {
  constexpr std::string_view kNames[] = {"pending", "working", "filled", "canceled", "rejected", "expired", "unknown"};
  return std::string{kNames[static_cast<std::size_t>(status)]};
}

/// Whether an order that ended so in our journal is what the venue says.
bool agree(OrderEventKind ours, OrderStatus venue) {
  using enum OrderEventKind;
  switch (venue) {
    case OrderStatus::Filled:
      return ours == Filled;
    case OrderStatus::Canceled:
      return ours == Canceled;
    case OrderStatus::Expired:
      return ours == Expired || ours == Canceled;  // of what is left of an IOC venues say the one or the other
    case OrderStatus::Rejected:
      return ours == Rejected;
    default:
      return false;
  }
}

/// Refused at the door: also what would have taken and may not, of which the exchange keeps a record of its own.
bool refused(const venues::VenueOrder& order) {
  return order.status == OrderStatus::Rejected ||
         (order.status == OrderStatus::Expired && order.reason == RejectReason::PostOnlyWouldTake);
}

std::optional<ClientOrderId> id_of(std::string_view client_id, std::string_view prefix) {
  if (!client_id.starts_with(prefix)) return std::nullopt;
  client_id.remove_prefix(prefix.size());
  ClientOrderId id = 0;
  const auto [end, wrong] = std::from_chars(client_id.data(), client_id.data() + client_id.size(), id);
  if (wrong != std::errc{} || end != client_id.data() + client_id.size()) return std::nullopt;
  return id;
}

std::optional<ClientOrderId> id_of(const venues::VenueOrder& order,
                                   const std::map<std::uint64_t, ClientOrderId>& brought) {
  const auto found = brought.find(order.terms.id);
  return found == brought.end() ? std::nullopt : std::optional{found->second};
}

Int128 ten_to(int exponent) {
  Int128 value = 1;
  for (; exponent > 0; --exponent) value *= 10;
  return value;
}

/// Whether it would enlarge a position, or turn it.
bool enlarges(std::int64_t position, const JournalOrder& order) {
  const std::int64_t after = position + (order.side == Side::Buy ? order.quantity : -order.quantity);
  return position == 0 || (position > 0 ? after > position || after < 0 : after < position || after > 0);
}

/// A bracket's closing order, which nobody submitted: it is told as kept. One that was not sent is kept anew under its
/// number.
std::string begin_child(const OrderEvent& event, std::map<ClientOrderId, JournalOrder>& orders) {
  if (event.kind != OrderEventKind::Accepted || event.reason != RejectReason::Held) return {};
  if (const auto before = orders.find(event.id); before != orders.end()) {
    if (before->second.parent == 0 || !before->second.not_sent) return {};
    orders.erase(before);
  }
  const auto parent = orders.find(event.id & kParentIds);
  if (parent == orders.end() || !parent->second.has_bracket || parent->second.side == event.side)
    return fmt::format("order {} is kept, and nobody sent it", event.id);
  JournalOrder& order = orders[event.id];
  order.submitted = 1;
  order.side = event.side;
  order.closes = true;
  order.parent = parent->first;
  return {};
}

/// One that only closes leaves: no more than is held and not being closed already, and alone of its bracket.
std::string closes_too_much(ClientOrderId id, const JournalOrder& order, std::int64_t position,
                            const std::map<ClientOrderId, JournalOrder>& orders) {
  if (!order.closes) return {};
  std::int64_t open = order.side == Side::Sell ? position : -position;
  for (const auto& [other_id, other] : orders) {
    const bool on_its_way = other.left && other.ended == 0 && other.side == order.side;
    if (!on_its_way) continue;
    if (order.parent != 0 && other.parent == order.parent)
      return fmt::format("both closing orders of order {} are on their way", order.parent);
    if (other.at_market) open -= other.quantity - other.filled;
  }
  if (order.quantity <= open) return {};
  return fmt::format("order {} closes {}, and {} is held and not being closed", id, order.quantity, open);
}

/// What a bracket's orders close its parent has opened.
std::string closes_more_than_opened(const std::map<ClientOrderId, JournalOrder>& orders) {
  std::map<ClientOrderId, std::int64_t> closed;
  for (const auto& [id, order] : orders)
    if (order.parent != 0) closed[order.parent] += order.filled;
  for (const auto& [parent, quantity] : closed)
    if (const std::int64_t opened = orders.at(parent).filled; quantity > opened)
      return fmt::format("the bracket of order {} has closed {}, and it opened {}", parent, quantity, opened);
  return {};
}

/// What the records of the file say of each order; or what is wrong with them by themselves.
std::string read_orders(const std::vector<JournalRecord>& records, std::map<ClientOrderId, JournalOrder>& orders) {
  std::map<std::uint64_t, ClientOrderId> requests;
  std::int64_t position = 0;
  bool stopped = false;
  for (const JournalRecord& record : records) {
    if (record.kind == RecordKind::Submit) {
      JournalOrder& order = orders[record.order.id];
      if (++order.submitted > 1) return fmt::format("order {} was submitted twice", record.order.id);
      if (!requests.emplace(record.request, record.order.id).second)
        return fmt::format("request {} was used twice", record.request);
      order.quantity = record.order.quantity.value;
      order.side = record.order.side;
      order.rests = record.order.time_in_force == TimeInForce::GTC && !record.order.post_only;
      order.closes = record.order.reduce_only;
      order.has_bracket = record.order.stop_loss.value != 0 || record.order.take_profit.value != 0;
      order.enlarges = stopped && enlarges(position, order);
    }
    if (record.kind == RecordKind::Operator && record.text.starts_with("trip ")) stopped = true;
    if (record.kind == RecordKind::Cancel) {
      const auto asked = orders.find(record.order.id);
      if (asked == orders.end()) return fmt::format("order {} is canceled, and nobody sent it", record.order.id);
      asked->second.cancel_asked = true;
    }
    if (record.kind != RecordKind::OrderEvent || record.event.kind == OrderEventKind::Funding) continue;
    if (auto wrong = begin_child(record.event, orders); !wrong.empty()) return wrong;
    const auto found = orders.find(record.event.id);
    if (found == orders.end()) return fmt::format("the journal tells of order {}, which nobody sent", record.event.id);
    JournalOrder& order = found->second;
    const OrderEvent& event = record.event;
    const auto after_the_end = [&] {
      return fmt::format("order {} is told as {} behind its end ({})", event.id, text_of(event.kind),
                         text_of(order.last));
    };
    const bool held = event.reason == RejectReason::Held;
    if (order.kept && !held)
      return fmt::format("order {} is told as {}, and never left", event.id, text_of(event.kind));
    if (held && order.left)
      return fmt::format("order {} is told as {} and kept, and has left", event.id, text_of(event.kind));
    switch (event.kind) {
      case OrderEventKind::Triggered:
        if (!held) continue;
        if (!order.kept || order.ended > 0) return fmt::format("order {} leaves, and is not kept", event.id);
        order.quantity = event.leaves.value;
        order.enlarges = stopped && enlarges(position, order);
        order.at_market = event.price.value == 0;
        order.rests = !order.at_market;
        if (auto wrong = closes_too_much(event.id, order, position, orders); !wrong.empty()) return wrong;
        order.kept = false;
        order.left = true;
        continue;
      case OrderEventKind::Accepted:
        if (order.ended > 0) return after_the_end();
        if (held) {
          order.kept = true;
          order.quantity = event.leaves.value;
          break;
        }
        if (++order.accepted > 1) return fmt::format("order {} was accepted twice", event.id);
        break;
      case OrderEventKind::Filled:
        if (order.ended > 0) return after_the_end();
        order.fills.emplace_back(event.price.value, event.quantity.value, event.side);
        order.fees += event.fee.value;
        order.filled += event.quantity.value;
        position += event.side == Side::Buy ? event.quantity.value : -event.quantity.value;
        if (order.filled > order.quantity) return fmt::format("order {} is filled beyond its quantity", event.id);
        if (event.leaves.value != order.quantity - order.filled)
          return fmt::format("order {}: {} are said to be left of {}, and {} are filled", event.id, event.leaves.value,
                             order.quantity, order.filled);
        if (event.leaves.value == 0) ++order.ended;
        break;
      case OrderEventKind::Denied:
      case OrderEventKind::Rejected:
      case OrderEventKind::Canceled:
      case OrderEventKind::Expired:
        if (order.ended++ > 0) return after_the_end();
        order.denied = event.kind == OrderEventKind::Denied;
        order.not_sent = order.denied && event.reason == RejectReason::None;
        order.never_left = order.kept;
        order.kept = false;
        break;
      default:
        continue;
    }
    order.last = event.kind;
  }
  return closes_more_than_opened(orders);
}

/// Whether the fills that were told are those that were made, where several may be told as one: the same side and
/// quantity, and a value that is off by no more than what rounding an average price, and then what is new of it, can
/// do.
bool add_up(const std::vector<FillFacts>& told, const std::vector<FillFacts>& made) {
  Int128 quantity = 0, value = 0, told_quantity = 0, told_value = 0;
  for (const auto& [price, size, side] : made) {
    quantity += size;
    value += Int128{price} * size;
  }
  for (const auto& [price, size, side] : told) {
    if (made.empty() || side != std::get<Side>(made.front())) return false;
    told_quantity += size;
    told_value += Int128{price} * size;
  }
  const Int128 apart = told_value - value;
  return told_quantity == quantity && (apart < 0 ? -apart : apart) <= quantity;
}

std::string compare(ClientOrderId id, const JournalOrder& ours, const VenueSide& venue, const Audited& what) {
  const auto at_venue = [&] { return venue.order == nullptr ? "unknown there" : text_of(venue.order->status); };
  if (venue.placed > 1) return fmt::format("doubled order: the venue has {} orders named {}", venue.placed, id);
  if (ours.denied && venue.order != nullptr)
    return fmt::format("order {} was never sent, says the journal, and is {} at the venue", id, at_venue());
  const bool never_there = venue.order == nullptr || refused(*venue.order);
  if (!never_there && ours.enlarges)
    return fmt::format("order {} enlarges a position behind the trip of a breaker", id);
  const bool of_bracket = ours.parent != 0;  // no limit holds back what closes for one
  if (!never_there && what.limits.order != 0 && !of_bracket && venue.order->terms.quantity.value > what.limits.order)
    return fmt::format("order {} is beyond the limit of an order", id);
  if (ours.ended == 0 && what.may_stay_unknown && never_there && ours.accepted == 0) return {};
  if (ours.never_left && venue.order != nullptr)
    return fmt::format("order {} never left, says the journal, and is {} at the venue", id, at_venue());
  if (ours.never_left) return {};
  if (ours.ended == 0)
    return fmt::format("lost order: {} has no end in the journal, and is {} at the venue", id, at_venue());
  if (venue.order == nullptr) {
    if (ours.denied || ours.last == OrderEventKind::Rejected) return {};
    // It waited, until the account was set or for its budget, and was taken back before it was sent.
    if (ours.last == OrderEventKind::Canceled && ours.cancel_asked && ours.accepted == 0) return {};
    return fmt::format("order {} is {} in the journal, and the venue never had it", id, text_of(ours.last));
  }
  const bool left_no_trace =
      what.brought != nullptr && ours.accepted == 0 && !venue.order->open() && venue.fills.empty();
  if (ours.last == OrderEventKind::Rejected && (refused(*venue.order) || left_no_trace)) return {};
  if (ours.last == OrderEventKind::Rejected)
    return fmt::format("a guess: order {} is rejected in the journal, and {} at the venue", id, at_venue());
  if (ours.last == OrderEventKind::Canceled && ours.rests && !ours.cancel_asked && !what.lost_cancels.contains(id) &&
      !what.ended.contains(venue.order->updated))
    return fmt::format("order {} is canceled, and nobody asked for it", id);
  // A venue cuts what only closes to what is held as it arrives; the rest of it is told as expired.
  const bool is_cut = ours.closes && venue.order->terms.quantity.value < ours.quantity;
  const bool rest_expired =
      is_cut && ours.last == OrderEventKind::Expired && venue.order->status == OrderStatus::Filled;
  if (!agree(ours.last, venue.order->status) && !rest_expired)
    return fmt::format("order {} is {} in the journal, and {} at the venue", id, text_of(ours.last), at_venue());
  if (venue.order->terms.quantity.value != ours.quantity && !is_cut)
    return fmt::format("order {} was decided over {} and sent over {}", id, ours.quantity,
                       venue.order->terms.quantity.value);
  auto told = ours.fills, made = venue.fills;
  std::ranges::sort(told);
  std::ranges::sort(made);
  // Some tell it by the order, so it is compared by the order.
  const Int128 unit = what.brought != nullptr ? ten_to(kMoneyDecimals) : kFeeUnit * static_cast<Int128>(told.size());
  const Int128 untold = venue.fees - ours.fees, least = told.empty() ? Int128{0} : unit;
  const bool same = told == made || (what.brought != nullptr && add_up(told, made));
  if (same && (untold < 0 || untold > least))
    return fmt::format("wrong cash: fees of order {} are {} in the journal, and {} at the venue", id,
                       format_decimal_trimmed(ours.fees, kMoneyDecimals),
                       format_decimal_trimmed(venue.fees, kMoneyDecimals));
  if (same) return {};
  if (told.size() != made.size())
    return fmt::format("order {} has {} fills in the journal, and {} at the venue", id, told.size(), made.size());
  const auto apart = std::ranges::mismatch(told, made);
  const auto text = [](const FillFacts& fill) {
    const auto& [price, quantity, side] = fill;
    return fmt::format("{} {} at {}", side == Side::Buy ? "buy" : "sell", quantity, price);
  };
  return fmt::format("a fill of order {} is told as {}, and was {}", id, text(*apart.in1), text(*apart.in2));
}

/// Each number that the journal keeps is that of the order that it says.
std::string wrong_number(const std::vector<JournalRecord>& records, const Audited& what) {
  if (what.brought == nullptr) return {};
  for (const JournalRecord& record : records) {
    if (record.kind != RecordKind::Named) continue;
    const venues::VenueOrder* there = what.host.order_named(0, record.text);
    const auto is = there == nullptr ? what.brought->end() : what.brought->find(there->terms.id);
    if (is == what.brought->end() || is->second != record.order.id)
      return fmt::format("order {} is called {} in the journal, and that is another", record.order.id, record.text);
  }
  return {};
}

/// Each payment of the exchange told once; `told`: what they add up to in the journal.
std::string compare_funding(const std::vector<JournalRecord>& records, const venues::ExchangeBackend& host,
                            Int128& told) {
  std::vector<std::pair<UnixNanos, Int128>> ours, theirs;
  for (const JournalRecord& record : records) {
    if (record.kind != RecordKind::OrderEvent || record.event.kind != OrderEventKind::Funding) continue;
    ours.emplace_back(record.event.time / kMillisecond, record.event.fee.value);
    told += record.event.fee.value;
  }
  for (const venues::FundingCharge& charge : host.funding())
    if (charge.account == 0) theirs.emplace_back(charge.time / kMillisecond, charge.paid.value);
  std::ranges::sort(ours);
  std::ranges::sort(theirs);
  if (ours.size() != theirs.size())
    return fmt::format("funding was told {} times, and paid {} times", ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const Int128 apart = ours[i].second - theirs[i].second;
    if (ours[i].first != theirs[i].first || apart >= kFeeUnit || apart <= -kFeeUnit)
      return fmt::format("a funding payment is told as {} and was {}",
                         format_decimal_trimmed(ours[i].second, kMoneyDecimals),
                         format_decimal_trimmed(theirs[i].second, kMoneyDecimals));
  }
  return {};
}

}  // namespace

std::string audit(const Audited& what) {
  const auto records = read_journal(what.journal);
  if (!records) return "the journal cannot be read: " + records.error().message;
  std::map<ClientOrderId, JournalOrder> ours;
  if (auto wrong = read_orders(*records, ours); !wrong.empty()) return wrong;
  if (auto wrong = wrong_number(*records, what); !wrong.empty()) return wrong;

  // The exchange's own ledger.
  std::map<ClientOrderId, VenueSide> theirs;
  std::map<std::uint64_t, ClientOrderId> names;
  for (const venues::VenueOrder* order : what.host.orders(0)) {
    const auto id = what.brought == nullptr ? id_of(order->client_id, what.prefix) : id_of(*order, *what.brought);
    if (!id) continue;
    if (what.lost.contains(*id)) {  // somebody else's, since the journal lost it
      if (ours.contains(*id)) return fmt::format("the number of order {}, which a power cut lost, is used again", *id);
      continue;
    }
    VenueSide& side = theirs[*id];
    if (!refused(*order) || side.order == nullptr) side.order = order;
    side.placed += refused(*order) ? 0 : 1;
    names[order->terms.id] = *id;
    if (!ours.contains(*id))
      return fmt::format("order {} is {} at the venue, and the journal knows of none", *id, text_of(order->status));
  }
  const Instrument& instrument = what.host.instruments()[0];
  const Int128 unit = ten_to(kMoneyDecimals - instrument.price_decimals - instrument.quantity_decimals);
  Int128 flows = 0, held = 0, all_flows = 0, all_fees = 0, all_held = 0;
  for (const venues::VenueFill& fill : what.host.fills()) {
    const Int128 sign = fill.side == Side::Buy ? 1 : -1;
    const Int128 value = Int128{fill.price.value} * fill.quantity.value * unit;
    all_flows -= sign * value;
    all_fees += fill.fee.value;
    all_held += sign * fill.quantity.value;
    const auto name = names.find(fill.order);
    if (name == names.end()) continue;  // somebody else's
    flows -= sign * value;
    held += sign * fill.quantity.value;
    if (what.limits.position != 0 && (held < 0 ? -held : held) > what.limits.position)
      return fmt::format("order {} takes the position beyond its limit", name->second);
    theirs[name->second].fills.emplace_back(fill.price.value, fill.quantity.value, fill.side);
    theirs[name->second].fees += fill.fee.value;
  }
  if (what.limits.working != 0 && what.most_working > what.limits.working)
    return fmt::format("{} orders rested at a time, and {} may", what.most_working, what.limits.working);
  Int128 fees = 0, told_flows = 0;  // as they were told
  for (const auto& [id, order] : ours) {
    fees += order.fees;
    for (const auto& [price, quantity, side] : order.fills)
      told_flows -= (side == Side::Buy ? unit : -unit) * price * quantity;
    const auto there = theirs.find(id);
    if (auto wrong = compare(id, order, there == theirs.end() ? VenueSide{} : there->second, what); !wrong.empty())
      return wrong;
  }

  Int128 funding = 0, charged = 0;  // as it was told, and as it was paid
  if (auto wrong = compare_funding(*records, what.host, funding); !wrong.empty()) return wrong;
  for (const venues::FundingCharge& charge : what.host.funding())
    charged += charge.account == 0 ? charge.paid.value : 0;

  // What the session believes of its position and its cash.
  Recovery recovery{what.host.instruments(), Money{what.cash}};
  for (const JournalRecord& record : *records)
    if (auto folded = recovery.fold(record); !folded) return "the journal cannot be folded: " + folded.error().message;
  const auto& holding = recovery.account().holding(0);
  if (holding.position.value != held || what.held != held)
    return fmt::format("wrong position: the fills make {}, the journal {}, the session {}",
                       static_cast<std::int64_t>(held), holding.position.value, static_cast<std::int64_t>(what.held));
  if (what.brought != nullptr) flows = told_flows;  // of each order they were held against what it was filled at
  if (const Int128 expected = what.cash + flows - fees - funding; holding.cash.value != expected)
    return fmt::format("wrong cash: it is off by {}",
                       format_decimal_trimmed(holding.cash.value - expected, kMoneyDecimals));

  // What the exchange holds for the account.
  for (const auto& balance : what.host.balances(0)) {
    const Int128 total = balance.free.value + balance.locked.value;
    if (balance.asset == instrument.base && !what.margin &&
        total != what.granted_base + all_held * ten_to(kMoneyDecimals - instrument.quantity_decimals))
      return "the exchange's own base balance is not what its fills make";
    if (balance.asset != instrument.settlement()) continue;
    Int128 expected = what.granted + all_flows - all_fees - charged, room = 0;
    if (what.margin) {  // profit that is not realised is not in it: what is open stands at its average price, rounded
      const venues::Position open = what.host.position(0, 0, venues::PositionSide::Both);
      if (open.quantity.value != all_held) return "the exchange's own position is not what its fills make";
      expected += Int128{open.entry.value} * open.quantity.value * unit;
      room = (open.quantity.value < 0 ? -open.quantity.value : open.quantity.value) * unit + 1'000;
    }
    const Int128 apart = total - expected;
    if ((apart < 0 ? -apart : apart) > room)
      return fmt::format("the exchange's own balance is off by {}", format_decimal_trimmed(apart, kMoneyDecimals));
  }
  return {};
}

}  // namespace stom::simulate
