#include "trade/session_segments.hpp"

#include <fmt/format.h>

#include <string>
#include <system_error>

#include "engine/journal_file.hpp"
#include "engine/journal_reader.hpp"
#include "trade/private_file.hpp"
#include "trade/snapshot.hpp"

namespace stom::trade {

Result<std::vector<SegmentFile>> segments_before(const std::filesystem::path& session, std::uint64_t before) {
  const auto journal = session / "journal.stom";
  auto all = segments_of(journal);
  if (!all) return all;
  const std::uint64_t newest = all->back().number;
  if (before < 2 || before > newest)
    return fail(Errc::Usage, fmt::format("no segment comes before {} of {}", before, newest),
                "--before N, from 2 to the number of the newest: that one stays");
  std::erase_if(*all, [before](const SegmentFile& one) { return one.number >= before || !one.there; });
  if (all->empty())
    return fail(Errc::NotFound, fmt::format("no segment before {} is there any more", before),
                "stom session segments SESSION lists what is there");
  auto file = JournalFile::open(journal);
  auto reader = JournalReader::open(journal);
  if (!file) return std::unexpected(file.error());
  if (!reader) return std::unexpected(reader.error());
  const auto kept_from = file->begin_of(before);
  if (!kept_from) return std::unexpected(kept_from.error());
  std::vector<std::string> not_used;
  const auto snapshot = newest_snapshot(session, *reader, not_used);
  if (!snapshot || snapshot->position.bytes < kept_from->bytes)
    return fail(Errc::Usage,
                fmt::format("no snapshot that is whole has what the records before segment {} led to: without them the "
                            "session could not go on{}{}",
                            before, not_used.empty() ? "" : "; ", not_used.empty() ? "" : not_used.front()),
                "start the session and end it: that writes one");
  return all;
}

Result<void> delete_segments(const std::filesystem::path& session, const std::vector<SegmentFile>& segments) {
  const auto journal = session / "journal.stom";
  for (const SegmentFile& one : segments)
    for (const bool packed : {false, true}) {
      std::error_code error;
      const auto path = sealed_path(journal, one.number, packed);
      std::filesystem::remove(path, error);
      if (error)
        return fail(Errc::Io, fmt::format("cannot remove {}: {}", path.string(), error.message()),
                    "check the folder's permissions");
    }
  return sync_names_in(session);
}

}  // namespace stom::trade
