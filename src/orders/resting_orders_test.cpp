#include "orders/resting_orders.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/random.hpp"
#include "core/state_io.hpp"

namespace stom::orders {
namespace {

TEST(RestingOrders, AnIdIsTakenFromItsSubmissionToItsEnd) {
  RestingOrders orders;
  EXPECT_FALSE(orders.request_of(7));
  orders.erase(7);
  orders.put(7, 1);
  orders.put(7, 2);
  EXPECT_EQ(orders.request_of(7), 1u) << "who has it keeps it";
  EXPECT_EQ(orders.size(), 1u);
  orders.erase(8);
  orders.erase(7);
  EXPECT_FALSE(orders.request_of(7));
  orders.put(7, 3);
  EXPECT_EQ(orders.request_of(7), 3u);
}

// Ids as sessions give them, and as strategies number their orders themselves: in a row, and a few of them again and
// again.
TEST(RestingOrders, KnowWhatAMapKnowsHoweverTheyComeAndGo) {
  for (const std::uint64_t spread : {40u, 400u, 4'000u}) {
    Random random{spread};
    RestingOrders orders;
    std::map<ClientOrderId, std::uint64_t> known;
    for (std::uint64_t request = 1; request <= 20'000; ++request) {
      const std::uint64_t drawn = random.next();
      const ClientOrderId id = (drawn >> 8) % spread + (drawn & 1 ? 1'796'000'000'000u : 1u);
      if (drawn & 2) {
        orders.put(id, request);
        known.emplace(id, request);
      } else {
        orders.erase(id);
        known.erase(id);
      }
      ASSERT_EQ(orders.size(), known.size());
      const auto at = known.find(id);
      ASSERT_EQ(orders.request_of(id), at == known.end() ? std::nullopt : std::optional{at->second});
    }
    for (const auto& [id, request] : known) ASSERT_EQ(orders.request_of(id), request);
  }
}

TEST(RestingOrders, AreWhatTheyWereOnceTheyAreWrittenDownAndReadBack) {
  RestingOrders orders, again;
  for (ClientOrderId id = 1; id <= 100; ++id) orders.put(id, id + 1'000);
  for (ClientOrderId id = 1; id <= 100; id += 3) orders.erase(id);
  std::string first, second;
  StateWriter{first}(orders);
  StateReader in{first};
  in(again);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(again.size(), orders.size());
  for (ClientOrderId id = 0; id <= 101; ++id) EXPECT_EQ(again.request_of(id), orders.request_of(id)) << id;
  StateWriter{second}(again);
  EXPECT_EQ(first, second);
  orders.put(500, 1);
  again.put(500, 1);
  orders.erase(2);
  again.erase(2);
  EXPECT_EQ(again.request_of(500), 1u);
  EXPECT_EQ(again.request_of(2), orders.request_of(2));
}

}  // namespace
}  // namespace stom::orders
