// What venues answer to who asks for their past: any bytes as a page of candles or trades are refused with a reason and
// change nothing, or are rows of the table, which grows by as many lines. A page a line: the text, and behind a tab the
// key by which the venue tells how to go on. The first byte chooses venue and kind.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "core/time.hpp"
#include "venues/history.hpp"

namespace {

using namespace stom;

struct Asked {
  std::string_view instrument, kind, bar;
};
constexpr Asked kAsked[] = {
    {"binance:BTCUSDT", "candles", "1m"},
    {"binance-usdm:BTCUSDT", "candles", "1h"},
    {"binance-coinm:BTCUSD_PERP", "candles", "1d"},
    {"upbit:KRW-BTC", "candles", "1s"},
    {"upbit:KRW-BTC", "candles", "1d"},
    {"upbit:KRW-BTC", "trades", ""},
    {"kiwoom:005930", "candles", "1m"},
    {"kiwoom:005930", "candles", "1d"},
    {"kiwoom:005930", "trades", ""},
};
constexpr UnixNanos kDayBegins = 1'722'470'400 * kSecond;  // 2024-08-01
constexpr std::int32_t kDays = static_cast<std::int32_t>(kDayBegins / kDay);

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const Asked& asked = kAsked[data[0] % std::size(kAsked)];
  const venues::HistoryWish wish{asked.instrument, asked.kind, asked.bar, kDays, kDays};
  const auto files = venues::history_files(wish);
  STOM_ASSERT(files && !files->empty());
  const auto pages =
      venues::history_pages(wish, files->front(), venues::Credentials{.key = "key", .secret = "secret", .account = {}});
  STOM_ASSERT(pages.has_value());
  venues::HistoryPages& reading = **pages;
  constexpr UnixNanos kNow = kDayBegins + 2 * kDay;
  std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto request = reading.next(kNow);
    STOM_ASSERT(request || !request.error().message.empty());
    if (!request || !*request) break;
    STOM_ASSERT((*request)->target.starts_with('/'));
    const std::size_t rows = reading.rows();
    const std::string table = reading.table();
    if ((*request)->admission) {
      const auto admitted = reading.admit(line);
      STOM_ASSERT(admitted || !admitted.error().message.empty());
      // A token that nobody reads is what the rest of the input is for.
      if (!admitted)
        STOM_ASSERT(reading.admit(R"({"token":"t","token_type":"Bearer","expires_dt":"20991231235959",)"
                                  R"("return_code":0,"return_msg":"ok"})"));
      continue;
    }
    const auto tab = line.find('\t');
    const auto key = tab == std::string_view::npos ? std::string_view{} : line.substr(tab + 1);
    const auto taken = reading.take({.body = line.substr(0, tab), .asked = kNow, .next_key = key});
    if (!taken) {
      STOM_ASSERT(!taken.error().message.empty());
      STOM_ASSERT(reading.rows() == rows && reading.table() == table);
      if (reading.begin_again()) break;
    }
    STOM_ASSERT(lines_of(reading.table()) == reading.rows() + 1);  // the first one names the columns
    STOM_ASSERT(reading.part() >= 0 && reading.part() <= 1);
  }
  return 0;
}
