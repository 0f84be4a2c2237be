#include <gtest/gtest.h>

#include "core/decimal.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "core/time.hpp"

namespace stom {
namespace {

TEST(Decimal, APriceReadsExactlyOrNotAtAll) {
  EXPECT_EQ(parse_decimal("61800.20", 1).value(), 618002);
  EXPECT_EQ(parse_decimal("-0.001", 3).value(), -1);
  EXPECT_EQ(parse_decimal("150000000", 8).value(), 15000000000000000);
  for (const char* bad : {"", "-", ".5", "5.", "1e5", "+1", "1.25", "0x10", "NaN", "9223372036854775808", "1 "})
    EXPECT_FALSE(parse_decimal(bad, 1)) << bad;
}

TEST(Decimal, TextAndNumberAreTheSameBothWays) {
  EXPECT_EQ(format_decimal(std::int64_t{618002}, 1), "61800.2");
  EXPECT_EQ(format_decimal(std::int64_t{-5}, 3), "-0.005");
  EXPECT_EQ(format_decimal(std::int64_t{0}, 0), "0");
  EXPECT_EQ(format_decimal_trimmed(Int128{1500}, 3), "1.5");
  EXPECT_EQ(format_decimal_trimmed(Int128{100}, 0), "100");
  EXPECT_EQ(decimals_of("0.00100"), 3);
  EXPECT_EQ(decimals_of("5"), 0);
  EXPECT_EQ(decimals_of("x"), -1);
}

TEST(Decimal, EachRoundingDoesWhatItsNameSays) {
  EXPECT_EQ(static_cast<int>(divide(-7, 2, Rounding::Down)), -3);
  EXPECT_EQ(static_cast<int>(divide(-7, 2, Rounding::Floor)), -4);
  EXPECT_EQ(static_cast<int>(divide(-7, 2, Rounding::Ceil)), -3);
  EXPECT_EQ(static_cast<int>(divide(-7, 2, Rounding::HalfUp)), -4);
  EXPECT_EQ(static_cast<int>(divide(5, 2, Rounding::HalfEven)), 2);
  EXPECT_EQ(static_cast<int>(divide(7, 2, Rounding::HalfEven)), 4);
}

TEST(Time, DaysAreUtcAndRoundTrip) {
  EXPECT_EQ(format_day(0), "1970-01-01");
  EXPECT_EQ(format_day(parse_day("2024-02-29").value()), "2024-02-29");
  EXPECT_FALSE(parse_day("2023-02-29"));
  EXPECT_EQ(day_of(-1), -1);
  EXPECT_EQ(weekday_of(parse_day("2026-11-22").value()), 6);
  EXPECT_EQ(parse_time("2020-01-01T09:00:00+09:00").value(), parse_time("2020-01-01").value());
  EXPECT_EQ(format_time(parse_time("2024-08-08T23:54:16.298Z").value()), "2024-08-08T23:54:16.298000000Z");
  EXPECT_EQ(parse_duration("250us").value(), 250'000);
  EXPECT_FALSE(parse_duration("1 ms"));
}

TEST(Hash, MatchesPublishedVectors) {
  Sha256 sha;
  sha.update("abc");
  EXPECT_EQ(sha.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-2
  const std::array<std::byte, 32> zeros{};
  EXPECT_EQ(crc32c(zeros), 0x8a9136aau);  // RFC 3720, B.4
}

TEST(Random, FirstDrawsOfSeedZeroAreThoseOfThePaper) {
  Random random{0};
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.next(), 0x6e789e6aa1b965f4u);
}

}  // namespace
}  // namespace stom
