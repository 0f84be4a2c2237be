#include "trade/session_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "gateway/mask.hpp"

namespace stom::trade {
namespace {

constexpr std::array<std::string_view, 3> kLoudness{"info", "warn", "error"};
constexpr std::array<std::string_view, 3> kMarks{"", "[warn] ", "[error] "};

}  // namespace

std::string_view name_of(Loudness loudness) { return kLoudness[static_cast<std::size_t>(loudness)]; }

std::optional<Loudness> loudness_of(std::string_view name) {
  const auto at = std::ranges::find(kLoudness, name);
  if (at == kLoudness.end()) return std::nullopt;
  return static_cast<Loudness>(at - kLoudness.begin());
}

LogLine read_log_line(std::string_view line) {
  LogLine read{.text = line};
  const auto space = line.find(' ');
  if (space == line.npos) return read;
  const auto time = parse_time(line.substr(0, space));
  if (!time) return read;
  read.time = *time;
  read.text = line.substr(space + 1);
  for (const Loudness loudness : {Loudness::Warn, Loudness::Error}) {
    const std::string_view mark = kMarks[static_cast<std::size_t>(loudness)];
    if (!read.text.starts_with(mark)) continue;
    read.loudness = loudness;
    read.text.remove_prefix(mark.size());
    break;
  }
  return read;
}

Result<void> SessionLog::open(const std::filesystem::path& file) {
  path_ = file;
  file_.open(file, std::ios::binary | std::ios::app);
  if (!file_)
    return fail(Errc::Io, fmt::format("cannot write {}", file.string()),
                "check the folder's permissions and disk space");
  std::error_code ignored;
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  const auto size = std::filesystem::file_size(file, ignored);
  size_ = ignored ? 0 : size;
  return {};
}

/// Where the one before cannot be put aside it grows on: a line is worth more than the room.
void SessionLog::begin_anew() {
  std::error_code error;
  std::filesystem::rename(path_, path_.string() + ".1", error);
  size_ = 0;
  if (error) return;
  file_.close();
  file_.clear();
  (void)open(path_);
}

std::string SessionLog::masked(std::string_view line) const {
  std::string text;
  gateway::append_masked(text, line, secrets_, named_);
  // Whatever words of a server are in it, they begin no line of their own and move nobody's cursor.
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  return text;
}

void SessionLog::say(std::string_view line, Loudness loudness) {
  std::string text = std::string{kMarks[static_cast<std::size_t>(loudness)]} + masked(line);
  const std::lock_guard lock{mutex_};
  text.insert(0, format_time(clock_.now()) + " ");  // of two threads the later one's line stands behind
  last_ = text;
  if (waiting_.size() < kMostWaiting)
    waiting_.push_back(std::move(text));
  else
    ++left_out_;
}

void SessionLog::write(const std::function<void(const std::string&)>& also) {
  std::deque<std::string> lines;
  std::uint64_t left_out = 0;
  {
    const std::lock_guard lock{mutex_};
    lines.swap(waiting_);
    left_out = std::exchange(left_out_, 0);
  }
  file_.clear();  // a disk that was full may have room again
  for (const std::string& line : lines) {
    file_ << line << '\n';
    size_ += line.size() + 1;
  }
  if (also)
    for (const std::string& line : lines) also(line);
  if (left_out > 0) file_ << fmt::format("{} lines were left out here\n", left_out);
  if (!lines.empty()) file_.flush();
  if (size_ > most_bytes_) begin_anew();
}

std::string SessionLog::last() const {
  const std::lock_guard lock{mutex_};
  return last_;
}

}  // namespace stom::trade
