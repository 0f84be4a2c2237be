// What is recorded imports; what cuts a recording costs its end and nothing else; no secret is in it.
#include "gateway/frame_recorder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "core/kept_memory.hpp"
#include "core/random.hpp"
#include "gateway/mask.hpp"
#include "importers/file_reader.hpp"
#include "importers/line_source.hpp"

namespace stom::gateway {
namespace {

namespace fs = std::filesystem;

constexpr UnixNanos kNoon = 1'723'161'254'206'652'067;

class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "stom_frames_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

std::vector<fs::path> files_of(const fs::path& folder, std::string_view name) {
  std::set<fs::path> found;
  for (const auto& entry : fs::directory_iterator{folder})
    if (entry.path().filename().string().find(name) != std::string::npos) found.insert(entry.path());
  return {found.begin(), found.end()};
}

/// The lines that an import would see; `whole` is false where the file is damaged.
std::vector<std::string> lines_of(const fs::path& file, bool* whole = nullptr) {
  std::vector<std::string> lines;
  if (whole) *whole = false;
  auto source = importers::LineSource::open(file);
  if (!source) return lines;
  std::string_view line;
  for (;;) {
    const auto more = source->next(line);
    if (!more) return lines;
    if (!*more) break;
    lines.emplace_back(line);
  }
  if (whole) *whole = true;
  return lines;
}

std::unique_ptr<FrameRecorder> recorder(const fs::path& folder, RecorderOptions options = {}) {
  options.folder = folder;
  options.venue = "binance-usdm";
  auto made = FrameRecorder::make(std::move(options));
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(FrameRecorder, TheFilesOfAnInstrumentAreFoundInTheirOrderAndNoOthers) {
  Folder folder;
  {
    auto record = recorder(folder.path, {.file_bytes = 1});
    record->name(0, "BTCUSDT");
    record->name(1, "BTCUSDT-240927");
    for (int i = 0; i < 12; ++i) {
      record->received("market", "{}", 0, kNoon + i);
      record->received("market", "{}", 1, kNoon + i);
      record->drain();
    }
  }
  const auto files = recorded_frames({folder.path}, "binance-usdm", "BTCUSDT");
  ASSERT_EQ(files.size(), 12U);
  for (std::size_t i = 0; i < files.size(); ++i)
    EXPECT_EQ(lines_of(files[i]).at(0).substr(0, 19), std::to_string(kNoon + static_cast<UnixNanos>(i)));
  EXPECT_EQ(recorded_frames({folder.path}, "binance-usdm", "BTCUSDT-240927").size(), 12U);
  EXPECT_TRUE(recorded_frames({folder.path}, "binance", "BTCUSDT").empty());
  EXPECT_TRUE(recorded_frames({folder.path / "nowhere"}, "binance-usdm", "BTCUSDT").empty());
}

TEST(FrameRecorder, AnInstrumentsFramesAreACaptureOfThatInstrument) {
  Folder folder;
  auto record = recorder(folder.path);
  record->name(3, "BTCUSDT");
  record->received("market", R"({"e":"trade","p":"1.0"})", 3, kNoon);
  record->received("market", R"({"result":null,"id":1})", std::nullopt, kNoon + 1);
  record->received("rest", "{\n  \"lastUpdateId\": 1,\r\n  \"bids\": []\n}\n", 3, kNoon + 2);
  record->sent("rest", "GET /fapi/v1/depth?symbol=BTCUSDT ", kNoon + 3);
  record.reset();
  const auto files = files_of(folder.path, "BTCUSDT");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].filename(), "binance-usdm-BTCUSDT-20240808T235414Z-1.jsonl.gz");
  EXPECT_EQ(lines_of(files[0]),
            (std::vector<std::string>{R"(1723161254206652067 {"e":"trade","p":"1.0"})",
                                      R"(1723161254206652069 {   "lastUpdateId": 1,    "bids": [] } )"}));
  const auto wire = files_of(folder.path, "wire");
  ASSERT_EQ(wire.size(), 1u);
  EXPECT_EQ(
      lines_of(wire[0]),
      (std::vector<std::string>{R"(1723161254206652068 {"in":"market","text":"{\"result\":null,\"id\":1}"})",
                                R"(1723161254206652070 {"out":"rest","text":"GET /fapi/v1/depth?symbol=BTCUSDT "})"}));
}

