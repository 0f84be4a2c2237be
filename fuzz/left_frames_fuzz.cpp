// Whatever the bytes of what a recorder has left that was killed are, its lines come to files, or why not is said.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "core/hash.hpp"
#include "gateway/frame_recorder.hpp"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPage = 4096, kSlot = 64 * 1024, kSlots = 3;

const fs::path& folder() {
  static const fs::path path = fs::temp_directory_path() / ("left_frames_fuzz." + std::to_string(::getpid()));
  return path;
}

struct Given {
  std::span<const std::uint8_t> left;

  template <class T>
  T take() {
    T value{};
    const std::size_t some = std::min(sizeof value, left.size());
    if (some > 0) std::memcpy(&value, left.data(), some);
    left = left.subspan(some);
    return value;
  }
};

template <class T>
void put(std::span<char> to, std::size_t at, const T& value) {
  if (at + sizeof value <= to.size()) std::memcpy(to.data() + at, &value, sizeof value);
}

/// A line with a right check, so that what is behind its head is reached; how many bytes it takes.
std::size_t put_line(std::span<char> slot, std::size_t at, std::uint64_t number, Given& given) {
  const auto bytes =
      static_cast<std::uint32_t>(given.take<std::uint8_t>() * (given.take<std::uint8_t>() % 4 == 0 ? 700 : 1));
  const std::uint32_t series = given.take<std::uint8_t>() % 3;
  const auto time = given.take<std::uint64_t>();
  const auto name = given.take<std::uint8_t>();
  const std::array<std::uint64_t, 4> of{number, std::uint64_t{bytes} << 32 | series, time, name};
  put(slot, at, bytes);
  put(slot, at + 4, series);
  put(slot, at + 8, time);
  put(slot, at + 16, stom::crc32c(std::as_bytes(std::span{of})));
  put(slot, at + 20, name);
  put(slot, at + 21, given.take<std::uint8_t>());
  std::size_t text = at + 24;
  for (std::size_t i = 0; i < bytes && i < 40; ++i) put(slot, text++, given.take<char>());
  if (bytes > 0) put(slot, at + 24 + bytes - 1, '\n');
  return 24 + bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Given given{{data, size}};
  std::vector<char> tail(kPage + kSlots * kSlot);
  constexpr std::string_view kMagic = "STOMFRT1", kTorn = "venue-A-20240808T235414Z-1.jsonl.gz";
  std::ranges::copy(kMagic, tail.begin());
  put(std::span{tail}, 8, std::uint64_t{kSlots});
  put(std::span{tail}, 16, std::uint64_t{given.take<std::uint8_t>() % 2U});
  put(std::span{tail}, 24, std::uint64_t{given.take<std::uint8_t>()});
  std::ranges::copy(kTorn, tail.begin() + 32);
  for (std::size_t i = 0; i < kSlots; ++i) {
    const std::span<char> slot = std::span{tail}.subspan(kPage + i * kSlot, kSlot);
    const std::uint64_t number = given.take<std::uint8_t>() % 5;
    std::size_t at = 16;
    for (int lines = given.take<std::uint8_t>() % 6; lines > 0 && at < kSlot; --lines)
      at += put_line(slot, at, number, given);
    const std::uint64_t used = given.take<std::uint8_t>() % 8 == 0 ? given.take<std::uint64_t>() : at - 16;
    put(slot, 0, number);
    put(slot, 8, used);
  }
  fs::remove_all(folder());
  fs::create_directories(folder());
  std::ofstream{folder() / kTorn, std::ios::binary} << std::string(100, 'x');
  std::ofstream{folder() / "venue.tail", std::ios::binary}.write(tail.data(),
                                                                 static_cast<std::streamsize>(tail.size()));
  const auto unpacked = stom::gateway::unpack_left(folder(), "venue", folder() / "to");
  STOM_ASSERT(unpacked || !unpacked.error().message.empty());
  STOM_ASSERT(fs::file_size(folder() / kTorn) == 100);  // nothing is changed there
  const auto taken =
      stom::gateway::FrameRecorder::make({.folder = folder(), .venue = "venue", .secrets = {}, .waiting_bytes = 1});
  STOM_ASSERT(taken || !taken.error().message.empty());
  return 0;
}
