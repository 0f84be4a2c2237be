// Any bytes as a recorded file of any format, plain or packed: refused with a reason, or messages in order. The first
// byte chooses format, instrument and whether bad lines are left out; with its highest bit the file's first line is the
// column map too.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "importers/file_reader.hpp"
#include "importers/numpy_rows.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  using namespace stom::importers;
  if (size < 1) return 0;
  static const std::string kPath =
      (std::filesystem::temp_directory_path() / ("importers_fuzz." + std::to_string(getpid()))).string();
  static const char* const kInstruments[] = {"binance-usdm:BTCUSDT", "us:SPY", "bybit:XRPUSDT", "x:Y-Z"};
  std::FILE* file = std::fopen(kPath.c_str(), "wb");
  if (file == nullptr) return 0;
  std::fwrite(data + 1, 1, size - 1, file);
  std::fclose(file);
  const auto formats = format_names();
  const unsigned choice = data[0];
  ReadOptions options;
  options.instrument = kInstruments[choice % 4];
  if (const auto format = choice / 8 % (formats.size() + 1); format < formats.size()) options.format = formats[format];
  options.skip_bad = choice & 4;
  if (choice & 128) {
    const std::string_view all{reinterpret_cast<const char*>(data + 1), size - 1};
    options.columns = all.substr(0, all.find('\n'));
  }
  if (const auto reader = open_reader(kPath, options)) {
    const auto found = (*reader)->inspect({}, {});
    if (!found) STOM_ASSERT(!found.error().message.empty());
    Rows rows;
    std::uint64_t given = 0;
    while (found) {
      const auto more = (*reader)->next(found->decimals, rows, {});
      if (!more || !*more) break;
      given += rows.messages.messages.size() + rows.bars.size() + rows.actions.size();
      for (const auto& m : rows.messages.messages)
        STOM_ASSERT(m.first_level + m.levels() <= rows.messages.levels.size());
      // A reader that starts over would go on for ever; deflate makes at most 1032 bytes of one.
      STOM_ASSERT(given <= 1100 * size);
    }
  } else {
    STOM_ASSERT(!reader.error().message.empty());
  }
  const auto numpy = parse_numpy_rows({reinterpret_cast<const char*>(data + 1), size - 1});
  if (!numpy) STOM_ASSERT(!numpy.error().message.empty());
  std::remove(kPath.c_str());
  return 0;
}
