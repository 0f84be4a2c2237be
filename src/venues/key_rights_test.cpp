#include "venues/key_rights.hpp"

#include <gtest/gtest.h>

namespace stom::venues {
namespace {

// As the documents of Binance have it (wallet, Get API Key Permission).
constexpr std::string_view kDocumented = R"({"ipRestrict":false,"createTime":1698645219000,"enableReading":true,
  "enableWithdrawals":false,"enableInternalTransfer":false,"enableMargin":false,"enableFutures":false,
  "permitsUniversalTransfer":false,"enableVanillaOptions":false,"enableFixApiTrade":false,"enableFixReadOnly":true,
  "enableSpotAndMarginTrading":true,"enablePortfolioMarginTrading":true})";

TEST(KeyRights, AreReadAsTheVenueDocumentsThem) {
  const auto spot = read_key_rights("binance", kDocumented), futures = read_key_rights("binance-usdm", kDocumented);
  ASSERT_TRUE(spot && futures);
  EXPECT_TRUE(spot->trades);
  EXPECT_FALSE(spot->withdraws);
  EXPECT_FALSE(spot->bound);
  EXPECT_FALSE(futures->trades) << "of futures it is another right";
}

TEST(KeyRights, AnAnswerWithoutTheWordOnWithdrawalsIsNotBelieved) {
  for (const auto body : {"", "{}", "[]", R"({"ipRestrict":true,"enableSpotAndMarginTrading":true})",
                          R"({"ipRestrict":true,"enableSpotAndMarginTrading":true,"enableWithdrawals":"false"})"})
    EXPECT_FALSE(read_key_rights("binance", body)) << body;
}

TEST(KeyRights, VenuesThatTellNoneAreNotAsked) {
  for (const auto venue : {"upbit", "kiwoom"}) {
    const auto question = key_rights_question(venue, {"key", "secret"}, 0);
    ASSERT_TRUE(question);
    EXPECT_FALSE(*question) << venue;
  }
}

TEST(KeyRights, TheQuestionIsSignedAndHasNoSecretInIt) {
  const auto question = key_rights_question("binance-usdm", {"the-key", "the-secret"}, 1'700'000'000 * kSecond);
  ASSERT_TRUE(question && *question);
  EXPECT_EQ((*question)->url, "https://api.binance.com");
  const auto& target = (*question)->request.target;
  EXPECT_TRUE(target.starts_with("/sapi/v1/account/apiRestrictions?timestamp=1700000000000&")) << target;
  EXPECT_NE(target.find("&signature="), target.npos);
  EXPECT_EQ(target.find("the-secret"), target.npos);
}

}  // namespace
}  // namespace stom::venues
