#include "market/krx_words.hpp"

#include <algorithm>
#include <chrono>

namespace stom {
namespace {

struct RoundFigure {
  std::int64_t from, to;
  bool holds(std::int64_t won) const { return won >= from && won <= to; }
};
constexpr RoundFigure kSince2023[] = {{2'000, 2'025},   {5'000, 5'050},     {20'000, 20'250},
                                      {50'000, 50'500}, {200'000, 202'500}, {500'000, 505'000}};
constexpr RoundFigure kBefore[] = {{1'000, 1'025},   {5'000, 5'050},     {10'000, 10'250},
                                   {50'000, 50'500}, {100'000, 102'500}, {500'000, 505'000}};
constexpr std::int32_t kNewLadder = std::chrono::sys_days{std::chrono::year{2023} / 1 / 25}.time_since_epoch().count();

}  // namespace

bool is_above_round_figure(std::int64_t won, std::int32_t day) {
  return std::ranges::any_of(day >= kNewLadder ? kSince2023 : kBefore,
                             [won](const RoundFigure& figure) { return figure.holds(won); });
}

Price vi_price(const Instrument& instrument, Price reference) {
  Price price{reference.value * 11 / 10};
  const std::int64_t tick = instrument.tick_at(price).value;
  price.value += (tick - price.value % tick) % tick;
  return price;
}

Price five_ticks_below(const Instrument& instrument, Price price) {
  for (int i = 0; i < 5; ++i) price.value -= instrument.tick_at(price).value;
  return price;
}

}  // namespace stom
