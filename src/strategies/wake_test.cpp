// What a strategy may count on when it asks to be woken.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

/// Asks for each of `first` in on_start, and for one of `then` each time it is woken.
class Sleeper final : public Strategy {
 public:
  Sleeper(std::vector<UnixNanos> first, std::vector<UnixNanos> then, std::vector<UnixNanos>& woken)
      : first_{std::move(first)}, then_{std::move(then)}, woken_{woken} {}
  void on_start(Context& context) override {
    for (const UnixNanos time : first_) context.wake_at(time);
  }
  void on_timer(Context& context) override {
    if (woken_.size() < then_.size()) context.wake_at(then_[woken_.size()]);
    woken_.push_back(context.now());
  }

 private:
  std::vector<UnixNanos> first_, then_;
  std::vector<UnixNanos>& woken_;
};

using Times = std::vector<UnixNanos>;

Times woken_at(Times first, Times then = {}) {
  Tape tape;
  for (int i = 0; i < 10; ++i) tape.book(i * kSecond, {{99, 5}}, {{100, 5}});
  Times woken;
  tape.run(std::make_unique<Sleeper>(std::move(first), std::move(then), woken));
  return woken;
}

TEST(WakeAt, ComesOnceAtItsTimeAlsoBetweenMessages) {
  EXPECT_EQ(woken_at({1'500 * kMillisecond}), Times{1'500 * kMillisecond});
}

TEST(WakeAt, TheNewestWishTakesThePlaceOfTheOneBefore) {
  EXPECT_EQ(woken_at({kSecond, 3 * kSecond}), Times{3 * kSecond});
  EXPECT_EQ(woken_at({3 * kSecond, kSecond}), Times{kSecond});
}

TEST(WakeAt, WhoIsWokenMayAskAgain) {
  EXPECT_EQ(woken_at({kSecond}, {kSecond + 1, 8 * kSecond}), (Times{kSecond, kSecond + 1, 8 * kSecond}));
}

TEST(WakeAt, ATimeAfterTheDataNeverComes) {
  EXPECT_EQ(woken_at({kDay}), Times{});
  EXPECT_EQ(woken_at({kSecond}, {kDay}), Times{kSecond});
}

}  // namespace
}  // namespace stom::test
