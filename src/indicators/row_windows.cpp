#include "indicators/row_windows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>

#include "core/assert.hpp"
#include "core/exact_sum.hpp"
#include "core/math.hpp"
#include "core/round.hpp"

namespace stom {
namespace {

using Wide = unsigned __int128;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
/// Of a longer window the day's rows are kept as they come, so that a text's numbers do not decide how much memory is
/// taken.
constexpr std::int64_t kLongestRing = 4096;
constexpr std::size_t kFirstOfWholeDay = 1024;
/// The highest of longer windows are asked for one by one.
constexpr std::size_t kMostAtOnce = 512;
constexpr std::int64_t kBeyondAnyDay = std::int64_t{1} << 40;

/// The last rows of a column by their number on the day; the number of places is a power of two.
class Ring {
 public:
  explicit Ring(std::size_t capacity) : values_(capacity) {}

  std::size_t capacity() const { return values_.size(); }
  std::size_t place(std::int64_t row) const { return static_cast<std::size_t>(row) & (values_.size() - 1); }
  double operator[](std::int64_t row) const { return values_[place(row)]; }
  /// Rows that lie side by side from `row` on, at most `rows`.
  std::span<const double> run(std::int64_t row, std::size_t rows) const {
    return std::span{values_}.subspan(place(row), std::min(rows, values_.size() - place(row)));
  }
  void copy(std::int64_t row, std::span<double> to) const {
    const std::span<const double> begin = run(row, to.size());
    const auto rest = std::ranges::copy(begin, to.begin()).out;
    std::copy_n(values_.begin(), to.size() - begin.size(), rest);
  }
  void put(std::int64_t row, std::span<const double> values) {
    const std::size_t at = place(row), begin = std::min(values.size(), values_.size() - at);
    std::copy_n(values.begin(), begin, values_.begin() + static_cast<std::ptrdiff_t>(at));
    std::copy(values.begin() + static_cast<std::ptrdiff_t>(begin), values.end(), values_.begin());
  }
  void put(std::int64_t row, double x) { values_[place(row)] = x; }
  /// Rows keep their places where none has been written over.
  void grow() { values_.resize(2 * values_.size()); }

 private:
  std::vector<double> values_;
};

/// A finite double as m x 2^(lowest - 1074), m odd.
struct Parts {
  std::uint64_t m;
  int lowest;
  int end;  // one above the highest bit

  explicit Parts(double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
    m = (bits & 0x000fffffffffffffu) | (exponent != 0 ? 0x0010000000000000u : 0);
    const int zeros = std::countr_zero(m);
    m >>= zeros;
    lowest = std::max(exponent - 1, 0) + zeros;
    end = lowest + std::bit_width(m);
  }
};

/// The exact sum of any run of a column's rows, as the difference of two sums from the beginning. The values of a day
/// are multiples of some 2^e and seldom far apart, so these sums are whole numbers of 128 bits (modulo 2^128: only the
/// difference has to fit). The unit follows the values. A day on which they are too far apart keeps an ExactSum for
/// every 64th row instead, and what lies between is added.
class RunSums {
 public:
  explicit RunSums(std::size_t capacity) : sums_(capacity) {}

  void begin_day() {
    if (wide_) unit_ = kNoUnit;
    wide_ = false;
    unbounded_ = false;
    end_ = 0;
    below_ = 0;
    sum_ = 0;
  }

  void append(const Ring& values, std::int64_t row, std::span<const double> block) {
    for (std::size_t i = append_like(row, block); i < block.size(); ++i) {
      append_any(values, row + static_cast<std::int64_t>(i), block[i]);
      i += append_like(row + static_cast<std::int64_t>(i) + 1, block.subspan(i + 1));
    }
  }

