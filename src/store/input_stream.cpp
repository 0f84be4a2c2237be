#include "store/input_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>
#include <new>
#include <type_traits>
#include <utility>

#include "core/assert.hpp"
#include "core/hash.hpp"

namespace stom::store {

namespace {

/// 2: who enters the watch list and who leaves it is among the messages. Who reads 1 alone would take a block with them
/// for damaged, and says by the number that it is too old. All that is in 1 is in 2 as it was.
constexpr std::string_view kMagic = "STOMINP2", kMagicBefore = "STOMINP1", kExtension = ".input";
constexpr std::string_view kTailMagic = "STOMTAI1", kTailExtension = ".tail";
constexpr std::size_t kMostPieces = 4096;                            // what a reader makes room for
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

/// What follows in a piece. Behind the end of a turn, and behind that of the engine, stands a check (check_of()).
enum Tag : std::uint8_t { kTurn, kMarket, kAnswersCame, kAct, kTurnEnds, kStops };

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

/// The same of a piece.
struct Numbers : Bytes {
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !left.empty(); shift += 7) {
      const auto byte = static_cast<std::uint64_t>(left.front());
      left = left.subspan(1);
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    ok = false;
    return 0;
  }
  std::int64_t signed_one() { return unfolded(number()); }
};

/// Behind a turn's bytes: whose they are, and where its numbers have come to, must be right as well.
std::uint32_t check_of(std::uint32_t of_bytes, std::uint64_t turn, const InputBase& base) {
  const std::array<std::uint64_t, 3> about{turn, static_cast<std::uint64_t>(base.now),
                                           static_cast<std::uint64_t>(base.tick)};
  return crc32c(std::as_bytes(std::span{about}), of_bytes);
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// By number.
std::map<std::uint64_t, std::filesystem::path> files_in(const std::filesystem::path& folder,
                                                        std::string_view extension = kExtension) {
  std::map<std::uint64_t, std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    std::uint64_t number = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc{} && std::string_view{end} == extension) files.emplace(number, entry.path());
  }
  return files;
}

