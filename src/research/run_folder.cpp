#include "research/run_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/text_file.hpp"
#include "research/json_text.hpp"
#include "research/tear_sheet.hpp"

namespace stom {
namespace fs = std::filesystem;
namespace {

using Text = fmt::memory_buffer;

constexpr std::string_view kFillsHeader = "time_ns,instrument,side,price,quantity,fee,liquidity,client_order_id";
constexpr std::string_view kTradesHeader =
    "entry_time_ns,exit_time_ns,instrument,side,quantity,entry_price,exit_price,pnl,fee,return,exit_reason";
constexpr std::string_view kExcursionsHeader = "max_adverse,max_favorable";
constexpr std::string_view kPricesHeader = "time_ns,instrument,open,high,low,close,volume";
constexpr std::string_view kBenchmarkHeader = "time_ns,value";

/// Bars kept for the chart of one instrument: more than a screen has columns. Longer series are merged.
constexpr std::size_t kChartBars = 20'000;

void add(Text& text, std::string_view s) { text.append(s.data(), s.data() + s.size()); }
void add(Text& text, std::int64_t n) {
  const fmt::format_int digits{n};
  text.append(digits.data(), digits.data() + digits.size());
}

/// A decimal without exponent and without trailing zeros behind the point. 64 bits where they do, 128 where they must:
/// a million fills have three million of these.
template <class Int>
void add_decimal(Text& text, Int mantissa, int decimals) {
  std::array<char, 48> digits{};
  char* end = digits.data() + digits.size();
  char* at = end;
  const bool negative = mantissa < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(mantissa) : static_cast<unsigned __int128>(mantissa);
  int behind = 0;
  bool seen = false;  // a digit that is not a trailing zero
  const auto put = [&](unsigned digit) {
    if (behind == decimals) {
      if (seen) *--at = '.';
      seen = true;
    }
    if (digit != 0) seen = true;
    if (seen) *--at = static_cast<char>('0' + digit);
    ++behind;
  };
  while (rest > ~std::uint64_t{0}) {
    put(static_cast<unsigned>(rest % 10));
    rest /= 10;
  }
  auto low = static_cast<std::uint64_t>(rest);
  while (low != 0 || behind <= decimals) {
    put(static_cast<unsigned>(low % 10));
    low /= 10;
  }
  if (negative) *--at = '-';
  text.append(at, end);
}
void add(Text& text, Money m) { add_decimal(text, m.value, kMoneyDecimals); }
void add(Text& text, Price p, const Instrument& i) { add_decimal(text, p.value, i.price_decimals); }
void add(Text& text, Quantity q, const Instrument& i) { add_decimal(text, q.value, i.quantity_decimals); }

void add_cell(Text& text, std::string_view cell) {
  if (cell.find_first_of(",\"\r\n") == std::string_view::npos) return add(text, cell);
  text.push_back('"');
  for (const char c : cell) {
    if (c == '"') text.push_back('"');
    text.push_back(c);
  }
  text.push_back('"');
}

std::string_view name(Side side) { return side == Side::Buy ? "buy" : "sell"; }
std::string_view name(ContractKind kind) {
  return kind == ContractKind::Spot ? "spot" : kind == ContractKind::Linear ? "linear" : "inverse";
}

// --- files -----------------------------------------------------------------------------------------------------------

std::string system_error(int error) { return std::error_code{error, std::generic_category()}.message(); }

Result<void> write_file(const fs::path& path, std::string_view text) {
  const auto failed = [&](int error) {
    return fail(Errc::Io, "cannot write " + path.string() + ": " + system_error(error),
                error == ENOSPC ? "free some space and run again" : "check the folder's permissions");
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failed(errno);
  int error = 0;
  while (!text.empty() && error == 0) {
    const auto n = ::write(file, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      error = errno;
    else
      text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (error == 0 && ::fsync(file) != 0 && errno != EINVAL) error = errno;  // EINVAL: a pipe or device
  if (::close(file) != 0 && error == 0) error = errno;
  if (error != 0) return failed(error);
  return {};
}
Result<void> write_file(const fs::path& path, const Text& text) {
  return write_file(path, std::string_view{text.data(), text.size()});
}

Result<std::string> read_file(const fs::path& path) {
  auto text = read_text_file(path, kAnySize);
  if (!text && text.error().code == Errc::NotFound)
    text.error().hint = "is this the folder of a run? 'stom backtest list'";
  return text;
}

void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;  // the rename has happened; a system that cannot sync folders has nothing to add
  ::fsync(file);
  ::close(file);
}

// --- reading csv -----------------------------------------------------------------------------------------------------

/// Lines of one of our csv files, cell by cell; the first error sticks and names file and line.
class CsvReader {
 public:
  CsvReader(fs::path path, std::string text, std::string_view header)
      : path_{std::move(path)}, text_{std::move(text)}, rest_{text_} {
    if (take_line() != header) failed("the header is not '" + std::string{header} + "'");
  }
  bool next() {
    if (error_ || rest_.empty()) return false;
    row_ = take_line();
    return true;
  }
  std::string cell() {
    std::string value;
    if (row_.starts_with('"')) {
      std::size_t i = 1;
      for (; i < row_.size(); ++i) {
        if (row_[i] == '"' && (i + 1 == row_.size() || row_[i + 1] != '"')) break;
        if (row_[i] == '"') ++i;
        value += row_[i];
      }
      row_.remove_prefix(std::min(i + 1, row_.size()));
    } else {
      const auto end = std::min(row_.find(','), row_.size());
      value = row_.substr(0, end);
      row_.remove_prefix(end);
    }
    if (!row_.empty()) row_.remove_prefix(1);
    return value;
  }
  template <class Int>
  Int integer() {
    const std::string text = cell();
    Int value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) failed("'" + text + "' is not a whole number");
    return value;
  }
  double number() {
    const std::string text = cell();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text == "null") return Statistics::kUndefined;
    if (error != std::errc{} || end != text.data() + text.size()) failed("'" + text + "' is not a number");
    return value;
  }
  std::int64_t decimal(int decimals) {
    const std::string text = cell();
    const auto value = parse_decimal(text, decimals);
    if (!value) failed(value.error().message);
    return value.value_or(0);
  }
  Money money() {
    const std::string text = cell();
    const auto value = parse_money(text);
    if (!value) failed("'" + text + "' is not an amount of money");
    return value.value_or(Money{});
  }
  Side side() {
    const std::string text = cell();
    if (text != "buy" && text != "sell") failed("'" + text + "' is neither buy nor sell");
    return text == "sell" ? Side::Sell : Side::Buy;
  }
  void failed(const std::string& why) {
    if (error_) return;
    error_ = Error{Errc::BadData, path_.string() + ":" + std::to_string(line_) + ": " + why,
                   "the file was changed after the run; run it again"};
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  std::string_view take_line() {
    ++line_;
    // A quoted cell may hold line ends.
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest_.size() && (quoted || rest_[end] != '\n'); ++end) quoted ^= rest_[end] == '"';
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return line;
  }

  fs::path path_;
  std::string text_;
  std::string_view rest_;
  std::string_view row_;
  std::size_t line_ = 0;
  std::optional<Error> error_;
};

/// Instruments by id while reading.
class InstrumentIndexes {
 public:
  explicit InstrumentIndexes(const std::vector<Instrument>& instruments) : instruments_{instruments} {}
  InstrumentIndex take(CsvReader& csv) const {
    const std::string id = csv.cell();
    for (std::size_t i = 0; i < instruments_.size(); ++i)
      if (instruments_[i].id == id) return static_cast<InstrumentIndex>(i);
    csv.failed("instrument '" + id + "' is not in run.json");
    return 0;
  }

