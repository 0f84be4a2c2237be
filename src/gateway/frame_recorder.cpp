#include "gateway/frame_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/assert.hpp"
#include "gateway/mask.hpp"

namespace stom::gateway {
namespace {

using std::string_view;

/// One gzip member after another, each of pieces.
class Packer {
 public:
  Packer() { STOM_ASSERT(deflateInit2(&stream_, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK); }
  ~Packer() { deflateEnd(&stream_); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void begin() {
    deflateReset(&stream_);
    packed_ = 0;
  }
  void add(string_view text) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    while (stream_.avail_in > 0) run(Z_NO_FLUSH);
  }
  /// The member; good until the next begins.
  string_view end() {
    while (run(Z_FINISH) != Z_STREAM_END) {
    }
    return {out_.data(), packed_};
  }

 private:
  static constexpr std::size_t kStep = 16 * 1024;

  int run(int how) {
    if (out_.size() < packed_ + kStep) out_.resize(packed_ + kStep);
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + packed_);
    stream_.avail_out = static_cast<uInt>(out_.size() - packed_);
    const int told = deflate(&stream_, how);
    STOM_ASSERT(told == Z_OK || told == Z_STREAM_END || told == Z_BUF_ERROR);
    packed_ = out_.size() - stream_.avail_out;
    return told;
  }

  z_stream stream_{};
  std::string out_;
  std::size_t packed_ = 0;
};

/// Appends all of it or nothing; why not, as errno.
int append(const std::filesystem::path& path, string_view bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  struct stat before{};
  int error = ::fstat(file, &before) == 0 ? 0 : errno;
  while (error == 0 && !bytes.empty()) {
    const auto n = ::write(file, bytes.data(), bytes.size());
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n == 0 || errno != EINTR)
      error = n == 0 ? ENOSPC : errno;
  }
  // Half a member would hide what is appended later.
  if (error != 0 && ::ftruncate(file, before.st_size) != 0) error = errno;
  ::close(file);
  return error;
}

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

/// Lines of whatever series, in the order in which they came.
struct Chunk {
  struct Line {
    SeriesIndex series;
    std::uint32_t end;  // in the text; it begins where the one before ends
    UnixNanos at;
  };
  std::string text;
  std::vector<Line> lines;

  static constexpr std::size_t kBytes = 64 * 1024, kLines = 512;
  bool is_full() const { return text.size() >= kBytes || lines.size() >= kLines; }
  /// With room for as much, and the room touched: what a recorder takes of memory it takes when it begins.
  static Chunk ready() {
    constexpr std::size_t kLine = 4096;
    Chunk chunk;
    chunk.text.resize(kBytes + kLine);
    chunk.lines.resize(kLines);
    chunk.text.clear();
    chunk.lines.clear();
    return chunk;
  }
};

}  // namespace

