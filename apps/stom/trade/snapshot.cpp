#include "trade/snapshot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "core/assert.hpp"
#include "core/large_pages.hpp"
#include "core/mapped_part.hpp"
#include "core/state_io.hpp"
#include "trade/private_file.hpp"

namespace stom::trade {
namespace {

constexpr std::string_view kSnapshotMagic = "STOMSNP6";
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kFillBytes = 62;
constexpr std::size_t kFillsAtOnce = 4'096;  // a page has so many bytes: each block of fills begins with one

std::string digest_of(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  const auto digest = sha.digest();
  return {digest.begin(), digest.end()};
}

/// Why it is not used; a word of docs/recovery.md.
std::unexpected<Error> unfit(std::string why) {
  return fail(Errc::BadData, std::move(why), "nothing is lost: the journal is read instead");
}

Result<Snapshot> read_snapshot(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  std::string bytes(error ? 0 : size, '\0');
  std::ifstream in{file, std::ios::binary};
  if (error || !in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) return unfit("it cannot be read");
  const std::string_view all = bytes;
  if (all.size() < kSnapshotMagic.size() + kDigestBytes || !all.starts_with(kSnapshotMagic.substr(0, 7)))
    return unfit("it is cut short, or no snapshot");
  if (all[7] != kSnapshotMagic[7]) return unfit(fmt::format("another version of stom wrote it (format {})", all[7]));
  const std::string_view body = all.substr(0, all.size() - kDigestBytes);
  if (digest_of(body) != all.substr(body.size())) return unfit("it is not what was written: its checksum differs");
  Snapshot snapshot;
  StateReader fields{body.substr(kSnapshotMagic.size())};
  fields(snapshot);
  if (!fields.done() || snapshot.fills_check.bytes() % kFillBytes != 0) return unfit("it is not as it must be");
  return snapshot;
}

struct OpenFile {
  explicit OpenFile(const std::filesystem::path& path) : number{::open(path.c_str(), O_RDONLY | O_CLOEXEC)} {}
  ~OpenFile() {
    if (number >= 0) ::close(number);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  /// As many bytes as there is room for. False: not all of them are there.
  bool read(std::string& into, std::size_t from) const {
    for (std::size_t at = 0; at < into.size();) {
      const ssize_t n = ::pread(number, into.data() + at, into.size() - at, static_cast<off_t>(from + at));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      at += static_cast<std::size_t>(n);
    }
    return true;
  }
  const int number;
};

/// Those that stand there for a snapshot.
Result<std::vector<Fill>> read_fills(const std::filesystem::path& path, const StripedCrc& expected) {
  std::vector<Fill> fills;
  const std::uint64_t count = expected.bytes() / kFillBytes;
  std::error_code error;
  if (count == 0) return fills;
  const OpenFile file{path};
  if (file.number < 0 || std::filesystem::file_size(path, error) < expected.bytes() || error)
    return unfit("its fills are not there");
  // With room for more: the first fill of the session must not wait until all of them have moved.
  reserve_large(fills, static_cast<std::size_t>(count + count / 8 + kFillsAtOnce));
  std::string copy;
  StripedCrc check;
  while (fills.size() < count) {
    const std::size_t n = std::min<std::size_t>(kFillsAtOnce, static_cast<std::size_t>(count) - fills.size());
    const std::size_t from = fills.size() * kFillBytes, size = n * kFillBytes;
    const MappedPart part{file.number, from, size};
    std::string_view bytes = part.bytes();
    if (bytes.empty()) {
      copy.resize(size);
      if (!file.read(copy, from)) return unfit("its fills cannot be read");
      bytes = copy;
    }
    check.update(bytes);
    for (const char* at = bytes.data(); at != bytes.data() + bytes.size(); at += kFillBytes)
      PlainReader{at}(fills.emplace_back());
  }
  if (check != expected) return unfit("its fills are not what was written: their check differs");
  return fills;
}

std::unexpected<Error> cannot_keep(const std::filesystem::path& file) {
  return fail(Errc::Io, fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)),
              "check the folder's permissions and disk space");
}

/// Into a file that is there or is made; `flags`: O_TRUNC, or nothing.
Result<void> put_bytes(const std::filesystem::path& path, std::string_view bytes, std::uint64_t at, int flags,
                       Disk disk) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, S_IRUSR | S_IWUSR);
  if (file < 0) return cannot_keep(path);
  const bool written = write_at(file, bytes, at) && (disk != Disk::Awaited || ::fdatasync(file) == 0);
  const int cause = errno;
  ::close(file);
  errno = cause;
  return written ? Result<void>{} : cannot_keep(path);
}

}  // namespace

std::optional<Snapshot> newest_snapshot(const std::filesystem::path& folder, JournalReader& journal,
                                        std::vector<std::string>& not_used) {
  for (const std::string_view name : {kSnapshotFile, kSnapshotBefore}) {
    std::error_code none;
    if (!std::filesystem::exists(folder / name, none)) continue;
    auto snapshot = read_snapshot(folder / name);
    Result<std::vector<Fill>> fills;
    if (snapshot) fills = read_fills(folder / kSnapshotFills, snapshot->fills_check);
    std::string why = !snapshot ? snapshot.error().message : !fills ? fills.error().message : "";
    if (why.empty() && !journal.skip_to(snapshot->position))
      why = fmt::format("it stands for {} records that this journal does not have so", snapshot->position.records);
    if (why.empty()) {
      snapshot->fills = std::move(*fills);
      snapshot->newest = name == kSnapshotFile;
      return std::move(*snapshot);
    }
    not_used.push_back(fmt::format("{} is not used: {}", (folder / name).string(), why));
  }
  return std::nullopt;
}

std::string bytes_of(std::vector<Fill>& fills) {
  std::string bytes;
  bytes.reserve(fills.size() * kFillBytes);
  StateWriter out{bytes};
  for (Fill& fill : fills) out(fill);
  STOM_ASSERT(bytes.size() == fills.size() * kFillBytes);
  return bytes;
}

Result<void> put_fills(const std::filesystem::path& folder, std::string_view fills, std::uint64_t at, Disk disk) {
  if (at + fills.size() == 0) return {};  // else what was put there before may still be on its way to the disk
  return put_bytes(folder / kSnapshotFills, fills, at, 0, disk);
}

Result<void> put_snapshot(const std::filesystem::path& folder, Snapshot& snapshot, bool keep_newest, Disk disk) {
  const auto newest = folder / kSnapshotFile, before = folder / kSnapshotBefore, fresh = folder / "snapshot.new";
  std::string bytes{kSnapshotMagic};
  StateWriter{bytes}(snapshot);
  bytes += digest_of(bytes);
  if (auto put = put_bytes(fresh, bytes, 0, O_TRUNC, disk); !put) return put;
  if (keep_newest && ::rename(newest.c_str(), before.c_str()) != 0 && errno != ENOENT) return cannot_keep(before);
  if (::rename(fresh.c_str(), newest.c_str()) != 0) return cannot_keep(newest);
  return disk == Disk::Awaited ? sync_names_in(folder) : Result<void>{};
}

}  // namespace stom::trade
