#include "store/input_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <utility>

#include "core/assert.hpp"
#include "core/hash.hpp"

namespace stom::store {

namespace {

constexpr std::string_view kMagic = "STOMINP1", kExtension = ".input";
constexpr std::size_t kFrame = 8, kHead = 9;  // length and checksum; kind and number
constexpr std::size_t kMostBlock = 32u << 20;

enum BlockKind : std::uint8_t { kStart = 1, kTurnsOf = 2, kGap = 3, kEnd = 4 };

enum Column : std::uint8_t {
  // of turns
  kBefore,
  kNow,
  kCount,  // messages
  kAnswers,
  kActs,
  kMore,  // 1: the turn goes on in the next block
  // of messages
  kAbout,  // kind, flags, instrument
  kReceived,
  kUnderWay,
  kBids,
  kAsks,
  // of levels
  kTick,
  kQuantity,
  // of acts
  kActSize,
  kColumns,
};
constexpr std::array kTurnColumns{kBefore, kNow, kCount, kAnswers, kActs, kMore};
constexpr std::array kMessageColumns{kAbout, kReceived, kUnderWay, kBids, kAsks};

enum AboutBit : std::uint8_t { kSells = 16, kInAuction = 32, kReplaces = 64 };
constexpr int kInstrumentShift = 8;

std::int64_t wrapped(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

template <class T>
void put(std::vector<std::byte>& out, const T& value) {
  const auto at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

/// Little-endian fields off the front; `ok` turns false where they are too few.
struct Bytes {
  std::span<const std::byte> left;
  bool ok = true;

  template <class T>
  T take() {
    T value{};
    const auto bytes = run(sizeof value);
    if (ok) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> run(std::size_t size) {
    if (size > left.size()) ok = false;
    if (!ok) return {};
    const auto bytes = left.first(size);
    left = left.subspan(size);
    return bytes;
  }
};

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// By number.
std::map<std::uint64_t, std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::map<std::uint64_t, std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc{} && std::string_view{end} == kExtension) files.emplace(number, entry.path());
  }
  return files;
}

}  // namespace

struct InputBlock {
  std::array<std::vector<std::int64_t>, kColumns> columns;
  std::string acts;

