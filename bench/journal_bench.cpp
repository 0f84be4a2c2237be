// links: stom_trade fmt::fmt
// What the journal of a session costs: to go on behind a long one, and to keep one. Prints one JSON object.
//   journal_bench make FOLDER RECORDS [killed]  FOLDER/session: a journal of so many records (orders that are placed,
//                                acknowledged, and of five one is filled and four are canceled) with the snapshot that
//                                its session left; killed: with those that it had written on the way. FOLDER/plain: the
//                                same journal without any.
//   journal_bench read DIR       reads DIR/journal.stom from end to end, and does nothing with it.
//   journal_bench recover DIR    from nothing to an engine that runs: what its journal led to, and the journal open
//                                behind its last record.
//   journal_bench check FOLDER   whether both lead to the same, byte for byte.
//   journal_bench run TURNS [FOLDER]
//                                so many turns of an engine that orders at each change of a book; with a folder each
//                                turn's records are handed to the system, and a thread brings all that is there to the
//                                disk each millisecond, or as soon as that is ready, until it has the last.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_sync.hpp"
#include "core/random.hpp"
#include "engine/engine.hpp"
#include "live/live_feed.hpp"
#include "live/live_link.hpp"
#include "trade/earlier_session.hpp"
#include "trade/snapshot_keeper.hpp"

namespace {

using namespace stom;
using Steady = std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr UnixNanos kStart = 1'789'095'378'000'000'000;
constexpr std::size_t kOpen = 20;      // orders that work at a time
constexpr std::size_t kChanges = 128;  // of a book, in a turn
constexpr std::int64_t kLevels = 500;
const std::vector<Instrument> kMarket{{.id = "acme:BTCUSDT",
                                       .base = "BTC",
                                       .quote = "USDT",
                                       .price_decimals = 2,
                                       .quantity_decimals = 3,
                                       .ladder = {{{0}, {1}}}}};
constexpr Money kCash{Int128{1'000'000} * power_of_ten(kMoneyDecimals)};

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "journal_bench: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
double seconds_since(Steady::time_point began) { return std::chrono::duration<double>(Steady::now() - began).count(); }

trade::SessionFold nothing_folded() { return {kMarket, kCash, {}}; }

// --- a long journal --------------------------------------------------------------------------------------------------

/// A session that quotes, as a journal has it.
class Quoting {
 public:
  explicit Quoting(Journal& journal) : journal_{journal} { journal_.configuration("trade benchmark session=7"); }

  /// One order more; where enough work, the oldest ends.
  void step() {
    now_ += 200'000 + static_cast<DurationNanos>(random_.below(2'000'000));
    middle_ += static_cast<std::int64_t>(random_.below(21)) - 10;
    const NewOrder order{.id = ++last_,
                         .side = static_cast<Side>(random_.below(2)),
                         .quantity = {static_cast<std::int64_t>(1 + random_.below(500))},
                         .price = {middle_ + static_cast<std::int64_t>(random_.below(401)) - 200}};
    journal_.submit(now_, ++request_, order);
    told(order, OrderEventKind::Accepted, request_);
    open_.push_back(order);
    if (open_.size() <= kOpen) return;
    const NewOrder oldest = open_.front();
    open_.pop_front();
    if (random_.below(5) == 0) return told(oldest, OrderEventKind::Filled, 0);
    journal_.cancel(now_, ++request_, oldest.id);
    told(oldest, OrderEventKind::Canceled, request_);
  }

 private:
  void told(const NewOrder& order, OrderEventKind kind, std::uint64_t request) {
    now_ += 50'000 + static_cast<DurationNanos>(random_.below(100'000));
    const bool filled = kind == OrderEventKind::Filled;
    journal_.event({.kind = kind,
                    .side = order.side,
                    .id = order.id,
                    .time = now_ - 3 * kMillisecond,
                    .local_time = now_,
                    .price = order.price,
                    .quantity = filled ? order.quantity : Quantity{},
                    .leaves = filled ? Quantity{} : order.quantity,
                    .fee = filled ? Money{Int128{order.price.value} * order.quantity.value * 200'000'000} : Money{}},
                   request);
  }

  Journal& journal_;
  Random random_{5};
  std::deque<NewOrder> open_;
  UnixNanos now_ = kStart;
  std::int64_t middle_ = 6'100'000;
  ClientOrderId last_ = 0;
  std::uint64_t request_ = 0;
};