std::filesystem::path file_in(const std::filesystem::path& folder, std::uint64_t number, std::string_view extension) {
  return folder / fmt::format("{:06}{}", number, extension);
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

/// A part of the stream of numbers and texts that the engine thread writes. It lies in a file, as it is here
/// (docs/verify.md).
struct InputPiece {
  static constexpr std::size_t kBytes = (std::size_t{64} << 10) - 7 * sizeof(std::uint64_t);
  std::uint64_t number;      // of all that were begun, from 1; 0: nothing is in it
  std::uint64_t used;        // bytes
  std::uint64_t whole;       // so many of them end a turn
  std::uint64_t first_at;    // where its first turn begins; kBytes: none does
  std::uint64_t first_turn;  // that one's number, from 0
  InputBase first;           // and what its numbers count from
  std::array<std::byte, kBytes> bytes;
};
static_assert(sizeof(InputPiece) == std::size_t{64} << 10 && std::is_trivially_copyable_v<InputPiece>);

/// What stands before the pieces.
struct InputTailHead {
  /// How far the turns have come to the files.
  struct Place {
    std::uint64_t turns = 0, file = 0, at = 0, block = 0;
    std::uint64_t check = 0;  // of those

    std::uint64_t right_check() const {
      const std::array of{turns, file, at, block};
      return crc32c(std::as_bytes(std::span{of}));
    }
  };
  std::array<char, 8> magic{};
  std::uint64_t pieces = 0;
  std::uint64_t newest = 0;  // of the two: one is whole while the other is written
  std::array<Place, 2> places{};
};
static_assert(sizeof(InputTailHead) <= KeptMemory::kPage && std::is_trivially_copyable_v<InputTailHead>);

namespace {

/// Whole turns into columns; whether the engine stopped behind them. `append` takes what there is where a turn has more
/// than `most_levels`, `ended` is called behind each.
template <class Append, class Ended>
bool unpack_turns(std::span<const std::byte> turns, InputBase& base, InputBlock& block, std::size_t most_levels,
                  Append&& append, Ended&& ended) {
  const auto begin_turn = [&](UnixNanos before) {
    block[kBefore].push_back(before);
    block[kNow].push_back(base.now);
    for (const Column zero : {kCount, kAnswers, kActs, kMore}) block[zero].push_back(0);
  };
  bool stops = false;
  Numbers in{{.left = turns}};
  while (!in.left.empty()) {
    switch (static_cast<Tag>(in.number())) {
      case kTurn: {
        const UnixNanos before = sum_of(in.signed_one(), base.now);
        base.now = sum_of(in.signed_one(), before);
        begin_turn(before);
        break;
      }
      case kMarket: {
        if (block[kTick].size() >= most_levels) {  // of one turn: it goes on in the next block
          const UnixNanos before = block[kBefore].back();
          block[kMore].back() = 1;
          append();
          begin_turn(before);
        }
        ++block[kCount].back();
        block[kAbout].push_back(static_cast<std::int64_t>(in.number()));
        block[kReceived].push_back(wrapped(base.now, in.signed_one()));
        block[kUnderWay].push_back(in.signed_one());
        const std::uint64_t bids = in.number(), asks = in.number();
        block[kBids].push_back(static_cast<std::int64_t>(bids));
        block[kAsks].push_back(static_cast<std::int64_t>(asks));
        for (std::uint64_t left = bids + asks; left > 0; --left) {
          base.tick = sum_of(base.tick, in.signed_one());
          block[kTick].push_back(base.tick);
          block[kQuantity].push_back(in.signed_one());
        }
        break;
      }
      case kAnswersCame:
        block[kAnswers].back() = sum_of(block[kAnswers].back(), static_cast<std::int64_t>(in.number()));
        break;
      case kAct: {
        const std::size_t size = in.number();
        ++block[kActs].back();
        block[kActSize].push_back(static_cast<std::int64_t>(size));
        block.acts += text_of(in.run(size));
        break;
      }
      case kTurnEnds:
        (void)in.take<std::uint32_t>();
        ended();
        break;
      case kStops:
        (void)in.take<std::uint32_t>();
        stops = true;
        break;
    }
  }
  return stops;
}

/// How many bytes the turn at the front has, or the end, and what the next counts from; 0 where none is there as a
/// whole.
std::size_t whole_turn(std::span<const std::byte> bytes, std::uint64_t number, InputBase& base, bool& stops) {
  Numbers in{{.left = bytes}};
  InputBase next = base;
  const auto end = [&]() -> std::size_t {
    const std::uint32_t check = check_of(crc32c(bytes.first(bytes.size() - in.left.size())), number, next);
    if (in.take<std::uint32_t>() != check || !in.ok) return 0;
    base = next;
    return bytes.size() - in.left.size();
  };
  for (bool begun = false; in.ok;) {
    const std::uint64_t tag = in.number();
    if (!in.ok || begun == (tag == kTurn || tag == kStops)) return 0;
    switch (tag) {
      case kTurn:
        begun = true;
        next.now = sum_of(next.now, in.signed_one());
        next.now = sum_of(next.now, in.signed_one());
        break;
      case kMarket: {
        for (int i = 0; i < 3; ++i) (void)in.number();
        const std::uint64_t bids = in.number(), asks = in.number();
        if (bids > in.left.size() || asks > in.left.size()) return 0;
        for (std::uint64_t left = bids + asks; left > 0 && in.ok; --left) {
          next.tick = sum_of(next.tick, in.signed_one());
          (void)in.number();
        }
        break;
      }
      case kAnswersCame:
        (void)in.number();
        break;
      case kAct:
        (void)in.run(in.number());
        break;
      case kTurnEnds:
        return end();
      case kStops:
        stops = true;
        return end();
      default:
        return 0;
    }
  }
  return 0;
}

/// What a process that was killed has left behind its files.
struct InputTail {
  InputTailHead::Place place;        // where those end
  std::vector<std::byte> bytes{};    // the turns behind, each whole
  std::vector<std::size_t> turns{};  // bytes of each
  InputBase base{};                  // what the first counts from
  bool stops = false;                // the engine did behind them
};

/// Nothing where none is there, or what is there is none. Of one that somebody writes to meanwhile it is a part.
std::optional<InputTail> read_tail(const std::filesystem::path& path) {
  const auto file = File::open_read(path);
  if (!file) return std::nullopt;
  const auto size = file->size();
  InputTailHead head;
  const auto got = file->read(0, std::as_writable_bytes(std::span{&head, 1}));
  if (!size || !got || *got < sizeof head || std::string_view{head.magic.data(), head.magic.size()} != kTailMagic ||
      head.pieces > kMostPieces || *size != KeptMemory::kPage + head.pieces * sizeof(InputPiece))
    return std::nullopt;
  InputTail tail{.place = head.places[head.newest & 1]};
  if (tail.place.check != tail.place.right_check()) return std::nullopt;
  std::vector<InputPiece> pieces(head.pieces);
  const auto all = file->read(KeptMemory::kPage, std::as_writable_bytes(std::span{pieces}));
  if (!all || *all < head.pieces * sizeof(InputPiece)) return std::nullopt;
  std::erase_if(pieces, [](const InputPiece& p) { return p.number == 0 || p.used > InputPiece::kBytes; });
  std::ranges::sort(pieces, {}, &InputPiece::number);
  const auto begins = [&](const InputPiece& p) { return p.first_at < p.used && p.first_turn <= tail.place.turns; };
  const auto last = std::find_if(pieces.rbegin(), pieces.rend(), begins);
  if (last == pieces.rend()) return tail;
  const auto first = std::prev(last.base());

  std::vector<std::byte> bytes;
  for (auto piece = first; piece != pieces.end(); ++piece) {
    if (piece != first && piece->number != std::prev(piece)->number + 1) break;
    const std::size_t from = piece == first ? piece->first_at : 0;
    bytes.insert(bytes.end(), piece->bytes.begin() + static_cast<std::ptrdiff_t>(from),
                 piece->bytes.begin() + static_cast<std::ptrdiff_t>(piece->used));
  }
  InputBase base = first->first;
  std::span<const std::byte> left{bytes};
  for (std::uint64_t number = first->first_turn; !tail.stops; ++number) {
    const InputBase before = base;
    const std::size_t length = whole_turn(left, number, base, tail.stops);
    if (length == 0) {
      tail.stops = false;
      break;
    }
    if (number >= tail.place.turns && !tail.stops) {
      if (tail.turns.empty()) tail.base = before;
      tail.turns.push_back(length);
      tail.bytes.insert(tail.bytes.end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(length));
    }
    left = left.subspan(length);
  }
  return tail;
}

}  // namespace

// --- recorder --------------------------------------------------------------------------------------------------------

InputRecorder::InputRecorder(std::filesystem::path folder, InputOptions options)
    : folder_{std::move(folder)},
      options_{options},
      filled_{options.pieces + 1},
      spare_{options.pieces + 1},
      most_bytes_{options.file_bytes},
      block_{std::make_unique<InputBlock>()} {
  held_.reserve(options.pieces);
}
InputRecorder::~InputRecorder() = default;

Result<std::unique_ptr<InputRecorder>> InputRecorder::open(const std::filesystem::path& folder, std::string_view start,
                                                           InputOptions options) {
  if (auto made = make_folders(folder); !made) return std::unexpected(made.error());
  std::unique_ptr<InputRecorder> recorder{new InputRecorder{folder, options}};
  for (const auto& [number, tail] : files_in(folder, kTailExtension))
    if (auto taken = recorder->take_up(tail); !taken) return std::unexpected(taken.error());
  if (const auto files = files_in(folder); !files.empty()) recorder->file_number_ = files.rbegin()->first;
  if (auto begun = recorder->begin_file(); !begun) return std::unexpected(begun.error());
  if (auto made = recorder->make_pieces(); !made) return std::unexpected(made.error());
  if (auto written = recorder->append(kStart, std::as_bytes(std::span{start})); !written)
    return std::unexpected(written.error());
  recorder->tell_place(0);
  std::ranges::copy(kTailMagic, recorder->head_->magic.begin());
  return recorder;
}

Result<void> InputRecorder::make_pieces() {
  auto memory = KeptMemory::create(file_in(folder_, file_number_, kTailExtension),
                                   KeptMemory::kPage + options_.pieces * sizeof(InputPiece));
  if (!memory) return std::unexpected(memory.error());
  tail_.emplace(std::move(*memory));
  KeptMemory::touch(tail_->bytes());  // nothing comes to be later
  std::byte* at = tail_->bytes().data();
  head_ = ::new (at) InputTailHead{.pieces = options_.pieces};
  at += KeptMemory::kPage;
  for (std::size_t i = 0; i < options_.pieces; ++i, at += sizeof(InputPiece)) {
    auto* const piece = ::new (at) InputPiece;
    piece->number = 0;
    const bool pushed = spare_.try_push(piece);
    STOM_ASSERT(pushed);
  }
  InputPiece* first = nullptr;
  const bool popped = spare_.try_pop(first);
  STOM_ASSERT(popped);
  begin_piece(first);
  return {};
}

// Engine thread

/// Null: none is free.
void InputRecorder::begin_piece(InputPiece* piece) {
  current_ = piece;
  unchecked_ = 0;
  if (piece == nullptr) return;
  piece->number = 0;
  store_in_order();
  piece->used = piece->whole = 0;
  piece->first_at = InputPiece::kBytes;
  store_in_order();
  piece->number = ++pieces_begun_;
}

void InputRecorder::give_away() {
  const bool pushed = filled_.try_push(current_);
  STOM_ASSERT(pushed);  // as many places as there are pieces
  current_ = nullptr;
}

/// Goes on in the next piece. False: none is free.
bool InputRecorder::make_room() {
  InputPiece* next = nullptr;
  const bool free = spare_.try_pop(next);
  check_ = crc32c(std::span{current_->bytes}.subspan(unchecked_, current_->used - unchecked_), check_);
  give_away();
  begin_piece(next);
  if (!free) broken_at_.store(now_, std::memory_order_relaxed);
  return free;
}

void InputRecorder::put(std::uint64_t number) {
  constexpr std::size_t kLongest = 10;
  if (!current_ || (current_->used + kLongest > InputPiece::kBytes && !make_room())) return;
  std::byte* at = current_->bytes.data() + current_->used;
  for (; number > 127; number >>= 7) *at++ = static_cast<std::byte>(number | 128);
  *at++ = static_cast<std::byte>(number);
  current_->used = static_cast<std::size_t>(at - current_->bytes.data());
}

void InputRecorder::put(std::string_view bytes) {
  while (current_ && !bytes.empty()) {
    const std::size_t some = std::min<std::size_t>(bytes.size(), InputPiece::kBytes - current_->used);
    std::memcpy(current_->bytes.data() + current_->used, bytes.data(), some);
    current_->used += some;
    bytes.remove_prefix(some);
    if (!bytes.empty() && !make_room()) return;
  }
}

/// Something begins that has a check of its own: who reads from here on must know what its numbers count from.
void InputRecorder::begin_checked() {
  constexpr std::size_t kBegins = 64;  // its first numbers lie in one piece
  if (current_ && current_->used + kBegins > InputPiece::kBytes) make_room();
  check_ = 0;
  unchecked_ = current_ ? current_->used : 0;
  if (!current_ || current_->first_at != InputPiece::kBytes) return;
  current_->first_turn = turns_put_;
  current_->first = {.now = now_, .tick = tick_};
  store_in_order();
  current_->first_at = current_->used;
}

void InputRecorder::end_checked(std::uint8_t tag) {
  put(std::uint64_t{tag});
  if (!current_) return;
  const std::span bytes{current_->bytes};
  const std::uint32_t check = check_of(crc32c(bytes.subspan(unchecked_, current_->used - unchecked_), check_),
                                       turns_put_, {.now = now_, .tick = tick_});
  put(std::string_view{reinterpret_cast<const char*>(&check), sizeof check});
  if (current_) current_->whole = current_->used;
}

void InputRecorder::end_turn() {
  if (!within_a_turn_) return;
  within_a_turn_ = false;
  end_checked(kTurnEnds);
  ++turns_put_;
}

void InputRecorder::end() {
  end_turn();
  if (std::exchange(ended_, true)) return;
  begin_checked();
  end_checked(kStops);
}

void InputRecorder::turn(UnixNanos before, UnixNanos now) {
  end_turn();
  if (since_ == kNever) since_ = now;
  begin_checked();
  put(std::uint64_t{kTurn});
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
  end_turn();
  if (!current_) return;
  give_away();
  broken_at_.store(now, std::memory_order_relaxed);
}

void InputRecorder::on_time(UnixNanos now) {
  end_turn();
  if (since_ == kNever || now - since_ < options_.flush_every || filled_.size() > 0 || spare_.size() == 0) return;
  if (current_ && current_->used > 0) make_room();
  since_ = kNever;
}

// The program's thread

/// Of a turn that is not there as a whole the pieces are kept until it is: a kill must not take its beginning. One that
/// fills half of them is the exception, so that there is always room for what comes.
void InputRecorder::take_in(InputPiece* piece) {
  const auto bytes = std::span{piece->bytes}.first(piece->used);
  const auto whole = bytes.begin() + static_cast<std::ptrdiff_t>(piece->whole);
  if (piece->whole > 0) {
    pending_.insert(pending_.end(), bytes.begin(), whole);
    unpack(pending_, unpacked_);
    pending_.clear();
    let_go(0);
  }
  pending_.insert(pending_.end(), whole, bytes.end());
  held_.push_back(piece);
  let_go(pending_.empty() ? 0 : options_.pieces / 2);
}

/// The pieces may be filled anew, but for so many, the youngest.
void InputRecorder::let_go(std::size_t kept) {
  const std::size_t count = held_.size() - std::min(kept, held_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const bool pushed = spare_.try_push(held_[i]);
    STOM_ASSERT(pushed);
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
}

/// Into columns; those that are many enough are written.
void InputRecorder::unpack(std::span<const std::byte> turns, InputBase& base) {
  InputBlock& block = *block_;
  const bool stops = unpack_turns(
      turns, base, block, kLevels, [&] { (void)append_turns(true); },
      [&] {
        ++turns_unpacked_;
        if (block[kNow].size() >= kTurns || block[kAbout].size() >= kMessages || block[kTick].size() >= kLevels)
          (void)append_turns(false);
      });
  (void)append_turns(false);
  if (stops) (void)append(kEnd, {});
}

/// `goes_on`: the last turn does in the next block.
Result<void> InputRecorder::append_turns(bool goes_on) {
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
  auto done = append(kTurnsOf, packed_);
  goes_on_ = goes_on;
  if (done && !goes_on) tell_place(turns_unpacked_);
  return done;
}

/// So many turns are in the files, which end here: who comes after a kill reads on there.
void InputRecorder::tell_place(std::uint64_t turns) {
  if (head_ == nullptr) return;
  const std::uint64_t other = head_->newest ^ 1;
  InputTailHead::Place& place = head_->places[other & 1];
  place = {.turns = turns, .file = file_number_, .at = at_, .block = block_number_};
  place.check = place.right_check();
  store_in_order();
  head_->newest = other;
  store_in_order();
}

/// What a process that was killed has left, to its own last file, as it would have been. Begun anew where this is
/// killed.
Result<void> InputRecorder::take_up(const std::filesystem::path& path) {
  const auto tail = read_tail(path);
  if (!tail) return {};
  if (!tail->turns.empty() || tail->stops) {
    auto file = File::open_write(file_in(folder_, tail->place.file, kExtension));
    if (!file && file.error().code != Errc::NotFound) return std::unexpected(file.error());
    const auto size = file ? file->size() : Result<std::uint64_t>{0};
    if (!size) return std::unexpected(size.error());
    if (file && *size >= tail->place.at) {  // else it was deleted, or a power cut has shortened it
      if (auto cut = file->truncate(tail->place.at); !cut) return cut;
      file_ = std::move(*file);
      at_ = tail->place.at;
      block_number_ = tail->place.block;
      most_bytes_ = std::numeric_limits<std::uint64_t>::max();
      InputBase base = tail->base;
      unpack(tail->bytes, base);
      if (tail->stops) (void)append(kEnd, {});
      if (status_) status_ = file_.sync();
      if (!status_) return status_;
      file_ = File{};
      block_number_ = turns_unpacked_ = 0;
      most_bytes_ = options_.file_bytes;
    }
  }
  std::error_code none;
  std::filesystem::remove(path, none);
  return {};
}

Result<void> InputRecorder::begin_file() {
  ++file_number_;
  if (file_.is_open())
    if (auto done = file_.sync(); !done) return done;
  auto file = File::create(file_in(folder_, file_number_, kExtension));
  if (!file) return std::unexpected(file.error());
  file_ = std::move(*file);
  at_ = kMagic.size();
  return file_.write(0, std::as_bytes(std::span{kMagic}));
}

Result<void> InputRecorder::append(std::uint8_t kind, std::span<const std::byte> payload) {
  if (!status_) return status_;
  if (at_ >= most_bytes_ && !goes_on_) {
    status_ = begin_file();
    // What is written to it counts once it is told, as in the file before.
    if (status_ && head_ != nullptr) tell_place(head_->places[head_->newest & 1].turns);
  }
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
  InputPiece* piece = nullptr;
  while (filled_.try_pop(piece)) take_in(piece);
  return status_;
}

Result<void> InputRecorder::finish(bool ended) {
  if (ended)
    end();
  else
    end_turn();
  if (current_) give_away();
  (void)write();
  if (broken_at() != kNever) {
    const UnixNanos at = broken_at();
    (void)append(kGap, std::as_bytes(std::span{&at, 1}));
  }
  if (status_) status_ = file_.sync();
  if (status_) tail_->forget();
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
  std::optional<InputTail> tail;           // of the part at hand
  std::size_t tail_turn = 0, tail_at = 0;  // of it: the next one

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
    if (kind == kStart) {
      next_block = 0;
      tail = read_tail(file_in(folder, last_file, kTailExtension));
      tail_turn = tail_at = 0;
    }
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

  /// All that the files of a process have was read which was killed, but what it has left behind them.
  bool at_tail() const { return tail && last_file == tail->place.file && at == tail->place.at; }

  /// The next turn of that as a block; false where it has ended, and the files with it.
  bool next_of_tail() {
    block.clear();
    turn = message = level = act = act_at = 0;
    if (tail_turn == tail->turns.size()) {
      if (tail->stops) return stop(InputEnd::Whole);
      tail.reset();
      at = size;  // of a block behind that place the turns were all here
      return true;
    }
    const std::size_t length = tail->turns[tail_turn++];
    unpack_turns(
        std::span{tail->bytes}.subspan(tail_at, length), tail->base, block, std::numeric_limits<std::size_t>::max(),
        [] {}, [] {});
    tail_at += length;
    return is_sound() || stop(InputEnd::Torn, "what a process has left cannot be read");
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
        if (at_tail()) {
          if (!next_of_tail()) return false;
          continue;
        }
        if (at == size) {  // what was left may go on where the next file begins
          const auto opened = open_next_file();
          if (!opened || !*opened) return opened;
          continue;
        }
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
