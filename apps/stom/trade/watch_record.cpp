#include "trade/watch_record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "trade/watch_list.hpp"

namespace stom::trade {

Result<WatchRecord> WatchRecord::open(const std::filesystem::path& file, bool goes_on, UnixNanos begin, Say say) {
  WatchRecord record{std::move(say)};
  WatchFileEnd before{.lines = std::string{WatchTimeline::header()}};
  if (goes_on) {
    auto ended = end_watch_file(file, begin);
    if (!ended) record.say_(fmt::format("{}; {}", ended.error().message, ended.error().hint));
    before = ended ? std::move(*ended) : WatchFileEnd{};  // what it holds already stays, whatever it is
  }
  record.time_ = before.time;
  record.file_.open(file, goes_on ? std::ios::binary | std::ios::app : std::ios::binary);
  record.file_ << before.lines;
  record.file_.flush();
  if (!record.file_)
    return fail(Errc::Io, fmt::format("{} cannot be written", file.string()),
                "make room on the disk, or name a folder that you may write to");
  return record;
}

void WatchRecord::write(UnixNanos now, std::string_view instrument, WatchState state, WatchReason reason) {
  if (!file_) return;
  time_ = std::max(time_, now);  // the clock may have been set back
  file_ << WatchTimeline::line(time_, instrument, state, reason);
  look();
}

void WatchRecord::flush() {
  file_.flush();
  look();
}

void WatchRecord::look() {
  if (!file_ && !std::exchange(told_, true))
    say_("watch.csv cannot be written: what is watched from now on is not in it");
}

}  // namespace stom::trade
