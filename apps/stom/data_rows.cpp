// `stom data rows`: stored ticks as STOM's rows (docs/rows.md), read by the same rules as in a backtest.
#include "data_rows.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>

#include "market/row_text.hpp"
#include "market/second_row.hpp"
#include "stored_rows.hpp"

namespace stom {
namespace {

struct RowsOptions {
  RowsQuery query;
  std::string lang;
  std::string clock = "venue";
};

class Printer {
 public:
  Printer(const Session& session, const RowsOptions& options, bool krx)
      : json_{session.json},
        fields_{row_fields(options.query.minute, krx)},
        korean_{options.lang == "ko"},
        watch_{!options.query.watch.empty()} {}
  /// `watched`: 관심종목, where there is a timeline of it.
  void print(const SecondRow& row, bool watched) {
    if (!json_ && !named_) print_names();
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
    named_ = true;
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
  bool named_ = false;
  std::string line_;
};

Result<void> print_rows(const Session& session, const RowsOptions& options) {
  auto rows = StoredRows::open(session, options.query);
  if (!rows) return std::unexpected(rows.error());
  Printer printer{session, options, has_krx_words(rows->instrument())};
  return rows->read([&](const SecondRow& row, bool watched) -> Result<void> {
    printer.print(row, watched);
    if (!printer.written()) return fail(Errc::Io, "cannot write the rows", "check the disk, or who reads them");
    return {};
  });
}

int run_rows(const Session& session, const RowsOptions& options) {
  const auto printed = print_rows(session, options);
  return printed ? kOk : report_error(session, printed.error());
}

}  // namespace

void add_data_rows(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("rows", "Ticks as STOM's one-second rows, CSV (--json: one object a line)");
  auto o = std::make_shared<RowsOptions>();
  command->add_option("ID", o->query.instrument, "venue:symbol")->required();
  command->add_option("--rule", o->query.rule, "when a row is emitted: docs/rows.md")
      ->check(CLI::IsMember({"stom", "any_change"}));
  command->add_flag("--minute", o->query.minute, "one row a minute");
  command->add_option("--clock", o->clock, "whose order of messages: the venue's, or ours as we received them")
      ->check(CLI::IsMember({"venue", "ours"}));
  command->add_option("--from", o->query.from, "first time, UTC");
  command->add_option("--to", o->query.to, "end, UTC");
  command->add_option("--lang", o->lang, "names of the columns: en or ko")->check(CLI::IsMember({"en", "ko"}));
  command->add_option("--watch", o->query.watch,
                      "a session's watch.csv: a column more, whether it was in the watch list");
  examples(*command, {"stom data rows sim:BTCUSDT --lang ko", "stom data rows sim:BTCUSDT --minute --json",
                      "stom data rows sim:BTCUSDT --clock ours"});
  command->callback([&session, o] {
    o->query.ours = o->clock == "ours";
    if (o->lang.empty()) o->lang = session.lang;
    session.status = run_rows(session, *o);
  });
}

}  // namespace stom
