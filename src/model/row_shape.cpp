#include "model/row_shape.hpp"

#include <algorithm>
#include <array>

#include "core/assert.hpp"
#include "core/time.hpp"

namespace stom {
namespace {

// clang-format off
#define STOM_DAY "현재가", "시가", "고가", "저가", "등락율", "당일거래대금", "체결강도"
#define STOM_STOCK "거래대금증감", "전일비", "회전율", "전일동시간비", "시가총액", "라운드피겨위5호가이내"
#define STOM_VI "VI해제시간", "VI가격", "VI호가단위"
#define STOM_MINUTE "분봉시가", "분봉고가", "분봉저가", "분당거래대금"
#define STOM_BOOK                                                                                               \
  "고저평균대비등락율", "매도총잔량", "매수총잔량",                                                             \
  "매도호가5", "매도호가4", "매도호가3", "매도호가2", "매도호가1",                                              \
  "매수호가1", "매수호가2", "매수호가3", "매수호가4", "매수호가5",                                              \
  "매도잔량5", "매도잔량4", "매도잔량3", "매도잔량2", "매도잔량1",                                              \
  "매수잔량1", "매수잔량2", "매수잔량3", "매수잔량4", "매수잔량5",                                              \
  "매도수5호가잔량합", kWatchedColumn

constexpr std::string_view kStockSecond[] = {STOM_DAY, STOM_STOCK, "초당매수수량", "초당매도수량", STOM_VI, "초당거래대금", STOM_BOOK};
constexpr std::string_view kStockMinute[] = {STOM_DAY, STOM_STOCK, "분당매수수량", "분당매도수량", STOM_VI, STOM_MINUTE, STOM_BOOK};
constexpr std::string_view kCoinSecond[] = {STOM_DAY, "초당매수수량", "초당매도수량", "초당거래대금", STOM_BOOK};
constexpr std::string_view kCoinMinute[] = {STOM_DAY, "분당매수수량", "분당매도수량", STOM_MINUTE, STOM_BOOK};
// clang-format on
static_assert(std::size(kStockSecond) == 44 && std::size(kStockMinute) == 47);
static_assert(std::size(kCoinSecond) == 35 && std::size(kCoinMinute) == 38);

constexpr RowShape kShapes[] = {{"stock-second", true, false, kStockSecond},
                                {"stock-minute", true, true, kStockMinute},
                                {"coin-second", false, false, kCoinSecond},
                                {"coin-minute", false, true, kCoinMinute}};

}  // namespace

std::span<const RowShape> row_shapes() { return kShapes; }

const RowShape* row_shape(std::string_view name) {
  const auto found = std::ranges::find(kShapes, name, &RowShape::name);
  return found == std::end(kShapes) ? nullptr : found;
}

const RowShape& row_shape(bool stock, bool minute) { return kShapes[(stock ? 0 : 2) + (minute ? 1 : 0)]; }

bool is_row_index(std::int64_t index, bool minute) {
  const std::int64_t day = index / (minute ? 10'000 : 1'000'000);
  const std::int64_t clock = minute ? index % 10'000 * 100 : index % 1'000'000;
  if (day < 1900'01'01 || day > 9999'12'31) return false;
  const int year = static_cast<int>(day / 10'000), month = static_cast<int>(day / 100 % 100),
            of_month = static_cast<int>(day % 100);
  if (month < 1 || month > 12 || of_month < 1 || of_month > 31) return false;
  const CivilDate civil = civil_of_day(day_of_civil(year, month, of_month));
  const bool is_day = civil.month == month && civil.day == of_month;  // no 31st of June
  return is_day && clock / 10'000 < 24 && clock / 100 % 100 < 60 && clock % 100 < 60;
}

std::int64_t second_of_index(std::int64_t index, bool minute) {
  const std::int64_t clock = minute ? index % 10'000 * 100 : index % 1'000'000;
  return clock / 10'000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
}

}  // namespace stom
