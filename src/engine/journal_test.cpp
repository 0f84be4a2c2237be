#include "engine/journal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <tuple>
#include <vector>

#include "core/hash.hpp"
#include "core/random.hpp"
#include "engine/journal_hash.hpp"

namespace stom {
namespace {

class JournalFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::path{testing::TempDir()} /
            ("journal-" + std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  /// A short run: what was decided, and what the venue said. `price` is the one thing that differs between runs.
  static void write(Journal& journal, std::int64_t price) {
    journal.configuration("{\"strategy\":\"x\"}");
    journal.submit(
        10, 1, {.id = 1, .side = Side::Sell, .post_only = true, .quantity = {5}, .price = {price}, .stop_loss = {7}});
    journal.event({.kind = OrderEventKind::Filled,
                   .side = Side::Sell,
                   .id = 1,
                   .time = 11,
                   .local_time = 12,
                   .price = {price},
                   .quantity = {5},
                   .fee = {-3}},
                  1);
    journal.cancel(13, 2, 1);
    journal.log(14, "done");
    journal.end(15, 99);
  }
  std::string bytes() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::filesystem::path path_;
};

TEST_F(JournalFile, SaysWhatWasWritten) {
  Journal journal;
  ASSERT_TRUE(journal.open(path_));
  write(journal, 100);
  ASSERT_TRUE(journal.flush());
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 6u);
  EXPECT_EQ((*records)[0].text, "{\"strategy\":\"x\"}");
  EXPECT_EQ((*records)[1].order.price, Price{100});
  EXPECT_EQ((*records)[1].order.stop_loss, Price{7});
  EXPECT_TRUE((*records)[1].order.post_only);
  EXPECT_EQ((*records)[2].event.fee, Money{-3});
  EXPECT_EQ((*records)[2].event.local_time, 12);
  EXPECT_EQ((*records)[4].text, "done");
  EXPECT_EQ((*records)[5].messages, 99u);
}

// Whatever an order or an answer says, extremes included, is read back as it was written.
TEST_F(JournalFile, AFirstRecordLargerThanAnyBufferIsWrittenWhole) {
  const std::string large(std::size_t{4} << 20, 'x');  // the orders of a list, for one
  Journal journal;
  ASSERT_TRUE(journal.open(path_));
  journal.configuration(large);
  ASSERT_TRUE(journal.flush());
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ((*records)[0].text, large);
}

TEST_F(JournalFile, EveryFieldOfEveryRecordComesBack) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max(),
                         kLeast = std::numeric_limits<std::int64_t>::min();
  Random random{1};
  const auto any = [&] {
    const std::array<std::int64_t, 6> corners{0, 1, -1, kMost, kLeast, 63};
    const auto pick = random.below(9);
    return pick < corners.size() ? corners[pick] : static_cast<std::int64_t>(random.next());
  };
  std::vector<NewOrder> orders;
  std::vector<OrderEvent> events;
  Journal journal;
  ASSERT_TRUE(journal.open(path_));
  for (int i = 0; i < 500; ++i) {
    orders.push_back({.id = static_cast<ClientOrderId>(any()),
                      .instrument = static_cast<InstrumentIndex>(random.below(1000)),
                      .side = static_cast<Side>(random.below(2)),
                      .type = static_cast<OrderType>(random.below(7)),
                      .time_in_force = static_cast<TimeInForce>(random.below(5)),
                      .trigger_by = static_cast<TriggerBy>(random.below(4)),
                      .post_only = random.below(2) == 1,
                      .reduce_only = random.below(2) == 1,
                      .quantity = {any()},
                      .price = {any()},
                      .trigger_price = {any()},
                      .trail = {any()},
                      .display = {any()},
                      .expire_time = random.below(2) == 1 ? kNever : any(),
                      .size_by = static_cast<SizeBy>(random.below(3)),
                      .bar_fill = static_cast<BarFill>(random.below(2)),
                      .stop_loss = {any()},
                      .take_profit = {any()}});
    journal.submit(any(), static_cast<std::uint64_t>(any()), orders.back());
    events.push_back({.kind = OrderEventKind::Filled,
                      .side = static_cast<Side>(random.below(2)),
                      .liquidity = static_cast<Liquidity>(random.below(2)),
                      .reason = static_cast<RejectReason>(random.below(15)),
                      .instrument = static_cast<InstrumentIndex>(random.below(1000)),
                      .id = static_cast<ClientOrderId>(any()),
                      .time = any(),
                      .local_time = any(),
                      .price = {any()},
                      .quantity = {any()},
                      .leaves = {any()},
                      .coin_fee = random.below(3) == 0 ? any() : 0,
                      .fee = {static_cast<Int128>(any()) * any()}});
    journal.event(events.back(), static_cast<std::uint64_t>(any()));
    journal.named(any(), orders.back().id, std::string(static_cast<std::size_t>(i % 30), '7'));
  }
  ASSERT_TRUE(journal.flush());
  const auto records = read_journal(path_);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 1500u);
  for (std::size_t i = 0; i < 500; ++i) {
    const NewOrder &o = orders[i], &read = (*records)[3 * i].order;
    EXPECT_EQ(std::tie(o.id, o.instrument, o.side, o.type, o.time_in_force, o.trigger_by, o.post_only, o.reduce_only,
                       o.quantity, o.price, o.trigger_price, o.trail, o.display, o.expire_time, o.size_by, o.bar_fill,
                       o.stop_loss, o.take_profit),
              std::tie(read.id, read.instrument, read.side, read.type, read.time_in_force, read.trigger_by,
                       read.post_only, read.reduce_only, read.quantity, read.price, read.trigger_price, read.trail,
                       read.display, read.expire_time, read.size_by, read.bar_fill, read.stop_loss, read.take_profit))
        << i;
    const OrderEvent &e = events[i], &back = (*records)[3 * i + 1].event;
    EXPECT_EQ(std::tie(e.kind, e.side, e.liquidity, e.reason, e.instrument, e.id, e.time, e.local_time, e.price,
                       e.quantity, e.leaves, e.coin_fee),
              std::tie(back.kind, back.side, back.liquidity, back.reason, back.instrument, back.id, back.time,
                       back.local_time, back.price, back.quantity, back.leaves, back.coin_fee))
        << i;
    EXPECT_TRUE(e.fee == back.fee) << i;
    EXPECT_EQ((*records)[3 * i + 2].order.id, o.id) << i;
    EXPECT_EQ((*records)[3 * i + 2].text, std::string(i % 30, '7')) << i;
  }
}

