#include "account_export.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "account/realized_profit.hpp"
#include "core/decimal.hpp"
#include "engine/journal.hpp"
#include "engine/journal_reader.hpp"
#include "store/input_stream.hpp"
#include "trade/earlier_session.hpp"
#include "trade/instrument_text.hpp"
#include "trade/private_file.hpp"
#include "trade/rerun.hpp"
#include "trade/session_folder.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;
using ExportJson = nlohmann::ordered_json;

struct ExportFlags {
  std::vector<std::string> folders;
  std::string to, zone = "+00:00";
  int year = 0;  // 0: all
};

std::string money(Money amount) { return format_decimal_trimmed(amount.value, kMoneyDecimals); }

/// What moved money, of one session.
struct Booked {
  UnixNanos time = 0;  // the venue's
  std::string account, session;
  const Instrument* instrument = nullptr;
  OrderEvent event;
};

/// Of a year, an account and an instrument.
struct Sum {
  std::size_t fills = 0;
  Money bought{}, sold{}, fees{}, funding{}, realized{};
};
using SumKey = std::tuple<int, std::string, std::string, std::string>;  // year, account, instrument, currency

/// What stands behind `name` in it; empty: nothing does.
std::string word_in(std::string_view configuration, std::string_view name) {
  const auto at = configuration.find(name);
  if (at == configuration.npos) return {};
  const auto rest = configuration.substr(at + name.size());
  return std::string{rest.substr(0, rest.find(' '))};
}

constexpr std::string_view kPaper = "paper";
std::string mode_in(std::string_view configuration) { return word_in(configuration, " mode="); }
/// Whose it is: the armed account's, or "testnet", "paper".
std::string account_in(std::string_view configuration) {
  const std::string mode = mode_in(configuration);
  return mode == "live" ? word_in(configuration, " account=") : mode;
}

/// What made the session, as its first record says it. Empty: it was killed before that.
Result<std::string> configuration_of(const fs::path& folder) {
  auto reader = JournalReader::open(folder / "journal.stom");
  if (!reader) return std::unexpected(reader.error());
  const JournalRecord* first = reader->next();
  if (!reader->status()) return std::unexpected(reader->status().error());
  return first != nullptr && first->kind == RecordKind::Configuration ? first->text : std::string{};
}

/// "1,3" behind ` decimals=`, of prices and of quantities.
bool read_decimals(std::string_view text, Instrument& of) {
  const char* const end = text.data() + text.size();
  const auto price = std::from_chars(text.data(), end, of.price_decimals);
  if (price.ec != std::errc{} || price.ptr == end || *price.ptr != ',') return false;
  const auto quantity = std::from_chars(price.ptr + 1, end, of.quantity_decimals);
  return quantity.ec == std::errc{} && quantity.ptr == end && of.price_decimals >= 0 && of.quantity_decimals >= 0 &&
         of.price_decimals + of.quantity_decimals <= kMoneyDecimals;
}

/// By the journal alone, where the input is gone or none was recorded: what they are is in their names.
Result<std::vector<Instrument>> instruments_named(const fs::path& folder, std::string_view configuration) {
  constexpr std::string_view kInstrument = " instrument=";
  std::vector<Instrument> all;
  for (auto at = configuration.find(kInstrument); at != configuration.npos;) {
    const auto next = configuration.find(kInstrument, at + 1);
    const auto text = configuration.substr(at, next == configuration.npos ? next : next - at);
    at = next;
    if (text.find(" tick=") == text.npos) continue;  // a parameter of the strategy
    Instrument& of = all.emplace_back(venues::describe(word_in(text, kInstrument)));
    if (!read_decimals(word_in(text, " decimals="), of))
      return fail(Errc::BadData, fmt::format("{}: what {} is cannot be read", folder.string(), of.id),
                  "export it with the version that traded");
  }
  return all;
}

Result<std::vector<Instrument>> instruments_of_session(const fs::path& folder, std::string_view configuration) {
  const auto input = store::InputReader::open(folder / "input");
  if (!input && input.error().code == Errc::NotFound) return instruments_named(folder, configuration);
  if (!input) return std::unexpected(input.error());
  const auto start = trade::read_input_start(input->start());
  if (!start) return std::unexpected(start.error());
  const auto made = ExportJson::parse(start->made_of, nullptr, false);
  if (!made.is_object() || !made.contains("instruments"))
    return fail(Errc::BadData, fmt::format("{}: what it was made of cannot be read", folder.string()),
                "export it with the version that traded");
  return trade::instruments_of(made["instruments"]);
}

