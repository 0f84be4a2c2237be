#include "importers/text_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include "importers/line_source.hpp"

namespace stom::importers {
namespace {

constexpr std::size_t kBatchLevels = 1u << 14;
constexpr std::size_t kBatchMessages = 1u << 13;
constexpr std::size_t kBatchBars = 1u << 13;

/// By which messages of one file are in order.
UnixNanos order_time(const Message& m) { return m.receive_time != kNoTime ? m.receive_time : m.venue_time(); }

class TextReader final : public FileReader {
 public:
  TextReader(std::filesystem::path path, std::string format, std::unique_ptr<LineDecoder> decoder, bool skip_bad)
      : path_{std::move(path)}, format_{std::move(format)}, decoder_{std::move(decoder)}, skip_bad_{skip_bad} {}

  std::string_view format() const override { return format_; }
  bool gives_bars() const override { return decoder_->gives_bars(); }
  bool gives_actions() const override { return decoder_->gives_actions(); }
  const Findings& findings() const override { return findings_; }

  Result<Findings> inspect(Decimals at_least, const Watch& watch) override {
    decoder_->learn(at_least);
    if (auto begun = begin(); !begun) return std::unexpected(begun.error());
    learn_direction_ = true;
    rises_ = falls_ = false;
    Rows rows;
    for (;;) {
      rows.clear();
      const auto more = fill(rows, watch);
      if (!more) return std::unexpected(more.error());
      if (gives_bars()) bars_.insert(bars_.end(), rows.bars.begin(), rows.bars.end());
      if (!*more) break;
    }
    if (gives_bars()) {
      if (auto ordered = order_bars(); !ordered) return std::unexpected(ordered.error());
    } else if (!rises_ && falls_) {
      findings_.descending = true;
      std::swap(findings_.first_time, findings_.last_time);
    } else if (falls_) {
      // Not wholly descending: find the first line that runs back, by the rule of the second pass.
      return inspect_ascending(at_least, watch);
    }
    return finish_inspection();
  }

  Result<bool> next(Decimals decimals, Rows& rows, const Watch& watch) override {
    rows.clear();
    if (!reading_) {
      const bool descending = descending_;
      decoder_->read(decimals);
      if (auto begun = begin(); !begun) return std::unexpected(begun.error());
      descending_ = findings_.descending = descending;
      learn_direction_ = false;
      reading_ = true;
      if (gives_bars() || descending_)
        if (auto gathered = gather(watch); !gathered) return std::unexpected(gathered.error());
    }
    if (gives_bars()) return give_bars(rows);
    if (descending_) return give_backwards(rows);
    const auto more = fill(rows, watch);
    if (!more) return more;
    reading_ = *more || !rows.messages.messages.empty() || !rows.actions.empty();
    return reading_;
  }

 private:
  Result<void> begin() {
    auto source = LineSource::open(path_);
    if (!source) return std::unexpected(source.error());
    source_.emplace(std::move(*source));
    findings_ = {};
    bars_.clear();
    bar_lines_.clear();
    actions_.clear();
    gathered_.clear();
    given_ = 0;
    last_ = kNoTime;
    ended_ = false;
    return {};
  }

  Result<Findings> inspect_ascending(Decimals at_least, const Watch& watch) {
    decoder_->learn(at_least);
    if (auto begun = begin(); !begun) return std::unexpected(begun.error());
    learn_direction_ = false;
    Rows rows;
    for (;;) {
      rows.clear();
      const auto more = fill(rows, watch);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
    }
    return finish_inspection();
  }

  Result<Findings> finish_inspection() {
    const bool nothing = gives_bars() ? bars_.empty() : findings_.first_time == kNoTime;
    if (nothing && findings_.bad == 0)
      return fail(Errc::BadData, fmt::format("{}: {} lines, but no rows of data", path_.string(), findings_.lines),
                  "check that it is the right file");
    findings_.decimals = decoder_->learned();
    auto digest = source_->sha256();
    if (!digest) return std::unexpected(digest.error());
    findings_.sha256 = *digest;
    descending_ = findings_.descending;
    Findings found = findings_;
    bars_.clear();
    bar_lines_.clear();
    source_.reset();
    return found;
  }

  /// Names the line and, where wanted, lets it pass: then it is counted.
  Result<void> bad_line(Error error, std::uint64_t line) {
    error.message = fmt::format("{} line {}: {}", path_.string(), line, error.message);
    if (!skip_bad_ || error.code == Errc::Canceled) return std::unexpected(std::move(error));
    if (findings_.bad++ == 0) findings_.first_bad = error.message;
    return {};
  }

