#include "venues/json.hpp"

#include <gtest/gtest.h>

namespace stom::venues {
namespace {

TEST(Json, NumbersStayAsTheyStand) {
  JsonDocument document;
  const auto root = document.parse(R"({"a":860743.5307100000000000,"b":[1e-7,-0,12345678901234567890123]})");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->find("a").text(), "860743.5307100000000000");
  EXPECT_EQ(root->find("b").at(0).text(), "1e-7");
  EXPECT_EQ(root->find("b").at(2).text(), "12345678901234567890123");
  EXPECT_FALSE(root->find("c"));
  EXPECT_FALSE(root->find("b").at(3));
}

TEST(Json, EscapesAreResolvedAndObjectsKeepTheirText) {
  JsonDocument document;
  const auto root = document.parse("{\"na\\u006De\":\"\\uD55C\\ud83d\\ude00\\n\\\"x\",\"in\":{\"a\" : [1 ]} }");
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root->find("name").text(), "한😀\n\"x");
  EXPECT_EQ(root->find("in").text(), "{\"a\" : [1 ]}");
}

TEST(Json, WhatIsNotJsonIsRefusedWithItsPlace) {
  JsonDocument document;
  for (const std::string text :
       {"",           " ",        "{",       "[1,]",      "{\"a\":1,}",  "{a:1}",       "{\"a\" 1}", "01",
        "1.",         ".5",       "-",       "1e",        "+1",          "nul",         "tru",       "'a'",
        "\"",         "\"\\",     "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"a\nb\"",  "[1] 2",
        "{\"a\":1}}", "\"\xff\"", "NaN",     "[1 2]"}) {
    const auto root = document.parse(text);
    EXPECT_FALSE(root) << text;
    if (!root) {
      EXPECT_NE(root.error().message.find("byte"), std::string::npos);
    }
  }
  EXPECT_FALSE(document.parse(std::string(100, '[') + std::string(100, ']'))) << "too deep to be a frame";
}

}  // namespace
}  // namespace stom::venues