  /// As many of the block as are whole numbers of the unit and no longer than those before them: most are.
  std::size_t append_like(std::int64_t row, std::span<const double> block) {
    if (below_ == 0 || unbounded_) return 0;
    const double units_of_one = units_of_one_, below = below_;
    const std::size_t last_place = sums_.size() - 1;
    Wide* const sums = sums_.data();
    Wide sum = sum_;
    std::size_t i = 0;
    for (; i < block.size(); ++i) {
      const double x = block[i], units = x * units_of_one;
      if (std::abs(units) < below) {
        const auto whole = static_cast<std::int64_t>(units);
        if (static_cast<double>(whole) != units || (whole == 0 && x != 0)) break;
        sum += static_cast<Wide>(whole);
      } else if (!add_in_units(x, sum)) {
        break;
      }
      sums[(static_cast<std::size_t>(row) + i) & last_place] = sum;
    }
    sum_ = sum;
    return i;
  }

  void append_any(const Ring& values, std::int64_t row, double x) {
    if (!std::isfinite(x)) [[unlikely]] {
      count_unbounded(x);
    } else if (x != 0 && !wide_) {
      const Parts parts{x};
      if (parts.lowest < unit_ || parts.end > end_) [[unlikely]]
        fit(values, row, parts.lowest, parts.end);
      if (!wide_) {
        const Wide units = static_cast<Wide>(parts.m) << (parts.lowest - unit_);
        sum_ += x < 0 ? -units : units;
      }
    }
    if (wide_) [[unlikely]]
      append_wide(row, x);
    else
      sums_[values.place(row)] = sum_;
    if (unbounded_) [[unlikely]]
      counts_[values.place(row)] = count_;
  }

  /// Of the rows first … last; NaN where Python's fsum raises.
  double sum(const Ring& values, std::int64_t first, std::int64_t last) const {
    if (unbounded_) [[unlikely]] {
      const Unbounded here = counts_[values.place(last)];
      const Unbounded before = first == 0 ? Unbounded{} : counts_[values.place(first - 1)];
      const bool plus = here.plus != before.plus, minus = here.minus != before.minus;
      if (here.unknown != before.unknown || (plus && minus)) return kUnknown;
      if (plus || minus) return plus ? kInfinity : -kInfinity;
    }
    double sum = 0;
    if (wide_) [[unlikely]] {
      sum = wide_sum(values, first, last);
    } else {
      const Wide before = first == 0 ? 0 : sums_[values.place(first - 1)];
      sum = in_units(sums_[values.place(last)] - before) * unit_value_;
    }
    return std::isfinite(sum) ? sum : kUnknown;
  }

  /// Of the rows first … last, and of those that begin behind it.
  void sum_each(const Ring& values, std::int64_t first, std::int64_t last, std::span<double> out) const {
    if (unbounded_ || wide_) [[unlikely]] {
      for (double& value : out) value = sum(values, first++, last++);
      return;
    }
    const std::size_t last_place = sums_.size() - 1;
    const Wide* const sums = sums_.data();
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t begin = static_cast<std::size_t>(first) + i, end = static_cast<std::size_t>(last) + i;
      const Wide before = begin == 0 ? 0 : sums[(begin - 1) & last_place];
      const double sum = in_units(sums[end & last_place] - before) * unit_value_;
      out[i] = std::isfinite(sum) ? sum : kUnknown;
    }
  }

  /// After the ring has grown, before its next row.
  void grow(const Ring& values, std::int64_t row) {
    sums_.resize(values.capacity());
    if (unbounded_) counts_.resize(values.capacity());
    if (wide_)
      block_sums_.resize(blocks());
    else if (unit_ != kNoUnit)
      fit(values, row, unit_, end_);
  }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static constexpr int kNoUnit = 4096;     // above every bit of a double
  static constexpr int kSpare = 8;         // bits below the lowest seen, so that the unit seldom has to follow
  static constexpr int kRoom = 126;        // bits of a window's sum
  static constexpr int kMostOfWhole = 62;  // bits of a value that is counted in a number of 64
  static constexpr std::int64_t kBlock = 64;
  static constexpr auto kPowersOfTwo = [] {
    std::array<double, 66> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 2 * powers[i - 1];
    return powers;
  }();

