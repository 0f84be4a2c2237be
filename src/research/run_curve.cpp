#include "research/run_curve.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <string>

#include "core/assert.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeptOfColumn = 5;
constexpr std::size_t kEnds = 2;

/// "time_ns,amount,amount" line by line; a third column that is no amount is not looked at.
class CurveFile {
 public:
  struct Row {
    UnixNanos time = 0;
    Money first{}, second{};
  };
  CurveFile(fs::path path, std::string_view header, bool two) : path_{std::move(path)}, in_{path_}, two_{two} {
    if (!in_) return;
    if (!std::getline(in_, line_) || line_ != header) failed("the header is not '" + std::string{header} + "'");
  }
  bool is_open() const { return in_.is_open(); }
  const fs::path& path() const { return path_; }
  const std::optional<Error>& error() const { return error_; }

  bool next(Row& row) {
    if (error_ || !std::getline(in_, line_)) return false;
    ++number_;
    if (line_.empty()) return false;
    return read(line_, row) || failed("'" + line_ + "' is not a time and amounts");
  }
  /// The time of the last row; `otherwise` where there is none.
  UnixNanos last_time(UnixNanos otherwise) const {
    constexpr std::streamoff kTail = 512;  // more than a row
    std::ifstream in{path_};
    in.seekg(0, std::ios::end);
    in.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(in.tellg()) - kTail));
    Row row;
    std::string line;
    std::getline(in, line);  // the header, or the rest of a row
    while (std::getline(in, line))
      if (read(line, row)) otherwise = row.time;
    return otherwise;
  }

 private:
  bool read(std::string_view line, Row& row) const {
    const auto comma = line.find(',');
    if (comma == std::string_view::npos) return false;
    const auto [end, wrong] = std::from_chars(line.data(), line.data() + comma, row.time);
    if (wrong != std::errc{} || end != line.data() + comma) return false;
    const auto after = std::min(line.find(',', comma + 1), line.size());
    const auto first = parse_money(line.substr(comma + 1, after - comma - 1));
    const auto second = two_ && after < line.size() ? parse_money(line.substr(after + 1)) : first;
    if (!first || !second) return false;
    row.first = *first;
    row.second = *second;
    return true;
  }
  bool failed(const std::string& why) {
    error_ = Error{Errc::BadData, path_.string() + ":" + std::to_string(number_) + ": " + why,
                   "the file was changed after the run; run it again"};
    return false;
  }

  fs::path path_;
  std::ifstream in_;
  bool two_;
  std::string line_;
  std::size_t number_ = 1;
  std::optional<Error> error_;
};

/// What band.csv has at or before a time; times are asked in ascending order.
class Band {
 public:
  explicit Band(CurveFile& file) : file_{file}, more_{file.is_open() && file.next(ahead_)} {}
  bool any() const { return more_ || known_; }
  void put_into(CurvePoint& point) {
    for (; more_ && (ahead_.time <= point.time || !known_); more_ = file_.next(ahead_)) {
      now_ = ahead_;
      known_ = true;
    }
    if (!known_) return;
    point.pessimistic = now_.first;
    point.optimistic = now_.second;
  }

 private:
  CurveFile& file_;
  CurveFile::Row ahead_, now_;
  bool known_ = false;
  bool more_;
};

Money least(const CurvePoint& p) { return std::min({p.equity, p.pessimistic, p.optimistic}); }
Money greatest(const CurvePoint& p) { return std::max({p.equity, p.pessimistic, p.optimistic}); }

/// Rows in, extremes of each column out.
class Columns {
 public:
  Columns(std::size_t count, UnixNanos first, UnixNanos last)
      : count_{count}, first_{first}, span_{Int128{last} - first + 1} {}

  void add(const CurvePoint& row) {
    const Int128 at = (Int128{row.time} - first_) * static_cast<Int128>(count_) / span_;
    const auto column = static_cast<std::size_t>(std::clamp<Int128>(at, 0, static_cast<Int128>(count_) - 1));
    if (out_.empty()) {
      out_.push_back(row);  // the first of all
      kept_.fill(row);
    } else if (column != column_) {
      flush();
      kept_.fill(row);
    }
    column_ = column;
    last_ = row;
    if (row.equity < kept_[0].equity) kept_[0] = row;
    if (row.equity > kept_[1].equity) kept_[1] = row;
    if (row.drawdown > kept_[2].drawdown) kept_[2] = row;
    if (least(row) < least(kept_[3])) kept_[3] = row;
    if (greatest(row) > greatest(kept_[4])) kept_[4] = row;
  }
  std::vector<CurvePoint> take() {
    flush();
    if (out_.back() != last_) out_.push_back(last_);
    return std::move(out_);
  }

 private:
  void flush() {
    std::ranges::sort(kept_, {}, &CurvePoint::time);
    for (const CurvePoint& point : kept_)
      if (out_.back() != point) out_.push_back(point);
  }

  std::size_t count_;
  UnixNanos first_;
  Int128 span_;
  std::size_t column_ = 0;
  std::array<CurvePoint, kKeptOfColumn> kept_;
  CurvePoint last_;
  std::vector<CurvePoint> out_;
};

}  // namespace

Result<RunCurve> read_run_curve(const fs::path& folder, const RunSummary& run, std::size_t most) {
  STOM_ASSERT(most >= kLeastCurvePoints);
  CurveFile equity{folder / "equity.csv", kEquityHeader, false};
  CurveFile other_runs{folder / "band.csv", kBandHeader, true};
  if (!equity.is_open())
    return fail(Errc::NotFound, "no " + equity.path().string(), "is this the folder of a run? 'stom backtest list'");
  Band band{other_runs};
  RunCurve curve;
  curve.has_band = band.any();
  const UnixNanos from = run.trading_start_equity ? run.trading_start : kNoTime;
  Money peak = run.trading_start_equity.value_or(run.initial_equity);
  std::optional<Columns> columns;  // once there are more rows than points
  for (CurveFile::Row row; equity.next(row);) {
    if (row.time < from) continue;
    peak = std::max(peak, row.first);
    CurvePoint point{row.time, row.first, drawdown_from(peak, row.first), row.first, row.first};
    band.put_into(point);
    ++curve.rows;
    if (columns) {
      columns->add(point);
      continue;
    }
    curve.points.push_back(point);
    if (curve.points.size() <= most) continue;
    columns.emplace((most - kEnds) / kKeptOfColumn, curve.points[0].time, equity.last_time(point.time));
    for (const CurvePoint& known : curve.points) columns->add(known);
  }
  for (const CurveFile* file : {&equity, &other_runs})
    if (file->error()) return std::unexpected(*file->error());
  if (columns) curve.points = columns->take();
  return curve;
}

}  // namespace stom
