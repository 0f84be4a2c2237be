// What every run promises, on a made-up market and a fixed list of orders of every type: the same journal whenever it
// is run, from wherever it goes on; and that queue models differ only in when, never in whose turn it is.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "core/decimal.hpp"
#include "core/random.hpp"
#include "engine/journal.hpp"
#include "research/backtest.hpp"
#include "sim/generator/order_flow.hpp"
#include "strategies/registry.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

sim::FlowConfig market(std::uint64_t seed, const char* instrument = "sim:BTCUSDT") {
  sim::FlowConfig config = sim::flow_preset(instrument).value();
  config.start = start_of_day(20'000);
  config.length = 3 * kMinute;
  config.seed = seed;
  return config;
}

/// A generated market, made again for each pass.
class Flow final : public sim::MessageSource {
 public:
  explicit Flow(const sim::FlowConfig& config) : config_{config}, flow_{std::make_unique<sim::OrderFlow>(config)} {}
  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    if (!more_) return false;
    more_ = flow_->generate(batch, 4096);
    return true;
  }
  Result<void> rewind() override {
    flow_ = std::make_unique<sim::OrderFlow>(config_);
    more_ = true;
    return {};
  }

 private:
  sim::FlowConfig config_;
  std::unique_ptr<sim::OrderFlow> flow_;
  bool more_ = true;
};

/// The best prices over time, so that orders can be written that meet the market.
std::map<DurationNanos, std::pair<std::int64_t, std::int64_t>> touches(const sim::FlowConfig& config) {
  sim::OrderFlow flow{config};
  std::map<DurationNanos, std::pair<std::int64_t, std::int64_t>> out;
  MessageBatch batch;
  for (bool more = true; more;) {
    batch.clear();
    more = flow.generate(batch, 4096);
    for (const Message& m : batch.messages) {
      if (m.kind == MessageKind::Quote)
        out[m.event_time - config.start] = {batch.bids(m)[0].price.value, batch.asks(m)[0].price.value};
    }
  }
  return out;
}

std::string number(std::int64_t value, int decimals) { return format_decimal(value, decimals); }

/// Random orders for the strategy order_list. `plain`: only post-only limit orders, good till canceled, and few prices,
/// so that several stand at one.
std::string orders(const sim::FlowConfig& config, std::uint64_t seed, bool plain) {
  const auto touch = touches(config);
  Random random{seed};
  const auto one_of = [&](std::initializer_list<const char*> words) {
    return std::string{words.begin()[random.below(words.size())]};
  };
  std::string out;
  std::uint64_t sent = 0;
  for (DurationNanos at = 3 * kSecond; at < config.length - kSecond;
       at += static_cast<DurationNanos>(1 + random.below(200)) * kMillisecond) {
    out += std::to_string(at) + "ns ";
    if (sent > 30 && random.below(3) == 0) {
      out += "cancel " + std::to_string(sent - random.below(30)) + "\n";
      continue;
    }
    ++sent;
    const auto [bid, ask] = std::prev(touch.upper_bound(at))->second;
    const bool buy = random.below(2) == 0;
    const auto distance = static_cast<std::int64_t>(random.below(plain ? 3 : 20));
    const std::int64_t own = buy ? bid - distance : ask + distance;
    const std::string quantity = " x" + number(1 + static_cast<std::int64_t>(random.below(80)), 3);
    const std::string price = number(own, config.instrument.price_decimals);
    out += buy ? "buy " : "sell ";
    if (plain) {
      out += "limit " + price + quantity + " post\n";
      continue;
    }
    switch (random.below(6)) {
      case 0:
        out += "market" + quantity;
        break;
      case 1:
        out += one_of({"stop ", "take_profit "}) + price + quantity + one_of({" by=last", " by=bid_ask", " by=mark"});
        break;
      case 2:
        out += "trailing " + number(1 + distance, 1) + quantity;
        break;
      case 3:
        out += "limit " + number(buy ? ask : bid, 1) + quantity + one_of({" ioc", " fok", " day", " gtd=100s"});
        break;
      case 4:
        out += "limit " + price + quantity + " show=0.005" + one_of({"", " reduce"});
        break;
      default:
        out += "limit " + price + quantity + one_of({"", " post"});
    }
    out += "\n";
  }
  return out;
}