  struct Unbounded {
    std::uint32_t unknown = 0, plus = 0, minus = 0;  // so far on the day
  };

  /// Rounded once, ties to even. What is longer than 63 bits is cut to them, with a bit at their end that says whether
  /// anything was cut off: it decides between a tie and more than one, far below where the double ends.
  static double in_units(Wide difference) {
    const auto units = static_cast<__int128>(difference);
    const auto low = static_cast<std::int64_t>(units);
    if (low == units) return static_cast<double>(low);
    const Wide size = units < 0 ? -difference : difference;
    const int cut = 65 - std::countl_zero(static_cast<std::uint64_t>(size >> 64));
    const auto kept = static_cast<std::int64_t>(size >> cut) | ((size & ((Wide{1} << cut) - 1)) != 0 ? 1 : 0);
    const double value = static_cast<double>(kept) * kPowersOfTwo[static_cast<std::size_t>(cut)];
    return units < 0 ? -value : value;
  }

  /// Adds a value of more units than 62 bits hold; false where it is no whole number of them, or longer than all
  /// before.
  bool add_in_units(double x, Wide& sum) const {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff), shift = exponent - 1 - unit_;
    if (exponent == 0 || shift < -52 || exponent - 1 + 53 > end_) return false;
    const std::uint64_t m = (bits & 0x000fffffffffffffu) | 0x0010000000000000u;
    if (shift < 0 && (m & ((std::uint64_t{1} << -shift) - 1)) != 0) return false;
    const Wide units = shift < 0 ? Wide{m >> -shift} : Wide{m} << shift;
    sum += x < 0 ? -units : units;
    return true;
  }

  void fit(const Ring& values, std::int64_t row, int lowest, int end) {
    end_ = std::max(end_, end);
    below_ = 0;
    lowest = std::min(lowest, unit_);
    const int rows_bits = std::bit_width(sums_.size());
    int unit = lowest < unit_ ? std::max(lowest - kSpare, 0) : unit_;
    if (end_ + rows_bits - unit > kRoom) unit = lowest;
    if (end_ + rows_bits - unit > kRoom) return widen(values, row);
    below_ = std::ldexp(1.0, std::min(end_ - unit, kMostOfWhole));
    if (unit == unit_) return;
    if (unit_ != kNoUnit) {
      for (Wide& sum : sums_) sum <<= unit_ - unit;
      sum_ <<= unit_ - unit;
    }
    unit_ = unit;
    unit_value_ = std::ldexp(1.0, unit - 1074);
    units_of_one_ = std::ldexp(1.0, 1074 - unit);
  }

  void count_unbounded(double x) {
    if (!unbounded_) {
      unbounded_ = true;
      count_ = {};
      counts_.assign(sums_.size(), {});
    }
    ++(std::isnan(x) ? count_.unknown : x > 0 ? count_.plus : count_.minus);
  }

  std::size_t blocks() const { return std::max<std::size_t>(1, sums_.size() / kBlock); }
  ExactSum& before_block(std::int64_t block) {
    return block_sums_[static_cast<std::size_t>(block) & (block_sums_.size() - 1)];
  }
  const ExactSum& before_block(std::int64_t block) const {
    return block_sums_[static_cast<std::size_t>(block) & (block_sums_.size() - 1)];
  }
  void widen(const Ring& values, std::int64_t row) {
    wide_ = true;
    block_sums_.resize(blocks());
    wide_sum_ = {};
    const std::int64_t kept = std::max<std::int64_t>(0, row - static_cast<std::int64_t>(values.capacity()));
    for (std::int64_t r = (kept + kBlock - 1) / kBlock * kBlock; r < row; ++r) append_wide(r, values[r]);
  }
  void append_wide(std::int64_t row, double x) {
    if (row % kBlock == 0) before_block(row / kBlock) = wide_sum_;
    if (std::isfinite(x)) wide_sum_.add(x);
  }
  double wide_sum(const Ring& values, std::int64_t first, std::int64_t last) const {
    ExactSum sum;
    std::int64_t next = first;
    if (last - first >= 2 * kBlock) {
      sum = before_block(last / kBlock);
      sum -= before_block(first / kBlock);
      for (std::int64_t r = first / kBlock * kBlock; r < first; ++r)
        if (std::isfinite(values[r])) sum.add(-values[r]);
      next = last / kBlock * kBlock;
    }
    for (; next <= last; ++next) sum.add(values[next]);
    return sum.value();
  }

