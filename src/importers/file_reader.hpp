// One recorded file to market data: the port that `stom data import` drives, whatever the format. A reader is made by
// open_reader() from the file's content; it goes through the file twice, once to learn (inspect) and once to give
// (next). It keeps the order of the file, except that a wholly descending one is given backwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "importers/columns.hpp"
#include "model/corporate_action.hpp"
#include "model/message.hpp"
#include "venues/market_data.hpp"

namespace stom::importers {

using venues::Decimals;

/// What the user said about the files.
struct ReadOptions {
  std::string instrument;              // "binance-usdm:BTCUSDT"
  std::string format;                  // empty: told from the content
  std::string columns;                 // column map for a table with names of its own, see columns.hpp
  bool skip_bad = false;               // leave out what cannot be read, and count it
  bool ignore_unknown_fields = false;  // of frames; else they make a line unreadable
};

/// Either messages or bars, in order, or splits and dividends as they come.
struct Rows {
  MessageBatch messages;
  std::vector<Bar> bars;
  std::vector<CorporateAction> actions;
  void clear() {
    messages.clear();
    bars.clear();
    actions.clear();
  }
};

/// What a pass over the file found.
struct Findings {
  std::uint64_t lines = 0;       // of text, all of them; rows of an array
  std::uint64_t bad = 0;         // lines left out by skip_bad
  std::uint64_t duplicates = 0;  // bars whose stamp was there already, actions that came before
  std::uint64_t rounded = 0;     // numbers whose digits do not fit 64 bits, rounded half to even
  std::string first_bad;         // why the first of them was left out
  UnixNanos first_time = kNoTime;
  UnixNanos last_time = kNoTime;
  DurationNanos bar_step = 0;   // by which bars follow each other, gaps apart; 0 where there are not two
  std::uint64_t bar_steps = 0;  // how many distances that is told from
  bool descending = false;
  Decimals decimals;   // what the numbers need
  std::string sha256;  // of the file as it lies on disk
};

/// Called now and then with bytes done; false stops the pass (Errc::Canceled).
using Watch = std::function<bool(std::uint64_t done, std::uint64_t total)>;

class FileReader {
 public:
  virtual ~FileReader() = default;

  virtual std::string_view format() const = 0;
  virtual bool gives_bars() const = 0;
  virtual bool gives_actions() const { return false; }
  /// The whole file once: decimals (at least `at_least`), order, digest. Reports what next() would refuse.
  virtual Result<Findings> inspect(Decimals at_least, const Watch& watch) = 0;
  /// Replaces `rows` by the next ones at `decimals` (the same in every call); false at the end.
  virtual Result<bool> next(Decimals decimals, Rows& rows, const Watch& watch) = 0;
  /// Of the pass by next() so far.
  virtual const Findings& findings() const = 0;
};

/// Recognises the format (or takes options.format) and opens the file. Errc::Unsupported names what was seen and the
/// formats there are.
Result<std::unique_ptr<FileReader>> open_reader(const std::filesystem::path& path, const ReadOptions& options);

/// Names for --format, in the order of docs/import.md.
std::vector<std::string> format_names();

}  // namespace stom::importers
