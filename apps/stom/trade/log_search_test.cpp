#include "trade/log_search.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "trade/scratch_folder.hpp"

namespace stom::trade {
namespace {

constexpr UnixNanos kBegun = 1'700'000'000 * kSecond;

class ALogOfASession : public ::testing::Test {
 protected:
  std::filesystem::path folder() const { return scratch_.path(); }
  /// Behind what stands there; a second after the line before.
  void write(std::string_view text, Loudness loudness = Loudness::Info) {
    clock_.set(clock_.now() + kSecond);
    SessionLog log{clock_, {}};
    ASSERT_TRUE(log.open(folder() / "log"));
    log.say(text, loudness);
    log.write();
  }
  void write_raw(std::string_view text) { std::ofstream{folder() / "log", std::ios::binary | std::ios::app} << text; }
  /// As SessionLog does once it is long.
  void put_aside() { std::filesystem::rename(folder() / "log", folder() / "log.1"); }
  std::vector<std::string> texts(const LogPage& page) const {
    std::vector<std::string> all;
    for (const auto& line : page.lines) all.push_back(line.text);
    return all;
  }
  LogPage page(const LogQuery& query) const {
    const auto found = search_log(folder(), query);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(LogPage{});
  }
  /// What all pages have, and how many those are.
  std::vector<std::string> all(LogQuery query, std::size_t* pages = nullptr) const {
    std::vector<std::string> found;
    for (std::size_t count = 1;; ++count) {
      const LogPage one = page(query);
      EXPECT_LE(one.lines.size(), query.most);
      for (const std::string& text : texts(one)) found.push_back(text);
      if (pages != nullptr) *pages = count;
      if (one.next.empty()) return found;
      EXPECT_NE(one.next, query.cursor) << "it does not go on";
      if (one.next == query.cursor) return found;
      query.cursor = one.next;
    }
  }
  static std::vector<std::string> numbers(int from, int down_to) {
    std::vector<std::string> all;
    for (int i = from; i >= down_to; --i) all.push_back(fmt::format("line {}", i));
    return all;
  }

