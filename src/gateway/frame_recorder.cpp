#include "gateway/frame_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>

#include "core/assert.hpp"
#include "core/hash.hpp"
#include "core/kept_memory.hpp"
#include "core/kept_room.hpp"
#include "gateway/mask.hpp"

namespace stom::gateway {
namespace {

using std::string_view;

/// Packs one gzip member after another into files, a step at a time: what it takes of memory is the same for all.
class Packer {
 public:
  Packer() { STOM_ASSERT(deflateInit2(&stream_, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK); }
  ~Packer() { deflateEnd(&stream_); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void begin(int file) {
    deflateReset(&stream_);
    file_ = file;
    bytes_ = used_ = 0;
    error_ = 0;
  }
  void add(string_view text) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    while (stream_.avail_in > 0 && error_ == 0) run(Z_NO_FLUSH);
  }
  /// Why the file does not have all of it, as errno.
  int end() {
    while (error_ == 0 && run(Z_FINISH) != Z_STREAM_END) {
    }
    write_out();
    return error_;
  }
  std::uint64_t bytes() const { return bytes_; }  // of the member

 private:
  int run(int how) {
    stream_.next_out = out_.data() + used_;
    stream_.avail_out = static_cast<uInt>(out_.size() - used_);
    const int told = deflate(&stream_, how);
    STOM_ASSERT(told == Z_OK || told == Z_STREAM_END || told == Z_BUF_ERROR);
    used_ = out_.size() - stream_.avail_out;
    if (used_ == out_.size()) write_out();
    return told;
  }
  void write_out() {
    std::size_t at = 0;
    while (error_ == 0 && at < used_) {
      const auto n = ::write(file_, out_.data() + at, used_ - at);
      if (n > 0)
        at += static_cast<std::size_t>(n);
      else if (n == 0 || errno != EINTR)
        error_ = n == 0 ? ENOSPC : errno;
    }
    bytes_ += at;
    used_ = 0;
  }

  z_stream stream_{};
  std::array<Bytef, 16 * 1024> out_{};
  std::size_t used_ = 0;
  int file_ = -1, error_ = 0;
  std::uint64_t bytes_ = 0;
};

std::string file_name_of(string_view text) {
  std::string name{text};
  for (char& c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) c = '_';
  return name;
}

void append_json_text(std::string& out, string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out.append({'\\', c});
    else if (byte < 0x20 || byte == 0x7f)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    else
      out += c;
  }
  out += '"';
}

using SeriesIndex = std::uint32_t;  // the instrument's; the wire file's is below
constexpr SeriesIndex kWire = std::numeric_limits<SeriesIndex>::max();
constexpr string_view kWireName = "wire", kPacked = ".jsonl.gz";

// ---- what lies in the tail, as it is here (docs/gateway.md)

constexpr string_view kTailMagic = "STOMFRT1", kTailExtension = ".tail";

struct TailHead {
  std::array<char, 8> magic{};
  std::uint64_t slots = 0;
  // 1: the member that is being written does not count, nor what is behind so many bytes of that file
  std::uint64_t writing = 0, size = 0;
  std::array<char, 256> name{};
};
static_assert(sizeof(TailHead) <= KeptMemory::kPage && std::is_trivially_copyable_v<TailHead>);

/// Lines of whatever series, in the order in which they came: what a series has room for of its own would come to be,
/// over hours, the most that each ever needed at once. A line may go on in the slots behind, which go the same way.
struct Slot {
  static constexpr std::size_t kBytes = 64 * 1024 - 2 * sizeof(std::uint64_t);
  std::uint64_t number;  // of all that were begun, from 1; 0: nothing is in it
  std::uint64_t used;
  std::array<char, kBytes> bytes;
};
static_assert(sizeof(Slot) % KeptMemory::kPage == 0 && std::is_trivially_copyable_v<Slot>);

/// Whether it is in its file.
enum LineState : char { kWaits = 0, kDone = 1, kUnderWay = 2 };  // under way: where TailHead::writing is 0, it is

/// Stands before a line, all of it in one slot.
struct LineHead {
  std::uint32_t bytes;  // of the name and the line
  SeriesIndex series;
  UnixNanos at;
  std::uint32_t check;
  std::uint8_t name;  // so many of the bytes: what its files are called after
  LineState state;
  std::uint16_t unused;

