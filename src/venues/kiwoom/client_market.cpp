// The stocks that are watched: who watches them, what of them is registered, and their market data on the way to a
// book.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr std::string_view kInterrupted = "1";  // of 1h, member 9068; anything else: it is over

/// What 0s says of the session: the document's words for 0, 3 and NXT's, for the others those of the venue's older API.
struct SessionWord {
  std::string_view session, word;
};
constexpr SessionWord kSessionWords[] = {
    {"0", "KRX gathers orders for the opening"},
    {"2", "KRX gathers orders for the close"},
    {"3", "KRX is open"},
    {"8", "KRX's main session is over"},
    {"9", "KRX is closed"},
    {"P", "NXT's pre-market is open"},
    {"Q", "NXT's pre-market is over"},
    {"R", "NXT's main market is open"},
    {"S", "NXT's main market is over"},
    {"T", "NXT gathers orders for its after-market"},
    {"U", "NXT's after-market is open"},
    {"V", "NXT's trading at the closing price is over"},
    {"W", "NXT's after-market is over"},
};

/// Without 1h nothing says that a book is an auction's.
std::string_view words_of(Types types) {
  return !types.books ? R"("0B")" : types.trades ? R"("0B","0D","1h")" : R"("0D","1h")";
}

}  // namespace

void StockClient::watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos,
                        Actions& actions) {
  const auto at = watched_.try_emplace(instrument.symbol()).first;
  auto& watched = at->second;
  watched.decimals = {instrument.price_decimals, instrument.quantity_decimals};
  if (const auto known = std::ranges::find(watched.watchers, index, &Watcher::index); known != watched.watchers.end())
    known->wanted = wanted;
  else
    watched.watchers.push_back({index, wanted});
  if (logged_in_) register_as_wanted(at->first, watched, actions);
}

void StockClient::unwatch(InstrumentIndex index, UnixNanos, Actions& actions) {
  const auto at = watched_at(index);
  if (at == watched_.end()) return;
  std::erase_if(at->second.watchers, [index](const Watcher& watcher) { return watcher.index == index; });
  if (logged_in_) register_as_wanted(at->first, at->second, actions);
  if (at->second.watchers.empty()) watched_.erase(at);
}

WatchList::iterator StockClient::watched_at(InstrumentIndex index) {
  return std::ranges::find_if(watched_, [index](const auto& entry) {
    const auto& watchers = entry.second.watchers;
    return std::ranges::find(watchers, index, &Watcher::index) != watchers.end();
  });
}

WatchList::iterator StockClient::watched_as(std::string_view code, std::string_view exchange) {
  auto found = watched_.end();
  for (auto at = watched_.begin(); at != watched_.end(); ++at) {
    if (without_exchange(at->first) != code) continue;
    if (exchange_of(at->first) == exchange) return at;
    if (found == watched_.end()) found = at;
  }
  return found;
}

void StockClient::register_as_wanted(std::string_view code, Watched& watched, Actions& actions) {
  const auto before = std::exchange(watched.registered, watched.wanted());
  const auto now = watched.registered;
  if (const auto more = now.without(before); more.any())
    say(fmt::format(R"({{"trnm":"REG","grp_no":"1","refresh":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", code,
                    words_of(more)),
        before.any() ? Costs{} : Costs{{kRegistrations, 1}}, actions);
  if (const auto less = before.without(now); less.any())
    say(fmt::format(R"({{"trnm":"REMOVE","grp_no":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", code, words_of(less)),
        {}, actions);
  if (before.any() && !now.any()) actions.release(kRegistrations, 1);
}

bool StockClient::market_straight(std::string_view bytes, UnixNanos received, Actions& actions) {
  const auto entries = straight_.read(bytes, received);
  const auto read = [&](const Straight::Entry& entry, const Watched& watched) {
    batch_.clear();
    return straight_.append(entry, watched.decimals, received, batch_);
  };
  // All of it is read before the first of it counts.
  for (const auto& entry : entries)
    if (const auto at = watched_.find(entry.item); at != watched_.end() && !read(entry, at->second)) return false;
  for (const auto& entry : entries) {
    const auto at = watched_.find(entry.item);
    if (at == watched_.end()) continue;
    read(entry, at->second);
    deliver(at->second, actions);
  }
  return !entries.empty();
}

void StockClient::deliver(const Watched& watched, Actions& actions) {
  if (watched.interrupted)
    for (Message& message : batch_.messages) message.flags |= kCallAuction;
  for (const auto& watcher : watched.watchers) actions.market(watcher.index, batch_);
}

void StockClient::interruption_told(const Event& event) {
  if (const auto at = watched_.find(text(event, "instrument")); at != watched_.end())
    at->second.interrupted = text(event, "action") == kInterrupted;
}

void StockClient::session_told(std::string_view session, Actions& actions) {
  if (session_ == session) return;
  session_ = session;
  const auto known = std::ranges::find(kSessionWords, session, &SessionWord::session);
  actions.status(
      {VenueState::Ready, fmt::format("session {}{}{}", session, known == std::end(kSessionWords) ? "" : ": ",
                                      known == std::end(kSessionWords) ? "" : known->word)});
}

void StockClient::market(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
  const auto at = watched_.find(text(event, "instrument"));
  if (at == watched_.end()) return;
  batch_.clear();
  const auto done = append_message(events_, event, at->second.decimals, received, batch_);
  if (!done) return actions.malformed(done.error(), bytes);
  if (*done) deliver(at->second, actions);
}

}  // namespace stom::venues::kiwoom
