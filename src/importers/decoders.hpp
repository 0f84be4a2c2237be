// The LineDecoders, one per shape of text. open_reader() (formats.cpp) chooses.
#pragma once

#include <span>

#include "importers/text_reader.hpp"

namespace stom::importers {

/// "<19 digits of receive time in ns> <frame>": a venue's websocket as it was recorded.
std::unique_ptr<LineDecoder> make_capture_decoder(std::unique_ptr<venues::MarketDataDecoder> frames);
/// A frame a line, without receive time.
std::unique_ptr<LineDecoder> make_frame_decoder(std::unique_ptr<venues::MarketDataDecoder> frames);

/// What each column of a table means. Columns count from 0; -1: not there.
struct TablePlan {
  enum class Kind : std::uint8_t { Bar, Trade, Quote, MarkPrice, Action };
  enum Role : std::size_t {
    kTime,
    kReceive,
    kEvent,
    kOpen,
    kHigh,
    kLow,
    kClose,
    kVolume,
    kPrice,
    kQuantity,
    kSide,
    kMaker,
    kId,
    kBid,
    kBidSize,
    kAsk,
    kAskSize,
    kMark,
    kIndex,
    kFunding,
    kNextFunding,
    kSplit,
    kDividend,
    kActionKind,   // "split" or "dividend", where a line is one action
    kActionValue,  // and what it is
    kRoles
  };
  std::string format;
  Kind kind = Kind::Bar;
  int column[kRoles];
  TimeForm time;
  DurationNanos time_shift = 0;  // added: a quote bar is known at its end
  std::size_t header_lines = 0;  // before the first row
  std::size_t fields = 0;        // every row has at least these
  std::size_t named = 0;         // and no more than the header names, but for empty ones; 0: no header
  int price_shift = 0;           // prices are written times 10^price_shift (LEAN equities: 4)
  std::string_view separators = ",";
  bool empty_is_zero = false;  // an empty number is "not stated" (one-sided quotes)

  TablePlan() { std::fill(std::begin(column), std::end(column), -1); }
};
std::unique_ptr<LineDecoder> make_table_decoder(TablePlan plan);
/// The plan that the first lines of a table ask for. `name` is the file's name, for dates that only stand there.
Result<TablePlan> plan_table(std::span<const std::string> lines, std::string_view name, const ReadOptions& options);

/// Tardis incremental_book_L2: rows of one local time make one message.
std::unique_ptr<LineDecoder> make_tardis_book_decoder();

/// hftbacktest's numpy events (.npz or .npy).
std::unique_ptr<FileReader> make_npz_reader(std::filesystem::path path);

/// An error where the text is not UTF-8: it names the encoding that it is likely in, and how to convert the file; where
/// none is likely, `hint` is the remedy.
Result<void> check_encoding(std::string_view text, std::string_view hint);

/// Splits at any of `separators`, with quotes as RFC 4180 has them (no line ends inside). False: a quote is open.
bool split_fields(std::string_view line, std::string_view separators, std::vector<std::string_view>& out);

/// Reads numbers of text tables, with exponents and a shifted point where they come, or learns what they need.
class TableNumbers {
 public:
  void learn(int at_least);
  void read(int decimals);
  int learned() const;
  std::uint64_t rounded() const { return rounded_; }
  /// Refuses negative numbers and what is none.
  Result<std::int64_t> number(std::string_view text, int shift, std::string_view name);
  Result<std::int64_t> signed_number(std::string_view text, int decimals, std::string_view name);

 private:
  bool learning_ = true;
  int decimals_ = 0;
  int whole_digits_ = 1;
  std::uint64_t rounded_ = 0;
};

}  // namespace stom::importers