Result<void> read_session(const fs::path& folder, const std::vector<Instrument>& instruments,
                          std::vector<Booked>& all) {
  std::string account;
  bool whole = true;
  const auto read = for_each_record(folder / "journal.stom", [&](const JournalRecord& record) {
    if (record.kind == RecordKind::Configuration || record.kind == RecordKind::Restart)
      account = account_in(record.text);
    const OrderEvent& event = record.event;
    if (record.kind != RecordKind::OrderEvent ||
        (event.kind != OrderEventKind::Filled && event.kind != OrderEventKind::Funding))
      return;
    whole &= event.instrument < instruments.size();
    if (whole)
      all.push_back({event.time == kNoTime ? event.local_time : event.time, account, folder.filename().string(),
                     &instruments[event.instrument], event});
  });
  if (!read) return std::unexpected(read.error());
  if (!whole)
    return fail(
        Errc::BadData, fmt::format("{}: a fill is of an instrument that it does not name", folder.string()),
        fmt::format("stom verify --session {} says where the journal and what was taken in part", folder.string()));
  return {};
}

/// "+09:00", as it is written behind a time.
Result<DurationNanos> offset_of(const std::string& zone) {
  const auto noon = parse_time("2000-01-01 12:00Z"), there = parse_time("2000-01-01 12:00" + zone);
  if (!there) return fail(Errc::Usage, fmt::format("--zone {}: no offset from UTC", zone), "for example +09:00");
  return *noon - *there;
}

/// A text with a comma or a quotation mark in it is quoted (RFC 4180).
std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

struct Export {
  std::string csv =
      "time,year,account,session,kind,instrument,order,side,price,quantity,value,currency,fee,realized,position\n";
  std::size_t rows = 0;
  std::map<SumKey, Sum> sums;
};

/// In the order of time, over all sessions of an account: what one bought another may have sold. A venue may give an
/// instrument a finer lot between two of them: what is held is counted in the finest.
Result<Export> export_of(std::vector<Booked>& all, const ExportFlags& flags, DurationNanos offset) {
  std::ranges::stable_sort(all, {}, &Booked::time);
  std::map<std::string, int> finest;  // decimals of quantities, by instrument
  for (const Booked& one : all) {
    int& decimals = finest[one.instrument->id];
    decimals = std::max(decimals, one.instrument->quantity_decimals);
  }
  Export out;
  std::map<std::pair<std::string, std::string>, RealizedProfit> profits;  // by account and instrument
  for (const Booked& one : all) {
    const Instrument& of = *one.instrument;
    const OrderEvent& event = one.event;
    RealizedProfit& profit = profits[{one.account, of.id}];
    const bool fill = event.kind == OrderEventKind::Filled;
    const int decimals = finest[of.id];
    std::int64_t units = 0;
    if (__builtin_mul_overflow(event.quantity.value, power_of_ten(decimals - of.quantity_decimals), &units))
      return fail(
          Errc::BadData,
          fmt::format("{} of {} is more than can be counted in lots with {} decimals, as another session has",
                      format_decimal_trimmed(Int128{event.quantity.value}, of.quantity_decimals), of.id, decimals),
          "export the sessions before and behind that change one by one");
    const Money cash = fill ? cash_of_fill(of, event.side, event.price, event.quantity) : Money{};
    const Money realized = fill ? profit.booked(event.side, cash, {units}) : Money{};
    const int year = civil_of_day(day_of(one.time + offset)).year;
    if (flags.year != 0 && year != flags.year) continue;
    const Money value{cash.value < 0 ? -cash.value : cash.value};
    const bool buys = event.side == Side::Buy;
    out.csv +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", format_time(one.time), year, cell(one.account),
                    cell(one.session), fill ? "fill" : "funding", cell(of.id), fill ? std::to_string(event.id) : "",
                    !fill  ? ""
                    : buys ? "buy"
                           : "sell",
                    // Of funding a venue need not say by which price and for how much it was.
                    event.price.value == 0 ? "" : format_decimal_trimmed(Int128{event.price.value}, of.price_decimals),
                    units == 0 ? "" : format_decimal_trimmed(Int128{units}, decimals), fill ? money(value) : "",
                    of.settlement(), money(event.fee), fill ? money(realized) : "",
                    format_decimal_trimmed(Int128{profit.position().value}, decimals));
    ++out.rows;
    Sum& sum = out.sums[{year, one.account, of.id, of.settlement()}];
    sum.fills += fill ? 1 : 0;
    (buys ? sum.bought : sum.sold) += value;
    (fill ? sum.fees : sum.funding) += event.fee;
    sum.realized += realized;
  }
  return out;
}

