#include "conditions/layout.hpp"

#include <gtest/gtest.h>

namespace stom::conditions {
namespace {

TEST(Layout, BlocksHaveFourSpacesAndSignsOne) {
  EXPECT_EQ(laid_out("if  현재가>이동평균( 60 ,1 )and-1<=등락율N( 1 ) :  # 왜\n\t매수=False ;a=[ 1,2 ]\n\t# 그 "
                     "다음\nelse:\n  pass   \n"),
            "if 현재가 > 이동평균(60, 1) and -1 <= 등락율N(1):  # 왜\n    매수 = False; a = [1, 2]\n    # 그 "
            "다음\nelse:\n    pass\n");
}

TEST(Layout, LinesStayLinesSoThatExitLinesStay) {
  const std::string text = "매도 = (수익률 > 3 or\n수익률<-2)\r\n\r\nx = \\\n 1\n";
  EXPECT_EQ(laid_out(text), "매도 = (수익률 > 3 or\n        수익률 < -2)\n\nx = \\\n        1\n");
  EXPECT_EQ(laid_out(laid_out(text)), laid_out(text));
}

TEST(Layout, AccessesAndTextsStayTogether) {
  EXPECT_EQ(laid_out("self . vars [ 1 ]=2 ** - 1\nself.indicator['RSI_timeperiod' ] = 7\nx = 1 if not(a)else 'a  b'"),
            "self.vars[1] = 2 ** -1\nself.indicator['RSI_timeperiod'] = 7\nx = 1 if not (a) else 'a  b'");
}

// As old texts comment over several lines: nothing in the quotes is ours to lay out.
TEST(Layout, ATextOverSeveralLinesStays) {
  EXPECT_EQ(laid_out("if a:\n  '''\n 설명 \n   '''   # 왜\n  x=1\n"),
            "if a:\n    '''\n 설명 \n   '''   # 왜\n    x = 1\n");
  EXPECT_EQ(laid_out("x='''a\n\n  b  '''   +\"c\\\n d\"\ny=1"), "x = '''a\n\n  b  ''' + \"c\\\n d\"\ny = 1");
}

TEST(Layout, WhatAnOrderIsGivenLosesNothing) {
  EXPECT_EQ(laid_out("if 매수 :\n  self.Buy( f'{종목명}',a@b ,{'k':1},\n  {2} )"),
            "if 매수:\n    self.Buy( f'{종목명}', a@b,{'k': 1},\n            {2} )");
}

}  // namespace
}  // namespace stom::conditions
