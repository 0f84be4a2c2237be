// The look at breakers, ten times a second on the engine's thread, takes nothing from the heap once it is warm: an
// order may come right behind it, and would wait for the allocator.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

#include "core/decimal.hpp"
#include "risk/breakers.hpp"
#include "risk/exposure.hpp"

namespace {
std::size_t taken = 0;
}  // namespace

// All that are not aligned, so that none is freed by another's counterpart.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++taken;
  return std::malloc(size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace stom::risk {
namespace {

TEST(ALookAtBreakers, TakesNothingFromTheHeapOnceItIsWarm) {
  constexpr UnixNanos kNow = 1'700'000'000 * kSecond;
  constexpr DurationNanos kEvery = 100 * kMillisecond;
  const auto units = [](std::int64_t whole) { return Money{Int128{whole} * power_of_ten(kMoneyDecimals)}; };
  const Instrument tether{.id = "acme:COINUSDT", .base = "COIN", .quote = "USDT", .ladder = {{{0}, {1}}}},
      won{.id = "acme:COINKRW", .base = "COIN", .quote = "KRW", .ladder = {{{0}, {1}}}};
  std::vector<Position> held{{&tether, {5}, 2 * 100, false, -units(500), units(1'000)},
                             {&won, {0}, 2 * 140'000, false, units(7), units(1'000'000)}};
  CurrencyRates rates;
  const auto place = rates.set({"USDT", "KRW", 1'400, 1, "acme:USDTKRW", kNow});
  Breakers breakers;
  for (const char* text : {"daily_loss=1000000", "drawdown=50", "consecutive_losses=3", "feed_stale=1h", "slippage=10"})
    breakers.set(parse_breaker(text).value());
  bool tripped = false;
  const auto look = [&](std::int64_t number) {
    const UnixNanos now = kNow + number * kEvery;
    rates.renew(place, 1'400 + number % 3, 1, now);
    held[0].twice_price = 2 * (100 - number % 5);
    const Exposure all = exposure_of(held, rates, "KRW", now);
    if (!breakers.start()) breakers.begin_with(*all.equity - *all.profit);
    breakers.equity(*breakers.start() + *all.profit, now);
    breakers.feed(kNow, now);
    tripped |= !breakers.take_trips().empty();
  };
  look(0);
  (void)breakers.take_count();
  look(1);
  const std::size_t before = taken;
  for (std::int64_t number = 2; number < 1'000; ++number) look(number);  // longer than a rate lasts
  EXPECT_EQ(taken, before);
  EXPECT_FALSE(tripped);
}

}  // namespace
}  // namespace stom::risk