  /// Reads lines into `rows` until a batch is full; false at the end of the file.
  Result<bool> fill(Rows& rows, const Watch& watch) {
    if (watch && !watch(source_->bytes_done(), source_->bytes_total()))
      return fail(Errc::Canceled, "interrupted", "nothing was imported; run the command again");
    while (!ended_) {
      if (rows.messages.levels.size() >= kBatchLevels || rows.messages.messages.size() >= kBatchMessages ||
          rows.bars.size() >= kBatchBars)
        return true;
      std::string_view text;
      const auto got = source_->next(text);
      if (!got) {
        if (!skip_bad_ || got.error().code != Errc::BadData) return std::unexpected(got.error());
        if (findings_.bad++ == 0) findings_.first_bad = got.error().message;
        continue;
      }
      ended_ = !*got;
      if (*got) ++findings_.lines;
      if (*got && text.empty()) continue;
      const std::size_t messages = rows.messages.messages.size(), levels = rows.messages.levels.size();
      const std::size_t bars = rows.bars.size(), actions = rows.actions.size();
      auto taken = *got ? decoder_->line(text, rows) : decoder_->finish(rows);
      if (taken) taken = check_order(rows, messages);
      if (taken) taken = check_actions(rows, actions);
      if (!taken) {
        rows.messages.messages.resize(messages);
        rows.messages.levels.resize(levels);
        rows.bars.resize(bars);
        rows.actions.resize(actions);
        if (auto passed = bad_line(taken.error(), source_->line_number()); !passed)
          return std::unexpected(passed.error());
        continue;
      }
      if (gives_bars()) bar_lines_.resize(bar_lines_.size() + (rows.bars.size() - bars), source_->line_number());
    }
    findings_.rounded = decoder_->rounded();
    return false;
  }

  /// Messages from `from` on must not be earlier than what came before.
  Result<void> check_order(const Rows& rows, std::size_t from) {
    for (std::size_t i = from; i < rows.messages.messages.size(); ++i) {
      const UnixNanos time = order_time(rows.messages.messages[i]);
      if (last_ != kNoTime && time != last_) {
        (time > last_ ? rises_ : falls_) = true;
        const bool back = descending_ ? time > last_ : time < last_;
        if (back && !learn_direction_)
          return fail(Errc::BadData, fmt::format("time runs back from {} to {}", format_time(last_), format_time(time)),
                      "sort the file by time, or leave such lines out with --skip-bad");
      }
      if (findings_.first_time == kNoTime) findings_.first_time = time;
      findings_.last_time = time;
      last_ = time;
    }
    return {};
  }

  /// One split and one dividend a day: the same again is left out, another one contradicts it.
  Result<void> check_actions(Rows& rows, std::size_t from) {
    const auto key = [](const CorporateAction& action) { return std::pair{action.day, action.kind}; };
    for (std::size_t i = from; i < rows.actions.size(); ++i) {
      const CorporateAction& action = rows.actions[i];
      const auto known = actions_.find(key(action));
      if (known != actions_.end() && known->second.first != action)
        return fail(
            Errc::BadData,
            fmt::format("the {} of {} is {} here and {} in line {}", name_of(action.kind), format_day(action.day),
                        action.value(), known->second.first.value(), known->second.second),
            "keep the right one (two dividends of one day are written as their sum), or leave the later out with "
            "--skip-bad");
    }
    std::size_t kept = from;
    for (std::size_t i = from; i < rows.actions.size(); ++i) {
      const CorporateAction action = rows.actions[i];
      if (!actions_.try_emplace(key(action), action, source_->line_number()).second) {
        ++findings_.duplicates;
        continue;
      }
      const UnixNanos time = start_of_day(action.day);
      findings_.first_time = findings_.first_time == kNoTime ? time : std::min(findings_.first_time, time);
      findings_.last_time = std::max(findings_.last_time, time);
      rows.actions[kept++] = action;
    }
    rows.actions.resize(kept);
    return {};
  }

