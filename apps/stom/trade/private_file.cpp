#include "trade/private_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace stom::trade {

Result<std::string> read_private_file(const std::filesystem::path& path, std::string_view which) {
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0)
    return fail(errno == ENOENT ? Errc::NotFound : Errc::Io,
                fmt::format("{} cannot be read: {}", path.string(), std::strerror(errno)), std::string{which});
  if (!S_ISREG(about.st_mode))
    return fail(Errc::BadData, fmt::format("{} is no file", path.string()), std::string{which});
  if ((about.st_mode & kOthers) != 0 || about.st_uid != ::geteuid())
    return fail(Errc::Io,
                fmt::format("{} holds keys and is not yours alone (mode {:04o})", path.string(), about.st_mode & 07777),
                fmt::format("chmod 600 {}, and make it under umask 077 the next time", path.string()));
  std::ifstream in{path, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace stom::trade
