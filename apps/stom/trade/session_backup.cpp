#include "trade/session_backup.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "core/text_file.hpp"
#include "engine/journal_bytes.hpp"
#include "engine/journal_file.hpp"
#include "engine/journal_reader.hpp"
#include "trade/private_file.hpp"
#include "trade/session_folder.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBackupMagic = "STOMBAK1";
constexpr std::size_t kDigest = 64;  // letters
constexpr std::string_view kJournal = "journal.stom", kIndex = "backup.json";
/// What else a session that goes on reads, where it is there.
constexpr std::string_view kBeside[] = {"emergency.log", "watch.csv"};
constexpr std::string_view kLarge[] = {"frames", "input", "rows"};

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

std::string sha256(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.hex();
}

struct WholeRecords {
  std::uint64_t records = 0, bytes = 0;
};
/// So many a journal has that may be written to meanwhile.
Result<WholeRecords> count_records(const std::filesystem::path& journal) {
  auto reader = JournalReader::open(journal);
  if (!reader) return std::unexpected(reader.error());
  while (reader->next() != nullptr) {
  }
  if (auto ended = reader->check_end(); !ended) return std::unexpected(ended.error());
  const JournalPosition end = reader->position();
  return WholeRecords{.records = end.records, .bytes = end.bytes};
}

/// So many bytes of a journal, of all its segments, as they stand in one file.
Result<void> each_piece(const std::filesystem::path& journal, std::uint64_t bytes, const PutPiece& put) {
  auto file = JournalFile::open(journal);
  if (!file) return std::unexpected(file.error());
  if (auto done = put(kJournalMagic); !done) return done;
  std::string piece(kPieceBytes, '\0');
  for (std::uint64_t at = kJournalMagic.size(); at < bytes;) {
    const auto n =
        file->read(piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, bytes - at)), at);
    if (!n) return std::unexpected(n.error());
    if (*n == 0) return fail(Errc::Io, fmt::format("{} became shorter", journal.string()), "try it again");
    if (auto done = put(std::string_view{piece}.substr(0, *n)); !done) return done;
    at += *n;
  }
  return {};
}

/// The next bytes of a file, in pieces. False: it has less, or cannot be read.
bool each_piece(std::istream& in, std::uint64_t bytes, const std::function<bool(std::string_view)>& put) {
  std::string piece(kPieceBytes, '\0');
  while (bytes > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, bytes));
    if (!in.read(piece.data(), static_cast<std::streamsize>(most))) return false;
    if (!put(std::string_view{piece}.substr(0, most))) return false;
    bytes -= most;
  }
  return true;
}

Json large_files(const std::filesystem::path& session) {
  Json all = Json::array();
  std::error_code error;
  for (const std::string_view folder : kLarge) {
    std::vector<std::pair<std::string, std::uintmax_t>> found;
    for (std::filesystem::recursive_directory_iterator at{session / folder, error}, end; !error && at != end;
         at.increment(error))
      if (std::error_code none; at->is_regular_file(none))
        found.emplace_back(at->path().lexically_relative(session).string(), at->file_size(none));
    std::ranges::sort(found);
    for (auto& [name, bytes] : found) all.push_back({{"name", std::move(name)}, {"bytes", bytes}});
  }
  return all;
}

}  // namespace

Result<BackupSummary> back_up(const std::filesystem::path& session, const std::filesystem::path& file) {
  const auto journal = journal_in(session);
  if (!journal) return std::unexpected(journal.error());
  const auto whole = count_records(*journal);
  if (!whole) return std::unexpected(whole.error());
  BackupSummary summary{.records = whole->records, .journal_bytes = whole->bytes};
  Sha256 of_journal;
  const auto hashed = each_piece(*journal, whole->bytes, [&](std::string_view piece) {
    of_journal.update(piece);
    return Result<void>{};
  });
  if (!hashed) return std::unexpected(hashed.error());
  Json index{{"records", summary.records}, {"files", Json::array()}, {"not_in_it", large_files(session)}};
  index["files"].push_back({{"name", kJournal}, {"bytes", whole->bytes}, {"sha256", of_journal.hex()}});
  // Behind the journal: of what the kill switch did they may know more than it, never less.
  std::string beside;
  for (const std::string_view name : kBeside) {
    std::error_code none;
    if (!std::filesystem::exists(session / name, none)) continue;
    auto one = read_text_file(session / name, kAnySize);
    if (!one) return std::unexpected(one.error());
    index["files"].push_back({{"name", name}, {"bytes", one->size()}, {"sha256", sha256(*one)}});
    beside += *one;
  }
  const std::string header = index.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto length = static_cast<std::uint32_t>(header.size());
  std::string begin{kBackupMagic};
  begin.append(reinterpret_cast<const char*>(&length), sizeof length).append(header);
  const auto written = create_private_file(file, [&](const PutPiece& put) -> Result<void> {
    Sha256 all;
    const PutPiece put_and_hash = [&](std::string_view piece) {
      all.update(piece);
      summary.bytes += piece.size();
      return put(piece);
    };
    if (auto done = put_and_hash(begin); !done) return done;
    if (auto done = each_piece(*journal, whole->bytes, put_and_hash); !done) return done;
    if (auto done = put_and_hash(beside); !done) return done;
    return put_and_hash(all.hex());
  });
  if (!written) return std::unexpected(written.error());
  return summary;
}

