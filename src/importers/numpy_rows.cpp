#include "importers/numpy_rows.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "core/decimal.hpp"
#include "core/hash.hpp"
#include "importers/decoders.hpp"
#include "importers/line_source.hpp"

namespace stom::importers {
namespace {

static_assert(sizeof(NumpyRow) == 64);
constexpr std::string_view kAgain = "write the file again with numpy.savez_compressed(file, data=rows)";

std::unexpected<Error> damaged(std::string message) {
  return fail(Errc::BadData, std::move(message), std::string{kAgain});
}

template <class T>
T little(std::string_view bytes, std::size_t at) {
  T value{};
  if (at + sizeof(T) <= bytes.size()) std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

/// The bytes of the first member of a zip archive, by its directory (sizes in front of the data may be missing).
Result<std::string> first_member(std::string_view zip) {
  constexpr std::string_view kEnd = "PK\5\6";
  const auto end = zip.rfind(kEnd);
  if (end == std::string_view::npos || end + 22 > zip.size()) return damaged("the archive ends too early (truncated)");
  std::uint64_t at = little<std::uint32_t>(zip, end + 16);
  if (at == 0xFFFFFFFF) {
    const auto locator = zip.rfind("PK\6\7", end);
    const auto record = locator == std::string_view::npos ? 0 : little<std::uint64_t>(zip, locator + 8);
    at = record > zip.size() ? zip.size() : little<std::uint64_t>(zip, record + 48);
  }
  if (at >= zip.size() || !zip.substr(at).starts_with("PK\1\2")) return damaged("the archive has no directory");
  const auto method = little<std::uint16_t>(zip, at + 10);
  const auto check = little<std::uint32_t>(zip, at + 16);
  std::uint64_t packed = little<std::uint32_t>(zip, at + 20), whole = little<std::uint32_t>(zip, at + 24);
  std::uint64_t local = little<std::uint32_t>(zip, at + 42);
  const std::size_t name = little<std::uint16_t>(zip, at + 28), extra = little<std::uint16_t>(zip, at + 30);
  // ZIP64: what does not fit stands in the extra field, in this order.
  for (std::size_t e = at + 46 + name; e + 4 <= std::min(at + 46 + name + extra, zip.size());) {
    const auto length = little<std::uint16_t>(zip, e + 2);
    if (little<std::uint16_t>(zip, e) == 1) {
      std::size_t field = e + 4;
      for (auto* value : {&whole, &packed, &local})
        if (*value == 0xFFFFFFFF) *value = little<std::uint64_t>(zip, field), field += 8;
    }
    e += 4u + length;
  }
  if (local >= zip.size() || zip.size() - local < 30) return damaged("the archive's directory is damaged");
  const std::uint64_t data =
      local + 30u + little<std::uint16_t>(zip, local + 26) + little<std::uint16_t>(zip, local + 28);
  if (data > zip.size() || packed > zip.size() - data) return damaged("the archive ends too early (truncated)");
  const auto body = zip.substr(data, packed);
  std::string out;
  if (method == 0) {
    out = body;
  } else if (method == 8) {
    // Deflate makes at most 1032 bytes of one.
    if (whole > packed * 1032 + 64) return damaged("the archive states an impossible size");
    out.resize(whole);
    z_stream stream{};
    if (inflateInit2(&stream, -15) != Z_OK) return fail(Errc::Io, "zlib does not start", "free some memory");
    std::size_t in = 0, done = 0;
    int status = Z_OK;
    while (status == Z_OK && (done < out.size() || in < body.size())) {
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data() + in));
      stream.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size() - in, 1u << 30));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - done, 1u << 30));
      const auto in_before = stream.avail_in, out_before = stream.avail_out;
      status = inflate(&stream, Z_NO_FLUSH);
      in += in_before - stream.avail_in;
      done += out_before - stream.avail_out;
      if (in_before == stream.avail_in && out_before == stream.avail_out) break;
    }
    inflateEnd(&stream);
    if (status != Z_STREAM_END || done != out.size()) return damaged("the archive's data is damaged");
  } else {
    return fail(Errc::Unsupported, fmt::format("the archive uses compression method {}", method), std::string{kAgain});
  }
  if (crc32_z(0, reinterpret_cast<const Bytef*>(out.data()), out.size()) != check)
    return damaged("the archive's data is damaged (checksum)");
  return out;
}

