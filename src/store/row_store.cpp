#include "store/row_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/hash.hpp"
#include "store/codec.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVersion = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE block(code TEXT NOT NULL, day INTEGER NOT NULL, rows INTEGER NOT NULL, watched INTEGER NOT NULL,
  checksum INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(code, day));
CREATE TABLE name(code TEXT PRIMARY KEY, name TEXT NOT NULL, kosdaq INTEGER) WITHOUT ROWID;
CREATE TABLE watch(stamp INTEGER PRIMARY KEY, codes TEXT NOT NULL);
PRAGMA user_version = 1;
)sql";

// --- a column of doubles as integers -----------------------------------------------------------------

constexpr int kMostDecimals = 9;
constexpr std::uint8_t kBits = 0xFF;  // in place of the decimals: the doubles' own bits
constexpr std::array<double, kMostDecimals + 1> kPowers{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/// The value with so many decimals as an integer, where that gives the same bits back.
std::optional<std::int64_t> scaled(double value, int decimals) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const double power = kPowers[static_cast<std::size_t>(decimals)];
  const double whole = std::nearbyint(value * power);
  if (!(std::abs(whole) < kExact)) return std::nullopt;
  const auto integer = static_cast<std::int64_t>(whole);
  const double back = static_cast<double>(integer) / power;
  if (std::bit_cast<std::uint64_t>(back) != std::bit_cast<std::uint64_t>(value)) return std::nullopt;
  return integer;
}

/// The values as integers of the fewest decimals that hold them all; their bits where no number of decimals does.
std::uint8_t to_integers(const std::vector<double>& values, std::vector<std::int64_t>& out) {
  for (int decimals = 0; decimals <= kMostDecimals; ++decimals) {
    out.clear();
    for (const double value : values) {
      const auto integer = scaled(value, decimals);
      if (!integer) break;
      out.push_back(*integer);
    }
    if (out.size() == values.size()) return static_cast<std::uint8_t>(decimals);
  }
  out.clear();
  for (const double value : values) out.push_back(std::bit_cast<std::int64_t>(value));
  return kBits;
}

void from_integers(const std::vector<std::int64_t>& values, std::uint8_t decimals, std::vector<double>& out) {
  out.resize(values.size());
  if (decimals == kBits) {
    std::ranges::transform(values, out.begin(), [](std::int64_t bits) { return std::bit_cast<double>(bits); });
    return;
  }
  const double power = kPowers[decimals];
  std::ranges::transform(values, out.begin(), [&](std::int64_t value) { return static_cast<double>(value) / power; });
}

// --- a block: for each column one byte (decimals), four of length, and the column as store/codec.hpp has it
// -----------

void append_column(std::vector<std::byte>& out, ColumnEncoder& encoder, std::uint8_t decimals,
                   std::span<const std::int64_t> values) {
  out.push_back(static_cast<std::byte>(decimals));
  const std::size_t at = out.size();
  out.resize(at + 4);
  encoder.encode(values, out);
  const auto length = static_cast<std::uint32_t>(out.size() - at - 4);
  std::memcpy(out.data() + at, &length, 4);
}

/// The next column, or nothing where the bytes hold none.
std::optional<std::uint8_t> take_column(std::span<const std::byte>& bytes, ColumnDecoder& decoder,
                                        std::span<std::int64_t> out) {
  if (bytes.size() < 5) return std::nullopt;
  const auto decimals = std::to_integer<std::uint8_t>(bytes[0]);
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 1, 4);
  bytes = bytes.subspan(5);
  if (length > bytes.size() || (decimals > kMostDecimals && decimals != kBits)) return std::nullopt;
  if (!decoder.decode(bytes.first(length), out)) return std::nullopt;
  bytes = bytes.subspan(length);
  return decimals;
}

std::string days_text(const RowChoice& choice) {
  return choice.from == 0 && choice.to == 99'999'999 ? "" : fmt::format(" from {} to {}", choice.from, choice.to);
}

}  // namespace

void RowDay::clear(const RowShape& shape) {
  index.clear();
  has_watched = true;
  columns.resize(shape.columns.size());
  for (auto& column : columns) column.clear();
}