research::RunOutcome run(const sim::FlowConfig& config, const std::string& list, const sim::RunModels& models,
                         const fs::path& journal = {}) {
  Parameters parameters{{{"orders", list}, {"interval", "10ms"}}};
  auto strategy = find_strategy("order_list")->make(parameters);
  EXPECT_TRUE(parameters.check());
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<Flow>(config), config.instrument});
  std::vector<research::BacktestRun> runs(1);
  runs[0].strategy = std::move(strategy);
  runs[0].models = models;
  runs[0].cash = {static_cast<Int128>(1'000'000) * power_of_ten(kMoneyDecimals)};
  runs[0].configuration = "the same whatever the orders";
  runs[0].journal_path = journal;
  auto outcome = research::run_backtest(std::move(streams), std::move(runs), {.seed = 9});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return std::move(outcome->runs[0]);
}

/// All that draws or takes logarithms, so that it would show.
const sim::RunModels kModels{.queue = sim::QueueModel::Log,
                             .latency = {.entry = kMillisecond,
                                         .response = kMillisecond,
                                         .jitter = {sim::Jitter::Shape::Exponential, kMillisecond}},
                             .fees = {200'000, 500'000}};

std::string bytes_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class SameJournal : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::path{testing::TempDir()} /
            ("same-journal-" + std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
    fs::remove(path_);
  }
  void TearDown() override { fs::remove(path_); }
  fs::path path_;
  const sim::FlowConfig config_ = market(5);
  const std::string orders_ = orders(config_, 1, false);
};

TEST_F(SameJournal, OverTwentyRuns) {
  const auto first = run(config_, orders_, kModels);
  EXPECT_GT(first.fills.size(), 200u);
  for (int i = 1; i < 20; ++i)
    ASSERT_EQ(run(config_, orders_, kModels).journal_hash, first.journal_hash) << "run " << i;
}

TEST_F(SameJournal, OneOrderLargerByOneLotIsAnotherJournal) {
  const std::string hash = run(config_, orders_, kModels).journal_hash;
  std::string other = orders_;
  const std::size_t at = other.find(" x0.0", other.size() / 2) + 5;
  other[at] = other[at] == '9' ? '8' : static_cast<char>(other[at] + 1);
  EXPECT_NE(run(config_, other, kModels).journal_hash, hash);
}