TEST(FrameRecorder, ARecordingImportsLikeAnyCapture) {
  Folder folder;
  auto record = recorder(folder.path);
  record->name(0, "BTCUSDT");
  record->received("rest",
                   R"({"lastUpdateId":10,"E":1723161254200,"T":1723161254200,
                       "bids":[["61800.1","2"],["61800.0","5"]],"asks":[["61800.2","1"]]})",
                   0, kNoon);
  record->received("market",
                   R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161254300,"T":1723161254299,)"
                   R"("s":"BTCUSDT","U":11,"u":12,"pu":10,"b":[["61800.1","0"]],"a":[]}})",
                   0, kNoon + 100 * kMillisecond);
  record->received("user", R"({"e":"ORDER_TRADE_UPDATE"})", std::nullopt, kNoon + 101 * kMillisecond);
  record.reset();
  auto reader = importers::open_reader(files_of(folder.path, "BTCUSDT").at(0),
                                       {.instrument = "binance-usdm:BTCUSDT", .format = {}, .columns = {}});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->format(), "capture");
  const auto watch = [](std::uint64_t, std::uint64_t) { return true; };
  const auto found = (*reader)->inspect({}, watch);
  ASSERT_TRUE(found) << found.error().message;
  importers::Rows rows;
  ASSERT_TRUE((*reader)->next(found->decimals, rows, watch));
  ASSERT_EQ(rows.messages.messages.size(), 2u);
  EXPECT_EQ(rows.messages.messages[0].kind, MessageKind::Snapshot);
  EXPECT_EQ(rows.messages.messages[0].receive_time, kNoon);
  EXPECT_EQ(rows.messages.messages[1].kind, MessageKind::Depth);
  EXPECT_EQ(rows.messages.messages[1].previous_update_id, 10);
}

