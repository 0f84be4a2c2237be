// Files of a user in TOML: what stands in them, and where they are wrong.
#include "core/toml.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stom {
namespace {

TEST(Toml, TheTableThatTheTextIs) {
  const auto table = parse_toml("# 한도\n[limits]\norder_rate = \"10/1s\"\n", "limits.toml", "docs/risk.md");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ((*table)["limits"]["order_rate"].value<std::string>(), "10/1s");
}

TEST(Toml, SaysFileAndLineOfWhatIsWrong) {
  const auto table = parse_toml("a = 1\nb =\n", "grid.toml", "docs/order-grid.md");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, Errc::Usage);
  EXPECT_EQ(table.error().message.find("grid.toml: line 2: "), 0U) << table.error().message;
  EXPECT_EQ(table.error().hint, "docs/order-grid.md");
  EXPECT_EQ(parse_toml("b =\n", "", "").error().message.find("line 1: "), 0U);
}

// What no key begins with, right behind what a key follows.
TEST(Toml, WhatCannotBeginAKeyIsRefused) {
  for (const char* begin : {"[", "[[", "[ ", "[a.", "a.", "a = {", "a = { ", "a = { b = 1, ", "\"a\"."})
    for (const char* wrong : {"\x03", "\x7f", "+", "=", "#", "[", "{", ",", ".", "\n", "가", "\xff", "\xef\xbb\xbf"}) {
      const std::string text = std::string{begin} + wrong;
      EXPECT_FALSE(parse_toml(text, "", "")) << text;
      EXPECT_FALSE(parse_toml(text + "x]\n", "", "")) << text;
    }
}

// Every plane of letters, where a key, a value or the end of a line should stand, and after a line's end in a long
// string.
TEST(Toml, AnyLetterIsJudgedWherever) {
  for (const char* letter : {"ʼ", "ä", "ß", "Я", "ҙ", "؀", "가", "ㄱ", "。", "︐", "Ａ", "𝄞", "\xc2\xa0", "\u3000"}) {
    const std::string c = letter;
    EXPECT_FALSE(parse_toml(c, "", "")) << c;
    EXPECT_FALSE(parse_toml(c + " = 1\n", "", "")) << c;
    EXPECT_FALSE(parse_toml("a = " + c + "\n", "", "")) << c;
    EXPECT_FALSE(parse_toml("a = 1" + c + "\n", "", "")) << c;
    const auto text = parse_toml("a = \"\"\"\\\n" + c + "x\"\"\" # " + c + "\nb = '" + c + "'\n", "", "");
    ASSERT_TRUE(text) << c << ": " << text.error().message;
    EXPECT_EQ((*text)["b"].value<std::string>(), c);
  }
}

}  // namespace
}  // namespace stom
