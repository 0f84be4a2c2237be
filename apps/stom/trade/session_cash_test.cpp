// Every currency in which a session trades has cash: what was said, what the session began with, or the usual.
#include "trade/session_cash.hpp"

#include <gtest/gtest.h>

namespace stom::trade {
namespace {

constexpr Money of_cash(std::int64_t amount) { return {Int128{amount} * power_of_ten(kMoneyDecimals)}; }

/// Won, USDT, won again, and coins.
std::vector<Instrument> of_three_currencies() {
  return {{.id = "upbit:KRW-BTC", .base = "BTC", .quote = "KRW"},
          {.id = "binance:BTCUSDT", .base = "BTC", .quote = "USDT"},
          {.id = "kiwoom:005930", .base = "005930", .quote = "KRW"},
          {.id = "binance-coinm:BTCUSD_PERP", .base = "BTC", .quote = "USD", .kind = ContractKind::Inverse}};
}

class TheCashOfASession : public ::testing::Test {
 protected:
  std::vector<Money> given(const std::vector<std::string>& texts, std::string_view earlier = "") const {
    const auto cash = session_cash(kTraded, texts, earlier);
    EXPECT_TRUE(cash) << cash.error().message;
    if (!cash) return {};
    return {cash->of(0), cash->of(1), cash->of(2), cash->of(3)};
  }
  std::string refused(const std::vector<std::string>& texts) const {
    const auto cash = session_cash(kTraded, texts, "");
    if (cash) return "it is cash";
    EXPECT_EQ(cash.error().code, Errc::Usage);
    return cash.error().message + "; " + cash.error().hint;
  }
  std::string written(const std::vector<std::string>& texts) const {
    return cash_configuration(kTraded, session_cash(kTraded, texts, "").value());
  }

  const std::vector<Instrument> kTraded = of_three_currencies();
};
using Cash = std::vector<Money>;

TEST_F(TheCashOfASession, IsTheUsualOfEachCurrencyAndStandsWithTheFirstInstrumentOfIt) {
  EXPECT_EQ(given({}), (Cash{of_cash(100'000'000), of_cash(100'000), {}, of_cash(10)}));
}

TEST_F(TheCashOfASession, IsWhatWasSaidAndAnAmountAloneIsOfTheFirstCurrency) {
  const Cash both{of_cash(10'000'000), of_cash(5'000), {}, of_cash(10)};
  EXPECT_EQ(given({"KRW=10000000", "USDT=5000"}), both);
  EXPECT_EQ(given({"USDT=5000", "10000000"}), both);
  EXPECT_EQ(given({"BTC=0.25"})[3], (Money{Int128{25} * power_of_ten(kMoneyDecimals - 2)}));
}

TEST_F(TheCashOfASession, ThatIsNoneIsRefusedWithWhatItShouldBe) {
  EXPECT_EQ(refused({"USD=5"}), "--cash USD=5: nothing that is traded is paid in USD; did you mean USDT?");
  EXPECT_EQ(refused({"EUR=5"}),
            "--cash EUR=5: nothing that is traded is paid in EUR; its currencies are KRW, USDT, BTC");
  EXPECT_EQ(refused({"5", "KRW=6"}), "--cash KRW=6: KRW is there twice; name it once");
  for (const char* text : {"", "0", "-1", "x", "USDT=", "USDT=0", "USDT=-5", "USDT=1e3", "9223372036855", "=", "1=2=3"})
    EXPECT_TRUE(refused({text}).starts_with("--cash ")) << text;
}

// What recovery, verify and snapshots begin with is what the journal's first record says.
TEST_F(TheCashOfASession, IsWrittenIntoItsConfigurationAndFoundThere) {
  EXPECT_EQ(written({}), " cash=100000000 cash=USDT=100000 cash=BTC=10");
  EXPECT_EQ(written({"USDT=5000.5", "7"}), " cash=7 cash=USDT=5000.5 cash=BTC=10");
  const std::string text =
      "trade mode=paper strategy=conditions buy= cash=3 instrument=upbit:KRW-BTC tick=1 limit=leverage=2" +
      written({"7", "USDT=5000.5"}) + " session=k3";
  const Cash before{of_cash(7), Money{Int128{50'005} * power_of_ten(kMoneyDecimals - 1)}, {}, of_cash(10)};
  EXPECT_EQ(given({}, text), before);
  EXPECT_EQ(given({"USDT=6"}, text)[1], of_cash(6)) << "another session, as the configurations then say";
}

// A session that was begun before other currencies had cash goes on without: as what it was.
TEST_F(TheCashOfASession, OfBeforeIsThatOfTheFirstCurrencyAlone) {
  const std::string before = "trade mode=testnet strategy=idle instrument=upbit:KRW-BTC tick=1 cash=100000 session=k3";
  EXPECT_EQ(given({}, before), (Cash{of_cash(100'000), {}, {}, {}}));
  EXPECT_EQ(cash_configuration(kTraded, session_cash(kTraded, {}, before).value()), " cash=100000");
}

}  // namespace
}  // namespace stom::trade
