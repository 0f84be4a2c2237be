#include "venues/upbit/client.hpp"

#include <gtest/gtest.h>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "tests/support/venue_notes.hpp"

namespace stom::venues::upbit {
namespace {

using test::kNow;
using test::Notes;

Instrument coin(const std::string& symbol, int price_decimals, int quantity_decimals) {
  Instrument instrument;
  instrument.id = "upbit:" + symbol;
  instrument.price_decimals = price_decimals;
  instrument.quantity_decimals = quantity_decimals;
  return instrument;
}

TEST(UpbitClient, ASubscriptionNamesAllThatIsWatched) {
  Notes notes;
  auto venue = client({}).value();
  venue->start(kNow, notes);
  venue->watch(0, coin("KRW-BTC", 0, 8), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "connect 1 public /websocket/v1");
  venue->opened(1, kNow, notes);
  EXPECT_EQ(
      notes.take(),
      R"(say 1 [{"ticket":"stom-1"},{"type":"trade","codes":["KRW-BTC"]},{"type":"orderbook","codes":["KRW-BTC"]},{"format":"DEFAULT"}])");
  venue->watch(1, coin("KRW-ETH", 0, 8), {.trades = false}, kNow, notes);
  EXPECT_EQ(
      notes.take(),
      R"(say 1 [{"ticket":"stom-2"},{"type":"trade","codes":["KRW-BTC"]},{"type":"orderbook","codes":["KRW-BTC","KRW-ETH"]},{"format":"DEFAULT"}])");
  venue->closed(1, "reset", kNow, notes);
  EXPECT_EQ(notes.take(), "stale 0: reset\nstale 1: reset");
  venue->unwatch(0, kNow, notes);
  venue->unwatch(1, kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("disconnect 1"));
}

TEST(UpbitClient, TheLastTradeBeforeASubscriptionIsNotTradedAgain) {
  Notes notes;
  auto venue = client({}).value();
  venue->watch(3, coin("KRW-XRP", 1, 8), {}, kNow, notes);
  notes.take();
  const auto trade = [](std::string_view stream, std::string_view price) {
    return fmt::format(
        R"({{"ty":"trade","cd":"KRW-XRP","tms":2,"td":"d","ttm":"t","ttms":1,"tp":{},"tv":5.5e-06,"ab":"BID","pcp":1,)"
        R"("c":"RISE","cp":1,"sid":7,"st":"{}"}})",
        price, stream);
  };
  venue->frame(1, trade("SNAPSHOT", "700.5"), kNow, notes);
  EXPECT_EQ(notes.take(), "");
  venue->frame(1, trade("REALTIME", "700.5"), kNow, notes);
  EXPECT_EQ(notes.take(), "market 3 1");
  venue->frame(1, trade("REALTIME", "700.55"), kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("malformed '700.55' has more than 1 decimals"));
  venue->frame(1, R"({"type":"somethingNew","code":"KRW-XRP"})", kNow, notes);
  EXPECT_EQ(notes.take(), "unknown somethingNew");
}

TEST(UpbitClient, OrdersAreDeniedByName) {
  Notes notes;
  auto venue = client({}).value();
  venue->submit({.id = 5, .instrument = 0, .quantity = {1}, .price = {1}}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 denied 0@0 leaves 0 orders on Upbit are not offered yet");
}

TEST(UpbitClient, ARecordedStreamGoesThrough) {
  const auto file = stom::test::test_data("market/ws_raw_multi/upbit_ws62.log");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  Notes notes;
  auto venue = client({}).value();
  InstrumentIndex index = 0;
  for (const char* symbol : {"KRW-LAMB", "BTC-XTZ", "BTC-PAX"})
    venue->watch(index++, coin(symbol, 8, 8), {}, kNow, notes);
  notes.take();
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  std::size_t frames = 0;
  while (const auto more = source->next(line)) {
    if (!*more) break;
    const auto at = line.find("\t<\t");
    if (at == std::string_view::npos) continue;
    venue->frame(1, line.substr(at + 3), kNow, notes);
    ++frames;
  }
  EXPECT_GT(frames, 100u);
  EXPECT_LE(frames - notes.messages, 3u) << "all but the trades before the subscription";
  for (const auto& said : notes.lines) ASSERT_TRUE(said.starts_with("market ")) << said;
}

}  // namespace
}  // namespace stom::venues::upbit