Result<BackupSummary> restore_backup(const std::filesystem::path& file, const std::filesystem::path& folder) {
  const auto wrong = [&](std::string_view what) {
    return fail(Errc::BadData, fmt::format("{} {}", file.string(), what),
                "nothing was restored; take another backup, or a copy of the journal (--copy-to)");
  };
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    return fail(Errc::NotFound, fmt::format("no file at {}", file.string()), "stom session backup SESSION --to FILE");
  const std::uint64_t size = std::filesystem::file_size(file, error);
  std::ifstream in{file, std::ios::binary};
  constexpr std::size_t kBegin = kBackupMagic.size() + 4;
  std::string begin(std::min<std::uint64_t>(error ? 0 : size, kBegin), '\0');
  if (error || !in.read(begin.data(), static_cast<std::streamsize>(begin.size())))
    return fail(Errc::Io, fmt::format("cannot read {}", file.string()), "check its permissions and the disk");
  if (!begin.starts_with(kBackupMagic)) return wrong("is no backup of a session");
  std::uint32_t length = 0;
  if (size >= kBegin) std::memcpy(&length, begin.data() + kBackupMagic.size(), 4);
  if (size < kBegin + kDigest || length > size - kBegin - kDigest) return wrong("is cut short");
  // All of it once for its checksum, before anything of it is believed.
  const auto add = [](std::string& to) {
    return [&to](std::string_view piece) {
      to += piece;
      return true;
    };
  };
  Sha256 all;
  all.update(begin);
  std::string header, digest;
  bool whole = each_piece(in, length, add(header));
  all.update(header);
  whole = whole && each_piece(in, size - kBegin - length - kDigest, [&](std::string_view piece) {
            all.update(piece);
            return true;
          });
  whole = whole && each_piece(in, kDigest, add(digest));
  if (!whole || all.hex() != digest) return wrong("is not what was written: its checksum differs");
  struct Stored {
    std::string name;
    std::uint64_t at = 0, bytes = 0;
    std::string sha256;
  };
  std::vector<Stored> parts;
  BackupSummary summary{.bytes = size};
  try {
    const auto index = Json::parse(header);
    summary.records = index.at("records").get<std::uint64_t>();
    std::uint64_t at = kBegin + length;
    for (const Json& one : index.at("files")) {
      Stored part{.name = one.at("name").get<std::string>(),
                  .at = at,
                  .bytes = one.at("bytes").get<std::uint64_t>(),
                  .sha256 = one.at("sha256").get<std::string>()};
      const bool known = part.name == kJournal || std::ranges::find(kBeside, part.name) != std::end(kBeside);
      if (!known || part.bytes > size - kDigest - at) return wrong("has a file that is none of ours");
      if (part.name == kJournal) summary.journal_bytes = part.bytes;
      at += part.bytes;
      parts.push_back(std::move(part));
    }
  } catch (const Json::exception&) {
    return wrong("has an index that cannot be read: update stom");
  }
  if (summary.journal_bytes == 0) return wrong("has no journal");
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_empty(folder, error))
    return fail(Errc::Usage, fmt::format("{} is there already", folder.string()),
                "--to names a folder that is not there yet: nothing is written over");
  std::filesystem::create_directories(folder, error);
  if (error)
    return fail(Errc::Io, fmt::format("cannot make {}: {}", folder.string(), error.message()),
                "check the folder's permissions and disk space");
  ::chmod(folder.c_str(), S_IRWXU);
  // The journal last: without it there is no session yet.
  std::ranges::stable_partition(parts, [](const Stored& part) { return part.name != kJournal; });
  Result<void> restored = create_private_file(folder / kIndex, header);
  for (std::size_t i = 0; i < parts.size() && restored; ++i)
    restored = create_private_file(folder / parts[i].name, [&](const PutPiece& put) -> Result<void> {
      Sha256 one;
      Result<void> done;
      in.clear();
      in.seekg(static_cast<std::streamoff>(parts[i].at));
      const bool there = in && each_piece(in, parts[i].bytes, [&](std::string_view piece) {
                           one.update(piece);
                           done = put(piece);
                           return done.has_value();
                         });
      if (!done) return done;
      if (!there || one.hex() != parts[i].sha256) return wrong("has a file that is none of ours");
      return {};
    });
  if (!restored) {
    std::filesystem::remove(folder / kIndex, error);
    for (const Stored& part : parts) std::filesystem::remove(folder / part.name, error);
    return std::unexpected(restored.error());
  }
  return summary;
}

}  // namespace stom::trade