TEST_F(JournalFile, TheHashIsTheSameWithAndWithoutAFileAndChangesWithOnePrice) {
  Journal with_file, without, other;
  ASSERT_TRUE(with_file.open(path_));
  write(with_file, 100);
  write(without, 100);
  write(other, 101);
  EXPECT_EQ(with_file.hash(), without.hash());
  EXPECT_NE(other.hash(), without.hash());
}

// Whoever works it out, and however the records reach the file.
TEST_F(JournalFile, TheHashThatAThreadWorksOutIsThatOfTheRecords) {
  Random random{3};
  Journal kept, alone;
  ASSERT_TRUE(kept.open(path_));
  const auto both = [&](auto&& does) {
    does(kept);
    does(alone);
  };
  both([](Journal& journal) { write(journal, 100); });
  ASSERT_TRUE(kept.hash_aside());
  EXPECT_EQ(kept.hash(), alone.hash()) << "with what was there before the thread";
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::string words(random.below(500) == 0 ? 100'000 : random.below(30), 'x');
    both([&](Journal& journal) { journal.log(static_cast<UnixNanos>(i), words); });
    if (random.below(50) == 0) ASSERT_TRUE(kept.hand_over());
    if (random.below(1'000) == 0) ASSERT_EQ(kept.hash(), alone.hash()) << i;
  }
  EXPECT_EQ(kept.hash(), alone.hash());
  ASSERT_TRUE(kept.flush());

  Journal again;
  ASSERT_TRUE(again.go_on(path_, [](const JournalRecord&) {}));
  ASSERT_TRUE(again.hash_aside());
  EXPECT_EQ(again.hash(), alone.hash());
  again.log(1, "more");
  alone.log(1, "more");
  EXPECT_EQ(again.hash(), alone.hash());
}

TEST_F(JournalFile, ByTurnsHasNoRecordOfATurnBeforeItIsHandedOver) {
  Journal journal, alone;
  ASSERT_TRUE(journal.open(path_));
  ASSERT_TRUE(journal.flush());
  journal.by_turns();
  const auto empty = std::filesystem::file_size(path_);
  const std::string words(100'000, 'x');
  for (int turn = 0; turn < 3; ++turn) {
    const auto before = std::filesystem::file_size(path_);
    for (UnixNanos i = 0; i < 20; ++i) {
      journal.log(i, words);
      alone.log(i, words);
    }
    EXPECT_EQ(std::filesystem::file_size(path_), before);
    ASSERT_TRUE(journal.hand_over());
    EXPECT_GT(std::filesystem::file_size(path_), before + 20 * words.size());
  }
  EXPECT_GT(std::filesystem::file_size(path_), empty);
  EXPECT_EQ(journal.hash(), alone.hash());
  EXPECT_EQ(read_journal(path_).value().size(), 60u);
}

TEST_F(JournalFile, ThatIsShorterThanWhatWasWrittenHasNoHash) {
  std::ofstream{path_, std::ios::binary} << "STOMJRN2" << std::string(100, 'x');
  auto hash = JournalHash::open(path_, Sha256{}, 8).value();
  hash->grown_to(58);
  Sha256 half;
  half.update(std::string(50, 'x'));
  EXPECT_EQ(hash->hex().value(), half.hex());
  hash->grown_to(109);
  for (int asked = 0; asked < 2; ++asked) {
    const auto none = hash->hex();
    ASSERT_FALSE(none);
    EXPECT_TRUE(none.error().message.ends_with("shorter than what was written to it")) << none.error().message;
  }
}

// Whatever byte the process dies at, the run made again goes on from there to the same file.
TEST_F(JournalFile, ARunMadeAgainCompletesAJournalCutAtAnyByte) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path_));
    write(journal, 100);
    ASSERT_TRUE(journal.flush());
  }
  const std::string whole = bytes();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    std::ofstream{path_, std::ios::binary | std::ios::trunc}.write(whole.data(), static_cast<std::streamsize>(cut));
    Journal again;
    ASSERT_TRUE(again.open(path_)) << cut;
    write(again, 100);
    ASSERT_TRUE(again.flush());
    ASSERT_FALSE(again.diverged()) << cut;
    ASSERT_EQ(bytes(), whole) << cut;
  }
}

TEST_F(JournalFile, ARunThatDecidesDifferentlyIsNoticedAndTheOldRecordsStay) {
  {
    Journal journal;
    ASSERT_TRUE(journal.open(path_));
    write(journal, 100);
    ASSERT_TRUE(journal.flush());
  }
  const std::string whole = bytes();
  Journal again;
  ASSERT_TRUE(again.open(path_));
  write(again, 101);
  ASSERT_TRUE(again.flush());
  EXPECT_TRUE(again.diverged());
  EXPECT_EQ(bytes(), whole);
}

TEST_F(JournalFile, OtherFilesAndNewerJournalsAreRefused) {
  std::ofstream{path_} << "this is not a journal";
  EXPECT_EQ(read_journal(path_).error().code, Errc::BadData);
  std::ofstream{path_} << "STOMJRN9........";
  EXPECT_EQ(read_journal(path_).error().code, Errc::Newer);
}

TEST_F(JournalFile, ThatIsThereAndCannotBeOpenedIsNotTakenForMissing) {
  EXPECT_EQ(read_journal(path_).error().code, Errc::NotFound);
  std::filesystem::create_symlink(path_, path_);
  const auto read = read_journal(path_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::Io) << read.error().message;
}

}  // namespace
}  // namespace stom