 private:
  const std::vector<Instrument>& instruments_;
};

template <class Row>
Result<void> read_csv(const fs::path& path, std::string_view header, bool required, Row row) {
  if (!required && !fs::exists(path)) return {};
  auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  CsvReader csv{path, std::move(*text), header};
  while (csv.next()) row(csv);
  if (csv.error()) return std::unexpected(*csv.error());
  return {};
}

// --- writing ---------------------------------------------------------------------------------------------------------

std::vector<Bar> merged(const std::vector<Bar>& bars) {
  if (bars.size() <= kChartBars) return bars;
  const std::size_t group = (bars.size() + kChartBars - 1) / kChartBars;
  std::vector<Bar> result;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (i % group == 0) {
      result.push_back(bars[i]);
      continue;
    }
    Bar& bar = result.back();
    bar.high = std::max(bar.high, bars[i].high);
    bar.low = std::min(bar.low, bars[i].low);
    bar.close = bars[i].close;
    bar.volume += bars[i].volume;
  }
  return result;
}

Text prices_csv(const RunResult& result) {
  Text text;
  add(text, kPricesHeader);
  for (const auto& series : result.prices) {
    const auto& instrument = result.instruments[series.instrument];
    for (const auto& bar : merged(series.bars)) {
      text.push_back('\n');
      add(text, bar.time);
      text.push_back(',');
      add(text, instrument.id);
      for (const Price p : {bar.open, bar.high, bar.low, bar.close}) {
        text.push_back(',');
        add(text, p, instrument);
      }
      text.push_back(',');
      add(text, bar.volume, instrument);
    }
  }
  text.push_back('\n');
  return text;
}

Text band_csv(const RunResult& result) {
  Text text;
  add(text, kBandHeader);
  const std::size_t n = std::min(result.pessimistic.size(), result.optimistic.size());
  for (std::size_t i = 0; i < n; ++i) {
    text.push_back('\n');
    add(text, result.pessimistic[i].time);
    text.push_back(',');
    add(text, result.pessimistic[i].equity);
    text.push_back(',');
    add(text, result.optimistic[i].equity);
  }
  text.push_back('\n');
  return text;
}

Text benchmark_csv(const RunResult& result) {
  Text text;
  add(text, kBenchmarkHeader);
  for (const auto& p : result.benchmark) {
    text.push_back('\n');
    add(text, p.time);
    text.push_back(',');
    add(text, plain_number(p.value));
  }
  text.push_back('\n');
  return text;
}

Text excursions_csv(const RunResult& result) {
  Text text;
  add(text, kExcursionsHeader);
  for (const auto& t : result.trades) {
    text.push_back('\n');
    add(text, plain_number(t.max_adverse));
    text.push_back(',');
    add(text, plain_number(t.max_favorable));
  }
  text.push_back('\n');
  return text;
}

std::string instrument_json(const Instrument& i) {
  Text ladder;
  for (const auto& band : i.ladder) {
    add(ladder, ladder.size() ? ",[\"" : "[\"");
    add(ladder, band.from, i);
    add(ladder, "\",\"");
    add(ladder, band.tick, i);
    add(ladder, "\"]");
  }
  Text lot;
  add(lot, i.lot, i);
  return fmt::format(R"({{"id":{},"base":{},"quote":{},"kind":"{}","price_decimals":{},"quantity_decimals":{},)"
                     R"("lot":"{}","contract_size":{},"ladder":[{}]}})",
                     json_text(i.id), json_text(i.base), json_text(i.quote), name(i.kind), i.price_decimals,
                     i.quantity_decimals, fmt::to_string(lot), i.contract_size, fmt::to_string(ladder));
}

std::string lot_json(const OpenLot& lot, const Instrument& i) {
  const auto text = [](const auto& put) {
    Text t;
    put(t);
    return fmt::to_string(t);
  };
  return fmt::format(
      R"({{"instrument":{},"side":"{}","entry_time_ns":{},"entry_price":"{}","quantity":"{}","value":"{}","fee":"{}"}})",
      json_text(i.id), name(lot.side), lot.time, text([&](Text& t) { add(t, lot.price, i); }),
      text([&](Text& t) { add(t, lot.quantity, i); }), text([&](Text& t) { add(t, lot.value); }),
      text([&](Text& t) { add(t, lot.fee); }));
}

template <class Value, class... Of>
std::string text_of(const Value& value, const Of&... of) {
  Text text;
  add(text, value, of...);
  return fmt::to_string(text);
}

template <class List, class Item>
std::string json_list(const List& list, Item item) {
  std::string text;
  for (const auto& x : list) text += (text.empty() ? "" : ", ") + item(x);
  return text;
}

// --- reading json ----------------------------------------------------------------------------------------------------

using simdjson::dom::element;

std::string string_at(element e, std::string_view key) { return std::string{std::string_view{e[key]}}; }

Instrument instrument_of(element e) {
  Instrument i;
  i.id = string_at(e, "id");
  i.base = string_at(e, "base");
  i.quote = string_at(e, "quote");
  const std::string_view kind = e["kind"];
  i.kind = kind == "inverse" ? ContractKind::Inverse : kind == "linear" ? ContractKind::Linear : ContractKind::Spot;
  i.price_decimals = static_cast<int>(std::int64_t(e["price_decimals"]));
  i.quantity_decimals = static_cast<int>(std::int64_t(e["quantity_decimals"]));
  i.lot = {parse_decimal(std::string_view{e["lot"]}, i.quantity_decimals).value_or(1)};
  i.contract_size = std::int64_t(e["contract_size"]);
  for (element band : e["ladder"].get_array())
    i.ladder.push_back({{parse_decimal(std::string_view{band.at(0)}, i.price_decimals).value_or(0)},
                        {parse_decimal(std::string_view{band.at(1)}, i.price_decimals).value_or(1)}});
  return i;
}

InstrumentIndex instrument_at(element e, const std::vector<Instrument>& instruments) {
  const std::string_view id = e["instrument"];
  const auto at = std::ranges::find(instruments, id, &Instrument::id);
  if (at == instruments.end()) throw simdjson::simdjson_error{simdjson::NO_SUCH_FIELD};
  return static_cast<InstrumentIndex>(at - instruments.begin());
}

OpenLot lot_of(element e, const std::vector<Instrument>& instruments) {
  OpenLot lot;
  lot.instrument = instrument_at(e, instruments);
  const Instrument& i = instruments[lot.instrument];
  lot.side = std::string_view{e["side"]} == "sell" ? Side::Sell : Side::Buy;
  lot.time = std::int64_t(e["entry_time_ns"]);
  lot.price = {parse_decimal(std::string_view{e["entry_price"]}, i.price_decimals).value_or(0)};
  lot.quantity = {parse_decimal(std::string_view{e["quantity"]}, i.quantity_decimals).value_or(0)};
  lot.value = parse_money(std::string_view{e["value"]}).value_or(Money{});
  lot.fee = parse_money(std::string_view{e["fee"]}).value_or(Money{});
  return lot;
}

StrategyPart part_of(element e, const std::vector<Instrument>& instruments) {
  StrategyPart part;
  part.name = string_at(e, "name");
  part.fills = std::uint64_t(e["fills"]);
  part.fee = parse_money(std::string_view{e["fee"]}).value_or(Money{});
  part.pnl = parse_money(std::string_view{e["pnl"]}).value_or(Money{});
  for (element position : e["positions"].get_array()) {
    StrategyPart::Held held{.instrument = instrument_at(position, instruments)};
    const Instrument& i = instruments[held.instrument];
    held.quantity = {parse_decimal(std::string_view{position["quantity"]}, i.quantity_decimals).value_or(0)};
    held.entry_price = {parse_decimal(std::string_view{position["entry_price"]}, i.price_decimals).value_or(0)};
    part.held.push_back(held);
  }
  return part;
}

/// run.json into what both RunResult and RunSummary have.
template <class Run>
void read_common(element e, Run& run) {
  run.id = string_at(e, "id");
  run.strategy = string_at(e, "strategy");
  for (auto [key, value] : e["configuration"].get_object())
    run.configuration.emplace_back(std::string{key}, std::string{std::string_view{value}});
  run.data_hash = string_at(e, "data_hash");
  run.version = string_at(e, "version");
  run.journal_hash = string_at(e, "journal_hash");
  run.currency = string_at(e, "currency");
  run.from = std::int64_t(e["from_time_ns"]);
  run.to = std::int64_t(e["to_time_ns"]);
  run.initial_equity = parse_money(std::string_view{e["initial_equity"]}).value_or(Money{});
  run.trading_start = std::int64_t(e["trading_start_time_ns"]);
  // Not in the folders of versions that counted the warm-up too.
  if (std::string_view text; e["trading_start_equity"].get(text) == simdjson::SUCCESS)
    run.trading_start_equity = parse_money(text);
  run.canceled = bool(e["canceled"]);
}

Result<void> parse_json(const fs::path& path, const auto& use) {
  auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  try {
    simdjson::dom::parser parser;
    const simdjson::padded_string padded{*text};
    use(element{parser.parse(padded)});
  } catch (const simdjson::simdjson_error& e) {
    return fail(Errc::BadData, path.string() + ": " + e.what(), "the file was changed after the run; run it again");
  }
  return {};
}

bool is_run(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / "run.json", error);
}

}  // namespace

