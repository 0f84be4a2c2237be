// The segments of a session's journal, and which of them may go: those that a snapshot makes dispensable for a start,
// and that somebody who was asked has said yes to (docs/recovery.md, "Segments").
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/result.hpp"
#include "engine/journal_segment.hpp"

namespace stom::trade {

/// Of a session that nobody trades. All that are there and come before that one. Errors: no session, none comes before
/// it, or no snapshot that is whole knows what they led to.
Result<std::vector<SegmentFile>> segments_before(const std::filesystem::path& session, std::uint64_t before);
/// For good, the oldest first. Errors: the disk.
Result<void> delete_segments(const std::filesystem::path& session, const std::vector<SegmentFile>& segments);

}  // namespace stom::trade