  std::vector<Wide> sums_;  // by place: of the day's rows up to this one
  Wide sum_ = 0;
  int unit_ = kNoUnit;
  int end_ = 0;  // one above the highest bit of any value of the day
  double unit_value_ = 0;
  double units_of_one_ = 0;  // infinite where the unit is too small for it
  double below_ = 0;         // units of which an append changes nothing but the sum; 0: none are

  bool wide_ = false;
  ExactSum wide_sum_;
  std::vector<ExactSum> block_sums_;  // by block: of the rows before it

  bool unbounded_ = false;  // on this day came values that are not finite
  Unbounded count_;
  std::vector<Unbounded> counts_;  // by place
};

/// The highest (or lowest) of any run of a column's rows: a tree over the ring's places, in which a node is computed
/// when the last of its rows is there. Rows are taken up when something is asked: of most columns only whole blocks of
/// rows are, and those need no tree (best_of_each).
template <double (*kBetter)(double, double)>
class RunExtremes {
 public:
  explicit RunExtremes(std::size_t capacity) : nodes_(2 * capacity) {}

  void begin_day() { rows_ = 0; }
  /// Of the rows first … last; `rows` of the day are there, all that is asked for still in its place.
  double of(const Ring& values, std::int64_t first, std::int64_t last, std::int64_t rows) {
    const auto places = static_cast<std::int64_t>(nodes_.size() / 2);
    for (std::int64_t row = std::max(rows_, rows - places); row < rows; ++row) take(values.place(row), values[row]);
    rows_ = rows;
    const std::size_t from = values.place(first), to = values.place(last);
    if (from <= to) return of_places(from, to);
    return kBetter(of_places(from, nodes_.size() / 2 - 1), of_places(0, to));
  }
  void grow() {
    nodes_.assign(2 * nodes_.size(), 0);
    rows_ = 0;
  }

 private:
  void take(std::size_t place, double x) {
    std::size_t node = nodes_.size() / 2 + place;
    nodes_[node] = x;
    for (; node % 2 != 0 && node > 1; node /= 2) nodes_[node / 2] = kBetter(nodes_[node - 1], nodes_[node]);
  }
  double of_places(std::size_t first, std::size_t last) const {
    std::size_t begin = nodes_.size() / 2 + first, end = nodes_.size() / 2 + last + 1;
    double best = nodes_[begin];
    for (; begin < end; begin /= 2, end /= 2) {
      if (begin % 2 != 0) best = kBetter(best, nodes_[begin++]);
      if (end % 2 != 0) best = kBetter(best, nodes_[--end]);
    }
    return best;
  }

  std::vector<double> nodes_;  // 1 the root, below n are 2n and 2n + 1, the rows' places last
  std::int64_t rows_ = 0;      // of the day that are in it
};

// Where one is not known, neither is what they make. Without a branch: loops over these are done several at a time.
double higher(double a, double b) {
  const double more = a > b ? a : b;
  return a != a ? a : more;
}
double lower(double a, double b) {
  const double less = a < b ? a : b;
  return a != a ? a : less;
}

double angle(double first, double last, std::int64_t n, double factor) {
  constexpr double kTurn = 6.283185307179586;
  return portable_atan((last - first) * factor / static_cast<double>(n)) / kTurn * 360;
}

