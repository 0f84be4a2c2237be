#include "venues/upbit/straight.hpp"

#include "venues/straight_reader.hpp"

namespace stom::venues::upbit {
namespace {

using straight::Reader;

constexpr std::string_view kBookHead = R"({"type":"orderbook","code":")";
constexpr std::string_view kTradeHead = R"({"type":"trade","code":")";
constexpr std::size_t kMostLevels = 64;  // the venue has 30

/// `[{"ask_price":…,"bid_price":…,"ask_size":…,"bid_size":…},…]`, the best first: bids, then asks.
bool read_units(Reader& in, Decimals decimals, Message& m, std::vector<Level>& out) {
  Level bids[kMostLevels], asks[kMostLevels];
  std::uint32_t n = 0;
  if (!in.take("[{\"ask_price\":")) return false;
  do {
    if (n == kMostLevels) return false;
    auto &bid = bids[n], &ask = asks[n];
    if (!in.number(decimals.price, ask.price.value) || !in.take(",\"bid_price\":") ||
        !in.number(decimals.price, bid.price.value) || !in.take(",\"ask_size\":") ||
        !in.number(decimals.quantity, ask.quantity.value) || !in.take(",\"bid_size\":") ||
        !in.number(decimals.quantity, bid.quantity.value))
      return false;
    ++n;
  } while (in.take("},{\"ask_price\":"));
  if (!in.take("}]")) return false;
  m.bids = m.asks = n;
  out.insert(out.end(), bids, bids + n);
  out.insert(out.end(), asks, asks + n);
  return true;
}

/// After the code.
bool read_book(Reader& in, Decimals decimals, Message& m, std::vector<Level>& out) {
  if (!in.take(",\"timestamp\":") || !in.milliseconds(m.event_time) || !in.take(",\"total_ask_size\":") ||
      !in.skip_number() || !in.take(",\"total_bid_size\":") || !in.skip_number() || !in.take(",\"orderbook_units\":") ||
      !read_units(in, decimals, m, out))
    return false;
  // The venue writes the level before the type of stream or after it.
  bool told = false;
  const auto level = [&] { return told || !in.take(",\"level\":") || (told = true, in.skip_number()); };
  if (!level()) return false;
  if (!in.take(",\"stream_type\":\"REALTIME\"")) in.take(",\"stream_type\":\"SNAPSHOT\"");
  return level() && in.take('}');
}

/// After the code. What the trade before a subscription says was told then: the decoder knows what to do with it.
bool read_trade(Reader& in, Decimals decimals, Message& m, std::vector<Level>& out) {
  Level level;
  const auto side = [&] {
    const bool sell = in.take("\"ASK\"");
    m.flags = sell ? kSellAggressor : 0;
    return sell || in.take("\"BID\"");
  };
  const auto text = [&] { return in.take('"') && in.skip_string(); };
  const auto best = [&] {
    return in.skip_number() && in.take(",\"best_ask_size\":") && in.skip_number() && in.take(",\"best_bid_price\":") &&
           in.skip_number() && in.take(",\"best_bid_size\":") && in.skip_number();
  };
  const bool read = in.take(",\"timestamp\":") && in.milliseconds(m.event_time) && in.take(",\"trade_date\":") &&
                    text() && in.take(",\"trade_time\":") && text() && in.take(",\"trade_timestamp\":") &&
                    in.milliseconds(m.transaction_time) && in.take(",\"trade_price\":") &&
                    in.number(decimals.price, level.price.value) && in.take(",\"trade_volume\":") &&
                    in.number(decimals.quantity, level.quantity.value) && in.take(",\"ask_bid\":") && side() &&
                    in.take(",\"prev_closing_price\":") && in.skip_number() && in.take(",\"change\":") && text() &&
                    in.take(",\"change_price\":") && in.skip_number() && in.take(",\"sequential_id\":") &&
                    in.whole(m.first_update_id) && (!in.take(",\"best_ask_price\":") || best()) &&
                    in.take(",\"stream_type\":\"REALTIME\"}");
  if (!read) return false;
  m.bids = 1;
  out.push_back(level);
  return true;
}

}  // namespace

std::optional<std::string_view> instrument_of(std::string_view frame) {
  const bool book = frame.starts_with(kBookHead);
  if (!book && !frame.starts_with(kTradeHead)) return std::nullopt;
  const auto code = frame.substr(book ? kBookHead.size() : kTradeHead.size());
  return code.substr(0, code.find('"'));
}

bool decode_straight(std::string_view frame, Decimals decimals, UnixNanos received, MessageBatch& out) {
  Reader in{frame.data(), frame.data() + frame.size()};
  const bool trade = in.take(kTradeHead);
  if ((!trade && !in.take(kBookHead)) || in.take('"') || !in.skip_string()) return false;
  Message m;
  m.receive_time = received;
  m.kind = trade ? MessageKind::Trade : MessageKind::Snapshot;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  const bool read = trade ? read_trade(in, decimals, m, out.levels) : read_book(in, decimals, m, out.levels);
  if (!read || in.at != in.end) {
    out.levels.resize(m.first_level);
    return false;
  }
  out.messages.push_back(m);
  return true;
}

}  // namespace stom::venues::upbit
