// `stom rows build`: stored ticks, recorded or generated, as rows of the old program's shape.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "market/second_row.hpp"
#include "model/calendar.hpp"
#include "rows_group.hpp"
#include "stored_rows.hpp"

namespace stom {
namespace {

/// Fills the days of a set from rows as they come.
class Building {
 public:
  Building(store::RowStore& store, std::string code, bool krx)
      : store_{store}, shape_{store.shape()}, code_{std::move(code)} {
    const auto fields = row_fields(shape_.minute, krx);
    for (const std::string_view column : shape_.columns) {
      const auto field = std::ranges::find(fields, column, &RowField::korean);
      sources_.push_back(field == fields.end() ? nullptr : field->of);
    }
    day_.clear(shape_);
  }

  Result<void> take(const SecondRow& row, bool watched) {
    const std::int64_t day = shape_.day_of(row.index);
    if (day_.rows() > 0 && row.index <= day_.index.back())
      return fail(Errc::BadData, fmt::format("two rows of {}", row.index),
                  "stom data check shows what is wrong with it");
    if (day != day_.day)
      if (auto ended = end_day(); !ended) return ended;
    day_.day = day;
    day_.index.push_back(row.index);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      double value = sources_[i] == nullptr ? kNoField : sources_[i](row);
      if (shape_.columns[i] == kWatchedColumn) value = watched ? 1 : 0;
      if (std::isnan(value)) ++unknown_[shape_.columns[i]], value = 0;
      day_.columns[i].push_back(value);
    }
    ++rows_;
    return {};
  }

  /// A day that is there already stays what it is: what was recorded is not to be mixed with anything.
  Result<void> end_day() {
    if (day_.rows() == 0) return {};
    ++days_;
    const auto has = store_.has(code_, day_.day);
    if (!has) return std::unexpected(has.error());
    if (*has) {
      const auto stored = store_.read(code_, day_.day);
      if (!stored) return std::unexpected(stored.error());
      if (*stored != day_)
        return fail(Errc::Usage, fmt::format("{} has other rows of {} of {} already", shape_.name, code_, day_.day),
                    fmt::format("first: stom rows delete {} --code {} --from {} --to {}", shape_.name, code_, day_.day,
                                day_.day));
    } else if (auto put = store_.put(code_, day_); !put) {
      return put;
    }
    day_.clear(shape_);
    return {};
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t days() const { return days_; }
  const std::map<std::string_view, std::int64_t>& unknown() const { return unknown_; }

 private:
  static constexpr double kNoField = SecondRow::kUnknown;
  store::RowStore& store_;
  const RowShape& shape_;
  std::string code_;
  std::vector<double (*)(const SecondRow&)> sources_;  // of each column; null: our rows do not have it
  store::RowDay day_;
  std::int64_t rows_ = 0, days_ = 0;
  std::map<std::string_view, std::int64_t> unknown_;  // written as 0, as the old program does
};

Result<void> build(const Session& session, const RowsQuery& query) {
  auto rows = StoredRows::open(session, query);
  if (!rows) return std::unexpected(rows.error());
  const Instrument& instrument = rows->instrument();
  const std::string_view calendar = calendar_of(instrument.id).name;
  if (calendar == "us")
    return fail(Errc::Unsupported, fmt::format("{} is no stock of KRX and no coin", instrument.id),
                "the old program's rows are of those; stom data rows shows others");
  const RowShape& shape = row_shape(calendar == "krx", query.minute);
  auto store = store::RowStore::open(session.home, shape, store::OpenMode::Write);
  if (!store) return std::unexpected(store.error());
  if (auto begun = store->begin(); !begun) return begun;
  const std::string code{instrument.symbol()};
  Building building{*store, code, has_krx_words(instrument)};
  const auto take = [&](const SecondRow& row, bool watched) { return building.take(row, watched); };
  if (auto read = rows->read(take); !read) return read;
  if (auto ended = building.end_day(); !ended) return ended;
  if (auto done = store->commit(); !done) return done;

  if (session.json) {
    std::string unknown;
    for (const auto& [column, count] : building.unknown())
      unknown += fmt::format("{}{}:{}", unknown.empty() ? "" : ",", json_string(column), count);
    fmt::print("{{\"set\":\"{}\",\"code\":{},\"days\":{},\"rows\":{},\"unknown\":{{{}}}}}\n", shape.name,
               json_string(code), building.days(), building.rows(), unknown);
    return {};
  }
  fmt::print("{}: {}, {} days, {} rows\n", code, shape.name, building.days(), building.rows());
  for (const auto& [column, count] : building.unknown())
    say(session, fmt::format("{} is not known on {} rows: 0 there", column, count));
  return {};
}

}  // namespace

void add_rows_build(CLI::App& rows, Session& session) {
  auto* command = rows.add_subcommand("build", "Stored ticks, recorded or generated, as rows of that shape");
  auto o = std::make_shared<RowsQuery>();
  command->add_option("ID", o->instrument, "venue:symbol; its symbol is the code")->required();
  command->add_option("--rule", o->rule, "when a row is emitted: docs/rows.md")
      ->check(CLI::IsMember({"stom", "any_change"}));
  command->add_flag("--minute", o->minute, "one row a minute");
  command->add_option("--from", o->from, "first time, UTC");
  command->add_option("--to", o->to, "end, UTC");
  command->add_option("--watch", o->watch, "a session's watch.csv, which says when it was in the watch list");
  examples(*command, {"stom rows build upbit:KRW-BTC", "stom rows build kiwoom:005930 --minute"});
  command->callback([&session, o] {
    const auto done = build(session, *o);
    session.status = done ? kOk : report_error(session, done.error());
  });
}

}  // namespace stom