inline double rounded(double x, int decimals) {
  if (decimals == kAsIs) return x;
  if (decimals != kCutToWhole) return round_decimals(x, decimals);
  return std::isinf(x) ? kUnknown : std::trunc(x) + 0.0;
}

void round_each(std::span<double> values, int decimals) {
  if (decimals == kAsIs) return;
  if (decimals != kCutToWhole) return round_decimals_each(values, decimals);
  for (double& value : values) value = rounded(value, decimals);
}

std::size_t capacity_for(std::int64_t rows, std::size_t rows_at_once) {
  rows += static_cast<std::int64_t>(rows_at_once) - 1;  // windows may be asked for as of the first of them
  // One row before a window is where its sum begins, and up to a block where a wide sum does.
  const auto reach = static_cast<std::uint64_t>(rows) + (rows > 128 ? 64 : 1);
  return std::bit_ceil(reach);
}

constexpr RowWindowWord kWords[] = {
    {"이동평균", "현재가", RowStatistic::Mean, 3, 8, 1, 1},
    {"최고현재가", "현재가", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"최저현재가", "현재가", RowStatistic::Min, kAsIs, kAsIs, 1, 1},
    {"체결강도평균", "체결강도", RowStatistic::Mean, 3, 3, 1, 1},
    {"최고체결강도", "체결강도", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"최저체결강도", "체결강도", RowStatistic::Min, kAsIs, kAsIs, 1, 1},
    {"최고초당매수수량", "초당매수수량", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"최고초당매도수량", "초당매도수량", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"누적초당매수수량", "초당매수수량", RowStatistic::Sum, kAsIs, kAsIs, 1, 1},
    {"누적초당매도수량", "초당매도수량", RowStatistic::Sum, kAsIs, kAsIs, 1, 1},
    {"초당거래대금평균", "초당거래대금", RowStatistic::Mean, kCutToWhole, kCutToWhole, 1, 1},
    {"최고분당매수수량", "분당매수수량", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"최고분당매도수량", "분당매도수량", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"누적분당매수수량", "분당매수수량", RowStatistic::Sum, kAsIs, kAsIs, 1, 1},
    {"누적분당매도수량", "분당매도수량", RowStatistic::Sum, kAsIs, kAsIs, 1, 1},
    {"분당거래대금평균", "분당거래대금", RowStatistic::Mean, kCutToWhole, kCutToWhole, 1, 1},
    {"최고분봉고가", "분봉고가", RowStatistic::Max, kAsIs, kAsIs, 1, 1},
    {"최저분봉저가", "분봉저가", RowStatistic::Min, kAsIs, kAsIs, 1, 1},
    {"등락율각도", "등락율", RowStatistic::Angle, 2, 2, 5, 10},
    {"당일거래대금각도", "당일거래대금", RowStatistic::Angle, 2, 2, 0.01, 0.00000001},
    {"전일비각도", "전일비", RowStatistic::Angle, 2, 2, 1, 1},
};

}  // namespace

std::span<const RowWindowWord> row_window_words() { return kWords; }

const RowWindowWord* find_row_window_word(std::string_view name) {
  const auto* const found = std::ranges::find(kWords, name, &RowWindowWord::name);
  return found == std::end(kWords) ? nullptr : found;
}

RowPlan::Column& RowPlan::need(const RowWindow& window, std::int64_t rows) {
  STOM_ASSERT(window.column < columns_.size());
  Column& column = columns_[window.column];
  column.rows = std::max(column.rows, rows);
  column.sums |= window.statistic == RowStatistic::Sum || window.statistic == RowStatistic::Mean;
  column.highest |= window.statistic == RowStatistic::Max;
  column.lowest |= window.statistic == RowStatistic::Min;
  return column;
}

RowPlan::WindowId RowPlan::find_or_add(const Planned& planned) {
  const auto found = std::ranges::find(windows_, planned);
  const auto index = static_cast<std::uint32_t>(found - windows_.begin());
  if (found == windows_.end()) windows_.push_back(planned);
  return WindowId{index};
}

