#include "research/backtest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "core/assert.hpp"
#include "engine/engine.hpp"
#include "engine/heard_market.hpp"
#include "engine/market_prices.hpp"
#include "market/watched_feed.hpp"
#include "orders/holding_runs.hpp"
#include "research/strategy_parts.hpp"
#include "risk/guarded_runs.hpp"
#include "sim/venue_simulator.hpp"

namespace stom::research {
namespace {

constexpr int kSlices = 400;  // how often progress is told

std::int64_t stopwatch() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// Both ends of the market, whatever it is made of.
struct Data {
  MarketFeed& exchange;
  MarketFeed& local;
  UnixNanos first, last;
  std::size_t bars;  // 0 where the data are ticks
  std::function<std::int64_t()> load_ns;
  std::function<void(InstrumentIndex)> deliver_quotes;
};

/// By strategy: what each has by its own sight.
std::vector<Money> equities_of(const Several& several) {
  std::vector<Money> all;
  for (orders::Owner owner = 1; !several.name_of(owner).empty(); ++owner) all.push_back(several.equity_of(owner));
  return all;
}

Result<void> drive(const std::vector<Instrument>& instruments, const Data& data, std::vector<BacktestRun> runs,
                   const BacktestOptions& options, BacktestOutcome& outcome) {
  std::vector<sim::RunModels> models;
  models.reserve(runs.size());
  for (const auto& run : runs) models.push_back(run.models);
  sim::VenueSimulator venue{instruments, std::move(models), options.fill_rules, data.exchange, options.seed};
  MarketPrices prices{instruments};
  const bool shared = runs.front().several != nullptr;
  std::unique_ptr<risk::GuardedRuns> guard;  // null: nothing is checked
  if (!options.limits.empty()) {
    std::vector<Money> cash;
    for (const auto& run : runs) cash.push_back(run.cash);
    const auto names = shared ? runs.front().several->names() : std::vector<std::string>{};
    auto made = risk::GuardedRuns::make(instruments, options.limits, names, cash, venue, prices);
    if (!made) return std::unexpected(made.error());
    guard = std::move(*made);
  }
  VenueLink& guarded = guard ? static_cast<VenueLink&>(*guard) : venue;
  // Over bars the venue has brackets itself, and hftbacktest's rules know none; but those of one of several strategies
  // close what that one holds, of which no venue knows.
  const Market* market = nullptr;
  std::optional<orders::HoldingRuns> holding;
  if (shared || (data.bars == 0 && options.fill_rules == sim::FillRules::Stom))
    holding.emplace(
        instruments, runs.size(), guarded, [&market](InstrumentIndex index) { return heard_of((*market)[index]); },
        shared);
  Engine engine{instruments, data.local, holding ? static_cast<VenueLink&>(*holding) : guarded};
  market = &engine.market();
  prices.read_from(engine.market(), data.bars > 0);
  for (auto& run : runs) {
    RunOptions its{std::move(run.configuration), run.cash};
    if (run.several != nullptr) its.owned = &run.several->owned();
    Run& added = engine.add_run(std::move(run.strategy), std::move(its));
    if (run.journal_path.empty()) continue;
    if (auto opened = added.journal().open(run.journal_path); !opened) return opened;
  }

  // No more than 64 MiB over all runs in advance.
  constexpr std::size_t kBars = (std::size_t{64} << 20) / 16;
  if (options.equity_interval == 0) {
    for (const auto& run : engine.runs()) run->expect_bars(std::min(data.bars, kBars / engine.runs().size()));
  }
  const auto began = stopwatch();
  const auto load_before = data.load_ns();
  if (auto started = engine.start(data.first, options.equity_interval); !started) return started;
  std::vector<std::vector<Money>> begun;  // of each run, by strategy
  for (const auto& run : runs)
    if (run.several != nullptr) begun.push_back(equities_of(*run.several));
  for (InstrumentIndex i = 0; i < instruments.size(); ++i)
    if (engine.wants_quotes(i)) data.deliver_quotes(i);
  const DurationNanos span = std::max<DurationNanos>(data.last - data.first, 1);
  const DurationNanos slice = std::max<DurationNanos>(span / kSlices, 1);
  // Answers may still be under way after the last message, so the last slices run past it.
  for (UnixNanos until = data.first + slice; engine.advance(until); until += slice) {
    const double done = std::min(1.0, static_cast<double>(until - data.first) / static_cast<double>(span));
    if (options.progress && !options.progress(done)) {
      outcome.stopped_early = true;
      break;
    }
  }
  venue.finish(engine.now());
  if (auto status = venue.status(); !status) return status;
  engine.stop();
  outcome.run_ns = stopwatch() - began - (data.load_ns() - load_before);
  for (const auto& run : engine.runs()) {
    if (auto flushed = run->journal().flush(); !flushed) return flushed;
    RunOutcome out;
    out.journal_hash = run->journal().hash();
    out.journal_records = run->journal().records();
    out.fills = run->take_fills();
    out.equity = run->take_equity_curve();
    out.exit_reasons = run->exit_reasons();
    out.lines = run->lines();
    out.submitted = run->submitted();
    out.position = run->position(0);
    out.cash = run->cash(0);
    out.fee = run->total_fee();
    out.funding = run->funding();
    for (const FundingPayment& payment : out.funding) out.funding_paid += payment.paid;
    out.liquidations = static_cast<std::uint64_t>(
        std::count_if(out.fills.begin(), out.fills.end(), [](const Fill& f) { return f.order & kLiquidationChild; }));
    out.refused = run->refused();
    if (shared) {
      const std::size_t at = outcome.runs.size();
      std::vector<Money> gained = equities_of(*runs[at].several);
      for (std::size_t i = 0; i < gained.size(); ++i) gained[i] -= begun[at][i];
      const Money whole = out.equity.empty() ? Money{} : out.equity.back().equity - runs[at].cash;
      out.strategies = strategy_parts(runs[at].several->names(), gained, whole, out.fills, instruments);
    }
    outcome.runs.push_back(std::move(out));
  }
  outcome.last_bid = engine.market()[0].bid(0);
  outcome.last_ask = engine.market()[0].ask(0);
  return {};
}

}  // namespace

Result<BacktestOutcome> run_backtest(std::vector<sim::ReplayFeed::Stream> streams, std::vector<BacktestRun> runs,
                                     const BacktestOptions& options) {
  std::vector<Instrument> instruments;
  instruments.reserve(streams.size());
  for (const auto& stream : streams) instruments.push_back(stream.instrument);
  const auto reading = options.fill_rules == sim::FillRules::Hftbacktest ? sim::Reading::Ungated : sim::Reading::Gated;
  sim::ReplayFeed feed{std::move(streams),
                       {.reading = reading, .from = options.from, .to = options.to, .latency = options.feed_latency}};
  if (auto opened = feed.open(); !opened) return std::unexpected(opened.error());
  const auto& statistics = feed.statistics();
  if (statistics.total_messages == 0)
    return fail(Errc::NotFound, "there is no market data in that range", "stom data list shows what is there");
  std::optional<WatchedFeed> seen;
  if (options.watched != nullptr) seen.emplace(feed.local_side(), *options.watched, instruments);
  BacktestOutcome outcome;
  const Data data{feed.exchange_side(),
                  seen ? static_cast<MarketFeed&>(*seen) : feed.local_side(),
                  statistics.first_time,
                  statistics.last_time,
                  0,
                  [&] { return feed.statistics().load_ns; },
                  [&](InstrumentIndex index) { feed.deliver_quotes(index); }};
  if (auto driven = drive(instruments, data, std::move(runs), options, outcome); !driven)
    return std::unexpected(driven.error());
  if (!feed.status()) return std::unexpected(feed.status().error());
  outcome.data = feed.statistics();
  return outcome;
}

Result<BacktestOutcome> run_bar_backtest(std::vector<sim::BarFeed::Stream> streams, std::vector<BacktestRun> runs,
                                         const BacktestOptions& options) {
  std::vector<Instrument> instruments;
  instruments.reserve(streams.size());
  for (const auto& stream : streams) instruments.push_back(stream.instrument);
  STOM_ASSERT(std::ranges::all_of(runs, [](const BacktestRun& run) { return run.several == nullptr; }));
  sim::BarFeed feed{std::move(streams)};
  if (feed.bars() == 0)
    return fail(Errc::NotFound, "there are no bars in that range", "stom data list shows what is there");
  BacktestOptions bars = options;
  bars.fill_rules = sim::FillRules::Bars;
  BacktestOutcome outcome;
  const Data data{feed.exchange_side(),  feed.local_side(), feed.first_time(),
                  feed.last_time(),      feed.bars(),       [&] { return feed.load_ns(); },
                  [](InstrumentIndex) {}};
  if (auto driven = drive(instruments, data, std::move(runs), bars, outcome); !driven)
    return std::unexpected(driven.error());
  outcome.data.messages = outcome.data.rows = outcome.data.total_messages = feed.bars();
  outcome.data.first_time = data.first;
  outcome.data.last_time = data.last;
  outcome.data.load_ns = feed.load_ns();
  return outcome;
}

Result<void> apply_preset(std::string_view preset, sim::BarFeed::Stream& stream, sim::RunModels& models, Money& cash) {
  if (preset.empty() || preset == "none") return {};
  if (preset == "vectorbt") {
    // All cash into fractional units: with so much cash that a lot is below 10^-12 of it. Returns do not depend on the
    // amount.
    cash = {static_cast<Int128>(power_of_ten(17)) * power_of_ten(kMoneyDecimals)};
    models.bars.cash = cash;
    return {};
  }
  if (preset != "backtesting_py")
    return fail(Errc::Usage, fmt::format("there is no preset named '{}'", preset),
                "use none, backtesting_py or vectorbt");
  constexpr int kFurther = 6;
  Instrument& instrument = stream.instrument;
  const int further = std::min(kFurther, kMoneyDecimals - instrument.price_decimals - instrument.quantity_decimals);
  const std::int64_t factor = power_of_ten(further);
  instrument.price_decimals += further;
  instrument.ladder = {{Price{0}, Price{1}}};
  for (Bar& bar : stream.bars) {
    for (Price* price : {&bar.open, &bar.high, &bar.low, &bar.close}) {
      if (__builtin_mul_overflow(price->value, factor, &price->value)) {
        return fail(Errc::Overflow, fmt::format("{}: prices are too large for the preset {}", instrument.id, preset),
                    "run without the preset");
      }
    }
  }
  models.bars.sizing = sim::Sizing::BacktestingPy;
  models.bars.end = sim::EndOfData::LastOpen;
  return {};
}

}  // namespace stom::research
