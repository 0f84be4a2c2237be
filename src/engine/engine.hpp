// The engine: market data and answers in, commands out, one instant at a time. It knows two queues and a clock and
// nothing of who stands at their far ends, which is all that differs between backtest, replay, paper and live.
//
// Order within one instant: bars that the clock ends, market data (each trade before the bars that it ends), answers
// about our orders, timers. Bars that end together come by instrument, time bars first, shorter before longer. Where
// the data are bars, each comes before the longer ones that it completes, and the clock ends a bar after the data of
// its instant: they may be its last part. The row that a message emits comes after the bars that it ends.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/run.hpp"
#include "market/bar_builder.hpp"
#include "market/market.hpp"
#include "market/second_row.hpp"
#include "model/feed.hpp"
#include "model/venue_link.hpp"

namespace stom {

class Engine {
 public:
  /// `feed` is our side of the market. Both must outlive the engine.
  Engine(std::vector<Instrument> instruments, MarketFeed& feed, VenueLink& venue);

  Run& add_run(std::unique_ptr<Strategy> strategy, RunOptions options);
  /// Whether the best-price messages of that instrument are needed; known after start().
  bool wants_quotes(InstrumentIndex index) const { return (called_for_[index] & kQuotes) != 0; }
  /// Calls on_start of every run. Equity is sampled at `start` and every `equity_interval` after it; 0: at each bar of
  /// the first instrument instead, stamped with the bar. Errors: bars or rows were asked for that the data do not
  /// allow.
  Result<void> start(UnixNanos start, DurationNanos equity_interval);
  /// Handles everything up to and including `until`; false once nothing is left at either end.
  bool advance(UnixNanos until);
  /// Calls on_stop, samples equity once more, ends the journals.
  void stop();

  UnixNanos now() const { return now_; }
  const Market& market() const { return market_; }
  std::span<const std::unique_ptr<Run>> runs() const { return runs_; }
  std::uint64_t messages() const { return messages_; }

 private:
  friend class Run;
  enum Feeds : std::uint8_t { kBook = 1, kTrades = 2, kQuotes = 4, kBars = 8, kWatch = 16 };
  struct Subscription {
    Run* run;
    std::uint8_t feeds;
  };

  /// A bar series that some run reads, with the indicators over it that runs share.
  struct Series {
    InstrumentIndex instrument;
    BarSpec spec;
    struct Reader {
      Run* run;
      Strategy* strategy;
    };
    std::vector<Reader> readers;
    std::vector<std::unique_ptr<SharedIndicator>> indicators;
    std::vector<std::string> keys;        // of the indicators
    std::unique_ptr<BarBuilder> builder;  // null: the bars come with the data

    bool can_look_ahead() const;
  };

  /// Rows that some run reads; one builder, however many do.
  struct Rows {
    InstrumentIndex instrument;
    RowSpec spec;
    std::vector<Run*> readers;
    std::unique_ptr<RowBuilder> builder;
  };

  const FeedMessage* peek();
  UnixNanos apply_bars(UnixNanos limit, std::uint64_t sent);
  std::size_t uneventful_bars(const FeedMessage* next, const FeedMessage* end, UnixNanos limit);
  bool look_ahead(const FeedMessage* next, const FeedMessage* end);
  void pass_bars(std::span<const FeedMessage> messages);
  void call_with_bar(const FeedMessage& message);
  void fill_event(InstrumentIndex index, const Bar& bar, UnixNanos end);
  void call_readers(std::uint32_t index, Series& series);
  Result<void> prepare_bars();
  Result<void> check_bars(const Series& series, const FeedContent& content) const;
  Result<void> prepare_rows();
  void build(const FeedMessage& message);
  void build_bars(const FeedMessage& message);
  void build_from_bar(const FeedMessage& message);
  void end_bars(UnixNanos time);
  void deliver(std::uint32_t series, const Bar& bar, UnixNanos end);
  UnixNanos next_called_time(UnixNanos limit);
  UnixNanos apply_market(UnixNanos limit, bool venue_is_quiet);
  UnixNanos apply_messages(UnixNanos limit, bool venue_is_quiet, std::uint64_t sent);
  void set_next_timer();
  void call_subscribers(const FeedMessage& message);
  void take_answers();
  void fire_timers();
  bool exhausted();
  void subscribe(Run& run, InstrumentIndex index, Feeds feed);
  void refresh_views();

  Market market_;
  MarketFeed& feed_;
  VenueLink& venue_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::vector<Series> series_;
  std::vector<Rows> rows_;
  std::vector<std::vector<Subscription>> subscriptions_;  // by instrument
  std::vector<std::uint8_t> called_for_;                  // by instrument: feeds that any run wants
  std::vector<std::vector<std::uint32_t>> as_stored_;     // by instrument: series that come with the data
  std::vector<std::vector<std::uint32_t>> built_;         // by instrument: series with a builder, in order of calling
  std::vector<std::uint8_t> built_from_;                  // by instrument: feeds that bars or rows are built from
  std::vector<std::uint8_t> bars_from_;                   // by instrument: the one that bars are built from
  UnixNanos next_bar_end_ = kNever;                       // by the clock, of all series
  DurationNanos before_data_ = 1;                         // 0: the clock ends bars after the data of the instant
  bool any_subscription_ = false;
  std::span<const FeedMessage> batch_;
  std::size_t at_ = 0;
  bool feed_ended_ = false;
  const bool live_;  // an empty batch is no end
  bool listens_;     // the venue link hears of the market
  UnixNanos now_ = 0;
  UnixNanos next_equity_ = kNever;
  UnixNanos next_timer_ = kNever;  // the earliest of all runs
  DurationNanos equity_interval_ = 0;
  UnixNanos last_bar_ = kNoTime;
  /// Bars of this batch over which the indicators of the one series have been computed before their time has come.
  struct LookAhead {
    const FeedMessage *first = nullptr, *end = nullptr;
    std::vector<double> values;  // of all bars, by indicator
  };
  LookAhead look_ahead_;
  bool may_look_ahead_ = false;
  BarEvent bar_event_;  // the one in hand: to make a new one for each bar costs more than to fill it
  std::uint64_t messages_ = 0;
  std::uint64_t commands_ = 0;  // sent by all runs
};

}  // namespace stom
