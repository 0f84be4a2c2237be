// `stom data export`: stored messages or bars as CSV, and as Parquet where the program was built with Arrow's C++
// library. Decimals are written in full, times in nanoseconds, and nothing is rounded.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "data_parquet.hpp"
#include "data_range.hpp"
#include "data_store.hpp"
#include "store/tick_reader.hpp"
#include "stored_bars.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kActionKind = "corporate_action";

struct ExportOptions {
  std::string instrument;
  std::string kind = "trade";
  std::string bar;
  bool adjusted = false;
  std::string adjust = "none";
  std::string from;
  std::string to;
  std::string out = "-";
  std::string format = "csv";
};

// Standard output, or a file that takes its name when it is complete.
class CsvFile final : public ExportTable {
 public:
  static Result<std::unique_ptr<ExportTable>> open(const std::string& name, const std::vector<ExportColumn>& columns) {
    auto file = std::unique_ptr<CsvFile>{new CsvFile};
    if (name != "-") {
      file->final_ = name;
      file->pending_ = name + ".part";
      file->out_ = std::fopen(file->pending_.c_str(), "wb");
      if (file->out_ == nullptr) return file->failure();
    }
    std::string& line = file->line_;
    for (const auto& column : columns) line += (line.empty() ? "" : ",") + column.name;
    line += '\n';
    return file;
  }
  ~CsvFile() override {
    if (out_ == nullptr || final_.empty()) return;
    std::fclose(out_);
    std::remove(pending_.c_str());
  }

  void integer(std::int64_t value) override { cell(fmt::format_int{value}.str()); }
  void time(UnixNanos value) override { cell(value == kNoTime ? std::string{} : fmt::format_int{value}.str()); }
  void decimal(std::int64_t mantissa, int decimals) override { cell(format_decimal(mantissa, decimals)); }
  void text(const char* value) override { cell(value); }
  Result<void> end_row() override {
    line_ += '\n';
    first_ = true;
    return line_.size() < (1u << 16) ? Result<void>{} : flush();
  }
  Result<void> finish() override {
    if (auto done = flush(); !done) return done;
    if (final_.empty()) return std::fflush(out_) == 0 ? Result<void>{} : std::unexpected(failure().error());
    const bool closed = std::fclose(out_) == 0;
    out_ = nullptr;
    if (!closed || std::rename(pending_.c_str(), final_.c_str()) != 0) {
      const auto failed = failure();
      std::remove(pending_.c_str());
      return std::unexpected(failed.error());
    }
    return {};
  }

 private:
  CsvFile() = default;
  void cell(std::string_view value) {
    if (!first_) line_ += ',';
    first_ = false;
    line_ += value;
  }
  Result<void> flush() {
    const bool written = std::fwrite(line_.data(), 1, line_.size(), out_) == line_.size();
    line_.clear();
    return written ? Result<void>{} : std::unexpected(failure().error());
  }
  std::unexpected<Error> failure() const {
    return fail(Errc::Io,
                fmt::format("cannot write {}: {}", final_.empty() ? "the output" : final_, std::strerror(errno)),
                errno == ENOSPC ? "the disk is full: free some space" : "check the folder and who may write to it");
  }

  std::FILE* out_ = stdout;
  std::string final_;
  std::string pending_;
  std::string line_;
  bool first_ = true;
};

using Type = ExportColumn::Type;

struct Decimals {
  int price = 0;
  int quantity = 0;
};

std::vector<ExportColumn> message_columns(const std::string& kind, Decimals d) {
  std::vector<ExportColumn> columns{
      {"receive_time_ns", Type::Time}, {"event_time_ns", Type::Time}, {"transaction_time_ns", Type::Time}};
  const auto add = [&](std::initializer_list<ExportColumn> more) { columns.insert(columns.end(), more); };
  const ExportColumn price{"price", Type::Decimal, d.price};
  const ExportColumn quantity{"quantity", Type::Decimal, d.quantity};
  if (kind == "trade")
    add({{"trade_id", Type::Integer}, price, quantity, {"side", Type::Text}});
  else if (kind == "quote")
    add({{"update_id", Type::Integer},
         {"bid_price", Type::Decimal, d.price},
         {"bid_quantity", Type::Decimal, d.quantity},
         {"ask_price", Type::Decimal, d.price},
         {"ask_quantity", Type::Decimal, d.quantity}});
  else if (kind == "mark_price")
    add({{"mark_price", Type::Decimal, d.price},
         {"index_price", Type::Decimal, d.price},
         {"funding_rate", Type::Decimal, 8},
         {"next_funding_time_ns", Type::Time}});
  else
    add({{"event", Type::Text},
         {"first_update_id", Type::Integer},
         {"final_update_id", Type::Integer},
         {"previous_update_id", Type::Integer},
         {"side", Type::Text},
         price,
         quantity});
  return columns;
}

