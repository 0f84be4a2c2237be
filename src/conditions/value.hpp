// What a register holds while a text runs: a number, a text, None, or nothing at all. All in one double: what is no
// number is a NaN whose bits say what it is, so that arithmetic needs no question before and one after it.
//
// True is 1 and False is 0, as Python counts them. Nothing is a name that the path taken has not assigned, or a field
// that is not known: whatever reads it stops the text on that row.
#pragma once

#include <bit>
#include <cstdint>

namespace stom::conditions {

enum class ValueKind : std::uint8_t { Number, Text, None, Nothing };

// Arithmetic makes none of these: its NaN has another tag.
inline constexpr std::uint64_t kTagBits = 0xFFFF'0000'0000'0000, kTextTag = 0x7FFC'0000'0000'0000,
                               kOtherTag = 0x7FFD'0000'0000'0000;
inline constexpr double kNoneValue = std::bit_cast<double>(kOtherTag | 1);
inline constexpr double kNothing = std::bit_cast<double>(kOtherTag | 2);

/// The text of that number in the texts of its program.
constexpr double text_value(std::uint32_t number) { return std::bit_cast<double>(kTextTag | number); }
constexpr std::uint32_t text_number(double value) {
  return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(value));
}

constexpr ValueKind kind_of(double value) {
  if (value == value) return ValueKind::Number;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  if ((bits & kTagBits) == kTextTag) return ValueKind::Text;
  return bits == (kOtherTag | 1) ? ValueKind::None : ValueKind::Nothing;
}

}  // namespace stom::conditions
