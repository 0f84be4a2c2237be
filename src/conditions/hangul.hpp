// Hangul as its two spellings in Unicode: a syllable in one code point (NFC), as Windows and keyboards write it, or its
// letters in two or three (NFD), as macOS writes file names and what is pasted from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/utf8.hpp"

namespace stom::conditions {

inline constexpr char32_t kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7, kSyllable = 0xAC00;
inline constexpr char32_t kLeads = 19, kVowels = 21, kTails = 28;  // a tail of 0 is none

/// The code point that `text`, which is UTF-8, begins with.
constexpr char32_t decode(std::string_view text, std::size_t length) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return at(0);
  char32_t c = at(0) & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (at(i) & 0x3Fu);
  return c;
}

constexpr void append(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

constexpr bool is_lead(char32_t c) { return c - kLead < kLeads; }
constexpr bool is_vowel(char32_t c) { return c - kVowel < kVowels; }
constexpr bool is_tail(char32_t c) { return c - kTail - 1 < kTails - 1; }
constexpr bool is_syllable(char32_t c) { return c - kSyllable < kLeads * kVowels * kTails; }

/// What `first` and `second` make together (Unicode 3.12), or 0 where they stay two.
constexpr char32_t composed(char32_t first, char32_t second) {
  if (is_lead(first) && is_vowel(second)) return kSyllable + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  if (is_syllable(first) && (first - kSyllable) % kTails == 0 && is_tail(second)) return first + (second - kTail);
  return 0;
}

/// UTF-8 with its Hangul composed; `change` makes another of each code point before that.
template <class Change>
std::string composed_text(std::string_view text, Change change) {
  std::string out;
  char32_t held = 0;  // may still compose with what follows
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {  // no UTF-8: left as it is
      if (held != 0) append(out, held);
      held = 0;
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    const char32_t c = change(decode(text, length));
    text.remove_prefix(length);
    if (const char32_t both = held == 0 ? 0 : composed(held, c)) {
      held = both;
      continue;
    }
    if (held != 0) append(out, held);
    held = c;
  }
  if (held != 0) append(out, held);
  return out;
}
inline std::string composed_text(std::string_view text) {
  return composed_text(text, [](char32_t c) { return c; });
}

/// The letters of a text, syllables taken apart; bytes that are not UTF-8 are skipped.
template <class Each>
void for_each_letter(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      text.remove_prefix(1);
      continue;
    }
    const char32_t c = decode(text, length);
    text.remove_prefix(length);
    if (!is_syllable(c)) {
      each(c);
      continue;
    }
    const char32_t at = c - kSyllable;
    each(kLead + at / (kVowels * kTails));
    each(kVowel + at / kTails % kVowels);
    if (at % kTails != 0) each(kTail + at % kTails);
  }
}

/// One byte for each letter that words are written with: ASCII as it is, Hangul above it, all else alike.
constexpr std::uint8_t letter_byte(char32_t c) {
  constexpr std::uint8_t kAbove = 0x80;
  if (c < kAbove) return static_cast<std::uint8_t>(c);
  if (is_lead(c)) return static_cast<std::uint8_t>(kAbove + (c - kLead));
  if (is_vowel(c)) return static_cast<std::uint8_t>(kAbove + kLeads + (c - kVowel));
  if (is_tail(c)) return static_cast<std::uint8_t>(kAbove + kLeads + kVowels + (c - kTail - 1));
  return 0xFF;
}

}  // namespace stom::conditions
