// Where an order stands in the queue is an estimate; that two reckonings of it come to the same is not.
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "core/random.hpp"
#include "sim/models.hpp"

namespace stom::sim {
namespace {

constexpr double kThousandth = 0.001, kHundredMillionth = 1e-8;

TEST(QueueFront, WhereAsMuchStandsBehindAsAheadExactlyHalfOfADecreaseCameFromAhead) {
  for (const double unit : {1.0, kThousandth, kHundredMillionth}) {
    for (const std::int64_t ahead : {1, 3, 7, 100, 887, 61'705, 1'000'003}) {
      const QueueFront after = front_after_change(QueueModel::Log, whole_front(ahead), 2 * ahead, ahead, 0, unit);
      EXPECT_TRUE(2 * after == whole_front(ahead)) << ahead << " unit " << unit;
    }
  }
}

TEST(QueueFront, WithNobodyBehindAllOfADecreaseCameFromAhead) {
  for (const auto model : {QueueModel::Power3, QueueModel::Log}) {
    for (const double unit : {1.0, kHundredMillionth})
      EXPECT_TRUE(front_after_change(model, whole_front(10), 10, 7, 0, unit) == whole_front(7));
  }
}

TEST(QueueFront, AnUnknownPlaceIsBehindWhatTheLevelDisplays) {
  for (const auto model : {QueueModel::RiskAverse, QueueModel::Power3, QueueModel::Log})
    EXPECT_TRUE(front_after_change(model, kUnknownFront, 10, 7, 0, kThousandth) == whole_front(7));
}

// A share with eleven more bits than a double has, by the C library's logarithm and power, rounded to nine decimals,
// leads step by step to the very same place; also where quantities are a few hundred-millionths of a coin.
TEST(QueueFront, AReckoningWithMoreDigitsComesToTheSamePlace) {
  Random random{7};
  const std::pair<QueueModel, double> kinds[] = {
      {QueueModel::Power3, kThousandth},     {QueueModel::power(2.5), kThousandth},
      {QueueModel::power(0.4), kThousandth}, {QueueModel::power(17), kThousandth},
      {QueueModel::Log, kThousandth},        {QueueModel::Log, kHundredMillionth}};
  for (const auto& [model, unit] : kinds) {
    int steps = 0;
    for (int order = 0; order < 2'000; ++order) {
      std::int64_t displayed = 1 + static_cast<std::int64_t>(random.below(100'000));
      QueueFront ours = whole_front(displayed), theirs = ours;
      for (int change = 0; change < 12 && ours > 0; ++change, ++steps) {
        const auto next = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(2 * displayed)));
        const auto traded = static_cast<std::int64_t>(random.below(3)) * displayed / 8;
        const std::int64_t decrease = displayed - next - traded;
        if (decrease < 0) {
          theirs = std::min(theirs, whole_front(next));
        } else {
          const auto front = static_cast<long double>(theirs) / kFrontOfOne;
          const auto back = static_cast<long double>(displayed) - front;
          const auto l = [one = unit](long double quantity) {
            return std::log1p(quantity * static_cast<long double>(one));
          };
          const long double share =
              model == QueueModel::Log ? l(back) / (l(back) + l(front))
                                       : 1 - std::pow(front / (front + back), static_cast<long double>(model.exponent));
          const auto behind = static_cast<std::int64_t>(std::floor(share * kFrontOfOne + 0.5L));
          const QueueFront moved =
              theirs - QueueFront{kFrontOfOne - behind} * decrease +
              std::min<QueueFront>(whole_front(displayed) - theirs - QueueFront{behind} * decrease, 0);
          theirs = std::max<QueueFront>(std::min(moved, whole_front(next)), 0);
        }
        ours = front_after_change(model, ours, displayed, next, traded, unit);
        ASSERT_TRUE(ours == theirs) << name_of(model) << " order " << order << " change " << change;
        displayed = next;
        if (displayed == 0) break;
      }
    }
    EXPECT_GT(steps, 4'000) << name_of(model);
  }
}

// 60 of 100 stand ahead, 20 leave: of them 20 x 0.6^N from ahead.
TEST(QueueFront, TheLargerItsExponentTheMoreOfADecreaseCameFromBehind) {
  QueueFront last = 0;
  for (const double exponent : {0.01, 0.5, 1.0, 2.0, 3.0, 3.0001, 8.0, 100.0}) {
    const QueueFront front = front_after_change(QueueModel::power(exponent), whole_front(60), 100, 80, 0, kThousandth);
    EXPECT_NEAR(static_cast<double>(front) / kFrontOfOne, 60 - 20 * std::pow(0.6, exponent), 1e-7) << exponent;
    EXPECT_TRUE(front > last) << exponent;
    last = front;
  }
  EXPECT_TRUE(front_after_change(QueueModel::power(3), whole_front(60), 100, 80, 0, kThousandth) ==
              front_after_change(QueueModel::Power3, whole_front(60), 100, 80, 0, kThousandth));
}

// The rules hftbacktest let a front fall below 0, where C's pow() is what their package raises it with.
TEST(QueueFront, SharesBelowZeroAreRaisedAsThePackageDoes) {
  for (const double exponent : {1.0, 2.0, 3.0, 4.0, 2.5})
    for (const double front : {-3.0, 0.0, 3.0}) {
      const double ours = probability_behind(QueueModel::power(exponent), front, 10 - front);
      const double theirs = 1 - std::pow(front / 10, exponent);
      if (std::isnan(theirs)) {
        EXPECT_TRUE(std::isnan(ours)) << exponent << " of " << front;
      } else {
        EXPECT_NEAR(ours, theirs, 1e-15) << exponent << " of " << front;
      }
    }
}

TEST(QueueModels, AreNamedAsTheyAreAskedFor) {
  for (const char* name :
       {"risk_averse", "power3", "log", "fifo", "power:2.5", "power:0.01", "power:100", "power:0.1234"})
    EXPECT_EQ(name_of(parse_queue_model(name).value()), name);
  EXPECT_EQ(parse_queue_model("power:3").value(), QueueModel::Power3);
  for (const char* name :
       {"power", "power:", "power:0", "power:-1", "power:0.009", "power:101", "power:2.12345", "power:x", "power:2x"}) {
    const auto model = parse_queue_model(name);
    ASSERT_FALSE(model.has_value()) << name;
    EXPECT_EQ(model.error().code, Errc::Usage);
  }
}

}  // namespace
}  // namespace stom::sim