  std::vector<std::int64_t>& operator[](Column column) { return columns[column]; }
  const std::vector<std::int64_t>& operator[](Column column) const { return columns[column]; }
  void clear() {
    for (auto& column : columns) column.clear();
    acts.clear();
  }
  /// Made once, and the room touched: nothing of it comes to be later.
  void make_room() {
    for (std::size_t i = 0; i < kColumns; ++i)
      columns[i].resize(i <= kMore     ? InputRecorder::kTurns
                        : i <= kAsks   ? InputRecorder::kMessages
                        : i < kActSize ? InputRecorder::kLevels
                                       : InputRecorder::kTurns);
    acts.resize(InputRecorder::kActBytes);
    clear();
  }
};

// --- recorder --------------------------------------------------------------------------------------------------------

InputRecorder::InputRecorder(std::filesystem::path folder, InputOptions options)
    : folder_{std::move(folder)}, options_{options}, filled_{options.blocks + 1}, spare_{options.blocks + 1} {
  for (std::size_t i = 0; i < options.blocks; ++i) {
    auto block = std::make_unique<InputBlock>();
    block->make_room();
    const bool pushed = spare_.try_push(std::move(block));
    STOM_ASSERT(pushed);
  }
  const bool popped = spare_.try_pop(current_);
  STOM_ASSERT(popped);
}
InputRecorder::~InputRecorder() = default;

Result<std::unique_ptr<InputRecorder>> InputRecorder::open(const std::filesystem::path& folder, std::string_view start,
                                                           InputOptions options) {
  if (auto made = make_folders(folder); !made) return std::unexpected(made.error());
  std::unique_ptr<InputRecorder> recorder{new InputRecorder{folder, options}};
  if (const auto files = files_in(folder); !files.empty()) recorder->file_number_ = files.rbegin()->first;
  if (auto begun = recorder->begin_file(); !begun) return std::unexpected(begun.error());
  if (auto written = recorder->append(kStart, std::as_bytes(std::span{start})); !written)
    return std::unexpected(written.error());
  return recorder;
}

void InputRecorder::turn(UnixNanos before, UnixNanos now) {
  if (!current_) return;
  if ((*current_)[kNow].size() == kTurns) hand_over(now);
  if (!current_) return;
  InputBlock& block = *current_;
  if (since_ == kNever) since_ = now;
  block[kBefore].push_back(before);
  block[kNow].push_back(now);
  for (const Column zero : {kCount, kAnswers, kActs, kMore}) block[zero].push_back(0);
}

void InputRecorder::market(const FeedMessage& message) {
  if (!current_) return;
  const std::size_t levels = message.bids + std::size_t{message.asks};
  if ((*current_)[kAbout].size() == kMessages || (*current_)[kTick].size() + levels > kLevels) {
    const UnixNanos before = (*current_)[kBefore].back(), now = (*current_)[kNow].back();
    (*current_)[kMore].back() = 1;
    if (levels > kLevels) return break_off(now);  // no venue's book is as long
    hand_over(now);
    turn(before, now);
    if (!current_) return;
  }
  InputBlock& block = *current_;
  ++block[kCount].back();
  block[kAbout].push_back(static_cast<std::int64_t>(message.kind) | (message.sell_aggressor ? kSells : 0) |
                          (message.auction ? kInAuction : 0) | (message.replaces_book ? kReplaces : 0) |
                          std::int64_t{message.instrument} << kInstrumentShift);
  block[kReceived].push_back(message.local_time);
  block[kUnderWay].push_back(wrapped(message.local_time, message.exchange_time));
  block[kBids].push_back(message.bids);
  block[kAsks].push_back(message.asks);
  for (std::size_t i = 0; i < levels; ++i) {
    block[kTick].push_back(message.first[i].tick);
    block[kQuantity].push_back(message.first[i].quantity);
  }
}

void InputRecorder::answers(std::size_t count) {
  if (current_) (*current_)[kAnswers].back() += static_cast<std::int64_t>(count);
}

void InputRecorder::act(std::string_view text) {
  if (!current_) return;
  if ((*current_)[kActSize].size() == kTurns || current_->acts.size() + text.size() > kActBytes) {
    const UnixNanos before = (*current_)[kBefore].back(), now = (*current_)[kNow].back();
    (*current_)[kMore].back() = 1;
    if (text.size() > kActBytes) return break_off(now);
    hand_over(now);
    turn(before, now);
    if (!current_) return;
  }
  ++(*current_)[kActs].back();
  (*current_)[kActSize].push_back(static_cast<std::int64_t>(text.size()));
  current_->acts += text;
}

void InputRecorder::break_off(UnixNanos now) {
  if (!current_) return;
  hand_over(now);
  current_.reset();
  broken_at_.store(std::min(now, broken_at()), std::memory_order_relaxed);
}

void InputRecorder::on_time(UnixNanos now) {
  if (since_ != kNever && now - since_ >= options_.flush_every) hand_over(now);
}

void InputRecorder::hand_over(UnixNanos now) {
  if (!current_ || (*current_)[kNow].empty()) return;
  since_ = kNever;
  const bool pushed = filled_.try_push(std::move(current_));
  STOM_ASSERT(pushed);  // as many places as there are blocks
  current_.reset();
  if (!spare_.try_pop(current_)) broken_at_.store(now, std::memory_order_relaxed);
}

Result<void> InputRecorder::begin_file() {
  ++file_number_;
  if (file_.is_open())
    if (auto done = file_.sync(); !done) return done;
  auto file = File::create(folder_ / fmt::format("{:06}{}", file_number_, kExtension));
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  at_ = kMagic.size();
  return file_.write(0, std::as_bytes(std::span{kMagic}));
}

Result<void> InputRecorder::append(std::uint8_t kind, std::span<const std::byte> payload) {
  if (!status_) return status_;
  if (at_ >= options_.file_bytes) status_ = begin_file();
  if (!status_) return status_;
  frame_.clear();
  put(frame_, static_cast<std::uint32_t>(kHead + payload.size()));
  put(frame_, std::uint32_t{0});
  put(frame_, kind);
  put(frame_, block_number_);
  frame_.insert(frame_.end(), payload.begin(), payload.end());
  const std::uint32_t crc = crc32c(std::span{frame_}.subspan(kFrame));
  std::memcpy(frame_.data() + 4, &crc, 4);
  status_ = file_.write(at_, frame_);
  if (!status_) {
    (void)file_.truncate(at_);  // where even that fails the reader finds a block that is not whole
    return status_;
  }
  at_ += frame_.size();
  ++block_number_;
  return {};
}

Result<void> InputRecorder::write() {
  BlockPointer block;
  while (filled_.try_pop(block)) {
    packed_.clear();
    for (const auto& column : block->columns) {
      put(packed_, static_cast<std::uint32_t>(column.size()));
      const std::size_t size_at = packed_.size();
      put(packed_, std::uint32_t{0});
      if (!column.empty()) encoder_.encode(column, packed_);
      const auto size = static_cast<std::uint32_t>(packed_.size() - size_at - 4);
      std::memcpy(packed_.data() + size_at, &size, 4);
    }
    const auto acts = std::as_bytes(std::span{block->acts});
    packed_.insert(packed_.end(), acts.begin(), acts.end());
    (void)append(kTurnsOf, packed_);
    block->clear();
    const bool pushed = spare_.try_push(std::move(block));
    STOM_ASSERT(pushed);
  }
  return status_;
}

Result<void> InputRecorder::finish(bool ended) {
  if (current_ && !(*current_)[kNow].empty()) {
    const bool pushed = filled_.try_push(std::move(current_));
    STOM_ASSERT(pushed);
  }
  (void)write();
  if (broken_at() != kNever) {
    const UnixNanos at = broken_at();
    (void)append(kGap, std::as_bytes(std::span{&at, 1}));
  } else if (ended) {
    (void)append(kEnd, {});
  }
  if (status_) status_ = file_.sync();
  return status_;
}

// --- reader ----------------------------------------------------------------------------------------------------------

struct InputReader::State {
  std::filesystem::path folder;
  std::map<std::uint64_t, std::filesystem::path> files;  // that are not read yet
  std::string start, why;
  InputEnd end = InputEnd::Torn;
  bool ended = false;

