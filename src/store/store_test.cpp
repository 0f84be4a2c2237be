// What a trader relies on: what was received comes back, in order; what was acknowledged survives; an import is there
// wholly or not at all; damage is noticed.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/random.hpp"
#include "core/simd.hpp"
#include "store/bar_store.hpp"
#include "store/bitpack.hpp"
#include "store/catalogue.hpp"
#include "store/check.hpp"
#include "store/codec.hpp"
#include "store/data_folder.hpp"
#include "store/remove.hpp"
#include "store/segment.hpp"
#include "store/tick_reader.hpp"
#include "store/tick_writer.hpp"
#include "store/trade_scan.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

constexpr UnixNanos kStart = 1'723'161'255'000'000'000;  // 2024-08-08 23:54:15

// A fresh folder per test, removed at its end.
class Store : public ::testing::Test {
 protected:
  Store() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    // Memory, where there is any to be had: these tests sync thousands of times.
    const fs::path memory = "/dev/shm";
    home_ = (::access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path()) /
            ("stom_store_" + std::string{info->name()} + "_" + std::to_string(::getpid()));
    fs::remove_all(home_);
  }
  ~Store() override { fs::remove_all(home_); }

  DataFolder writable() {
    auto folder = DataFolder::open(home_, OpenMode::Write);
    EXPECT_TRUE(folder) << folder.error().message;
    return std::move(*folder);
  }

  static Instrument btc() {
    Instrument i;
    i.id = "binance-usdm:BTCUSDT";
    i.base = "BTC";
    i.quote = "USDT";
    i.kind = ContractKind::Linear;
    i.price_decimals = 1;
    i.quantity_decimals = 3;
    i.ladder = {{Price{0}, Price{1}}};
    return i;
  }

  fs::path home_;
};

// Messages as a venue sends them: all kinds mixed, times that jitter, sizes that are skewed, now and then nonsense.
MessageBatch random_messages(std::uint64_t seed, std::size_t count, UnixNanos start = kStart) {
  Random random{seed};
  MessageBatch batch;
  UnixNanos now = start;
  std::int64_t id = 5'123'107'832'006;
  std::int64_t price = 618'002;
  for (std::size_t i = 0; i < count; ++i) {
    Message m;
    now += static_cast<std::int64_t>(random.below(20'000'000));
    m.receive_time = random.below(50) == 0 ? now - 3'000'000 : now;
    m.event_time = (now + 1'272'000'000) / kMillisecond * kMillisecond;
    m.transaction_time =
        random.below(9) == 0 ? kNoTime : m.event_time - static_cast<std::int64_t>(random.below(5)) * kMillisecond;
    m.kind = static_cast<MessageKind>(random.below(100) == 0 ? 1 : random.below(2) == 0 ? 0 : 2 + random.below(3));
    m.first_update_id = id;
    m.final_update_id = id + static_cast<std::int64_t>(random.below(500));
    m.previous_update_id = id - 1;
    id = m.final_update_id + 1;
    m.flags = static_cast<std::uint8_t>(random.below(2));
    switch (m.kind) {
      case MessageKind::Depth:
        m.bids = static_cast<std::uint32_t>(random.below(40));
        m.asks = static_cast<std::uint32_t>(random.below(40));
        break;
      case MessageKind::Snapshot:
        m.bids = m.asks = 500;
        break;
      case MessageKind::Trade:
        m.bids = 1;
        break;
      default:
        m.bids = m.asks = 1;
    }
    m.first_level = static_cast<std::uint32_t>(batch.levels.size());
    for (std::uint32_t l = 0; l < m.levels(); ++l) {
      price += static_cast<std::int64_t>(random.below(21)) - 10;
      std::int64_t quantity = static_cast<std::int64_t>(random.next() >> (40 + random.below(24)));
      if (random.below(3) == 0) quantity = 0;
      if (random.below(5000) == 0) quantity = std::numeric_limits<std::int64_t>::min() + 7;
      batch.levels.push_back({Price{price}, Quantity{quantity}});
    }
    batch.messages.push_back(m);
  }
  return batch;
}

// Everything a reader gives, as one batch.
MessageBatch read_all(TickReader& reader) {
  MessageBatch all;
  MessageBatch some;
  while (true) {
    const auto more = reader.next(some);
    EXPECT_TRUE(more) << more.error().message;
    if (!more || !*more) return all;
    for (Message m : some.messages) {
      const std::span<const Level> levels{some.levels.data() + m.first_level, m.levels()};
      m.first_level = static_cast<std::uint32_t>(all.levels.size());
      all.levels.insert(all.levels.end(), levels.begin(), levels.end());
      all.messages.push_back(m);
    }
  }
}

MessageBatch read_all(const DataFolder& folder, const std::string& instrument, const TickQuery& query = {}) {
  auto reader = TickReader::open(folder, instrument, query);
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? read_all(*reader) : MessageBatch{};
}

// The first `count` messages of a batch.
MessageBatch head_of(const MessageBatch& batch, std::size_t count) {
  MessageBatch head;
  head.messages.assign(batch.messages.begin(), batch.messages.begin() + static_cast<std::ptrdiff_t>(count));
  const std::size_t levels = count == 0 ? 0 : head.messages.back().first_level + head.messages.back().levels();
  head.levels.assign(batch.levels.begin(), batch.levels.begin() + static_cast<std::ptrdiff_t>(levels));
  return head;
}

std::vector<char> bytes_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void write_bytes(const fs::path& path, const std::vector<char>& bytes, std::size_t count) {
  std::ofstream out{path, std::ios::binary | std::ios::trunc};
  out.write(bytes.data(), static_cast<std::streamsize>(count));
}

ImportRecord record_of(const std::string& digest) {
  ImportRecord record;
  record.instrument = "binance-usdm:BTCUSDT";
  record.sources = {{"capture.jsonl.gz", digest}};
  record.options = "tick=0.1 lot=0.001";
  record.answer = R"({"lines":3})";
  record.time = kStart;
  return record;
}

// ------------------------------------------------------------------------------------------------- columns

std::vector<std::int64_t> random_column(Random& random, std::size_t count) {
  std::vector<std::int64_t> values(count);
  const auto shape = random.below(8);
  const int width = static_cast<int>(random.below(65));
  std::int64_t walk = static_cast<std::int64_t>(random.next() >> random.below(64));
  for (auto& v : values) {
    const std::uint64_t draw = width == 0 ? 0 : random.next() >> (64 - width);
    switch (shape) {
      case 0:
        v = static_cast<std::int64_t>(draw);
        break;
      case 1:
        v = random.below(3) == 0 ? static_cast<std::int64_t>(draw) : 7;
        break;
      case 2:
        v = random.below(100) == 0 ? static_cast<std::int64_t>(random.next()) : static_cast<std::int64_t>(draw & 15);
        break;
      case 3:
        v = walk = static_cast<std::int64_t>(static_cast<std::uint64_t>(walk) + (draw & 1023) - 512);
        break;
      case 4:
        v = walk = static_cast<std::int64_t>(static_cast<std::uint64_t>(walk) + 1'000'000 * (draw & 7));
        break;
      case 5:
        v = random.below(2) == 0 ? kNoTime : kNever;
        break;
      case 6:
        v = walk += 3;
        break;
      default:
        v = 1000 * static_cast<std::int64_t>(draw & 0xFFFF) - 5;
        break;
    }
  }
  return values;
}

TEST(Column, EveryColumnComesBackExactlyWithAndWithoutAvx2) {
  ColumnEncoder encoder;
  ColumnDecoder decoder;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random{seed};
    const auto values = random_column(random, random.below(20) == 0 ? random.below(5000) : random.below(700));
    std::vector<std::byte> bytes[2];
    for (const bool simd : {false, true}) {
      set_simd_enabled(simd);
      encoder.encode(values, bytes[simd]);
    }
    ASSERT_EQ(bytes[0], bytes[1]) << "seed " << seed;
    for (const bool simd : {false, true}) {
      set_simd_enabled(simd);
      std::vector<std::int64_t> back(values.size(), 99);
      ASSERT_TRUE(decoder.decode(bytes[0], back)) << "seed " << seed;
      ASSERT_EQ(back, values) << "seed " << seed;
    }
  }
}