  /// Of all but its state, and of the slot: it is none of what had been there before.
  std::uint32_t right_check(std::uint64_t slot) const {
    const std::array<std::uint64_t, 4> of{slot, std::uint64_t{bytes} << 32 | series, static_cast<std::uint64_t>(at),
                                          name};
    return crc32c(std::as_bytes(std::span{of}));
  }
};
static_assert(sizeof(LineHead) == 24 && std::is_trivially_copyable_v<LineHead>);

TailHead* head_of(const KeptMemory& memory) { return std::launder(reinterpret_cast<TailHead*>(memory.bytes().data())); }
Slot* slot_of(const KeptMemory& memory, std::size_t index) {
  return std::launder(reinterpret_cast<Slot*>(memory.bytes().data() + KeptMemory::kPage + index * sizeof(Slot)));
}

/// Appends all that `pack` writes into the file, or nothing; why not, as errno, which `pack` tells. Before the first
/// byte the tail knows what the file had, and by `begins` which lines it is about.
template <class Begins, class Pack>
int append(const std::filesystem::path& path, TailHead& tail, Begins&& begins, Pack&& pack) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  struct stat before{};
  int error = ::fstat(file, &before) == 0 ? 0 : errno;
  if (error == 0) {
    const std::string name = path.filename().string();
    tail.size = static_cast<std::uint64_t>(before.st_size);
    tail.name = {};
    name.copy(tail.name.data(), tail.name.size() - 1);
    store_in_order();
    tail.writing = 1;
    store_in_order();
    begins();
    error = pack(file);
  }
  // Half a member would hide what is appended later.
  if (error != 0 && ::ftruncate(file, before.st_size) != 0) error = errno;
  ::close(file);
  return error;
}

std::filesystem::path tail_of(const std::filesystem::path& folder, string_view venue) {
  return folder / (file_name_of(venue) + std::string{kTailExtension});
}

/// The highest number with which the name of a file of the folder ends.
std::uint64_t highest_number(const std::filesystem::path& folder) {
  std::uint64_t highest = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    std::string name = entry.path().filename().string();
    if (!name.ends_with(kPacked)) continue;
    name.resize(name.size() - kPacked.size());
    std::uint64_t number = 0;
    const std::size_t begin = name.rfind('-') + 1;
    const auto [end, wrong] = std::from_chars(name.data() + begin, name.data() + name.size(), number);
    if (wrong == std::errc{} && end == name.data() + name.size()) highest = std::max(highest, number);
  }
  return highest;
}

/// Where a line is: a sort brings those of a series together, in the order in which they came.
using Place = std::uint64_t;  // its series; 16 bits of the slot and 16 of the byte where its head begins

/// The lines of slots that follow each other.
class Lines {
 public:
  explicit Lines(std::span<Slot* const> slots) : slots_{slots} { STOM_ASSERT(slots.size() <= 1U << 16); }

  /// In the order in which they came, but what is not there as a whole.
  template <class Each>
  void each(Each&& each) const {
    End at;
    while (at.slot < slots_.size()) {
      const auto head = head_at(at);
      if (!head) {
        at = {at.slot + 1, 0};
        continue;
      }
      const Place place = Place{head->series} << 32 | at.slot << 16 | at.byte;
      const auto [end, is_whole] = walk(place, head->bytes, [](string_view) {});
      at = end;
      if (is_whole) each(place);
    }
  }
  LineHead head(Place place) const { return *head_at(begin_of(place)); }
  char& state(Place place) const {
    const End at = begin_of(place);
    return slots_[at.slot]->bytes[at.byte + offsetof(LineHead, state)];
  }
  std::string name(Place place) const {
    std::string name;
    walk(place, head(place).name, [&](string_view piece) { name += piece; });
    return name;
  }
  /// The line itself, which a slot may end within.
  template <class Each>
  void each_piece(Place place, Each&& each) const {
    const LineHead of = head(place);
    std::size_t name = of.name;
    walk(place, of.bytes, [&](string_view piece) {
      const std::size_t some = std::min(name, piece.size());
      name -= some;
      each(piece.substr(some));
    });
  }
  /// A power cut leaves of some lines the head alone.
  bool is_sound(Place place) const {
    const LineHead of = head(place);
    bool is_text = of.at >= 0 && of.bytes > of.name;
    char last = '\0';
    walk(place, of.bytes, [&](string_view piece) {
      is_text &= !piece.contains('\0');
      if (!piece.empty()) last = piece.back();
    });
    return is_text && last == '\n';
  }