std::string fills_csv(const RunResult& result) {
  std::vector<const Fill*> fills;
  fills.reserve(result.fills.size());
  for (const auto& f : result.fills) fills.push_back(&f);
  const auto before = [](const Fill* a, const Fill* b) {
    return a->time != b->time ? a->time < b->time : a->order < b->order;
  };
  if (!std::is_sorted(fills.begin(), fills.end(), before)) std::stable_sort(fills.begin(), fills.end(), before);
  Text text;
  text.reserve(96 * (fills.size() + 1));
  add(text, kFillsHeader);
  for (const Fill* f : fills) {
    const auto& instrument = result.instruments[f->instrument];
    text.push_back('\n');
    add(text, f->time);
    text.push_back(',');
    add_cell(text, instrument.id);
    text.push_back(',');
    add(text, name(f->side));
    text.push_back(',');
    add(text, f->price, instrument);
    text.push_back(',');
    add(text, f->quantity, instrument);
    text.push_back(',');
    add(text, f->fee);
    add(text, f->liquidity == Liquidity::Maker ? ",maker," : ",taker,");
    const fmt::format_int id{f->order};
    text.append(id.data(), id.data() + id.size());
  }
  text.push_back('\n');
  return fmt::to_string(text);
}

std::string trades_csv(const RunResult& result) {
  Text text;
  text.reserve(128 * (result.trades.size() + 1));
  add(text, kTradesHeader);
  for (const auto& t : result.trades) {
    const auto& instrument = result.instruments[t.instrument];
    text.push_back('\n');
    add(text, t.entry_time);
    text.push_back(',');
    add(text, t.exit_time);
    text.push_back(',');
    add_cell(text, instrument.id);
    text.push_back(',');
    add(text, name(t.side));
    text.push_back(',');
    add(text, t.quantity, instrument);
    text.push_back(',');
    add(text, t.entry_price, instrument);
    text.push_back(',');
    add(text, t.exit_price, instrument);
    text.push_back(',');
    add(text, t.pnl);
    text.push_back(',');
    add(text, t.fee);
    text.push_back(',');
    add(text, plain_number(t.return_on_entry));
    text.push_back(',');
    add_cell(text, t.exit_reason);
  }
  text.push_back('\n');
  return fmt::to_string(text);
}

