// Any bytes as a file of the store, and any column through the codec. A file that opens must read without harm, and
// what reads must write and read back the same; what does not open says why.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "store/codec.hpp"
#include "store/segment.hpp"

namespace {

using namespace stom;
using namespace stom::store;

void fuzz_file(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("stom", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  STOM_ASSERT(::ftruncate(file, 0) == 0 && ::pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  auto segment = SegmentReader::open(path);
  if (!segment) {
    STOM_ASSERT(!segment.error().message.empty());
    return;
  }
  DecodedBlock block;
  for (const BlockEntry& entry : segment->blocks()) {
    if (auto read = segment->read(entry, kAllColumns, block); !read) STOM_ASSERT(!read.error().message.empty());
  }
}

void fuzz_column(const std::uint8_t* data, std::size_t size) {
  // The first two bytes say how many values the bytes claim to be.
  std::uint16_t count = 0;
  std::memcpy(&count, data, sizeof count);
  std::vector<std::byte> bytes(size - sizeof count);
  std::memcpy(bytes.data(), data + sizeof count, bytes.size());
  std::vector<std::int64_t> values(count);
  ColumnDecoder decoder;
  if (!decoder.decode(bytes, values)) {
    // Not a column: take them as values.
    values.resize(bytes.size() / sizeof(std::int64_t));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(std::int64_t));
  }
  std::vector<std::byte> encoded;
  ColumnEncoder{}.encode(values, encoded);
  std::vector<std::int64_t> back(values.size());
  STOM_ASSERT(decoder.decode(encoded, back) && back == values);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  if (data[0] & 1)
    fuzz_file(data + 1, size - 1);
  else
    fuzz_column(data + 1, size - 1);
  return 0;
}

// Checksums keep random changes from getting past a header; this puts the right one on, now and then, so that what lies
// behind is reached too.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size > 1 && seed % 2 == 0 && (data[0] & 1)) repair_checksums({reinterpret_cast<std::byte*>(data + 1), size - 1});
  return size;
}