std::vector<std::byte> encode_row_day(const RowDay& day, const RowShape& shape) {
  std::vector<std::byte> out;
  ColumnEncoder encoder;
  std::vector<std::int64_t> integers(day.rows());
  const std::int64_t start = day.day * (shape.minute ? 10'000 : 1'000'000);
  std::ranges::transform(day.index, integers.begin(), [&](std::int64_t index) { return index - start; });
  append_column(out, encoder, 0, integers);
  for (std::size_t i = 0; i < shape.columns.size() - (day.has_watched ? 0 : 1); ++i) {
    const std::uint8_t decimals = to_integers(day.columns[i], integers);
    append_column(out, encoder, decimals, integers);
  }
  return out;
}

std::optional<RowDay> decode_row_day(std::span<const std::byte> bytes, const RowShape& shape, std::int64_t day,
                                     std::size_t rows, bool has_watched) {
  constexpr std::size_t kSecondsOfDay = 86'400;  // no stamp stands twice
  if (rows > kSecondsOfDay) return std::nullopt;
  RowDay out;
  out.clear(shape);
  out.day = day;
  out.has_watched = has_watched;
  ColumnDecoder decoder;
  std::vector<std::int64_t> integers(rows);
  if (take_column(bytes, decoder, integers) != 0) return std::nullopt;
  const std::int64_t start = day * (shape.minute ? 10'000 : 1'000'000);
  out.index.resize(rows);
  std::ranges::transform(integers, out.index.begin(), [&](std::int64_t clock) { return start + clock; });
  for (std::size_t i = 0; i < shape.columns.size() - (has_watched ? 0 : 1); ++i) {
    const auto decimals = take_column(bytes, decoder, integers);
    if (!decimals) return std::nullopt;
    from_integers(integers, *decimals, out.columns[i]);
  }
  if (!bytes.empty()) return std::nullopt;
  return out;
}

/// Of the folder itself, so that it leaves no file behind. Held until the process ends or this goes.
class RowStore::Lock {
 public:
  static Result<std::unique_ptr<Lock>> take(const fs::path& folder) {
    auto lock = std::make_unique<Lock>();
    lock->folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock->folder_ < 0 || ::flock(lock->folder_, LOCK_EX | LOCK_NB) != 0)
      return fail(Errc::Locked, fmt::format("another process writes rows in {}", folder.string()),
                  "run the command again when it has finished");
    return lock;
  }
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (folder_ >= 0) ::close(folder_);
  }

 private:
  int folder_ = -1;
};

