// `stom data list`: what the store holds, from its catalogue.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "data_store.hpp"
#include "market/price_adjustment.hpp"
#include "store/catalogue.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

struct ListOptions {
  std::string instrument;
  bool imports = false;
};

Json events_of(const store::TickSet& set) {
  return {{"depth", set.counts[0]},
          {"trade", set.counts[2]},
          {"quote", set.counts[3]},
          {"snapshot", set.counts[1]},
          {"mark_price", set.counts[4]}};
}

const char* name_of(ContractKind kind) {
  return kind == ContractKind::Spot ? "spot" : kind == ContractKind::Linear ? "linear" : "inverse";
}

struct Holdings {
  std::vector<Instrument> instruments;
  std::vector<store::TickSet> ticks;
  std::vector<store::BarSet> bars;
  std::vector<store::ImportRecord> imports;
  std::vector<store::Catalogue::StoredAction> actions;
};

Result<Holdings> holdings(const Session& session, const ListOptions& options) {
  const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return std::unexpected(folder.error());
  const store::Catalogue& catalogue = folder->catalogue();
  Holdings held;
  if (options.instrument.empty()) {
    auto all = catalogue.instruments();
    if (!all) return std::unexpected(all.error());
    held.instruments = std::move(*all);
  } else {
    auto one = catalogue.instrument(options.instrument);
    if (!one) return std::unexpected(one.error());
    held.instruments.push_back(std::move(*one));
  }
  auto ticks = catalogue.tick_sets(options.instrument);
  auto bars = catalogue.bar_sets(options.instrument);
  auto imports = catalogue.imports();
  if (!ticks) return std::unexpected(ticks.error());
  if (!bars) return std::unexpected(bars.error());
  if (!imports) return std::unexpected(imports.error());
  auto actions = catalogue.actions(options.instrument);
  if (!actions) return std::unexpected(actions.error());
  if (options.instrument.empty() && ticks->empty() && bars->empty())
    if (const auto files = folder->instruments_with_ticks().size() + folder->bar_series().size(); files > 0)
      return fail(Errc::BadData,
                  fmt::format("{} holds data ({} instruments with ticks or series of bars) that its catalogue does not "
                              "know",
                              session.home.string(), files),
                  "put catalogue.sqlite back from a copy; or move ticks/ and bars/ away and import the files again");
  held.actions = std::move(*actions);
  held.ticks = std::move(*ticks);
  held.bars = std::move(*bars);
  for (auto& record : *imports)
    if (options.instrument.empty() || record.instrument == options.instrument)
      held.imports.push_back(std::move(record));
  return held;
}

Json json_of(const Holdings& held) {
  Json out{{"instruments", Json::array()}, {"imports", Json::array()}};
  for (const Instrument& i : held.instruments) {
    Json item{
        {"instrument", i.id},
        {"contract", name_of(i.kind)},
        {"price_decimals", i.price_decimals},
        {"quantity_decimals", i.quantity_decimals},
        {"tick", i.ladder.empty() ? "" : format_decimal_trimmed(Int128{i.ladder[0].tick.value}, i.price_decimals)},
        {"lot", format_decimal_trimmed(Int128{i.lot.value}, i.quantity_decimals)},
        {"days", Json::array()},
        {"bars", Json::array()}};
    for (const auto& set : held.ticks)
      if (set.instrument == i.id)
        item["days"].push_back({{"day", format_day(set.day)},
                                {"part", set.part},
                                {"events", events_of(set)},
                                {"levels", set.levels},
                                {"first_time_ns", set.first_time},
                                {"last_time_ns", set.last_time},
                                {"bytes", set.bytes},
                                {"import", set.import}});
    for (const auto& set : held.bars)
      if (set.series.instrument == i.id)
        item["bars"].push_back({{"bar", set.series.spec},
                                {"adjusted", set.series.adjusted},
                                {"part", set.part},
                                {"count", set.bars},
                                {"first_time_ns", set.first_time},
                                {"last_time_ns", set.last_time},
                                {"bytes", set.bytes},
                                {"import", set.import}});
    for (const auto& stored : held.actions)
      if (stored.instrument == i.id)
        item["corporate_actions"].push_back({{"date", format_day(stored.action.day)},
                                             {"kind", name_of(stored.action.kind)},
                                             {"value", stored.action.value()},
                                             {"import", stored.import}});
    out["instruments"].push_back(std::move(item));
  }
  for (const auto& record : held.imports) {
    Json sources = Json::array();
    for (const auto& source : record.sources) sources.push_back({{"name", source.name}, {"sha256", source.sha256}});
    out["imports"].push_back({{"id", record.id},
                              {"instrument", record.instrument},
                              {"time_ns", record.time},
                              {"options", record.options},
                              {"sources", std::move(sources)}});
  }
  return out;
}

