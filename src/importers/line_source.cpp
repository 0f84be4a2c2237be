#include "importers/line_source.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "core/hash.hpp"

namespace stom::importers {
namespace {

constexpr std::size_t kBlock = 1u << 18;
constexpr std::size_t kLongestLine = 1u << 26;  // a REST snapshot of 5,000 levels is 300 kB

std::unexpected<Error> unreadable(const std::filesystem::path& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return fail(Errc::NotFound, fmt::format("{}: no such file", path.string()), "check the path");
  if (error == EACCES || error == EPERM)
    return fail(Errc::Io, fmt::format("{}: no permission to read it", path.string()),
                fmt::format("allow it with: chmod u+r {}", path.string()));
  return fail(Errc::Io, fmt::format("{}: {}", path.string(), std::strerror(error)), "check the disk");
}

std::uint32_t little(const unsigned char* p, int bytes) {
  std::uint32_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | p[i];
  return value;
}

}  // namespace

Result<int> open_file(const std::filesystem::path& path, std::uint64_t& size) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(path, errno);
  struct stat status{};
  if (::fstat(fd, &status) != 0) {
    const int error = errno;
    ::close(fd);
    return unreadable(path, error);
  }
  if (S_ISDIR(status.st_mode)) {
    ::close(fd);
    return fail(Errc::Usage, fmt::format("{} is a folder", path.string()),
                fmt::format("name the files in it: {}/*", path.string()));
  }
  if (S_ISREG(status.st_mode) && status.st_size == 0) {
    ::close(fd);
    return fail(Errc::BadData, fmt::format("{} is empty", path.string()), "fetch the file again");
  }
  size = static_cast<std::uint64_t>(status.st_size);
  return fd;
}

void close_file(int file) { ::close(file); }

Result<std::string> read_file(const std::filesystem::path& path) {
  std::uint64_t size = 0;
  const auto fd = open_file(path, size);
  if (!fd) return std::unexpected(fd.error());
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto got = ::read(*fd, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int error = errno;
      ::close(*fd);
      return unreadable(path, error);
    }
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  ::close(*fd);
  bytes.resize(done);
  return bytes;
}

struct LineSource::State {
  std::filesystem::path path;
  int fd = -1;
  std::uint64_t size = 0;
  std::uint64_t done = 0;
  std::uint64_t line_number = 0;
  Sha256 digest;

  enum class Form : std::uint8_t { Plain, Gzip, Zip } form = Form::Plain;
  z_stream stream{};
  bool inflating = false;    // inflateInit was called
  bool member_open = false;  // inside compressed data: the end of the file here is a truncation
  std::string raw;           // bytes of the file, from raw_at not yet used
  std::size_t raw_at = 0;
  bool raw_end = false;
  std::string text;  // decompressed, from text_at not yet given
  std::size_t text_at = 0;
  bool text_end = false;
  bool torn = false;         // damaged: what follows the last whole line is not to be trusted
  std::size_t searched = 0;  // no line end in text before this

  ~State() {
    if (inflating) inflateEnd(&stream);
    if (fd >= 0) ::close(fd);
  }