Result<RowStore> RowStore::open(const fs::path& home, const RowShape& shape, OpenMode mode) {
  const fs::path file = home / "rows" / fmt::format("{}.sqlite", shape.name);
  const auto nothing_yet = [&] {
    return fail(Errc::NotFound, fmt::format("there are no rows of {} yet", shape.name),
                "bring some in with: stom rows import FILE.db, or stom rows build ID");
  };
  std::error_code error;
  if (mode == OpenMode::Read && !fs::exists(file, error)) return nothing_yet();
  std::vector<fs::path> made;
  std::unique_ptr<Lock> lock;
  if (mode == OpenMode::Write) {
    for (fs::path path = file; !path.empty() && !fs::exists(path, error); path = path.parent_path())
      made.push_back(path);
    fs::create_directories(file.parent_path(), error);
    if (error)
      return fail(Errc::Io, fmt::format("cannot make {}: {}", file.parent_path().string(), error.message()),
                  "check that the folder may be written to, or name another: STOM_HOME");
    auto taken = Lock::take(file.parent_path());
    if (!taken) return std::unexpected(taken.error());
    lock = std::move(*taken);
  }
  RowStore store{shape, std::move(lock), std::move(made)};
  auto database = mode == OpenMode::Write ? sqlite::Database::open(file) : sqlite::Database::open_to_read(file);
  if (!database) return std::unexpected(database.error());
  store.database_.emplace(std::move(*database));

  std::int64_t found = 0;
  {
    auto version = store.database_->prepare("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    if (auto row = version->step(); !row) return std::unexpected(row.error());
    found = version->integer(0);
  }
  if (found > kVersion)
    return fail(Errc::Newer,
                fmt::format("{} is of version {}, newer than this program's {}", file.string(), found, kVersion),
                "use the version of stom that wrote it, or a newer one");
  if (found == 0 && mode == OpenMode::Read) return nothing_yet();
  if (found == 0) {
    auto transaction = sqlite::Transaction::begin(*store.database_);
    if (!transaction) return std::unexpected(transaction.error());
    if (auto laid = store.database_->execute(kSchema); !laid) return std::unexpected(laid.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  }
  return store;
}

RowStore::RowStore(const RowShape& shape, std::unique_ptr<Lock> lock, std::vector<fs::path> made)
    : shape_{&shape}, lock_{std::move(lock)}, made_{std::move(made)} {}

RowStore::RowStore(RowStore&& other) noexcept
    : shape_{other.shape_},
      lock_{std::move(other.lock_)},
      database_{std::exchange(other.database_, std::nullopt)},
      made_{std::exchange(other.made_, {})} {}

RowStore::~RowStore() {
  transaction_.reset();
  forget_new_files();
}

void RowStore::forget_new_files() {
  database_.reset();
  std::error_code ignored;
  for (const fs::path& path : made_) fs::remove(path, ignored);  // of folders only those that are empty
}

Result<std::vector<RowBlock>> RowStore::blocks(const RowChoice& choice) const {
  auto found = database_->prepare(
      "SELECT code, day, rows, length(bytes), watched FROM block WHERE day BETWEEN ?1 AND ?2 ORDER BY code, day");
  if (!found) return std::unexpected(found.error());
  found->bind(choice.from).bind(choice.to);
  std::vector<RowBlock> blocks;
  for (;;) {
    const auto row = found->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    const std::string_view code = found->text(0);
    if (!choice.codes.empty() && std::ranges::find(choice.codes, code) == choice.codes.end()) continue;
    blocks.push_back({.code = std::string{code},
                      .day = found->integer(1),
                      .rows = found->integer(2),
                      .bytes = found->integer(3),
                      .has_watched = found->integer(4) != 0});
  }
  for (const std::string& code : choice.codes)
    if (std::ranges::find(blocks, code, &RowBlock::code) == blocks.end())
      return fail(Errc::NotFound, fmt::format("there are no rows of {} in {}{}", code, shape_->name, days_text(choice)),
                  fmt::format("stom rows list {} shows what there is", shape_->name));
  if (blocks.empty())
    return fail(Errc::NotFound, fmt::format("there are no rows in {}{}", shape_->name, days_text(choice)),
                "stom rows list shows what there is");
  return blocks;
}

Result<bool> RowStore::has(std::string_view code, std::int64_t day) const {
  auto found = database_->prepare("SELECT 1 FROM block WHERE code = ?1 AND day = ?2");
  if (!found) return std::unexpected(found.error());
  return found->bind(code).bind(day).step();
}

Result<RowDay> RowStore::read(std::string_view code, std::int64_t day) const {
  auto found = database_->prepare("SELECT rows, watched, checksum, bytes FROM block WHERE code = ?1 AND day = ?2");
  if (!found) return std::unexpected(found.error());
  const auto row = found->bind(code).bind(day).step();
  if (!row) return std::unexpected(row.error());
  if (!*row)
    return fail(Errc::NotFound, fmt::format("there are no rows of {} of {}", code, day),
                fmt::format("stom rows list {} shows what there is", shape_->name));
  const std::span<const std::byte> bytes = found->bytes(3);
  std::optional<RowDay> out;
  if (crc32c(bytes) == found->integer(2))
    out = decode_row_day(bytes, *shape_, day, static_cast<std::size_t>(found->integer(0)), found->integer(1) != 0);
  if (!out)
    return fail(Errc::BadData,
                fmt::format("{}: the rows of {} of {} are damaged", database_->file().string(), code, day),
                fmt::format("stom rows delete {} --code {} --from {} --to {}, and import that day again", shape_->name,
                            code, day, day));
  return std::move(*out);
}

Result<std::vector<CodeName>> RowStore::names() const {
  auto found = database_->prepare("SELECT code, name, kosdaq FROM name ORDER BY code");
  if (!found) return std::unexpected(found.error());
  std::vector<CodeName> names;
  for (;;) {
    const auto row = found->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return names;
    CodeName& name = names.emplace_back(std::string{found->text(0)}, std::string{found->text(1)}, std::nullopt);
    if (found->kind(2) == sqlite::Kind::Integer) name.kosdaq = found->integer(2);
  }
}

Result<void> RowStore::read_watch_list(const RowChoice& choice,
                                       const std::function<Result<void>(const WatchedCodes&)>& take) const {
  auto found = database_->prepare("SELECT stamp, codes FROM watch WHERE stamp BETWEEN ?1 AND ?2 ORDER BY stamp");
  if (!found) return std::unexpected(found.error());
  const std::int64_t clocks = shape_->minute ? 10'000 : 1'000'000;
  found->bind(choice.from * clocks).bind(choice.to * clocks + clocks - 1);
  for (;;) {
    const auto row = found->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    if (auto taken = take({found->integer(0), std::string{found->text(1)}}); !taken) return taken;
  }
}

Result<std::int64_t> RowStore::watch_list_rows() const {
  auto found = database_->prepare("SELECT count(*) FROM watch");
  if (!found) return std::unexpected(found.error());
  if (const auto row = found->step(); !row) return std::unexpected(row.error());
  return found->integer(0);
}

Result<void> RowStore::begin() {
  auto transaction = sqlite::Transaction::begin(*database_);
  if (!transaction) return std::unexpected(transaction.error());
  transaction_.emplace(std::move(*transaction));
  return {};
}

Result<void> RowStore::commit() {
  if (auto done = transaction_->commit(); !done) return done;
  transaction_.reset();
  made_.clear();
  return {};
}

Result<void> RowStore::put(std::string_view code, const RowDay& day) {
  auto put = database_->prepare("INSERT OR REPLACE INTO block VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  if (!put) return std::unexpected(put.error());
  const std::vector<std::byte> bytes = encode_row_day(day, *shape_);
  put->bind(code)
      .bind(day.day)
      .bind(static_cast<std::int64_t>(day.rows()))
      .bind(std::int64_t{day.has_watched})
      .bind(std::int64_t{crc32c(bytes)})
      .bind(std::span{bytes});
  return put->run();
}

Result<void> RowStore::put_name(const CodeName& name) {
  auto put = database_->prepare("INSERT OR REPLACE INTO name VALUES(?1, ?2, ?3)");
  if (!put) return std::unexpected(put.error());
  put->bind(name.code).bind(name.name);
  if (name.kosdaq)
    put->bind(*name.kosdaq);
  else
    put->bind_null();
  return put->run();
}

Result<void> RowStore::put_watched(const WatchedCodes& watched) {
  if (!put_watched_) {
    auto put = database_->prepare("INSERT OR REPLACE INTO watch VALUES(?1, ?2)");
    if (!put) return std::unexpected(put.error());
    put_watched_ = std::move(*put);
  }
  return put_watched_->bind(watched.index).bind(watched.codes).run();
}

Result<std::optional<std::string>> RowStore::watched_at(std::int64_t index) const {
  if (!find_watched_) {
    auto find = database_->prepare("SELECT codes FROM watch WHERE stamp = ?1");
    if (!find) return std::unexpected(find.error());
    find_watched_ = std::move(*find);
  }
  const auto row = find_watched_->bind(index).step();
  std::optional<std::string> codes;
  if (row && *row) codes = find_watched_->text(0);
  find_watched_->reset();
  if (!row) return std::unexpected(row.error());
  return codes;
}

Result<std::int64_t> RowStore::remove(const RowChoice& choice) {
  const auto going = blocks(choice);
  if (!going) return std::unexpected(going.error());
  auto gone = database_->prepare("DELETE FROM block WHERE code = ?1 AND day = ?2");
  if (!gone) return std::unexpected(gone.error());
  for (const RowBlock& block : *going)
    if (auto done = gone->bind(block.code).bind(block.day).run(); !done) return std::unexpected(done.error());
  if (choice.codes.empty()) {  // the list is of all codes
    auto list = database_->prepare("DELETE FROM watch WHERE stamp BETWEEN ?1 AND ?2");
    if (!list) return std::unexpected(list.error());
    const std::int64_t clocks = shape_->minute ? 10'000 : 1'000'000;
    if (auto done = list->bind(choice.from * clocks).bind(choice.to * clocks + clocks - 1).run(); !done)
      return std::unexpected(done.error());
  }
  return static_cast<std::int64_t>(going->size());
}

}  // namespace stom::store