std::string minute_of(UnixNanos time) { return format_time(time).substr(0, 16); }

using Row = std::vector<std::string>;

// Columns under their names; tab separated with --plain.
void print_table(const Session& session, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += session.plain ? "\t" : "  ";
      const bool number = c >= 3;
      if (session.plain)
        line += row[c];
      else if (number)
        line += fmt::format("{:>{}}", row[c], widths[c]);
      else
        line += fmt::format("{:<{}}", row[c], widths[c]);
    }
    fmt::print("{}\n", line);
  }
}

void print_text(const Session& session, const ListOptions& options, const Holdings& held) {
  if (options.imports) {
    std::vector<Row> rows{{"import", "instrument", "when", "sources"}};
    for (const auto& record : held.imports) {
      std::string names;
      for (const auto& source : record.sources) names += (names.empty() ? "" : ", ") + source.name;
      rows.push_back({std::to_string(record.id), record.instrument, minute_of(record.time), names});
    }
    return print_table(session, rows);
  }
  std::vector<Row> rows{
      {"instrument", "from (UTC)", "to", "depth", "snapshot", "trade", "quote", "mark", "bar", "bytes"}};
  for (const Instrument& i : held.instruments) {
    // One line for all days of an instrument, one for each series of bars.
    store::TickSet sum;
    sum.first_time = kNever;
    for (const auto& set : held.ticks) {
      if (set.instrument != i.id) continue;
      for (std::size_t k = 0; k < sum.counts.size(); ++k) sum.counts[k] += set.counts[k];
      sum.first_time = std::min(sum.first_time, set.first_time);
      sum.last_time = std::max(sum.last_time, set.last_time);
      sum.bytes += set.bytes;
    }
    if (sum.bytes > 0)
      rows.push_back({i.id, minute_of(sum.first_time), minute_of(sum.last_time), std::to_string(sum.counts[0]),
                      std::to_string(sum.counts[1]), std::to_string(sum.counts[2]), std::to_string(sum.counts[3]),
                      std::to_string(sum.counts[4]), "", std::to_string(sum.bytes)});
    for (const auto& set : held.bars)
      if (set.series.instrument == i.id && set.bars > 0)
        rows.push_back({fmt::format("{} {}{}", i.id, set.series.spec, set.series.adjusted ? " adjusted" : ""),
                        minute_of(set.first_time), minute_of(set.last_time), "", "", "", "", "",
                        std::to_string(set.bars), std::to_string(set.bytes)});
    std::vector<CorporateAction> actions;
    for (const auto& stored : held.actions)
      if (stored.instrument == i.id) actions.push_back(stored.action);
    if (actions.empty()) continue;
    const auto splits =
        static_cast<std::uint64_t>(std::ranges::count(actions, ActionKind::Split, &CorporateAction::kind));
    rows.push_back({fmt::format("{} {}", i.id, actions_text(splits, actions.size() - splits)),
                    format_day(actions.front().day), format_day(actions.back().day), "", "", "", "", "", "", ""});
  }
  if (rows.size() == 1) return say(session, "no data yet: stom data gen makes some, stom data import brings yours in");
  print_table(session, rows);
}

int run_list(const Session& session, const ListOptions& options) {
  const auto held = holdings(session, options);
  if (!held) return report_error(session, held.error());
  if (session.json)
    fmt::print("{}\n", json_of(*held).dump(-1, ' ', false, Json::error_handler_t::replace));
  else
    print_text(session, options, *held);
  return kOk;
}

}  // namespace

void add_data_list(CLI::App& data, Session& session) {
  auto* list = data.add_subcommand("list", "What the store holds");
  auto options = std::make_shared<ListOptions>();
  list->add_option("instrument", options->instrument, "only this one");
  list->add_flag("--imports", options->imports, "where it came from");
  examples(*list, {"stom data list", "stom data list binance:BTCUSDT --json", "stom data list --imports"});
  list->callback([&session, options] { session.status = run_list(session, *options); });
}

}  // namespace stom