TEST(Column, HostileBytesAreRefusedOrReadWithoutHarm) {
  ColumnEncoder encoder;
  ColumnDecoder decoder;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random{seed};
    const auto values = random_column(random, 1 + random.below(600));
    std::vector<std::byte> bytes;
    encoder.encode(values, bytes);
    for (int hits = 0; hits < 3; ++hits)
      bytes[random.below(bytes.size())] ^= static_cast<std::byte>(1 + random.below(255));
    bytes.resize(random.below(2) == 0 ? bytes.size() : random.below(bytes.size()));
    std::vector<std::int64_t> back(values.size());
    decoder.decode(bytes, back);
  }
}

TEST(Column, SteadyClocksAndIdsCostNextToNothing) {
  std::vector<std::int64_t> ids(10'000);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = 4'000'000'000 + static_cast<std::int64_t>(i);
  std::vector<std::byte> bytes;
  ColumnEncoder{}.encode(ids, bytes);
  EXPECT_LT(bytes.size(), 32u);
}

TEST(Products, SumOfPriceTimesQuantityIsTheSameOnEveryCpu) {
  Random random{5};
  std::vector<std::int64_t> p(1003), q(1003), f(1003);
  for (std::size_t i = 0; i < p.size(); ++i) {
    p[i] = static_cast<std::int64_t>(random.below(1u << 31));
    q[i] = static_cast<std::int64_t>(random.below(1u << 20));
    f[i] = static_cast<std::int64_t>(random.below(8));
  }
  set_simd_enabled(false);
  const auto slow = sum_products(p.data(), q.data(), f.data(), p.size());
  set_simd_enabled(true);
  const auto fast = sum_products(p.data(), q.data(), f.data(), p.size());
  EXPECT_EQ(slow.all, fast.all);
  EXPECT_EQ(slow.sell, fast.sell);
}

// ------------------------------------------------------------------------------------------------- recording

TEST_F(Store, MessagesComeBackAsReceivedInOrderAcrossKinds) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    fs::remove_all(home_);
    auto folder = writable();
    const auto sent = random_messages(seed, seed == 1 ? 60'000 : 3000);
    auto writer = TickWriter::open(folder, btc());
    ASSERT_TRUE(writer);
    Random random{seed};
    for (const Message& m : sent.messages) {
      ASSERT_TRUE(writer->append(m, {sent.levels.data() + m.first_level, m.levels()}));
      if (random.below(700) == 0) {
        ASSERT_TRUE(writer->commit());
      }
    }
    ASSERT_TRUE(writer->commit());
    const auto back = read_all(folder, btc().id);
    ASSERT_EQ(back.messages, sent.messages) << "seed " << seed;
    ASSERT_EQ(back.levels, sent.levels) << "seed " << seed;
  }
}

