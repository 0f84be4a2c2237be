#include "core/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace stom {

// Not through a stream: that throws on a folder, and does not say why a file cannot be opened.
Result<std::string> read_text_file(const std::filesystem::path& path, std::size_t most_bytes) {
  const auto refused = [&path](int why) {
    const std::string name = path.string();
    if (why == ENOENT || why == ENOTDIR)
      return fail(Errc::NotFound, fmt::format("there is no file {}", name), "is the path right?");
    if (why == EISDIR) return fail(Errc::Usage, fmt::format("{} is a folder, not a file", name), "name a file in it");
    return fail(Errc::Io, fmt::format("{} cannot be read: {}", name, std::strerror(why)), "check who may read it");
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return refused(errno);
  std::string text;
  std::array<char, 1 << 16> piece;
  ssize_t got = 1;
  while (got != 0 && text.size() <= most_bytes) {
    got = ::read(file, piece.data(), piece.size());
    if (got < 0 && errno != EINTR) break;
    if (got > 0) text.append(piece.data(), static_cast<std::size_t>(got));
  }
  const int why = errno;
  ::close(file);
  if (got < 0) return refused(why);
  if (text.size() > most_bytes)
    return fail(Errc::Usage, fmt::format("{} is larger than {} MiB", path.string(), most_bytes >> 20),
                "is it the file that was meant?");
  return text;
}

}  // namespace stom
