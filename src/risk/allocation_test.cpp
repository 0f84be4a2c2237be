// The look at breakers, ten times a second on the engine's thread, takes nothing from the heap once it is warm: an
// order may come right behind it, and would wait for the allocator. Nor does an order's own way through the guard.
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/allocation_count.hpp"
#include "core/decimal.hpp"
#include "risk/breakers.hpp"
#include "risk/exposure.hpp"
#include "risk/guarded_link.hpp"

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
  const std::size_t before = test::allocations;
  for (std::int64_t number = 2; number < 1'000; ++number) look(number);  // longer than a rate lasts
  EXPECT_EQ(test::allocations, before);
  EXPECT_FALSE(tripped);
}

// A book that is gone for hours must not cost each order a wait for the allocator.
TEST(ALookAtBreakers, TakesNothingFromTheHeapWhileTheSamePriceAndRateAreMissing) {
  constexpr UnixNanos kNow = 1'700'000'000 * kSecond;
  const Instrument tether{.id = "acme:COINUSDT", .base = "COIN", .quote = "USDT", .ladder = {{{0}, {1}}}},
      rare{.id = "acme:RAREUSDT", .base = "RARE", .quote = "USDT", .ladder = {{{0}, {1}}}},
      won{.id = "acme:COINKRW", .base = "COIN", .quote = "KRW", .ladder = {{{0}, {1}}}};
  std::vector<Position> held{
      {&tether, {5}, 2 * 100, false, {}, {}}, {&rare, {5}, 2 * 7, false, {}, {}}, {&won, {5}, 0, true, {}, {}}};
  CurrencyRates rates;
  Exposure all;
  UnixNanos now = kNow;
  const auto look = [&] { add_up(all, held, rates, "KRW", now += 100 * kMillisecond); };
  const auto looks_are_free = [&] {
    look();
    const std::size_t before = test::allocations;
    for (int times = 0; times < 100; ++times) look();
    return test::allocations == before;
  };
  EXPECT_TRUE(looks_are_free());
  EXPECT_EQ(all.unknown, (std::vector<std::string>{"no rate of USDT in KRW", "no price of acme:COINKRW"}));
  EXPECT_FALSE(all.equity);
  held[2].twice_price = 2 * 140'000;
  EXPECT_TRUE(looks_are_free());
  EXPECT_EQ(all.unknown, (std::vector<std::string>{"no rate of USDT in KRW"}));
  rates.set({"USDT", "KRW", 1'400, 1, std::string{kGivenRate}, kNow});
  EXPECT_TRUE(looks_are_free());
  EXPECT_TRUE(all.unknown.empty());
  EXPECT_TRUE(all.equity);
  held[0].twice_price = held[2].twice_price = 0;
  EXPECT_TRUE(looks_are_free());
  EXPECT_EQ(all.unknown, (std::vector<std::string>{"no price of acme:COINUSDT", "no price of acme:COINKRW"}));
  held[0].twice_price = 2 * 100;
  EXPECT_TRUE(looks_are_free());
  EXPECT_EQ(all.unknown, (std::vector<std::string>{"no price of acme:COINKRW"}));
}

/// Takes all, and says nothing.
class Venue final : public VenueLink {
 public:
  void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
  void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
  UnixNanos advance(UnixNanos limit) override { return limit; }
  bool take(UnixNanos, Answer& answer) override {
    answer = next;
    return true;
  }
  bool idle() override { return false; }

  Answer next;
};

class Prices final : public PriceSource {
 public:
  std::int64_t twice_price(InstrumentIndex) const override { return 2 * 100; }
  std::optional<Money> in_currency(InstrumentIndex, Money amount) const override { return amount; }
  double rate(InstrumentIndex) const override { return 1; }
};

// Each instrument has been traded already, but never as many of them at once.
TEST(AnOrderThroughTheGuard, TakesNothingFromTheHeapHoweverManyInstrumentsAreOpen) {
  std::vector<Instrument> instruments;
  for (const char* id : {"acme:A", "acme:B", "acme:C", "acme:D", "acme:E"})
    instruments.push_back({.id = id, .base = id, .quote = "USD", .ladder = {{{0}, {1}}}});
  Venue venue;
  const Prices prices{};
  const auto guard =
      GuardedLink::make(instruments, {parse_limit("gross_exposure=1000000").value()}, venue, prices, {}, {}).value();
  ClientOrderId id = 0;
  const auto send = [&](InstrumentIndex i) {
    const NewOrder order{.id = ++id, .instrument = i, .quantity = {5}, .price = {100}};
    guard->submit(0, id, order, static_cast<UnixNanos>(id) * kSecond);
  };
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    send(i);
    venue.next = {.event = {.kind = OrderEventKind::Canceled, .instrument = i, .id = id}};
    Answer answer;
    ASSERT_TRUE(guard->take(kNever, answer));
  }
  const std::size_t before = test::allocations;
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) send(i);
  EXPECT_EQ(test::allocations, before);
}

}  // namespace
}  // namespace stom::risk