std::optional<Money> parse_money(std::string_view text) {
  // Whole part and fraction apart: with 18 decimals, 64 bits end at eighteen units of currency.
  const auto digits = [](std::string_view part, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc{} && end == part.data() + part.size();
  };
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  std::uint64_t whole = 0, fraction = 0;
  if (!digits(text.substr(0, point), whole)) return std::nullopt;
  if (point < text.size()) {
    const auto behind = text.substr(point + 1);
    if (behind.size() > kMoneyDecimals || !digits(behind, fraction)) return std::nullopt;
    fraction *= static_cast<std::uint64_t>(power_of_ten(kMoneyDecimals - static_cast<int>(behind.size())));
  }
  const Int128 value = Int128{whole} * power_of_ten(kMoneyDecimals) + fraction;
  return Money{negative ? -value : value};
}

double drawdown_from(Money peak, Money equity) {
  return equity == peak ? 0 : 1 - to_double(equity.value, kMoneyDecimals) / to_double(peak.value, kMoneyDecimals);
}

std::string equity_csv(const RunResult& result) {
  Text text;
  text.reserve(64 * (result.equity.size() + 1));
  add(text, kEquityHeader);
  Money peak = result.initial_equity;
  for (const auto& p : result.equity) {
    peak = std::max(peak, p.equity);
    text.push_back('\n');
    add(text, p.time);
    text.push_back(',');
    add(text, p.equity);
    text.push_back(',');
    add(text, plain_number(drawdown_from(peak, p.equity)));
  }
  text.push_back('\n');
  return fmt::to_string(text);
}

