#include "indicators/row_windows.hpp"

#include <immintrin.h>

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
#include "core/simd.hpp"

namespace stom {
namespace {

constexpr double kTurn = 6.283185307179586;

/// slope_angle() from each of `firsts` to the value beside it, in whose place it comes.
void slope_angles(std::span<double> values, std::span<const double> firsts, std::int64_t n, double factor) {
  const auto rows = static_cast<double>(n);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = (values[i] - firsts[i]) * factor / rows;
  portable_atan_each(values);
  for (double& value : values) value = value / kTurn * 360;
}

using Wide = unsigned __int128;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
/// Of a longer window the day's rows are kept as they come, so that a text's numbers do not decide how much memory is
/// taken.
constexpr std::int64_t kLongestRing = 4096;
constexpr std::size_t kFirstOfWholeDay = 1024;
/// The highest of longer windows are asked for one by one.
constexpr std::size_t kMostAtOnce = 512;
constexpr std::int64_t kBeyondAnyDay = std::int64_t{1} << 40;

/// Copies the values, as many as fours of them there are; whether one of these is not known.
__attribute__((target("avx"))) bool copy_and_look_avx(double* to, std::span<const double> values) {
  __m256d unknown = _mm256_setzero_pd();
  for (std::size_t i = 0; i + 4 <= values.size(); i += 4) {
    const __m256d x = _mm256_loadu_pd(values.data() + i);
    unknown = _mm256_or_pd(unknown, _mm256_cmp_pd(x, x, _CMP_UNORD_Q));
    _mm256_storeu_pd(to + i, x);
  }
  return _mm256_movemask_pd(unknown) != 0;
}
bool copy_and_look(double* to, std::span<const double> values) {
  const std::size_t fours = simd_enabled() ? values.size() / 4 * 4 : 0;
  bool unknown = fours > 0 && copy_and_look_avx(to, values.first(fours));
  for (std::size_t i = fours; i < values.size(); ++i) {
    unknown |= values[i] != values[i];
    to[i] = values[i];
  }
  return unknown;
}

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
    const auto [begin, rest] = halves(row, values);
    std::ranges::copy(begin, values_.data() + place(row));
    std::ranges::copy(rest, values_.data());
  }
  /// The same; whether one of them is not known.
  bool put_and_look(std::int64_t row, std::span<const double> values) {
    const auto [begin, rest] = halves(row, values);
    const bool unknown = copy_and_look(values_.data() + place(row), begin);
    return copy_and_look(values_.data(), rest) || unknown;
  }
  void put(std::int64_t row, double x) { values_[place(row)] = x; }
  /// Rows keep their places where none has been written over.
  void grow() { values_.resize(2 * values_.size()); }

 private:
  /// Those that lie side by side from `row` on, and those that lie at the beginning again.
  std::array<std::span<const double>, 2> halves(std::int64_t row, std::span<const double> values) const {
    const std::size_t begin = std::min(values.size(), values_.size() - place(row));
    return {values.first(begin), values.subspan(begin)};
  }

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

/// Behind the sum before them the sums with each of four; `so_far` is then the last of them.
__attribute__((target("avx2"))) inline void store_sums(__m256i add, __m256i& so_far, std::uint64_t* sums) {
  add = _mm256_add_epi64(add, _mm256_slli_si256(add, 8));  // of the first two and the last two
  const __m256i of_two = _mm256_permute4x64_epi64(add, _MM_SHUFFLE(1, 1, 1, 1));
  add = _mm256_add_epi64(add, _mm256_blend_epi32(_mm256_setzero_si256(), of_two, 0xF0));
  so_far = _mm256_add_epi64(so_far, add);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums), so_far);
  so_far = _mm256_permute4x64_epi64(so_far, _MM_SHUFFLE(3, 3, 3, 3));
}

