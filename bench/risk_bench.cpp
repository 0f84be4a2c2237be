// links: stom_trade fmt::fmt
// What the checks before an order cost: the desk that a session has (guard, limits, prices and rates of the engine's
// books) with 50 limits set, over three venues in one book of KRW, while prices move and about a hundred orders work.
// Prints one JSON object a case: the time from the order's being handed to the desk until the desk hands it on, p50 and
// p99 of those that pass, with one reading of the clock in it, which is told apart.
// What passes and what does not is worked out anew, from the history alone, and must be the same.
//   risk_bench [orders]
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "live/live_feed.hpp"
#include "tests/support/answering_link.hpp"
#include "trade/risk_desk.hpp"

namespace {

using namespace stom;
using Steady = std::chrono::steady_clock;

constexpr UnixNanos kStart = 1'789'095'378'000'000'000;
constexpr std::int64_t kLevels = 500;
constexpr std::size_t kWorking = 100;  // orders, about
constexpr std::int64_t kWon = 1'390;   // of a USDT, at the start
constexpr std::int64_t kWonAtTheStart = 100'000'000;
constexpr Money kCash{Int128{kWonAtTheStart} * power_of_ten(kMoneyDecimals)};
constexpr std::array kVenues{"upbit", "binance", "binance-usdm"};

struct Listed {
  const char *base, *quote;
  std::int64_t price;  // at the start, in cents of a dollar, of a won
};
constexpr std::array kListed{Listed{"BTC", "USDT", 6'100'000}, Listed{"ETH", "USDT", 260'000},
                             Listed{"SOL", "USDT", 15'000}, Listed{"XRP", "USDT", 60'000}};

std::vector<Instrument> instruments() {
  std::vector<Instrument> all;
  const auto add = [&](std::string id, const char* base, const char* quote, ContractKind kind) {
    all.push_back({.id = std::move(id),
                   .base = base,
                   .quote = quote,
                   .kind = kind,
                   .quantity_decimals = 3,
                   .ladder = {{{0}, {1}}}});
    all.back().price_decimals = all.back().quote == "KRW" ? 1 : 2;
  };
  for (const char* venue : kVenues)
    for (const Listed& one : kListed)
      if (venue == kVenues[0])
        add(fmt::format("{}:KRW-{}", venue, one.base), one.base, "KRW", ContractKind::Spot);
      else
        add(fmt::format("{}:{}USDT", venue, one.base), one.base, "USDT",
            venue == kVenues[1] ? ContractKind::Spot : ContractKind::Linear);
  add("upbit:KRW-USDT", "USDT", "KRW", ContractKind::Spot);  // the rate
  return all;
}

/// Ten kinds of limits for all, ten for each venue, one of leverage and nine instruments' positions; or five of each of
/// the ten kinds, all of which each order must keep.
std::vector<std::string> limits(bool each_keeps_all, const std::vector<Instrument>& instruments) {
  const auto of = [](const std::string& at, int part) {
    return std::array{"price_band" + at + "=1",
                      fmt::format("order_quantity{}=40", at),
                      fmt::format("order_notional{}=100000000", at),
                      fmt::format("position{}=60", at),
                      fmt::format("gross_exposure{}={}", at, 300'000'000 / part),
                      fmt::format("net_exposure{}={}", at, 90'000'000 / part),
                      fmt::format("working_orders{}={}", at, 130 / part),
                      fmt::format("order_rate{}=9000/10s", at),
                      "duplicate" + at + "=3ms",
                      "self_trade" + at + "=deny"};
  };
  std::vector<std::string> all;
  if (each_keeps_all) {
    for (int i = 0; i < 5; ++i)
      for (auto& text : of("", 1)) all.push_back(std::move(text));
    return all;
  }
  for (auto& text : of("", 1)) all.push_back(std::move(text));
  for (const char* venue : kVenues)
    for (auto& text : of(fmt::format("@{}", venue), 2)) all.push_back(std::move(text));
  all.push_back("leverage=3");
  for (std::size_t i = 0; i < 9; ++i) all.push_back(fmt::format("position@{}=50", instruments[i].id));
  return all;
}

class Sink final : public test::AnsweringLink {
 public:
  std::uint64_t sent = 0;
  Steady::time_point at;
  void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {
    at = Steady::now();
    ++sent;
  }
};

/// The same rules from the history alone, each sum anew; long doubles, which no sum here comes near the end of.
class History {
 public:
  struct Order {
    NewOrder order;
    UnixNanos sent;
  };
  History(const std::vector<Instrument>& instruments, const std::vector<std::string>& limits)
      : instruments_{instruments},
        positions_(instruments.size()),
        earned_(instruments.size()),
        twice(instruments.size()) {
    for (const auto& text : limits) limits_.push_back(risk::parse_limit(text).value());
  }

  bool allows(const NewOrder& order, UnixNanos now) const {
    return std::ranges::all_of(limits_, [&](const risk::Limit& limit) {
      return !covers(limit, order.instrument) || allows(limit, order, now);
    });
  }
  void sent(const NewOrder& order, UnixNanos now) {
    working_.push_back(order);
    sent_.push_back({order, now});
  }
  void told(std::size_t which, std::int64_t filled) {
    const NewOrder& order = working_[which];
    positions_[order.instrument] += sign_of(order.side) * filled;
    earned_[order.instrument] -= sign_of(order.side) * worth_of(order.instrument, filled, 2 * order.price.value);
    working_.erase(working_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  const std::vector<NewOrder>& working() const { return working_; }

 private:
  bool covers(const risk::Limit& limit, InstrumentIndex i) const {
    return limit.scope.empty() || limit.scope == instruments_[i].id || limit.scope == instruments_[i].venue();
  }
  long double worth_of(InstrumentIndex i, std::int64_t quantity, std::int64_t twice_price) const {
    const long double unit = instruments_[i].price_decimals == 1 ? 20'000 : 200'000;
    return static_cast<long double>(quantity) * static_cast<long double>(twice_price) / unit;
  }
  long double in_won(InstrumentIndex i, long double amount) const {
    return instruments_[i].quote == "KRW" ? amount : amount * static_cast<long double>(twice.back()) / 20;
  }
  long double won(InstrumentIndex i, std::int64_t quantity) const { return in_won(i, worth_of(i, quantity, twice[i])); }
  long double equity() const {
    long double sum = kWonAtTheStart;
    for (InstrumentIndex i = 0; i < instruments_.size(); ++i) sum += in_won(i, earned_[i]) + won(i, positions_[i]);
    return sum;
  }
  std::int64_t side(InstrumentIndex i, Side side) const {
    std::int64_t sum = 0;
    for (const NewOrder& one : working_)
      if (one.instrument == i && one.side == side) sum += one.quantity.value;
    return sum;
  }
  bool allows(const risk::Limit& limit, const NewOrder& order, UnixNanos now) const {
    const std::int64_t q = order.quantity.value;
    const std::int64_t would =
        sign_of(order.side) * positions_[order.instrument] + side(order.instrument, order.side) + q;
    const bool reduces = sign_of(order.side) * positions_[order.instrument] < 0 && would <= 0;
    const long double money = static_cast<long double>(limit.value) / 1e6L;
    using enum risk::LimitKind;
    switch (limit.kind) {
      case PriceBand: {
        const std::int64_t away = std::abs(2 * order.price.value - twice[order.instrument]);
        return away * 100 <= twice[order.instrument];
      }
      case OrderQuantity:
        return q * 1'000'000 <= limit.value;
      case OrderNotional:
        return worth_of(order.instrument, q, 2 * order.price.value) <= money;
      case Position:
        return reduces || would * 1'000'000 <= limit.value;
      case GrossExposure:
      case NetExposure:
      case Leverage: {
        if (reduces) return true;
        long double gross = 0, net = 0;
        for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
          if (!covers(limit, i)) continue;
          const bool own = i == order.instrument;
          const std::int64_t up = positions_[i] + side(i, Side::Buy) + (own && order.side == Side::Buy ? q : 0);
          const std::int64_t down = positions_[i] - side(i, Side::Sell) - (own && order.side == Side::Sell ? q : 0);
          gross += std::max(std::abs(won(i, up)), std::abs(won(i, down)));
          net += order.side == Side::Buy ? won(i, up) : -won(i, down);
        }
        if (limit.kind == Leverage) return gross <= money * equity();
        return (limit.kind == GrossExposure ? gross : net) <= money;
      }
      case WorkingOrders:
        return 1 + std::ranges::count_if(working_,
                                         [&](const NewOrder& one) { return covers(limit, one.instrument); }) <=
               limit.value;
      case OrderRate: {
        std::int64_t within = 0;
        for (auto one = sent_.rbegin(); one != sent_.rend() && now - one->sent < limit.window; ++one)
          within += covers(limit, one->order.instrument) ? 1 : 0;
        return within < limit.value;
      }
      case Duplicate: {
        for (auto one = sent_.rbegin(); one != sent_.rend() && now - one->sent < limit.window; ++one)
          if (one->order.instrument == order.instrument && one->order.side == order.side)
            return one->order.price != order.price || one->order.quantity != order.quantity;
        return true;
      }
      case SelfTrade:
        return std::ranges::none_of(working_, [&](const NewOrder& own) {
          return own.instrument == order.instrument && own.side != order.side &&
                 sign_of(order.side) * (order.price.value - own.price.value) >= 0;
        });
      default:
        return true;
    }
  }

  const std::vector<Instrument>& instruments_;
  std::vector<risk::Limit> limits_;
  std::vector<NewOrder> working_;
  std::vector<Order> sent_;
  std::vector<std::int64_t> positions_;
  std::vector<long double> earned_;  // by instrument: what its fills brought

 public:
  std::vector<std::int64_t> twice;  // bid and ask together
};

struct Idle final : Strategy {};

/// One run of seeded prices, orders and answers at a desk with those limits.
struct Outcome {
  std::vector<double> times;  // of those that passed, ns
  std::size_t denied = 0, wrong = 0;
};

Outcome run(const std::vector<std::string>& texts, std::size_t orders, bool compare) {
  const auto all = instruments();
  History history{all, texts};
  trade::RiskPlan plan{.limits = {}, .breakers = {}, .currency = "KRW", .rates = {}};
  for (const auto& text : texts) plan.limits.push_back(risk::parse_limit(text).value());
  Sink venue;
  LiveFeed feed{all};
  auto desk = trade::RiskDesk::make(all, std::move(plan), kCash, venue, nullptr).value();
  Engine engine{all, feed.local_side(), desk->link()};
  engine.add_run(std::make_unique<Idle>(), {.configuration = "bench", .cash = {}, .instruments = all.size()});
  desk->read_from(engine, [&](InstrumentIndex i) { return feed.heard_at(i); });
  UnixNanos now = kStart;
  if (!engine.start(now, 0)) std::exit(1);

  Random random{7};
  std::vector<std::int64_t> middle;
  for (const char* name : kVenues)
    for (const Listed& one : kListed) middle.push_back(name == kVenues[0] ? one.price * kWon / 10 : one.price);
  middle.push_back(10 * kWon);
  std::vector<std::int64_t> updates(all.size());
  MessageBatch batch;
  const auto hears = [&](InstrumentIndex i, std::int64_t by) {
    const std::int64_t update = ++updates[i];
    Message message{.receive_time = now,
                    .event_time = now,
                    .first_update_id = update,
                    .final_update_id = update,
                    .bids = 1,
                    .asks = 1};
    batch.levels.clear();
    if (by == 0) {
      message.kind = MessageKind::Snapshot;
      message.bids = message.asks = kLevels;
      for (std::int64_t level = 0; level < kLevels; ++level) batch.levels.push_back({{middle[i] - 1 - level}, {1'000}});
      for (std::int64_t level = 0; level < kLevels; ++level) batch.levels.push_back({{middle[i] + 2 + level}, {1'000}});
    } else {  // a level more on one side, a level less on the other
      batch.levels = {{{by > 0 ? middle[i] : middle[i] - 1}, {by > 0 ? 1'000 : 0}},
                      {{by > 0 ? middle[i] + 2 : middle[i] + 1}, {by > 0 ? 0 : 1'000}}};
    }
    batch.messages.assign(1, message);
    middle[i] += by;
    feed.market(i, batch);
    history.twice[i] = 2 * middle[i] + 1;
  };
  const auto turn = [&] {
    feed.poll(now);
    engine.advance(now);
  };
  for (InstrumentIndex i = 0; i < all.size(); ++i) hears(i, 0);
  turn();

  Outcome outcome;
  outcome.times.reserve(orders);
  Answer answer;
  for (std::size_t n = 0; n < orders; ++n) {
    now += 2 * kMillisecond;
    for (int moved = 0; moved < 3; ++moved)
      hears(static_cast<InstrumentIndex>(random.below(all.size())), random.below(2) == 0 ? -1 : 1);
    turn();
    const auto i = static_cast<InstrumentIndex>(random.below(all.size() - 1));
    const Side side = random.below(2) == 0 ? Side::Buy : Side::Sell;
    // Mostly behind the middle, so that few meet each other; about the same worth everywhere.
    const std::int64_t behind = middle[i] / 1'000 * static_cast<std::int64_t>(random.below(11)) - middle[i] / 2'000;
    const std::int64_t worth = (all[i].quote == "KRW" ? 10 * kWon : 100) * 1'000'000;
    const NewOrder order{.id = n + 1,
                         .instrument = i,
                         .side = side,
                         .quantity = {1 + worth / middle[i] * static_cast<std::int64_t>(1 + random.below(20)) / 10},
                         .price = {middle[i] - sign_of(side) * behind}};
    const bool allowed = compare && history.allows(order, now);
    const auto before = venue.sent;
    const auto began = Steady::now();
    desk->link().submit(0, n + 1, order, now);
    const bool passed = venue.sent > before;
    if (compare && passed != allowed && ++outcome.wrong == 1)
      std::fprintf(stderr, "risk_bench: order %zu %s\n", n + 1, passed ? "passed" : "was denied");
    if (passed) {
      outcome.times.push_back(std::chrono::duration<double, std::nano>(venue.at - began).count());
      history.sent(order, now);
    } else {
      ++outcome.denied;
    }
    while (history.working().size() > kWorking) {
      const auto which = random.below(history.working().size());
      const NewOrder over = history.working()[which];
      const bool fills = random.below(3) == 0;
      venue.answers.push_back({.run = 0,
                               .request = 0,
                               .event = {.kind = fills ? OrderEventKind::Filled : OrderEventKind::Canceled,
                                         .side = over.side,
                                         .instrument = over.instrument,
                                         .id = over.id,
                                         .time = now,
                                         .local_time = now,
                                         .price = over.price,
                                         .quantity = over.quantity}});
      history.told(which, fills ? over.quantity.value : 0);
    }
    while (desk->link().take(kNever, answer)) {
    }
  }
  std::ranges::sort(outcome.times);
  return outcome;
}

double clock_ns() {
  std::vector<double> times;
  for (int i = 0; i < 1'000; ++i) {
    const auto from = Steady::now();
    times.push_back(std::chrono::duration<double, std::nano>(Steady::now() - from).count());
  }
  std::ranges::nth_element(times, times.begin() + 500);
  return times[500];
}

void measure(bool each_keeps_all, std::size_t orders) {
  const auto texts = limits(each_keeps_all, instruments());
  const Outcome compared = run(texts, std::min<std::size_t>(orders, 5'000), true);
  const Outcome timed = run(texts, orders, false);
  std::printf(
      "{\"case\":\"%s\",\"limits\":%zu,\"orders\":%zu,\"compared\":%zu,\"denied\":%zu,\"p50_ns\":%.1f,\"p99_ns\":%.1f,"
      "\"clock_ns\":%.1f,\"equal\":%s}\n",
      each_keeps_all ? "each" : "set", texts.size(), orders, std::min<std::size_t>(orders, 5'000), compared.denied,
      timed.times[timed.times.size() / 2], timed.times[timed.times.size() * 99 / 100], clock_ns(),
      compared.wrong == 0 ? "true" : "false");
}

}  // namespace

int main(int argc, char** argv) {
  const long orders = argc > 1 ? std::atol(argv[1]) : 20'000;
  if (orders < 200) {
    std::fputs("usage: risk_bench [orders], 200 or more\n", stderr);
    return 2;
  }
  for (const bool each_keeps_all : {false, true}) measure(each_keeps_all, static_cast<std::size_t>(orders));
}