std::string breakdowns_csv(const Statistics& statistics) {
  Text text;
  add(text, "by,key,trades,win_rate,pnl,profit_factor");
  const auto slices = [&](std::string_view by, const auto& list) {
    for (const Slice& s : list) {
      if (s.trades == 0) continue;
      text.push_back('\n');
      add(text, by);
      text.push_back(',');
      add_cell(text, s.key);
      add(text, "," + plain_number(s.trades) + "," + plain_number(s.win_rate()) + "," + plain_number(s.pnl) + "," +
                    plain_number(s.profit_factor()));
    }
  };
  slices("symbol", statistics.by_symbol);
  slices("exit_reason", statistics.by_exit_reason);
  slices("hour", statistics.by_hour);
  slices("weekday", statistics.by_weekday);
  text.push_back('\n');
  return fmt::to_string(text);
}

std::string strategies_json(const RunResult& r) {
  const auto position = [&](const StrategyPart::Held& held) {
    const Instrument& i = r.instruments[held.instrument];
    return fmt::format(R"({{"instrument":{},"quantity":"{}","entry_price":"{}"}})", json_text(i.id),
                       text_of(held.quantity, i), text_of(held.entry_price, i));
  };
  const auto part = [&](const StrategyPart& p) {
    return fmt::format(R"({{"name":{},"fills":{},"fee":"{}","pnl":"{}","positions":[{}]}})", json_text(p.name), p.fills,
                       text_of(p.fee), text_of(p.pnl), json_list(p.held, position));
  };
  return fmt::format("[{}]", json_list(r.strategies, part));
}