/// Values that are whole numbers of a unit, each less than `most` of them: behind the sum before it, in `sums`, the sum
/// with it, four at a time as long as all four are such and have no more than 51 bits. How many it took.
__attribute__((target("avx2"))) std::size_t sum_up_fours(std::span<const double> values, double units_of_one,
                                                         double unit_value, double most, std::uint64_t* sums,
                                                         std::uint64_t& sum) {
  // A double of that size is a whole number, with the number's last bits at its end.
  constexpr double kShift = 0x1.8p52, kMostShifted = 0x1p51;
  const __m256d shift = _mm256_set1_pd(kShift), below = _mm256_set1_pd(std::min(most, kMostShifted));
  const __m256d units_of_each = _mm256_set1_pd(units_of_one), value_of_each = _mm256_set1_pd(unit_value);
  __m256i so_far = _mm256_set1_epi64x(static_cast<std::int64_t>(sum));
  std::size_t done = 0;
  for (; done + 4 <= values.size(); done += 4) {
    const __m256d x = _mm256_loadu_pd(values.data() + done);
    const __m256d units = _mm256_mul_pd(x, units_of_each), shifted = _mm256_add_pd(units, shift);
    const __m256d whole = _mm256_sub_pd(shifted, shift);
    const __m256d is_short = _mm256_cmp_pd(_mm256_andnot_pd(_mm256_set1_pd(-0.0), units), below, _CMP_LT_OQ);
    const __m256d is_whole = _mm256_cmp_pd(_mm256_mul_pd(whole, value_of_each), x, _CMP_EQ_OQ);
    if (_mm256_movemask_pd(_mm256_and_pd(is_short, is_whole)) != 0xF) break;
    const __m256i add = _mm256_sub_epi64(_mm256_castpd_si256(shifted), _mm256_castpd_si256(shift));
    store_sums(add, so_far, sums + done);
  }
  sum = static_cast<std::uint64_t>(_mm256_extract_epi64(so_far, 0));
  return done;
}

/// The same of longer ones, such as prices with decimals: a double's 53 bits as they stand, where its last bit is a
/// unit (2^(unit - 1074), see Parts) or more and its first is none of the bits above `most_bits`; and of nothings.
__attribute__((target("avx2"))) std::size_t sum_up_long_fours(std::span<const double> values, int unit, int most_bits,
                                                              std::uint64_t* sums, std::uint64_t& sum) {
  constexpr std::int64_t kFirstBit = 0x0010000000000000;
  const __m256i fraction = _mm256_set1_epi64x(kFirstBit - 1), first_bit = _mm256_set1_epi64x(kFirstBit);
  const __m256i unshifted = _mm256_set1_epi64x(unit + 1), most_shift = _mm256_set1_epi64x(most_bits - 53);
  __m256i so_far = _mm256_set1_epi64x(static_cast<std::int64_t>(sum));
  std::size_t done = 0;
  for (; done + 4 <= values.size(); done += 4) {
    const __m256i bits = _mm256_castpd_si256(_mm256_loadu_pd(values.data() + done));
    // What has a sign, or is not finite, has an exponent that is too large.
    const __m256i shift = _mm256_sub_epi64(_mm256_srli_epi64(bits, 52), unshifted);
    const __m256i is_out = _mm256_or_si256(shift, _mm256_sub_epi64(most_shift, shift));  // where one is below 0
    if (_mm256_movemask_pd(_mm256_castsi256_pd(is_out)) != 0) {
      // Nothing is shifted so far that nothing is left of it.
      const __m256i is_nothing = _mm256_cmpeq_epi64(bits, _mm256_setzero_si256());
      if (_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_andnot_si256(is_nothing, is_out))) != 0) break;
    }
    const __m256i whole = _mm256_or_si256(_mm256_and_si256(bits, fraction), first_bit);
    store_sums(_mm256_sllv_epi64(whole, shift), so_far, sums + done);
  }
  sum = static_cast<std::uint64_t>(_mm256_extract_epi64(so_far, 0));
  return done;
}

/// out[i] = to[i] - from[i], a number with a sign, rounded to a double, times the unit and, of a mean, over n; four at
/// a time. How many. Of a mean the unit is at least kLeastOfMean, and n below 2^50.
template <bool kOfMean>
__attribute__((target("avx2,fma"))) std::size_t difference_of_fours(const std::uint64_t* from, const std::uint64_t* to,
                                                                    double unit_value, double n,
                                                                    std::span<double> out) {
  // The lower half as it stands behind 2^52, the upper as it stands behind 2^84, with 2^63 so that it has no sign: what
  // stands before them is taken away without a rounding, and their sum is rounded once.
  const __m256i before_low = _mm256_castpd_si256(_mm256_set1_pd(0x1p52));
  const __m256i before_high = _mm256_castpd_si256(_mm256_set1_pd(0x1p84 + 0x1p63));
  const __m256d before_both = _mm256_set1_pd(0x1p84 + 0x1p63 + 0x1p52), unit = _mm256_set1_pd(unit_value);
  [[maybe_unused]] const __m256d rows = _mm256_set1_pd(n), share = _mm256_set1_pd(1 / n);
  std::size_t done = 0;
  for (; done + 4 <= out.size(); done += 4) {
    const __m256i difference = _mm256_sub_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(to + done)),
                                                _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + done)));
    const __m256d low = _mm256_castsi256_pd(_mm256_blend_epi32(before_low, difference, 0x55));
    const __m256d high = _mm256_castsi256_pd(_mm256_xor_si256(_mm256_srli_epi64(difference, 32), before_high));
    const __m256d whole = _mm256_add_pd(_mm256_sub_pd(high, before_both), low);
    __m256d value = _mm256_mul_pd(whole, unit);
    // What a division gives, in less time. The product is off by less than two units in its last place, so what it
    // leaves of the value is exact; that times the share is right but for a part in 2^53, and no quotient by so small a
    // whole number is as near as that to the middle between two doubles, nor in it.
    if constexpr (kOfMean) {
      const __m256d near = _mm256_mul_pd(value, share);
      value = _mm256_fmadd_pd(_mm256_fnmadd_pd(near, rows, value), share, near);
    }
    _mm256_storeu_pd(out.data() + done, value);
  }
  return done;
}

