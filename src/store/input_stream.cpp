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

/// 2: who enters the watch list and who leaves it is among the messages. Who reads 1 alone would take a block with them
/// for damaged, and says by the number that it is too old. All that is in 1 is in 2 as it was.
constexpr std::string_view kMagic = "STOMINP2", kMagicBefore = "STOMINP1", kExtension = ".input";
constexpr std::size_t kFrame = 8, kHead = 9;                         // length and checksum; kind and number
constexpr std::size_t kMostBlock = 32u << 20, kMostRows = 1u << 17;  // what a reader makes room for
// A block is written once it has so many.
constexpr std::size_t kTurns = 1024, kMessages = 4096, kLevels = 16'384;
constexpr std::size_t kLongTurn = 2048;  // what a turn that fills a block may add before that is written

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

/// What follows in a piece.
enum Tag : std::uint8_t { kTurn, kMarket, kAnswersCame, kAct, kTurnEnds };

/// Numbers near 0 are small, whatever their sign.
std::uint64_t folded(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unfolded(std::uint64_t value) { return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1)); }
std::int64_t sum_of(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t wrapped(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

template <class T>
void put_fixed(std::vector<std::byte>& out, const T& value) {
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

/// The same of a piece, that this program has written.
struct Numbers {
  std::span<const std::byte> left;

  std::uint64_t take() {
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<std::uint64_t>(left.front());
      left = left.subspan(1);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  std::int64_t signed_one() { return unfolded(take()); }
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

  /// Touched, as a piece is: what a block usually holds takes memory from the beginning, not once the market is busy.
  InputBlock() {
    const auto touch = [this](std::span<const Column> some, std::size_t rows) {
      for (const Column column : some) columns[column].resize(rows);
    };
    touch(kTurnColumns, kTurns);
    touch(kMessageColumns, kMessages + kLongTurn);
    touch(std::array{kTick, kQuantity}, kLevels + kLongTurn);
    clear();
  }
  std::vector<std::int64_t>& operator[](Column column) { return columns[column]; }
  const std::vector<std::int64_t>& operator[](Column column) const { return columns[column]; }
  void clear() {
    for (auto& column : columns) column.clear();
    acts.clear();
  }
};

/// A part of the stream of numbers and texts that the engine thread writes.
struct InputPiece {
  std::vector<std::byte> bytes = std::vector<std::byte>(std::size_t{64} << 10);  // touched: nothing comes to be later
  std::size_t used = 0;
  std::size_t whole = 0;  // so many of them end a turn
};

// --- recorder --------------------------------------------------------------------------------------------------------

InputRecorder::InputRecorder(std::filesystem::path folder, InputOptions options)
    : folder_{std::move(folder)},
      options_{options},
      filled_{options.pieces + 1},
      spare_{options.pieces + 1},
      block_{std::make_unique<InputBlock>()} {
  for (std::size_t i = 0; i < options.pieces; ++i) {
    const bool pushed = spare_.try_push(std::make_unique<InputPiece>());
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

// Engine thread

/// Goes on in the next piece. False: none is free.
bool InputRecorder::make_room() {
  PiecePointer next;
  const bool free = spare_.try_pop(next);
  const bool pushed = filled_.try_push(std::move(current_));
  STOM_ASSERT(pushed);  // as many places as there are pieces
  current_ = std::move(next);
  if (!free) broken_at_.store(now_, std::memory_order_relaxed);
  return free;
}

void InputRecorder::put(std::uint64_t number) {
  constexpr std::size_t kLongest = 10;
  if (!current_ || (current_->used + kLongest > current_->bytes.size() && !make_room())) return;
  std::byte* at = current_->bytes.data() + current_->used;
  for (; number > 127; number >>= 7) *at++ = static_cast<std::byte>(number | 128);
  *at++ = static_cast<std::byte>(number);
  current_->used = static_cast<std::size_t>(at - current_->bytes.data());
}

void InputRecorder::put(std::string_view bytes) {
  while (current_ && !bytes.empty()) {
    const std::size_t some = std::min(bytes.size(), current_->bytes.size() - current_->used);
    std::memcpy(current_->bytes.data() + current_->used, bytes.data(), some);
    current_->used += some;
    bytes.remove_prefix(some);
    if (!bytes.empty() && !make_room()) return;
  }
}

void InputRecorder::end_turn() {
  if (!within_a_turn_) return;
  within_a_turn_ = false;
  put(kTurnEnds);
  if (current_) current_->whole = current_->used;
}

void InputRecorder::turn(UnixNanos before, UnixNanos now) {
  end_turn();
  if (since_ == kNever) since_ = now;
  put(kTurn);
  put(folded(wrapped(before, now_)));
  put(folded(wrapped(now, before)));
  now_ = now;
  within_a_turn_ = true;
}

void InputRecorder::market(const FeedMessage& message) {
  if (!current_) return;
  const std::int64_t about = static_cast<std::int64_t>(message.kind) | (message.sell_aggressor ? kSells : 0) |
                             (message.auction ? kInAuction : 0) | (message.replaces_book ? kReplaces : 0) |
                             std::int64_t{message.instrument} << kInstrumentShift;
  put(kMarket);
  put(static_cast<std::uint64_t>(about));
  put(folded(wrapped(now_, message.local_time)));
  put(folded(wrapped(message.local_time, message.exchange_time)));
  put(message.bids);
  put(message.asks);
  for (std::size_t i = 0; i < message.bids + std::size_t{message.asks}; ++i) {
    put(folded(wrapped(message.first[i].tick, tick_)));
    put(folded(message.first[i].quantity));
    tick_ = message.first[i].tick;
  }
}

void InputRecorder::answers(std::size_t count) {
  if (count == 0) return;
  put(kAnswersCame);
  put(count);
}

void InputRecorder::act(std::string_view text) {
  put(kAct);
  put(text.size());
  put(text);
}

void InputRecorder::break_off(UnixNanos now) {
  if (!current_) return;
  end_turn();
  if (!current_) return;
  const bool pushed = filled_.try_push(std::move(current_));
  STOM_ASSERT(pushed);
  current_.reset();
  broken_at_.store(now, std::memory_order_relaxed);
}

void InputRecorder::on_time(UnixNanos now) {
  if (since_ == kNever || now - since_ < options_.flush_every || filled_.size() > 0 || spare_.size() == 0) return;
  end_turn();
  if (current_ && current_->used > 0) make_room();
  since_ = kNever;
}

// The program's thread

/// Into columns, turn by turn; those that are many enough are written.
void InputRecorder::unpack(InputPiece& piece) {
  const std::span bytes{piece.bytes.data(), piece.used};
  pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(piece.whole));
  if (piece.whole == 0) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return;
  }
  InputBlock& block = *block_;
  const auto begin_turn = [&](UnixNanos before, UnixNanos now) {
    block[kBefore].push_back(before);
    block[kNow].push_back(now);
    for (const Column zero : {kCount, kAnswers, kActs, kMore}) block[zero].push_back(0);
  };
  Numbers in{pending_};
  while (!in.left.empty()) {
    switch (static_cast<Tag>(in.take())) {
      case kTurn: {
        const UnixNanos before = sum_of(in.signed_one(), unpacked_now_);
        unpacked_now_ = sum_of(in.signed_one(), before);
        begin_turn(before, unpacked_now_);
        break;
      }
      case kMarket: {
        if (block[kTick].size() >= kLevels) {  // of one turn: it goes on in the next block
          const UnixNanos before = block[kBefore].back();
          block[kMore].back() = 1;
          (void)append_turns();
          begin_turn(before, unpacked_now_);
        }
        ++block[kCount].back();
        block[kAbout].push_back(static_cast<std::int64_t>(in.take()));
        block[kReceived].push_back(wrapped(unpacked_now_, in.signed_one()));
        block[kUnderWay].push_back(in.signed_one());
        const std::uint64_t bids = in.take(), asks = in.take();
        block[kBids].push_back(static_cast<std::int64_t>(bids));
        block[kAsks].push_back(static_cast<std::int64_t>(asks));
        for (std::uint64_t left = bids + asks; left > 0; --left) {
          unpacked_tick_ = sum_of(unpacked_tick_, in.signed_one());
          block[kTick].push_back(unpacked_tick_);
          block[kQuantity].push_back(in.signed_one());
        }
        break;
      }
      case kAnswersCame:
        block[kAnswers].back() += static_cast<std::int64_t>(in.take());
        break;
      case kAct: {
        const std::size_t size = in.take();
        ++block[kActs].back();
        block[kActSize].push_back(static_cast<std::int64_t>(size));
        block.acts += text_of(in.left.first(size));
        in.left = in.left.subspan(size);
        break;
      }
      case kTurnEnds:
        if (block[kNow].size() >= kTurns || block[kAbout].size() >= kMessages || block[kTick].size() >= kLevels)
          (void)append_turns();
        break;
    }
  }
  (void)append_turns();
  pending_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(piece.whole), bytes.end());
}

Result<void> InputRecorder::append_turns() {
  if ((*block_)[kNow].empty()) return status_;
  packed_.clear();
  for (const auto& column : block_->columns) {
    put_fixed(packed_, static_cast<std::uint32_t>(column.size()));
    const std::size_t size_at = packed_.size();
    put_fixed(packed_, std::uint32_t{0});
    if (!column.empty()) encoder_.encode(column, packed_);
    const auto size = static_cast<std::uint32_t>(packed_.size() - size_at - 4);
    std::memcpy(packed_.data() + size_at, &size, 4);
  }
  const auto acts = std::as_bytes(std::span{block_->acts});
  packed_.insert(packed_.end(), acts.begin(), acts.end());
  block_->clear();
  return append(kTurnsOf, packed_);
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
  put_fixed(frame_, static_cast<std::uint32_t>(kHead + payload.size()));
  put_fixed(frame_, std::uint32_t{0});
  put_fixed(frame_, kind);
  put_fixed(frame_, block_number_);
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
  PiecePointer piece;
  while (filled_.try_pop(piece)) {
    unpack(*piece);
    piece->used = piece->whole = 0;
    const bool pushed = spare_.try_push(std::move(piece));
    STOM_ASSERT(pushed);
  }
  return status_;
}

Result<void> InputRecorder::finish(bool ended) {
  end_turn();
  if (current_) {
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
    if (begins != kMagic && begins != kMagicBefore)
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
      if (!bytes.ok || count > kMostRows || (count == 0 && packed != 0)) return false;
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
      if (about < 0 || about >> kInstrumentShift > std::int64_t{0xffffff} || kind > FeedKind::Unwatched ||
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

  /// Each process begins a file.
  Result<bool> next_part() {
    block.clear();
    turn = 0;
    ended = std::exchange(end, InputEnd::Torn) != InputEnd::Restart;
    while (ended) {
      if (files.empty()) return false;
      ended = false;
      auto opened = open_next_file();
      if (!opened) return opened;
      std::uint8_t kind = 0;
      std::span<const std::byte> payload;
      auto got = *opened ? next_block_of(kind, payload) : opened;
      if (!got) return got;
      if (*got && kind == kStart)
        start = text_of(payload);
      else
        ended = true;
    }
    return true;
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
        if (kind == kStart) {
          start = text_of(payload);
          return stop(InputEnd::Restart);
        }
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
Result<bool> InputReader::next_part() { return state_->next_part(); }
InputEnd InputReader::end() const { return state_->end; }
const std::string& InputReader::why() const { return state_->why; }

}  // namespace stom::store
