// What --order-latency, --latency-jitter, --feed-latency and --feed-jitter of a backtest mean (docs/latency.md).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "sim/latency.hpp"

namespace stom {

struct LatencyChoice {
  std::string order;   // "1ms", "1ms,2ms" (entry, response), "file:PATH"; empty: 1ms on ticks, none on bars
  std::string jitter;  // of orders and answers
  std::string feed, feed_jitter;
};

struct Latencies {
  sim::LatencyModel orders;
  sim::FeedLatency feed;
  std::string recorded_sha256;  // of the file
};

/// `seed`: of everything that is drawn.
Result<Latencies> latencies_of(const LatencyChoice& choice, bool bars, std::uint64_t seed);

/// The settings that make these latencies, for the run's configuration.
std::vector<std::pair<std::string, std::string>> latency_configuration(const LatencyChoice& choice,
                                                                       const Latencies& latencies, bool bars);

}  // namespace stom
