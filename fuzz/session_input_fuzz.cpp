// Whatever the bytes of a session's recorded input are, reading gives whole turns, whose every level can be looked at,
// or says why not.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "store/input_stream.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<char>;

const fs::path& folder() {
  static const fs::path path = fs::temp_directory_path() / ("session_input_fuzz." + std::to_string(::getpid()));
  return path;
}

void write(const Bytes& bytes) {
  fs::create_directories(folder());
  const int file = ::open((folder() / "000001.input").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  STOM_ASSERT(file >= 0 && ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
}

void append(Bytes& out, std::uint8_t kind, std::uint64_t number, const std::uint8_t* data, std::size_t size) {
  Bytes body(9 + size);
  body[0] = static_cast<char>(kind);
  std::memcpy(body.data() + 1, &number, 8);
  std::memcpy(body.data() + 9, data, size);
  const auto length = static_cast<std::uint32_t>(body.size());
  const std::uint32_t crc = stom::crc32c(std::as_bytes(std::span{body}));
  const std::size_t at = out.size();
  out.resize(at + 8);
  std::memcpy(out.data() + at, &length, 4);
  std::memcpy(out.data() + at + 4, &crc, 4);
  out.insert(out.end(), body.begin(), body.end());
}

/// The input as blocks with right lengths and checksums, so that what is inside them is reached.
Bytes framed(const std::uint8_t* data, std::size_t size) {
  Bytes out{'S', 'T', 'O', 'M', 'I', 'N', 'P', '1'};
  append(out, 1, 0, data, 0);
  for (std::uint64_t number = 1; size > 2; ++number) {
    const std::size_t length = std::min<std::size_t>(size - 2, std::size_t{data[1]} * 4 + 1);
    append(out, static_cast<std::uint8_t>(data[0] % 4 + 1), number, data + 2, length);
    data += 2 + length;
    size -= 2 + length;
  }
  return out;
}

/// A sound block of turns with some of its bytes changed, its checksum mended: what decodes columns is reached.
Bytes changed(const std::uint8_t* data, std::size_t size) {
  fs::remove_all(folder());
  {
    auto recorder = stom::store::InputRecorder::open(folder(), "{}", {.pieces = 2});
    STOM_ASSERT(recorder);
    stom::Random random{size == 0 ? 0U : data[0]};
    std::array<stom::FeedLevel, 8> levels{};
    for (stom::UnixNanos now = 1; now < 40; ++now) {
      (*recorder)->turn(now - 1, now);
      stom::FeedMessage message{};
      message.local_time = now;
      message.first = levels.data();
      message.bids = static_cast<std::uint32_t>(random.below(5));
      message.asks = static_cast<std::uint32_t>(random.below(4));
      for (auto& level : levels) level = {static_cast<std::int64_t>(random.below(1000)), 7};
      (*recorder)->market(message);
      if (now % 9 == 0) (*recorder)->act("cancel 7");
    }
    STOM_ASSERT((*recorder)->finish(true));
  }
  const fs::path path = folder() / "000001.input";
  Bytes bytes(fs::file_size(path));
  const int file = ::open(path.c_str(), O_RDONLY);
  STOM_ASSERT(file >= 0 && ::read(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
  constexpr std::size_t kTurnsAt = 8 + 8 + 9 + 2;  // behind the magic and the first block
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + kTurnsAt, 4);
  for (std::size_t i = 1; i + 2 < size; i += 3)
    bytes[kTurnsAt + 8 + 9 + (data[i] + std::size_t{256} * data[i + 1]) % (length - 9)] =
        static_cast<char>(data[i + 2]);
  const std::uint32_t crc = stom::crc32c(std::as_bytes(std::span{bytes}).subspan(kTurnsAt + 8, length));
  std::memcpy(bytes.data() + kTurnsAt + 4, &crc, 4);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int how = data[0] % 3;
  ++data, --size;
  write(how == 0 ? Bytes(data, data + size) : how == 1 ? framed(data, size) : changed(data, size));
  auto reader = stom::store::InputReader::open(folder());
  if (!reader) {
    STOM_ASSERT(!reader.error().message.empty());
    return 0;
  }
  stom::store::InputTurn turn;
  std::uint64_t sum = 0;
  for (auto got = reader->next(turn); got && *got; got = reader->next(turn))
    for (const auto& message : turn.messages)
      for (std::uint32_t i = 0; i < message.bids + message.asks; ++i)
        sum += static_cast<std::uint64_t>(message.first[i].tick);
  STOM_ASSERT(reader->end() != stom::store::InputEnd::Torn || !reader->why().empty() || sum == 0);
  return 0;
}