  File file;
  std::uint64_t last_file = 0, at = 0, size = 0, next_block = 0;
  std::vector<std::byte> frame;

  ColumnDecoder decoder;
  InputBlock block;
  std::size_t turn = 0, message = 0, level = 0, act = 0, act_at = 0;  // of the block: the next ones
  std::vector<FeedLevel> levels, levels_before;                       // of the turn at hand, of the one before
  std::vector<std::size_t> level_starts;

  bool stop(InputEnd how, std::string reason = {}) {
    ended = true;
    end = how;
    why = std::move(reason);
    return false;
  }

  Result<bool> open_next_file() {
    if (files.empty()) return stop(InputEnd::Torn, "it ends without an end");
    const auto [number, path] = *files.begin();
    files.erase(files.begin());
    if (number != last_file + 1) return stop(InputEnd::Torn, fmt::format("{} follows no file", path.string()));
    last_file = number;
    auto opened = File::open_read(path);
    if (!opened) return std::unexpected(opened.error());
    file = std::move(*opened);
    auto bytes = file.size();
    if (!bytes) return std::unexpected(bytes.error());
    size = *bytes;
    std::array<std::byte, kMagic.size()> magic{};
    auto got = file.read(0, magic);
    if (!got) return std::unexpected(got.error());
    if (*got < magic.size()) return stop(InputEnd::Torn, fmt::format("{} is cut short", path.string()));
    const std::string begins = text_of(magic);
    if (!std::string_view{begins}.starts_with(kMagic.substr(0, 7)))
      return fail(Errc::BadData, fmt::format("{} is no input of a session", path.string()),
                  "the folder input/ of a session holds nothing else");
    if (begins != kMagic)
      return fail(Errc::Newer, fmt::format("{} was written by another version (format {})", path.string(), begins[7]),
                  "update stom");
    at = kMagic.size();
    return true;
  }

