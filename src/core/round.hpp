// Doubles rounded to decimals as Python's round() does, which thresholds in users' texts are tuned to.
#pragma once

namespace stom {

/// The double nearest to x rounded to so many decimals. What decides is the exact binary value of x (2.675 lies below
/// its name, so 2.67), and an exact tie goes to the even digit (0.125: 0.12). Negative decimals round before the point.
/// What is not finite stays as it is; NaN where the rounded number is beyond the largest double (Python raises).
double round_decimals(double x, int decimals);

}  // namespace stom