// Lines wait in chunks that all series share: room for each series alone would come to be, over hours, the most that
// each ever needed at once.
struct FrameRecorder::State {
  explicit State(RecorderOptions o) : options{std::move(o)}, thread{[this] { write_all(); }} {
    const std::lock_guard lock{mutex};
    while (spare.size() < kSpareChunks) spare.push_back(Chunk::ready());
  }
  ~State() {
    {
      const std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }

  // ---- the I/O thread's

  static constexpr std::size_t kSpareChunks = 16;

  void begin_line(UnixNanos now) {
    if (waiting_since == kNever) waiting_since = now;
    at = std::max<UnixNanos>(0, now);
    fmt::format_to(std::back_inserter(filling.text), "{:019} ", at);
  }
  void end_line(SeriesIndex series) {
    filling.text += '\n';
    filling.lines.push_back({series, static_cast<std::uint32_t>(filling.text.size()), at});
    ++lines;
    if (filling.is_full()) hand_over(false);
  }

  /// What was received until now goes to the writing thread; `write` asks it not to wait for more.
  void hand_over(bool write) {
    {
      const std::lock_guard lock{mutex};
      if (waiting_bytes + filling.text.size() > options.waiting_bytes) {
        lost += filling.lines.size();
        trouble = "the disk is too slow for what is received";
      } else if (!filling.lines.empty()) {
        waiting_bytes += filling.text.size();
        waiting.push_back(std::move(filling));
        filling = spare.empty() ? Chunk::ready() : std::move(spare.back());
        if (!spare.empty()) spare.pop_back();
      }
      // As much as is kept to be used again: more would come and go with each burst.
      wanted = wanted || write || waiting.size() >= kSpareChunks / 2;
      if (wanted) changed.notify_all();
    }
    filling.text.clear();
    filling.lines.clear();
    if (write) waiting_since = kNever;
  }

  // ---- the writing thread's

  /// One row of files.
  struct Series {
    std::filesystem::path path;  // of the file at hand
    UnixNanos begun = 0;
    std::uint64_t bytes = 0;  // in it, before packing
  };

  void write_all() {
    for (;;) {
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return stopping || wanted; });
        if (waiting.empty() && stopping) return;
        writing = std::exchange(waiting, {});
        wanted = false;
      }
      write(writing);
      {
        const std::lock_guard lock{mutex};
        for (auto& chunk : writing) {
          waiting_bytes -= chunk.text.size();
          // A frame may be larger than a chunk: room of such a size is not kept.
          if (spare.size() < kSpareChunks && chunk.text.capacity() <= 2 * Chunk::kBytes)
            spare.push_back(std::move(chunk));
        }
        writing.clear();
      }
      changed.notify_all();
    }
  }

  struct Piece {
    SeriesIndex series;
    UnixNanos at;
    string_view text;
  };

  void write(const std::vector<Chunk>& chunks) {
    std::size_t lines_of_all = 0;
    for (const auto& chunk : chunks) lines_of_all += chunk.lines.size();
    pieces.reserve(lines_of_all);
    for (const auto& chunk : chunks) {
      std::size_t begin = 0;
      for (const auto& line : chunk.lines) {
        pieces.push_back({line.series, line.at, string_view{chunk.text}.substr(begin, line.end - begin)});
        begin = line.end;
      }
    }
    std::ranges::stable_sort(pieces, {}, &Piece::series);
    for (std::size_t i = 0; i < pieces.size();) i = write_member(i);
    pieces = {};  // kept, its room would come to be the most that was ever needed at once
  }

  /// The pieces from there on that are one member of one file; where the next begins.
  std::size_t write_member(std::size_t first) {
    Series& series = series_of[pieces[first].series];
    if (series.path.empty() || is_full(series, pieces[first].at)) begin_file(series, pieces[first]);
    std::size_t i = first, bytes = 0;
    packer.begin();
    do {
      packer.add(pieces[i].text);
      bytes += pieces[i].text.size();
      series.bytes += pieces[i].text.size();
      ++i;
    } while (i < pieces.size() && pieces[i].series == pieces[first].series && bytes < options.member_bytes &&
             !is_full(series, pieces[i].at));
    const auto packed = packer.end();
    const int error = append(series.path, packed);
    const std::lock_guard lock{mutex};
    if (error == 0) {
      written += packed.size();
    } else {
      lost += i - first;
      trouble = fmt::format("cannot write {}: {}", series.path.string(), std::strerror(error));
    }
    return i;
  }

  bool is_full(const Series& series, UnixNanos now) const {
    return series.bytes >= options.file_bytes || now - series.begun >= options.file_age;
  }

  void begin_file(Series& series, const Piece& first) {
    std::string name = "wire";
    if (first.series != kWire) {
      const std::lock_guard lock{mutex};
      const auto told = names.find(first.series);
      name = told != names.end() ? told->second : fmt::format("instrument{}", first.series);
    }
    // The number keeps names apart where the clock stood still or was set back.
    std::string compact;
    for (const char c : format_time(first.at).substr(0, 19))
      if (c != '-' && c != ':') compact += c;
    std::error_code none;  // a folder that is gone shows where the file is opened
    do
      series.path = options.folder / fmt::format("{}-{}-{}Z-{}.jsonl.gz", file_name_of(options.venue),
                                                 file_name_of(name), compact, ++files);
    while (std::filesystem::exists(series.path, none));
    series.begun = first.at;
    series.bytes = 0;
  }

  RecorderOptions options;

  // The I/O thread's.
  Chunk filling = Chunk::ready();
  UnixNanos at = 0;  // of the line at hand
  std::uint64_t lines = 0;
  UnixNanos waiting_since = kNever;  // the oldest line that was not handed over
  std::string masked;

  // The writing thread's.
  std::map<SeriesIndex, Series> series_of;
  std::uint64_t files = 0;
  std::vector<Piece> pieces;
  Packer packer;

  // Between the threads.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<Chunk> waiting;  // to be written
  std::vector<Chunk> writing;  // being written; only the writing thread's while it is not empty
  std::vector<Chunk> spare;    // written: room for more
  bool wanted = false;         // that it is written now
  bool stopping = false;
  std::size_t waiting_bytes = 0;  // of both
  std::uint64_t lost = 0, written = 0;
  std::string trouble;
  std::map<SeriesIndex, std::string> names;

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
  return std::unique_ptr<FrameRecorder>{new FrameRecorder{std::make_unique<State>(std::move(options))}};
}