TEST_F(Store, ARecordingGoesOnAfterARestartAndOverMidnight) {
  const auto sent = random_messages(7, 4000, kStart + 340 * kSecond);  // 23:59:55, so most lie in the next day
  for (std::size_t at = 0; at < sent.messages.size();) {
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    ASSERT_TRUE(writer);
    for (std::size_t n = 0; n < 1000; ++n, ++at) {
      const Message& m = sent.messages[at];
      ASSERT_TRUE(writer->append(m, {sent.levels.data() + m.first_level, m.levels()}));
    }
    ASSERT_TRUE(writer->commit());
  }
  auto folder = DataFolder::open(home_, OpenMode::Read);
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->tick_files(btc().id).size(), 2u);
  const auto back = read_all(*folder, btc().id);
  EXPECT_EQ(back.messages, sent.messages);
  EXPECT_EQ(back.levels, sent.levels);
  const auto sets = folder->catalogue().tick_sets(btc().id);
  ASSERT_TRUE(sets);
  EXPECT_EQ((*sets)[0].messages() + (*sets)[1].messages(), sent.messages.size());
}

TEST_F(Store, AQueryGivesExactlyTheMessagesOfItsTimesAndKinds) {
  auto folder = writable();
  const auto sent = random_messages(3, 5000);
  auto writer = TickWriter::open(folder, btc());
  ASSERT_TRUE(writer->append(sent));
  ASSERT_TRUE(writer->commit());
  const TickQuery query{kStart + 5 * kSecond, kStart + 20 * kSecond,
                        kind_bit(MessageKind::Trade) | kind_bit(MessageKind::Depth)};
  std::vector<UnixNanos> expected;
  for (const Message& m : sent.messages)
    if (m.receive_time >= query.from && m.receive_time < query.to &&
        (m.kind == MessageKind::Trade || m.kind == MessageKind::Depth))
      expected.push_back(m.receive_time);
  std::vector<UnixNanos> got;
  for (const Message& m : read_all(folder, btc().id, query).messages) got.push_back(m.receive_time);
  EXPECT_EQ(got, expected);
}

