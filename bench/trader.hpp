// A market and who trades on it, for benchmarks: frames of Binance USD-M made from a seed, a strategy that orders at
// each change of the book, and the product from a frame's bytes to an order's: client, gateway, live feed, engine,
// journal, on one thread, over whatever transport it is given.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "core/random.hpp"
#include "decoder_peer.hpp"
#include "engine/engine.hpp"
#include "gateway/gateway.hpp"
#include "live/live_feed.hpp"
#include "live/live_link.hpp"
#include "venues/binance/client.hpp"

namespace stom::bench {

[[noreturn]] inline void give_up(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

inline constexpr UnixNanos kStart = 1'789'095'378'000'000'000;
inline constexpr int kLevels = 100, kChanged = 10;
inline constexpr std::int64_t kMiddle = 6'100'000, kTick = 10;  // 61000.00, 0.10
inline constexpr std::string_view kSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

inline Instrument bitcoin() {
  Instrument instrument{.id = "binance-usdm:BTCUSDT", .base = "BTC", .quote = "USDT", .kind = ContractKind::Linear};
  instrument.price_decimals = kPriceDecimals;
  instrument.quantity_decimals = kQuantityDecimals;
  instrument.ladder = {{Price{0}, Price{kTick}}};
  return instrument;
}

inline std::string decimal(std::int64_t value, int decimals) { return format_decimal(Int128{value}, decimals); }

/// The venue's book and the frames that tell of it.
class Market {
 public:
  Market() {
    for (auto* side : {&bids_, &asks_})
      for (auto& quantity : *side) quantity = quantity_of();
  }
  std::int64_t best_bid() const {
    for (int i = 0;; ++i)
      if (bids_[static_cast<std::size_t>(i)] > 0) return bid(i);
  }
  std::string snapshot() const {
    const auto levels = [&](const auto& side, bool buy) {
      std::string out;
      for (int i = 0; i < kLevels; ++i)
        if (const auto quantity = side[static_cast<std::size_t>(i)]; quantity > 0)
          out += level(buy ? bid(i) : ask(i), quantity, out.empty());
      return out;
    };
    return fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":[{}],"asks":[{}]}})", update_, ms_, ms_,
                       levels(bids_, true), levels(asks_, false));
  }
  /// Ten levels of each side, some of them gone, the best one often among them.
  std::string depth() {
    const std::int64_t before = update_, first = before + 1;
    update_ += 9;
    ++ms_;
    std::string sides[2];
    for (int s = 0; s < 2; ++s) {
      const int from = static_cast<int>(random_.below(6));
      for (int i = from; i < from + kChanged; ++i) {
        auto& quantity = (s == 0 ? bids_ : asks_)[static_cast<std::size_t>(i)];
        quantity = random_.below(4) == 0 ? 0 : quantity_of();
        sides[s] += level(s == 0 ? bid(i) : ask(i), quantity, sides[s].empty());
      }
    }
    return fmt::format(
        R"({{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":{},"T":{},"s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})",
        ms_, ms_ - 1, first, update_, before, sides[0], sides[1]);
  }
  std::string trade() {
    ++ms_;
    return fmt::format(
        R"({{"stream":"btcusdt@trade","data":{{"e":"trade","E":{},"T":{},"s":"BTCUSDT","t":{},"p":"{}","q":"{}","X":"MARKET","m":{}}}}})",
        ms_, ms_ - 1, ++trade_, decimal(bid(static_cast<int>(random_.below(20))), 2), decimal(quantity_of(), 3),
        random_.below(2) ? "true" : "false");
  }

 private:
  static std::int64_t bid(int i) { return kMiddle - kTick * i; }
  static std::int64_t ask(int i) { return kMiddle + kTick * (i + 1); }
  static std::string level(std::int64_t price, std::int64_t quantity, bool first) {
    return fmt::format(R"({}["{}","{}"])", first ? "" : ",", decimal(price, 2), decimal(quantity, 3));
  }
  std::int64_t quantity_of() { return static_cast<std::int64_t>(1 + random_.below(50'000)); }

  Random random_{11};
  std::array<std::int64_t, kLevels> bids_{}, asks_{};
  std::int64_t update_ = 1000, trade_ = 0, ms_ = kStart / kMillisecond;
};

/// At each change of the book an order to buy at the best bid that lapses at once; of trades it counts and adds up.
class AtEachTick final : public Strategy {
 public:
  explicit AtEachTick(bool orders) : orders_{orders} {}
  std::uint64_t trades = 0, sum = 0, books = 0;
  void on_start(Context& context) override {
    if (orders_) context.subscribe_book(0);
    context.subscribe_trades(0);
  }
  void on_book(Context& context, InstrumentIndex) override {
    ++books;
    const BookView& book = context.book(0);
    if (book.stale) return;
    context.submit({.side = Side::Buy, .time_in_force = TimeInForce::IOC, .quantity = {1}, .price = book.best_bid});
  }
  void on_trade(Context&, const TradeTick& tick) override {
    ++trades;
    sum += 31 * static_cast<std::uint64_t>(tick.price.value) + static_cast<std::uint64_t>(tick.quantity.value);
  }

 private:
  bool orders_;
};

/// Where what the venue learned goes: to the feed and the link, as in a session.
class ToEngine final : public gateway::GatewayUser {
 public:
  ToEngine(LiveFeed& feed, LiveLink* link, const UnixNanos& now) : feed_{feed}, link_{link}, now_{now} {}
  std::uint64_t wrong = 0;

  void market(InstrumentIndex instrument, const MessageBatch& batch) override { feed_.market(instrument, batch); }
  void book_stale(InstrumentIndex instrument, std::string_view) override { feed_.book_stale(instrument, now_); }
  void order(const venues::OrderReport& report) override {
    if (link_ != nullptr) link_->report(report.event);
  }
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override { ++wrong; }
  void malformed(const Error& error, std::string_view frame) override {
    if (wrong++ == 0)
      std::fprintf(stderr, "%s: %.*s\n", error.message.c_str(),
                   static_cast<int>(std::min<std::size_t>(frame.size(), 300)), frame.data());
  }
  void notice(std::string_view) override {}

 private:
  LiveFeed& feed_;
  LiveLink* link_;
  const UnixNanos& now_;
};

/// Everything from a frame's bytes to the order's, on one thread.
class Trader {
 public:
  /// `transport` must outlive it, and serve its gateway before start().
  Trader(gateway::Transport& transport, const std::filesystem::path& folder, bool orders, UnixNanos now,
         std::map<std::string, std::string, std::less<>> addresses = {})
      : now_{now}, feed_{instruments_}, engine_{instruments_, feed_.local_side(), link_}, to_{feed_, &link_, now_} {
    auto venue = venues::binance::usdm_client(
        {.credentials = venues::Credentials{.key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
                                            .secret = std::string{kSecret}}});
    if (!venue) give_up(venue.error().message);
    venue_ = std::move(*venue);
    gateway::GatewayOptions options;
    options.addresses = std::move(addresses);
    gateway_ = std::make_unique<gateway::Gateway>(*venue_, transport, to_, nullptr, std::move(options));
    auto strategy = std::make_unique<AtEachTick>(orders);
    strategy_ = strategy.get();
    run_ = &engine_.add_run(std::move(strategy), {.configuration = "benchmark", .cash = {}});
    if (auto opened = run_->journal().open(folder / "journal"); !opened) give_up(opened.error().message);
    if (auto started = engine_.start(now_, kMinute); !started) give_up(started.error().message);
  }
  void start() {
    gateway_->start(now_);
    gateway_->watch(0, instruments_[0], {.book = true, .trades = true}, now_);
  }

  /// What the engine does once the gateway has handed on what came: market data and answers in, orders out.
  void turn(UnixNanos now) {
    now_ = now;
    feed_.poll(now);
    link_.poll(now);
    engine_.advance(now);
    if (run_->journal().records() != records_) {  // first the record, then the deed
      records_ = run_->journal().records();
      if (auto kept = run_->journal().hand_over(); !kept) give_up(kept.error().message);
    }
    if (link_.release() == 0) return;
    LiveLink::Command command;
    while (link_.next(command)) gateway_->submit(command.order, now);
  }

  gateway::Gateway& gateway() { return *gateway_; }
  const AtEachTick& strategy() const { return *strategy_; }
  /// Frames and messages that were not understood, or lost.
  std::uint64_t wrong() const { return to_.wrong + feed_.left_out() + feed_.refused(); }
  std::size_t working() const { return run_->orders().size(); }
  bool has_book() const { return !engine_.market()[0].stale; }

 private:
  std::vector<Instrument> instruments_{bitcoin()};
  UnixNanos now_;
  LiveFeed feed_;
  LiveLink link_;
  Engine engine_;
  ToEngine to_;
  std::unique_ptr<venues::Venue> venue_;
  std::unique_ptr<gateway::Gateway> gateway_;
  AtEachTick* strategy_ = nullptr;
  Run* run_ = nullptr;
  std::uint64_t records_ = 0;
};

/// The answer to an order that lapsed, as futures give it.
inline std::string lapsed(std::string_view client_id, std::uint64_t number) {
  return fmt::format(
      R"({{"orderId":{},"symbol":"BTCUSDT","status":"EXPIRED","clientOrderId":"{}","side":"BUY","origQty":"0.001","executedQty":"0"}})",
      number, client_id);
}

inline double at_part(std::vector<double> values, double part) {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace stom::bench