  /// The payload of the next whole block, whatever file it is in; its kind.
  Result<bool> next_block_of(std::uint8_t& kind, std::span<const std::byte>& payload) {
    while (at == size) {
      auto opened = open_next_file();
      if (!opened || !*opened) return opened;
    }
    const auto torn = [&](std::string_view what) {
      return stop(InputEnd::Torn, fmt::format("{}: {} at byte {}", file.path().string(), what, at));
    };
    std::array<std::byte, kFrame> head{};
    auto got = file.read(at, head);
    if (!got) return std::unexpected(got.error());
    Bytes fields{head};
    const auto length = fields.take<std::uint32_t>(), crc = fields.take<std::uint32_t>();
    if (*got < head.size() || length < kHead || length > kMostBlock || length > size - at - kFrame)
      return torn("a block that is not whole");
    frame.resize(length);
    got = file.read(at + kFrame, frame);
    if (!got) return std::unexpected(got.error());
    if (*got < length || crc32c(frame) != crc) return torn("a block with a wrong checksum");
    Bytes body{frame};
    kind = body.take<std::uint8_t>();
    const auto number = body.take<std::uint64_t>();
    if (kind == kStart) next_block = 0;
    if (number != next_block) return torn("a block that does not follow the one before it");
    ++next_block;
    at += kFrame + length;
    payload = body.left;
    return true;
  }

  bool unpack(std::span<const std::byte> payload) {
    Bytes bytes{payload};
    for (auto& column : block.columns) {
      const auto count = bytes.take<std::uint32_t>(), packed = bytes.take<std::uint32_t>();
      const auto encoded = bytes.run(packed);
      if (!bytes.ok || count > InputRecorder::kLevels || (count == 0 && packed != 0)) return false;
      column.resize(count);
      if (count > 0 && !decoder.decode(encoded, column)) return false;
    }
    block.acts = text_of(bytes.left);
    turn = message = level = act = act_at = 0;
    return is_sound();
  }

  /// Nothing in it leads outside of it.
  bool is_sound() const {
    const auto alike = [&](const auto& columns) {
      return std::ranges::all_of(columns, [&](Column c) { return block[c].size() == block[columns[0]].size(); });
    };
    const auto sum = [&](Column column, std::size_t most) -> std::optional<std::size_t> {
      std::size_t total = 0;
      for (const std::int64_t value : block[column]) {
        if (value < 0 || static_cast<std::uint64_t>(value) > most - total) return std::nullopt;
        total += static_cast<std::size_t>(value);
      }
      return total;
    };
    const auto is_sum = [&](Column column, std::size_t of) { return sum(column, of) == of; };
    const std::size_t all_levels = block[kTick].size();
    const auto bids = sum(kBids, all_levels), asks = sum(kAsks, all_levels);
    if (!alike(kTurnColumns) || !alike(kMessageColumns) || !bids || !asks) return false;
    const auto one_level = [&](std::size_t i) {
      const auto kind = static_cast<FeedKind>(block[kAbout][i] & 15);
      return kind == FeedKind::Trade || kind == FeedKind::Quote || kind == FeedKind::Mark;
    };
    for (std::size_t i = 0; i < block[kAbout].size(); ++i) {
      const std::int64_t about = block[kAbout][i];
      const auto kind = static_cast<FeedKind>(about & 15);
      if (about < 0 || about >> kInstrumentShift > std::int64_t{0xffffff} || kind > FeedKind::Gap ||
          kind == FeedKind::Bar)
        return false;
      if (one_level(i) && block[kBids][i] + block[kAsks][i] < (kind == FeedKind::Trade ? 1 : 2)) return false;
    }
    return all_levels == block[kQuantity].size() && *bids + *asks == all_levels &&
           is_sum(kCount, block[kAbout].size()) && is_sum(kActs, block[kActSize].size()) &&
           is_sum(kActSize, block.acts.size()) &&
           std::ranges::all_of(block[kAnswers], [](std::int64_t n) { return n >= 0; });
  }

