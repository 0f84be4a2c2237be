#include "venues/kiwoom/server_stocks.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"
#include "venues/ladders.hpp"

namespace stom::venues::kiwoom::server {
namespace {

constexpr DurationNanos kSeoul = 9 * kHour;
constexpr std::size_t kListed = 2'400;
constexpr std::string_view kMarket = "krx-kospi";  // its ladder is KOSDAQ's too since 2023-01-25
constexpr std::int32_t kToday = 20'454;            // 2026-01-01: the ladder in force
constexpr std::int64_t kLimitPercent = 30;

struct Known {
  std::string_view code, name;
  std::int64_t price;
};
constexpr Known kKnown[] = {
    {"005930", "삼성전자", 72'000}, {"000660", "SK하이닉스", 198'500}, {"039490", "키움증권", 131'000},
    {"035420", "NAVER", 214'000},   {"035720", "카카오", 42'150},      {"005380", "현대차", 247'500},
    {"051910", "LG화학", 389'000},  {"068270", "셀트리온", 178'900},   {"207940", "삼성바이오로직스", 812'000},
    {"105560", "KB금융", 86'400},   {"000270", "기아", 101'300},       {"034020", "두산에너빌리티", 19'870},
};

Instrument stock(std::string_view code, const Ladder& ladder) {
  Instrument instrument;
  instrument.id = fmt::format("kiwoom:{}", code);
  instrument.base = code;
  instrument.quote = "KRW";
  apply_ladder(ladder, instrument);
  return instrument;
}

Price to_tick(const Instrument& instrument, std::int64_t price, bool up) {
  const std::int64_t tick = instrument.tick_at({price}).value;
  return {up ? (price + tick - 1) / tick * tick : price / tick * tick};
}

std::int64_t to_tick_of(const Instrument& instrument, Price base, std::int64_t amount) {
  const std::int64_t tick = instrument.tick_at(base).value;
  return std::max(amount / tick * tick, tick);
}

void open_day(StockDay& day, const Instrument& instrument, Price base, UnixNanos time) {
  day = {};
  day.midnight = midnight_before(time);
  day.base = day.last = day.open = day.high = day.low = base;
  day.open_time = day.high_time = day.low_time = day.last_time = time;
  // 30 % of the base price, cut to the tick there; then inwards to the ladder (docs/auctions.md, A8).
  const std::int64_t most = to_tick_of(instrument, base, base.value * kLimitPercent / 100);
  day.upper = to_tick(instrument, base.value + most, false);
  day.lower = to_tick(instrument, base.value - most, true);
}

Int128 won(Money money) { return divide(money.value, power_of_ten(kMoneyDecimals), Rounding::Down); }

}  // namespace

std::vector<Listing> stock_listings() {
  const auto ladder = ladder_on(kMarket, "", kToday);
  STOM_ASSERT(ladder.has_value());
  std::vector<Listing> all;
  for (std::size_t i = 0; i < kListed; ++i) {
    const bool known = i < std::size(kKnown);
    // Prices from about 1,000 to about 300,000 won, none like the one before.
    const std::int64_t price =
        known ? kKnown[i].price
              : 1'000 + static_cast<std::int64_t>(i * i * 7'919 % 300) * static_cast<std::int64_t>(1 + i % 1'000);
    const std::string code = known ? std::string{kKnown[i].code} : fmt::format("{:06}", 900'000 + i * 10);
    Listing listing{.instrument = stock(code, *ladder),
                    .start_price = {},
                    .typical_quantity = std::clamp<std::int64_t>(2'000'000 / price, 1, 2'000),
                    .actions_per_second = i < 3    ? 8
                                          : i < 12 ? 2
                                                   : 0.25,
                    .depth_doublings = 5};
    listing.start_price = to_tick(listing.instrument, price, true);
    all.push_back(std::move(listing));
  }
  return all;
}

std::string stock_name(std::string_view code) {
  const auto known = std::ranges::find(kKnown, code, &Known::code);
  return known != std::end(kKnown) ? std::string{known->name} : fmt::format("가상{}", code);
}

std::string_view base_code(std::string_view code) {
  if (code.size() == 7 && code.front() == 'A') code.remove_prefix(1);
  for (const std::string_view place : {"_NX", "_AL"})
    if (code.ends_with(place)) code.remove_suffix(place.size());
  return code;
}

UnixNanos midnight_before(UnixNanos time) { return start_of_day(day_of(time + kSeoul)) - kSeoul; }
std::string clock_text(UnixNanos time) {
  const auto seconds = (time - midnight_before(time)) / kSecond;
  return fmt::format("{:02}{:02}{:02}", seconds / 3'600, seconds / 60 % 60, seconds % 60);
}
std::string grouped_clock(UnixNanos time) {
  const auto text = clock_text(time);
  return fmt::format("{}:{}:{}", text.substr(0, 2), text.substr(2, 2), text.substr(4, 2));
}
std::string day_text(UnixNanos time) {
  const auto [year, month, day] = civil_of_day(day_of(time + kSeoul));
  return fmt::format("{:04}{:02}{:02}", year, month, day);
}
std::string stamp_text(UnixNanos time) { return day_text(time) + clock_text(time); }

std::string_view StockDay::sign() const {
  if (last >= upper) return "1";
  if (last <= lower) return "4";
  return last > base ? "2" : last < base ? "5" : "3";
}

StockDay day_so_far(const Instrument& instrument, const std::deque<MinuteBar>& minutes, UnixNanos now) {
  StockDay day;
  const UnixNanos midnight = midnight_before(now);
  Price base{instrument.tick_at({1}).value};
  for (const auto& minute : minutes)
    if (minute.bar.time < midnight || base.value <= 1) base = minute.bar.close;
  open_day(day, instrument, base, now);
  for (const auto& minute : minutes) {
    const Bar& bar = minute.bar;
    if (bar.time < midnight || bar.volume.value == 0) continue;
    const bool first = day.volume == 0;
    if (first) day.open = bar.open, day.open_time = bar.time;
    if (first || bar.high > day.high) day.high = bar.high, day.high_time = bar.time;
    if (first || bar.low < day.low) day.low = bar.low, day.low_time = bar.time;
    day.last = bar.close;
    day.last_time = bar.time;
    day.volume += bar.volume.value;
    day.bought += minute.taken.value;
    day.sold += bar.volume.value - minute.taken.value;
    day.purchases += minute.trades / 2;
    day.sales += minute.trades - minute.trades / 2;
    day.value += won(minute.value);
  }
  return day;
}

void begin_day(StockDay& day, const Instrument& instrument, UnixNanos now) { open_day(day, instrument, day.last, now); }

void add_trade(StockDay& day, const Instrument& instrument, Price price, Quantity quantity, Taker taker,
               UnixNanos time) {
  const bool sold = taker == Taker::Seller;
  if (midnight_before(time) > day.midnight) open_day(day, instrument, day.last, time);
  const bool first = day.volume == 0;
  if (first) day.open = price, day.open_time = time;
  if (first || price > day.high) day.high = price, day.high_time = time;
  if (first || price < day.low) day.low = price, day.low_time = time;
  day.last = price;
  day.last_time = time;
  day.last_quantity = sold ? -quantity.value : quantity.value;
  day.volume += quantity.value;
  day.at_auction = taker == Taker::None;
  if (!day.at_auction) {
    (sold ? day.sold : day.bought) += quantity.value;
    ++(sold ? day.sales : day.purchases);
  }
  day.value += won(value_of(instrument, price, quantity));
}

}  // namespace stom::venues::kiwoom::server
