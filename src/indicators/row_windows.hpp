// What the condition language asks of a day's rows: history and means, sums, highest, lowest and angles over any n
// rows, as of any k rows ago or as of the row on which something was bought (docs/rows.md, "Windows"). One
// implementation for backtest, replay, paper, live and charts.
//
// A RowPlan lists the questions of all texts that run over the same rows; the same question asked twice is one window.
// RowWindows holds one instrument's rows by that plan: only as many as the questions reach back, or the whole day where
// n or k is known only while a text runs. Taking a row costs the same whatever the lengths of the windows; a sum or
// mean is read in constant time, a highest or lowest in the logarithm of n. Nothing is allocated once a whole day's
// columns have grown to their day.
//
// Who has many rows at hand may append them at once and then look from each of them in turn: a window that is read is
// computed for all of them together, which costs a fraction of one by one, and is kept until the next append().
//
// Rules of values:
// - A window of n rows as of k rows ago is 0 unless n + k rows of the day are there. Nothing reaches over a day's
// start.
// - A sum is the exact sum of the doubles, rounded once (math.fsum); a mean is that sum / n.
// - A value that is not known (NaN) makes every window that holds it unknown. So do infinities of both signs, and a sum
//   beyond the largest double: what Python raises an error for is NaN here.
//
// RowPlan is filled before the first RowWindows is made of it, and outlives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace stom {

enum class RowStatistic : std::uint8_t {
  Value,  // of the row itself: history, with n = 1
  Mean,
  Sum,
  Max,
  Min,
  Angle,  // of the slope from the window's first row to its last, in degrees
};

/// Of the slope over n rows, in degrees.
double slope_angle(double first, double last, std::int64_t n, double factor);
/// How a mean or an angle is rounded; other statistics are as they are.
inline constexpr int kAsIs = 1000;
inline constexpr int kCutToWhole = -1000;  // Python's int()

struct RowWindow {
  std::size_t column = 0;
  RowStatistic statistic = RowStatistic::Value;
  int decimals = kAsIs;  // as Python's round()
  double factor = 1;     // of an angle: atan2(change x factor, n)
  friend bool operator==(const RowWindow&, const RowWindow&) = default;
};

/// The window of a word of the condition language (이동평균, 등락율각도, …); nullptr where there is none of that name.
struct RowWindowWord {
  std::string_view name, column;  // both Korean
  RowStatistic statistic;
  int stock_decimals, coin_decimals;
  double stock_factor, coin_factor;

  RowWindow window(std::size_t column_index, bool coin) const {
    return {column_index, statistic, coin ? coin_decimals : stock_decimals, coin ? coin_factor : stock_factor};
  }
};
std::span<const RowWindowWord> row_window_words();
const RowWindowWord* find_row_window_word(std::string_view name);

class RowPlan {
 public:
  enum class WindowId : std::uint32_t {};
  /// Whose buy row: each pair of texts that runs over the rows has its own.
  enum class BuyerId : std::uint32_t {};

  explicit RowPlan(std::size_t columns) : columns_(columns) {}

  BuyerId add_buyer() { return BuyerId{buyers_++}; }
  /// n rows as of k rows ago; n >= 1, k >= 0.
  WindowId window(const RowWindow& window, std::int64_t n, std::int64_t k = 0);
  /// The n rows that end at the buyer's buy row (k = -1).
  WindowId window_at_buy(const RowWindow& window, std::int64_t n, BuyerId buyer);
  /// n or k come only while a text runs: RowWindows::ask() and ask_at_buy() may be called for it.
  void open_window(const RowWindow& window);

  std::size_t columns() const { return columns_.size(); }
  std::size_t windows() const { return windows_.size(); }

 private:
  friend class RowWindows;
  struct Column {
    std::int64_t rows = 0;         // how far back windows reach; 0: nothing is asked of it
    bool whole_day = false;        // how far is not known
    std::int64_t longest_sum = 0;  // rows; 0: no sum is asked for
    bool highest = false, lowest = false;
  };
  struct Planned {
    RowWindow window;
    std::int64_t n, k;  // k -1: as of the buy row
    std::uint32_t buyer;
    friend bool operator==(const Planned&, const Planned&) = default;
  };