  /// The block's next turn onto `into`; whether it goes on in the next block.
  bool take_turn(InputTurn& into) {
    into.before = block[kBefore][turn];
    into.now = block[kNow][turn];
    into.answers += static_cast<std::uint64_t>(block[kAnswers][turn]);
    for (std::int64_t n = block[kCount][turn]; n > 0; --n, ++message) {
      const std::int64_t about = block[kAbout][message];
      level_starts.push_back(levels.size());
      into.messages.push_back({.exchange_time = wrapped(block[kReceived][message], block[kUnderWay][message]),
                               .local_time = block[kReceived][message],
                               .first = nullptr,
                               .bids = static_cast<std::uint32_t>(block[kBids][message]),
                               .asks = static_cast<std::uint32_t>(block[kAsks][message]),
                               .instrument = static_cast<InstrumentIndex>(about >> kInstrumentShift),
                               .slot = 0,
                               .kind = static_cast<FeedKind>(about & 15),
                               .sell_aggressor = (about & kSells) != 0,
                               .auction = (about & kInAuction) != 0,
                               .replaces_book = (about & kReplaces) != 0});
      for (std::int64_t l = block[kBids][message] + block[kAsks][message]; l > 0; --l, ++level)
        levels.push_back({block[kTick][level], block[kQuantity][level]});
    }
    for (std::int64_t n = block[kActs][turn]; n > 0; --n, ++act) {
      const auto length = static_cast<std::size_t>(block[kActSize][act]);
      into.acts.push_back(block.acts.substr(act_at, length));
      act_at += length;
    }
    return block[kMore][turn++] != 0;
  }

  Result<bool> next(InputTurn& into) {
    into = {};
    levels.swap(levels_before);
    levels.clear();
    level_starts.clear();
    for (bool more = true; more;) {
      while (turn == block[kNow].size()) {
        if (ended) return false;
        std::uint8_t kind = 0;
        std::span<const std::byte> payload;
        auto got = next_block_of(kind, payload);
        if (!got || !*got) return got;
        if (kind == kEnd) return stop(InputEnd::Whole);
        if (kind == kGap) return stop(InputEnd::Gap);
        if (kind == kStart) return stop(InputEnd::Restart);
        if (kind != kTurnsOf || !unpack(payload)) {
          block.clear();
          turn = 0;
          return stop(InputEnd::Torn, fmt::format("{}: a block that cannot be read", file.path().string()));
        }
      }
      more = take_turn(into);
    }
    for (std::size_t i = 0; i < into.messages.size(); ++i) into.messages[i].first = levels.data() + level_starts[i];
    return true;
  }
};

InputReader::InputReader(std::unique_ptr<State> state) : state_{std::move(state)} {}
InputReader::InputReader(InputReader&&) noexcept = default;
InputReader& InputReader::operator=(InputReader&&) noexcept = default;
InputReader::~InputReader() = default;

Result<InputReader> InputReader::open(const std::filesystem::path& folder) {
  auto state = std::make_unique<State>();
  state->folder = folder;
  state->files = files_in(folder);
  if (state->files.empty())
    return fail(Errc::NotFound, fmt::format("no input of the session in {}", folder.string()),
                "it was deleted, or the session was begun with --no-record");
  if (const auto first = state->files.begin()->first; first != 1)
    return fail(Errc::NotFound, fmt::format("the input in {} was deleted up to its file {:06}", folder.string(), first),
                "a session is run again from its beginning: only its journal is left");
  std::uint8_t kind = 0;
  std::span<const std::byte> payload;
  auto got = state->next_block_of(kind, payload);
  if (!got) return std::unexpected(got.error());
  if (!*got || kind != kStart)
    return fail(Errc::BadData, fmt::format("the input in {} has no beginning: {}", folder.string(), state->why),
                "the session cannot be run again; its journal says what it did");
  state->start = text_of(payload);
  return InputReader{std::move(state)};
}

const std::string& InputReader::start() const { return state_->start; }
Result<bool> InputReader::next(InputTurn& turn) { return state_->next(turn); }
InputEnd InputReader::end() const { return state_->end; }
const std::string& InputReader::why() const { return state_->why; }

}  // namespace stom::store
