// A generated day of a KRX stock, as its messages tell it.
#include <gtest/gtest.h>

#include <map>

#include "sim/generator/order_flow.hpp"

namespace stom::sim {
namespace {

FlowConfig day_of_stock(std::string_view id, std::uint64_t seed, const char* day = "2025-09-03", int days = 1) {
  FlowConfig config = stock_flow(id);
  config.instrument.ladder = {{{0}, {1}},        {{2'000}, {5}},     {{5'000}, {10}},     {{20'000}, {50}},
                              {{50'000}, {100}}, {{200'000}, {500}}, {{500'000}, {1'000}}};
  config.start = parse_time(std::string{day} + " 00:00+09:00").value();
  config.length = days * kDay;
  config.seed = seed;
  config.actions_per_second = 1;
  return config;
}

struct Day {
  std::vector<Message> messages;
  std::vector<Level> levels;
  const Level& of(const Message& m) const { return levels[m.first_level]; }
};

Day made(const FlowConfig& config) {
  OrderFlow flow{config};
  MessageBatch batch;
  while (flow.generate(batch, 4096)) {
  }
  return {std::move(batch.messages), std::move(batch.levels)};
}

std::string seoul(UnixNanos t) { return format_time(t + 9 * kHour).substr(11, 8); }
bool auction(const Message& m) { return (m.flags & kCallAuction) != 0; }

TEST(StockFlow, TheDayHasAnOpeningAndAClosingAuctionAtTheirRandomEnds) {
  const Day day = made(day_of_stock("kiwoom:005930", 7));
  std::vector<const Message*> prints;
  for (const Message& m : day.messages)
    if (m.kind == MessageKind::Trade && auction(m)) prints.push_back(&m);
  ASSERT_GE(prints.size(), 3u) << "opening, an interruption, closing";
  EXPECT_GE(seoul(prints.front()->event_time), "09:00:00");
  EXPECT_LE(seoul(prints.front()->event_time), "09:00:30");
  EXPECT_GE(seoul(prints.back()->event_time), "15:30:00");
  EXPECT_LE(seoul(prints.back()->event_time), "15:30:30");
  EXPECT_EQ(seoul(day.messages.front().event_time), "08:30:00");
  EXPECT_LE(seoul(day.messages.back().event_time), "15:30:31");
}

TEST(StockFlow, TheSameSeedMakesTheSameDayAndAnotherOneAnother) {
  const Day a = made(day_of_stock("kiwoom:005930", 7)), b = made(day_of_stock("kiwoom:005930", 7)),
            c = made(day_of_stock("kiwoom:005930", 8));
  EXPECT_EQ(a.messages, b.messages);
  EXPECT_EQ(a.levels, b.levels);
  EXPECT_NE(a.messages, c.messages);
}

// What the recording says of itself, over many stocks and days: limits, phases, books, ids.
TEST(StockFlow, EveryDayKeepsTheRulesOfTheMarket) {
  int interruptions = 0, auctions = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const FlowConfig config = day_of_stock("kiwoom:00" + std::to_string(1'000 + 7 * seed), seed, "2025-09-03", 2);
    SCOPED_TRACE(config.instrument.id);
    const Day day = made(config);
    const SessionTable& hours = *session_table("krx");
    const MarketRules rules = market_rules_on("krx", "kospi200", hours.calendar().trading_day(config.start));
    std::map<std::int64_t, std::int64_t> bids, asks;
    Price base = config.start_price, last{};
    std::int32_t date = 0, book_of = 0;
    std::int64_t update_id = 0;
    UnixNanos gathering_since = kNoTime;  // unless orders are gathered
    for (const Message& m : day.messages) {
      const auto at = hours.at(m.event_time);
      ASSERT_TRUE(at);
      if (const auto d = hours.calendar().trading_day(m.event_time); d != date) {
        if (last.value != 0) base = last;
        last = {};
        date = d;
      }
      const PriceLimits limits = daily_limits(config.instrument, base, rules.price_limit);
      for (std::uint32_t i = 0; i < m.levels(); ++i) {
        const Price price = day.levels[m.first_level + i].price;
        ASSERT_TRUE(limits.hold(price)) << price.value << " at " << seoul(m.event_time) << ", base " << base.value;
        ASSERT_TRUE(config.instrument.on_ladder(price));
      }
      if (m.kind == MessageKind::Trade) {
        if (auction(m)) {
          ++auctions;
          const bool interruption = at->phase == TradingPhase::Continuous && seoul(m.event_time) > "09:00:30";
          if (interruption) {
            ++interruptions;
            ASSERT_NE(gathering_since, kNoTime);
            EXPECT_GE(m.event_time - gathering_since, 2 * kMinute);
            EXPECT_LE(m.event_time - gathering_since, 2 * kMinute + 31 * kSecond);
          }
        } else {
          ASSERT_EQ(at->phase, TradingPhase::Continuous) << seoul(m.event_time);
          ASSERT_EQ(gathering_since, kNoTime) << "no trade while orders are gathered";
          ASSERT_FALSE(last.value != 0 && moved_too_far(day.of(m).price, last, rules.dynamic_continuous));
        }
        last = day.of(m).price;
        continue;
      }
      if (m.kind == MessageKind::Quote) {
        ASSERT_EQ(gathering_since, kNoTime) << "no best prices while orders are gathered";
        continue;
      }
      if (!auction(m))
        gathering_since = kNoTime;
      else if (gathering_since == kNoTime)
        gathering_since = m.event_time;
      if (m.kind == MessageKind::Snapshot) {
        if (bids.empty() || date != book_of) update_id = m.final_update_id;
        book_of = date;
        bids.clear(), asks.clear();
      } else {
        ASSERT_EQ(m.first_update_id, update_id + 1);
        ASSERT_GE(m.final_update_id, m.first_update_id);
        update_id = m.final_update_id;
      }
      for (std::uint32_t i = 0; i < m.levels(); ++i) {
        const Level& level = day.levels[m.first_level + i];
        auto& side = i < m.bids ? bids : asks;
        if (level.quantity.value == 0)
          side.erase(level.price.value);
        else
          side[level.price.value] = level.quantity.value;
      }
      if (!auction(m) && !bids.empty() && !asks.empty()) {
        ASSERT_LT(bids.rbegin()->first, asks.begin()->first) << seoul(m.event_time);
      }
    }
  }
  EXPECT_GE(interruptions, 12) << "most days have one";
  EXPECT_GE(auctions, 12 * 4);
}

TEST(StockFlow, OnAHolidayNothingHappens) {
  EXPECT_TRUE(made(day_of_stock("kiwoom:005930", 7, "2025-10-03")).messages.empty());
  const Day exam = made(day_of_stock("kiwoom:005930", 7, "2025-11-13"));
  EXPECT_EQ(seoul(exam.messages.front().event_time), "09:30:00");
  EXPECT_GE(seoul(exam.messages.back().event_time), "16:30:00");
}

}  // namespace
}  // namespace stom::sim