TEST_F(Store, BoundsOfWhatRemainsAreNeverTooNarrow) {
  auto folder = writable();
  const auto sent = random_messages(4, 20'000);
  auto writer = TickWriter::open(folder, btc());
  ASSERT_TRUE(writer->append(sent));
  ASSERT_TRUE(writer->commit());
  auto reader = TickReader::open(folder, btc().id);
  ASSERT_TRUE(reader);
  MessageBatch batch;
  std::size_t at = 0;
  while (true) {
    const TimeBounds bounds = reader->remaining();
    for (std::size_t i = at; i < sent.messages.size(); i += 97) {
      ASSERT_GE(sent.messages[i].receive_time, bounds.min_receive);
      ASSERT_LE(sent.messages[i].receive_time, bounds.max_receive);
      ASSERT_GE(sent.messages[i].venue_time(), bounds.min_venue);
      ASSERT_LE(sent.messages[i].venue_time(), bounds.max_venue);
    }
    if (!*reader->next(batch)) break;
    at += batch.messages.size();
    EXPECT_EQ(reader->position(), at);
  }
  EXPECT_EQ(at, sent.messages.size());
  EXPECT_EQ(reader->remaining().min_receive, kNever);
}

TEST_F(Store, ReadingGoesOnFromAnyPosition) {
  auto folder = writable();
  const auto sent = random_messages(6, 9000);
  auto writer = TickWriter::open(folder, btc());
  ASSERT_TRUE(writer->append(sent));
  ASSERT_TRUE(writer->commit());
  for (const std::uint64_t cut : {0u, 1u, 4095u, 4096u, 7777u, 9000u, 9999u}) {
    auto reader = TickReader::open(folder, btc().id);
    ASSERT_TRUE(reader->skip(cut));
    const auto rest = read_all(*reader);
    const std::size_t from = std::min<std::size_t>(cut, sent.messages.size());
    ASSERT_EQ(rest.messages.size(), sent.messages.size() - from);
    for (std::size_t i = 0; i < rest.messages.size(); ++i)
      ASSERT_EQ(rest.messages[i].first_update_id, sent.messages[from + i].first_update_id);
  }
}

TEST_F(Store, AMessageWithoutAnyTimeIsRefused) {
  auto folder = writable();
  auto writer = TickWriter::open(folder, btc());
  const auto refused = writer->append(Message{.bids = 1, .kind = MessageKind::Trade}, std::vector<Level>(1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::BadData);
}

// ------------------------------------------------------------------------------------------------- crashes

TEST_F(Store, NothingAcknowledgedIsLostWhereverTheFileIsCut) {
  const auto sent = random_messages(11, 60);
  struct Acknowledged {
    std::size_t bytes;
    std::size_t messages;
  };
  std::vector<Acknowledged> commits{{0, 0}};
  fs::path file;
  {
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    for (std::size_t i = 0; i < sent.messages.size(); ++i) {
      const Message& m = sent.messages[i];
      ASSERT_TRUE(writer->append(m, {sent.levels.data() + m.first_level, m.levels()}));
      if (i % 20 != 19) continue;
      ASSERT_TRUE(writer->commit());
      file = folder.tick_files(btc().id)[0].path;
      commits.push_back({fs::file_size(file), i + 1});
    }
  }
  const auto whole = bytes_of(file);
  const auto next = random_messages(12, 3, kStart + 60 * kSecond);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const auto& last =
        *std::prev(std::find_if(commits.begin(), commits.end(), [&](const auto& c) { return c.bytes > cut; }));
    write_bytes(file, whole, cut);
    auto reader = SegmentReader::open(file);
    ASSERT_TRUE(reader) << "cut at " << cut << ": " << reader.error().message;
    std::uint64_t messages = 0;
    for (const auto count : reader->committed().counts) messages += count;
    ASSERT_EQ(messages, last.messages) << "cut at " << cut;
    if (cut % 37 != 0 && cut + 150 < whole.size()) continue;  // reopening is slower: at some cuts, and at all late ones
    {
      auto folder = writable();
      auto writer = TickWriter::open(folder, btc());
      ASSERT_TRUE(writer->append(next));
      ASSERT_TRUE(writer->commit());
      const auto back = read_all(folder, btc().id);
      ASSERT_EQ(back.messages.size(), last.messages + next.messages.size()) << "cut at " << cut;
      const auto kept = head_of(back, last.messages);
      const auto expected = head_of(sent, last.messages);
      ASSERT_EQ(kept.messages, expected.messages) << "cut at " << cut;
      ASSERT_EQ(kept.levels, expected.levels) << "cut at " << cut;
    }
  }
}

TEST_F(Store, EveryFlippedBitOfAcknowledgedDataIsNoticed) {
  const auto sent = random_messages(13, 9);
  fs::path file;
  {
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    ASSERT_TRUE(writer->append(sent));
    ASSERT_TRUE(writer->commit());
    file = folder.tick_files(btc().id)[0].path;
  }
  auto bytes = bytes_of(file);
  std::size_t padding = 0;
  const auto folder = DataFolder::open(home_, OpenMode::Read);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    write_bytes(file, bytes, bytes.size());
    auto reader = TickReader::open(*folder, btc().id);
    bool noticed = !reader;
    MessageBatch batch;
    std::size_t messages = 0;
    while (!noticed) {
      const auto more = reader->next(batch);
      noticed = !more;
      if (noticed || !*more) break;
      messages += batch.messages.size();
    }
    // Nothing is wrong where the bit lies in the filling between blocks.
    padding += !noticed && messages == sent.messages.size();
    ASSERT_TRUE(noticed || messages == sent.messages.size()) << "bit " << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_LE(padding, 5u * 7 * 8);
}

TEST_F(Store, AWriterRefusesToCutDamageOutOfAcknowledgedData) {
  const auto sent = random_messages(14, 100);
  fs::path file;
  {
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(writer->append(sent));
      ASSERT_TRUE(writer->commit());
    }
    file = folder.tick_files(btc().id)[0].path;
  }
  auto bytes = bytes_of(file);
  bytes[70] = static_cast<char>(bytes[70] ^ 4);  // in the first block's header
  write_bytes(file, bytes, bytes.size());
  auto folder = writable();
  auto writer = TickWriter::open(folder, btc());
  const auto refused = writer->append(sent);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::BadData);
  EXPECT_EQ(bytes_of(file).size(), bytes.size());
}

TEST_F(Store, AFileOfANewerVersionIsRefusedByName) {
  fs::path file;
  {
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    ASSERT_TRUE(writer->append(random_messages(1, 3)));
    ASSERT_TRUE(writer->commit());
    file = folder.tick_files(btc().id)[0].path;
  }
  auto bytes = bytes_of(file);
  bytes[8] = kFormatVersion + 1;
  write_bytes(file, bytes, bytes.size());
  const auto reader = SegmentReader::open(file);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code, Errc::Newer);
  EXPECT_NE(reader.error().message.find("format 2"), std::string::npos);
}

TEST_F(Store, ASecondWriterIsToldWhoHoldsTheFolder) {
  auto folder = writable();
  const auto second = DataFolder::open(home_, OpenMode::Write);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::Locked);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  EXPECT_TRUE(DataFolder::open(home_, OpenMode::Read)) << "readers are many";
}

TEST_F(Store, AReaderOfAnEmptyFolderIsToldWhereDataComesFrom) {
  const auto folder = DataFolder::open(home_, OpenMode::Read);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Errc::NotFound);
  EXPECT_FALSE(folder.error().hint.empty());
}

// ------------------------------------------------------------------------------------------------- imports

TEST_F(Store, AnImportIsThereWhollyOrNotAtAll) {
  const auto sent = random_messages(21, 3000, kStart + 340 * kSecond);
  auto folder = writable();
  {
    auto import = Import::begin(folder);
    auto ticks = import->ticks(btc());
    ASSERT_TRUE(import->append(*ticks, sent));
    EXPECT_TRUE(folder.tick_files(btc().id).empty()) << "nothing is visible before the commit";
  }
  EXPECT_TRUE(folder.tick_files(btc().id).empty()) << "an import that was given up leaves nothing";
  auto import = Import::begin(folder);
  auto ticks = import->ticks(btc());
  ASSERT_TRUE(import->append(*ticks, sent));
  const auto id = import->commit(record_of("aa"));
  ASSERT_TRUE(id) << id.error().message;
  const auto back = read_all(folder, btc().id);
  EXPECT_EQ(back.messages, sent.messages);
  EXPECT_EQ(back.levels, sent.levels);
}