// One row a message; one row a level for depth and snapshot.
Result<void> write_message(const MessageBatch& batch, const Message& m, Decimals d, ExportTable& out) {
  const Level* levels = batch.levels.data() + m.first_level;
  const auto stamps = [&] {
    out.time(m.receive_time);
    out.time(m.event_time);
    out.time(m.transaction_time);
  };
  const auto level = [&](const Level& l) {
    out.decimal(l.price.value, d.price);
    out.decimal(l.quantity.value, d.quantity);
  };
  switch (m.kind) {
    case MessageKind::Trade:
      stamps();
      out.integer(m.first_update_id);
      level(levels[0]);
      out.text(m.flags & kNoAggressor ? "" : m.aggressor() == Side::Buy ? "buy" : "sell");
      return out.end_row();
    case MessageKind::Quote:
      stamps();
      out.integer(m.final_update_id);
      level(levels[0]);
      level(levels[1]);
      return out.end_row();
    case MessageKind::MarkPrice:
      stamps();
      out.decimal(levels[0].price.value, d.price);
      out.decimal(levels[1].price.value, d.price);
      out.decimal(m.first_update_id, 8);
      out.time(m.final_update_id);
      return out.end_row();
    case MessageKind::Depth:
    case MessageKind::Snapshot:
      break;
  }
  for (std::uint32_t i = 0; i < m.levels(); ++i) {
    stamps();
    out.text(m.kind == MessageKind::Depth ? "depth" : "snapshot");
    out.integer(m.first_update_id);
    out.integer(m.final_update_id);
    out.integer(m.previous_update_id);
    out.text(i < m.bids ? "bid" : "ask");
    level(levels[i]);
    if (auto ended = out.end_row(); !ended) return ended;
  }
  return {};
}

// What a kind of message must have, as a message from a file might not.
std::uint32_t levels_needed(MessageKind kind) {
  return kind == MessageKind::Trade ? 1 : kind == MessageKind::Quote || kind == MessageKind::MarkPrice ? 2 : 0;
}

Result<std::uint32_t> kinds_of(const std::string& kind) {
  if (kind == "trade") return store::kind_bit(MessageKind::Trade);
  if (kind == "quote") return store::kind_bit(MessageKind::Quote);
  if (kind == "mark_price") return store::kind_bit(MessageKind::MarkPrice);
  if (kind == "depth") return store::kind_bit(MessageKind::Depth) | store::kind_bit(MessageKind::Snapshot);
  return fail(Errc::Usage, fmt::format("there are no messages of kind '{}'", kind),
              "write --kind trade, depth, quote, mark_price or corporate_action, or --bar 1m for bars");
}

Result<std::unique_ptr<ExportTable>> open_table(const ExportOptions& options,
                                                const std::vector<ExportColumn>& columns) {
  if (options.format == "csv") return CsvFile::open(options.out, columns);
  if (options.format != "parquet")
    return fail(Errc::Usage, fmt::format("there is no format '{}'", options.format), "write --format csv or parquet");
  return open_parquet(options.out, columns);
}

Result<std::uint64_t> export_messages(const store::DataFolder& folder, const ExportOptions& options, TimeRange times) {
  const auto kinds = kinds_of(options.kind);
  if (!kinds) return std::unexpected(kinds.error());
  auto reader = store::TickReader::open(folder, options.instrument, {times.from, times.to, *kinds});
  if (!reader) return std::unexpected(reader.error());
  const Decimals d{reader->price_decimals(), reader->quantity_decimals()};
  MessageBatch batch;
  auto more = reader->next(batch);
  if (!more) return std::unexpected(more.error());
  if (!*more)
    return std::unexpected(
        nothing_there(folder, options.instrument, "", fmt::format("messages of kind {}", options.kind)));
  auto table = open_table(options, message_columns(options.kind, d));
  if (!table) return std::unexpected(table.error());
  while (*more) {
    if (interrupted()) return fail(Errc::Canceled, "interrupted; no file was written");
    for (const Message& m : batch.messages) {
      if (m.levels() < levels_needed(m.kind)) continue;
      if (auto written = write_message(batch, m, d, **table); !written) return std::unexpected(written.error());
    }
    more = reader->next(batch);
    if (!more) return std::unexpected(more.error());
  }
  if (auto done = (*table)->finish(); !done) return std::unexpected(done.error());
  return reader->position();
}

