#include "alerts/watch_dog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace stom::alerts {
namespace {

using ::testing::IsEmpty;

class WatchDogTest : public ::testing::Test {
 protected:
  void open(WatchDogKind kind) {
    dog.emplace(WatchDogSettings{.kind = kind, .url = {true, "dog.example.org", 443, "/KEY"}, .every = 5 * kMinute});
  }
  void SetUp() override { open(WatchDogKind::Url); }
  /// What is due, and arrives.
  std::optional<Ping> sent() {
    const auto ping = dog->next(now);
    if (ping) {
      EXPECT_THAT(dog->arrived(*ping, now), IsEmpty());
    }
    return ping;
  }
  /// What people are told where what is due does not arrive.
  std::string lost(DurationNanos retry_after = 0) {
    EXPECT_NE(dog->next(now), std::nullopt);
    return dog->lost({{Errc::Io, "HTTP 503", ""}, false, retry_after}, now);
  }

  UnixNanos now = 1'000'000 * kSecond;
  std::optional<WatchDog> dog;
};

TEST_F(WatchDogTest, IsPingedOnceEachPeriodAndOnlyWhileAllIsWell) {
  EXPECT_EQ(sent(), std::nullopt) << "nobody has said that all is well";
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive);
  EXPECT_EQ(sent(), std::nullopt);
  now += 5 * kMinute - 1;
  dog->well(true, now);
  EXPECT_EQ(sent(), std::nullopt);
  now += 1;
  EXPECT_EQ(sent(), Ping::Alive);
  now += 5 * kMinute;
  dog->well(false, now);
  EXPECT_EQ(sent(), std::nullopt) << "the engine hangs";
  now += kHour;
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive) << "as soon as all is well again";
}

TEST_F(WatchDogTest, WhoWouldSayThatAllIsWellAndHangsHasSilencedIt) {
  dog->well(true, now);
  now += WatchDog::kFresh;
  EXPECT_EQ(dog->next(now), Ping::Alive);
  now += 1;
  EXPECT_EQ(dog->next(now), std::nullopt);
}

TEST_F(WatchDogTest, AClockThatIsSetBackDoesNotSilenceIt) {
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive);
  now -= kDay;
  EXPECT_EQ(sent(), std::nullopt) << "that all was well is said of another hour";
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive);
}

TEST_F(WatchDogTest, HealthchecksHearsOfTheBeginAndOfAnEndWithAnError) {
  open(WatchDogKind::Healthchecks);
  EXPECT_EQ(sent(), Ping::Start);
  EXPECT_EQ(sent(), std::nullopt);
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive);
  EXPECT_FALSE(dog->owes());
  dog->failed();
  EXPECT_TRUE(dog->owes());
  EXPECT_EQ(sent(), Ping::Failed) << "at once";
  EXPECT_FALSE(dog->owes());
  now += kHour;
  EXPECT_EQ(sent(), std::nullopt);
}

TEST_F(WatchDogTest, AFailureThatComesWhileAPingIsUnderWayDoesNotWaitForThePeriod) {
  open(WatchDogKind::Healthchecks);
  EXPECT_EQ(sent(), Ping::Start);
  dog->well(true, now);
  ASSERT_EQ(dog->next(now), Ping::Alive);
  dog->failed();
  EXPECT_THAT(dog->arrived(Ping::Alive, now), IsEmpty());
  EXPECT_EQ(dog->next(now), Ping::Failed);
  EXPECT_THAT(lost(), IsEmpty());
  now += Desk::kFirstRetry;
  EXPECT_EQ(sent(), Ping::Failed);
}

TEST_F(WatchDogTest, AServiceWithoutAWayToSayThatItFailedHearsNothingMore) {
  dog->well(true, now);
  dog->failed();
  EXPECT_FALSE(dog->owes());
  EXPECT_EQ(dog->next(now), std::nullopt);
}

TEST_F(WatchDogTest, APingThatIsLostIsTriedAgainSoonAndOnceItStaysSoPeopleAreTold) {
  dog->well(true, now);
  EXPECT_THAT(lost(), IsEmpty());
  now += WatchDog::kAgain - 1;
  dog->well(true, now);
  EXPECT_EQ(dog->next(now), std::nullopt);
  now += 1;
  EXPECT_THAT(lost(), IsEmpty());
  now += WatchDog::kAgain;
  dog->well(true, now);
  EXPECT_EQ(lost(),
            "the watch-dog at dog.example.org does not hear this session, and will say that it is gone: HTTP 503");
  now += WatchDog::kAgain;
  dog->well(true, now);
  EXPECT_THAT(lost(kMinute), IsEmpty()) << "that is told once";
  now += kMinute - 1;
  dog->well(true, now);
  EXPECT_EQ(dog->next(now), std::nullopt) << "as the server asked";
  now += 1;
  ASSERT_EQ(dog->next(now), Ping::Alive);
  EXPECT_EQ(dog->arrived(Ping::Alive, now), "the watch-dog at dog.example.org hears this session again");
  now += 5 * kMinute;
  dog->well(true, now);
  EXPECT_EQ(sent(), Ping::Alive);
}

Result<Settings> with_one_hook(std::string text) {
  return parse_settings(text + R"(
[channels.hook]
kind = "webhook"
url = "https://example.org/stom"
secret = "s1"
)",
                        "alerts.toml");
}

TEST(WatchDogSettings, AreReadFromTheFileAndTheirPathIsASecret) {
  const auto settings =
      with_one_hook("[watchdog]\nkind = \"healthchecks\"\nurl = \"https://hc-ping.com/KEY\"\nevery = \"2m\"\n");
  ASSERT_TRUE(settings) << settings.error().message;
  ASSERT_TRUE(settings->watch_dog);
  EXPECT_EQ(settings->watch_dog->kind, WatchDogKind::Healthchecks);
  EXPECT_EQ(settings->watch_dog->url.host, "hc-ping.com");
  EXPECT_EQ(settings->watch_dog->every, 2 * kMinute);
  EXPECT_EQ(masked("GET /KEY/fail", settings->secrets()), "GET ***/fail");
}

TEST(WatchDogSettings, AnAddressThatCannotBeReadIsNotRepeated) {
  const auto settings = with_one_hook("[watchdog]\nkind = \"url\"\nurl = \"hc-ping.com/KEY\"\n");
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().message,
            "alerts.toml: line 3: watchdog: url is no address that can be reached: '***' is no https address");
}

}  // namespace
}  // namespace stom::alerts
