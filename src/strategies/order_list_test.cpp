#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

Tape rising() {
  Tape tape;
  for (int i = 0; i < 10; ++i) tape.book(i * kSecond, {{99 + i, 50}}, {{100 + i, 50}});
  return tape;
}

TEST(OrderList, SendsEachOrderAtItsTime) {
  const auto result = rising().run("order_list", {{"interval", "1s"},
                                                  {"orders",
                                                   "2s buy market x3; 4500ms sell limit 104 x1 ioc\n"
                                                   "6s sell market x2 # the rest"}});
  ASSERT_EQ(result.fills.size(), 3u);
  EXPECT_EQ(result.fills[0].time, 2 * kSecond);
  EXPECT_EQ(result.fills[0].price.value, 102);
  EXPECT_EQ(result.fills[1].time, 5 * kSecond);  // the first look at or after 4.5 s
  EXPECT_EQ(result.fills[1].price.value, 104);
  EXPECT_EQ(result.fills[2].price.value, 105);
}

/// Lets a strategy do as it does, and counts how often it was woken.
class Woken final : public Strategy {
 public:
  Woken(std::unique_ptr<Strategy> inner, int& times) : inner_{std::move(inner)}, times_{times} {}
  void on_start(Context& context) override { inner_->on_start(context); }
  void on_timer(Context& context) override {
    ++times_;
    inner_->on_timer(context);
  }

 private:
  std::unique_ptr<Strategy> inner_;
  int& times_;
};

TEST(OrderList, IsWokenOnceForEachTimeAtWhichSomethingLeaves) {
  Parameters parameters{
      {{"interval", "1ms"}, {"orders", "0s buy market x1; 2s buy market x1; 2s buy market x1; 6s sell market x3"}}};
  int times = 0;
  const auto result = rising().run(std::make_unique<Woken>(find_strategy("order_list")->make(parameters), times));
  ASSERT_EQ(result.fills.size(), 4u);
  EXPECT_EQ(result.fills[0].time, kMillisecond);  // one interval after the start, as the first look was
  EXPECT_EQ(result.fills[2].time, 2 * kSecond);
  EXPECT_EQ(result.fills[3].time, 6 * kSecond);
  EXPECT_EQ(times, 3);
}

TEST(OrderList, CancelsByTheNumberOfTheOrder) {
  const auto with = [](const std::string& orders) {
    return rising().run("order_list", {{"interval", "1s"}, {"orders", orders}}).fills.size();
  };
  EXPECT_EQ(with("1s sell limit 105 x1; 1s sell limit 105 x1"), 2u);
  EXPECT_EQ(with("1s sell limit 105 x1; 1s sell limit 105 x1; 3s cancel 2"), 1u);
}

TEST(OrderList, ALineThatIsNotAnOrderIsRefusedWithItsNumber) {
  const auto refusal = [](const std::string& orders) {
    Parameters values{{{"orders", orders}}};
    find_strategy("order_list")->make(values);
    return values.check() ? std::string{} : values.check().error().message;
  };
  EXPECT_EQ(refusal("1s buy limit 100 x1"), "");
  EXPECT_THAT(refusal("1s buy limit 100 x1\nsoon buy market x1"), HasSubstr("line 2: 'soon' is not a time"));
  EXPECT_THAT(refusal("1s hold limit 100 x1"), HasSubstr("line 1: 'hold' is not buy, sell or cancel"));
  EXPECT_THAT(refusal("1s buy limit x1"), HasSubstr("the number of prices does not fit the type"));
  EXPECT_THAT(refusal("1s buy stop_limit 100 x1"), HasSubstr("the number of prices does not fit the type"));
  EXPECT_THAT(refusal("1s buy limit 100"), HasSubstr("a quantity is missing"));
  EXPECT_THAT(refusal("1s buy limit 100 x1 iok"), HasSubstr("'iok' is not a word of an order"));
  EXPECT_THAT(refusal("2s buy market x1; 1s sell market x1"), HasSubstr("earlier than the line before it"));
  EXPECT_THAT(refusal("1s cancel first"), HasSubstr("cancel has the number of an order"));
}

}  // namespace
}  // namespace stom::test
