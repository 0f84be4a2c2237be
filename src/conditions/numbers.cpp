#include "conditions/numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "core/math.hpp"
#include "core/round.hpp"

namespace stom::conditions {
namespace {

struct Division {
  double quotient, remainder;
};
/// As CPython's float_divmod, which keeps the remainder's sign that of the divisor.
Division divide(double left, double right) {
  double remainder = std::fmod(left, right);  // exact
  double quotient = (left - remainder) / right;
  if (remainder != 0) {
    if ((right < 0) != (remainder < 0)) {
      remainder += right;
      quotient -= 1;
    }
  } else {
    remainder = std::copysign(0.0, right);
  }
  if (quotient != 0) {
    const double floor = std::floor(quotient);
    quotient = quotient - floor > 0.5 ? floor + 1 : floor;
  } else {
    quotient = std::copysign(0.0, left / right);
  }
  return {quotient, remainder};
}

// --- powers, in pairs of doubles whose sum has twice the digits, so that the result is rounded as good as once ------

struct Pair {
  double high, low;
};
Pair sum_of(double a, double b) {
  const double s = a + b, t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}
Pair normal(double high, double low) {
  const double s = high + low;
  return {s, low - (s - high)};
}
Pair product_of(double a, double b) {
  const double p = a * b;
  return {p, std::fma(a, b, -p)};
}
Pair add(Pair a, Pair b) {
  const Pair s = sum_of(a.high, b.high);
  const Pair t = sum_of(a.low, b.low);
  const Pair u = normal(s.high, s.low + t.high);
  return normal(u.high, u.low + t.low);
}
Pair multiply(Pair a, Pair b) {
  const Pair p = product_of(a.high, b.high);
  return normal(p.high, p.low + (a.high * b.low + a.low * b.high));
}
Pair scale(Pair a, double by) { return multiply(a, {by, 0}); }

constexpr Pair kLn2{6.931471805599452862e-01, 2.319046813846299558e-17};

struct Scaled {
  Pair value;
  int exponent;  // of 2
};
/// e to that power.
Scaled exponential(Pair power) {
  const double k = std::rint(power.high / kLn2.high);
  constexpr int kHalvings = 9;
  Pair r = add(power, scale(kLn2, -k));
  r = {std::ldexp(r.high, -kHalvings), std::ldexp(r.low, -kHalvings)};
  // e^r - 1 by its series, then doubled: (1 + s)^2 - 1 = 2 s + s^2.
  Pair s{0, 0};
  for (int i = 9; i >= 1; --i) {  // s = r / i (1 + s)
    const Pair part = multiply(r, add({1, 0}, s));
    const double over = part.high / i;
    const Pair back = product_of(over, i);
    s = normal(over, ((part.high - back.high) - back.low + part.low) / i);
  }
  for (int i = 0; i < kHalvings; ++i) s = add(scale(s, 2), multiply(s, s));
  return {add({1, 0}, s), static_cast<int>(k)};
}

Pair logarithm(double value) {
  int exponent = 0;
  double m = std::frexp(value, &exponent);
  if (m < 0.70710678118654752) {
    m *= 2;
    --exponent;
  }
  const double first = portable_log(m);
  const Scaled inverse = exponential({-first, 0});  // one step of Newton's from there doubles the digits
  const Pair product = multiply(
      {std::ldexp(inverse.value.high, inverse.exponent), std::ldexp(inverse.value.low, inverse.exponent)}, {m, 0});
  const Pair log = add({first, 0}, add(product, {-1, 0}));
  return add(scale(kLn2, exponent), log);
}

bool is_whole(double value) { return std::isfinite(value) && value == std::trunc(value); }
bool is_odd(double value) { return std::fmod(value, 2) != 0; }

// --- text to numbers ------------------------------------------------------------------------------

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without the underscores that may stand between digits; empty where one stands elsewhere or the text is too long.
std::string_view without_underscores(std::string_view text, std::span<char> buffer) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) return {};
      continue;
    }
    if (length == buffer.size()) return {};
    buffer[length++] = text[i];
  }
  return {buffer.data(), length};
}

