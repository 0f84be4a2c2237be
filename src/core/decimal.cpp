#include "core/decimal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace stom {

Result<std::int64_t> parse_decimal(std::string_view text, int decimals) {
  const auto bad = [&](std::string_view why) {
    return fail(Errc::BadData, fmt::format("'{}' {}", text.substr(0, 40), why),
                "write a plain decimal such as 61800.2");
  };
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) ++at;
  std::uint64_t value = 0;
  int fraction = -1;  // digits behind the point so far; -1 before the point
  bool digits = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && fraction < 0 && digits) {
      fraction = 0;
      digits = false;
      continue;
    }
    if (c < '0' || c > '9') return bad("is not a plain decimal");
    digits = true;
    if (fraction >= decimals) {
      if (c != '0') return bad(fmt::format("has more than {} decimals", decimals));
      continue;
    }
    if (fraction >= 0) ++fraction;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
      return bad("does not fit 64 bits");
  }
  if (!digits) return bad("is not a plain decimal");
  for (int i = std::max(fraction, 0); i < decimals; ++i) {
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value)) return bad("does not fit 64 bits");
  }
  if (value > static_cast<std::uint64_t>(INT64_MAX)) return bad("does not fit 64 bits");
  return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
}

int decimals_of(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  bool digits = false;
  int fraction = -1, significant = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && fraction < 0 && digits) {
      fraction = 0;
      digits = false;
      continue;
    }
    if (c < '0' || c > '9') return -1;
    digits = true;
    if (fraction < 0) continue;
    ++fraction;
    if (c != '0') significant = fraction;
  }
  return digits ? significant : -1;
}

std::string format_decimal(Int128 mantissa, int decimals) {
  const bool negative = mantissa < 0;
  const auto whole = negative ? -static_cast<unsigned __int128>(mantissa) : static_cast<unsigned __int128>(mantissa);
  std::array<char, 64> text;  // from its end; 39 digits, 18 of them behind the point at most
  char* const end = text.data() + text.size();
  char* at = end;
  const auto write = [&](auto rest) {
    int written = 0;
    do {
      if (written == decimals && decimals > 0) *--at = '.';
      *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
      rest /= 10;
      ++written;
    } while (rest != 0 || written <= decimals);
  };
  // Most numbers have 64 bits, whose division by ten is no division.
  if (whole >> 64 == 0)
    write(static_cast<std::uint64_t>(whole));
  else
    write(whole);
  if (negative) *--at = '-';
  return {at, end};
}

std::string format_decimal(std::int64_t mantissa, int decimals) {
  return format_decimal(static_cast<Int128>(mantissa), decimals);
}

std::string format_decimal_trimmed(Int128 mantissa, int decimals) {
  std::string out = format_decimal(mantissa, decimals);
  if (decimals > 0) {
    out.erase(out.find_last_not_of('0') + 1);
    if (out.back() == '.') out.pop_back();
  }
  return out;
}

double to_double(Int128 mantissa, int decimals) {
  // Split so that each part converts exactly where the whole would not fit 53 bits.
  const Int128 unit = power_of_ten(decimals);
  return static_cast<double>(static_cast<std::int64_t>(mantissa / unit)) +
         static_cast<double>(static_cast<std::int64_t>(mantissa % unit)) / static_cast<double>(power_of_ten(decimals));
}

}  // namespace stom