RowPlan::WindowId RowPlan::window(const RowWindow& window, std::int64_t n, std::int64_t k) {
  STOM_ASSERT(n >= 1 && k >= 0);
  n = std::min(n, kBeyondAnyDay);
  k = std::min(k, kBeyondAnyDay);
  need(window, n + k);
  return find_or_add({window, n, k, 0});
}

RowPlan::WindowId RowPlan::window_at_buy(const RowWindow& window, std::int64_t n, BuyerId buyer) {
  STOM_ASSERT(n >= 1 && static_cast<std::uint32_t>(buyer) < buyers_);
  n = std::min(n, kBeyondAnyDay);
  need(window, n);
  return find_or_add({window, n, -1, static_cast<std::uint32_t>(buyer)});
}

void RowPlan::open_window(const RowWindow& window) { need(window, 1).whole_day = true; }

class RowWindows::Column {
 public:
  Column(const RowPlan::Column& plan, std::size_t rows_at_once)
      : whole_day_{plan.whole_day || plan.rows > kLongestRing},
        values_{whole_day_ ? kFirstOfWholeDay : capacity_for(plan.rows, rows_at_once)},
        sums_{plan.sums ? values_.capacity() : 0},
        highest_{plan.highest ? values_.capacity() : 0},
        lowest_{plan.lowest ? values_.capacity() : 0},
        has_sums_{plan.sums} {}

  void begin_day() {
    rows_ = 0;
    if (has_sums_) sums_.begin_day();
    highest_.begin_day();
    lowest_.begin_day();
  }
  void append(std::int64_t row, double x) {
    if (whole_day_ && static_cast<std::size_t>(row) == values_.capacity()) [[unlikely]]
      grow(row);
    values_.put(row, x);
    rows_ = row + 1;
    if (has_sums_) sums_.append(values_, row, {&x, 1});
  }

  void append(std::int64_t row, std::span<const double> block) {
    if (whole_day_ && static_cast<std::size_t>(row) + block.size() > values_.capacity()) [[unlikely]] {
      for (const double x : block) append(row++, x);
      return;
    }
    values_.put(row, block);
    rows_ = row + static_cast<std::int64_t>(block.size());
    if (has_sums_) sums_.append(values_, row, block);
  }

  double at(std::int64_t row) const { return values_[row]; }
  void copy(std::int64_t row, std::span<double> to) const { values_.copy(row, to); }
  void sum_each(std::int64_t first, std::int64_t last, std::span<double> out) const {
    sums_.sum_each(values_, first, last, out);
  }
  double sum(std::int64_t first, std::int64_t last) const { return sums_.sum(values_, first, last); }
  double highest(std::int64_t first, std::int64_t last) const { return highest_.of(values_, first, last, rows_); }
  double lowest(std::int64_t first, std::int64_t last) const { return lowest_.of(values_, first, last, rows_); }

 private:
  void grow(std::int64_t row) {
    values_.grow();
    if (has_sums_) sums_.grow(values_, row);
    highest_.grow();
    lowest_.grow();
  }

  bool whole_day_;
  Ring values_;
  RunSums sums_;
  mutable RunExtremes<higher> highest_;  // takes rows up when it is asked
  mutable RunExtremes<lower> lowest_;
  bool has_sums_;
  std::int64_t rows_ = 0;  // of the day
};

/// The best of n rows from `first` on, and of those behind: of two rows each, of four, of eight, and at last of two of
/// those that overlap. A row costs the logarithm of n, but no row waits for the one before: several are done at a time.
template <double (*kBetter)(double, double)>
void RowWindows::best_of_each(const Column& column, std::int64_t first, std::size_t n, std::span<double> values,
                              std::span<double> scratch) {
  std::size_t rows = n + values.size() - 1, reach = 1;  // best[i] is of rows i … i + reach - 1
  double* const best = scratch.data();
  column.copy(first, scratch.first(rows));
  for (; 2 * reach <= n; reach *= 2) {
    rows -= reach;
    for (std::size_t i = 0; i < rows; ++i) best[i] = kBetter(best[i], best[i + reach]);
  }
  const std::size_t rest = n - reach;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = kBetter(best[i], best[i + rest]);
}