FrameRecorder::FrameRecorder(std::unique_ptr<State> state) : state_{std::move(state)} {}
FrameRecorder::~FrameRecorder() { state_->hand_over(true); }

void FrameRecorder::name(InstrumentIndex instrument, std::string symbol) {
  const std::lock_guard lock{state_->mutex};
  state_->names[instrument] = std::move(symbol);
}

void FrameRecorder::received(string_view where, string_view bytes, std::optional<InstrumentIndex> about,
                             UnixNanos now) {
  if (!about) return on_wire("in", where, bytes, now);
  state_->begin_line(now);
  std::string& text = state_->filling.text;
  const std::size_t begin = text.size();
  text += bytes;
  // A line end within JSON is a space like any other.
  std::replace_if(
      text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  state_->end_line(*about);
}

void FrameRecorder::sent(string_view where, string_view bytes, UnixNanos now) { on_wire("out", where, bytes, now); }

void FrameRecorder::on_wire(string_view direction, string_view where, string_view bytes, UnixNanos now) {
  State& state = *state_;
  state.masked.clear();
  append_masked(state.masked, bytes, state.options.secrets);
  state.begin_line(now);
  std::string& text = state.filling.text;
  fmt::format_to(std::back_inserter(text), R"({{"{}":)", direction);
  append_json_text(text, where);
  text += R"(,"text":)";
  append_json_text(text, state.masked);
  text += '}';
  state.end_line(kWire);
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
  state_->changed.wait(lock, [&] { return state_->waiting_bytes == 0; });
}

FrameRecorder::Counts FrameRecorder::counts() const {
  const std::lock_guard lock{state_->mutex};
  return {state_->lines, state_->lost, state_->written, state_->trouble};
}

std::vector<std::filesystem::path> recorded_frames(const std::filesystem::path& folder, string_view venue,
                                                   string_view symbol) {
  constexpr string_view kStamp = "dddddddd:dddddd", kEnd = ".jsonl.gz";  // as begin_file() names them; ':' is T
  const std::string begin = fmt::format("{}-{}-", file_name_of(venue), file_name_of(symbol));
  std::map<std::pair<std::string, std::uint64_t>, std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(kEnd)) continue;
    const string_view rest = string_view{name}.substr(begin.size(), name.size() - begin.size() - kEnd.size());
    const bool stamped = rest.size() > kStamp.size() + 2 && rest.substr(kStamp.size(), 2) == "Z-" &&
                         std::ranges::equal(rest.substr(0, kStamp.size()), kStamp, [](char c, char like) {
                           return like == ':' ? c == 'T' : c >= '0' && c <= '9';
                         });
    std::uint64_t number = 0;
    const char* const end = rest.data() + rest.size();
    if (!stamped) continue;
    if (const auto read = std::from_chars(rest.data() + kStamp.size() + 2, end, number); read.ptr == end)
      files.emplace(std::pair{std::string{rest.substr(0, kStamp.size())}, number}, entry.path());
  }
  std::vector<std::filesystem::path> paths;
  for (auto& [key, path] : files) paths.push_back(std::move(path));
  return paths;
}

}  // namespace stom::gateway
