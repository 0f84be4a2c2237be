// A snapshot and the records behind it lead to where all records lead, at whichever record it was written; and one that
// is not whole, or that the journal does not bear out, is not used.
#include "trade/snapshot.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "engine/journal_segment.hpp"
#include "tests/support/file_bytes.hpp"
#include "tests/support/unmapped_files.hpp"
#include "trade/earlier_session.hpp"
#include "trade/journal_archive.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/session_segments.hpp"
#include "trade/snapshot_keeper.hpp"

namespace stom::trade {
namespace {

namespace fs = std::filesystem;
using stom::testing::bytes;

std::vector<Instrument> two_instruments() {
  Instrument coin{.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}};
  Instrument contract = coin;
  contract.id = "acme:PERP";
  contract.quote = "EUR";
  contract.kind = ContractKind::Linear;
  return {coin, contract};
}
const std::vector<Instrument> kTwo = two_instruments();

StartCash cash_of_both() {
  StartCash cash{Money{Int128{5'000} * power_of_ten(kMoneyDecimals)}};
  cash.set(1, Money{Int128{7'000} * power_of_ten(kMoneyDecimals)});
  return cash;
}

/// Their venues have no stops: the session keeps those itself.
SessionFold nothing_folded() { return {kTwo, cash_of_both(), {OrdersOffered{}, OrdersOffered{}}}; }

/// A journal with records of every kind, drawn by a seed; folded as it is written.
class DrawnJournal {
 public:
  DrawnJournal(const fs::path& path, std::uint64_t seed)
      : random_{seed}, reader_{(open(path), JournalReader::open(path, JournalReader::Sums::Kept).value())} {
    journal_.configuration(fmt::format("trade seed={} session=7", seed));
    take_in();
  }

  void draw() {
    now_ += kMillisecond * static_cast<DurationNanos>(random_.below(900));
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2:
        submit();
        break;
      case 3:
        if (const WorkingOrder* order = any_order())
          journal_.cancel(now_, fold.recovery().account().next_request(), order->id);
        break;
      case 4:
      case 5:
      case 6:
      case 7:
        tell();
        break;
      case 8:
        journal_.operator_command(now_, kActs[random_.below(std::size(kActs))]);
        break;
      case 9:
        if (const WorkingOrder* order = any_order()) journal_.named(now_, order->id, fmt::format("{:07}", any(9'999)));
        break;
      case 10:
        journal_.others_hold(now_, static_cast<InstrumentIndex>(random_.below(2)), {any(50) - 25});
        break;
      case 11:
        say();
        break;
    }
    take_in();
  }
  void restart() {
    journal_.restart(now_, fmt::format("trade again={} session=7", now_));
    take_in();
  }
  JournalPosition position() { return reader_.position(); }
  std::uint64_t records() const { return journal_.records(); }

  SessionFold fold = nothing_folded();

 private:
  static constexpr std::string_view kActs[] = {"limit position=5, was none",
                                               "limit order_rate=9/10s, was none",
                                               "limit position=off, was position=5",
                                               "limit drawdown=12,flatten, was none",
                                               "kill entries, asked at 12",
                                               "kill off, asked at 13",
                                               "kill flatten, asked at 14",
                                               "trip drawdown, by hand",
                                               "arm drawdown",
                                               "arm reject_rate",
                                               "arm consecutive_losses",
                                               "count day=3 losses=2 start=10 began=10.5 highest=12 flat=1:-5",
                                               "count day=4 losses=0",
                                               "alive, said at 5",
                                               "up",
                                               "cancel 5"};

  void open(const fs::path& path) {
    EXPECT_TRUE(journal_.open(path));
    EXPECT_TRUE(journal_.hand_over());
  }
  std::int64_t any(std::uint64_t below) { return static_cast<std::int64_t>(random_.below(below)); }
  const WorkingOrder* any_order() {
    const auto orders = fold.recovery().account().orders();
    return orders.empty() ? nullptr : &orders[random_.below(orders.size())];
  }
  void submit() {
    NewOrder order{.id = fold.recovery().account().next_id(),
                   .instrument = static_cast<InstrumentIndex>(random_.below(2)),
                   .side = static_cast<Side>(random_.below(2)),
                   .type = static_cast<OrderType>(random_.below(7)),
                   .time_in_force = static_cast<TimeInForce>(random_.below(3)),
                   .post_only = random_.below(5) == 0,
                   .reduce_only = random_.below(4) == 0,
                   .quantity = {any(30) + 1},
                   .price = {100 + any(9)},
                   .trigger_price = {100 + any(9)},
                   .trail = {any(4) + 1}};
    if (random_.below(3) == 0) order.stop_loss = {90 + any(3)};
    if (random_.below(3) == 0) order.take_profit = {110 + any(3)};
    journal_.submit(now_, fold.recovery().account().next_request(), order);
  }
  /// Something of an order; or funding.
  void tell() {
    auto& held = fold.recovery().held();
    OrderEvent event{.time = now_ - any(1'000), .local_time = now_};
    if (const auto due = held.due(); !due.empty() && random_.below(2) == 0) {  // a bracket's orders
      event = due.front().second;
      event.time = event.local_time = now_;
      return journal_.event(event, due.front().first);
    }
    const WorkingOrder* order = any_order();
    if (order == nullptr || random_.below(12) == 0) {
      event.kind = OrderEventKind::Funding;
      event.instrument = 1;
      event.price = {100};
      event.quantity = fold.recovery().account().holding(1).position;
      event.fee = {any(100) - 50};
      return journal_.event(event, 0);
    }
    const auto has_left = [&](const WorkingOrder& one) {
      return (one.id & ~kParentIds) != 0 && held.find(one.id) != nullptr && held.find(one.id)->sent;
    };
    const auto orders = fold.recovery().account().orders();
    const auto closing = std::ranges::find_if(orders, has_left);
    const bool closes = closing != orders.end() && random_.below(2) == 0;
    if (closes) order = &*closing;
    event.id = order->id;
    event.instrument = order->instrument;
    event.side = order->side;
    event.price = {100 + any(9)};
    event.leaves = order->leaves;
    constexpr std::uint64_t kAllButFunding = 8;
    event.kind = closes || random_.below(2) == 0 ? OrderEventKind::Filled
                                                 : static_cast<OrderEventKind>(random_.below(kAllButFunding));
    const auto* kept = held.find(order->id);
    const bool here = kept != nullptr && (kept->kept || held.is_to_answer(*kept));
    if (here) {  // only the session speaks of it
      event.reason = RejectReason::Held;
      constexpr OrderEventKind kSteps[] = {OrderEventKind::Accepted, OrderEventKind::Triggered,
                                           OrderEventKind::Triggered, OrderEventKind::Canceled,
                                           OrderEventKind::Expired};
      event.kind = kept->kept ? kSteps[random_.below(std::size(kSteps))] : OrderEventKind::Accepted;
    } else if (event.kind == OrderEventKind::Filled) {
      event.quantity = {any(static_cast<std::uint64_t>(order->leaves.value)) + 1};
      event.leaves = order->leaves - event.quantity;
      event.fee = {any(7) - 2};
      if (event.quantity.value % 4 == 0) event.coin_fee = event.price.value;
      event.liquidity = static_cast<Liquidity>(random_.below(2));
    } else if (event.kind == OrderEventKind::Rejected || event.kind == OrderEventKind::Denied) {
      event.reason = random_.below(2) == 0 ? RejectReason::UnknownOrder : RejectReason::OffTick;
    }
    journal_.event(event, random_.below(4) == 0 ? 0 : order->request);
  }
  void say() {
    switch (random_.below(4)) {
      case 0:
        return journal_.log(now_, now_ % 2 == 0 ? "a word" : KeptWords::line({0, 1}, "a word"));
      case 1:
        return journal_.difference(now_, now_ / kMillisecond % 2 == 0 ? "{}" : accepted_.json());
      case 2:
        return journal_.restart(now_, fmt::format("trade again={} session=7", now_));
      default:
        return journal_.end(now_, 3);
    }
  }
  void take_in() {
    EXPECT_TRUE(journal_.hand_over());
    while (const JournalRecord* record = reader_.next()) EXPECT_TRUE(fold.fold(*record));
    EXPECT_TRUE(reader_.status());
    EXPECT_EQ(reader_.position().records, journal_.records());
  }

  const Difference accepted_{.kind = std::string{kAcceptedPosition}, .ours = "5 of COIN", .venue = "3 of COIN"};
  Random random_;
  Journal journal_;
  UnixNanos now_ = 1'700'000'000 * kSecond;
  JournalReader reader_;
};

class ASessionsSnapshot : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(scratch_);
    fs::create_directories(folder());
  }
  fs::path folder(std::string_view name = "session") const { return scratch_->path() / name; }
  fs::path journal() const { return folder() / "journal.stom"; }
  std::unique_ptr<SnapshotKeeper> keeper(std::uint64_t every, const std::optional<Snapshot>& from = std::nullopt,
                                         std::size_t most_fills = 1'000) {
    auto keeper = SnapshotKeeper::open(journal(), nothing_folded(), from,
                                       {.every = every, .most_fills = most_fills, .disk = Disk::Later},
                                       [this](const std::string& line) { said_.push_back(line); });
    EXPECT_TRUE(keeper);
    return std::move(*keeper);
  }
  EarlierSession earlier() const {
    auto found = earlier_session(journal());
    EXPECT_TRUE(found);
    return found ? std::move(*found) : EarlierSession{};
  }
  /// What a session goes on from there.
  SessionFold gone_on(EarlierSession from) const {
    SessionFold fold = nothing_folded();
    auto reader = JournalReader::open(journal(), JournalReader::Sums::Kept).value();
    if (from.snapshot) {
      EXPECT_TRUE(fold.load(from.snapshot->state, std::move(from.snapshot->fills)));
      reader.go_to(from.snapshot->position);
    }
    while (const JournalRecord* record = reader.next()) EXPECT_TRUE(fold.fold(*record));
    EXPECT_TRUE(reader.status());
    return fold;
  }
  void put(const fs::path& file, std::string_view bytes) const {
    std::ofstream{file, std::ios::binary | std::ios::trunc}.write(bytes.data(),
                                                                  static_cast<std::streamsize>(bytes.size()));
  }

  Result<ScratchFolder> scratch_ = ScratchFolder::make();
  std::vector<std::string> said_;
};

std::string fills_of(const SessionFold& fold) {
  auto fills = fold.recovery().account().fills();
  return bytes_of(fills);
}

TEST_F(ASessionsSnapshot, AndTheRecordsBehindItLeadToWhereAllLeadAtEachRecord) {
  std::size_t closed = 0;  // by brackets
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    fs::remove(journal());
    DrawnJournal drawn{journal(), seed};
    struct Place {
      JournalPosition position;
      std::string state;
      std::vector<Fill> fills;
    };
    std::vector<Place> places;
    while (drawn.records() < 600) {
      drawn.draw();
      places.push_back({drawn.position(), drawn.fold.save(), drawn.fold.recovery().account().fills()});
    }
    const std::string end = drawn.fold.save(), fills = fills_of(drawn.fold);
    const auto& account = drawn.fold.recovery().account();
    EXPECT_GT(account.fills().size(), 10u);
    EXPECT_FALSE(account.funding().empty());
    closed += account.exit_reasons().size();
    EXPECT_FALSE(drawn.fold.risk().acts().empty());
    for (const Place& place : places) {
      SessionFold later = nothing_folded();
      ASSERT_TRUE(later.load(place.state, place.fills)) << "behind record " << place.position.records;
      ASSERT_EQ(later.save(), place.state);
      auto reader = JournalReader::open(journal()).value();
      ASSERT_TRUE(reader.skip_to(place.position));
      while (const JournalRecord* record = reader.next()) ASSERT_TRUE(later.fold(*record));
      ASSERT_EQ(later.save(), end) << "behind record " << place.position.records;
      ASSERT_EQ(fills_of(later), fills) << "behind record " << place.position.records;
      ASSERT_EQ(later.recovery().account().exit_reasons(), account.exit_reasons());
    }
  }
  EXPECT_GT(closed, 2u);
}

TEST_F(ASessionsSnapshot, IsWrittenOnTheWayAndAtTheEndAndHoldsWhatTheJournalDoes) {
  DrawnJournal drawn{journal(), 5};
  const auto keeper = this->keeper(20);
  for (int i = 0; i < 300; ++i) {
    drawn.draw();
    if (i % 7 != 0) continue;  // it comes when it can
    keeper->look();
    const EarlierSession found = earlier();
    ASSERT_TRUE(found.not_used.empty()) << found.not_used.front();
    ASSERT_EQ(found.configuration, drawn.fold.recovery().configuration());
    const std::uint64_t known = found.snapshot ? found.snapshot->position.records : 0;
    ASSERT_LT(drawn.records() - known, 20u);
    SessionFold again = gone_on(found);
    ASSERT_EQ(again.save(), drawn.fold.save());
    ASSERT_EQ(fills_of(again), fills_of(drawn.fold));
  }
  keeper->finish();
  const EarlierSession found = earlier();
  ASSERT_TRUE(found.snapshot);
  EXPECT_EQ(found.snapshot->position.records, drawn.records()) << "the end leaves nothing behind it";
  EXPECT_EQ(found.snapshot->state, drawn.fold.save());
  EXPECT_TRUE(said_.empty());
}

// However far away the next snapshot is. What stands there behind a snapshot is nobody's yet.
TEST_F(ASessionsSnapshot, KeepsFillsInTheirFileAndNotInMemory) {
  DrawnJournal drawn{journal(), 8};
  const auto open = [&](const std::optional<Snapshot>& from) {
    return SnapshotKeeper::open(journal(), nothing_folded(), from, {.fills_at_once = 3, .disk = Disk::Later},
                                [this](const std::string& line) { said_.push_back(line); })
        .value();
  };
  const auto in_file = [&] {
    std::ifstream file{folder() / kSnapshotFills, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  constexpr std::size_t kBytesOfAFill = 62;
  for (int process = 0; process < 3; ++process) {
    const EarlierSession found = earlier();
    EXPECT_EQ(found.snapshot.has_value(), process == 2);
    const auto keeper = open(found.snapshot);
    for (int i = 0; i < 150; ++i) {
      drawn.draw();
      keeper->look();
      const std::string all = fills_of(drawn.fold), kept = in_file();
      ASSERT_LT(all.size() - kept.size(), 3 * kBytesOfAFill);
      ASSERT_TRUE(all.starts_with(kept));
    }
    if (process == 0) continue;  // as if killed
    keeper->finish();
    SessionFold again = gone_on(earlier());
    EXPECT_EQ(fills_of(again), fills_of(drawn.fold));
  }
  EXPECT_TRUE(said_.empty());
}

// Process by process, each from what the one before it left: its fills are in the file once, and in order.
TEST_F(ASessionsSnapshot, IsGoneOnFromAgainAndAgain) {
  DrawnJournal drawn{journal(), 6};
  for (int process = 0; process < 6; ++process) {
    const EarlierSession found = earlier();
    EXPECT_EQ(found.snapshot.has_value(), process > 0);
    const auto keeper = this->keeper(25, found.snapshot);
    for (int i = 0; i < 40; ++i) {
      drawn.draw();
      keeper->look();
    }
    if (process % 2 == 0) keeper->finish();  // else it is killed
    drawn.restart();
    SessionFold again = gone_on(earlier());
    ASSERT_EQ(again.save(), drawn.fold.save()) << process;
    ASSERT_EQ(fills_of(again), fills_of(drawn.fold)) << process;
  }
}

TEST_F(ASessionsSnapshot, WithAnyByteSpoiledOrLackingIsNotUsedAndTheJournalIsReadWhole) {
  DrawnJournal drawn{journal(), 7};
  while (drawn.fold.recovery().account().fills().size() < 3) drawn.draw();
  keeper(1'000)->finish();
  ASSERT_TRUE(earlier().snapshot);
  const std::string end = drawn.fold.save();
  const auto is_refused = [&](const fs::path& file, std::string_view with) {
    const std::string whole = bytes(file);
    put(file, with);
    EarlierSession found = earlier();
    EXPECT_FALSE(found.snapshot);
    EXPECT_EQ(found.not_used.size(), 1u) << "it is said, once";
    EXPECT_EQ(found.configuration, drawn.fold.recovery().configuration());
    put(file, whole);
    return !::testing::Test::HasFailure();
  };
  for (const std::string_view name : {kSnapshotFile, kSnapshotFills}) {
    const std::string whole = bytes(folder() / name);
    ASSERT_GT(whole.size(), 100u);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string spoiled = whole;
      spoiled[at] = static_cast<char>(spoiled[at] ^ (1 << at % 8));
      ASSERT_TRUE(is_refused(folder() / name, spoiled)) << name << ", byte " << at;
      if (at % 7 == 0)
        ASSERT_TRUE(is_refused(folder() / name, std::string_view{whole}.substr(0, at))) << name << ", cut at " << at;
    }
  }
  put(folder() / kSnapshotFile, bytes(folder() / kSnapshotFile).replace(7, 1, "9"));
  const EarlierSession newer = earlier();
  ASSERT_EQ(newer.not_used.size(), 1u);
  EXPECT_EQ(newer.not_used.front(), fmt::format("{} is not used: another version of stom wrote it (format 9)",
                                                (folder() / kSnapshotFile).string()));
  EXPECT_EQ(gone_on(earlier()).save(), end);
}

TEST_F(ASessionsSnapshot, ThatKnowsMoreThanTheJournalIsNotUsedButTheOneBeforeItIs) {
  DrawnJournal drawn{journal(), 8};
  const auto keeper = this->keeper(30);
  std::vector<JournalPosition> ends;  // behind each record
  std::vector<std::string> states;
  while (drawn.records() < 100) {
    drawn.draw();
    if (!ends.empty() && ends.back().records == drawn.records()) continue;  // nothing was drawn
    ends.push_back(drawn.position());
    states.push_back(drawn.fold.save());
    keeper->look();
  }
  ASSERT_EQ(earlier().snapshot->position.records, 90u);
  const std::string whole = bytes(journal());
  std::set<std::uint64_t> used;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    put(journal(), std::string_view{whole}.substr(0, ends[i].bytes));
    const EarlierSession found = earlier();
    const std::uint64_t known = found.snapshot ? found.snapshot->position.records : 0;
    ASSERT_EQ(known, ends[i].records >= 90 ? 90u : ends[i].records >= 60 ? 60u : 0u) << ends[i].records;
    ASSERT_EQ(found.not_used.size(), ends[i].records >= 90 ? 0u : ends[i].records >= 60 ? 1u : 2u);
    ASSERT_EQ(gone_on(found).save(), states[i]) << ends[i].records;
    used.insert(known);
  }
  EXPECT_EQ(used, (std::set<std::uint64_t>{0, 60, 90}));

  // The session went on from the one before: the next one takes the place of the one that knew too much.
  const auto cut = std::ranges::find_if(ends, [](const JournalPosition& end) { return end.records >= 70; });
  put(journal(), std::string_view{whole}.substr(0, cut->bytes));
  const EarlierSession found = earlier();
  ASSERT_TRUE(found.snapshot);
  EXPECT_FALSE(found.snapshot->newest);
  this->keeper(30, found.snapshot)->finish();
  const EarlierSession then = earlier();
  ASSERT_TRUE(then.snapshot);
  EXPECT_TRUE(then.not_used.empty());
  EXPECT_EQ(then.snapshot->position.records, cut->records);
  EXPECT_EQ(gone_on(then).save(), states[static_cast<std::size_t>(cut - ends.begin())]);
  fs::remove(folder() / kSnapshotFile);
  ASSERT_TRUE(earlier().snapshot) << "that one is still there";
  EXPECT_EQ(earlier().snapshot->position.records, 60u);
}

// Cut at any of its records, packed or not, by a start or by several: the fold is what it was, from a snapshot and from
// the first record on.
TEST_F(ASessionsSnapshot, AndTheFoldAreTheSameWhereverTheJournalWasCut) {
  const std::atomic<bool> go_on{false};
  for (const std::uint64_t seed : {11, 12, 13}) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    fs::remove_all(folder());
    fs::create_directories(folder());
    std::vector<JournalPosition> places;
    std::string end, fills;
    {
      DrawnJournal drawn{journal(), seed};
      const auto keeper = this->keeper(50);
      while (drawn.records() < 230) {
        drawn.draw();
        keeper->look();
        places.push_back(drawn.position());
      }
      end = drawn.fold.save();
      fills = fills_of(drawn.fold);
    }
    Random random{seed};
    std::uint64_t number = 1, cut_at = 0;
    for (std::size_t at = 0; at < places.size(); at += 1 + random.below(60)) {
      if (std::exchange(cut_at, places[at].bytes) == places[at].bytes) continue;  // nothing was drawn since
      ASSERT_TRUE(cut_journal(journal(), places[at]));
      if (random.below(2) == 0) ASSERT_TRUE(pack_segment(journal(), number, go_on));
      ++number;
      EarlierSession found = earlier();
      ASSERT_TRUE(found.snapshot);
      ASSERT_TRUE(found.not_used.empty()) << found.not_used.front();
      ASSERT_EQ(found.snapshot->position.records, 200u);
      SessionFold behind = gone_on(std::move(found));
      ASSERT_EQ(behind.save(), end);
      ASSERT_EQ(fills_of(behind), fills);
      SessionFold of_all = gone_on({});
      ASSERT_EQ(of_all.save(), end);
      ASSERT_EQ(fills_of(of_all), fills);
    }
    ASSERT_GT(number, 3u);
  }
}

// A start needs the newest segment alone; where it needs an older one and that is gone, it says so and forgets nothing.
TEST_F(ASessionsSnapshot, IsEnoughWhereOldSegmentsAreGoneAndWithoutItThatIsSaid) {
  std::string end;
  JournalPosition place;
  {
    DrawnJournal drawn{journal(), 14};
    while (drawn.records() < 100) drawn.draw();
    keeper(1'000)->finish();
    place = drawn.position();
    while (drawn.records() < 120) drawn.draw();
    end = drawn.fold.save();
  }
  ASSERT_TRUE(cut_journal(journal(), place));
  const auto all = segments_before(folder(), 2);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 1u);
  for (const std::uint64_t none : {0, 1, 3})
    EXPECT_EQ(segments_before(folder(), none).error().code, Errc::Usage) << none;
  // Of a snapshot that is not whole nothing may hang.
  const std::string snapshot = bytes(folder() / kSnapshotFile);
  put(folder() / kSnapshotFile, std::string_view{snapshot}.substr(1));
  EXPECT_EQ(segments_before(folder(), 2).error().code, Errc::Usage);
  put(folder() / kSnapshotFile, snapshot);
  ASSERT_TRUE(delete_segments(folder(), *all));
  EXPECT_EQ(segments_before(folder(), 2).error().code, Errc::NotFound);
  EarlierSession found = earlier();
  ASSERT_TRUE(found.snapshot);
  EXPECT_EQ(gone_on(std::move(found)).save(), end);
  fs::remove(folder() / kSnapshotFile);
  const auto refused = earlier_session(journal());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::NotFound);
  EXPECT_NE(refused.error().message.find("journal.000001.stom.gz is not there"), std::string::npos);
}

// What the snapshot does not know yet may not go.
TEST_F(ASessionsSnapshot, DoesNotLetSegmentsGoThatItDoesNotKnow) {
  JournalPosition place;
  {
    DrawnJournal drawn{journal(), 15};
    while (drawn.records() < 50) drawn.draw();
    keeper(1'000)->finish();
    while (drawn.records() < 80) drawn.draw();
    place = drawn.position();
  }
  ASSERT_TRUE(cut_journal(journal(), place));
  const auto refused = segments_before(folder(), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Usage);
  EXPECT_NE(refused.error().message.find("could not go on"), std::string::npos) << refused.error().message;
}

TEST_F(ASessionsSnapshot, SealedSegmentsArePackedBesideTheSession) {
  std::string end;
  {
    DrawnJournal drawn{journal(), 16};
    std::vector<JournalPosition> places;
    while (drawn.records() < 100) {
      drawn.draw();
      places.push_back(drawn.position());
    }
    end = drawn.fold.save();
    for (const std::size_t at : {30, 60, 90})
      ASSERT_TRUE(cut_journal(journal(), places[std::min(at, places.size() - 1)]));
  }
  {
    JournalArchive archive{journal(), [this](const std::string& line) { said_.push_back(line); }};
    archive.wait();
  }
  EXPECT_EQ(said_.size(), 3u);
  const auto segments = segments_of(journal()).value();
  ASSERT_EQ(segments.size(), 4u);
  for (const SegmentFile& one : segments) EXPECT_EQ(one.packed, one.number < 4) << one.number;
  EXPECT_EQ(gone_on({}).save(), end);
}

// The next one is sealed while another is packed still.
TEST_F(ASessionsSnapshot, SealedSegmentsArePackedByOneAtATime) {
  std::vector<JournalPosition> places;
  {
    DrawnJournal drawn{journal(), 16};
    while (drawn.records() < 100) {
      drawn.draw();
      places.push_back(drawn.position());
    }
  }
  const std::string whole = whole_journal(journal()).value();
  {
    JournalArchive archive{journal(), [this](const std::string& line) { said_.push_back(line); }};
    for (std::size_t at = 5; at < places.size(); at += 5) {
      ASSERT_TRUE(cut_journal(journal(), places[at]));
      archive.again();
      if (at % 2 == 0) archive.again();
    }
    archive.wait();
  }
  const auto segments = segments_of(journal()).value();
  for (const SegmentFile& one : segments) EXPECT_EQ(one.packed, one.number < segments.size()) << one.number;
  EXPECT_EQ(said_.size(), segments.size() - 1);
  for (const std::string& line : said_) EXPECT_TRUE(line.ends_with(" is packed")) << line;
  EXPECT_EQ(whole_journal(journal()).value(), whole);
}

TEST_F(ASessionsSnapshot, OfAnotherSessionIsNotUsed) {
  std::string other_journal;
  {
    DrawnJournal other{journal(), 9};
    while (other.records() < 50) other.draw();
    keeper(1'000)->finish();
    other_journal = bytes(journal());
  }
  fs::remove(journal());
  DrawnJournal drawn{journal(), 10};
  while (bytes(journal()).size() < other_journal.size() + 100) drawn.draw();
  const EarlierSession found = earlier();
  EXPECT_FALSE(found.snapshot);
  ASSERT_EQ(found.not_used.size(), 1u);
  EXPECT_TRUE(found.not_used.front().ends_with("records that this journal does not have so"));
  EXPECT_EQ(found.configuration, drawn.fold.recovery().configuration());
  EXPECT_EQ(gone_on(found).save(), drawn.fold.save());
}

// One that a crash has left half written has another name, and nobody looks at it.
TEST_F(ASessionsSnapshot, ThatIsHalfWrittenIsNone) {
  DrawnJournal drawn{journal(), 11};
  while (drawn.records() < 20) drawn.draw();
  keeper(1'000)->finish();
  put(folder() / "snapshot.new", "STOMSNP6");
  fs::rename(folder() / kSnapshotFile, folder() / kSnapshotBefore);  // between the two names
  const EarlierSession found = earlier();
  EXPECT_TRUE(found.not_used.empty());
  ASSERT_TRUE(found.snapshot);
  EXPECT_EQ(found.snapshot->position.records, drawn.records());
}

TEST_F(ASessionsSnapshot, ThatCannotBeWrittenIsSaidOnceAndTriedAgain) {
  DrawnJournal drawn{journal(), 12};
  const auto keeper = this->keeper(10);
  fs::create_directory(folder() / "snapshot.new");
  while (drawn.records() < 45) {
    drawn.draw();
    keeper->look();
  }
  ASSERT_EQ(said_.size(), 1u);
  EXPECT_TRUE(said_[0].starts_with("no snapshot is written: cannot write ")) << said_[0];
  EXPECT_FALSE(earlier().snapshot);
  fs::remove(folder() / "snapshot.new");
  keeper->finish();
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_TRUE(said_[1].ends_with("is written again")) << said_[1];
  const EarlierSession found = earlier();
  ASSERT_TRUE(found.snapshot);
  SessionFold again = gone_on(found);
  EXPECT_EQ(again.save(), drawn.fold.save());
  EXPECT_EQ(fills_of(again), fills_of(drawn.fold));
}

TEST_F(ASessionsSnapshot, ComesWithEachOfManyFillsAlsoWhereTheSystemMapsNoFiles) {
  DrawnJournal drawn{journal(), 17};
  while (drawn.records() < 30) drawn.draw();
  std::vector<Fill> fills(10'000);
  for (std::size_t i = 0; i < fills.size(); ++i) {
    fills[i].time = static_cast<UnixNanos>(i) * kMillisecond;
    fills[i].order = i / 3;
    fills[i].price = {static_cast<std::int64_t>(7 * i % 1'000)};
  }
  const std::string kept = bytes_of(fills);
  Snapshot snapshot;
  snapshot.position = drawn.position();
  snapshot.fills_check.update(kept);
  snapshot.state = drawn.fold.save();
  ASSERT_TRUE(put_fills(folder(), kept, 0, Disk::Later));
  ASSERT_TRUE(put_snapshot(folder(), snapshot, false, Disk::Later));
  const auto expect_to_come_whole = [&] {
    EarlierSession found = earlier();
    ASSERT_TRUE(found.snapshot) << found.not_used.front();
    EXPECT_TRUE(bytes_of(found.snapshot->fills) == kept);
    ASSERT_TRUE(put_fills(folder(), "x", kept.size() - 1, Disk::Later));
    found = earlier();
    EXPECT_FALSE(found.snapshot);
    ASSERT_EQ(found.not_used.size(), 1u);
    EXPECT_NE(found.not_used.front().find("its fills are not what was written"), std::string::npos);
    ASSERT_TRUE(put_fills(folder(), kept, 0, Disk::Later));
  };
  expect_to_come_whole();
  std::thread{[&] {
    if (test::bring_no_parts_of_files()) expect_to_come_whole();  // else this system lets no thread refuse a call
  }}.join();
}

// What waits for a file that takes nothing must not fill the memory.
TEST_F(ASessionsSnapshot, ThatCannotBeWrittenForTooLongIsGivenUp) {
  DrawnJournal drawn{journal(), 13};
  const auto keeper = this->keeper(10, std::nullopt, 5);
  fs::create_directory(folder() / kSnapshotFills);
  while (drawn.fold.recovery().account().fills().size() < 20) {
    drawn.draw();
    keeper->look();
  }
  ASSERT_FALSE(said_.empty());
  EXPECT_LE(said_.size(), 2u);
  EXPECT_TRUE(said_.back().starts_with("no more snapshots are written: cannot write ")) << said_.back();
  fs::remove(folder() / kSnapshotFills);
  keeper->finish();
  const EarlierSession found = earlier();
  EXPECT_LT(found.snapshot ? found.snapshot->position.records : 0, drawn.records());
  EXPECT_EQ(gone_on(found).save(), drawn.fold.save()) << "nothing is lost";
}

TEST_F(ASessionsSnapshot, IsNoneWhereThereIsNoJournal) {
  const EarlierSession found = earlier();
  EXPECT_EQ(found.configuration, "");
  EXPECT_FALSE(found.snapshot);
}

// What counts for an order rate, and what another order like it is held against: of what left, not of what was denied.
TEST(RiskOverARestart, KnowsWhenOrdersLeftAndTheNewestOfEachSide) {
  RiskHistory history;
  const auto submit = [&](ClientOrderId id, Side side, UnixNanos time) {
    JournalRecord record;
    record.kind = RecordKind::Submit;
    record.time = time;
    record.order = {.id = id, .instrument = 1, .side = side};
    history.fold(record);
  };
  const auto told = [&](ClientOrderId id, Side side, OrderEventKind kind) {
    JournalRecord record;
    record.kind = RecordKind::OrderEvent;
    record.event = {.kind = kind, .side = side, .instrument = 1, .id = id};
    history.fold(record);
  };
  const auto newest = [&] {
    std::vector<ClientOrderId> ids;
    for (const auto& [place, sent] : history.newest())
      if (!sent.empty()) ids.push_back(sent.back().first.id);
    return ids;
  };
  submit(1, Side::Buy, 10);
  submit(2, Side::Buy, 20);
  submit(3, Side::Sell, 30);
  EXPECT_EQ(newest(), (std::vector<ClientOrderId>{2, 3}));
  told(2, Side::Buy, OrderEventKind::Denied);
  EXPECT_EQ(newest(), (std::vector<ClientOrderId>{1, 3})) << "the one before it counts again";
  ASSERT_EQ(history.left().size(), 2U);
  EXPECT_EQ(history.left()[1].time, 30);
  for (ClientOrderId id = 4; id < 30'000; ++id) {
    submit(id, Side::Buy, 10 * static_cast<UnixNanos>(id));
    told(id, Side::Buy, id % 2 == 0 ? OrderEventKind::Accepted : OrderEventKind::Rejected);
  }
  EXPECT_EQ(newest(), (std::vector<ClientOrderId>{29'999, 3}));
  EXPECT_EQ(history.left().size(), static_cast<std::size_t>(risk::Limit::kMostCounted));
  std::size_t kept = 0;
  for (const auto& [place, sent] : history.newest()) kept += sent.size();
  EXPECT_EQ(kept, 2U) << "and no order for ever";
}

// What is in force, and what was counted, is what the records said in their order.
TEST(ARiskDesk, GoesOnWithWhatItsJournalSays) {
  struct NoVenue final : VenueLink {
    void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
    void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
    UnixNanos advance(UnixNanos limit) override { return limit; }
    bool take(UnixNanos, Answer&) override { return false; }
    bool idle() override { return true; }
  } venue;
  RiskPlan plan;
  plan.limits.push_back(risk::parse_limit("position=5").value());
  plan.breakers.push_back(risk::parse_breaker("consecutive_losses=3").value());
  auto desk = RiskDesk::make(kTwo, std::move(plan), {}, venue, nullptr).value();
  SessionFold fold = nothing_folded();
  const auto does = [&](std::string text) {
    JournalRecord record;
    record.kind = RecordKind::Operator;
    record.text = std::move(text);
    ASSERT_TRUE(fold.fold(record));
  };
  does("count day=3 losses=2");
  does("limit position=9, was position=5");
  does("kill cancel, asked at 12");
  does("trip consecutive_losses, by hand");
  does("arm consecutive_losses");
  does("count day=3 losses=1");
  does("kill entries, asked at 13");
  does("limit slippage=5/1, was none");
  does("count day=3 losses=1 slipped=90");
  does("limit slippage=off, was slippage=5/1");
  does("limit slippage=5/1, was none");
  SessionFold again = nothing_folded();
  ASSERT_TRUE(again.load(fold.save(), {}));
  desk->resume(again.risk(), again.recovery().account(), again.recovery().sent());
  EXPECT_EQ(desk->kill(), KillStep::Entries);
  std::string all;
  const auto shown = desk->show(0);
  for (const auto& row : shown["limits"])
    all += fmt::format("{} {} {} {}\n", row["name"].get<std::string>(), row["limit"].dump(), row["value"].dump(),
                       row["state"].get<std::string>());
  EXPECT_NE(all.find("position \"9\""), all.npos) << all;
  EXPECT_NE(all.find("consecutive_losses \"3\" \"1\" ok"), all.npos) << all;
  EXPECT_NE(all.find("slippage \"5/1\" null "), all.npos) << "what it had counted went with it: " << all;
  EXPECT_NE(all.find("kill_switch null \"entries\" tripped"), all.npos) << all;
}

TEST(AFoldOfASessionsJournal, KeepsThatADifferenceWasAcceptedUntilSomebodyAsksToCloseAll) {
  SessionFold fold = nothing_folded();
  const auto is_kept = [&](RecordKind kind, std::string text) {
    JournalRecord record;
    record.kind = kind;
    record.text = std::move(text);
    EXPECT_TRUE(fold.fold(record));
    SessionFold again = nothing_folded();
    EXPECT_TRUE(again.load(fold.save(), {}));
    EXPECT_EQ(again.has_accepted(), fold.has_accepted());
    return again.has_accepted();
  };
  const auto differs = [](std::string_view kind) {
    return Difference{.kind = std::string{kind}, .ours = "5 of COIN", .venue = "3 of COIN"}.json();
  };
  EXPECT_FALSE(is_kept(RecordKind::Difference, differs("position")));
  EXPECT_FALSE(is_kept(RecordKind::Difference, "of another version"));
  EXPECT_TRUE(is_kept(RecordKind::Difference, differs(kAcceptedPosition)));
  EXPECT_TRUE(is_kept(RecordKind::Restart, "trade again=1 session=7"));
  EXPECT_TRUE(is_kept(RecordKind::Operator, "trip drawdown, by hand"));
  EXPECT_TRUE(is_kept(RecordKind::Operator, kill_act(KillStep::Cancel, KillStep::Cancel, 12)));
  EXPECT_TRUE(is_kept(RecordKind::Operator, kill_act(KillStep::Flatten, KillStep::Cancel, 13)))
      << "all was to be closed already, and that is not asked for anew";
  EXPECT_FALSE(is_kept(RecordKind::Operator, kill_act(KillStep::Flatten, KillStep::Flatten, 14)));
  EXPECT_TRUE(is_kept(RecordKind::Difference, differs(kAcceptedPosition)));
}

}  // namespace
}  // namespace stom::trade