std::string run_json(const RunResult& r) {
  std::string settings;
  for (const auto& [key, value] : r.configuration)
    settings += (settings.empty() ? "\n    " : ",\n    ") + json_text(key) + ": " + json_text(value);
  Text initial;
  add(initial, r.initial_equity);
  const std::string strategies =
      r.strategies.empty() ? std::string{} : fmt::format("  \"strategies\": {},\n", strategies_json(r));
  std::string start_equity = "null";
  if (r.trading_start_equity) {
    Text text;
    add(text, *r.trading_start_equity);
    start_equity = "\"" + fmt::to_string(text) + "\"";
  }
  return fmt::format(
      "{{\n  \"configuration\": {{{}\n  }},\n  \"data_hash\": {},\n  \"version\": {},\n  \"journal_hash\": {},\n"
      "  \"id\": {},\n  \"strategy\": {},\n  \"currency\": {},\n  \"initial_equity\": \"{}\",\n"
      "  \"from_time_ns\": {},\n  \"to_time_ns\": {},\n  \"trading_start_time_ns\": {},\n  \"trading_start_equity\": "
      "{},\n"
      "  \"canceled\": {},\n{}"
      "  \"benchmark\": {},\n  \"instruments\": [{}],\n  \"open\": [{}],\n  \"warnings\": [{}]\n}}\n",
      settings, json_text(r.data_hash), json_text(r.version), json_text(r.journal_hash), json_text(r.id),
      json_text(r.strategy), json_text(r.currency), fmt::to_string(initial), r.from, r.to, r.trading_start,
      start_equity, r.canceled, strategies, json_text(r.benchmark_name), json_list(r.instruments, instrument_json),
      json_list(r.open, [&](const OpenLot& lot) { return lot_json(lot, r.instruments[lot.instrument]); }),
      json_list(r.warnings, [](const std::string& w) { return json_text(w); }));
}

// --- the draft -------------------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view kDraftMark = ".partial-";
constexpr std::size_t kDraftLetters = 6;  // that mkdtemp() fills in
constexpr std::string_view kAside = ".old";
constexpr std::array<std::string_view, 12> kRunFiles{
    "run.json",   "fills.csv", "trades.csv",    "equity.csv",     "statistics.json", "breakdowns.csv",
    "prices.csv", "band.csv",  "benchmark.csv", "excursions.csv", "report.html",     "journal.stom"};

/// A folder, open and locked; -1 where another holds it, it cannot be opened, or its disk knows no locks.
int lock_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0) return -1;
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return -1;
}

/// Is the folder that was opened the one of that name still?
bool is_at(int file, const fs::path& folder) {
  struct stat opened{}, named{};
  return ::fstat(file, &opened) == 0 && ::lstat(folder.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

bool has_only_run_files(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file(error) || entry.is_symlink(error) ||
        std::ranges::find(kRunFiles, name) == kRunFiles.end())
      return false;
  }
  return !error;
}

