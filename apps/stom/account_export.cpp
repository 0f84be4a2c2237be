#include "account_export.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
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
#include "store/input_stream.hpp"
#include "trade/instrument_text.hpp"
#include "trade/private_file.hpp"
#include "trade/rerun.hpp"

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

/// Whose it is: the armed account's, or "testnet", "paper".
std::string account_in(std::string_view configuration) {
  const auto word = [&](std::string_view name) {
    const auto at = configuration.find(name);
    if (at == configuration.npos) return std::string{};
    const auto rest = configuration.substr(at + name.size());
    return std::string{rest.substr(0, rest.find(' '))};
  };
  const std::string mode = word(" mode=");
  return mode == "live" ? word(" account=") : mode;
}

Result<std::vector<Instrument>> instruments_of_session(const fs::path& folder) {
  const auto input = store::InputReader::open(folder / "input");
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

/// In the order of time, over all sessions of an account: what one bought another may have sold.
Export export_of(std::vector<Booked>& all, const ExportFlags& flags, DurationNanos offset) {
  std::ranges::stable_sort(all, {}, &Booked::time);
  Export out;
  std::map<std::pair<std::string, std::string>, RealizedProfit> profits;  // by account and instrument
  for (const Booked& one : all) {
    const Instrument& of = *one.instrument;
    const OrderEvent& event = one.event;
    RealizedProfit& profit = profits[{one.account, of.id}];
    const bool fill = event.kind == OrderEventKind::Filled;
    const Money realized = fill ? profit.filled(of, event.side, event.price, event.quantity) : Money{};
    const int year = civil_of_day(day_of(one.time + offset)).year;
    if (flags.year != 0 && year != flags.year) continue;
    const Money cash = fill ? cash_of_fill(of, event.side, event.price, event.quantity) : Money{};
    const Money value{cash.value < 0 ? -cash.value : cash.value};
    const bool buys = event.side == Side::Buy;
    const auto quantity = [&](Quantity amount) {
      return format_decimal_trimmed(Int128{amount.value}, of.quantity_decimals);
    };
    out.csv +=
        fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", format_time(one.time), year, cell(one.account),
                    cell(one.session), fill ? "fill" : "funding", cell(of.id), fill ? std::to_string(event.id) : "",
                    !fill  ? ""
                    : buys ? "buy"
                           : "sell",
                    // Of funding a venue need not say by which price and for how much it was.
                    event.price.value == 0 ? "" : format_decimal_trimmed(Int128{event.price.value}, of.price_decimals),
                    event.quantity.value == 0 ? "" : quantity(event.quantity), fill ? money(value) : "",
                    of.settlement(), money(event.fee), fill ? money(realized) : "", quantity(profit.position()));
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
  std::vector<std::vector<Instrument>> instruments;  // of each session; Booked points into them
  instruments.reserve(flags.folders.size());
  std::vector<Booked> all;
  for (const std::string& name : flags.folders) {
    std::error_code error;
    const fs::path folder = fs::weakly_canonical(name, error);
    if (!fs::is_regular_file(folder / "journal.stom", error))
      return report_error(session,
                          {Errc::NotFound, fmt::format("there is no session in {}", name),
                           "stom account export --session DIR, with the folder of stom trade start … --session DIR"});
    auto of = instruments_of_session(folder);
    if (!of) return report_error(session, of.error());
    instruments.push_back(std::move(*of));
    if (auto read = read_session(folder, instruments.back(), all); !read) return report_error(session, read.error());
  }
  const Export done = export_of(all, flags, *offset);
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