constexpr double kLeastOfMean = 0x1p-900;  // above what is rounded more coarsely near the least of all doubles

/// The exact sum of any run of a column's rows, as the difference of two sums from the beginning. The values of a day
/// are multiples of some 2^e and seldom far apart, so these sums are whole numbers: of 64 bits where the longest
/// window's sum has room in them, else of 128 (modulo 2^64 and 2^128: only the difference has to fit). The unit follows
/// the values. A day on which they are too far apart keeps an ExactSum for every 64th row instead, and what lies
/// between is added.
class RunSums {
 public:
  /// `longest`: the most rows of one sum.
  RunSums(std::size_t capacity, std::int64_t longest) : longest_{longest}, sums_(capacity) {}

  void begin_day() {
    if (mode_ != Mode::Narrow) unit_ = kNoUnit;
    mode_ = Mode::Narrow;
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

  void append_any(const Ring& values, std::int64_t row, double x) {
    if (!std::isfinite(x)) [[unlikely]] {
      count_unbounded(x);
    } else if (x != 0 && mode_ != Mode::Exact) {
      const Parts parts{x};
      if (parts.lowest < unit_ || parts.end > end_) [[unlikely]]
        fit(values, row, parts.lowest, parts.end);
      if (mode_ != Mode::Exact) sum_ += in_units(x);
    }
    keep(values, row, x);
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
    if (mode_ == Mode::Narrow) {
      const std::uint64_t before = first == 0 ? 0 : sums_[values.place(first - 1)];
      sum = static_cast<double>(static_cast<std::int64_t>(sums_[values.place(last)] - before)) * unit_value_;
    } else if (mode_ == Mode::Wide) {
      const Wide before = first == 0 ? 0 : wide_sums_[values.place(first - 1)];
      sum = rounded_once(wide_sums_[values.place(last)] - before) * unit_value_;
    } else {
      sum = exact_sum_of(values, first, last);
    }
    return std::isfinite(sum) ? sum : kUnknown;
  }

  /// Of the rows first … last, and of those that begin behind it; of a mean each over their number.
  template <bool kOfMean>
  void each(const Ring& values, std::int64_t first, std::int64_t last, std::span<double> out) const {
    const double n = kOfMean ? static_cast<double>(last - first + 1) : 1;
    if (mode_ != Mode::Narrow || unbounded_) [[unlikely]] {
      for (double& value : out) value = sum(values, first++, last++) / n;
      return;
    }
    if (first == 0 && !out.empty()) {
      out[0] = sum(values, first++, last++) / n;
      out = out.subspan(1);
    }
    const double unit_value = unit_value_;
    while (!out.empty()) {  // as far as neither end of the window is at the end of the places
      const std::size_t before = values.place(first - 1), end = values.place(last);
      const std::size_t rows = std::min(out.size(), sums_.size() - std::max(before, end));
      const std::uint64_t *const from = sums_.data() + before, *const to = sums_.data() + end;
      const bool in_fours = simd_enabled() && (!kOfMean || unit_value >= kLeastOfMean);
      std::size_t i = in_fours ? difference_of_fours<kOfMean>(from, to, unit_value, n, out.first(rows)) : 0;
      for (; i < rows; ++i) out[i] = static_cast<double>(static_cast<std::int64_t>(to[i] - from[i])) * unit_value / n;
      out = out.subspan(rows);
      first += static_cast<std::int64_t>(rows);
      last += static_cast<std::int64_t>(rows);
    }
  }

  /// After the ring has grown, before its next row; any run of its rows may be asked for.
  void grow(const Ring& values, std::int64_t row) {
    longest_ = static_cast<std::int64_t>(values.capacity());
    sums_.resize(values.capacity());
    if (!wide_sums_.empty()) wide_sums_.resize(values.capacity());
    if (unbounded_) counts_.resize(values.capacity());
    if (mode_ == Mode::Exact)
      block_sums_.resize(blocks());
    else if (unit_ != kNoUnit)
      fit(values, row, unit_, end_);
  }

 private:
  enum class Mode : std::uint8_t { Narrow, Wide, Exact };
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  static constexpr int kNoUnit = 4096;      // above every bit of a double
  static constexpr int kSpare = 8;          // bits below the lowest seen, so that the unit seldom has to follow
  static constexpr int kNarrowRoom = 63;    // bits of a window's sum
  static constexpr int kRoom = 126;         // the same of a wide one
  static constexpr int kMostOfWhole = 62;   // bits of a value that is counted in a number of 64
  static constexpr int kMostOfEnd = 2'097;  // no sum of values that end below is beyond the largest double
  static constexpr std::int64_t kBlock = 64;
  static constexpr auto kPowersOfTwo = [] {
    std::array<double, 66> powers{1};
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = 2 * powers[i - 1];
    return powers;
  }();

  struct Unbounded {
    std::uint32_t unknown = 0, plus = 0, minus = 0;  // so far on the day
  };

  /// As many of the block as are whole numbers of the unit and no longer than those before them: most are.
  std::size_t append_like(std::int64_t row, std::span<const double> block) {
    if (below_ == 0 || unbounded_) return 0;
    if (mode_ == Mode::Wide) return append_like(wide_sums_, row, block);
    constexpr std::size_t kFew = 4;
    if (block.size() < kFew || !simd_enabled()) return append_like(sums_, row, block);
    std::size_t done = 0;
    while (done < block.size()) {
      done += append_fours(row + static_cast<std::int64_t>(done), block.subspan(done));
      const auto few = block.subspan(done, std::min(kFew, block.size() - done));
      const std::size_t taken = append_like(sums_, row + static_cast<std::int64_t>(done), few);
      done += taken;
      if (taken < few.size()) break;
    }
    return done;
  }
  /// As far as the places lie side by side.
  std::size_t append_fours(std::int64_t row, std::span<const double> block) {
    const std::size_t place = static_cast<std::size_t>(row) & (sums_.size() - 1);
    block = block.first(std::min(block.size(), sums_.size() - place));
    std::uint64_t* const sums = sums_.data() + place;
    auto sum = static_cast<std::uint64_t>(sum_);
    const int most_bits = std::min(end_ - unit_, kMostOfWhole);
    std::size_t done = 0;
    if (most_bits >= 53) done = sum_up_long_fours(block, unit_, most_bits, sums, sum);
    if (done < block.size())
      done += sum_up_fours(block.subspan(done), units_of_one_, unit_value_, below_, sums + done, sum);
    sum_ = sum;
    return done;
  }
  template <class Number>
  std::size_t append_like(std::vector<Number>& to, std::int64_t row, std::span<const double> block) {
    const double units_of_one = units_of_one_, unit_value = unit_value_, below = below_;
    const std::size_t last_place = to.size() - 1;
    Number* const sums = to.data();
    auto sum = static_cast<Number>(sum_);
    std::size_t i = 0;
    for (; i < block.size(); ++i) {
      const double x = block[i], units = x * units_of_one;
      if (!(std::abs(units) < below)) break;
      const auto whole = static_cast<std::int64_t>(units);
      if (static_cast<double>(whole) * unit_value != x) break;
      sum += static_cast<Number>(whole);
      sums[(static_cast<std::size_t>(row) + i) & last_place] = sum;
    }
    sum_ = sum;
    return i;
  }

  /// A finite value that fits.
  Wide in_units(double x) const {
    if (x == 0) return 0;
    const Parts parts{x};
    const Wide units = static_cast<Wide>(parts.m) << (parts.lowest - unit_);
    return x < 0 ? -units : units;
  }
  void keep(const Ring& values, std::int64_t row, double x) {
    if (mode_ == Mode::Narrow)
      sums_[values.place(row)] = static_cast<std::uint64_t>(sum_);
    else if (mode_ == Mode::Wide)
      wide_sums_[values.place(row)] = sum_;
    else
      append_exact(row, x);
  }

  /// Ties to even. What is longer than 63 bits is cut to them, with a bit at their end that says whether anything was
  /// cut off: it decides between a tie and more than one, far below where the double ends.
  static double rounded_once(Wide difference) {
    const auto units = static_cast<__int128>(difference);
    const auto low = static_cast<std::int64_t>(units);
    if (low == units) return static_cast<double>(low);
    const Wide size = units < 0 ? -difference : difference;
    const int cut = 65 - std::countl_zero(static_cast<std::uint64_t>(size >> 64));
    const auto kept = static_cast<std::int64_t>(size >> cut) | ((size & ((Wide{1} << cut) - 1)) != 0 ? 1 : 0);
    const double value = static_cast<double>(kept) * kPowersOfTwo[static_cast<std::size_t>(cut)];
    return units < 0 ? -value : value;
  }

  /// Whether a window's sum of values whose bits reach from `lowest` to below `end` has room in a number of that mode.
  bool fits(Mode mode, int lowest, int end) const {
    const int sum_end = end + std::bit_width(static_cast<std::uint64_t>(longest_ - 1));
    if (mode == Mode::Narrow) return sum_end - lowest <= kNarrowRoom && sum_end <= kMostOfEnd;
    return sum_end - lowest <= kRoom;
  }

  /// The value to come has bits from `lowest` to below `end`: chooses mode and unit such that it fits, and all that are
  /// there with it.
  void fit(const Ring& values, std::int64_t row, int lowest, int end) {
    if (lowest >= unit_ && fits(mode_, unit_, std::max(end_, end))) {
      end_ = std::max(end_, end);
      below_ = std::ldexp(1.0, std::min(end_ - unit_, kMostOfWhole));
      return;
    }
    end_ = end;
    for (std::int64_t r = first_kept(values, row); r < row; ++r) {
      if (values[r] == 0 || !std::isfinite(values[r])) continue;
      const Parts parts{values[r]};
      lowest = std::min(lowest, parts.lowest);
      end_ = std::max(end_, parts.end);
    }
    if (mode_ == Mode::Narrow && !fits(Mode::Narrow, lowest, end_)) mode_ = Mode::Wide;
    if (mode_ == Mode::Wide && !fits(Mode::Wide, lowest, end_)) return go_exact(values, row);
    for (int spare = kSpare; spare >= 0; --spare) {
      unit_ = std::max(lowest - spare, 0);
      if (fits(mode_, unit_, end_) && end_ - unit_ <= kMostOfWhole) break;
    }
    unit_value_ = std::ldexp(1.0, unit_ - 1074);
    units_of_one_ = std::ldexp(1.0, 1074 - unit_);
    below_ = std::ldexp(1.0, std::min(end_ - unit_, kMostOfWhole));
    if (mode_ == Mode::Wide) wide_sums_.resize(sums_.size());
    sum_ = 0;
    for (std::int64_t r = first_kept(values, row); r < row; ++r) {
      if (std::isfinite(values[r])) sum_ += in_units(values[r]);
      keep(values, r, values[r]);
    }
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
  static std::int64_t first_kept(const Ring& values, std::int64_t row) {
    return std::max<std::int64_t>(0, row - static_cast<std::int64_t>(values.capacity()));
  }
  void go_exact(const Ring& values, std::int64_t row) {
    mode_ = Mode::Exact;
    below_ = 0;
    block_sums_.resize(blocks());
    exact_sum_ = {};
    for (std::int64_t r = (first_kept(values, row) + kBlock - 1) / kBlock * kBlock; r < row; ++r)
      append_exact(r, values[r]);
  }
  void append_exact(std::int64_t row, double x) {
    if (row % kBlock == 0) before_block(row / kBlock) = exact_sum_;
    if (std::isfinite(x)) exact_sum_.add(x);
  }
  double exact_sum_of(const Ring& values, std::int64_t first, std::int64_t last) const {
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

  std::int64_t longest_;
  Mode mode_ = Mode::Narrow;
  Wide sum_ = 0;                     // of the day's rows so far, or of those that were there at the last fit()
  std::vector<std::uint64_t> sums_;  // by place: Narrow
  std::vector<Wide> wide_sums_;      // by place: Wide; taken when first needed
  int unit_ = kNoUnit;
  int end_ = 0;  // one above the highest bit of any value of the day
  double unit_value_ = 0;
  double units_of_one_ = 0;  // infinite where the unit is too small for it
  double below_ = 0;         // units of which an append changes nothing but the sum; 0: none are

  ExactSum exact_sum_;
  std::vector<ExactSum> block_sums_;  // by block: of the rows before it

  bool unbounded_ = false;  // on this day came values that are not finite
  Unbounded count_;
  std::vector<Unbounded> counts_;  // by place
};

struct Larger {
  static double of(double a, double b) { return a > b ? a : b; }
  static __m128d of(__m128d a, __m128d b) { return _mm_max_pd(a, b); }
  __attribute__((target("avx"))) static __m256d of(__m256d a, __m256d b) { return _mm256_max_pd(a, b); }
};
struct Smaller {
  static double of(double a, double b) { return a < b ? a : b; }
  static __m128d of(__m128d a, __m128d b) { return _mm_min_pd(a, b); }
  __attribute__((target("avx"))) static __m256d of(__m256d a, __m256d b) { return _mm256_min_pd(a, b); }
};
/// Where one is not known, neither is what they make.
template <class Better>
struct OfUnknown {
  static double of(double a, double b) { return a != a ? a : b != b ? b : Better::of(a, b); }
};

/// to[i] = the best of from[i], of those `step`, twice `step` … behind it that come before `last`, and of the one that
/// is `last` behind it; `to` may be `from` itself.
template <class Better>
void best_each(double* to, const double* from, std::size_t step, std::size_t last, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    double best = from[i];
    for (std::size_t k = 0; k < last;) {
      k = std::min(k + step, last);
      best = Better::of(best, from[i + k]);
    }
    to[i] = best;
  }
}
/// The same of values that are all known, four at a time: how many it did.
template <class Better>
std::size_t best_of_fours(double* to, const double* from, std::size_t step, std::size_t last, std::size_t n) {
  std::size_t done = 0;
  for (; done + 4 <= n; done += 4) {
    const double* const at = from + done;
    __m128d a = _mm_loadu_pd(at), b = _mm_loadu_pd(at + 2);
    for (std::size_t k = 0; k < last;) {
      k = std::min(k + step, last);
      a = Better::of(a, _mm_loadu_pd(at + k));
      b = Better::of(b, _mm_loadu_pd(at + k + 2));
    }
    _mm_storeu_pd(to + done, a);
    _mm_storeu_pd(to + done + 2, b);
  }
  return done;
}
/// The same, each the best of kOf values: a loop over them would cost more than they do.
template <class Better, std::size_t kOf>
__attribute__((target("avx"))) std::size_t best_of_fours_avx(double* to, const double* from, std::size_t step,
                                                             std::size_t last, std::size_t n) {
  std::size_t done = 0;
  for (; done + 4 <= n; done += 4) {
    __m256d best = _mm256_loadu_pd(from + done);
    for (std::size_t k = 1; k + 1 < kOf; ++k) best = Better::of(best, _mm256_loadu_pd(from + done + k * step));
    _mm256_storeu_pd(to + done, Better::of(best, _mm256_loadu_pd(from + done + last)));
  }
  return done;
}
/// The best of two from each value of `a` on, behind which lies `b`; and of four, where both are of two.
template <class Better>
__attribute__((target("avx"))) inline __m256d best_of_two(__m256d a, __m256d b) {
  return Better::of(a, _mm256_shuffle_pd(a, _mm256_permute2f128_pd(a, b, 0x21), 0x5));
}
template <class Better>
__attribute__((target("avx"))) inline __m256d best_of_four(__m256d a, __m256d b) {
  return Better::of(a, _mm256_permute2f128_pd(a, b, 0x21));
}
/// to[i] = the best of from[i] … from[i + 7], each value read once. Reads and writes so many more than there are.
constexpr std::size_t kBeyond = 8;
template <class Better>
__attribute__((target("avx"))) void best_of_eights_avx(double* to, const double* from, std::size_t n) {
  const __m256d first = _mm256_loadu_pd(from), second = _mm256_loadu_pd(from + 4);
  __m256d x = _mm256_loadu_pd(from + 8);
  __m256d twos = best_of_two<Better>(second, x);
  __m256d fours = best_of_four<Better>(best_of_two<Better>(first, second), twos);
  for (std::size_t i = 0; i < n; i += 4) {
    const __m256d next_x = _mm256_loadu_pd(from + i + 12);
    const __m256d next_twos = best_of_two<Better>(x, next_x), next_fours = best_of_four<Better>(twos, next_twos);
    _mm256_storeu_pd(to + i, Better::of(fours, next_fours));
    x = next_x;
    twos = next_twos;
    fours = next_fours;
  }
}
constexpr std::size_t kMostOf = 8;
template <class Better>
constexpr std::array<std::size_t (*)(double*, const double*, std::size_t, std::size_t, std::size_t), kMostOf + 1>
    kBestOfFours{nullptr,
                 best_of_fours_avx<Better, 2>,
                 best_of_fours_avx<Better, 2>,
                 best_of_fours_avx<Better, 3>,
                 best_of_fours_avx<Better, 4>,
                 best_of_fours_avx<Better, 5>,
                 best_of_fours_avx<Better, 6>,
                 best_of_fours_avx<Better, 7>,
                 best_of_fours_avx<Better, 8>};

/// The highest (or lowest) of any run of a column's rows: a tree over the ring's places, in which a node is computed
/// when the last of its rows is there. Rows are taken up when something is asked: of most columns only whole blocks of
/// rows are, and those need no tree (best_of_each).
template <class Better>
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
    return better(of_places(from, nodes_.size() / 2 - 1), of_places(0, to));
  }
  void grow() {
    nodes_.assign(2 * nodes_.size(), 0);
    rows_ = 0;
  }

