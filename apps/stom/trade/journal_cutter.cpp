#include "trade/journal_cutter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/journal_file.hpp"

namespace stom::trade {

Result<std::unique_ptr<JournalCutter>> JournalCutter::open(const std::filesystem::path& file, Journal& journal,
                                                           FileSync& sync, std::uint64_t segment_bytes, Say say) {
  const auto newest = JournalFile::open(file);
  if (!newest) return std::unexpected(newest.error());
  return std::unique_ptr<JournalCutter>{
      new JournalCutter{file, journal, sync, segment_bytes, newest->begin().bytes, std::move(say)}};
}

JournalCutter::JournalCutter(std::filesystem::path file, Journal& journal, FileSync& sync, std::uint64_t segment_bytes,
                             std::uint64_t begin, Say say)
    : file_{std::move(file)},
      journal_{journal},
      sync_{sync},
      segment_bytes_{segment_bytes},
      say_{std::move(say)},
      begin_{begin} {}

JournalCutter::~JournalCutter() {
  if (!move_) return;
  journal_.move_by(nullptr);
  ::close(move_->left >= 0 ? move_->left : move_->to);
}

bool JournalCutter::look(const std::optional<JournalPosition>& snapshot) {
  if (!move_) {
    if (given_up_ || !snapshot || snapshot->bytes <= begin_ || snapshot->bytes - begin_ <= segment_bytes_) return false;
    if (auto begun = begin(*snapshot); !begun) give_up(begun.error().message);
    return false;
  }
  switch (move_->step.load(std::memory_order_acquire)) {
    case JournalMove::Step::Doubled:
      name();
      return false;
    case JournalMove::Step::Over:
    case JournalMove::Step::Failed: {
      const bool sealed = next_->is_named();
      end();
      return sealed;
    }
    default:  // it is the engine's turn, when it has something to write
      return false;
  }
}

Result<void> JournalCutter::begin(const JournalPosition& place) {
  auto next = NextSegment::make(file_, place);
  if (!next) return std::unexpected(next.error());
  // Before a record is in both: what is on the disk is so whichever file is the journal.
  if (auto also = sync_.also((*next)->path()); !also) return also;
  const int to = ::fcntl((*next)->file(), F_DUPFD_CLOEXEC, 0);
  if (to < 0) {
    const int cause = errno;
    sync_.not_also();
    return fail(Errc::Io, fmt::format("cannot write {}: {}", (*next)->path().string(), std::strerror(cause)),
                "let the process have more files open: ulimit -n, or LimitNOFILE= of its systemd unit");
  }
  next_ = std::move(*next);
  place_ = place;
  move_ = std::make_unique<JournalMove>();
  move_->from = next_->old_file();
  move_->to = to;
  move_->copied = next_->copied();
  move_->less = next_->less();
  journal_.move_by(move_.get());
  return {};
}

void JournalCutter::name() {
  auto step = JournalMove::Step::Doubled;
  if (!move_->step.compare_exchange_strong(step, JournalMove::Step::Naming)) return;  // it has failed
  const auto named = next_->take_name();
  if (!named) give_up(named.error().message);
  move_->step.store(next_->is_named() ? JournalMove::Step::Named : JournalMove::Step::Off, std::memory_order_release);
}

/// The engine has nothing to do with it any more.
void JournalCutter::end() {
  if (next_->is_named()) {
    sync_.instead();
    ::close(move_->left);
    begin_ = place_.bytes;
    say_(fmt::format("the journal was cut behind its record {}", place_.records));
  } else {
    if (!given_up_) give_up(fmt::format("{} cannot be written", next_->path().string()));
    sync_.not_also();
    ::close(move_->to);
  }
  move_.reset();
  next_.reset();
}

void JournalCutter::finish() {
  if (!move_) return;
  (void)journal_.hand_over();  // goes over to what is named, or leaves what is off
  if (const auto step = move_->step.load(); step == JournalMove::Step::Over || step == JournalMove::Step::Failed) {
    (void)journal_.flush();
    return end();
  }
  journal_.move_by(nullptr);  // the old file has all, and, but where both have failed, the name
  sync_.not_also();
  ::close(move_->to);
  move_.reset();
  next_.reset();
}

void JournalCutter::give_up(std::string_view why) {
  given_up_ = true;
  say_(fmt::format("the journal is not cut: {}; it goes on in one file until the next start", why));
}

}  // namespace stom::trade