 private:
  const ScratchFolder scratch_ = ScratchFolder::make().value();
  ManualClock clock_{kBegun};
};

TEST_F(ALogOfASession, IsShownFromItsEndAPageAtATimeAndEachLineOnce) {
  for (int i = 1; i <= 25; ++i) write(fmt::format("line {}", i));
  const LogPage first = page({.text = {}, .cursor = {}, .most = 10});
  EXPECT_EQ(texts(first), numbers(25, 16));
  EXPECT_EQ(first.lines.front().time, kBegun + 25 * kSecond);
  write("a line that comes meanwhile");
  const LogPage second = page({.text = {}, .cursor = first.next, .most = 10});
  EXPECT_EQ(texts(second), numbers(15, 6));
  const LogPage third = page({.text = {}, .cursor = second.next, .most = 10});
  EXPECT_EQ(texts(third), numbers(5, 1));
  EXPECT_EQ(third.next, "");
}

TEST_F(ALogOfASession, IsSearchedByWordsInEitherCaseAndByHowLoudALineIs) {
  write("binance: the connection was closed", Loudness::Warn);
  write("all books are synchronised");
  write("the Journal cannot be written", Loudness::Error);
  write("upbit: Connection refused", Loudness::Warn);
  EXPECT_EQ(texts(page({.text = "CONNECTION", .cursor = {}})),
            (std::vector<std::string>{"upbit: Connection refused", "binance: the connection was closed"}));
  EXPECT_EQ(texts(page({.text = "journal", .least = Loudness::Warn, .cursor = {}})),
            std::vector<std::string>{"the Journal cannot be written"});
  EXPECT_EQ(page({.text = {}, .least = Loudness::Warn, .cursor = {}}).lines.size(), 3u);
  EXPECT_EQ(texts(page({.text = {}, .least = Loudness::Error, .cursor = {}})),
            std::vector<std::string>{"the Journal cannot be written"});
  EXPECT_TRUE(page({.text = "warn", .cursor = {}}).lines.empty()) << "its mark is none of its words";
}

TEST_F(ALogOfASession, IsReadInPiecesAndASearchThatFindsNothingSaysWhereToGoOn) {
  write("the one");
  for (int i = 1; i <= 1'000; ++i) write(fmt::format("line {}", i));
  std::size_t pages = 0;
  const LogPage first = page({.text = "the one", .cursor = {}, .most_bytes = 5'000});
  EXPECT_TRUE(first.lines.empty());
  EXPECT_NE(first.next, "") << "nothing found is not nothing there";
  EXPECT_EQ(all({.text = "the one", .cursor = {}, .most_bytes = 5'000}, &pages), std::vector<std::string>{"the one"});
  EXPECT_GT(pages, 5u);
  EXPECT_EQ(all({.text = "line", .cursor = {}, .most = 7, .most_bytes = 5'000}), numbers(1'000, 1));
}

TEST_F(ALogOfASession, ShowsALineThatIsLongerThanAPieceAndPassesOverOneThatIsLongerThanASearch) {
  write("line 1");
  const std::string is_long(200'000, 'x');
  write_raw("2023-11-14T22:14:00.000000000Z " + is_long + "\n");
  write("line 2");
  EXPECT_EQ(all({.text = {}, .cursor = {}}), (std::vector<std::string>{"line 2", is_long, "line 1"}));
  EXPECT_EQ(all({.text = "line", .cursor = {}, .most_bytes = 70'000}), numbers(2, 1));
}

TEST_F(ALogOfASession, ShowsNoLineThatIsStillBeingWritten) {
  write("line 1");
  write_raw("2023-11-14T22:14:00.000000000Z li");
  EXPECT_EQ(all({.text = {}, .cursor = {}}), numbers(1, 1));
  write_raw("ne 2\n");
  EXPECT_EQ(all({.text = {}, .cursor = {}}), numbers(2, 1));
}

TEST_F(ALogOfASession, IsSearchedOnInTheFileOfBeforeAlsoWhereItWasPutAsideBetweenTwoPages) {
  for (int i = 1; i <= 20; ++i) write(fmt::format("line {}", i));
  const LogPage first = page({.text = {}, .cursor = {}, .most = 5});
  EXPECT_EQ(texts(first), numbers(20, 16));
  put_aside();
  for (int i = 21; i <= 30; ++i) write(fmt::format("line {}", i));
  EXPECT_EQ(texts(page({.text = {}, .cursor = first.next, .most = 5})), numbers(15, 11));
  EXPECT_EQ(all({.text = {}, .cursor = {}, .most = 5}), numbers(30, 1));
  EXPECT_EQ(all({.text = {}, .cursor = {}, .most = 7}), numbers(30, 1)) << "a page may end in the midst";
  put_aside();
  write("line 31");
  const LogPage gone = page({.text = {}, .cursor = first.next, .most = 5});
  EXPECT_TRUE(gone.lines.empty()) << "what was put aside twice is gone";
  EXPECT_EQ(gone.next, "");
}

TEST_F(ALogOfASession, ThatIsEmptyOrNotThereIsNoCrash) {
  const auto none = search_log(folder(), {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::NotFound);
  write_raw("");
  EXPECT_TRUE(page({}).lines.empty());
  EXPECT_EQ(page({}).next, "");
  write_raw("12 lines were left out here\n");
  ASSERT_EQ(page({}).lines.size(), 1u);
  EXPECT_EQ(page({}).lines[0].time, kNoTime);
  for (const char* cursor : {"x", "1", "1.", ".1", "1.2.3", "1.-2", "1 2", "99999999999999999999.1"}) {
    const auto refused = search_log(folder(), {.text = {}, .cursor = cursor});
    ASSERT_FALSE(refused) << cursor;
    EXPECT_EQ(refused.error().code, Errc::Usage) << cursor;
  }
}

TEST_F(ALogOfASession, IsAFileAndNoLinkToAnotherOne) {
  std::ofstream{folder() / "secret"} << "2023-11-14T22:14:00.000000000Z a secret\n";
  std::filesystem::create_symlink(folder() / "secret", folder() / "log");
  EXPECT_FALSE(search_log(folder(), {}));
}

}  // namespace
}  // namespace stom::trade