struct RowWindows::Buyer {
  std::vector<std::uint32_t> windows;   // as of his buy row
  std::int64_t row = -1;                // the buy row; -1: nothing is held
  std::unique_ptr<RowWindows> earlier;  // an earlier day's rows up to the buy row, as far as they may be asked for
};

RowWindows::RowWindows(const RowPlan& plan, std::size_t rows_at_once)
    : plan_{&plan},
      rows_at_once_{rows_at_once},
      slots_(plan.columns_.size(), kNoSlot),
      values_(plan.windows_.size() * rows_at_once),
      known_(plan.windows_.size(), 0),
      at_buy_(plan.windows_.size(), 0),
      buyers_(plan.buyers_) {
  for (std::size_t i = 0; i < plan.columns_.size(); ++i) {
    if (plan.columns_[i].rows == 0) continue;
    slots_[i] = static_cast<std::uint32_t>(columns_.size());
    asked_.push_back(static_cast<std::uint32_t>(i));
    columns_.emplace_back(plan.columns_[i], rows_at_once);
  }
  for (std::uint32_t i = 0; i < plan.windows_.size(); ++i)
    if (plan.windows_[i].k < 0) buyers_[plan.windows_[i].buyer].windows.push_back(i);
}
RowWindows::RowWindows(RowWindows&&) noexcept = default;
RowWindows& RowWindows::operator=(RowWindows&&) noexcept = default;
RowWindows::~RowWindows() = default;

void RowWindows::begin_day() {
  const bool open = std::ranges::any_of(plan_->columns_, &RowPlan::Column::whole_day);
  for (Buyer& buyer : buyers_) {
    if (!open || buyer.row < 0 || buyer.earlier) continue;
    buyer.earlier = std::make_unique<RowWindows>(*plan_, 1);
    std::vector<double> values(plan_->columns());
    for (std::int64_t row = 0; row <= buyer.row; ++row) {
      for (const std::uint32_t i : asked_)
        if (plan_->columns_[i].whole_day) values[i] = column(i).at(row);
      buyer.earlier->append(values);
    }
  }
  for (Column& column : columns_) column.begin_day();
  length_ = block_ = end_ = 0;
}

void RowWindows::append(std::span<const double> row) {
  STOM_ASSERT(row.size() == slots_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].append(end_, row[asked_[i]]);
  begin_block(1);
  length_ = end_;
}

void RowWindows::append(std::span<const double* const> columns, std::size_t rows) {
  STOM_ASSERT(columns.size() == slots_.size() && rows > 0 && rows <= rows_at_once_);
  for (std::size_t i = 0; i < columns_.size(); ++i) columns_[i].append(end_, {columns[asked_[i]], rows});
  begin_block(rows);
  length_ = block_ + 1;
}

void RowWindows::begin_block(std::size_t rows) {
  block_ = end_;
  end_ += static_cast<std::int64_t>(rows);
  ++blocks_;
}

void RowWindows::bought(BuyerId id) {
  STOM_ASSERT(length_ > 0);
  Buyer& buyer = buyers_[static_cast<std::size_t>(id)];
  buyer.row = length_ - 1;
  buyer.earlier.reset();
  for (const std::uint32_t i : buyer.windows) {
    const RowPlan::Planned& planned = plan_->windows_[i];
    at_buy_[i] = planned.n <= length_ ? of_rows(planned.window, length_ - planned.n, length_ - 1) : 0;
  }
}

void RowWindows::sold(BuyerId id) {
  Buyer& buyer = buyers_[static_cast<std::size_t>(id)];
  buyer.row = -1;
  buyer.earlier.reset();
  for (const std::uint32_t i : buyer.windows) at_buy_[i] = 0;
}

