#include "trade/log_search.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace stom::trade {
namespace {

constexpr std::uint64_t kReadAtOnce = 64 << 10;

/// One of the two files, as long as it was when it was opened. It is known again by its first line, whatever it is
/// called by then.
class LogFile {
 public:
  explicit LogFile(const std::filesystem::path& path)
      : file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)} {
    struct stat about{};
    if (file_ < 0 || ::fstat(file_, &about) != 0 || !S_ISREG(about.st_mode)) return;
    is_open_ = true;
    size_ = static_cast<std::uint64_t>(about.st_size);
    std::array<char, 64> begin{};
    const ssize_t got = ::pread(file_, begin.data(), begin.size(), 0);
    if (got > 0) begun_ = read_log_line({begin.data(), static_cast<std::size_t>(got)}).time;
  }
  ~LogFile() {
    if (file_ >= 0) ::close(file_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  bool is_open() const { return is_open_; }
  std::uint64_t size() const { return size_; }
  UnixNanos begun() const { return begun_; }
  /// Whether all of it could be read.
  bool read(std::uint64_t at, char* to, std::size_t size) const {
    while (size > 0) {
      const ssize_t got = ::pread(file_, to, size, static_cast<off_t>(at));
      if (got <= 0) return false;
      to += got;
      at += static_cast<std::uint64_t>(got);
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int file_;
  bool is_open_ = false;
  std::uint64_t size_ = 0;
  UnixNanos begun_ = kNoTime;
};

/// The lines of a file before a place, the last one first.
class LinesBefore {
 public:
  LinesBefore(const LogFile& file, std::uint64_t end, std::uint64_t most_bytes)
      : file_{file}, end_{end}, read_{end}, told_{end}, left_{most_bytes} {}

  /// Without its end, and good until the next one. None: there is no other, or as much was read as may be (is_over()).
  std::optional<std::string_view> next() {
    for (;;) {
      const std::string_view data{buffer_.data(), static_cast<std::size_t>(told_ - read_)};
      const bool whole = data.ends_with('\n');  // else its end is still being written
      const auto before = data.substr(0, data.size() - (whole ? 1 : 0)).rfind('\n');
      const std::size_t begin = before == data.npos ? 0 : before + 1;
      if (!data.empty() && (before != data.npos || read_ == 0)) {
        told_ = read_ + begin;
        if (whole) return data.substr(begin, data.size() - 1 - begin);
        continue;
      }
      if (read_ == 0 || left_ == 0 || !read_more()) return std::nullopt;
    }
  }
  bool is_over() const { return told_ == 0; }
  /// Where the line begins that was told last: the next search goes on before it. A line of which not even the
  /// beginning could be read is passed over.
  std::uint64_t place() const { return told_ == end_ ? read_ : told_; }

 private:
  bool read_more() {
    const std::uint64_t size = std::min({kReadAtOnce, read_, left_});
    std::string more(static_cast<std::size_t>(size), '\0');
    if (!file_.read(read_ - size, more.data(), more.size())) {
      read_ = told_ = 0;  // it has become shorter: somebody else's doing
      buffer_.clear();
      return false;
    }
    buffer_.resize(static_cast<std::size_t>(told_ - read_));
    buffer_.insert(0, more);
    read_ -= size;
    left_ -= size;
    return true;
  }

  const LogFile& file_;
  const std::uint64_t end_;
  std::string buffer_;         // of the file, from read_ on
  std::uint64_t read_, told_;  // all from there on has been read, and told
  std::uint64_t left_;         // that may be read
};

struct Place {
  UnixNanos file = kNoTime;  // that begins so
  std::uint64_t end = 0;
};

std::string cursor_of(const Place& place) { return fmt::format("{}.{}", place.file, place.end); }

std::optional<Place> place_of(std::string_view cursor) {
  Place place;
  const char* const last = cursor.data() + cursor.size();
  const auto file = std::from_chars(cursor.data(), last, place.file);
  if (file.ec != std::errc{} || file.ptr == last || *file.ptr != '.') return std::nullopt;
  const auto end = std::from_chars(file.ptr + 1, last, place.end);
  if (end.ec != std::errc{} || end.ptr != last) return std::nullopt;
  return place;
}

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool has(std::string_view line, std::string_view small_text) {
  const auto same = [](char a, char b) { return small(a) == b; };
  return std::ranges::search(line, small_text, same).begin() != line.end() || small_text.empty();
}

}  // namespace

Result<LogPage> search_log(const std::filesystem::path& folder, const LogQuery& query) {
  const LogFile newest{folder / "log"}, before{folder / "log.1"};
  std::vector<const LogFile*> files;  // newest first
  if (newest.is_open()) files.push_back(&newest);
  // It may have been put aside between the two calls: then both are the same.
  if (before.is_open() && (!newest.is_open() || before.begun() != newest.begun() || before.begun() == kNoTime))
    files.push_back(&before);
  if (files.empty())
    return fail(Errc::NotFound, fmt::format("there is no log in {}", folder.string()),
                "the session writes it as it begins; look at the folder's permissions");
  std::size_t at = 0;
  std::uint64_t end = files.front()->size();
  if (!query.cursor.empty()) {
    const auto place = place_of(query.cursor);
    if (!place) return fail(Errc::Usage, "the cursor is none that a search gave", "search from the end");
    const auto file = std::ranges::find(files, place->file, &LogFile::begun);
    if (file == files.end()) return LogPage{};  // put aside twice since: what was older is gone
    at = static_cast<std::size_t>(file - files.begin());
    end = std::min(place->end, files[at]->size());
  }
  std::string text = query.text;
  std::ranges::transform(text, text.begin(), small);
  LogPage page;
  for (;;) {
    LinesBefore lines{*files[at], end, query.most_bytes};
    while (page.lines.size() < query.most) {
      const auto line = lines.next();
      if (!line) break;
      const LogLine read = read_log_line(*line);
      if (read.loudness < query.least || !has(read.text, text)) continue;
      page.lines.push_back({read.time, read.loudness, std::string{read.text}});
    }
    if (!lines.is_over()) {
      page.next = cursor_of({files[at]->begun(), lines.place()});
      return page;
    }
    if (++at == files.size()) return page;
    end = files[at]->size();
    if (page.lines.size() < query.most) continue;
    page.next = cursor_of({files[at]->begun(), end});
    return page;
  }
}

}  // namespace stom::trade
