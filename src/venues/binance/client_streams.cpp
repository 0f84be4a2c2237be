// The instruments of a Binance market that are watched: their streams, the snapshots of their books, and what is
// missing between the two.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "venues/binance/market_client.hpp"
#include "venues/straight_reader.hpp"

namespace stom::venues::binance {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

}  // namespace

void MarketClient::watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos,
                         Actions& actions) {
  const auto symbol = instrument.symbol();
  auto [at, added] = watched_.try_emplace(symbol, symbol, feed_);
  auto& watched = at->second;
  if (!added && watched.index != index) symbols_.erase(watched.index);  // the newest watcher is told
  watched.index = index;
  watched.instrument = instrument;
  watched.wanted = wanted;
  watched.data.set_decimals({instrument.price_decimals, instrument.quantity_decimals});
  symbols_[index] = symbol;
  if (added && signer_) ask_open_orders(index, actions);
  for (const auto connection : {kBooks, kMarks}) {
    const auto streams = streams_of(watched, connection);
    if (streams.empty()) continue;
    const bool first = !(connected_ & 1u << connection);
    if (first) {
      connected_ |= 1u << connection;
      actions.connect(connection, connection == kBooks ? "books" : "marks", product_.stream, {});
    } else if (added) {
      say_streams(connection, "SUBSCRIBE", streams, actions);
      if (connection == kBooks && wanted.book) ask_snapshot(watched, actions);
    }
  }
}

void MarketClient::unwatch(InstrumentIndex index, UnixNanos, Actions& actions) {
  const auto symbol = symbols_.find(index);
  if (symbol == symbols_.end()) return;
  const auto at = watched_.find(symbol->second);
  for (const auto connection : {kBooks, kMarks})
    if (const auto streams = streams_of(at->second, connection); !streams.empty())
      say_streams(connection, "UNSUBSCRIBE", streams, actions);
  watched_.erase(at);
  symbols_.erase(symbol);
}

std::vector<std::string> MarketClient::streams_of(const Watched& watched, ConnectionId connection) const {
  std::vector<std::string> streams;
  const auto symbol = lower(watched.instrument.symbol());
  if (connection == kMarks) {
    if (watched.wanted.mark_price && !product_.marks.empty()) streams.push_back(symbol + "@markPrice@1s");
    return streams;
  }
  if (watched.wanted.book) streams.push_back(fmt::format("{}@{}", symbol, product_.depth));
  if (watched.wanted.trades) streams.push_back(symbol + "@trade");
  if (watched.wanted.quotes) streams.push_back(symbol + "@bookTicker");
  return streams;
}

void MarketClient::subscribe(ConnectionId connection, Actions& actions) {
  std::vector<std::string> all;
  for (const auto& [symbol, watched] : watched_)
    for (auto& stream : streams_of(watched, connection)) all.push_back(std::move(stream));
  if (!all.empty()) say_streams(connection, "SUBSCRIBE", all, actions);
}

void MarketClient::say_streams(ConnectionId connection, std::string_view method,
                               const std::vector<std::string>& streams, Actions& actions) {
  reset(Priority::Session, 0);
  request_.connection = connection;
  request_.body =
      fmt::format(R"({{"method":"{}","params":["{}"],"id":{}}})", method, fmt::join(streams, "\",\""), ++subscription_);
  actions.request(request_);
}

Watched* MarketClient::watched_by(std::string_view bytes) {
  constexpr std::string_view kKey = "\"s\":\"";
  const auto from = straight::find_key(bytes, 's');
  if (from == std::string_view::npos) return nullptr;
  const auto symbol = bytes.substr(from + kKey.size());
  const auto at = watched_.find(symbol.substr(0, symbol.find('"')));
  return at == watched_.end() ? nullptr : &at->second;
}

void MarketClient::market(Watched& watched, std::string_view bytes, UnixNanos received, Actions& actions) {
  batch_.clear();
  if (!watched.data.decode(bytes, received, batch_)) {
    told(bytes, received, actions);
    return;
  }
  for (const auto& message : batch_.messages) {
    if (message.kind != MessageKind::Depth) continue;
    const auto last = watched.last_update_id;
    const bool follows = feed_ == Feed::Spot ? message.first_update_id == last + 1 : message.previous_update_id == last;
    watched.last_update_id = message.final_update_id;
    if (last != 0 && follows) continue;
    watched.wanted_id = feed_ == Feed::Spot ? message.first_update_id - 1 : message.previous_update_id;
    const bool missing = last != 0 || (watched.snapshot_id != 0 && watched.snapshot_id < watched.wanted_id);
    if (missing && !watched.snapshot_wanted) {
      watched.snapshot_id = 0;
      actions.book_stale(watched.index, "an update is missing");
      ask_snapshot(watched, actions);
    }
  }
  if (!batch_.messages.empty()) actions.market(watched.index, batch_);
}

void MarketClient::ask_snapshot(Watched& watched, Actions& actions) {
  watched.snapshot_wanted = true;
  const auto symbol = watched.instrument.symbol();
  rest("GET", fmt::format("{}/depth?symbol={}&limit=1000", product_.api, wire(symbol)), Priority::Query,
       tag_of(About::Snapshot, watched.index), {{kWeight, static_cast<std::int32_t>(product_.snapshot_weight)}});
  actions.request(request_);
}

void MarketClient::snapshot(std::uint64_t index, const Reply& reply, UnixNanos now, Actions& actions) {
  const auto symbol = symbols_.find(static_cast<InstrumentIndex>(index));
  if (symbol == symbols_.end()) return;  // not watched any more
  auto& watched = watched_.find(symbol->second)->second;
  batch_.clear();
  if (reply.status == 200) {
    const auto done = watched.data.decode(reply.body, now, batch_);
    // Older than the updates that we have: what lies between is missing. The venue's documents: ask again.
    const auto id = batch_.messages.empty() ? 0 : batch_.messages.front().final_update_id;
    if (done && id != 0 && (watched.last_update_id == 0 || id >= watched.wanted_id)) {
      watched.snapshot_wanted = false;
      watched.snapshot_id = id;
      return actions.market(watched.index, batch_);
    }
    if (!done) actions.malformed(done.error(), reply.body);
  } else {
    refused(reply, "snapshot of " + symbol->second, actions);
  }
  retry_at(now, actions);
}

}  // namespace stom::venues::binance
