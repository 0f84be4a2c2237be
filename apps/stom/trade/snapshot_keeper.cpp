#include "trade/snapshot_keeper.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/assert.hpp"
#include "core/file_sync.hpp"

namespace stom::trade {
namespace {

constexpr std::size_t kFoldedAtOnce = 50'000;  // some milliseconds: whoever calls has other things to do

}  // namespace

Result<std::unique_ptr<SnapshotKeeper>> SnapshotKeeper::open(const std::filesystem::path& journal, SessionFold fold,
                                                             const std::optional<Snapshot>& from, Options options,
                                                             Say say) {
  auto reader = JournalReader::open(journal, JournalReader::Sums::Kept);
  if (!reader) return std::unexpected(reader.error());
  std::unique_ptr<SnapshotKeeper> keeper{
      new SnapshotKeeper{std::move(*reader), std::move(fold), journal.parent_path(), options, std::move(say)}};
  if (!from) return keeper;
  const bool loaded = keeper->fold_.load(from->state, {});
  STOM_ASSERT(loaded);  // the session itself began with it
  keeper->journal_.go_to(from->position);
  keeper->fills_check_ = from->fills_check;
  keeper->folded_ = keeper->written_at_ = from->position.records;
  keeper->has_written_ = true;
  keeper->keep_newest_ = from->newest;
  return keeper;
}

SnapshotKeeper::SnapshotKeeper(JournalReader journal, SessionFold fold, std::filesystem::path folder, Options options,
                               Say say)
    : journal_{std::move(journal)},
      fold_{std::move(fold)},
      folder_{std::move(folder)},
      options_{options},
      say_{std::move(say)} {}

void SnapshotKeeper::look() { (void)fold_some(kFoldedAtOnce); }

void SnapshotKeeper::finish() {
  while (fold_some(kFoldedAtOnce)) {
  }
  if (!given_up_ && (written_at_ != folded_ || !has_written_)) write();
}

/// Whether there may be more.
bool SnapshotKeeper::fold_some(std::size_t most) {
  if (given_up_) return false;
  for (std::size_t n = 0; n < most; ++n) {
    const JournalRecord* record = journal_.next();
    if (record == nullptr) {
      if (!journal_.status()) give_up(journal_.status().error());
      return false;
    }
    if (auto folded = fold_.fold(*record); !folded) {
      give_up(folded.error());
      return false;
    }
    if (++folded_ - written_at_ >= options_.every) write();
    const std::size_t fills = fold_.recovery().account().fills().size();
    if (fills >= fills_tried_ + options_.fills_at_once) fills_tried_ = put_aside(Disk::Later) ? 0 : fills;
  }
  return true;
}

void SnapshotKeeper::write() {
  written_at_ = folded_;
  auto written = write_down();
  has_written_ = written.has_value();
  if (written) {
    if (std::exchange(told_, false)) say_(fmt::format("a snapshot of {} records is written again", folded_));
    return;
  }
  if (fold_.recovery().account().fills().size() > options_.most_fills) return give_up(written.error());
  if (!std::exchange(told_, true))
    say_(fmt::format("no snapshot is written: {}; trading goes on, and a restart reads more of the journal",
                     written.error().message));
}

/// What no snapshot counts yet a later one writes anew, byte for byte.
Result<void> SnapshotKeeper::put_aside(Disk disk) {
  auto& account = fold_.recovery().account();
  const std::string fresh = bytes_of(account.fills());
  if (auto put = put_fills(folder_, fresh, fills_check_.bytes(), disk); !put) return put;
  fills_check_.update(fresh);
  account.forget_history();
  return {};
}

/// The fills first, then the journal's own bytes, then what stands for both: whatever a power cut takes, no snapshot
/// says more than the disk has.
Result<void> SnapshotKeeper::write_down() {
  if (auto put = put_aside(options_.disk); !put) return put;
  fills_tried_ = 0;
  if (options_.disk == Disk::Awaited) {
    auto sync = FileSync::open(journal_.path(), FileSync::Worker::Caller);
    if (!sync) return std::unexpected(sync.error());
    (*sync)->ask(0);
    if (auto synced = (*sync)->status(); !synced) return synced;
  }
  Snapshot snapshot;
  snapshot.position = journal_.position();
  snapshot.fills_check = fills_check_;
  snapshot.state = fold_.save();
  if (auto put = put_snapshot(folder_, snapshot, keep_newest_, options_.disk); !put) return put;
  keep_newest_ = true;
  written_ = snapshot.position;
  return {};
}

void SnapshotKeeper::give_up(const Error& error) {
  given_up_ = true;
  fold_.recovery().account().keep_no_history();
  say_(fmt::format("no more snapshots are written: {}; trading goes on, and a restart reads more of the journal",
                   error.message));
}

}  // namespace stom::trade
