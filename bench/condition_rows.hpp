// Seeded one-second rows of a made-up KRX stock, for what measures condition texts: every column of the row, a price
// that walks on its ladder, a book that moves with it. Whole numbers at their decimals, so that other programs and the
// store have the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "core/random.hpp"

namespace stom::bench {

struct ConditionColumn {
  std::string_view name;
  int decimals;
};
inline constexpr std::array kConditionColumns = std::to_array<ConditionColumn>({
    {"현재가", 0},
    {"시가", 0},
    {"고가", 0},
    {"저가", 0},
    {"등락율", 2},
    {"당일거래대금", 0},
    {"체결강도", 2},
    {"거래대금증감", 0},
    {"전일비", 2},
    {"회전율", 2},
    {"전일동시간비", 2},
    {"시가총액", 0},
    {"라운드피겨위5호가이내", 0},
    {"초당매수수량", 0},
    {"초당매도수량", 0},
    {"VI해제시간", 0},
    {"VI가격", 0},
    {"VI호가단위", 0},
    {"초당거래대금", 0},
    {"고저평균대비등락율", 2},
    {"매도총잔량", 0},
    {"매수총잔량", 0},
    {"매도호가5", 0},
    {"매도호가4", 0},
    {"매도호가3", 0},
    {"매도호가2", 0},
    {"매도호가1", 0},
    {"매수호가1", 0},
    {"매수호가2", 0},
    {"매수호가3", 0},
    {"매수호가4", 0},
    {"매수호가5", 0},
    {"매도잔량5", 0},
    {"매도잔량4", 0},
    {"매도잔량3", 0},
    {"매도잔량2", 0},
    {"매도잔량1", 0},
    {"매수잔량1", 0},
    {"매수잔량2", 0},
    {"매수잔량3", 0},
    {"매수잔량4", 0},
    {"매수잔량5", 0},
    {"매도수5호가잔량합", 0},
    {"관심종목", 0},
});  // fmt: skip

class ConditionRows {
 public:
  using Row = std::array<std::int64_t, kConditionColumns.size()>;

  /// One instrument's day.
  ConditionRows(std::uint64_t seed, std::uint64_t instrument, std::uint64_t day)
      : random_{(seed * 1'000'003 + instrument) * 1'000'003 + day} {
    price_ = 1'000 + 10 * static_cast<std::int64_t>(Random{seed * 7 + instrument}.below(1'500));
    shares_ = 600 + static_cast<std::int64_t>(Random{seed * 11 + instrument}.below(4'000));
    previous_ = price_;
    open_ = high_ = low_ = price_;
    for (auto& side : book_)
      for (std::int64_t& quantity : side) quantity = size();
  }

  const Row& next() {
    const std::uint64_t r = random_.next();
    std::int64_t steps = 0;
    if (r % 16 == 0) trend_ = static_cast<std::int64_t>(r >> 8 & 3) - 1 - static_cast<std::int64_t>((r >> 10 & 7) == 0);
    if ((r >> 12 & 3) == 0) steps = static_cast<std::int64_t>(r >> 14 & 1) * 2 - 1 + ((r >> 15 & 3) == 0 ? trend_ : 0);
    move(steps);
    price_ = std::max<std::int64_t>(price_ + steps * tick(), 100);
    high_ = std::max(high_, price_);
    low_ = std::min(low_, price_);
    const bool trades = (r >> 20 & 3) != 0;
    const std::int64_t burst = (r >> 22 & 31) == 0 ? 8 : 1;
    const std::int64_t bought = trades ? static_cast<std::int64_t>(r >> 28 & 127) * burst : 0;
    const std::int64_t sold = trades ? static_cast<std::int64_t>(r >> 36 & 127) * burst : 0;
    bought_ += bought;
    sold_ += sold;
    const std::int64_t value = (bought + sold) * price_ / 10'000;
    value_ += value;
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t q = random_.next();
      std::int64_t& quantity = book_[q & 1][(q >> 1) % 5];
      quantity = std::max<std::int64_t>(1, quantity + static_cast<std::int64_t>(q >> 8 & 255) - 128);
    }
    std::int64_t totals[2] = {0, 0};
    for (int side = 0; side < 2; ++side)
      for (const std::int64_t quantity : book_[side]) totals[side] += quantity;

    const std::int64_t vi = previous_ * 11 / 10;
    const std::int64_t middle = high_ + low_;
    row_ = {price_,
            open_,
            high_,
            low_,
            (price_ - previous_) * 10'000 / previous_,
            value_,
            sold_ == 0 ? 0 : std::min<std::int64_t>(bought_ * 400 / sold_, 2'000) * 25,
            value_ / 3,
            value_ * 7,
            (bought_ + sold_) / shares_,
            10'000 + value_ % 977,
            price_ * shares_ / 10'000,
            price_ >= 2'000 && price_ <= 2'025 ? 1 : 0,
            bought,
            sold,
            0,
            vi,
            tick(),
            value,
            (2 * price_ - middle) * 10'000 / middle,
            totals[0] * 3,
            totals[1] * 3};
    std::size_t at = 22;
    for (int level = 5; level >= 1; --level) row_[at++] = price_ + level * tick();
    for (int level = 0; level < 5; ++level) row_[at++] = price_ - level * tick();
    for (int level = 4; level >= 0; --level) row_[at++] = book_[0][level];
    for (int level = 0; level < 5; ++level) row_[at++] = book_[1][level];
    row_[at++] = totals[0] + totals[1];
    row_[at++] = 1;
    ++number_;
    return row_;
  }

  /// HHMMSS of the row that next() gave last: a row a second from nine o'clock.
  std::int64_t clock() const {
    const std::int64_t second = 9 * 3600 + number_ - 1;
    return second / 3600 * 10'000 + second / 60 % 60 * 100 + second % 60;
  }

 private:
  std::int64_t tick() const { return price_ < 2'000 ? 1 : price_ < 5'000 ? 5 : price_ < 20'000 ? 10 : 50; }
  std::int64_t size() { return 1 + static_cast<std::int64_t>(random_.below(1'000)); }
  /// The levels keep their prices where the price moves.
  void move(std::int64_t steps) {
    for (; steps > 0; --steps) {
      std::ranges::rotate(book_[0], book_[0].begin() + 1);
      std::ranges::rotate(book_[1], book_[1].end() - 1);
      book_[0][4] = size();
    }
    for (; steps < 0; ++steps) {
      std::ranges::rotate(book_[1], book_[1].begin() + 1);
      std::ranges::rotate(book_[0], book_[0].end() - 1);
      book_[1][4] = size();
    }
  }

  Random random_;
  std::int64_t price_ = 0, previous_ = 0, open_ = 0, high_ = 0, low_ = 0, shares_ = 0, trend_ = 0;
  std::int64_t bought_ = 0, sold_ = 0, value_ = 0, number_ = 0;
  std::array<std::array<std::int64_t, 5>, 2> book_{};
  Row row_{};
};

}  // namespace stom::bench