 private:
  struct End {
    std::size_t slot = 0, byte = 0;
  };
  static End begin_of(Place place) { return {place >> 16 & 0xffff, place & 0xffff}; }
  std::size_t used(std::size_t slot) const { return std::min<std::size_t>(slots_[slot]->used, Slot::kBytes); }

  std::optional<LineHead> head_at(End at) const {
    LineHead head{};
    if (at.byte + sizeof head > used(at.slot)) return std::nullopt;
    std::memcpy(&head, slots_[at.slot]->bytes.data() + at.byte, sizeof head);
    if (head.check != head.right_check(slots_[at.slot]->number) || head.name > head.bytes) return std::nullopt;
    return head;
  }

  /// Calls with the pieces of what is behind the head; where it ends, or, where the end of it was never put, begins the
  /// slot in which it should be.
  template <class Each>
  std::pair<End, bool> walk(Place place, std::size_t bytes, Each&& each) const {
    End at = begin_of(place);
    at.byte += sizeof(LineHead);
    for (;;) {
      const std::size_t some = std::min(bytes, used(at.slot) - at.byte);
      each(string_view{slots_[at.slot]->bytes.data() + at.byte, some});
      bytes -= some;
      at.byte += some;
      if (bytes == 0) return {at, true};
      at = {at.slot + 1, 0};
      if (at.slot == slots_.size() || slots_[at.slot]->number != slots_[at.slot - 1]->number + 1) return {at, false};
    }
  }

  std::span<Slot* const> slots_;
};

/// Puts lines into files: a row of them for each series.
class LineWriter {
 public:
  struct Done {
    std::uint64_t lost = 0, bytes = 0;
    std::string trouble;
  };

  /// What becomes of lines that the disk does not take.
  enum class Failed : std::uint8_t { LeftOut, Waits };
  /// `beside`: another folder, whose names are taken as well.
  LineWriter(const RecorderOptions& options, Failed failed, std::filesystem::path beside = {})
      : options_{options}, failed_{failed}, beside_{std::move(beside)} {}
  /// Numbers of files begin behind it.
  void begin_behind(std::uint64_t file) { files_ = std::max(files_, file); }

  /// Those that wait. `tail`: of the same memory.
  Done write(std::span<Slot* const> slots, TailHead& tail) {
    const Lines lines{slots};
    lines.each([&](Place place) {
      if (lines.state(place) != kDone) places_.push_back(place);
    });
    std::ranges::sort(places_);
    Done done;
    for (std::size_t i = 0; i < places_.size();) i = write_member(lines, i, tail, done);
    places_.clear();
    // Kept, the room of a burst would come to be the most that was ever needed at once.
    if (places_.capacity() > kUsual) places_ = usual_room();
    return done;
  }

 private:
  /// One row of files.
  struct Series {
    std::filesystem::path path;  // of the file at hand
    UnixNanos begun = 0;
    std::uint64_t bytes = 0;  // in it, before packing
  };

  static constexpr std::size_t kUsual = 8 * 1024;  // more lines than most seconds bring
  static std::vector<Place> usual_room() {
    std::vector<Place> room(kUsual);  // its memory is there from the beginning
    room.clear();
    return room;
  }