Result<std::int64_t> decimal_of(double value, int decimals, std::string_view name) {
  const auto text = fmt::format("{:.{}f}", value, decimals);
  auto mantissa = parse_decimal(text, decimals);
  if (!mantissa || *mantissa < 0 || to_double(*mantissa, decimals) != value)
    return damaged(fmt::format("{} {} is no decimal of {} digits behind the point", name, value, decimals));
  return mantissa;
}

/// The least decimals at which the double comes back equal.
int decimals_needed(double value, int at_least) {
  for (int decimals = at_least; decimals <= 15; ++decimals)
    if (decimal_of(value, decimals, "")) return decimals;
  return at_least;
}

class NumpyReader final : public FileReader {
 public:
  explicit NumpyReader(std::filesystem::path path) : path_{std::move(path)} {}
  std::string_view format() const override { return "hftbacktest_npz"; }
  bool gives_bars() const override { return false; }
  const Findings& findings() const override { return findings_; }

  Result<Findings> inspect(Decimals at_least, const Watch& watch) override {
    if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
    Decimals needed = at_least;
    MessageBatch scratch;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i % 65'536 == 0 && watch && !watch(i, rows_.size())) return canceled();
      needed.price = decimals_needed(rows_[i].px, needed.price);
      needed.quantity = decimals_needed(rows_[i].qty, needed.quantity);
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      scratch.clear();
      if (auto taken = append_row(rows_[i], needed, scratch); !taken) return std::unexpected(in_row(taken.error(), i));
    }
    findings_.decimals = needed;
    return findings_;
  }

  Result<bool> next(Decimals decimals, Rows& rows, const Watch& watch) override {
    rows.clear();
    if (rows_.empty())
      if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
    if (watch && !watch(given_, rows_.size())) return canceled();
    const std::size_t end = std::min(rows_.size(), given_ + 8'192);
    for (; given_ < end; ++given_)
      if (auto taken = append_row(rows_[given_], decimals, rows.messages); !taken)
        return std::unexpected(in_row(taken.error(), given_));
    if (!rows.messages.messages.empty()) return true;
    given_ = 0;
    return false;
  }

 private:
  static std::unexpected<Error> canceled() {
    return fail(Errc::Canceled, "interrupted", "nothing was imported; run the command again");
  }
  Error in_row(Error error, std::size_t row) const {
    error.message = fmt::format("{} row {}: {}", path_.string(), row + 1, error.message);
    return error;
  }
  Result<void> load() {
    const auto file = read_file(path_);
    if (!file) return std::unexpected(file.error());
    auto rows = parse_numpy_rows(*file);
    if (!rows) {
      rows.error().message = fmt::format("{}: {}", path_.string(), rows.error().message);
      return std::unexpected(rows.error());
    }
    if (rows->empty()) return damaged(fmt::format("{}: no rows", path_.string()));
    rows_ = std::move(*rows);
    Sha256 digest;
    digest.update(std::string_view{*file});
    findings_ = {};
    findings_.lines = rows_.size();
    findings_.sha256 = digest.hex();
    findings_.first_time = rows_.front().local_ts;
    findings_.last_time = rows_.back().local_ts;
    given_ = 0;
    return {};
  }

  std::filesystem::path path_;
  std::vector<NumpyRow> rows_;
  std::size_t given_ = 0;
  Findings findings_;
};

}  // namespace