Result<std::uint64_t> export_bars(const Session& session, const store::DataFolder& folder, const ExportOptions& options,
                                  AdjustMode mode, TimeRange times) {
  const auto read = read_bars(folder, {options.instrument, options.bar, options.adjusted}, times.from, times.to, mode);
  if (!read) return std::unexpected(read.error());
  if (read->bars.empty())
    return std::unexpected(nothing_there(folder, options.instrument, options.bar, fmt::format("{} bars", options.bar)));
  const int p = read->price_decimals;
  auto table = open_table(options, {{"time_ns", Type::Time},
                                    {"open", Type::Decimal, p},
                                    {"high", Type::Decimal, p},
                                    {"low", Type::Decimal, p},
                                    {"close", Type::Decimal, p},
                                    {"volume", Type::Decimal, read->quantity_decimals}});
  if (!table) return std::unexpected(table.error());
  for (const Bar& bar : read->bars) {
    if (interrupted()) return fail(Errc::Canceled, "interrupted; no file was written");
    (*table)->time(bar.time);
    for (const Price price : {bar.open, bar.high, bar.low, bar.close}) (*table)->decimal(price.value, p);
    (*table)->decimal(bar.volume.value, read->quantity_decimals);
    if (auto ended = (*table)->end_row(); !ended) return std::unexpected(ended.error());
  }
  if (auto done = (*table)->finish(); !done) return std::unexpected(done.error());
  if (mode != AdjustMode::None && !session.json) say(session, adjusted_text(mode, read->actions));
  return read->bars.size();
}

/// As `stom data import` reads them.
Result<std::uint64_t> export_actions(const store::DataFolder& folder, const ExportOptions& options, TimeRange times) {
  const auto actions = stored_actions(folder, options.instrument);
  if (!actions) return std::unexpected(actions.error());
  if (actions->empty())
    return fail(Errc::NotFound, fmt::format("there are no splits or dividends of {}", options.instrument),
                "stom data import FILE --instrument ID brings them in: docs/corporate-actions.md");
  auto table = open_table(options, {{"date", Type::Text}, {"kind", Type::Text}, {"value", Type::Text}});
  if (!table) return std::unexpected(table.error());
  std::uint64_t rows = 0;
  for (const CorporateAction& action : *actions) {
    const UnixNanos day = start_of_day(action.day);
    if (day < times.from || day >= times.to) continue;
    (*table)->text(format_day(action.day).c_str());
    (*table)->text(std::string{name_of(action.kind)}.c_str());
    (*table)->text(action.value().c_str());
    if (auto ended = (*table)->end_row(); !ended) return std::unexpected(ended.error());
    ++rows;
  }
  if (auto done = (*table)->finish(); !done) return std::unexpected(done.error());
  return rows;
}

int run_export(const Session& session, const ExportOptions& options) {
  const auto times = time_range(options.from, options.to);
  if (!times) return report_error(session, times.error());
  const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return report_error(session, folder.error());
  const auto mode = parse_adjust_mode(options.adjust);
  if (!mode) return report_error(session, mode.error());
  const bool actions = options.bar.empty() && options.kind == kActionKind;
  if (*mode != AdjustMode::None && options.bar.empty())
    return report_error(session,
                        {Errc::Usage, "--adjust is for bars: ticks are as they were received", "name bars: --bar 1d"});
  const auto count = actions               ? export_actions(*folder, options, *times)
                     : options.bar.empty() ? export_messages(*folder, options, *times)
                                           : export_bars(session, *folder, options, *mode, *times);
  if (!count) return report_error(session, count.error());
  const char* what = actions ? "corporate_actions" : options.bar.empty() ? "messages" : "bars";
  if (session.json && options.out != "-")
    fmt::print("{{\"instrument\":{},\"file\":{},\"{}\":{}}}\n", json_string(options.instrument),
               json_string(options.out), what, *count);
  else if (options.out != "-")
    say(session, fmt::format("{} {} of {} written to {}", *count, what, options.instrument, options.out));
  return kOk;
}

}  // namespace

void add_data_export(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("export", "Write stored data as CSV or Parquet");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("instrument", options->instrument, "venue:symbol")->required();
  command->add_option("--kind", options->kind, "trade, depth (with snapshots), quote, mark_price, or corporate_action")
      ->capture_default_str();
  command->add_option("--bar", options->bar, "bars of this kind instead, for example 1m");
  command->add_flag("--adjusted", options->adjusted, "the adjusted series of bars");
  command
      ->add_option("--adjust", options->adjust,
                   "bars: prices adjusted for stored splits, or for all (dividends too); none as they came")
      ->capture_default_str();
  command->add_option("--from", options->from, "first time (UTC), for example 2024-08-08 or '2024-08-08 23:54'");
  command->add_option("--to", options->to, "the time before which it ends");
  command->add_option("--out", options->out, "file to write; - is standard output")->capture_default_str();
  command->add_option("--format", options->format, "csv or parquet")->capture_default_str();
  examples(*command, {"stom data export binance:BTCUSDT --kind trade --out trades.csv",
                      "stom data export us:GOOG --bar 1d --adjusted", "stom data export us:GOOG --bar 1d --adjust all",
                      "stom data export us:GOOG --kind corporate_action",
                      "stom data export binance:BTCUSDT --kind depth --format parquet --out depth.parquet"});
  command->callback([&session, options] { session.status = run_export(session, *options); });
}

}  // namespace stom
