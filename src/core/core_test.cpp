#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "core/decimal.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "core/state_io.hpp"
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

// Bit by bit, as the polynomial says; from any checksum of before, at any address.
TEST(Hash, OfFewBytesIsTheCrcOfEachOfTheirBits) {
  const auto bit_by_bit = [](std::span<const std::byte> bytes, std::uint32_t seed) {
    std::uint32_t crc = ~seed;
    for (const std::byte byte : bytes) {
      crc ^= std::to_integer<std::uint32_t>(byte);
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    }
    return ~crc;
  };
  Random random{5};
  std::array<std::byte, 80> bytes{};
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  EXPECT_EQ(crc32c({}, 7), 7u);
  for (std::size_t from = 0; from < 9; ++from)
    for (std::size_t n = 0; from + n <= bytes.size(); ++n) {
      const auto some = std::span{bytes}.subspan(from, n);
      const auto seed = static_cast<std::uint32_t>(random.next());
      ASSERT_EQ(crc32c(some), bit_by_bit(some, 0)) << from << ", " << n;
      ASSERT_EQ(crc32c(some, seed), bit_by_bit(some, seed)) << from << ", " << n;
      ASSERT_EQ(crc32c(some.subspan(n / 3), crc32c(some.first(n / 3))), crc32c(some)) << "in two pieces";
    }
}

// However the bytes come, and in whichever process: one digest.
TEST(Hash, GoesOnFromItsProgress) {
  const std::string text(300, 'x');
  Sha256 whole;
  whole.update(text);
  for (std::size_t at = 0; at <= text.size(); ++at) {
    Sha256 first;
    first.update(std::string_view{text}.substr(0, at));
    const Sha256::Progress progress = first.progress();
    EXPECT_EQ(progress.bytes, at);
    Sha256 second{progress};
    second.update(std::string_view{text}.substr(at));
    ASSERT_EQ(second.hex(), whole.hex()) << at;
  }
}

TEST(Hash, OfStripesIsTheSameInAnyPiecesAndKnowsEachByte) {
  std::string text;
  for (Random random{3}; text.size() < 100'000;) text += static_cast<char>(random.next());
  StripedCrc whole;
  whole.update(text);
  EXPECT_EQ(whole.bytes(), text.size());
  Random random{4};
  StripedCrc pieces;
  for (std::string_view left = text; !left.empty();) {
    const auto n = std::min<std::size_t>(left.size(), random.below(20'000));
    pieces.update(left.substr(0, n));
    left.remove_prefix(n);
  }
  EXPECT_EQ(pieces, whole);
  for (std::size_t at = 0; at < text.size(); at += 997) {
    text[at] ^= 1;
    StripedCrc other;
    other.update(text);
    text[at] ^= 1;
    EXPECT_NE(other, whole) << at;
  }
}

// Each lane is CRC-32C over every fourth stripe of 4,096 bytes: of one stripe of zeros and one more byte, the first
// two.
TEST(Hash, OfStripesIsThatOfEachLane) {
  const std::string zeros(4097, '\0');
  StripedCrc both, one;
  both.update(zeros);
  one.update(std::string_view{zeros}.substr(0, 4096));
  EXPECT_NE(both, one);
  std::string bytes;
  StateWriter{bytes}(both);
  const auto lane = [&](std::size_t i) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + 8 + 4 * i, 4);
    return value;
  };
  const auto all = std::as_bytes(std::span{zeros});
  EXPECT_EQ(lane(0), crc32c(all.first(4096)));
  EXPECT_EQ(lane(1), crc32c(all.first(1)));
  EXPECT_EQ(lane(2), 0u);
}

TEST(Random, FirstDrawsOfSeedZeroAreThoseOfThePaper) {
  Random random{0};
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(random.next(), 0x6e789e6aa1b965f4u);
}

}  // namespace
}  // namespace stom
