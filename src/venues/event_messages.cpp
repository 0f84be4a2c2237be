#include "venues/event_messages.hpp"

#include <charconv>

#include "core/decimal.hpp"

namespace stom::venues {

Result<bool> append_message(const EventBatch& events, const Event& event, Decimals decimals, UnixNanos received,
                            MessageBatch& out) {
  const std::size_t levels = out.levels.size();
  Message m;
  m.receive_time = received;
  m.first_level = static_cast<std::uint32_t>(levels);
  const auto text = [&](std::string_view name) {
    const auto* field = events.find(event, name);
    return field ? field->text : std::string_view{"0"};
  };
  const auto level = [&](std::string_view price, std::string_view quantity) -> Result<void> {
    const auto p = parse_decimal(price, decimals.price), q = parse_decimal(quantity, decimals.quantity);
    if (!p) return std::unexpected(p.error());
    if (!q) return std::unexpected(q.error());
    out.levels.push_back({{*p}, {*q}});
    return {};
  };
  const auto give_up = [&](const Error& error) {
    out.levels.resize(levels);
    return std::unexpected(error);
  };

  if (const auto* sent = events.find(event, "sent_time_ns")) m.event_time = sent->integer;
  if (const auto* time = events.find(event, "venue_time_ns"))
    (m.event_time == kNoTime ? m.event_time : m.transaction_time) = time->integer;
  if (event.kind == "trade") {
    m.kind = MessageKind::Trade;
    m.bids = 1;
    const auto id = text("trade_id");
    std::from_chars(id.data(), id.data() + id.size(), m.first_update_id);  // 0 where a venue's ids are words
    const auto* side = events.find(event, "side");
    m.flags = !side ? kNoAggressor : side->text == "sell" ? kSellAggressor : 0;
    if (const auto done = level(text("price"), text("quantity")); !done) return give_up(done.error());
  } else if (event.kind == "quote") {
    m.kind = MessageKind::Quote;
    m.bids = m.asks = 1;
    for (const auto& [price, quantity] : {std::pair{"bid", "bid_quantity"}, std::pair{"ask", "ask_quantity"}})
      if (const auto done = level(text(price), text(quantity)); !done) return give_up(done.error());
  } else if (event.kind == "book") {
    m.kind = MessageKind::Snapshot;
    m.bids = event.bids, m.asks = event.asks;
    for (std::uint32_t i = 0; i < event.bids + event.asks; ++i) {
      const auto& from = events.levels[event.first_level + i];
      if (const auto done = level(from.price, from.quantity); !done) return give_up(done.error());
    }
  } else {
    return false;
  }
  out.messages.push_back(m);
  return true;
}

}  // namespace stom::venues
