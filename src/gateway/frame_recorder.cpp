#include "gateway/frame_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/assert.hpp"
#include "gateway/mask.hpp"

namespace stom::gateway {
namespace {

using std::string_view;

/// One gzip member after another.
class Packer {
 public:
  Packer() { STOM_ASSERT(deflateInit2(&stream_, 3, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK); }
  ~Packer() { deflateEnd(&stream_); }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  string_view pack(string_view text) {
    deflateReset(&stream_);
    out_.resize(deflateBound(&stream_, text.size()));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream_.avail_out = static_cast<uInt>(out_.size());
    STOM_ASSERT(deflate(&stream_, Z_FINISH) == Z_STREAM_END);
    return {out_.data(), out_.size() - stream_.avail_out};
  }

 private:
  z_stream stream_{};
  std::string out_;
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

struct Member {
  std::filesystem::path path;
  std::string text;
  std::uint64_t lines = 0;
};

}  // namespace

struct FrameRecorder::State {
  explicit State(RecorderOptions o) : options{std::move(o)}, thread{[this] { write_all(); }} {}
  ~State() {
    {
      const std::lock_guard lock{mutex};
      stopping = true;
    }
    changed.notify_all();
    thread.join();
  }

  /// One row of files, on the I/O thread.
  struct Series {
    std::string name;
    std::filesystem::path path;  // of the file at hand
    UnixNanos begun = 0;
    std::uint64_t bytes = 0;  // in it, with what waits
    std::string text;         // not handed over yet
    std::uint64_t lines = 0;
  };

  void begin_line(Series& series, UnixNanos now) {
    if (!series.path.empty() && (series.bytes >= options.file_bytes || now - series.begun >= options.file_age)) {
      hand_over(series);
      series.path.clear();
    }
    if (series.path.empty()) {
      // The number keeps names apart where the clock stood still or was set back.
      const auto stamp = format_time(now);
      std::string compact;
      for (const char c : stamp.substr(0, 19))
        if (c != '-' && c != ':') compact += c;
      do
        series.path = options.folder / fmt::format("{}-{}-{}Z-{}.jsonl.gz", file_name_of(options.venue),
                                                   file_name_of(series.name), compact, ++files);
      while (std::filesystem::exists(series.path));
      series.begun = now;
      series.bytes = 0;
    }
    if (waiting_since == kNever) waiting_since = now;
    fmt::format_to(std::back_inserter(series.text), "{:019} ", std::max<UnixNanos>(0, now));
  }
  void end_line(Series& series) {
    series.text += '\n';
    ++series.lines;
    ++lines;
    if (series.text.size() >= options.member_bytes) hand_over(series);
  }

  void hand_over(Series& series) {
    if (series.lines == 0) return;
    series.bytes += series.text.size();
    {
      const std::lock_guard lock{mutex};
      if (waiting_bytes + series.text.size() > options.waiting_bytes) {
        lost += series.lines;
        trouble = "the disk is too slow for what is received";
      } else {
        waiting_bytes += series.text.size();
        // A copy of its own size: a series keeps the room that its own frames need, and no other's.
        waiting.push_back({series.path, series.text, series.lines});
      }
    }
    series.text.clear();
    series.lines = 0;
    changed.notify_all();
  }

  void hand_over_all() {
    waiting_since = kNever;
    for (auto& [_, series] : series_of) hand_over(series);
    hand_over(wire);
  }

  void write_all() {
    Packer packer;
    for (;;) {
      Member member;
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return stopping || !waiting.empty(); });
        if (waiting.empty()) return;
        member = std::move(waiting.front());
        waiting.pop_front();
        writing = true;
      }
      const auto packed = packer.pack(member.text);
      const int error = append(member.path, packed);
      {
        const std::lock_guard lock{mutex};
        writing = false;
        waiting_bytes -= member.text.size();
        if (error == 0) {
          written += packed.size();
        } else {
          lost += member.lines;
          trouble = fmt::format("cannot write {}: {}", member.path.string(), std::strerror(error));
        }
      }
      changed.notify_all();
    }
  }

  RecorderOptions options;

  // The I/O thread's.
  std::map<InstrumentIndex, Series> series_of;
  Series wire{.name = "wire"};
  std::uint64_t files = 0;
  std::uint64_t lines = 0;
  UnixNanos waiting_since = kNever;  // the oldest line that was not handed over
  std::string masked;

  // Between the threads.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Member> waiting;
  std::size_t waiting_bytes = 0;
  std::uint64_t lost = 0, written = 0;
  std::string trouble;
  bool writing = false, stopping = false;

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
FrameRecorder::~FrameRecorder() { state_->hand_over_all(); }

void FrameRecorder::name(InstrumentIndex instrument, std::string symbol) {
  state_->series_of[instrument].name = std::move(symbol);
}

void FrameRecorder::received(string_view where, string_view bytes, std::optional<InstrumentIndex> about,
                             UnixNanos now) {
  State& state = *state_;
  if (about) {
    auto& series = state.series_of[*about];
    if (series.name.empty()) series.name = fmt::format("instrument{}", *about);
    state.begin_line(series, now);
    const std::size_t begin = series.text.size();
    series.text += bytes;
    // A line end within JSON is a space like any other.
    std::replace_if(
        series.text.begin() + static_cast<std::ptrdiff_t>(begin), series.text.end(),
        [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return state.end_line(series);
  }
  state.masked.clear();
  append_masked(state.masked, bytes, state.options.secrets);
  state.begin_line(state.wire, now);
  state.wire.text += R"({"in":)";
  append_json_text(state.wire.text, where);
  state.wire.text += R"(,"text":)";
  append_json_text(state.wire.text, state.masked);
  state.wire.text += '}';
  state.end_line(state.wire);
}

void FrameRecorder::sent(string_view where, string_view bytes, UnixNanos now) {
  State& state = *state_;
  state.masked.clear();
  append_masked(state.masked, bytes, state.options.secrets);
  state.begin_line(state.wire, now);
  state.wire.text += R"({"out":)";
  append_json_text(state.wire.text, where);
  state.wire.text += R"(,"text":)";
  append_json_text(state.wire.text, state.masked);
  state.wire.text += '}';
  state.end_line(state.wire);
}

UnixNanos FrameRecorder::next_due() const {
  return state_->waiting_since == kNever ? kNever : state_->waiting_since + state_->options.flush_every;
}
void FrameRecorder::on_due(UnixNanos now) {
  if (next_due() <= now) state_->hand_over_all();
}

void FrameRecorder::drain() {
  state_->hand_over_all();
  std::unique_lock lock{state_->mutex};
  state_->changed.wait(lock, [&] { return state_->waiting.empty() && !state_->writing; });
}

FrameRecorder::Counts FrameRecorder::counts() const {
  const std::lock_guard lock{state_->mutex};
  return {state_->lines, state_->lost, state_->written, state_->trouble};
}

}  // namespace stom::gateway
