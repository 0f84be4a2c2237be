// TradeScan and turnover (trade_scan.hpp).
#include "store/trade_scan.hpp"

#include <fmt/format.h>

#include <bit>

#include "store/bitpack.hpp"
#include "store/catalogue.hpp"
#include "store/segment.hpp"

namespace stom::store {
namespace {

constexpr auto kTrade = static_cast<std::uint8_t>(MessageKind::Trade);

std::uint32_t store_columns(std::uint32_t columns) {
  std::uint32_t wanted = 0;
  if (columns & kPriceColumn) wanted |= column_bit(kPrice);
  if (columns & kQuantityColumn) wanted |= column_bit(kQuantity);
  if (columns & kFlagsColumn) wanted |= column_bit(kFlags);
  if (columns & kTimeColumn) wanted |= column_bit(kTransactionTime) | column_bit(kEventTime) | column_bit(kReceiveTime);
  return wanted;
}

// Sums that may not fit 64 bits, one row at a time.
void add_exactly(const TradeChunk& chunk, Turnover& sum) {
  for (std::size_t i = 0; i < chunk.rows; ++i) {
    const Int128 value = static_cast<Int128>(chunk.prices[i]) * chunk.quantities[i];
    (chunk.flags[i] & kSellAggressor ? sum.sold : sum.bought) += value;
  }
}

// Bits that every value of the column fits in; 64 where one is negative.
int bits_in(std::span<const std::int64_t> values) {
  std::uint64_t all = 0;
  for (const std::int64_t v : values) all |= static_cast<std::uint64_t>(v);
  return std::bit_width(all);
}

}  // namespace

struct TradeScan::State {
  std::uint32_t columns = 0;
  TickQuery query;
  int price_decimals = 0;
  int quantity_decimals = 0;
  std::vector<TickFile> files;
  std::size_t next_file = 0;
  SegmentReader segment;
  std::size_t next_block = 0;
  DecodedBlock block;

  Result<bool> open_next_file();
  Result<void> rescale();
};

Result<bool> TradeScan::State::open_next_file() {
  if (next_file == files.size()) return false;
  auto opened = SegmentReader::open(files[next_file++].path);
  if (!opened) return std::unexpected(opened.error());
  segment = std::move(*opened);
  next_block = 0;
  return true;
}

// To the instrument's decimals, where the file has fewer.
Result<void> TradeScan::State::rescale() {
  const auto scale = [&](Column c, int have, int want) {
    if (have == want) return true;
    const std::int64_t by = power_of_ten(want - have);
    for (std::int64_t& v : block.columns[c])
      if (__builtin_mul_overflow(v, by, &v)) return false;
    return true;
  };
  const SegmentInfo& info = segment.info();
  if (info.price_decimals > price_decimals || info.quantity_decimals > quantity_decimals ||
      !scale(kPrice, info.price_decimals, price_decimals) ||
      !scale(kQuantity, info.quantity_decimals, quantity_decimals))
    return fail(Errc::BadData, fmt::format("{} does not fit the instrument's decimals", segment.path().string()),
                "import the day again");
  return {};
}

TradeScan::TradeScan(std::unique_ptr<State> state) : state_{std::move(state)} {}
TradeScan::~TradeScan() = default;
TradeScan::TradeScan(TradeScan&&) noexcept = default;
TradeScan& TradeScan::operator=(TradeScan&&) noexcept = default;

Result<TradeScan> TradeScan::open(const DataFolder& folder, std::string_view instrument, std::uint32_t columns,
                                  const TickQuery& query) {
  const auto known = folder.catalogue().instrument(instrument);
  if (!known) return std::unexpected(known.error());
  auto state = std::make_unique<State>();
  state->columns = columns;
  state->query = query;
  state->price_decimals = known->price_decimals;
  state->quantity_decimals = known->quantity_decimals;
  state->files = folder.tick_files(instrument);
  return TradeScan{std::move(state)};
}

Result<bool> TradeScan::next(TradeChunk& chunk) {
  State& s = *state_;
  while (true) {
    if (s.next_block == s.segment.blocks().size()) {
      const auto opened = s.open_next_file();
      if (!opened) return std::unexpected(opened.error());
      if (!*opened) return false;
      continue;
    }
    const BlockEntry& entry = s.segment.blocks()[s.next_block++];
    if (entry.kind != kTrade || entry.last_time < s.query.from || entry.first_time >= s.query.to) continue;
    if (entry.levels != entry.rows)
      return fail(Errc::BadData,
                  fmt::format("{}: the block at byte {} does not add up", s.segment.path().string(), entry.offset),
                  "delete this day (stom data delete) and import it again");
    if (auto read = s.segment.read(entry, store_columns(s.columns), s.block); !read)
      return std::unexpected(read.error());
    if (auto scaled = s.rescale(); !scaled) return std::unexpected(scaled.error());
    auto& columns = s.block.columns;
    if (s.columns & kTimeColumn) {
      auto& times = columns[kTransactionTime];
      for (std::size_t i = 0; i < times.size(); ++i) {
        if (times[i] == kNoTime) times[i] = columns[kEventTime][i];
        if (times[i] == kNoTime) times[i] = columns[kReceiveTime][i];
      }
    }
    chunk = {entry.rows, columns[kPrice], columns[kQuantity], columns[kFlags], columns[kTransactionTime], entry.bounds};
    return true;
  }
}

Result<Turnover> turnover(const DataFolder& folder, std::string_view instrument, const TickQuery& query) {
  auto scan = TradeScan::open(folder, instrument, kPriceColumn | kQuantityColumn | kFlagsColumn, query);
  if (!scan) return std::unexpected(scan.error());
  Turnover sum;
  TradeChunk chunk;
  while (true) {
    const auto more = scan->next(chunk);
    if (!more) return std::unexpected(more.error());
    if (!*more) return sum;
    sum.trades += chunk.rows;
    const int prices = bits_in(chunk.prices);
    const int quantities = bits_in(chunk.quantities);
    if (prices > 32 || quantities > 32 || prices + quantities + std::bit_width(chunk.rows) > 64) {
      add_exactly(chunk, sum);
      continue;
    }
    const PairSum pairs = sum_products(chunk.prices.data(), chunk.quantities.data(), chunk.flags.data(), chunk.rows);
    sum.sold += pairs.sell;
    sum.bought += pairs.all - pairs.sell;
  }
}

}  // namespace stom::store