void RowWindows::fill(std::size_t index) {
  const RowPlan::Planned& planned = plan_->windows_[index];
  const auto rows = static_cast<std::size_t>(end_ - block_);
  std::span<double> values = std::span{values_}.subspan(index * rows_at_once_, rows);
  const std::int64_t reach = planned.n + planned.k;  // the day's rows that are needed
  const auto too_few = static_cast<std::size_t>(std::clamp(reach - 1 - block_, std::int64_t{0}, end_ - block_));
  std::ranges::fill(values.first(too_few), 0);
  values = values.subspan(too_few);
  if (!values.empty())
    of_each_row(planned.window, block_ + static_cast<std::int64_t>(too_few) - planned.k, planned.n, values);
  known_[index] = blocks_;
}

/// The window of n rows that ends at row `last`, and those that end behind it.
void RowWindows::of_each_row(const RowWindow& window, std::int64_t last, std::int64_t n, std::span<double> values) {
  const Column& column = this->column(window.column);
  const std::int64_t first = last - n + 1;
  const auto at = [](std::int64_t row, std::size_t i) { return row + static_cast<std::int64_t>(i); };
  switch (window.statistic) {
    case RowStatistic::Value:
      return column.copy(last, values);
    case RowStatistic::Mean:
      column.sum_each(first, last, values);
      for (double& value : values) value /= static_cast<double>(n);
      return round_each(values, window.decimals);
    case RowStatistic::Sum:
      return column.sum_each(first, last, values);
    case RowStatistic::Max:
    case RowStatistic::Min:
      if (values.size() == 1 || static_cast<std::size_t>(n) > kMostAtOnce) break;
      scratch_.resize(static_cast<std::size_t>(n) + values.size());
      return window.statistic == RowStatistic::Max
                 ? best_of_each<higher>(column, first, static_cast<std::size_t>(n), values, scratch_)
                 : best_of_each<lower>(column, first, static_cast<std::size_t>(n), values, scratch_);
    case RowStatistic::Angle:
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = angle(column.at(at(first, i)), column.at(at(last, i)), n, window.factor);
      return round_each(values, window.decimals);
  }
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = of_rows(window, at(first, i), at(last, i));
}

double RowWindows::ask(const RowWindow& window, std::int64_t n, std::int64_t k) const {
  STOM_ASSERT(n >= 1 && k >= 0 && plan_->columns_[window.column].whole_day);
  if (n > length_ || k > length_ - n) return 0;
  return of_rows(window, length_ - k - n, length_ - k - 1);
}

double RowWindows::ask_at_buy(const RowWindow& window, std::int64_t n, BuyerId id) const {
  STOM_ASSERT(n >= 1 && plan_->columns_[window.column].whole_day);
  const Buyer& buyer = buyers_[static_cast<std::size_t>(id)];
  if (n > buyer.row + 1) return 0;
  return buyer.earlier ? buyer.earlier->ask(window, n, 0) : of_rows(window, buyer.row - n + 1, buyer.row);
}

const RowWindows::Column& RowWindows::column(std::size_t index) const {
  STOM_ASSERT(index < slots_.size() && slots_[index] != kNoSlot);
  return columns_[slots_[index]];
}

double RowWindows::of_rows(const RowWindow& window, std::int64_t first, std::int64_t last) const {
  const Column& values = column(window.column);
  const std::int64_t n = last - first + 1;
  switch (window.statistic) {
    case RowStatistic::Value:
      return values.at(last);
    case RowStatistic::Mean:
      return rounded(values.sum(first, last) / static_cast<double>(n), window.decimals);
    case RowStatistic::Sum:
      return values.sum(first, last);
    case RowStatistic::Max:
      return values.highest(first, last);
    case RowStatistic::Min:
      return values.lowest(first, last);
    case RowStatistic::Angle:
      return rounded(angle(values.at(first), values.at(last), n, window.factor), window.decimals);
  }
  return kUnknown;
}

}  // namespace stom
