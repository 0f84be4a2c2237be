// A market written by hand, for tests of strategies: bars or books go in, the fills and round trips that the real
// engine and the simulated venue make of them come out. No latency, no fees, so that every number can be checked on
// paper (a test that wants fees says so in `models`):
//
//   a bar is played as its open, then low, high, close (a falling one: high, low), a quarter of its length apart;
//   the book is one tick wide below the price: who buys at a price of 100 pays 100, who sells gets 99;
//   a decision on a finished bar meets the next bar's open.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "engine/engine.hpp"
#include "research/trades.hpp"
#include "sim/venue_simulator.hpp"
#include "strategies/registry.hpp"

namespace stom::test {

/// Prices and quantities are whole numbers; one tick and one lot are 1.
inline Instrument plain_instrument(std::string id) {
  return {.id = std::move(id), .base = "COIN", .quote = "KRW", .ladder = {{{0}, {1}}}};
}

struct TapeResult {
  std::vector<Fill> fills;
  std::vector<Trade> trades;  // round trips, with the reason of the order that closed them
  std::vector<Quantity> positions;
  std::vector<std::string> lines;  // that the strategy logged, first and last
};

class Tape {
 public:
  /// `venue`: whose trading days count.
  explicit Tape(std::size_t instruments = 1, const std::string& venue = "test") {
    for (std::size_t i = 0; i < instruments; ++i)
      instruments_.push_back(plain_instrument(venue + ":" + std::string(1, static_cast<char>('A' + i))));
  }

  Instrument& instrument(InstrumentIndex index = 0) { return instruments_[index]; }
  sim::RunModels models;
  Money cash{};            // at the start
  DurationNanos wire = 0;  // how much later than the venue we hear of what is added from here on

  /// The next bar of an instrument that starts at `start`.
  void bar(UnixNanos start, DurationNanos length, std::int64_t open, std::int64_t high, std::int64_t low,
           std::int64_t close, std::int64_t volume = 1, InstrumentIndex index = 0) {
    STOM_ASSERT(high >= std::max(open, close) && low <= std::min(open, close));
    const std::int64_t path[] = {open, close < open ? high : low, close < open ? low : high, close};
    for (int i = 0; i < 4; ++i) {
      const UnixNanos time = start + length / 4 * i;
      book(time, {{path[i] - 1, kDepth}}, {{path[i], kDepth}}, index);
      add(time, time, FeedKind::Trade, {{path[i], 1}}, 1, 0, index);
    }
    const UnixNanos end = start + length;
    // Known at its end, before anything that the next bar brings at that time.
    bars_.push_back(message(start, end, FeedKind::Bar, {}, 0, 0, index));
    bars_.back().bar = &bar_values_.emplace_back(Bar{start, {open}, {high}, {low}, {close}, {volume}});
  }

  /// Whole books of {price, quantity}, best first.
  void book(UnixNanos time, std::vector<FeedLevel> bids, const std::vector<FeedLevel>& asks,
            InstrumentIndex index = 0) {
    const auto count = static_cast<std::uint32_t>(bids.size());
    bids.insert(bids.end(), asks.begin(), asks.end());
    add(time, time, FeedKind::Snapshot, std::move(bids), count, static_cast<std::uint32_t>(asks.size()), index);
  }

  /// A public trade: who gave the order that took, at what price, how much.
  void trade(UnixNanos time, Side aggressor, std::int64_t price, std::int64_t quantity, InstrumentIndex index = 0) {
    add(time, time, FeedKind::Trade, {{price, quantity}}, 1, 0, index);
    flow_.back().sell_aggressor = aggressor == Side::Sell;
  }

  /// Of a call auction: the orders that are gathered for it, and its single price.
  void call(UnixNanos time, std::vector<FeedLevel> bids, const std::vector<FeedLevel>& asks,
            InstrumentIndex index = 0) {
    book(time, std::move(bids), asks, index);
    flow_.back().auction = true;
  }
  void single_price(UnixNanos time, std::int64_t price, std::int64_t quantity, InstrumentIndex index = 0) {
    trade(time, Side::Buy, price, quantity, index);
    flow_.back().auction = true;
  }

  /// The best prices, which are all that is known of the book.
  void quote(UnixNanos time, std::int64_t bid, std::int64_t ask, InstrumentIndex index = 0) {
    add(time, time, FeedKind::Quote, {{bid, kDepth}, {ask, kDepth}}, 1, 1, index);
  }

  /// From here on the book is not known, until the next one.
  void gap(UnixNanos time, InstrumentIndex index = 0) { add(time, time, FeedKind::Gap, {}, 0, 0, index); }

  /// It is in the watch list from here on, or it is not. The venue passes that over.
  void watch(UnixNanos time, bool watched, InstrumentIndex index = 0) {
    add(time, time, watched ? FeedKind::Watched : FeedKind::Unwatched, {}, 0, 0, index);
  }

  TapeResult run(const std::string& strategy, std::map<std::string, std::string> parameters = {}) const {
    Parameters values{std::move(parameters)};
    if (!bars_.empty()) values.on_stored_bars(format_duration(bars_[0].local_time - bars_[0].exchange_time));
    const StrategyEntry* entry = find_strategy(strategy);
    STOM_ASSERT(entry != nullptr);
    auto made = entry->make(values);
    STOM_ASSERT(values.check().has_value());
    return run(std::move(made), strategy);
  }