Result<void> append_row(const NumpyRow& row, Decimals decimals, MessageBatch& out) {
  const auto kind = row.ev & 0xFF;
  if (kind < 1 || kind > 4)
    return fail(Errc::Unsupported,
                fmt::format("event kind {}: read are depth, trade, clear and snapshot rows (1 to 4)", kind),
                "leave other kinds out when writing the file");
  if (row.order_id != 0 || row.ival != 0 || row.fval != 0)
    return fail(Errc::Unsupported, "a row of a single order (order_id, ival or fval is set)",
                "order-by-order recordings are not offered; write price levels");
  if (row.ev >> 63) return damaged("ev is out of range");
  const auto price = decimal_of(row.px, decimals.price, "px");
  if (!price) return std::unexpected(price.error());
  const auto quantity = decimal_of(row.qty, decimals.quantity, "qty");
  if (!quantity) return std::unexpected(quantity.error());
  const bool buy = row.ev & kNumpyBuy;
  Message m{.receive_time = row.local_ts,
            .transaction_time = row.exch_ts,
            .first_update_id = static_cast<std::int64_t>(row.ev),
            .first_level = static_cast<std::uint32_t>(out.levels.size())};
  m.kind = kind == 2 ? MessageKind::Trade : MessageKind::Depth;
  m.bids = kind == 2 || buy ? 1 : 0;
  m.asks = 1 - m.bids;
  if (kind == 2 && !buy) m.flags = kSellAggressor;
  out.levels.push_back({{*price}, {*quantity}});
  out.messages.push_back(m);
  return {};
}

NumpyRow row_of(const Message& m, const Level& level, Decimals decimals) {
  return {.ev = static_cast<std::uint64_t>(m.first_update_id),
          .exch_ts = m.transaction_time,
          .local_ts = m.receive_time,
          .px = to_double(level.price.value, decimals.price),
          .qty = to_double(level.quantity.value, decimals.quantity)};
}

Result<std::vector<NumpyRow>> parse_numpy_rows(std::string_view file) {
  std::string unpacked;
  if (file.starts_with("PK")) {
    auto member = first_member(file);
    if (!member) return std::unexpected(member.error());
    unpacked = std::move(*member);
    file = unpacked;
  }
  if (!file.starts_with("\x93NUMPY") || file.size() < 12) return damaged("not a numpy array");
  const bool wide = file[6] != 1;
  const std::size_t start = wide ? 12 : 10;
  const std::size_t length = wide ? little<std::uint32_t>(file, 8) : little<std::uint16_t>(file, 8);
  if (length > file.size() - start) return damaged("the array's header ends too early (truncated)");
  std::string header{file.substr(start, length)};
  std::erase(header, ' ');
  constexpr std::string_view kType =
      "[('ev','<u8'),('exch_ts','<i8'),('local_ts','<i8'),('px','<f8'),('qty','<f8'),('order_id','<u8'),('ival','<i8'),"
      "('fval','<f8')]";
  if (!header.contains(kType) || !header.contains("'fortran_order':False"))
    return fail(
        Errc::Unsupported,
        "the array's columns are not hftbacktest's events (ev, exch_ts, local_ts, px, qty, order_id, ival, fval)",
        "write it with hftbacktest 2, dtype event_dtype");
  const auto body = file.substr(start + length);
  if (body.size() % sizeof(NumpyRow) != 0) return damaged("the array ends too early (truncated)");
  const auto rows = body.size() / sizeof(NumpyRow);
  if (!header.contains(fmt::format("'shape':({},)", rows)))
    return damaged("the array has not as many rows as its header says");
  std::vector<NumpyRow> out(rows);
  if (rows > 0) std::memcpy(out.data(), body.data(), body.size());
  return out;
}

std::unique_ptr<FileReader> make_npz_reader(std::filesystem::path path) {
  return std::make_unique<NumpyReader>(std::move(path));
}

}  // namespace stom::importers