  /// The lines from there on that are one member of one file; where the next begins.
  std::size_t write_member(const Lines& lines, std::size_t first, TailHead& tail, Done& done) {
    const LineHead head = lines.head(places_[first]);
    Series& series = series_of_[head.series];
    if (series.path.empty() || is_full(series, head.at)) begin_file(series, head.at, lines.name(places_[first]));
    std::size_t i = first, bytes = 0;
    for (LineHead of = head; of.series == head.series && (i == first || !is_full(series, of.at));) {
      bytes += of.bytes - of.name;
      series.bytes += of.bytes - of.name;
      if (++i == places_.size() || bytes >= options_.member_bytes) break;
      of = lines.head(places_[i]);
    }
    const auto mark = [&](LineState state) {
      for (std::size_t l = first; l < i; ++l) lines.state(places_[l]) = state;
      store_in_order();
    };
    const auto pack = [&](int file) {
      packer_.begin(file);
      for (std::size_t l = first; l < i; ++l)
        lines.each_piece(places_[l], [&](string_view piece) { packer_.add(piece); });
      return packer_.end();
    };
    const int error = append(series.path, tail, [&] { mark(kUnderWay); }, pack);
    if (error == 0) {
      done.bytes += packer_.bytes();
    } else {
      done.lost += i - first;
      done.trouble = fmt::format("cannot write {}: {}", series.path.string(), std::strerror(error));
    }
    const bool waits = error != 0 && failed_ == Failed::Waits;
    if (waits) mark(kWaits);
    tail.writing = 0;  // with that they all are in the file
    store_in_order();
    if (!waits) mark(kDone);
    return i;
  }

  bool is_full(const Series& series, UnixNanos now) const {
    return series.bytes >= options_.file_bytes || now - series.begun >= options_.file_age;
  }

  void begin_file(Series& series, UnixNanos at, string_view of) {
    // The number keeps names apart where the clock stood still or was set back.
    std::string compact;
    for (const char c : format_time(at).substr(0, 19))
      if (c != '-' && c != ':') compact += c;
    std::string name;
    std::error_code none;  // a folder that is gone shows where the file is opened
    do name = fmt::format("{}-{}-{}Z-{}{}", file_name_of(options_.venue), file_name_of(of), compact, ++files_, kPacked);
    while (std::filesystem::exists(options_.folder / name, none) ||
           (!beside_.empty() && std::filesystem::exists(beside_ / name, none)));
    series.path = options_.folder / name;
    series.begun = at;
    series.bytes = 0;
  }

  const RecorderOptions& options_;
  const Failed failed_;
  const std::filesystem::path beside_;
  std::map<SeriesIndex, Series> series_of_;
  std::uint64_t files_ = 0;
  std::vector<Place> places_ = usual_room();  // of the lines at hand
  Packer packer_;
};

/// What a process that was killed has left.
struct Left {
  KeptMemory memory;
  std::vector<Slot*> slots;  // by age

  TailHead& head() const { return *head_of(memory); }
  /// The name of the file whose last member was being written; empty: none was.
  std::string torn() const {
    const std::string name{head().name.begin(), std::ranges::find(head().name, '\0')};
    return head().writing != 0 && name.ends_with(kPacked) && !name.contains('/') ? name : std::string{};
  }
  /// Each line of it waits, or is done. What was torn must have been cut by then.
  void settle() {
    const Lines lines{slots};
    lines.each([&](Place place) {
      char& state = lines.state(place);
      if (state == kUnderWay) state = head().writing != 0 ? kWaits : kDone;
      if (!lines.is_sound(place)) state = kDone;
    });
    store_in_order();
    head().writing = 0;
  }
};

/// Nothing where there is none, or what is there is none.
Result<std::optional<Left>> open_left(const std::filesystem::path& path, KeptMemory::Stores stores) {
  auto memory = KeptMemory::open(path, stores);
  if (!memory && memory.error().code == Errc::NotFound) return std::nullopt;
  if (!memory) return std::unexpected(memory.error());
  const std::size_t size = memory->bytes().size();
  if (size < KeptMemory::kPage) return std::nullopt;
  const TailHead& head = *head_of(*memory);
  const string_view magic{head.magic.data(), head.magic.size()};
  if (magic != kTailMagic && magic.starts_with(kTailMagic.substr(0, 7)))
    return fail(Errc::Newer, fmt::format("{} was written by another version", path.string()), "update stom");
  if (magic != kTailMagic || head.slots != (size - KeptMemory::kPage) / sizeof(Slot)) return std::nullopt;
  Left left{.memory = std::move(*memory), .slots = {}};
  std::vector<std::pair<std::uint64_t, Slot*>> by_age;  // numbers of their own: a session that goes on changes those
  for (std::size_t i = 0; i < (size - KeptMemory::kPage) / sizeof(Slot); ++i) {
    Slot* const slot = slot_of(left.memory, i);
    if (const std::uint64_t number = std::atomic_ref{slot->number}.load(); number != 0)
      by_age.emplace_back(number, slot);
  }
  std::ranges::sort(by_age);
  for (const auto& [number, slot] : by_age) left.slots.push_back(slot);
  return left;
}