 private:
  static double better(double a, double b) { return OfUnknown<Better>::of(a, b); }
  void take(std::size_t place, double x) {
    std::size_t node = nodes_.size() / 2 + place;
    nodes_[node] = x;
    for (; node % 2 != 0 && node > 1; node /= 2) nodes_[node / 2] = better(nodes_[node - 1], nodes_[node]);
  }
  double of_places(std::size_t first, std::size_t last) const {
    std::size_t begin = nodes_.size() / 2 + first, end = nodes_.size() / 2 + last + 1;
    double best = nodes_[begin];
    for (; begin < end; begin /= 2, end /= 2) {
      if (begin % 2 != 0) best = better(best, nodes_[begin++]);
      if (end % 2 != 0) best = better(best, nodes_[--end]);
    }
    return best;
  }

  std::vector<double> nodes_;  // 1 the root, below n are 2n and 2n + 1, the rows' places last
  std::int64_t rows_ = 0;      // of the day that are in it
};

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

double slope_angle(double first, double last, std::int64_t n, double factor) {
  return portable_atan((last - first) * factor / static_cast<double>(n)) / kTurn * 360;
}

std::span<const RowWindowWord> row_window_words() { return kWords; }

const RowWindowWord* find_row_window_word(std::string_view name) {
  const auto* const found = std::ranges::find(kWords, name, &RowWindowWord::name);
  return found == std::end(kWords) ? nullptr : found;
}