TEST_F(SameJournal, GoesOnFromAnyCutToTheSameBytes) {
  const std::string hash = run(config_, orders_, kModels, path_).journal_hash;
  const std::string whole = bytes_of(path_);
  ASSERT_GT(whole.size(), 10'000u);
  Random random{3};
  for (int i = 0; i < 50; ++i) {
    const std::size_t cut = 8 + random.below(whole.size() - 8);
    fs::resize_file(path_, cut);
    ASSERT_EQ(run(config_, orders_, kModels, path_).journal_hash, hash) << "cut at byte " << cut;
    ASSERT_EQ(bytes_of(path_), whole) << "cut at byte " << cut;
  }
}

// ---- queue models on one fixed list of orders

/// How much of each order has filled by when, at the venue.
using FilledBy = std::map<ClientOrderId, std::map<UnixNanos, std::int64_t>>;

FilledBy filled_by(const research::RunOutcome& outcome) {
  FilledBy out;
  std::map<ClientOrderId, std::int64_t> sums;
  for (const Fill& fill : outcome.fills) out[fill.order][fill.time] = sums[fill.order] += fill.quantity.value;
  return out;
}

std::int64_t filled_at(const FilledBy& filled, ClientOrderId order, UnixNanos time) {
  const auto it = filled.find(order);
  if (it == filled.end()) return 0;
  const auto next = it->second.upper_bound(time);
  return next == it->second.begin() ? 0 : std::prev(next)->second;
}

class QueueModels : public testing::TestWithParam<std::uint64_t> {
 protected:
  sim::FlowConfig config() const { return market(GetParam()); }
  std::string list() const { return orders(config(), GetParam() + 100, true); }
  research::RunOutcome under(sim::QueueModel queue, const fs::path& journal = {}) const {
    return run(config(), list(), {.queue = queue, .latency = {.entry = kMillisecond, .response = kMillisecond}},
               journal);
  }
};

TEST_P(QueueModels, WhatRiskAverseFillsTheOthersFillNoLater) {
  const auto careful = filled_by(under(sim::QueueModel::RiskAverse));
  std::size_t fills = 0;
  for (const auto queue : {sim::QueueModel::Power3, sim::QueueModel::Log}) {
    const auto other = filled_by(under(queue));
    for (const auto& [order, sums] : careful) {
      for (const auto& [time, sum] : sums) {
        ++fills;
        ASSERT_GE(filled_at(other, order, time), sum) << name_of(queue) << ", order " << order;
      }
    }
  }
  EXPECT_GT(fills, 100u);
}

TEST_P(QueueModels, ALaterOrderAtAPriceNeverFillsBeforeAnEarlierOne) {
  const fs::path path = fs::path{testing::TempDir()} / ("queue-" + std::to_string(GetParam()));
  for (const auto queue : {sim::QueueModel::RiskAverse, sim::QueueModel::Power3, sim::QueueModel::Log}) {
    fs::remove(path);
    under(queue, path);
    struct Standing {
      ClientOrderId id;
      Side side;
      Price price;
    };
    std::map<ClientOrderId, Price> prices;
    std::vector<Standing> standing;  // by arrival
    std::size_t behind_another = 0;
    const auto records = read_journal(path);
    ASSERT_TRUE(records);
    for (const JournalRecord& record : *records) {
      if (record.kind == RecordKind::Submit) prices[record.order.id] = record.order.price;
      if (record.kind != RecordKind::OrderEvent) continue;
      const OrderEvent& e = record.event;
      const auto it = std::ranges::find(standing, e.id, &Standing::id);
      if (e.kind == OrderEventKind::Accepted) {
        for (const Standing& s : standing) behind_another += s.side == e.side && s.price == prices[e.id];
        standing.push_back({e.id, e.side, prices[e.id]});
      } else if (e.kind == OrderEventKind::Filled) {
        ASSERT_NE(it, standing.end());
        for (auto earlier = standing.begin(); earlier != it; ++earlier)
          ASSERT_FALSE(earlier->side == it->side && earlier->price == it->price)
              << name_of(queue) << ": order " << e.id << " filled while order " << earlier->id << " waits before it";
        if (e.leaves.value == 0) standing.erase(it);
      } else if (it != standing.end() && e.kind != OrderEventKind::CancelRejected) {
        standing.erase(it);
      }
    }
    EXPECT_GT(behind_another, 50u);
  }
  fs::remove(path);
}

// ---- the true place, on a market whose every order is known

sim::RunModels under_fifo(const sim::FlowConfig& config) {
  return {.queue = sim::QueueModel::Fifo,
          .latency = {.entry = kMillisecond, .response = kMillisecond},
          .flows = std::make_shared<const std::vector<sim::FlowConfig>>(1, config)};
}

/// When an order that arrives at `arrival` must have its first fill, from the flow's own orders one by one: at the
/// first trade that takes an order behind it, or passes its price.
UnixNanos first_fill(const sim::FlowConfig& config, UnixNanos arrival, Side side, Price price) {
  std::vector<sim::FlowEvent> events;
  sim::OrderFlow flow{config, &events};
  MessageBatch batch;
  while (flow.generate(batch, 4096)) batch.clear();
  std::map<sim::OrderNumber, std::int64_t> ahead;
  for (const sim::FlowEvent& e : events) {
    if (e.side != side) continue;
    const auto it = ahead.find(e.number);
    const bool better = side == Side::Buy ? e.price < price : e.price > price;  // ours than that of the trade
    if (e.kind == sim::FlowEvent::Kind::Added) {
      if (e.time <= arrival && e.price == price) ahead[e.number] = e.quantity;
    } else if (it != ahead.end()) {
      it->second -= e.quantity;
      if (it->second == 0) ahead.erase(it);
    } else if (e.kind == sim::FlowEvent::Kind::Traded && e.time > arrival && (e.price == price || better)) {
      EXPECT_TRUE(ahead.empty());
      return e.time;
    }
  }
  return kNever;
}

TEST(Fifo, AnOrderFillsWhenTheFirstOrderBehindItIsTaken) {
  constexpr int kOrders = 25;
  int filled = 0, at_once_behind = 0;
  for (int i = 0; i < kOrders; ++i) {
    const sim::FlowConfig config = market(20 + static_cast<std::uint64_t>(i));
    const DurationNanos at = (10 + i) * kSecond;
    const auto touch = std::prev(touches(config).upper_bound(at))->second;
    const Side side = i % 2 == 0 ? Side::Buy : Side::Sell;
    const Price price{side == Side::Buy ? touch.first - i % 3 : touch.second + i % 3};
    const std::string order = std::to_string(at) + "ns " + (side == Side::Buy ? "buy" : "sell") + " limit " +
                              number(price.value, 1) + " x0.001 post";
    const auto fills = run(config, order, under_fifo(config)).fills;
    const UnixNanos arrival = config.start + at + kMillisecond;
    const UnixNanos must = first_fill(config, arrival, side, price);
    if (fills.empty()) {
      EXPECT_TRUE(must == kNever || must > config.start + config.length - kSecond) << "order " << i;
      continue;
    }
    // Earlier only where the book shows the other side at its price (R4).
    ++filled;
    EXPECT_LE(fills[0].time, must) << "order " << i;
    at_once_behind += fills[0].time == must;
  }
  EXPECT_GT(filled, kOrders * 3 / 4);
  EXPECT_GT(at_once_behind, filled * 3 / 4);
}

/// How the first fills of a model's orders lie to those of the true place in the queue.
struct Compared {
  int same = 0, early = 0, late = 0, missed = 0, invented = 0;
};

Compared compared(const FilledBy& model, const FilledBy& truth) {
  Compared out;
  for (const auto& [order, sums] : truth) {
    const auto it = model.find(order);
    if (it == model.end()) {
      ++out.missed;
      continue;
    }
    const UnixNanos estimated = it->second.begin()->first, real = sums.begin()->first;
    ++(estimated == real ? out.same : estimated < real ? out.early : out.late);
  }
  for (const auto& [order, sums] : model) out.invented += !truth.contains(order);
  return out;
}

// In a market of long queues: XRP for won, where a tick is 0.02 % and hundreds of orders stand at the best price.
TEST(Fifo, RiskAverseIsTheMostCautiousEstimateOfTheTruth) {
  std::map<sim::QueueModel, Compared> all;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const sim::FlowConfig config = market(seed, "sim:KRW-XRP");
    const std::string list = orders(config, seed + 100, true);
    const auto truth = filled_by(run(config, list, under_fifo(config)));
    for (const auto queue : {sim::QueueModel::RiskAverse, sim::QueueModel::Power3, sim::QueueModel::Log}) {
      sim::RunModels models = under_fifo(config);
      models.queue = queue;
      const Compared one = compared(filled_by(run(config, list, models)), truth);
      Compared& sum = all[queue];
      sum.same += one.same, sum.early += one.early, sum.late += one.late;
      sum.missed += one.missed, sum.invented += one.invented;
    }
  }
  const Compared &careful = all[sim::QueueModel::RiskAverse], &middle = all[sim::QueueModel::Power3],
                 &bold = all[sim::QueueModel::Log];
  EXPECT_GT(careful.same, 2000);
  // Even the most cautious one is early now and then: the book that it counts from is up to 200 ms old when an order
  // comes.
  EXPECT_LT(careful.early * 100, careful.same);
  EXPECT_GT(careful.late, 10 * careful.early);
  EXPECT_LE(careful.early, middle.early);
  EXPECT_LT(middle.early, bold.early);
  EXPECT_GT(careful.missed, middle.missed);
  EXPECT_GT(middle.missed, bold.missed);
}

TEST(Fifo, ADifferentMarketIsNoticed) {
  Parameters parameters{{{"orders", "5s buy limit 1.0 x0.001"}, {"interval", "10ms"}}};
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<Flow>(market(1)), market(1).instrument});
  std::vector<research::BacktestRun> runs(1);
  runs[0].strategy = find_strategy("order_list")->make(parameters);
  runs[0].models = under_fifo(market(2));
  const auto outcome = research::run_backtest(std::move(streams), std::move(runs), {});
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("not those of the market that was generated"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueueModels, testing::Range<std::uint64_t>(1, 6));

}  // namespace
}  // namespace stom
