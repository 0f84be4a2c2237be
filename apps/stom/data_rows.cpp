// `stom data rows`: stored ticks as STOM's rows (docs/rows.md), read by the same rules as in a backtest.
#include "data_rows.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include "data_range.hpp"
#include "market/row_text.hpp"
#include "market/second_row.hpp"
#include "sim/replay_feed.hpp"
#include "store/catalogue.hpp"
#include "store_source.hpp"
#include "watch_file.hpp"

namespace stom {
namespace {

struct RowsOptions {
  std::string instrument;
  std::string rule = "stom";
  bool minute = false;
  std::string from, to;
  std::string lang;
  std::string watch;
};

class Printer {
 public:
  Printer(const Session& session, const RowsOptions& options, bool krx)
      : json_{session.json},
        fields_{row_fields(options.minute, krx)},
        korean_{options.lang == "ko"},
        watch_{!options.watch.empty()} {}
  /// `watched`: 관심종목, where there is a timeline of it.
  void print(const SecondRow& row, bool watched) {
    if (!json_ && !any_) print_names();
    any_ = true;
    line_.clear();
    if (json_)
      append_json(row);
    else
      append_row(line_, row, fields_);
    if (watch_) line_ += fmt::format("{}{}", json_ ? fmt::format(R"(,"{}":)", watch_name()) : ",", watched ? 1 : 0);
    if (json_) line_ += '}';
    write();
  }
  bool written() const { return written_; }
  bool any() const { return any_; }

 private:
  std::string_view watch_name() const { return korean_ ? "관심종목" : "watched"; }
  void append_json(const SecondRow& row) {
    line_ += fmt::format(R"({{"index":{})", row.index);
    for (const RowField& field : fields_) {
      const double value = field.of(row);
      line_ += fmt::format(R"(,"{}":{})", korean_ ? field.korean : field.english,
                           std::isnan(value) ? "null" : fmt::format("{:.15g}", value));
    }
  }
  void print_names() {
    line_ = row_header(fields_, korean_);
    if (watch_) line_ += fmt::format(",{}", watch_name());
    write();
  }
  void write() {
    line_ += '\n';
    written_ = written_ && std::fwrite(line_.data(), 1, line_.size(), stdout) == line_.size();
  }

  bool json_;
  std::span<const RowField> fields_;
  bool korean_;
  bool watch_;
  bool written_ = true;
  bool any_ = false;
  std::string line_;
};

/// What the watch list says of one instrument while its messages go by, by our clock.
class Watching {
 public:
  static Result<Watching> open(const std::string& file, const std::string& instrument) {
    Watching out;
    if (file.empty()) return out;
    const auto watch = read_watch_file(file);
    if (!watch) return std::unexpected(watch.error());
    const auto& instruments = watch->timeline.instruments();
    if (const auto at = instruments.find(instrument); at != instruments.end()) out.changes_ = at->second;
    return out;
  }
  /// The time at which its data ended, where they did by then: what came later tells nothing of the book before.
  std::optional<UnixNanos> ended_by(UnixNanos time) {
    std::optional<UnixNanos> ended;
    for (; next_ < changes_.size() && changes_[next_].time <= time; ++next_) {
      state_ = changes_[next_].state;
      if (state_ == WatchState::Out || state_ == WatchState::Waiting) ended = changes_[next_].time;
    }
    return ended;
  }
  bool watched() const { return state_ == WatchState::In || state_ == WatchState::Waiting; }

 private:
  std::vector<WatchTimeline::Change> changes_;
  std::size_t next_ = 0;
  WatchState state_ = WatchState::Out;
};

FeedMessage gap_at(UnixNanos time) {
  return {.exchange_time = time,
          .local_time = time,
          .first = nullptr,
          .bids = 0,
          .asks = 0,
          .instrument = 0,
          .slot = 0,
          .kind = FeedKind::Gap,
          .sell_aggressor = false,
          .auction = false,
          .replaces_book = false};
}

Result<void> print_rows(const Session& session, const RowsOptions& options) {
  sim::ReadingOptions reading;
  const auto range = time_range(options.from, options.to);
  if (!range) return std::unexpected(range.error());
  reading.from = range->from, reading.to = range->to;
  auto watching = Watching::open(options.watch, options.instrument);
  if (!watching) return std::unexpected(watching.error());
  const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return std::unexpected(folder.error());
  auto instrument = folder->catalogue().instrument(options.instrument);
  if (!instrument) return std::unexpected(instrument.error());
  auto source = StoreSource::open(*folder, options.instrument, {.from = reading.from, .to = reading.to});
  if (!source) return std::unexpected(source.error());
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::move(*source), *instrument});
  sim::ReplayFeed feed{std::move(streams), reading};
  if (auto opened = feed.open(); !opened) return opened;

  RowBuilder rows{*instrument,
                  {.rule = options.rule == "stom" ? RowRule::Stom : RowRule::AnyChange, .minute = options.minute}};
  Printer printer{session, options, has_krx_words(*instrument)};
  for (auto batch = feed.exchange_side().next_batch(); !batch.empty(); batch = feed.exchange_side().next_batch()) {
    for (const FeedMessage& message : batch) {
      if (const auto ended = watching->ended_by(message.local_time)) rows.apply(gap_at(*ended));
      if (const SecondRow* row = rows.apply(message)) printer.print(*row, watching->watched());
    }
    feed.local_side().next_batch();  // a row is by the venue's clock; messages are freed when both clocks are past them
    if (interrupted()) return fail(Errc::Canceled, "interrupted");
    if (!printer.written()) return fail(Errc::Io, "cannot write the rows", "check the disk, or who reads them");
  }
  if (auto read = feed.status(); !read) return read;
  if (!printer.any()) return std::unexpected(nothing_there(*folder, options.instrument, "", "rows"));
  return {};
}

int run_rows(const Session& session, const RowsOptions& options) {
  const auto printed = print_rows(session, options);
  return printed ? kOk : report_error(session, printed.error());
}

}  // namespace

void add_data_rows(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("rows", "Ticks as STOM's one-second rows, CSV (--json: one object a line)");
  auto o = std::make_shared<RowsOptions>();
  command->add_option("ID", o->instrument, "venue:symbol")->required();
  command->add_option("--rule", o->rule, "when a row is emitted: docs/rows.md")
      ->check(CLI::IsMember({"stom", "any_change"}));
  command->add_flag("--minute", o->minute, "one row a minute");
  command->add_option("--from", o->from, "first time, UTC");
  command->add_option("--to", o->to, "end, UTC");
  command->add_option("--lang", o->lang, "names of the columns: en or ko")->check(CLI::IsMember({"en", "ko"}));
  command->add_option("--watch", o->watch, "a session's watch.csv: a column more, whether it was in the watch list");
  examples(*command, {"stom data rows sim:BTCUSDT --lang ko", "stom data rows sim:BTCUSDT --minute --json"});
  command->callback([&session, o] {
    if (o->lang.empty()) o->lang = session.lang;
    session.status = run_rows(session, *o);
  });
}

}  // namespace stom