  /// `restored`: it goes on from there, as a session does: its fills are then in no result.
  TapeResult run(std::unique_ptr<Strategy> made, const std::string& strategy = "a test's own",
                 std::optional<orders::AccountState> restored = std::nullopt, std::vector<ClientOrderId> unheard = {},
                 KeptWords kept = {}) const {
    auto by_time = [](const FeedMessage& a, const FeedMessage& b) { return a.local_time < b.local_time; };
    std::vector<FeedMessage> venue_side = flow_;
    std::ranges::stable_sort(venue_side, by_time);
    std::vector<FeedMessage> our_side = bars_;
    our_side.insert(our_side.end(), flow_.begin(), flow_.end());
    std::ranges::stable_sort(our_side, by_time);
    STOM_ASSERT(!our_side.empty());
    const UnixNanos first = venue_side.front().local_time;
    const UnixNanos last = our_side.back().local_time;

    Feed venue_feed{venue_side};
    Feed our_feed{our_side};
    sim::VenueSimulator venue{instruments_, {models}, sim::FillRules::Stom, venue_feed, 1};
    Engine engine{instruments_, our_feed, venue};
    RunOptions options{.configuration = strategy, .cash = cash, .keeps_history = !restored.has_value()};
    options.restored = std::move(restored);
    options.unheard = std::move(unheard);
    options.kept = std::move(kept);
    Run& run = engine.add_run(std::move(made), std::move(options));
    STOM_ASSERT(engine.start(first, kDay).has_value());
    engine.advance(last);
    engine.stop();

    TapeResult result{run.state().fills(), {}, {}, run.lines()};
    result.trades = build_trades(instruments_, result.fills, [&](ClientOrderId id) -> std::string_view {
                      const auto found = run.exit_reasons().find(id);
                      return found == run.exit_reasons().end() ? std::string_view{} : found->second;
                    }).trades;
    for (InstrumentIndex i = 0; i < instruments_.size(); ++i) result.positions.push_back(run.position(i));
    return result;
  }

 private:
  static constexpr std::int64_t kDepth = 1'000'000;

  class Feed final : public MarketFeed {
   public:
    explicit Feed(const std::vector<FeedMessage>& messages) : messages_{messages} {}
    std::span<const FeedMessage> next_batch() override {
      if (given_) return {};
      given_ = true;
      return messages_;
    }
    /// Bars that a test writes are given as they are; where it writes none, they are built from the trades, or, where
    /// there are none of those either, from the best bids.
    FeedContent content(InstrumentIndex index) const override {
      const auto has = [&](FeedKind kind) {
        return std::ranges::any_of(messages_,
                                   [&](const FeedMessage& m) { return m.instrument == index && m.kind == kind; });
      };
      return {.trades = has(FeedKind::Trade), .bars = has(FeedKind::Bar)};
    }

   private:
    const std::vector<FeedMessage>& messages_;
    bool given_ = false;
  };

  FeedMessage message(UnixNanos venue_time, UnixNanos our_time, FeedKind kind, std::vector<FeedLevel> levels,
                      std::uint32_t bids, std::uint32_t asks, InstrumentIndex index) {
    levels_.push_back(std::move(levels));
    return {.exchange_time = venue_time,
            .local_time = our_time,
            .first = levels_.back().data(),
            .bids = bids,
            .asks = asks,
            .instrument = index,
            .slot = 0,
            .kind = kind,
            .sell_aggressor = false,
            .replaces_book = true};
  }
  void add(UnixNanos venue_time, UnixNanos our_time, FeedKind kind, std::vector<FeedLevel> levels, std::uint32_t bids,
           std::uint32_t asks, InstrumentIndex index) {
    flow_.push_back(message(venue_time, our_time + wire, kind, std::move(levels), bids, asks, index));
  }

  std::vector<Instrument> instruments_;
  std::vector<FeedMessage> flow_;  // what both sides see, at the same time
  std::vector<FeedMessage> bars_;  // what only we make of it
  std::deque<std::vector<FeedLevel>> levels_;
  std::deque<Bar> bar_values_;
};

/// One round trip as a test writes it: side, entry and exit price, quantity, reason.
struct RoundTrip {
  Side side;
  std::int64_t entry, exit, quantity;
  std::string reason;
  friend bool operator==(const RoundTrip&, const RoundTrip&) = default;
  friend std::ostream& operator<<(std::ostream& out, const RoundTrip& t) {
    return out << (t.side == Side::Buy ? "long " : "short ") << t.quantity << " " << t.entry << " -> " << t.exit << " ("
               << t.reason << ")";
  }
};

inline std::vector<RoundTrip> round_trips(const TapeResult& result) {
  std::vector<RoundTrip> trips;
  for (const Trade& t : result.trades)
    trips.push_back({t.side, t.entry_price.value, t.exit_price.value, t.quantity.value, t.exit_reason});
  return trips;
}

}  // namespace stom::test
