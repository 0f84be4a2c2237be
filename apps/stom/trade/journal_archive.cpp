#include "trade/journal_archive.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <utility>

#include "engine/journal_segment.hpp"

namespace stom::trade {

JournalArchive::JournalArchive(std::filesystem::path journal, Say say)
    : journal_{std::move(journal)}, say_{std::move(say)}, thread_{[this] { run(); }} {}

JournalArchive::~JournalArchive() {
  stop_.store(true);
  wait();
}

// Never two at a time: they would write to the same file.
void JournalArchive::again() {
  stop_.store(true);
  wait();
  stop_.store(false);
  thread_ = std::thread{[this] { run(); }};
}

void JournalArchive::wait() {
  if (thread_.joinable()) thread_.join();
}

void JournalArchive::run() {
  ::setpriority(PRIO_PROCESS, 0, 19);  // of this thread alone, in Linux: others have something to trade
  const auto segments = segments_of(journal_);
  if (!segments) return say_(fmt::format("no segment of the journal is packed: {}", segments.error().message));
  for (const SegmentFile& segment : *segments) {
    if (segment.packed || !segment.there || segment.number == segments->back().number) continue;
    const auto packed = pack_segment(journal_, segment.number, stop_);
    if (packed)
      say_(fmt::format("{} is packed", segment.path.string()));
    else if (packed.error().code == Errc::Canceled)
      return;
    else
      say_(fmt::format("{} is not packed: {}; {}", segment.path.string(), packed.error().message, packed.error().hint));
  }
}

}  // namespace stom::trade