  WindowId find_or_add(const Planned& planned);
  Column& need(const RowWindow& window, std::int64_t n, std::int64_t k);

  std::vector<Column> columns_;
  std::vector<Planned> windows_;
  std::uint32_t buyers_ = 0;
};

class RowWindows {
 public:
  using WindowId = RowPlan::WindowId;
  using BuyerId = RowPlan::BuyerId;

  /// `rows_at_once`: the most that one append() brings.
  explicit RowWindows(const RowPlan& plan, std::size_t rows_at_once = 1);
  RowWindows(RowWindows&&) noexcept;
  RowWindows& operator=(RowWindows&&) noexcept;
  ~RowWindows();

  /// The rows so far are of another day. What a buyer's windows said at his buy row stays.
  void begin_day();
  /// As many values as the plan has columns.
  void append(std::span<const double> row);
  /// Rows of one day; of each column of the plan its first value, the others behind it. They are looked at from the
  /// first of them until look_from().
  void append(std::span<const double* const> columns, std::size_t rows);
  /// What follows is as of the row that is `row` rows behind the first of the last append().
  void look_from(std::size_t row) { length_ = block_ + static_cast<std::int64_t>(row) + 1; }
  /// 데이터길이: of this day, the row looked from included.
  std::int64_t length() const { return length_; }

  /// What was bought was bought on the row looked from; a purchase that adds to a position is none.
  void bought(BuyerId buyer);
  /// Nothing is held any more.
  void sold(BuyerId buyer);

  /// As of the row looked from; 0 where the day has too few.
  double value(WindowId id) {
    const auto index = static_cast<std::size_t>(id);
    if (plan_->windows_[index].k < 0) return at_buy_[index];
    return length_ == 0 ? 0 : of_block(id)[length_ - 1 - block_];
  }
  /// As of each row of the last append(); not as of the buy row.
  const double* of_block(WindowId id) {
    const auto index = static_cast<std::size_t>(id);
    if (known_[index] != blocks_) fill(index);
    return values_.data() + index * rows_at_once_;
  }

  /// Of an open window of the plan: n >= 1 rows as of k >= 0 rows ago.
  double ask(const RowWindow& window, std::int64_t n, std::int64_t k) const;
  /// The same for the n rows that end at the buy row; 0 while nothing is held.
  double ask_at_buy(const RowWindow& window, std::int64_t n, BuyerId buyer) const;

 private:
  class Column;
  struct Buyer;
  static constexpr std::uint32_t kNoSlot = 0xffffffff;

  void begin_block(std::size_t rows);
  /// The window's value as of each row of the block.
  void fill(std::size_t window);
  void need_scratch(std::size_t rows);
  void of_each_row(const RowWindow& window, std::int64_t last, std::int64_t n, std::span<double> values);
  template <class Better>
  static void best_of_each(const Column& column, std::int64_t first, std::size_t n, std::span<double> values,
                           std::span<double> scratch);
  const Column& column(std::size_t index) const;
  double of_rows(const RowWindow& window, std::int64_t first, std::int64_t last) const;

  const RowPlan* plan_;
  std::size_t rows_at_once_;
  std::vector<Column> columns_;       // of which anything is asked
  std::vector<std::uint32_t> asked_;  // which those are
  std::vector<std::uint32_t> slots_;  // by column of the plan: where in columns_
  std::vector<double> values_;        // by window: of each row of the block, where `known_` says so
  std::vector<std::uint64_t> known_;  // by window: of which block
  std::vector<double> at_buy_;        // by window
  std::vector<double> scratch_;
  std::vector<Buyer> buyers_;
  std::int64_t length_ = 0;   // of the day, up to the row looked from
  std::int64_t block_ = 0;    // the first row of the last append()
  std::int64_t end_ = 0;      // rows of the day that were appended
  std::uint64_t blocks_ = 0;  // of all days
};

/// 경과틱수: rows since a condition last held, 0 on that row and where it never held on this day.
class RowsSince {
 public:
  void begin_day() { since_ = -1; }
  /// On every row.
  void update(bool held) {
    if (held)
      since_ = 0;
    else if (since_ >= 0)
      ++since_;
  }
  double value() const { return since_ < 0 ? 0 : static_cast<double>(since_); }

 private:
  std::int64_t since_ = -1;
};

}  // namespace stom
