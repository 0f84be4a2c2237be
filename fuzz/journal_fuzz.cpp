// Whatever a journal's bytes are, reading gives its whole records or says why not; and going on from it gives a file
// that reads back.
#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "engine/journal.hpp"

namespace {

std::filesystem::path scratch() {
  static const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("journal_fuzz." + std::to_string(::getpid()));
  return path;
}

void write(const std::vector<char>& bytes) {
  const int file = ::open(scratch().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  STOM_ASSERT(file >= 0 && ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
}

/// The input as payloads with right lengths and checksums, so that what is inside them is reached: each takes the bytes
/// that its first one says.
std::vector<char> framed(const std::uint8_t* data, std::size_t size) {
  std::vector<char> out{'S', 'T', 'O', 'M', 'J', 'R', 'N', '2'};
  while (size > 1) {
    const std::size_t length = std::min<std::size_t>(size - 1, std::size_t{data[0]} + 1);
    const auto length32 = static_cast<std::uint32_t>(length);
    const std::uint32_t crc = stom::crc32c(std::as_bytes(std::span{data + 1, length}));
    const std::size_t at = out.size();
    out.resize(at + 8 + length);
    std::memcpy(out.data() + at, &length32, 4);
    std::memcpy(out.data() + at + 4, &crc, 4);
    std::memcpy(out.data() + at + 8, data + 1, length);
    data += 1 + length;
    size -= 1 + length;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool raw = data[0] & 1;
  write(raw ? std::vector<char>(data + 1, data + size) : framed(data + 1, size - 1));
  const auto records = stom::read_journal(scratch());
  if (!records) {
    STOM_ASSERT(!records.error().message.empty());
  } else {
    stom::Journal again;
    if (again.open(scratch())) {
      again.log(1, "gone on");
      STOM_ASSERT(again.diverged() || again.flush());
    }
  }
  std::filesystem::remove(scratch());
  return 0;
}