/// "run.partial-Ab12Cd" is a draft of "run".
bool is_draft_name(std::string_view name) {
  if (name.size() <= kDraftMark.size() + kDraftLetters) return false;
  const std::string_view letters = name.substr(name.size() - kDraftLetters);
  return name.substr(0, name.size() - kDraftLetters).ends_with(kDraftMark) &&
         std::ranges::all_of(letters, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

fs::path target_of(const fs::path& draft) {
  const std::string name = draft.string();
  return name.substr(0, name.size() - kDraftMark.size() - kDraftLetters);
}

/// Calls use(folder) with each abandoned draft, and each run that a finished one replaced but did not live to remove;
/// nobody else holds it meanwhile.
template <class Use>
void each_abandoned(const fs::path& parent, Use&& use) {
  std::error_code error;
  std::vector<fs::path> drafts, replaced;
  for (const auto& entry : fs::directory_iterator{parent, error}) {
    const std::string name = entry.path().filename().string();
    if (is_draft_name(name)) drafts.push_back(entry.path());
    if (name.ends_with(kAside) && is_draft_name(name.substr(0, name.size() - kAside.size())))
      replaced.push_back(entry.path());
  }
  const auto use_if_free = [&](const fs::path& folder, const fs::path& held_by_its_writer) {
    const int lock = lock_folder(held_by_its_writer);
    if (lock < 0) return;
    if (is_at(lock, held_by_its_writer) && has_only_run_files(folder)) use(folder);
    ::close(lock);
  };
  std::ranges::sort(drafts);
  std::ranges::sort(replaced);
  for (const fs::path& draft : drafts) use_if_free(draft, draft);
  for (const fs::path& old : replaced) {
    const fs::path draft = old.parent_path() / old.stem();
    if (!fs::exists(draft, error)) use_if_free(old, target_of(draft));
  }
}

}  // namespace

RunFolderDraft::RunFolderDraft(fs::path target, fs::path draft, int lock)
    : target_{std::move(target)}, draft_{std::move(draft)}, lock_{lock} {}

RunFolderDraft::RunFolderDraft(RunFolderDraft&& other) noexcept
    : target_{std::move(other.target_)}, draft_{std::move(other.draft_)}, lock_{std::exchange(other.lock_, -1)} {
  other.draft_.clear();
}

RunFolderDraft::~RunFolderDraft() {
  std::error_code ignored;
  if (!draft_.empty()) fs::remove_all(draft_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

std::vector<fs::path> abandoned_drafts(const fs::path& parent) {
  std::vector<fs::path> found;
  each_abandoned(parent, [&](const fs::path& draft) { found.push_back(draft); });
  return found;
}

std::vector<fs::path> remove_abandoned_drafts(const fs::path& parent) {
  std::vector<fs::path> removed;
  each_abandoned(parent, [&](const fs::path& draft) {
    std::error_code error;
    // commit() was cut short between its two moves.
    const fs::path aside = draft.string() + std::string{kAside}, target = target_of(draft);
    if (is_run(aside) && !fs::exists(target, error)) fs::rename(aside, target, error);
    if (error) return;
    fs::remove_all(draft, error);
    if (!error) removed.push_back(draft);
  });
  return removed;
}

Result<RunFolderDraft> RunFolderDraft::begin(const fs::path& given) {
  std::error_code error;
  fs::path target = fs::absolute(given, error).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  if (fs::exists(target, error)) {
    if (!fs::is_directory(target, error))
      return fail(Errc::Usage, target.string() + " is a file", "name a folder to write the run to");
    if (!fs::is_empty(target, error) && !is_run(target))
      return fail(Errc::Usage, target.string() + " is not empty and holds no run", "name a new folder");
  }
  fs::create_directories(target.parent_path(), error);
  if (error)
    return fail(Errc::Io, "cannot create " + target.parent_path().string() + ": " + error.message(),
                "check the folder's permissions, or name another one");
  for (;;) {
    std::string draft = target.string() + std::string{kDraftMark} + std::string(kDraftLetters, 'X');
    if (::mkdtemp(draft.data()) == nullptr)
      return fail(Errc::Io, "cannot create a folder in " + target.parent_path().string() + ": " + system_error(errno),
                  "check the folder's permissions");
    // Where the disk knows no locks the draft has none, and nobody takes it for abandoned, for nobody can lock it.
    const int lock = lock_folder(draft);
    // Another program may have taken it for abandoned before it was locked.
    if (lock >= 0 ? !is_at(lock, draft) : !fs::exists(draft, error)) {
      if (lock >= 0) ::close(lock);
      continue;
    }
    fs::permissions(draft, fs::perms{0755}, error);
    return RunFolderDraft{std::move(target), std::move(draft), lock};
  }
}

Result<void> RunFolderDraft::write(const RunResult& result, const RunFolderOptions& options) {
  const Statistics statistics = compute_statistics(result, options.conventions);
  Result<void> done;
  const auto put = [&](const char* file, const auto& text) {
    if (done) done = write_file(draft_ / file, text);
  };
  put("fills.csv", fills_csv(result));
  put("trades.csv", trades_csv(result));
  put("equity.csv", equity_csv(result));
  put("statistics.json", statistics_json(statistics));
  put("breakdowns.csv", breakdowns_csv(statistics));
  if (!result.prices.empty()) {
    put("prices.csv", prices_csv(result));
    put("excursions.csv", excursions_csv(result));
  }
  if (!result.pessimistic.empty()) put("band.csv", band_csv(result));
  if (!result.benchmark.empty()) put("benchmark.csv", benchmark_csv(result));
  if (options.report) put("report.html", tear_sheet(result, statistics, options.conventions, {options.lang}));
  put("run.json", run_json(result));
  return done;
}

Result<void> RunFolderDraft::commit() {
  std::error_code error;
  // An older run steps aside first: rename() replaces only an empty folder.
  const fs::path old = draft_.string() + std::string{kAside};
  const bool replaces = is_run(target_);
  if (replaces) fs::rename(target_, old, error);
  if (!error) fs::rename(draft_, target_, error);
  if (error) {
    std::error_code ignored;
    if (replaces && !fs::exists(target_, ignored)) fs::rename(old, target_, ignored);
    return fail(Errc::Io, "cannot move the run to " + target_.string() + ": " + error.message(),
                "check the folder's permissions and the space on its disk");
  }
  draft_.clear();
  if (replaces) fs::remove_all(old, error);
  sync_folder(target_.parent_path());
  return {};
}

Result<void> write_run(const fs::path& target, const RunResult& result, const RunFolderOptions& options) {
  auto draft = RunFolderDraft::begin(target);
  if (!draft) return std::unexpected(draft.error());
  if (auto written = draft->write(result, options); !written) return written;
  return draft->commit();
}

Result<RunResult> read_run(const fs::path& folder) {
  RunResult r;
  auto done = parse_json(folder / "run.json", [&](element e) {
    read_common(e, r);
    r.benchmark_name = string_at(e, "benchmark");
    for (element i : e["instruments"].get_array()) r.instruments.push_back(instrument_of(i));
    for (element w : e["warnings"].get_array()) r.warnings.emplace_back(std::string_view{w});
    for (element lot : e["open"].get_array()) r.open.push_back(lot_of(lot, r.instruments));
    simdjson::dom::array parts;  // of one strategy there is none
    if (e["strategies"].get(parts) == simdjson::SUCCESS)
      for (element part : parts) r.strategies.push_back(part_of(part, r.instruments));
  });
  const InstrumentIndexes indexes{r.instruments};
  const auto then = [&](const char* file, std::string_view header, bool required, const auto& row) {
    if (done) done = read_csv(folder / file, header, required, row);
  };
  then("fills.csv", kFillsHeader, true, [&](CsvReader& csv) {
    Fill f;
    f.time = csv.integer<std::int64_t>();
    f.instrument = indexes.take(csv);
    f.side = csv.side();
    const auto& i = r.instruments.empty() ? Instrument{} : r.instruments[f.instrument];
    f.price = {csv.decimal(i.price_decimals)};
    f.quantity = {csv.decimal(i.quantity_decimals)};
    f.fee = csv.money();
    f.liquidity = csv.cell() == "taker" ? Liquidity::Taker : Liquidity::Maker;
    f.order = csv.integer<std::uint64_t>();
    r.fills.push_back(f);
  });
  then("trades.csv", kTradesHeader, true, [&](CsvReader& csv) {
    Trade t;
    t.entry_time = csv.integer<std::int64_t>();
    t.exit_time = csv.integer<std::int64_t>();
    t.instrument = indexes.take(csv);
    const auto& i = r.instruments.empty() ? Instrument{} : r.instruments[t.instrument];
    t.side = csv.side();
    t.quantity = {csv.decimal(i.quantity_decimals)};
    t.entry_price = {csv.decimal(i.price_decimals)};
    t.exit_price = {csv.decimal(i.price_decimals)};
    t.pnl = csv.money();
    t.fee = csv.money();
    t.return_on_entry = csv.number();
    t.exit_reason = csv.cell();
    r.trades.push_back(std::move(t));
  });
  then("equity.csv", kEquityHeader, true, [&](CsvReader& csv) {
    const auto time = csv.integer<std::int64_t>();
    r.equity.push_back({time, csv.money()});
  });
  std::size_t trade = 0;
  then("excursions.csv", kExcursionsHeader, false, [&](CsvReader& csv) {
    if (trade == r.trades.size()) return csv.failed("more rows than trades.csv");
    r.trades[trade].max_adverse = csv.number();
    r.trades[trade++].max_favorable = csv.number();
  });
  then("band.csv", kBandHeader, false, [&](CsvReader& csv) {
    const auto time = csv.integer<std::int64_t>();
    r.pessimistic.push_back({time, csv.money()});
    r.optimistic.push_back({time, csv.money()});
  });
  then("prices.csv", kPricesHeader, false, [&](CsvReader& csv) {
    Bar bar;
    bar.time = csv.integer<std::int64_t>();
    const auto index = indexes.take(csv);
    const auto& i = r.instruments.empty() ? Instrument{} : r.instruments[index];
    bar.open = {csv.decimal(i.price_decimals)};
    bar.high = {csv.decimal(i.price_decimals)};
    bar.low = {csv.decimal(i.price_decimals)};
    bar.close = {csv.decimal(i.price_decimals)};
    bar.volume = {csv.decimal(i.quantity_decimals)};
    if (r.prices.empty() || r.prices.back().instrument != index) r.prices.push_back({index, {}});
    r.prices.back().bars.push_back(bar);
  });
  then("benchmark.csv", kBenchmarkHeader, false, [&](CsvReader& csv) {
    const auto time = csv.integer<std::int64_t>();
    r.benchmark.push_back({time, csv.number()});
  });
  if (!done) return std::unexpected(done.error());
  return r;
}

std::string RunSummary::statistic(std::string_view key) const {
  for (const auto& [k, value] : statistics)
    if (k == key) return value;
  return {};
}

Result<RunSummary> read_run_summary(const fs::path& folder) {
  RunSummary s;
  auto done = parse_json(folder / "run.json", [&](element e) {
    read_common(e, s);
    for (element i : e["instruments"].get_array()) s.instruments.push_back(string_at(i, "id"));
  });
  if (!done) return std::unexpected(done.error());
  done = parse_json(folder / "statistics.json", [&](element e) {
    for (auto [key, value] : e.get_object()) {
      std::string text;
      if (value.is_string())
        text = std::string_view{value};
      else if (value.is_int64())
        text = std::to_string(std::int64_t(value));
      else
        text = value.is_null() ? "null" : plain_number(double(value));
      s.statistics.emplace_back(std::string{key}, std::move(text));
    }
  });
  if (!done) return std::unexpected(done.error());
  return s;
}

std::vector<fs::path> list_runs(const fs::path& runs) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{runs, error})
    if (entry.path().filename().string().find(kDraftMark) == std::string::npos && is_run(entry.path()))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace stom