  /// Bars of the whole file in ascending time: a descending file turned round, duplicates counted and left out.
  Result<void> order_bars() {
    if (bars_.empty()) return {};
    const auto other = std::ranges::find_if(bars_, [&](const Bar& b) { return b.time != bars_[0].time; });
    findings_.descending = other != bars_.end() && other->time < bars_[0].time;
    if (findings_.descending) {
      std::ranges::reverse(bars_);
      std::ranges::reverse(bar_lines_);
    }
    std::size_t kept = 0;
    DurationNanos least = 0;
    std::uint64_t steps = 0, weeks = 0, months = 0;
    for (std::size_t i = 0; i < bars_.size(); ++i) {
      const Bar bar = bars_[i];
      if (kept > 0 && bar.time <= bars_[kept - 1].time) {
        const bool seen = std::ranges::binary_search(bars_.begin(), bars_.begin() + static_cast<std::ptrdiff_t>(kept),
                                                     bar.time, {}, &Bar::time);
        if (seen) {
          ++findings_.duplicates;
          continue;
        }
        Error back{
            Errc::BadData,
            fmt::format("time runs back from {} to {}", format_time(bars_[kept - 1].time), format_time(bar.time)),
            "sort the file by time, or leave such lines out with --skip-bad"};
        if (auto passed = bad_line(std::move(back), bar_lines_[i]); !passed) return passed;
        continue;
      }
      if (kept > 0) {
        const DurationNanos step = bar.time - bars_[kept - 1].time;
        findings_.bar_step = std::gcd(findings_.bar_step, step);
        least = least == 0 ? step : std::min(least, step);
        ++steps;
        weeks += step >= 6 * kDay && step <= 8 * kDay;
        months += step >= 28 * kDay && step <= 31 * kDay;
      }
      bars_[kept++] = bar;
    }
    bars_.resize(kept);
    // Months are of 28 to 31 days, and a holiday moves a weekly bar: the common divisor is a day, their length is not.
    // One bar out of step (the month that has only begun) does not make them daily.
    findings_.bar_steps = steps;
    if (least >= 28 * kDay)
      findings_.bar_step = least;
    else if (steps >= 4 && 10 * months >= 9 * steps)
      findings_.bar_step = 28 * kDay;
    else if (steps >= 4 && 10 * weeks >= 9 * steps)
      findings_.bar_step = 7 * kDay;
    findings_.first_time = bars_.front().time;
    findings_.last_time = bars_.back().time;
    return {};
  }

  /// The whole file at once: bars to be put in order, a descending file to be given backwards.
  Result<void> gather(const Watch& watch) {
    Rows rows;
    for (;;) {
      rows.clear();
      const auto more = fill(rows, watch);
      if (!more) return std::unexpected(more.error());
      bars_.insert(bars_.end(), rows.bars.begin(), rows.bars.end());
      for (Message m : rows.messages.messages) {
        const auto* levels = rows.messages.levels.data() + m.first_level;
        m.first_level = static_cast<std::uint32_t>(gathered_.levels.size());
        gathered_.levels.insert(gathered_.levels.end(), levels, levels + m.levels());
        gathered_.messages.push_back(m);
      }
      if (!*more) break;
    }
    if (gives_bars()) return order_bars();
    std::swap(findings_.first_time, findings_.last_time);
    given_ = gathered_.messages.size();
    return {};
  }

  bool give_bars(Rows& rows) {
    const std::size_t n = std::min(kBatchBars, bars_.size() - given_);
    rows.bars.assign(bars_.begin() + static_cast<std::ptrdiff_t>(given_),
                     bars_.begin() + static_cast<std::ptrdiff_t>(given_ + n));
    given_ += n;
    reading_ = n > 0;
    return n > 0;
  }

  bool give_backwards(Rows& rows) {
    auto& out = rows.messages;
    while (given_ > 0 && out.messages.size() < kBatchMessages) {
      Message m = gathered_.messages[--given_];
      const auto* levels = gathered_.levels.data() + m.first_level;
      m.first_level = static_cast<std::uint32_t>(out.levels.size());
      out.levels.insert(out.levels.end(), levels, levels + m.levels());
      out.messages.push_back(m);
    }
    reading_ = !out.messages.empty();
    return reading_;
  }

  std::filesystem::path path_;
  std::string format_;
  std::unique_ptr<LineDecoder> decoder_;
  bool skip_bad_;

  std::optional<LineSource> source_;
  Findings findings_;
  std::vector<Bar> bars_;
  std::vector<std::uint64_t> bar_lines_;
  std::map<std::pair<std::int32_t, ActionKind>, std::pair<CorporateAction, std::uint64_t>> actions_;  // and their lines
  MessageBatch gathered_;
  std::size_t given_ = 0;
  UnixNanos last_ = kNoTime;
  bool ended_ = false;
  bool reading_ = false;
  bool learn_direction_ = false;
  bool rises_ = false, falls_ = false;
  bool descending_ = false;
};

}  // namespace

std::unique_ptr<FileReader> make_text_reader(std::filesystem::path path, std::string format,
                                             std::unique_ptr<LineDecoder> decoder, bool skip_bad) {
  return std::make_unique<TextReader>(std::move(path), std::move(format), std::move(decoder), skip_bad);
}

}  // namespace stom::importers
