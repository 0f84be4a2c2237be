#include "core/exact_sum.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace stom {
namespace {

constexpr std::uint64_t kFraction = 0x000fffffffffffffu;
constexpr std::uint64_t kImplicit = 0x0010000000000000u;
constexpr std::uint64_t kInfinity = 0x7ff0000000000000u;

/// a + b + carry; the carry out of it takes its place.
std::uint64_t add_words(std::uint64_t a, std::uint64_t b, std::uint64_t& carry) {
  const auto sum = static_cast<unsigned __int128>(a) + b + carry;
  carry = static_cast<std::uint64_t>(sum >> 64);
  return static_cast<std::uint64_t>(sum);
}

}  // namespace

void ExactSum::add(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t exponent = bits >> 52 & 0x7ff;
  const std::uint64_t mantissa = (bits & kFraction) | (exponent != 0 ? kImplicit : 0);
  const std::uint64_t lowest = exponent != 0 ? exponent - 1 : 0;  // bit 0 is 2^-1074
  const std::size_t word = lowest / 64;
  const std::uint64_t shift = lowest % 64;
  const auto wide = static_cast<unsigned __int128>(mantissa) << shift;
  const auto low = static_cast<std::uint64_t>(wide), high = static_cast<std::uint64_t>(wide >> 64);
  if (bits >> 63 == 0) {
    std::uint64_t carry = 0;
    words_[word] = add_words(words_[word], low, carry);
    words_[word + 1] = add_words(words_[word + 1], high, carry);
    for (std::size_t i = word + 2; carry != 0 && i < kWords; ++i) carry = ++words_[i] == 0;
  } else {
    std::uint64_t carry = 1;
    words_[word] = add_words(words_[word], ~low, carry);
    words_[word + 1] = add_words(words_[word + 1], ~high, carry);
    for (std::size_t i = word + 2; carry == 0 && i < kWords; ++i) carry = words_[i]-- != 0;
  }
}

ExactSum& ExactSum::operator+=(const ExactSum& other) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < kWords; ++i) words_[i] = add_words(words_[i], other.words_[i], carry);
  return *this;
}

ExactSum& ExactSum::operator-=(const ExactSum& other) {
  std::uint64_t carry = 1;
  for (std::size_t i = 0; i < kWords; ++i) words_[i] = add_words(words_[i], ~other.words_[i], carry);
  return *this;
}

double ExactSum::value() const {
  std::array<std::uint64_t, kWords> magnitude = words_;
  const bool negative = words_.back() >> 63 != 0;
  if (negative) {
    std::uint64_t carry = 1;
    for (auto& word : magnitude) word = add_words(~word, 0, carry);
  }
  std::size_t top = kWords;
  while (top > 0 && magnitude[top - 1] == 0) --top;
  if (top == 0) return 0;
  const auto bit_length =
      static_cast<std::uint64_t>(64 * top) - static_cast<std::uint64_t>(std::countl_zero(magnitude[top - 1]));
  std::uint64_t encoded = magnitude[0];  // a number of at most 53 bits is its own encoding, as those below 2^-1021 are
  if (bit_length > 53) {
    const std::uint64_t lowest = bit_length - 53;  // of the bits that are kept
    const std::size_t word = lowest / 64;
    const std::uint64_t shift = lowest % 64;
    std::uint64_t kept = magnitude[word] >> shift;
    if (shift > 11) kept |= magnitude[word + 1] << (64 - shift);
    const std::uint64_t half = lowest - 1;
    const bool at_least_half = magnitude[half / 64] >> half % 64 & 1;
    bool beyond_half = (magnitude[half / 64] & ((std::uint64_t{1} << half % 64) - 1)) != 0;
    for (std::size_t i = 0; i < half / 64 && !beyond_half; ++i) beyond_half = magnitude[i] != 0;
    encoded = (lowest << 52) + kept + (at_least_half && (beyond_half || kept % 2 != 0));
    if (lowest > 0x7ff || encoded > kInfinity) encoded = kInfinity;
  }
  return std::bit_cast<double>(encoded | (negative ? std::uint64_t{1} << 63 : 0));
}

double exact_sum(std::span<const double> values) {
  ExactSum sum;
  double unbounded = 0;  // infinite or NaN: of the values that are
  for (const double x : values) {
    if (std::isfinite(x))
      sum.add(x);
    else
      unbounded += x;
  }
  if (unbounded != 0) return unbounded;  // NaN too
  const double value = sum.value();
  return std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace stom