int make(const fs::path& folder, std::uint64_t records, bool killed) {
  const fs::path session = folder / "session", plain = folder / "plain";
  for (const fs::path& one : {session, plain}) {
    fs::remove_all(one);
    fs::create_directories(one);
  }
  const fs::path file = session / "journal.stom";
  Journal journal;
  must(journal.open(file));
  Quoting quoting{journal};
  auto keeper = must(trade::SnapshotKeeper::open(file, nothing_folded(), std::nullopt, {.disk = trade::Disk::Later},
                                                 [](const std::string& line) { give_up(line); }));
  for (std::uint64_t looked = 0; journal.records() < records;) {
    quoting.step();
    if (journal.records() - looked < 40'000) continue;
    looked = journal.records();
    must(journal.hand_over());
    keeper->look();
  }
  must(journal.flush());
  if (killed)
    keeper->look();
  else
    keeper->finish();
  fs::create_hard_link(file, plain / "journal.stom");
  fmt::print("{{\"work\":\"make\",\"records\":{},\"bytes\":{}}}\n", journal.records(), fs::file_size(file));
  return 0;
}

int read(const fs::path& folder) {
  const auto began = Steady::now();
  const int file = ::open((folder / "journal.stom").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) give_up("no journal in " + folder.string());
  std::vector<char> block(std::size_t{1} << 18);
  std::uint64_t bytes = 0;
  for (ssize_t n = 0; (n = ::read(file, block.data(), block.size())) > 0;) bytes += static_cast<std::uint64_t>(n);
  ::close(file);
  fmt::print("{{\"work\":\"read\",\"bytes\":{},\"seconds\":{:.6f}}}\n", bytes, seconds_since(began));
  return 0;
}

struct Idle final : Strategy {};

/// What is gone on from there.
struct GoneOn {
  trade::SessionFold fold = nothing_folded();
  Journal journal;
  std::uint64_t from = 0;  // records in the snapshot
};
GoneOn go_on(const fs::path& folder) {
  const fs::path file = folder / "journal.stom";
  auto earlier = must(trade::earlier_session(file));
  for (const std::string& line : earlier.not_used) give_up(line);
  GoneOn gone_on;
  auto reader = must(JournalReader::open(file, JournalReader::Sums::Kept));
  if (earlier.snapshot) {
    if (!gone_on.fold.load(earlier.snapshot->state, std::move(earlier.snapshot->fills))) give_up("no such state");
    reader.go_to(earlier.snapshot->position);
    gone_on.from = earlier.snapshot->position.records;
  }
  must(gone_on.journal.go_on(std::move(reader), [&](const JournalRecord& record) { must(gone_on.fold.fold(record)); }));
  return gone_on;
}

int recover(const fs::path& folder) {
  const fs::path file = folder / "journal.stom";
  const std::uint64_t length = fs::file_size(file);
  {
    LiveFeed feed{kMarket};
    LiveLink link;
    const auto began = Steady::now();
    GoneOn gone_on = go_on(folder);
    const std::uint64_t records = gone_on.journal.records();
    Engine engine{kMarket, feed.local_side(), link};
    Run& run = engine.add_run(std::make_unique<Idle>(), {.configuration = "trade benchmark session=7",
                                                         .cash = kCash,
                                                         .restored = std::move(gone_on.fold.recovery().account()),
                                                         .keeps_history = false,
                                                         .journal = std::move(gone_on.journal)});
    must(engine.start(gone_on.fold.recovery().last_time(), kMinute));
    const double seconds = seconds_since(began);
    fmt::print("{{\"work\":\"recover\",\"records\":{},\"behind\":{},\"fills\":{},\"working\":{},\"seconds\":{:.6f}}}\n",
               records, records - gone_on.from, run.state().fill_count(), run.orders().size(), seconds);
  }
  fs::resize_file(file, length);  // without the record that it began again
  return 0;
}

int check(const fs::path& folder) {
  GoneOn session = go_on(folder / "session"), plain = go_on(folder / "plain");
  auto &ours = session.fold.recovery().account().fills(), &theirs = plain.fold.recovery().account().fills();
  const bool equal = session.from > 0 && plain.from == 0 && session.fold.save() == plain.fold.save() &&
                     trade::bytes_of(ours) == trade::bytes_of(theirs) &&
                     session.journal.hash() == plain.journal.hash() &&
                     session.journal.records() == plain.journal.records();
  fmt::print("{{\"work\":\"check\",\"records\":{},\"behind\":{},\"fills\":{},\"equal\":{}}}\n", plain.journal.records(),
             plain.journal.records() - session.from, theirs.size(), equal);
  return equal ? 0 : 1;
}

// --- an engine with a journal, and without ---------------------------------------------------------------------------

struct AtEachChange final : Strategy {
  void on_start(Context& context) override { context.subscribe_book(0); }
  void on_book(Context& context, InstrumentIndex) override {
    const BookView& book = context.book(0);
    if (book.stale) return;
    context.submit({.side = Side::Buy, .time_in_force = TimeInForce::IOC, .quantity = {1}, .price = book.best_bid});
  }
};

/// A book whose middle goes up and down.
class Changes {
 public:
  explicit Changes(LiveFeed& feed) : feed_{feed} {
    for (std::int64_t level = 0; level < kLevels; ++level) batch_.levels.push_back({{middle_ - 1 - level}, {1'000}});
    for (std::int64_t level = 0; level < kLevels; ++level) batch_.levels.push_back({{middle_ + 2 + level}, {1'000}});
    send(kStart, MessageKind::Snapshot, kLevels);
  }
  void next(UnixNanos now) {
    const std::int64_t by = random_.below(2) == 0 ? -1 : 1;  // a level more on one side, a level less on the other
    batch_.levels = {{{by > 0 ? middle_ : middle_ - 1}, {by > 0 ? 1'000 : 0}},
                     {{by > 0 ? middle_ + 2 : middle_ + 1}, {by > 0 ? 0 : 1'000}}};
    middle_ += by;
    send(now, MessageKind::Depth, 1);
  }

 private:
  void send(UnixNanos now, MessageKind kind, std::int64_t levels) {
    ++update_;
    Message message{.receive_time = now,
                    .event_time = now,
                    .first_update_id = update_,
                    .final_update_id = update_,
                    .bids = static_cast<std::uint32_t>(levels),
                    .asks = static_cast<std::uint32_t>(levels)};
    message.kind = kind;
    batch_.messages.assign(1, message);
    feed_.market(0, batch_);
  }

  LiveFeed& feed_;
  Random random_{9};
  MessageBatch batch_;
  std::int64_t middle_ = 6'100'000, update_ = 0;
};

int run(std::uint64_t turns, const std::optional<fs::path>& folder) {
  LiveFeed feed{kMarket};
  LiveLink link;
  Engine engine{kMarket, feed.local_side(), link};
  Run& run = engine.add_run(std::make_unique<AtEachChange>(), {.configuration = "benchmark", .cash = kCash});
  Journal& journal = run.journal();
  std::unique_ptr<FileSync> sync;
  const fs::path file = folder ? *folder / "journal.stom" : fs::path{};
  if (folder) {
    fs::create_directories(*folder);
    fs::remove(file);
    must(journal.open(file));
    must(journal.hash_aside());  // as a session does
    sync = must(FileSync::open(file));
  }
  must(engine.start(kStart, kMinute));
  Changes changes{feed};
  UnixNanos now = kStart;
  const auto began = Steady::now();
  for (std::uint64_t turn = 0; turn < turns; ++turn) {
    now += kMillisecond;
    for (std::size_t i = 0; i < kChanges; ++i) changes.next(now);
    feed.poll(now);
    link.poll(now);
    engine.advance(now);
    if (sync) {
      must(journal.hand_over());
      sync->ask(now);
    }
    link.release();
    LiveLink::Command command;
    while (link.next(command))
      for (const auto kind : {OrderEventKind::Accepted, OrderEventKind::Expired})
        link.report({.kind = kind, .side = Side::Buy, .id = command.order.id, .time = now});
  }
  if (sync) {
    must(journal.hand_over());
    sync->ask(now);
    sync->wait();
    must(sync->status());
  }
  const std::string hash = journal.hash();  // of all of it: what a thread has not come to yet is worked out here
  const double seconds = seconds_since(began);
  std::uint64_t there = 0;
  if (folder) must(for_each_record(file, [&](const JournalRecord&) { ++there; }));
  fmt::print(
      "{{\"work\":\"run\",\"kept\":{},\"records\":{},\"bytes\":{},\"seconds\":{:.6f},\"hash\":\"{}\",\"equal\":{}}}\n",
      folder.has_value(), journal.records(), folder ? fs::file_size(file) : 0, seconds, hash,
      !folder || there == journal.records());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view work = argc > 1 ? argv[1] : "";
  const auto number = [&](int at) { return argc > at ? std::strtoull(argv[at], nullptr, 10) : 0; };
  if (work == "make" && argc >= 4 && number(3) >= 100)
    return make(argv[2], number(3), argc > 4 && std::string_view{argv[4]} == "killed");
  if (work == "read" && argc == 3) return read(argv[2]);
  if (work == "recover" && argc == 3) return recover(argv[2]);
  if (work == "check" && argc == 3) return check(argv[2]);
  if (work == "run" && argc >= 3 && number(2) > 0)
    return run(number(2), argc > 3 ? std::optional<fs::path>{argv[3]} : std::nullopt);
  std::fputs(
      "usage: journal_bench make FOLDER RECORDS [killed] | read DIR | recover DIR | check FOLDER | run TURNS "
      "[FOLDER]\n",
      stderr);
  return 2;
}
