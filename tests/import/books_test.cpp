// Books of the recorded captures against an independent replay, and against the venue's own second stream.
// Two streams of one venue must agree: the book rebuilt from depth updates has the best bid and ask that the bookTicker
// stream states, wherever both speak of the same update id.
#include <gtest/gtest.h>
#include <simdjson.h>
#include <zlib.h>

#include <map>
#include <unordered_map>

#include "core/decimal.hpp"
#include "importers/file_reader.hpp"
#include "market/reading_rules.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

struct Capture {
  const char* name;
  const char* instrument;
  std::size_t applied;  // depth events, by oracles/books
  std::size_t met;      // update ids that both streams have
};
void PrintTo(const Capture& c, std::ostream* out) { *out << c.name; }
class RecordedStreams : public testing::TestWithParam<Capture> {};

using Side = std::map<std::int64_t, std::int64_t>;

void set(Side& side, std::span<const Level> levels) {
  for (const Level& level : levels) {
    if (level.quantity.value == 0)
      side.erase(level.price.value);
    else
      side[level.price.value] = level.quantity.value;
  }
}
Level level_of(const std::pair<const std::int64_t, std::int64_t>& entry) { return {{entry.first}, {entry.second}}; }

std::string gunzip(const std::filesystem::path& path) {
  std::string text;
  const auto file = gzopen(path.c_str(), "rb");
  char block[1 << 16];
  for (int n; (n = gzread(file, block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

/// One side of a sampled book: how many levels in all, and the best of them.
void expect_side(const auto& first, const Side& side, std::int64_t levels, const simdjson::dom::element& best,
                 importers::Decimals decimals, const std::string& where) {
  EXPECT_EQ(static_cast<std::int64_t>(side.size()), levels) << where;
  auto at = first;
  for (const auto level : best.get_array()) {
    const auto price = parse_decimal(level.at(0).get_string().value(), decimals.price);
    const auto quantity = parse_decimal(level.at(1).get_string().value(), decimals.quantity);
    ASSERT_TRUE(price && quantity) << where;
    ASSERT_EQ(*at, (std::pair<const std::int64_t, std::int64_t>{*price, *quantity})) << where;
    ++at;
  }
}

TEST_P(RecordedStreams, AHundredSampledBooksAndTheLastEqualTheIndependentReplay) {
  const auto& c = GetParam();
  const auto path = test::test_data(std::string{"market/binance_ws_raw/"} + c.name + ".jsonl.gz");
  const auto oracle_path = test::test_data(std::string{"oracles/books/"} + c.name + ".json.gz");
  if (!path || !oracle_path) GTEST_SKIP() << test::kNoTestData;
  simdjson::dom::parser parser;
  const simdjson::padded_string text{gunzip(*oracle_path)};
  const simdjson::dom::element oracle = parser.parse(text);
  const auto samples = oracle["samples"].get_array().value();

  const auto reader = importers::open_reader(*path, {.instrument = c.instrument});
  ASSERT_TRUE(reader);
  const auto found = (*reader)->inspect({}, {});
  ASSERT_TRUE(found);
  Side bids, asks;
  std::size_t sampled = 0;
  const auto compare = [&](const simdjson::dom::element& want, std::string_view id_key, std::int64_t id) {
    const std::string where = std::string{c.name} + " sample " + std::to_string(sampled);
    EXPECT_EQ(id, want[id_key].get_int64().value()) << where;
    expect_side(bids.rbegin(), bids, want["n_bids"].get_int64().value(), want["bids"], found->decimals, where);
    expect_side(asks.begin(), asks, want["n_asks"].get_int64().value(), want["asks"], found->decimals, where);
  };
  GatedDepth gated;
  std::int64_t last = 0;
  importers::Rows rows;
  for (;;) {
    const auto more = (*reader)->next(found->decimals, rows, {});
    ASSERT_TRUE(more);
    if (!*more) break;
    for (const Message& m : rows.messages.messages) {
      if (m.kind != MessageKind::Depth && m.kind != MessageKind::Snapshot) continue;
      gated.offer(m, rows.messages.bids(m), rows.messages.asks(m),
                  [&](const Message& a, auto bid_levels, auto ask_levels) {
                    // A sample is the book with all updates up to its venue time: due when the first later one comes.
                    while (a.kind == MessageKind::Depth && sampled < samples.size() &&
                           a.event_time > samples.at(sampled)["venue_time_ms"].get_int64().value() * kMillisecond) {
                      compare(samples.at(sampled), "u", last);
                      ++sampled;
                    }
                    if (a.kind == MessageKind::Snapshot) bids.clear(), asks.clear();
                    set(bids, bid_levels);
                    set(asks, ask_levels);
                    last = a.final_update_id;
                  });
    }
  }
  EXPECT_EQ(sampled, samples.size());
  EXPECT_EQ(samples.size(), 100u);
  compare(oracle["final"], "last_update_id", last);
}

TEST_P(RecordedStreams, TheBookAgreesWithBookTickerWhereverUpdateIdsMeet) {
  const auto& c = GetParam();
  const auto path = test::test_data(std::string{"market/binance_ws_raw/"} + c.name + ".jsonl.gz");
  if (!path) GTEST_SKIP() << test::kNoTestData;
  const auto reader = importers::open_reader(*path, {.instrument = c.instrument});
  ASSERT_TRUE(reader);
  const auto found = (*reader)->inspect({}, {});
  ASSERT_TRUE(found);

  struct Best {
    Level bid, ask;
  };
  std::unordered_map<std::int64_t, Best> quotes, books;
  std::size_t applied = 0, crossed = 0;
  GatedDepth gated;
  Side bids, asks;
  importers::Rows rows;
  for (;;) {
    const auto more = (*reader)->next(found->decimals, rows, {});
    ASSERT_TRUE(more);
    if (!*more) break;
    const auto& batch = rows.messages;
    for (const Message& m : batch.messages) {
      if (m.kind == MessageKind::Quote) quotes[m.final_update_id] = {batch.bids(m)[0], batch.asks(m)[0]};
      if (m.kind != MessageKind::Depth && m.kind != MessageKind::Snapshot) continue;
      gated.offer(m, batch.bids(m), batch.asks(m), [&](const Message& a, auto bid_levels, auto ask_levels) {
        if (a.kind == MessageKind::Snapshot)
          bids.clear(), asks.clear();
        else
          ++applied;
        set(bids, bid_levels);
        set(asks, ask_levels);
        crossed += bids.rbegin()->first >= asks.begin()->first;
        if (a.kind == MessageKind::Depth)
          books[a.final_update_id] = {level_of(*bids.rbegin()), level_of(*asks.begin())};
      });
    }
  }
  std::size_t met = 0;
  for (const auto& [id, book] : books) {
    const auto quote = quotes.find(id);
    if (quote == quotes.end()) continue;
    ++met;
    EXPECT_EQ(book.bid, quote->second.bid) << id;
    EXPECT_EQ(book.ask, quote->second.ask) << id;
  }
  EXPECT_EQ(applied, c.applied);
  EXPECT_EQ(met, c.met);
  EXPECT_EQ(crossed, 0u);
  EXPECT_EQ(gated.gate().gaps(), 0);
}

INSTANTIATE_TEST_SUITE_P(Binance, RecordedStreams,
                         testing::Values(Capture{"usdm_btcusdt_20240808", "binance-usdm:BTCUSDT", 6547, 629},
                                         Capture{"coinm_btcusd_perp_20240808", "binance-coinm:BTCUSD_PERP", 26824,
                                                 1124},
                                         Capture{"spot_btcusdt_20240808", "binance:BTCUSDT", 3449, 564}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace stom