TEST_F(Store, TheSameImportIsRecognised) {
  auto folder = writable();
  auto import = Import::begin(folder);
  auto ticks = import->ticks(btc());
  ASSERT_TRUE(import->append(*ticks, random_messages(22, 10)));
  ASSERT_TRUE(import->commit(record_of("aa")));
  const auto record = record_of("aa");
  const auto again = folder.catalogue().find_import(record.instrument, record.sources, record.options);
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->answer, record.answer);
  EXPECT_FALSE(*folder.catalogue().find_import(record.instrument, {{"capture.jsonl.gz", "bb"}}, record.options));
  EXPECT_FALSE(*folder.catalogue().find_import(record.instrument, record.sources, "tick=0.01"));
}

// Kills an importing process at a given number of written bytes, by the limit on file size.
TEST_F(Store, AFullDiskLeavesTheStoreAsBeforeAndSaysSo) {
  const auto before = random_messages(31, 500);
  const auto sent = random_messages(32, 20'000);
  {
    auto folder = writable();
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), before));
    ASSERT_TRUE(import->commit(record_of("aa")));
  }
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto folder = DataFolder::open(home_, OpenMode::Write);
    auto import = Import::begin(*folder);
    auto ticks = import->ticks(btc());
    auto done = import->append(*ticks, sent);
    if (done) {
      const auto id = import->commit(record_of("bb"));
      if (!id) done = std::unexpected(id.error());
    }
    const bool clear = !done && done.error().code == Errc::Io && !done.error().hint.empty();
    import->rollback();
    ::_exit(clear ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the error was not clear";
  auto folder = writable();
  EXPECT_EQ(read_all(folder, btc().id).messages, before.messages);
  EXPECT_EQ(folder.catalogue().imports()->size(), 1u);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator{home_ / "ticks"}) files += entry.is_regular_file();
  EXPECT_EQ(files, 1u);
}

TEST_F(Store, AnImportKilledBeforeItsCommitLeavesNothingBehind) {
  const auto sent = random_messages(33, 20'000);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto folder = DataFolder::open(home_, OpenMode::Write);
    auto import = Import::begin(*folder);
    (void)import->append(*import->ticks(btc()), sent);
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  auto folder = writable();  // the lock of a dead process is free
  EXPECT_TRUE(folder.tick_files(btc().id).empty());
  for (const auto& entry : fs::recursive_directory_iterator{home_ / "ticks"})
    EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST_F(Store, AnImportKilledAfterItsCommitIsFinishedByTheNextToOpen) {
  const auto sent = random_messages(34, 100);
  fs::path file;
  {
    auto folder = writable();
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), sent));
    ASSERT_TRUE(import->commit(record_of("aa")));
    // As it is between the catalogue's commit and the rename.
    file = folder.tick_files(btc().id)[0].path;
    fs::path part = file;
    part += ".part";
    fs::rename(file, part);
    ASSERT_TRUE(folder.catalogue().publish(record_of("bb"), {}, {}, {}, {fs::relative(file, home_).string()}));
  }
  auto folder = DataFolder::open(home_, OpenMode::Read);
  ASSERT_TRUE(folder);
  EXPECT_EQ(read_all(*folder, btc().id).messages, sent.messages);
  EXPECT_TRUE(folder->catalogue().pending()->empty());
}

TEST_F(Store, TwoImportsOfADayAreMergedByTimeAndKeepTheirOwnOrder) {
  auto folder = writable();
  const auto first = random_messages(41, 800);
  const auto second = random_messages(42, 900);
  for (const auto* batch : {&first, &second}) {
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), *batch));
    ASSERT_TRUE(import->commit(record_of(batch == &first ? "aa" : "bb")));
  }
  EXPECT_EQ(folder.tick_files(btc().id).size(), 2u);
  const auto back = read_all(folder, btc().id);
  ASSERT_EQ(back.messages.size(), first.messages.size() + second.messages.size());
  // Each part's messages, in its own order; the receive times of the whole ascend but for jitter inside a part.
  std::size_t a = 0;
  std::size_t b = 0;
  UnixNanos clock = 0;
  for (const Message& m : back.messages) {
    if (a < first.messages.size() && m.receive_time == first.messages[a].receive_time)
      ++a;
    else if (b < second.messages.size() && m.receive_time == second.messages[b].receive_time)
      ++b;
    else
      FAIL() << "a message that is next in neither part";
    EXPECT_GE(m.receive_time, clock - 23 * kMillisecond);
    clock = std::max(clock, m.receive_time);
  }
}