/// Of a file that a kill found within a member: what was before that stays.
Result<void> cut_back(const std::filesystem::path& file, std::uint64_t size) {
  std::error_code error;
  const std::uint64_t has = std::filesystem::file_size(file, error);
  if (!error && size == 0)
    std::filesystem::remove(file, error);
  else if (!error && has > size)
    std::filesystem::resize_file(file, size, error);
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return fail(Errc::Io, fmt::format("cannot shorten {}: {}", file.string(), error.message()),
              "check the folder's permissions");
}

/// Brings what a process that was killed has left to files of its own, as it would have done. Begun anew where this one
/// is killed.
Result<void> take_up(const RecorderOptions& options, LineWriter& writer) {
  const std::filesystem::path path = tail_of(options.folder, options.venue);
  auto left = open_left(path, KeptMemory::Stores::InTheFile);
  if (!left) return std::unexpected(left.error());
  if (*left) {
    if (const std::string torn = (*left)->torn(); !torn.empty())
      if (auto cut = cut_back(options.folder / torn, (*left)->head().size); !cut) return cut;
    (*left)->settle();
    const auto done = writer.write((*left)->slots, (*left)->head());
    if (done.lost > 0)
      return fail(Errc::Io, done.trouble,
                  fmt::format("free disk space; or delete {} with {} frames", path.string(), done.lost));
  }
  std::error_code none;
  std::filesystem::remove(path, none);
  return {};
}

}  // namespace