double parsed(std::string_view text, bool whole) {
  std::array<char, 512> buffer;
  text = without_underscores(stripped(text), buffer);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return kRaised;
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!whole && (lower == "inf" || lower == "infinity"))
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  const auto allowed = [&](char c) {
    return is_digit(c) || (!whole && (c == '.' || c == 'e' || c == '+' || c == '-'));
  };
  const bool begins = is_digit(lower[0]) || lower[0] == '.';  // the sign is taken
  if (!begins || !std::ranges::all_of(lower, allowed)) return kRaised;
  double value = 0;
  const auto [end, error] = std::from_chars(lower.data(), lower.data() + lower.size(), value);
  if (end != lower.data() + lower.size()) return kRaised;
  if (error == std::errc::result_out_of_range) {
    if (whole) return kRaised;
    value = out_of_range(lower);
  } else if (error != std::errc{}) {
    return kRaised;
  }
  return negative ? -value : value;
}

}  // namespace

double floor_divide(double left, double right) { return right == 0 ? kRaised : divide(left, right).quotient; }
double modulo(double left, double right) { return right == 0 ? kRaised : divide(left, right).remainder; }

double power(double base, double exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (!std::isfinite(base) || !std::isfinite(exponent)) return std::pow(base, exponent);  // exact
  if (base == 0) return exponent < 0 ? kRaised : is_whole(exponent) && is_odd(exponent) ? base : 0;
  if (base < 0 && !is_whole(exponent)) return kRaised;  // a complex number
  if (exponent == 1) return base;
  const bool negative = base < 0 && is_odd(exponent);
  // Pairs have no infinities: what is that far from every double is told before.
  const double near = portable_log(std::abs(base)) * exponent;
  if (near > 711) return kRaised;  // OverflowError
  double result = 0;
  if (exponent == 2) {
    result = base * base;
  } else if (near > -751) {
    const Scaled raised = exponential(scale(logarithm(std::abs(base)), exponent));
    result = std::ldexp(raised.value.high, raised.exponent);
  }
  if (std::isinf(result)) return kRaised;
  return negative ? -result : result;
}

double worked_out(Operator op, double left, double right) {
  switch (op) {
    case Operator::Add:
      return left + right;
    case Operator::Subtract:
      return left - right;
    case Operator::Multiply:
      return left * right;
    case Operator::Divide:
      return right == 0 ? kRaised : left / right;
    case Operator::FloorDivide:
      return floor_divide(left, right);
    case Operator::Modulo:
      return modulo(left, right);
    case Operator::Power:
      return power(left, right);
    default:
      return kRaised;
  }
}

double round_to_whole(double value) { return std::isfinite(value) ? std::rint(value) : kRaised; }

double round_to(double value, double digits) {
  if (!is_whole(digits) || std::isnan(value)) return kRaised;
  constexpr double kEnough = 400;  // beyond the digits of any double nothing is left, or nothing changes
  return round_decimals(value, static_cast<int>(std::clamp(digits, -kEnough, kEnough)));
}

double out_of_range(std::string_view number) {
  const std::size_t end = std::min(number.find_first_of("eE"), number.size()), point = std::min(number.find('.'), end);
  const std::size_t first = std::min(number.find_first_of("123456789"), end);
  std::string_view power = number.substr(std::min(end + 1, number.size()));
  if (power.starts_with('+')) power.remove_prefix(1);
  const bool is_below = power.starts_with('-');
  std::int32_t exponent = 0;
  const auto error = std::from_chars(power.data(), power.data() + power.size(), exponent).ec;
  if (error == std::errc::result_out_of_range) return is_below ? 0 : std::numeric_limits<double>::infinity();
  const auto digits = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);  // before the point
  return digits + exponent > 0 ? std::numeric_limits<double>::infinity() : 0;
}

double whole_of(std::string_view text) { return parsed(text, true); }
double number_of(std::string_view text) { return parsed(text, false); }

}  // namespace stom::conditions