TEST_F(Store, FilesKeepTheirDecimalsAndReadersGiveThoseOfTheInstrument) {
  auto folder = writable();
  Message trade{.receive_time = kStart, .bids = 1, .kind = MessageKind::Trade};
  auto coarse = Import::begin(folder);
  ASSERT_TRUE(coarse->append(*coarse->ticks(btc()), trade, std::vector<Level>{{Price{618'002}, Quantity{5}}}));
  ASSERT_TRUE(coarse->commit(record_of("aa")));
  Instrument finer = btc();
  finer.price_decimals = 2;
  finer.ladder = {{Price{0}, Price{1}}};
  trade.receive_time += kSecond;
  auto fine = Import::begin(folder);
  ASSERT_TRUE(fine->append(*fine->ticks(finer), trade, std::vector<Level>{{Price{6'180'025}, Quantity{6}}}));
  ASSERT_TRUE(fine->commit(record_of("bb")));
  auto reader = TickReader::open(folder, btc().id);
  EXPECT_EQ(reader->price_decimals(), 2);
  const auto back = read_all(*reader);
  ASSERT_EQ(back.levels.size(), 2u);
  EXPECT_EQ(back.levels[0].price.value, 6'180'020);
  EXPECT_EQ(back.levels[1].price.value, 6'180'025);
}

// ------------------------------------------------------------------------------------------------- trades, bars

TEST_F(Store, TurnoverBySideIsExact) {
  auto folder = writable();
  for (const std::int64_t size :
       {std::int64_t{1'000}, std::int64_t{4'000'000'000'000'000}}) {  // the second overflows 64 bits
    Random random{9};
    constexpr std::size_t kCount = 40'000;
    std::vector<UnixNanos> times(kCount);
    std::vector<std::int64_t> prices(kCount), quantities(kCount);
    std::vector<std::uint8_t> flags(kCount);
    Int128 bought = 0;
    Int128 sold = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      times[i] = kStart + static_cast<std::int64_t>(i) * 20 * kMillisecond;  // over midnight
      prices[i] = 618'000 + static_cast<std::int64_t>(random.below(100));
      quantities[i] = 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(size)));
      flags[i] = static_cast<std::uint8_t>(random.below(2));
      (flags[i] ? sold : bought) += static_cast<Int128>(prices[i]) * quantities[i];
    }
    Instrument instrument = btc();
    instrument.id = size == 1000 ? "test:SMALL" : "test:LARGE";
    auto writer = TickWriter::open(folder, instrument);
    ASSERT_TRUE(writer->append_trades({times, prices, quantities, flags}));
    ASSERT_TRUE(writer->commit());
    for (const bool simd : {false, true}) {
      set_simd_enabled(simd);
      const auto sum = turnover(folder, instrument.id);
      ASSERT_TRUE(sum) << sum.error().message;
      EXPECT_EQ(sum->trades, kCount);
      EXPECT_TRUE(sum->bought == bought && sum->sold == sold);
    }
    EXPECT_EQ(folder.tick_files(instrument.id).size(), 2u);
    const auto back = read_all(folder, instrument.id);
    ASSERT_EQ(back.messages.size(), kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(back.messages[i].venue_time(), times[i]);
      ASSERT_EQ(back.messages[i].receive_time, kNoTime);
      ASSERT_EQ(back.levels[i].price.value, prices[i]);
      ASSERT_EQ(back.levels[i].quantity.value, quantities[i]);
      ASSERT_EQ(back.messages[i].aggressor(), flags[i] ? Side::Sell : Side::Buy);
    }
  }
}

TEST_F(Store, BarsComeBackInOrderAndALaterImportCorrectsAnEarlierOne) {
  auto folder = writable();
  const BarSeries series{"us:GOOG", "1d", true};
  Instrument goog;
  goog.id = series.instrument;
  goog.price_decimals = 6;
  const auto bar = [](int day, std::int64_t close) {
    return Bar{start_of_day(day), Price{100}, Price{110}, Price{90}, Price{close}, Quantity{1'000}};
  };
  auto first = Import::begin(folder);
  auto handle = first->bars(goog, series);
  for (int day = 0; day < 20'000; ++day) ASSERT_TRUE(first->append(*handle, bar(day, 100 + day % 7)));
  EXPECT_FALSE(first->append(*handle, bar(19'999, 1))) << "bars ascend";
  ASSERT_TRUE(first->commit(record_of("aa")));
  auto second = Import::begin(folder);
  handle = second->bars(goog, series);
  for (int day = 19'990; day < 20'010; ++day) ASSERT_TRUE(second->append(*handle, bar(day, 200)));
  ASSERT_TRUE(second->commit(record_of("bb")));

  auto reader = BarReader::open(folder, series, start_of_day(5));
  ASSERT_TRUE(reader);
  std::vector<Bar> some;
  std::vector<Bar> all;
  while (*reader->next(some)) all.insert(all.end(), some.begin(), some.end());
  ASSERT_EQ(all.size(), 20'005u);
  for (int i = 0; i < 20'005; ++i)
    ASSERT_EQ(all[static_cast<std::size_t>(i)], bar(i + 5, i + 5 < 19'990 ? 100 + (i + 5) % 7 : 200));
  EXPECT_EQ(folder.bar_series(), std::vector{series});
  const BarSeries raw{"us:GOOG", "1d", false};
  EXPECT_FALSE(BarReader::open(folder, raw)) << "adjusted and not adjusted are different series";
}

TEST_F(Store, TheDataHashDependsOnWhatWasReceivedAndNotOnHowItWasStored) {
  const auto sent = random_messages(51, 2000);
  std::string hashes[2];
  for (const bool often : {false, true}) {
    fs::remove_all(home_);
    auto folder = writable();
    auto writer = TickWriter::open(folder, btc());
    for (std::size_t i = 0; i < sent.messages.size(); ++i) {
      const Message& m = sent.messages[i];
      ASSERT_TRUE(writer->append(m, {sent.levels.data() + m.first_level, m.levels()}));
      if (often && i % 50 == 0) {
        ASSERT_TRUE(writer->commit());
      }
    }
    ASSERT_TRUE(writer->commit());
    hashes[often] = *data_hash(folder, btc().id);
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  fs::remove_all(home_);
  auto folder = writable();
  auto changed = sent;
  changed.levels[77].quantity.value += 1;  // one lot
  auto writer = TickWriter::open(folder, btc());
  ASSERT_TRUE(writer->append(changed));
  ASSERT_TRUE(writer->commit());
  EXPECT_NE(*data_hash(folder, btc().id), hashes[0]);
}

// ------------------------------------------------------------------------------------------------- upkeep

TEST_F(Store, ACheckReadsEverythingAndReportsDamageAndGaps) {
  auto folder = writable();
  auto sent = random_messages(61, 300);
  std::int64_t id = 100;
  for (Message& m : sent.messages) {
    if (m.kind != MessageKind::Depth) continue;
    m.previous_update_id = id;
    m.first_update_id = id + 1;
    m.final_update_id = id += 10;
  }
  {
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), sent));
    ASSERT_TRUE(import->commit(record_of("aa")));
  }
  auto report = check(folder, "");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->messages, 300u);
  EXPECT_TRUE(report->findings.empty()) << report->findings[0].message;

  // One update never arrived, and nothing came on the day between.
  auto lossy = random_messages(62, 300, kStart + 2 * kDay);
  id = 100;
  for (Message& m : lossy.messages) {
    if (m.kind != MessageKind::Depth) continue;
    m.previous_update_id = id + (id == 200 ? 3 : 0);
    m.first_update_id = id + 1;
    m.final_update_id = id += 10;
  }
  {
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), lossy));
    ASSERT_TRUE(import->commit(record_of("bb")));
  }
  report = check(folder, btc().id);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->count(FindingKind::Gap), 2u);
  EXPECT_EQ(report->count(FindingKind::Damage), 0u);

  const auto file = folder.tick_files(btc().id)[0].path;
  auto bytes = bytes_of(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_bytes(file, bytes, bytes.size());
  fs::remove(folder.tick_files(btc().id)[1].path);
  report = check(folder, btc().id);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->count(FindingKind::Damage), 2u) << "a flipped bit, and a file that is gone";
}

// What was acknowledged is given, or it is said what is missing: never the rest as if it were all.
TEST_F(Store, ADayThatIsGoneCutOrAnotherDaysIsNotReadOver) {
  auto folder = writable();
  for (const int day : {0, 1}) {
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), random_messages(7 + day, 300, kStart + day * kDay)));
    ASSERT_TRUE(import->commit(record_of(day == 0 ? "aa" : "bb")));
  }
  const auto files = folder.tick_files(btc().id);
  ASSERT_EQ(files.size(), 2u);
  const auto opened = [&] { return TickReader::open(folder, btc().id, {}); };
  const auto bytes = bytes_of(files[1].path);
  write_bytes(files[1].path, bytes, bytes.size() - 1);
  ASSERT_FALSE(opened());
  EXPECT_NE(opened().error().message.find("the end is missing"), std::string::npos) << opened().error().message;
  EXPECT_TRUE(TickReader::open(folder, btc().id, {.to = start_of_day(day_of(kStart) + 1)})) << "the other day is whole";

  fs::remove(files[1].path);
  ASSERT_FALSE(opened());
  EXPECT_NE(opened().error().message.find("the file is gone; it held 300 rows"), std::string::npos)
      << opened().error().message;

  fs::copy_file(files[0].path, files[1].path);
  ASSERT_FALSE(opened());
  EXPECT_NE(opened().error().message.find("lies where ticks of"), std::string::npos) << opened().error().message;
  EXPECT_EQ(check(folder, "")->count(FindingKind::Damage), 1u);
  write_bytes(files[1].path, bytes, bytes.size());
  EXPECT_TRUE(opened());
}

TEST_F(Store, ADeletedDayCanBeImportedAgainAndNothingIsThereTwice) {
  auto folder = writable();
  const auto sent = random_messages(63, 3000, kStart + 340 * kSecond);
  const auto record = record_of("aa");
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(*folder.catalogue().find_import(record.instrument, record.sources, record.options))
        << "can be made again";
    auto import = Import::begin(folder);
    ASSERT_TRUE(import->append(*import->ticks(btc()), sent));
    ASSERT_TRUE(import->commit(record));
    EXPECT_TRUE(*folder.catalogue().find_import(record.instrument, record.sources, record.options));
    const auto files = folder.tick_files(btc().id);
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(read_all(folder, btc().id).messages, sent.messages);
    EXPECT_EQ(check(folder, "")->count(FindingKind::Damage), 0u);
    const auto first = plan_removal(folder, btc().id, files[0].day, files[0].day, {.ticks = true, .bars = true});
    ASSERT_TRUE(first);
    EXPECT_EQ(first->files, std::vector{files[0].path});
    ASSERT_TRUE(remove(folder, *first));
    EXPECT_EQ(folder.tick_files(btc().id).size(), 1u) << "the other day stays";
    if (round != 1) continue;
    ASSERT_TRUE(
        remove(folder, *plan_removal(folder, btc().id, files[1].day, files[1].day, {.ticks = true, .bars = true})));
    EXPECT_FALSE(plan_removal(folder, btc().id, files[0].day, files[1].day, {.ticks = true, .bars = true}))
        << "nothing is left to delete";
  }
}

TEST_F(Store, SplitsAndDividendsAreThereOnceAndAContradictionNamesBoth) {
  auto folder = writable();
  Catalogue& catalogue = folder.catalogue();
  const auto record = [](const char* file) {
    ImportRecord made = record_of(file);
    made.instrument = "us:GOOG";
    made.sources[0].name = file;
    return made;
  };
  const auto split = *parse_split(16'163, "1001:500");
  const auto dividend = *parse_dividend(19'884, "0.2");
  EXPECT_EQ(*catalogue.add_actions(record("a.csv"), {split}), 1u);
  EXPECT_EQ(*catalogue.add_actions(record("b.csv"), {split, dividend}), 1u) << "one is there already";
  EXPECT_EQ(*catalogue.add_actions(record("c.csv"), {dividend, split}), 0u);
  EXPECT_EQ(catalogue.imports()->size(), 2u) << "what changes nothing is no import";

  const auto other = catalogue.add_actions(record("d.csv"), {*parse_dividend(19'885, "1"), *parse_split(16'163, "2")});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message,
              testing::HasSubstr("the split of 2014-04-03 is 2:1 in d.csv, and 1001:500 in the store "
                                 "(from a.csv)"));
  ASSERT_EQ(catalogue.actions("us:GOOG")->size(), 2u) << "nothing of a refused import is there";
  EXPECT_EQ((*catalogue.actions())[0].action, split);
  EXPECT_EQ((*catalogue.actions())[1].action, dividend);
  EXPECT_TRUE(catalogue.actions("us:MSFT")->empty());

  const auto plan = plan_removal(folder, "us:GOOG", 19'000, 20'000, {.actions = true});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->actions, 1u);
  ASSERT_TRUE(remove(folder, *plan));
  EXPECT_EQ(catalogue.actions()->size(), 1u);
  EXPECT_EQ(catalogue.imports()->size(), 1u);
}

TEST_F(Store, AChangedActionInTheCatalogueIsNoticed) {
  {
    auto folder = writable();
    ASSERT_TRUE(folder.catalogue().add_actions(record_of("aa"), {*parse_split(16'163, "2:1")}));
    EXPECT_TRUE(check(folder, "")->findings.empty());
  }
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((home_ / "catalogue.sqlite").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "UPDATE corporate_action SET value = '3:1'", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  auto folder = writable();
  EXPECT_EQ(folder.catalogue().actions().error().code, Errc::BadData);
  const auto report = check(folder, "");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->count(FindingKind::Damage), 1u);
}

TEST_F(Store, ACatalogueOfAnEarlierVersionTakesSplitsToo) {
  {
    auto folder = writable();
  }
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((home_ / "catalogue.sqlite").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "DROP TABLE corporate_action; PRAGMA user_version = 2", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  auto folder = writable();
  EXPECT_EQ(*folder.catalogue().add_actions(record_of("aa"), {*parse_split(16'163, "2:1")}), 1u);
}

TEST_F(Store, TradesAsColumnsAndAsMessagesMixInOneRecording) {
  auto folder = writable();
  auto writer = TickWriter::open(folder, btc());
  const std::vector<UnixNanos> times{kStart, kStart + 1, kStart + 2};
  const std::vector<std::int64_t> prices{10, 11, 12};
  const std::vector<std::uint8_t> flags{0, 1, 0};
  const Message alone{.receive_time = kStart + 3,
                      .event_time = kStart + 2,
                      .first_update_id = 9,
                      .bids = 1,
                      .kind = MessageKind::Trade};
  ASSERT_TRUE(writer->append_trades({times, prices, prices, flags}));
  ASSERT_TRUE(writer->append(alone, std::vector<Level>{{Price{13}, Quantity{13}}}));
  ASSERT_TRUE(writer->append_trades({times, prices, prices, flags}));
  ASSERT_TRUE(writer->commit());
  const auto back = read_all(folder, btc().id);
  ASSERT_EQ(back.messages.size(), 7u);
  for (const std::size_t i : {0u, 1u, 2u, 4u, 5u, 6u}) {
    EXPECT_EQ(back.messages[i].receive_time, kNoTime);
    EXPECT_EQ(back.messages[i].transaction_time, times[i % 4]);
    EXPECT_EQ(back.levels[i].price.value, prices[i % 4]);
  }
  EXPECT_EQ(back.messages[3].receive_time, kStart + 3);
  EXPECT_EQ(back.messages[3].first_update_id, 9);
}

TEST_F(Store, NamesAreSafeForFileSystems) {
  for (const std::string name : {"KRW-BTC", "BTC/USD", "..", "a%2Fb", "비트코인", " x\n", "CON.TXT", ".hidden"}) {
    const auto escaped = escape_name(name);
    EXPECT_EQ(unescape_name(escaped), name);
    EXPECT_EQ(escaped.find('/'), std::string::npos);
    EXPECT_NE(escaped[0], '.');
  }
  EXPECT_FALSE(check_instrument_id("BTCUSDT"));
  EXPECT_FALSE(check_instrument_id(":BTCUSDT"));
  EXPECT_TRUE(check_instrument_id("upbit:KRW-BTC"));
  EXPECT_FALSE(check_bar_spec("../x"));
}

}  // namespace
}  // namespace stom::store