struct FrameRecorder::State {
  State(RecorderOptions o, KeptMemory m, std::uint64_t files)
      : options{std::move(o)}, memory{std::move(m)}, writer{options, LineWriter::Failed::LeftOut} {
    const std::size_t slots = (memory.bytes().size() - KeptMemory::kPage) / sizeof(Slot);
    auto* const head = ::new (memory.bytes().data()) TailHead{.slots = slots};
    for (auto* all : {&filling, &waiting, &writing, &spare, &cold}) all->reserve(slots);
    for (std::size_t i = slots; i-- > 0;) {
      auto* const slot = ::new (memory.bytes().data() + KeptMemory::kPage + i * sizeof(Slot)) Slot;
      if (i >= kWarm) {
        cold.push_back(slot);
        continue;
      }
      // What a recorder takes of memory it takes when it begins.
      KeptMemory::touch(std::as_writable_bytes(std::span{slot, 1}));
      spare.push_back(slot);
    }
    store_in_order();
    std::ranges::copy(kTailMagic, head->magic.begin());
    writer.begin_behind(files);
    thread = std::thread{[this] { write_all(); }};
  }
  ~State() {
    {
      const std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.notify_all();
    thread.join();
    memory.forget();
  }

  // ---- the I/O thread's

  static constexpr std::size_t kWarm = 17;         // slots whose memory is there all the time
  static constexpr std::size_t kRoomy = 8 * 1024;  // where a slot has less left, the next line begins in another one
  static constexpr std::size_t kStamp = 20;        // "<ns> "

  void keep(SeriesIndex series, string_view one_line, UnixNanos now) {
    ++lines;
    if (waiting_since == kNever) waiting_since = now;
    if (filling.size() > 1 || (!filling.empty() && Slot::kBytes - filling.back()->used < kRoomy)) hand_over(false);
    put_line(series, one_line, now);
  }

  /// All of it, or nothing and a line that is lost. Behind what waits to be handed over.
  void put_line(SeriesIndex series, string_view one_line, UnixNanos now) {
    const string_view name = name_of(series);
    const UnixNanos at = std::max<UnixNanos>(0, now);
    std::array<char, kStamp> stamp;
    fmt::format_to_n(stamp.data(), stamp.size(), "{:019} ", at);
    const std::size_t slots = filling.size(), used = filling.empty() ? 0 : filling.back()->used;
    of_one = nullptr;
    const bool has_room = !filling.empty() && Slot::kBytes - used >= sizeof(LineHead);
    if ((has_room || next_slot()) && put_head(series, name, at, one_line.size()) && put(name) &&
        put({stamp.data(), stamp.size()}) && put(one_line, series != kWire) && put("\n"))
      return;
    undo(slots, used);
    const std::lock_guard lock{mutex};
    ++lost;
    trouble = "the disk is too slow for what is received";
  }

  bool put_head(SeriesIndex series, string_view name, UnixNanos at, std::size_t size) {
    LineHead head{.bytes = static_cast<std::uint32_t>(name.size() + kStamp + size + 1),
                  .series = series,
                  .at = at,
                  .check = 0,
                  .name = static_cast<std::uint8_t>(name.size()),
                  .state = kWaits,
                  .unused = 0};
    Slot& slot = *filling.back();
    head.check = head.right_check(slot.number);
    if (series != kWire) of_one = slot.bytes.data() + slot.used + offsetof(LineHead, state);
    return put({reinterpret_cast<const char*>(&head), sizeof head});
  }

  /// Counts once it is there. `is_json`: a line end in it is a space like any other.
  bool put(string_view bytes, bool is_json = false) {
    while (!bytes.empty()) {
      if (filling.back()->used == Slot::kBytes && !next_slot()) return false;
      Slot& slot = *filling.back();
      const std::size_t some = std::min<std::size_t>(bytes.size(), Slot::kBytes - slot.used);
      char* const to = slot.bytes.data() + slot.used;
      std::memcpy(to, bytes.data(), some);
      if (is_json) std::replace_if(to, to + some, [](char c) { return c == '\n' || c == '\r'; }, ' ');
      store_in_order();
      slot.used += some;
      bytes.remove_prefix(some);
    }
    return true;
  }

  bool next_slot() {
    Slot* slot = nullptr;
    {
      const std::lock_guard lock{mutex};
      auto& from = spare.empty() ? cold : spare;
      if (from.empty()) return false;
      slot = from.back();
      from.pop_back();
    }
    slot->used = 0;
    store_in_order();
    slot->number = ++slots_begun;
    store_in_order();
    filling.push_back(slot);
    return true;
  }

  void undo(std::size_t slots, std::size_t used) {
    of_one = nullptr;
    const std::lock_guard lock{mutex};
    while (filling.size() > slots) {
      filling.back()->number = 0;
      store_in_order();
      spare.push_back(filling.back());
      filling.pop_back();
    }
    if (!filling.empty()) filling.back()->used = used;
  }

  string_view name_of(SeriesIndex series) {
    if (series == kWire) return kWireName;
    if (names.size() <= series) names.resize(series + std::size_t{1});
    if (names[series].empty()) names[series] = fmt::format("instrument{}", series);
    return names[series];
  }

  /// What was received until now goes to the writing thread; `write` asks it not to wait for more.
  void hand_over(bool write) {
    {
      const std::lock_guard lock{mutex};
      waiting.insert(waiting.end(), filling.begin(), filling.end());
      // As much as is kept to be used again: more would come and go with each burst.
      wanted = wanted || write || waiting.size() >= kWarm / 2;
      if (wanted) changed.notify_all();
    }
    filling.clear();
    of_one = nullptr;
    if (write) waiting_since = kNever;
  }

  // ---- the writing thread's

  void write_all() {
    for (;;) {
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return stopping || wanted; });
        if (waiting.empty() && stopping) return;
        writing.swap(waiting);
        wanted = false;
      }
      const auto done = writer.write(writing, *head_of(memory));
      const auto most = free_slots();
      {
        const std::lock_guard lock{mutex};
        for (std::size_t i = 0; i < writing.size(); ++i) (i < most ? spare : cold).push_back(writing[i]);
        writing.clear();
        written += done.bytes;
        lost += done.lost;
        if (!done.trouble.empty()) trouble = done.trouble;
      }
      changed.notify_all();
    }
  }

  /// Of those that were written; how many stay warm.
  std::size_t free_slots() {
    std::size_t warm = 0;
    {
      const std::lock_guard lock{mutex};
      warm = std::min(writing.size(), kWarm - std::min(kWarm, spare.size()));
    }
    for (std::size_t i = writing.size(); i-- > 0;) {  // the last one first: what is left begins with a line
      writing[i]->number = 0;
      store_in_order();
      const auto bytes = std::as_writable_bytes(std::span{writing[i], 1});
      if (i < warm)
        KeptMemory::touch(bytes);  // the system has written it, perhaps: it makes room for that here
      else
        KeptMemory::rest(bytes);
    }
    return warm;
  }

  const RecorderOptions options;
  KeptMemory memory;

  // The I/O thread's.
  std::vector<Slot*> filling;  // not handed over; the last one has room
  char* of_one = nullptr;      // the state of the last line, of an instrument
  std::uint64_t lines = 0, slots_begun = 0;
  UnixNanos waiting_since = kNever;  // the oldest line that was not handed over
  std::vector<std::string> names;
  std::string text, masked;  // of the line at hand, where it is one of the wire

  // The writing thread's.
  LineWriter writer;

  // Between the threads.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<Slot*> waiting;      // to be written
  std::vector<Slot*> writing;      // being written; only the writing thread's while it is not empty
  std::vector<Slot*> spare, cold;  // room for more: whose memory is there, and whose is not
  bool wanted = false;             // that it is written now
  bool stopping = false;
  std::uint64_t lost = 0, written = 0;
  std::string trouble;

  std::thread thread;  // last: runs with all of the above
};