void print_sums(const Session& session, const Export& done, const std::string& to) {
  ExportJson list = ExportJson::array();
  const auto row = [&](const auto&... cells) {
    fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n"
                                          : "{:<5} {:<12} {:<24} {:<6} {:>6} {:>18} {:>18} {:>14} {:>14} {:>16}\n"),
               cells...);
  };
  if (!session.json)
    row("year", "account", "instrument", "in", "fills", "bought", "sold", "fees", "funding", "realized");
  for (const auto& [key, sum] : done.sums) {
    const auto& [year, account, instrument, currency] = key;
    if (session.json)
      list.push_back({{"year", year},
                      {"account", account},
                      {"instrument", instrument},
                      {"currency", currency},
                      {"fills", sum.fills},
                      {"bought", money(sum.bought)},
                      {"sold", money(sum.sold)},
                      {"fees", money(sum.fees)},
                      {"funding", money(sum.funding)},
                      {"realized", money(sum.realized)}});
    else
      row(year, account, instrument, currency, sum.fills, money(sum.bought), money(sum.sold), money(sum.fees),
          money(sum.funding), money(sum.realized));
  }
  if (session.json)
    fmt::print("{}\n", ExportJson{{"to", to}, {"rows", done.rows}, {"sums", std::move(list)}}.dump());
  else
    say(session, fmt::format("{} rows in {}", done.rows, to));
}

int run_export(const Session& session, const ExportFlags& flags) {
  const auto offset = offset_of(flags.zone);
  if (!offset) return report_error(session, offset.error());
  std::deque<std::vector<Instrument>> instruments;  // of each session; Booked points into them
  std::map<std::string, std::string> seen;          // folders as they were named, by what tells sessions apart
  std::vector<Booked> all;
  for (const std::string& name : flags.folders) {
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(name, error);
    if (const auto journal = trade::journal_in(name); !journal) return report_error(session, journal.error());
    if (const auto [at, first] = seen.emplace(folder.string(), name); !first)
      return report_error(session, {Errc::Usage, fmt::format("{} and {} are the same folder", at->second, name),
                                    "name each once: what is in it would be counted twice"});
    const auto configuration = configuration_of(folder);
    if (!configuration) return report_error(session, configuration.error());
    const std::string its = mode_in(*configuration) == kPaper ? "" : trade::session_of(*configuration);
    if (!its.empty())
      if (const auto [at, first] = seen.emplace("session " + account_in(*configuration) + " " + its, name); !first)
        return report_error(session, {Errc::Usage, fmt::format("{} is a copy of the session in {}", name, at->second),
                                      "name the one that has all of it: what is in both would be counted twice"});
    auto of = instruments_of_session(folder, *configuration);
    if (!of) return report_error(session, of.error());
    instruments.push_back(std::move(*of));
    if (auto read = read_session(folder, instruments.back(), all); !read) return report_error(session, read.error());
  }
  const auto exported = export_of(all, flags, *offset);
  if (!exported) return report_error(session, exported.error());
  const Export& done = *exported;
  if (auto written = trade::create_private_file(flags.to, done.csv); !written)
    return report_error(session, written.error());
  print_sums(session, done, flags.to);
  return kOk;
}

}  // namespace

void add_account_export(CLI::App& account, Session& session) {
  auto* command = account.add_subcommand("export", "Fills, fees, funding and what was realized, as CSV");
  auto f = std::make_shared<ExportFlags>();
  command->add_option("--session", f->folders, "a session's folder; all that an account traded in, once each")
      ->required()
      ->expected(1)
      ->take_all();
  command->add_option("--to", f->to, "the file, which must not be there yet")->required();
  command->add_option("--year", f->year, "only this tax year; else all")->check(CLI::Range(1970, 2261));
  command->add_option("--zone", f->zone, "where a year begins: the offset from UTC, +09:00 for Korea")
      ->capture_default_str();
  examples(*command, {"stom account export --session real --to 2026.csv --year 2026 --zone=+09:00",
                      "stom account export --session spring --session autumn --to all.csv --json"});
  command->callback([&session, f] { session.status = run_export(session, *f); });
}

}  // namespace stom
