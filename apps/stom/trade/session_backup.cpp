#include "trade/session_backup.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "core/text_file.hpp"
#include "engine/journal_bytes.hpp"
#include "trade/private_file.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBackupMagic = "STOMBAK1";
constexpr std::size_t kDigest = 64;  // letters
constexpr std::string_view kJournal = "journal.stom", kIndex = "backup.json";
/// What else a session that goes on reads, where it is there.
constexpr std::string_view kBeside[] = {"emergency.log", "watch.csv"};
constexpr std::string_view kLarge[] = {"frames", "input", "rows"};

std::string sha256(std::string_view bytes) {
  Sha256 sha;
  sha.update(bytes);
  return sha.hex();
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
  auto journal = whole_journal(session / kJournal);
  if (!journal)
    return fail(journal.error().code, journal.error().message,
                journal.error().code == Errc::NotFound ? "is this the folder of a session?" : journal.error().hint);
  BackupSummary summary{.journal_bytes = journal->size()};
  whole_records(std::string_view{*journal}.substr(kJournalMagic.size()), &summary.records);
  std::vector<std::pair<std::string_view, std::string>> files;
  files.emplace_back(kJournal, std::move(*journal));
  // Behind the journal: of what the kill switch did they may know more than it, never less.
  for (const std::string_view name : kBeside) {
    std::error_code none;
    if (!std::filesystem::exists(session / name, none)) continue;
    auto beside = read_text_file(session / name, kAnySize);
    if (!beside) return std::unexpected(beside.error());
    files.emplace_back(name, std::move(*beside));
  }
  Json index{{"records", summary.records}, {"files", Json::array()}, {"not_in_it", large_files(session)}};
  for (const auto& [name, bytes] : files)
    index["files"].push_back({{"name", name}, {"bytes", bytes.size()}, {"sha256", sha256(bytes)}});
  const std::string header = index.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto length = static_cast<std::uint32_t>(header.size());
  std::string all{kBackupMagic};
  all.append(reinterpret_cast<const char*>(&length), sizeof length).append(header);
  for (const auto& [name, bytes] : files) all += bytes;
  all += sha256(all);
  summary.bytes = all.size();
  if (auto written = create_private_file(file, all); !written) return std::unexpected(written.error());
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
  const auto read = read_text_file(file, kAnySize);
  if (!read) return std::unexpected(read.error());
  const std::string& all = *read;
  constexpr std::size_t kBegin = kBackupMagic.size() + 4;
  if (!all.starts_with(kBackupMagic)) return wrong("is no backup of a session");
  std::uint32_t length = 0;
  if (all.size() >= kBegin) std::memcpy(&length, all.data() + kBackupMagic.size(), 4);
  if (all.size() < kBegin + kDigest || length > all.size() - kBegin - kDigest) return wrong("is cut short");
  const std::string_view body = std::string_view{all}.substr(0, all.size() - kDigest);
  if (sha256(body) != std::string_view{all}.substr(body.size()))
    return wrong("is not what was written: its checksum differs");
  const std::string_view header = body.substr(kBegin, length);
  const auto index = Json::parse(header, nullptr, false);
  std::vector<std::pair<std::string, std::string_view>> files;
  BackupSummary summary{.bytes = all.size()};
  try {
    summary.records = index.at("records").get<std::uint64_t>();
    std::string_view left = body.substr(kBegin + length);
    for (const Json& one : index.at("files")) {
      const auto name = one.at("name").get<std::string>();
      const auto bytes = left.substr(0, one.at("bytes").get<std::size_t>());
      const bool known = name == kJournal || std::ranges::find(kBeside, name) != std::end(kBeside);
      if (!known || sha256(bytes) != one.at("sha256").get<std::string>())
        return wrong("has a file that is none of ours");
      if (name == kJournal) summary.journal_bytes = bytes.size();
      files.emplace_back(name, bytes);
      left.remove_prefix(bytes.size());
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
  files.emplace_back(kIndex, header);
  // The journal last: without it there is no session yet.
  std::ranges::rotate(files, files.begin() + 1);
  for (const auto& [name, bytes] : files)
    if (auto written = create_private_file(folder / name, bytes); !written) {
      for (const auto& one : files) std::filesystem::remove(folder / one.first, error);
      return std::unexpected(written.error());
    }
  return summary;
}

}  // namespace stom::trade