RowPlan::Column& RowPlan::need(const RowWindow& window, std::int64_t n, std::int64_t k) {
  STOM_ASSERT(window.column < columns_.size());
  Column& column = columns_[window.column];
  column.rows = std::max(column.rows, n + k);
  if (window.statistic == RowStatistic::Sum || window.statistic == RowStatistic::Mean)
    column.longest_sum = std::max(column.longest_sum, n);
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
  need(window, n, k);
  return find_or_add({window, n, k, 0});
}

RowPlan::WindowId RowPlan::window_at_buy(const RowWindow& window, std::int64_t n, BuyerId buyer) {
  STOM_ASSERT(n >= 1 && static_cast<std::uint32_t>(buyer) < buyers_);
  n = std::min(n, kBeyondAnyDay);
  need(window, n, 0);
  return find_or_add({window, n, -1, static_cast<std::uint32_t>(buyer)});
}

void RowPlan::open_window(const RowWindow& window) { need(window, 1, 0).whole_day = true; }

class RowWindows::Column {
 public:
  Column(const RowPlan::Column& plan, std::size_t rows_at_once)
      : whole_day_{plan.whole_day || plan.rows > kLongestRing},
        values_{whole_day_ ? kFirstOfWholeDay : capacity_for(plan.rows, rows_at_once)},
        sums_{plan.longest_sum > 0 ? values_.capacity() : 0,
              whole_day_ ? static_cast<std::int64_t>(values_.capacity()) : plan.longest_sum},
        highest_{plan.highest ? values_.capacity() : 0},
        lowest_{plan.lowest ? values_.capacity() : 0},
        has_sums_{plan.longest_sum > 0},
        has_extremes_{plan.highest || plan.lowest} {}

