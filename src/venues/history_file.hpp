// One file of a venue's history, as `stom data get` brings it into the store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace stom::venues {

struct HistoryFile {
  std::string path;    // below the source: "data/spot/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-01.zip"; empty where
                       // the venue has no files and it is made of its answers
  std::string name;    // of the file: "BTCUSDT-trades-2024-08-01.zip"
  std::string period;  // "2024-08-01", or "2024-08" of a monthly file
  std::int32_t first_day = 0, last_day = 0;

  // Of those that are made of answers.
  std::string series{};    // "KRW-BTC-1d": days that follow each other make one file; empty: a day is a file
  DurationNanos bar = 0;   // a day may be had in parts, in steps of so much; 0: when it is over
  DurationNanos zone = 0;  // days are those of a place so far ahead of UTC
  UnixNanos from = 0, to = 0;
};

/// A file of answers: "KRW-BTC-1m-2024-08-01.csv", "KRW-BTC-1d-2024-08-01-to-2024-08-03.csv".
HistoryFile file_of_days(std::string series, std::int32_t first, std::int32_t last, bool joined,
                         DurationNanos zone = 0);
/// Of such files: one for all days where they join, else one for each.
std::vector<HistoryFile> files_of_days(const std::string& series, std::int32_t first, std::int32_t last, bool joined);

}  // namespace stom::venues