Result<std::unique_ptr<FrameRecorder>> FrameRecorder::make(RecorderOptions options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error || ::access(options.folder.c_str(), W_OK) != 0)
    return fail(Errc::Io,
                fmt::format("cannot record into {}: {}", options.folder.string(),
                            error ? error.message() : std::string{std::strerror(errno)}),
                "name a folder that can be written to");
  {
    LineWriter writer{options, LineWriter::Failed::Waits};
    writer.begin_behind(highest_number(options.folder));
    if (auto taken = take_up(options, writer); !taken) return std::unexpected(taken.error());
  }
  const std::size_t slots = std::max(State::kWarm, options.waiting_bytes / sizeof(Slot));
  auto memory = KeptMemory::create(tail_of(options.folder, options.venue), KeptMemory::kPage + slots * sizeof(Slot));
  if (!memory) return std::unexpected(memory.error());
  const std::uint64_t files = highest_number(options.folder);
  return std::unique_ptr<FrameRecorder>{
      new FrameRecorder{std::make_unique<State>(std::move(options), std::move(*memory), files)}};
}

FrameRecorder::FrameRecorder(std::unique_ptr<State> state) : state_{std::move(state)} {}
FrameRecorder::~FrameRecorder() { state_->hand_over(true); }

void FrameRecorder::name(InstrumentIndex instrument, std::string symbol) {
  constexpr std::size_t kMost = 255;  // as long as the name of any file
  symbol.resize(std::min(symbol.size(), kMost));
  auto& names = state_->names;
  if (names.size() <= instrument) names.resize(instrument + std::size_t{1});
  names[instrument] = std::move(symbol);
}

void FrameRecorder::received(string_view where, string_view bytes, std::optional<InstrumentIndex> about,
                             UnixNanos now) {
  State& state = *state_;
  if (about)
    state.keep(*about, bytes, now);
  else
    state.keep(kWire, on_wire("in", where, bytes), now);
}

void FrameRecorder::is_of_no_one(string_view where, string_view bytes, UnixNanos now) {
  State& state = *state_;
  char* const before = state.of_one;
  state.put_line(kWire, on_wire("in", where, bytes), now);
  store_in_order();
  if (before != nullptr) *before = kDone;  // else it is in the instrument's file, or on its way there
}

void FrameRecorder::sent(string_view where, string_view bytes, UnixNanos now) {
  state_->keep(kWire, on_wire("out", where, bytes), now);
}

constexpr std::size_t kUsualLine = 16 * 1024;  // of the wire file

