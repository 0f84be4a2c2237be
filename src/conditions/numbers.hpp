// Numbers as Python has them, all as doubles: 1.0 // 0.1 is 9, -7 % 3 is 2, round(2.675, 2) is 2.67. What Python would
// raise is a NaN here. The same bits on every machine: no function of the system's mathematics library but exact ones.
#pragma once

#include <limits>
#include <string_view>

#include "conditions/tree.hpp"

namespace stom::conditions {

inline constexpr double kRaised = std::numeric_limits<double>::quiet_NaN();

double floor_divide(double left, double right);
double modulo(double left, double right);
double power(double base, double exponent);

/// `left op right`, of the signs of arithmetic.
double worked_out(Operator op, double left, double right);

/// round(x): half to even.
double round_to_whole(double value);
/// round(x, digits): of the number's exact decimal value, half to even; digits may be below 0.
double round_to(double value, double digits);
/// Of a number in digits that std::from_chars() finds out of range: 0 where it is too small for a double, else
/// infinite.
double out_of_range(std::string_view number);
/// int('42') and float('4.2').
double whole_of(std::string_view text);
double number_of(std::string_view text);

}  // namespace stom::conditions
