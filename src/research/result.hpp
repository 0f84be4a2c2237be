// What one run leaves behind, in memory. The runner fills it; statistics, tear sheet and run folder read it. Nothing
// here computes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom {

/// A price, index or other account to hold the run against. Only its ratios matter, so a double is enough.
struct BenchmarkPoint {
  UnixNanos time = 0;
  double value = 0;
};

/// Bars of one instrument for the price chart and for MAE/MFE. Optional.
struct PriceSeries {
  InstrumentIndex instrument = 0;
  std::vector<Bar> bars;  // ascending in time
};

/// The part of a fill that no later fill has closed: what the run still holds at its end.
struct OpenLot {
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  UnixNanos time = 0;
  Price price{};
  Quantity quantity{};
  Money value{};  // what was paid (Buy) or received (Sell) for it, in the settlement currency, without fee
  Money fee{};    // its share of the fill's fee
};

/// What of a run is one strategy's, where several shared its account.
struct StrategyPart {
  struct Held {
    InstrumentIndex instrument = 0;
    Quantity quantity{};  // below 0: short
    Price entry_price{};
  };
  std::string name;
  std::uint64_t fills = 0;
  Money fee{};
  Money pnl{};             // after fees, with what is held at the last price
  std::vector<Held> held;  // at the end, by instrument
};

struct RunResult {
  // What ran.
  std::string id;        // name of the run folder
  std::string strategy;  // "sma_cross"
  std::vector<std::pair<std::string, std::string>>
      configuration;         // every setting, in the order to show: {"fast", "10"}
  std::string version;       // of the program
  std::string data_hash;     // of the market data that went in
  std::string journal_hash;  // of all that came out

  // On what.
  std::vector<Instrument> instruments;  // position = InstrumentIndex
  std::string currency;                 // of every Money below
  Money initial_equity{};

  // When. Before trading_start the strategy only warmed up; benchmarks count from there. Where a warm-up was asked for,
  // all figures do: from the equity of that time on (counted_part() in research/counted.hpp).
  UnixNanos from = 0;
  UnixNanos to = 0;
  UnixNanos trading_start = 0;
  std::optional<Money> trading_start_equity;

  // What came of it.
  std::vector<Fill> fills;          // by time at the venue, then client order id
  std::vector<Trade> trades;        // by exit; closed round trips only (research/trades.hpp makes them from fills)
  std::vector<OpenLot> open;        // by instrument, then entry
  std::vector<EquityPoint> equity;  // ascending in time
  /// The other two runs of the fill-uncertainty band: with the queue models risk_averse and log; empty where one run
  /// was made. Which of the three earns more is not known in advance (band_of() in research/counted.hpp).
  std::vector<EquityPoint> pessimistic, optimistic;
  /// By strategy; empty where one traded. Of all of the run, its warm-up too (research/strategy_parts.hpp makes them).
  std::vector<StrategyPart> strategies;

  // To draw and compare with; may be empty.
  std::vector<PriceSeries> prices;
  std::string benchmark_name;
  std::vector<BenchmarkPoint> benchmark;

  bool canceled = false;              // interrupted: what is here ends early
  std::vector<std::string> warnings;  // of the data check and the engine, one line each, for the reader of the report
};

}  // namespace stom