  Result<void> read_block() {
    raw.erase(0, raw_at);
    raw_at = 0;
    const std::size_t kept = raw.size();
    raw.resize(kept + kBlock);
    ssize_t got;
    do got = ::read(fd, raw.data() + kept, kBlock);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
      raw.resize(kept);
      return unreadable(path, errno);
    }
    raw.resize(kept + static_cast<std::size_t>(got));
    digest.update(std::string_view{raw}.substr(kept));
    done += static_cast<std::uint64_t>(got);
    raw_end = got == 0;
    return {};
  }

  std::unexpected<Error> damaged(std::string_view what) {
    text_end = torn = true;
    return fail(Errc::BadData, fmt::format("{}: {} after line {}", path.string(), what, line_number),
                "fetch the file again, or import what is whole with --skip-bad");
  }

  bool start_inflate(int window) {
    stream = {};
    inflating = inflateInit2(&stream, window) == Z_OK;
    return inflating;
  }

  Result<void> begin() {
    if (auto read = read_block(); !read) return read;
    const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
    if (raw.size() >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) {
      form = Form::Gzip;
      if (!start_inflate(15 + 16)) return fail(Errc::Io, "zlib does not start", "free some memory");
      member_open = true;
    } else if (raw.size() >= 30 && std::memcmp(bytes, "PK\3\4", 4) == 0) {
      return begin_zip(bytes);
    }
    return {};
  }

  /// The first member of a zip archive, as exchanges publish them: one deflated file.
  Result<void> begin_zip(const unsigned char* bytes) {
    const auto method = little(bytes + 8, 2);
    const std::size_t data = 30u + little(bytes + 26, 2) + little(bytes + 28, 2);
    if (method != 8 || data > raw.size())
      return fail(Errc::Unsupported, fmt::format("{}: a zip archive whose first file is not deflated", path.string()),
                  "unpack it and name the file inside");
    form = Form::Zip;
    raw_at = data;
    if (!start_inflate(-15)) return fail(Errc::Io, "zlib does not start", "free some memory");
    member_open = true;
    return {};
  }

  /// Adds to `text`; sets text_end when there is no more.
  Result<void> fill() {
    if (text_at > kBlock || text_at == text.size()) {
      text.erase(0, text_at);
      searched -= std::min(searched, text_at);
      text_at = 0;
    }
    if (raw_at == raw.size() && !raw_end)
      if (auto read = read_block(); !read) return read;
    if (form == Form::Plain) {
      text.append(raw, raw_at);
      raw_at = raw.size();
      text_end = raw_end;
      return {};
    }
    return inflate_some();
  }

  Result<void> inflate_some() {
    if (raw_at == raw.size()) {
      if (member_open) return damaged("the compressed data ends too early (truncated)");
      text_end = true;
      return {};
    }
    if (!member_open) {
      // More gzip members follow each other; zeros pad; a zip's directory ends it.
      if (form == Form::Zip || raw[raw_at] == '\0') {
        raw_at = raw.size();
        return {};
      }
      if (inflateReset(&stream) != Z_OK) return damaged("zlib failed");
      member_open = true;
    }
    const std::size_t kept = text.size();
    text.resize(kept + kBlock);
    stream.next_in = reinterpret_cast<Bytef*>(raw.data() + raw_at);
    stream.avail_in = static_cast<uInt>(raw.size() - raw_at);
    stream.next_out = reinterpret_cast<Bytef*>(text.data() + kept);
    stream.avail_out = kBlock;
    const int status = inflate(&stream, Z_NO_FLUSH);
    raw_at = raw.size() - stream.avail_in;
    text.resize(kept + kBlock - stream.avail_out);
    if (status == Z_STREAM_END)
      member_open = false;
    else if (status != Z_OK && status != Z_BUF_ERROR)
      return damaged("the compressed data is damaged");
    return {};
  }
};

LineSource::LineSource(std::unique_ptr<State> state) : state_{std::move(state)} {}
LineSource::~LineSource() = default;
LineSource::LineSource(LineSource&&) noexcept = default;
LineSource& LineSource::operator=(LineSource&&) noexcept = default;

Result<LineSource> LineSource::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  const auto fd = open_file(path, state->size);
  if (!fd) return std::unexpected(fd.error());
  state->fd = *fd;
  if (auto begun = state->begin(); !begun) return std::unexpected(begun.error());
  return LineSource{std::move(state)};
}

Result<bool> LineSource::next(std::string_view& line) {
  State& s = *state_;
  for (;;) {
    const std::size_t from = std::max(s.text_at, s.searched);
    const auto* found = from < s.text.size()
                            ? static_cast<const char*>(std::memchr(s.text.data() + from, '\n', s.text.size() - from))
                            : nullptr;
    const bool rest = !found && s.text_end && !s.torn && s.text_at < s.text.size();
    if (found || rest) {
      const std::size_t end = found ? static_cast<std::size_t>(found - s.text.data()) : s.text.size();
      line = std::string_view{s.text}.substr(s.text_at, end - s.text_at);
      if (line.ends_with('\r')) line.remove_suffix(1);
      s.text_at = found ? end + 1 : end;
      s.searched = s.text_at;
      if (s.line_number++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // a byte order mark
      return true;
    }
    if (s.text_end) return false;
    s.searched = s.text.size();
    if (s.text.size() - s.text_at > kLongestLine) return s.damaged("a line of more than 64 MiB");
    if (auto filled = s.fill(); !filled) return std::unexpected(filled.error());
  }
}

std::uint64_t LineSource::line_number() const { return state_->line_number; }
std::uint64_t LineSource::bytes_done() const { return state_->done; }
std::uint64_t LineSource::bytes_total() const { return state_->size; }

Result<std::string> LineSource::sha256() {
  while (!state_->raw_end) {
    if (auto read = state_->read_block(); !read) return std::unexpected(read.error());
    state_->raw_at = state_->raw.size();
  }
  return state_->digest.hex();
}

}  // namespace stom::importers
