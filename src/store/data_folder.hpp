// The data folder (STOM_HOME): where ticks, bars and the catalogue live, and who may write to it.
//
//   catalogue.sqlite                                instruments, data sets, imports, runs (catalogue.hpp)
//   ticks/<venue>/<symbol>/<YYYY-MM-DD>.stom        what was received that UTC day; a second import of the same day
//                                                   stands beside it as <YYYY-MM-DD>.1.stom, and so on
//   bars/<venue>/<symbol>/<spec>[.adjusted].stom    one series of bars; later imports as <spec>.1.stom
//   lock                                            held (flock) by the one writer; names its process
//
// One writer, many readers. Readers see what was committed when they opened.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::store {

class Catalogue;

enum class OpenMode : std::uint8_t { Read, Write };

/// One file of an instrument: a day (and the how-manieth import of that day).
struct TickFile {
  std::int32_t day = 0;
  std::uint32_t part = 0;
  std::filesystem::path path;
};

/// One series of bars: "1m", "1d", and whether prices are adjusted for splits and dividends.
struct BarSeries {
  std::string instrument;
  std::string spec;
  bool adjusted = false;
  friend bool operator==(const BarSeries&, const BarSeries&) = default;
};

class DataFolder {
 public:
  /// Write creates the folder where it is missing, takes the lock (Errc::Locked names the process that holds it), and
  /// finishes or undoes what an interrupted import left. Read needs the folder to be there (Errc::NotFound).
  static Result<DataFolder> open(const std::filesystem::path& home, OpenMode mode);
  ~DataFolder();
  DataFolder(DataFolder&&) noexcept;
  DataFolder& operator=(DataFolder&&) noexcept;

  const std::filesystem::path& home() const { return home_; }
  bool writable() const { return mode_ == OpenMode::Write; }
  Catalogue& catalogue() const { return *catalogue_; }

  /// Files of an instrument in order of day, then part. Empty where there are none.
  std::vector<TickFile> tick_files(std::string_view instrument) const;
  /// Files of a series in order of import.
  std::vector<std::filesystem::path> bar_files(const BarSeries& series) const;
  /// Every instrument that has ticks, and every series of bars, sorted; read from the folders themselves.
  std::vector<std::string> instruments_with_ticks() const;
  std::vector<BarSeries> bar_series() const;

  std::filesystem::path tick_path(std::string_view instrument, std::int32_t day, std::uint32_t part) const;
  std::filesystem::path bar_path(const BarSeries& series, std::uint32_t part) const;

 private:
  DataFolder() = default;

  std::filesystem::path home_;
  OpenMode mode_ = OpenMode::Read;
  int lock_ = -1;
  std::unique_ptr<Catalogue> catalogue_;
};

/// "KRW/BTC" -> "KRW%2FBTC": letters, digits, '-', '_' and inner '.' stay, every other byte becomes %XX. unescape_name
/// undoes it.
std::string escape_name(std::string_view name);
std::string unescape_name(std::string_view escaped);
/// "venue:symbol", both non-empty and short enough for a file name.
Result<void> check_instrument_id(std::string_view id);
/// "1m", "5m", "1h", "1d", "100t"…: letters and digits, 16 at most.
Result<void> check_bar_spec(std::string_view spec);

}  // namespace stom::store
