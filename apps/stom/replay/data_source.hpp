// What a replay session plays: a recording of the store, or the generator's flow for its own instruments. Both as the
// message source that the simulation reads, made afresh for every run over the data.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "server/library.hpp"
#include "sim/replay_feed.hpp"
#include "store/data_folder.hpp"

namespace stom::replay {

struct DataChoice {
  std::string instrument;  // "" for the first of the store
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
};

struct Data {
  Instrument instrument;
  std::string source;  // "recording", or "generator", also where its flow was stored
  std::string name;
  std::string hash;
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
  std::function<Result<std::unique_ptr<sim::MessageSource>>()> open;
};

/// What the store has ticks of, then what the generator knows besides.
std::vector<Replayable> list_replayable(const std::filesystem::path& home);

/// Errors: nothing there (says `stom data gen`), unknown instrument.
Result<Data> choose_data(const std::filesystem::path& home, const DataChoice& choice);

}  // namespace stom::replay
