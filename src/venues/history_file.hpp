// One file of a venue's history, as `stom data get` brings it into the store.
#pragma once

#include <cstdint>
#include <string>

namespace stom::venues {

struct HistoryFile {
  std::string path;    // below the source: "data/spot/daily/trades/BTCUSDT/BTCUSDT-trades-2024-08-01.zip"; empty where
                       // the venue has no files and it is made of its answers
  std::string name;    // of the file: "BTCUSDT-trades-2024-08-01.zip"
  std::string period;  // "2024-08-01", or "2024-08" of a monthly file
  std::int32_t first_day = 0, last_day = 0;
};

}  // namespace stom::venues