  void begin_day() {
    rows_ = 0;
    last_unknown_ = -1;
    if (has_sums_) sums_.begin_day();
    highest_.begin_day();
    lowest_.begin_day();
  }
  void append(std::int64_t row, double x) {
    if (whole_day_ && static_cast<std::size_t>(row) == values_.capacity()) [[unlikely]]
      grow(row);
    values_.put(row, x);
    rows_ = row + 1;
    if (x != x) last_unknown_ = row;
    if (has_sums_) sums_.append(values_, row, {&x, 1});
  }

  void append(std::int64_t row, std::span<const double> block) {
    if (whole_day_ && static_cast<std::size_t>(row) + block.size() > values_.capacity()) [[unlikely]] {
      for (const double x : block) append(row++, x);
      return;
    }
    rows_ = row + static_cast<std::int64_t>(block.size());
    if (!has_extremes_)
      values_.put(row, block);
    else if (values_.put_and_look(row, block))
      last_unknown_ = rows_ - 1;
    if (has_sums_) sums_.append(values_, row, block);
  }

  double at(std::int64_t row) const { return values_[row]; }
  void copy(std::int64_t row, std::span<double> to) const { values_.copy(row, to); }
  /// So many rows from `row` on, and kBeyond places that may be read: as they lie, or where they end too soon `copied`.
  const double* side_by_side(std::int64_t row, std::size_t rows, std::span<double> copied) const {
    if (const auto run = values_.run(row, rows + kBeyond); run.size() == rows + kBeyond) return run.data();
    values_.copy(row, copied.first(rows));
    return copied.data();
  }
  /// False where a row from `first` on may be unknown.
  bool is_known_from(std::int64_t first) const { return last_unknown_ < first; }
  void sum_each(std::int64_t first, std::int64_t last, std::span<double> out) const {
    sums_.each<false>(values_, first, last, out);
  }
  void mean_each(std::int64_t first, std::int64_t last, std::span<double> out) const {
    sums_.each<true>(values_, first, last, out);
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
  mutable RunExtremes<Larger> highest_;  // takes rows up when it is asked
  mutable RunExtremes<Smaller> lowest_;
  bool has_sums_, has_extremes_;
  std::int64_t rows_ = 0;           // of the day
  std::int64_t last_unknown_ = -1;  // the last row that may be; kept where extremes are asked for
};

/// The best of n rows from `first` on, and of those behind: of eight rows each, of eight of these, and at last of as
/// many as it takes, of which the last may overlap. A row costs the logarithm of n. Few passes, as each has to wait
/// until what the one before it wrote can be read.
template <class Better>
void RowWindows::best_of_each(const Column& column, std::int64_t first, std::size_t n, std::span<double> values,
                              std::span<double> scratch) {
  std::size_t rows = n + values.size() - 1, reach = 1;  // from[i] is of rows i … i + reach - 1
  const double* from = column.side_by_side(first, rows, scratch);
  const bool is_known = column.is_known_from(first), in_fours = is_known && simd_enabled();
  const auto each = [=](double* to, const double* of, std::size_t step, std::size_t last, std::size_t size) {
    if (!is_known) return best_each<OfUnknown<Better>>(to, of, step, last, size);
    const std::size_t terms = 1 + (last + step - 1) / step;
    const std::size_t done = in_fours ? kBestOfFours<Better>[terms](to, of, step, last, size)
                                      : best_of_fours<Better>(to, of, step, last, size);
    best_each<Better>(to + done, of + done, step, last, size - done);
  };
  for (; kMostOf * reach <= n; reach *= kMostOf) {
    const std::size_t last = (kMostOf - 1) * reach;
    rows -= last;
    if (in_fours && reach == 1)
      best_of_eights_avx<Better>(scratch.data(), from, rows);
    else
      each(scratch.data(), from, reach, last, rows);
    from = scratch.data();
  }
  each(values.data(), from, reach, n - reach, values.size());
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

void RowWindows::need_scratch(std::size_t rows) {
  if (scratch_.size() < rows) scratch_.resize(rows);
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
      column.mean_each(first, last, values);
      return round_each(values, window.decimals);
    case RowStatistic::Sum:
      return column.sum_each(first, last, values);
    case RowStatistic::Max:
    case RowStatistic::Min:
      if (values.size() == 1 || static_cast<std::size_t>(n) > kMostAtOnce) break;
      need_scratch(static_cast<std::size_t>(n) + values.size() + kBeyond);
      return window.statistic == RowStatistic::Max
                 ? best_of_each<Larger>(column, first, static_cast<std::size_t>(n), values, scratch_)
                 : best_of_each<Smaller>(column, first, static_cast<std::size_t>(n), values, scratch_);
    case RowStatistic::Angle:
      if (values.size() == 1) break;
      need_scratch(values.size());
      column.copy(first, std::span{scratch_}.first(values.size()));
      column.copy(last, values);
      slope_angles(values, std::span{scratch_}.first(values.size()), n, window.factor);
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
      return rounded(slope_angle(values.at(first), values.at(last), n, window.factor), window.decimals);
  }
  return kUnknown;
}

}  // namespace stom