/// A line of the wire file, good until the next.
string_view FrameRecorder::on_wire(string_view direction, string_view where, string_view bytes) {
  State& state = *state_;
  clear_to_usual(state.masked, kUsualLine);
  append_masked(state.masked, bytes, state.options.secrets);
  std::string& text = state.text;
  clear_to_usual(text, kUsualLine);
  fmt::format_to(std::back_inserter(text), R"({{"{}":)", direction);
  append_json_text(text, where);
  text += R"(,"text":)";
  append_json_text(text, state.masked);
  text += '}';
  return text;
}

UnixNanos FrameRecorder::next_due() const {
  return state_->waiting_since == kNever ? kNever : state_->waiting_since + state_->options.flush_every;
}
void FrameRecorder::on_due(UnixNanos now) {
  if (next_due() <= now) state_->hand_over(true);
}

void FrameRecorder::drain() {
  state_->hand_over(true);
  std::unique_lock lock{state_->mutex};
  state_->changed.wait(lock, [&] { return state_->waiting.empty() && state_->writing.empty(); });
}

FrameRecorder::Counts FrameRecorder::counts() const {
  const std::lock_guard lock{state_->mutex};
  return {state_->lines, state_->lost, state_->written, state_->trouble};
}

Result<void> unpack_left(const std::filesystem::path& folder, string_view venue, const std::filesystem::path& to) {
  if (folder.empty()) return unpack_left(".", venue, to);  // of a name alone: its files are seen, too
  auto left = open_left(tail_of(folder, venue), KeptMemory::Stores::Here);
  if (!left) return std::unexpected(left.error());
  if (!*left) return {};
  std::error_code error;
  std::filesystem::create_directories(to, error);
  const std::string torn = (*left)->torn();
  if (!error && !torn.empty()) {
    std::filesystem::copy_file(folder / torn, to / torn, error);
    if (!error && (*left)->head().size < std::filesystem::file_size(to / torn, error))
      std::filesystem::resize_file(to / torn, (*left)->head().size, error);  // an empty one holds the place of its name
    if (error == std::errc::no_such_file_or_directory) error.clear();
  }
  if (error)
    return fail(Errc::Io, fmt::format("cannot write to {}: {}", to.string(), error.message()), "free disk space");
  (*left)->settle();
  const RecorderOptions options{.folder = to, .venue = std::string{venue}, .secrets = {}};
  LineWriter writer{options, LineWriter::Failed::Waits, folder};
  writer.begin_behind(highest_number(folder));
  const auto done = writer.write((*left)->slots, (*left)->head());
  if (done.lost > 0) return fail(Errc::Io, done.trouble, "free disk space");
  return {};
}

std::vector<std::filesystem::path> recorded_frames(const std::vector<std::filesystem::path>& folders, string_view venue,
                                                   string_view symbol) {
  constexpr string_view kStamped = "dddddddd:dddddd";  // as begin_file() names them; ':' is T
  const std::string begin = fmt::format("{}-{}-", file_name_of(venue), file_name_of(symbol));
  std::map<std::pair<std::string, std::uint64_t>, std::filesystem::path> files;
  for (const auto& folder : folders) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(begin) || !name.ends_with(kPacked)) continue;
      const string_view rest = string_view{name}.substr(begin.size(), name.size() - begin.size() - kPacked.size());
      const bool stamped = rest.size() > kStamped.size() + 2 && rest.substr(kStamped.size(), 2) == "Z-" &&
                           std::ranges::equal(rest.substr(0, kStamped.size()), kStamped, [](char c, char like) {
                             return like == ':' ? c == 'T' : c >= '0' && c <= '9';
                           });
      std::uint64_t number = 0;
      const char* const end = rest.data() + rest.size();
      if (!stamped) continue;
      if (const auto read = std::from_chars(rest.data() + kStamped.size() + 2, end, number); read.ptr == end)
        files.insert_or_assign(std::pair{std::string{rest.substr(0, kStamped.size())}, number}, entry.path());
    }
  }
  std::vector<std::filesystem::path> paths;
  for (auto& [key, path] : files)
    if (std::error_code none; std::filesystem::file_size(path, none) > 0) paths.push_back(std::move(path));
  return paths;
}

}  // namespace stom::gateway