TEST(FrameRecorder, BeginsANewFileBySizeAndByTime) {
  Folder folder;
  RecorderOptions options;
  options.file_bytes = 10'000;
  options.member_bytes = 1'000;
  options.file_age = kMinute;
  auto record = recorder(folder.path, options);
  record->name(0, "A");
  std::size_t lines = 0;
  for (int i = 0; i < 1'000; ++i, ++lines) record->received("market", fmt::format(R"({{"n":{}}})", i), 0, kNoon + i);
  record->received("market", R"({"n":"late"})", 0, kNoon + kHour);
  record.reset();
  const auto files = files_of(folder.path, "-A-");
  EXPECT_EQ(files.size(), 4u);  // 29 KB in three, and one by time
  std::set<std::string> all;
  for (const auto& file : files) {
    bool whole = false;
    for (const auto& line : lines_of(file, &whole)) EXPECT_TRUE(all.insert(line).second);
    EXPECT_TRUE(whole);
  }
  EXPECT_EQ(all.size(), lines + 1);
}

TEST(FrameRecorder, LinesReachTheDiskWithinASecond) {
  Folder folder;
  auto record = recorder(folder.path);
  EXPECT_EQ(record->next_due(), kNever);
  record->received("market", "{}", 0, kNoon);
  record->received("market", "{}", 0, kNoon + 10);
  EXPECT_EQ(record->next_due(), kNoon + kSecond);
  record->on_due(kNoon + kSecond);
  EXPECT_EQ(record->next_due(), kNever);
  record->drain();
  EXPECT_EQ(lines_of(files_of(folder.path, "instrument0").at(0)).size(), 2u);
}

// ---- what a kill leaves

constexpr std::size_t kSeries = 3;  // A, B and the wire take turns

/// Line `i` is received at that millisecond; this returns never.
void record_until_killed(const fs::path& folder, std::uint64_t& received) {
  RecorderOptions options;
  options.file_bytes = 300'000;
  options.member_bytes = 4'000;
  auto record = recorder(folder, options);
  record->name(0, "A");
  record->name(1, "B");
  for (std::uint64_t i = 0;; ++i) {
    const UnixNanos now = kNoon + static_cast<UnixNanos>(i) * kMillisecond;
    const std::string frame =
        fmt::format(R"({{"n":{},"x":"{}"}})", i, std::string(i % 97 == 0 ? 150'000 : i % 50, 'x'));
    const auto about = i % kSeries < 2 ? std::optional{static_cast<InstrumentIndex>(i % kSeries)} : std::nullopt;
    record->received("market", frame, about, now);
    std::atomic_ref{received}.store(i + 1);
    record->on_due(now);
    if (i % 1'000 == 500) record->drain();  // no line is left out
  }
}

/// All lines that were received are there, each once, in their order; of the one that may have been at hand no one
/// knows.
void expect_all(const std::vector<fs::path>& folders, std::uint64_t received, std::uint64_t seed) {
  constexpr std::string_view kNames[kSeries] = {"A", "B", "wire"};
  for (std::size_t series = 0; series < kSeries; ++series) {
    std::uint64_t next = series;
    for (const fs::path& file : recorded_frames(folders, "binance-usdm", kNames[series])) {
      bool whole = false;
      for (const std::string& line : lines_of(file, &whole)) {
        UnixNanos at = 0;
        std::from_chars(line.data(), line.data() + line.size(), at);
        ASSERT_EQ(static_cast<std::uint64_t>((at - kNoon) / kMillisecond), next)
            << kNames[series] << " in " << file << ", seed " << seed;
        ASSERT_TRUE(line.ends_with('}'));
        next += kSeries;
      }
      EXPECT_TRUE(whole) << file << ", seed " << seed;
    }
    EXPECT_GE(next, received) << kNames[series] << ", seed " << seed;
    EXPECT_LE(next, received + kSeries) << kNames[series] << ", seed " << seed;
  }
}

TEST(FrameRecorder, AKillAtAnyMomentCostsNoLineAndDoublesNone) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Folder folder, beside;
    const auto memory = KeptMemory::create(beside.path / "received", KeptMemory::kPage);
    ASSERT_TRUE(memory) << memory.error().message;
    auto& received = *reinterpret_cast<std::uint64_t*>(memory->bytes().data());
    const std::uint64_t enough = 1 + Random{seed}.below(4'000);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) record_until_killed(folder.path, received);
    while (std::atomic_ref{received}.load() < enough && ::waitpid(child, nullptr, WNOHANG) == 0)
      std::this_thread::yield();
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    const std::uint64_t count = received;
    // As who looks at it sees it, and changes nothing; then as the next recorder leaves it.
    const fs::path unpacked = beside.path / "unpacked";
    const auto left = unpack_left(folder.path, "binance-usdm", unpacked);
    ASSERT_TRUE(left) << left.error().message;
    ASSERT_NO_FATAL_FAILURE(expect_all({folder.path, unpacked}, count, seed));
    recorder(folder.path).reset();
    ASSERT_NO_FATAL_FAILURE(expect_all({folder.path}, count, seed));
    EXPECT_TRUE(files_of(folder.path, ".tail").empty());
  }
}

/// With a tail that is soon copied: a copy of the folder is what a kill leaves.
RecorderOptions small_tail() {
  RecorderOptions options;
  options.waiting_bytes = 1;
  return options;
}

TEST(FrameRecorder, OfALineThatAKillCutNothingCounts) {
  Folder folder, beside;
  const fs::path killed = beside.path / "killed", unpacked = beside.path / "unpacked";
  auto record = recorder(folder.path, small_tail());
  record->name(0, "A");
  record->received("market", R"({"n":1})", 0, kNoon);
  record->received("market", R"({"n":2})", 0, kNoon + 1);
  fs::copy(folder.path, killed);
  constexpr std::size_t kUsed = KeptMemory::kPage + 8;  // of the first slot
  std::size_t most = 0;
  for (std::uint64_t cut = 0; cut < 200; ++cut) {
    fs::remove_all(unpacked);
    std::fstream tail{killed / "binance-usdm.tail", std::ios::binary | std::ios::in | std::ios::out};
    tail.seekp(kUsed);
    tail.write(reinterpret_cast<const char*>(&cut), sizeof cut);
    tail.close();
    ASSERT_TRUE(unpack_left(killed, "binance-usdm", unpacked));
    std::vector<std::string> lines;
    for (const fs::path& file : recorded_frames({unpacked}, "binance-usdm", "A")) lines = lines_of(file);
    for (const std::string& line : lines) ASSERT_TRUE(line.ends_with("}")) << "cut at " << cut;
    ASSERT_GE(lines.size(), most) << "cut at " << cut;
    most = lines.size();
  }
  EXPECT_EQ(most, 2u);
}

// As an import does that is given names alone: what comes of it has no name of a file beside it.
TEST(FrameRecorder, WhatWasLeftInTheFolderAtHandTakesNoNameThatIsThere) {
  Folder folder, beside;
  const fs::path killed = beside.path / "killed", unpacked = beside.path / "unpacked", before = fs::current_path();
  auto record = recorder(folder.path, small_tail());
  record->name(0, "A");
  record->received("market", R"({"n":1})", 0, kNoon);
  record->drain();
  record->received("market", R"({"n":2})", 0, kNoon + 1);
  fs::copy(folder.path, killed);
  fs::current_path(killed);
  const auto left = unpack_left(fs::path{"binance-usdm.tail"}.parent_path(), "binance-usdm", unpacked);
  fs::current_path(before);
  ASSERT_TRUE(left);
  EXPECT_EQ(recorded_frames({killed, unpacked}, "binance-usdm", "A").size(), 2u);
}

TEST(FrameRecorder, WhoCannotBringToFilesWhatWasLeftSaysSoAndLosesNothing) {
  Folder folder, beside;
  const fs::path killed = beside.path / "killed";
  auto record = recorder(folder.path, small_tail());
  record->name(0, "A");
  for (int i = 0; i < 30; ++i) record->received("market", fmt::format(R"({{"n":{}}})", i), 0, kNoon + i);
  fs::copy(folder.path, killed);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 10;  // as if the disk had no more
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = FrameRecorder::make({.folder = killed, .venue = "binance-usdm", .secrets = {}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("cannot write"), std::string::npos) << made.error().message;
  EXPECT_FALSE(made.error().hint.empty());
  recorder(killed).reset();
  std::vector<std::string> lines;
  for (const fs::path& file : recorded_frames({killed}, "binance-usdm", "A"))
    for (auto& line : lines_of(file)) lines.push_back(std::move(line));
  EXPECT_EQ(lines.size(), 30u);
}

TEST(FrameRecorder, ADiskThatHasNoRoomForWhatWaitsIsSaidAtTheStart) {
  Folder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1'000'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto made = FrameRecorder::make({.folder = folder.path, .venue = "binance-usdm", .secrets = {}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("binance-usdm.tail"), std::string::npos) << made.error().message;
  EXPECT_TRUE(files_of(folder.path, "binance").empty()) << "nothing is left of it";
}

TEST(FrameRecorder, WhatWaitsIsItsOwnersAloneAndHoldsNoSecret) {
  Folder folder;
  RecorderOptions options = small_tail();
  options.secrets = {"hunter2"};
  auto record = recorder(folder.path, options);
  record->received("rest", R"({"listenKey":"pqia91ma19a5s61cv6a81va65sdf19v8a65a1","mine":"hunter2"})", std::nullopt,
                   kNoon);
  const fs::path tail = files_of(folder.path, ".tail").at(0);
  EXPECT_EQ(fs::status(tail).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::ifstream in{tail, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_NE(bytes.find("listenKey"), std::string::npos);
  EXPECT_EQ(bytes.find("pqia91"), std::string::npos);
  EXPECT_EQ(bytes.find("hunter2"), std::string::npos);
}

TEST(FrameRecorder, MoreThanHasRoomIsLeftOutAndCounted) {
  Folder folder;
  auto record = recorder(folder.path, small_tail());
  record->name(0, "A");
  const std::string huge(std::size_t{3} << 20, 'x');
  record->received("market", "{}", 0, kNoon);
  record->received("market", huge, 0, kNoon + 1);
  record->received("market", R"({"after":1})", 0, kNoon + 2);
  record->drain();
  const auto counts = record->counts();
  EXPECT_EQ(counts.lines, 3u);
  EXPECT_EQ(counts.lost, 1u);
  EXPECT_NE(counts.trouble.find("too slow"), std::string::npos) << counts.trouble;
  record.reset();
  EXPECT_EQ(lines_of(files_of(folder.path, "-A-").at(0)).size(), 2u);
}

TEST(FrameRecorder, WhatTurnsOutToBeOfNoOneIsAmongAllElseAlone) {
  Folder folder;
  auto record = recorder(folder.path);
  record->name(0, "A");
  record->received("market", R"({"of":"several"})", 0, kNoon);
  record->is_of_no_one("market", R"({"of":"several"})", kNoon);
  record->received("market", R"({"of":"A"})", 0, kNoon + 1);
  record.reset();
  EXPECT_EQ(lines_of(files_of(folder.path, "-A-").at(0)),
            (std::vector<std::string>{R"(1723161254206652068 {"of":"A"})"}));
  EXPECT_EQ(lines_of(files_of(folder.path, "wire").at(0)),
            (std::vector<std::string>{R"(1723161254206652067 {"in":"market","text":"{\"of\":\"several\"}"})"}));
}

TEST(FrameRecorder, CutAtAnyByteTheFileReadsUpToItsLastWholeLine) {
  Folder folder;
  RecorderOptions options;
  options.member_bytes = 200;
  auto record = recorder(folder.path, options);
  record->name(0, "A");
  for (int i = 0; i < 60; ++i)
    record->received("market", fmt::format(R"({{"u":{},"x":{}}})", i * 977, i * i * 31), 0, kNoon + i);
  record.reset();
  const auto file = files_of(folder.path, "-A-").at(0);
  const auto all = lines_of(file);
  ASSERT_EQ(all.size(), 60u);
  std::ifstream in{file, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  std::size_t most = 0;
  for (std::size_t cut = 2; cut <= bytes.size(); ++cut) {  // one byte alone is of no format that is known
    const auto part = folder.path / "cut.gz";
    std::ofstream{part, std::ios::binary} << bytes.substr(0, cut);
    const auto lines = lines_of(part);
    ASSERT_LE(lines.size(), all.size());
    for (std::size_t i = 0; i < lines.size(); ++i) ASSERT_EQ(lines[i], all[i]) << "cut at " << cut;
    ASSERT_GE(lines.size(), most) << "cut at " << cut;  // a byte more is never a line less
    most = lines.size();
  }
  EXPECT_EQ(most, 60u);
}

TEST(FrameRecorder, AFullDiskCostsLinesThatAreCountedAndLeavesWholeFiles) {
  Folder folder;
  RecorderOptions options;
  options.member_bytes = 4'000;
  auto record = recorder(folder.path, options);
  record->name(0, "A");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  Random random{1};
  const auto noise = [&] {  // does not pack well
    std::string text;
    for (int i = 0; i < 40; ++i) text += fmt::format("{:016x}", random.next());
    return text;
  };
  record->received("market", noise(), 0, kNoon);
  record->drain();
  rlimit small = before;
  small.rlim_cur = 5'000;  // as if the disk had no more
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (int i = 1; i <= 40; ++i) record->received("market", noise(), 0, kNoon + i);
  record->drain();
  const auto counts = record->counts();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);  // room again
  record->received("market", R"({"after":1})", 0, kNoon + 100);
  record->drain();
  EXPECT_GT(counts.lost, 0u);
  EXPECT_NE(counts.trouble.find("cannot write"), std::string::npos) << counts.trouble;
  bool whole = false;
  const auto lines = lines_of(files_of(folder.path, "-A-").at(0), &whole);
  EXPECT_TRUE(whole);
  EXPECT_EQ(lines.size() + counts.lost, 42u);
  EXPECT_TRUE(lines.back().ends_with(R"({"after":1})"));
}

TEST(FrameRecorder, AFolderThatCannotBeWrittenIsSaidAtTheStart) {
  const auto made = FrameRecorder::make({.folder = "/proc/stom", .venue = "x"});
  ASSERT_FALSE(made);
  EXPECT_FALSE(made.error().hint.empty());
}

std::string masked(std::string_view text, std::vector<std::string> known = {}) {
  std::string out;
  append_masked(out, text, known);
  return out;
}

TEST(Mask, SecretsAreMaskedWhereverVenuesPutThem) {
  EXPECT_EQ(masked("POST /api/v3/order?symbol=BTCUSDT&timestamp=1&signature=c8db56825ae71d6d79447849e617115f"),
            "POST /api/v3/order?symbol=BTCUSDT&timestamp=1&signature=***");
  EXPECT_EQ(masked(R"({"listenKey":"pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"})"),
            R"({"listenKey":"***"})");
  EXPECT_EQ(masked("open /ws/pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"), "open /ws/***");
  EXPECT_EQ(masked(R"({"id":1,"params":{"apiKey":"vmPUZE6m","symbol":"BTCUSDT","signature":"ab"}})"),
            R"({"id":1,"params":{"apiKey":"***","symbol":"BTCUSDT","signature":"***"}})");
  EXPECT_EQ(masked(R"({"token_type":"bearer","token":"WQJCwyqInph","expires_dt":"20241107"})"),
            R"({"token_type":"bearer","token":"***","expires_dt":"20241107"})");
  EXPECT_EQ(masked(R"({"grant_type":"client_credentials","appkey":"AxserEsdc","secretkey":"SEefdcwc"})"),
            R"({"grant_type":"client_credentials","appkey":"***","secretkey":"***"})");
  EXPECT_EQ(masked("X-MBX-APIKEY: abc\r\nauthorization: Bearer eyJhbGciOi.eyJhY2Nl.c2ln\r\nHost: a"),
            "X-MBX-APIKEY: ***\r\nauthorization: ***\r\nHost: a");
  EXPECT_EQ(masked(R"("{\"trnm\":\"LOGIN\",\"token\":\"abc\",\"x\":1}")"),
            R"("{\"trnm\":\"LOGIN\",\"token\":\"***\",\"x\":1}")");
  EXPECT_EQ(masked("my key is hunter2!", {"hunter2"}), "my key is ***!");
}

// By its looks, wherever it stands: nobody has said what it is.
TEST(Mask, AKeyOfAnyVenuesShapeIsMaskedInAnyPlace) {
  const std::string_view keys[] = {
      "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",  // Binance: a key, or a secret of HMAC
      "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",  // a signature of HMAC
      "MC4CAQAwBQYDK2VwBCIEIKc5Vx1kZ8mQ2fJr7TtWb0yNhL3sGdUaEoPqXiYj9RvC",  // a private key of Ed25519
      "MC4CAQAwBQYDK2VwBCIEIKc5Vx1kZ8m%2FQ2fJr7Tt%2BWb0yNhL3sGdUaEo%3D",   // the same in a URL
      "eyJhY2Nlc3Nfa2V5IjoieHh4Iiwibm9uY2UiOiI2ZjVkYzcifQ",                // what a JWT of Upbit says
      "WQJCwyqInphKnR3bSRtB9NE1lvabcdefghijklmnopq",                       // Kiwoom: a key, 43 letters
      "WQJC_yqInphKn-3bSRtB9NE1lv_bcdefg-ijklmnopq",                       // the same with separators
  };
  const std::vector<std::string> folders{"/srv/stom/a-market-maker-of-two-venues-that-has-run-since-last-november"};
  for (const std::string_view key : keys)
    for (const auto& [before, behind] :
         std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                          {"the venue says: ", " is not valid"},
                                                          {"GET https://example.org/ws/", "?timestamp=1"},
                                                          {"GET /v1/orders?key=", "&x=1"},
                                                          {"eyJhbGciOiJIUzI1NiJ9.", ".c2ln"},
                                                          {folders[0] + "/", "/journal.stom"},
                                                          {folders[0] + " ", ""},
                                                          {folders[0] + "-", ""},
                                                          {"", folders[0]},
                                                          {R"({"k":")", R"("})"}}) {
      const std::string text = before + std::string{key} + behind;
      std::string out;
      append_masked(out, text, {}, folders);
      EXPECT_EQ(out.find(key), std::string::npos) << text;
      EXPECT_EQ(out.find(key.substr(0, 20)), std::string::npos) << text;
      EXPECT_EQ(out.find(key.substr(key.size() - 20)), std::string::npos) << text;
    }
}

TEST(Mask, AKeyOfUpbitIsMaskedByItsName) {
  // 40 letters: no longer than an id may be.
  const std::string key = "1cKXuRGxQ4hD9xxxxx0qvKpTz2WnYb7sLmEoFj5a";
  EXPECT_EQ(masked(R"({"access_key":")" + key + R"(","expire_at":"2027"})"),
            R"({"access_key":"***","expire_at":"2027"})");
  EXPECT_EQ(masked("secret_key=" + key), "secret_key=***");
}

TEST(Mask, APathThatIsKnownStaysWholeAndNothingThatIsLikeIt) {
  const std::string name = "a-market-maker-of-two-venues-that-has-run-since-last-november";
  const std::vector<std::string> folders{"/srv/my own." + name + "/" + name + "2"}, known{"hunter2"};
  const auto shown = [&](const std::string& text) {
    std::string out;
    append_masked(out, text, known, folders);
    return out;
  };
  for (const std::string& text :
       {folders[0], "--session " + folders[0] + " releases it", folders[0] + "/journal.stom.cut", name,
        "cd '../" + name + "'", "file://" + name + "/", "(" + name + "2)"})
    EXPECT_EQ(shown(text), text);
  EXPECT_EQ(shown(name + "3"), "***");
  EXPECT_EQ(shown("x" + name), "***");
  EXPECT_EQ(shown(name + name), "***");
  EXPECT_EQ(shown(name + "%2F" + name), "***");
  EXPECT_EQ(shown(name.substr(1)), "***");
  EXPECT_EQ(shown("token=" + name), "token=***") << "what is named as a secret is one";
  EXPECT_EQ(shown("/hunter2/" + name), "/***/" + name);
  EXPECT_EQ(masked(name), "***") << "where nobody knows it";
}

TEST(Mask, OfTwoKnownSecretsThatBeginAlikeTheLongerOneIsMasked) {
  EXPECT_EQ(masked("abc-def", {"abc", "abc-def"}), "***");
  EXPECT_EQ(masked("abc-def abc", {"abc-def", "abc"}), "*** ***");
}

// Somebody has named a folder as a key is: what is known to be a secret is one.
TEST(Mask, AKnownSecretIsMaskedAlsoInAPathThatIsKnown) {
  const std::string key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  const std::vector<std::string> folders{"/srv/" + key}, known{key};
  std::string out;
  append_masked(out, "--session /srv/" + key + " releases it", known, folders);
  EXPECT_EQ(out, "--session /srv/*** releases it");
}

TEST(Mask, WhatIsNoSecretStays) {
  for (const char* text :
       {R"({"e":"trade","s":"BTCUSDT","t":123456789012345,"p":"0.001"})", R"({"tokens":3,"signatures":[]})",
        "GET /fapi/v1/depth?symbol=BTCUSDT&limit=1000 ", R"({"clientOrderId":"x-8a2b6e9c0d1f4a5b8c7d6e5f4a3b2c1d"})",
        "open /stream?streams=btcusdt@depth@0ms/ethusdt@depth@0ms/solusdt@depth@0ms/xrpusdt@depth@0ms", ""})
    EXPECT_EQ(masked(text), text);
}

// A name that the disk does not take is a file that cannot be written, and no end of the session.
TEST(FrameRecorder, ANameThatIsTooLongCostsItsLinesAlone) {
  Folder folder;
  auto record = recorder(folder.path);
  record->name(0, std::string(300, 'A'));
  record->received("market", "{}", 0, kNoon);
  record->received("market", "{}", std::nullopt, kNoon + 1);
  record->drain();
  const auto counts = record->counts();
  EXPECT_EQ(counts.lines, 2u);
  EXPECT_EQ(counts.lost, 1u);
  EXPECT_NE(counts.trouble.find("cannot write"), std::string::npos) << counts.trouble;
}

TEST(Mask, NoKnownSecretIsLeftInAnyText) {
  const std::vector<std::string> known{"s3cr3t"};
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    Random random{seed};
    constexpr std::string_view kParts[] = {"s3cr3t", "\"", ":", "=",     "signature", "&",
                                           "\\",     " ",  "a", "token", "s3cr",      "\n"};
    std::string text;
    for (int i = 0; i < 12; ++i) text += kParts[random.below(std::size(kParts))];
    EXPECT_EQ(masked(text, known).find("s3cr3t"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace stom::gateway
