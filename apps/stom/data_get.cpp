// `stom data get`: a venue's public history into the store. Files come into STOM_HOME/downloads, go through the import
// that `stom data import` is, and are removed. What the store has from the same file is not fetched again. Nothing is
// imported before every file is here; what is here already stays for the next try. A venue has files, each held against
// its checksum, or a file is made of its answers (page_loader.hpp).
#include "data_get.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/clock.hpp"
#include "core/decimal.hpp"
#include "core/hash.hpp"
#include "core/time.hpp"
#include "data_import.hpp"
#include "net/download.hpp"
#include "network.hpp"
#include "page_loader.hpp"
#include "store/catalogue.hpp"
#include "store/data_folder.hpp"
#include "timeout_error.hpp"
#include "trade/venues_file.hpp"
#include "venues/binance/history.hpp"
#include "venues/history.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
using venues::HistoryFile;

struct GetOptions {
  std::string instrument, kind, bar, from, to, tick, lot, source, authority, venues_file, timeout = "30s";
};

/// "BTCUSDT-candles-1m-2024-08-01-until-2024-08-01T123400.csv": what such a file of a part is called.
std::string name_of_part(const HistoryFile& file, UnixNanos until) {
  const std::string_view whole = std::string_view{file.name}.substr(0, file.name.rfind('.'));
  const auto second = (until - start_of_day(day_of(until))) / kSecond;
  return fmt::format("{}-until-{}T{:02}{:02}{:02}.csv", whole, format_day(day_of(until)), second / 3600,
                     second / 60 % 60, second % 60);
}

/// Until when the part of `file` reaches that is called so; nothing where the name is none of a part of it.
std::optional<UnixNanos> end_of_part(const HistoryFile& file, std::string_view name) {
  const auto at = name.find("-until-");
  if (at == std::string_view::npos || name.substr(0, at) != std::string_view{file.name}.substr(0, at)) return {};
  const auto text = name.substr(at + 7);
  const auto day = parse_day(text.substr(0, text.find('T')));
  const auto clock = parse_decimal(text.substr(std::min(text.find('T') + 1, text.size())).substr(0, 6), 0);
  if (!day || !clock) return {};
  const UnixNanos end =
      start_of_day(*day) + (*clock / 10'000 * 3600 + *clock / 100 % 100 * 60 + *clock % 100) * kSecond;
  return name == name_of_part(file, end) ? std::optional{end} : std::nullopt;
}

/// What the store has of an instrument, and from which files.
class Held {
 public:
  static Result<Held> read(const Session& session, const std::string& instrument) {
    Held held;
    const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
    if (!folder && folder.error().code == Errc::NotFound) return held;
    if (!folder) return std::unexpected(folder.error());
    auto imports = folder->catalogue().imports();
    auto ticks = folder->catalogue().tick_sets(instrument);
    auto bars = folder->catalogue().bar_sets(instrument);
    if (!imports) return std::unexpected(imports.error());
    if (!ticks) return std::unexpected(ticks.error());
    if (!bars) return std::unexpected(bars.error());
    std::erase_if(*imports, [&](const store::ImportRecord& record) { return record.instrument != instrument; });
    held.imports_ = std::move(*imports);
    held.ticks_ = std::move(*ticks);
    held.bars_ = std::move(*bars);
    return held;
  }

  /// Whether that file was imported, and what it brought was not deleted since.
  bool has(const HistoryFile& file) const {
    return std::ranges::any_of(imports_, [&](const store::ImportRecord& record) {
      return std::ranges::find(record.sources, file.name, &store::SourceFile::name) != record.sources.end() &&
             is_there(record, file);
    });
  }

  /// Whether the day was imported with a file of that series.
  bool has_day(const HistoryFile& file, std::int32_t day) const {
    const auto holds = [&](std::string_view name) {
      if (!name.starts_with(file.series + "-") || !name.ends_with(".csv")) return false;
      const auto days = name.substr(file.series.size() + 1, name.size() - file.series.size() - 5);
      const auto first = parse_day(days.substr(0, days.find("-to-")));
      const auto last = days.contains("-to-") ? parse_day(days.substr(days.find("-to-") + 4)) : first;
      return first && last && *first <= day && day <= *last;
    };
    return std::ranges::any_of(imports_, [&](const store::ImportRecord& record) {
      return std::ranges::any_of(record.sources, holds, &store::SourceFile::name) && is_there(record, file);
    });
  }

  /// Up to when it was imported in parts, by their names; its beginning where it was not.
  UnixNanos has_until(const HistoryFile& file) const {
    UnixNanos until = file.from;
    for (const auto& record : imports_)
      for (const auto& source : record.sources)
        if (const auto end = end_of_part(file, source.name); end && is_there(record, file))
          until = std::max(until, *end);
    return until;
  }

 private:
  bool is_there(const store::ImportRecord& record, const HistoryFile& file) const {
    const auto day_is_there = [&](const store::TickSet& set) {
      return set.import == record.id && set.day >= file.first_day && set.day <= file.last_day;
    };
    return std::ranges::any_of(ticks_, day_is_there) ||
           std::ranges::find(bars_, record.id, &store::BarSet::import) != bars_.end();
  }

  std::vector<store::ImportRecord> imports_;
  std::vector<store::TickSet> ticks_;
  std::vector<store::BarSet> bars_;
};

class Getting {
 public:
  Getting(const Session& session, const GetOptions& options) : session_{session}, options_{options} {}

  Result<Json> run() {
    if (auto listed = list_files(); !listed) return std::unexpected(listed.error());
    auto held = Held::read(session_, options_.instrument);
    if (!held) return std::unexpected(held.error());
    keep_missing(*held);
    const bool all_there = files_.empty();
    if (auto loaded = load(); !loaded) return std::unexpected(loaded.error());
    if (paths_.empty() && !missing_.empty()) {
      const auto what = fmt::format("{} has no {} of {} for {}", source_, options_.kind, options_.instrument,
                                    fmt::join(missing_, ", "));
      if (why_missing_)
        return fail(Errc::NotFound, fmt::format("{}: {}", what, why_missing_->message), why_missing_->hint);
      return fail(Errc::NotFound, what, "check the symbol; a day is there some hours after its end");
    }

    Json answer = empty_import(options_.instrument);
    if (!paths_.empty()) {
      auto imported = import_files(session_, {.paths = paths_,
                                              .instrument = options_.instrument,
                                              .tick = options_.tick,
                                              .lot = options_.lot,
                                              .bar = of_bars() ? bar() : ""});
      if (!imported) return imported;
      answer = std::move(*imported);
      remove_files();
    }
    if (all_there) answer["already"] = true;
    answer["files"] = paths_.size();
    answer["bytes"] = bytes_;
    answer["missing"] = missing_;
    return answer;
  }

  bool timed_out() const { return downloader_ && downloader_->timed_out(); }

 private:
  /// Leaves in files_ what the store does not have.
  void keep_missing(const Held& held) {
    std::vector<HistoryFile> missing;
    const auto now = SystemClock{}.now();
    for (auto& file : files_) {
      if (file.series.empty()) {
        if (!held.has(file) && take_part(file, held)) missing.push_back(std::move(file));
        continue;
      }
      for (std::int32_t day = file.first_day; day <= file.last_day; ++day) {
        if (held.has_day(file, day)) continue;
        const bool follows = !missing.empty() && missing.back().last_day == day - 1 && day < day_of(now + file.zone);
        const auto first = follows ? missing.back().first_day : day;
        if (follows) missing.pop_back();
        missing.push_back(venues::file_of_days(file.series, first, day, true, file.zone));
      }
    }
    files_ = std::move(missing);
  }

  /// Of a day that is not over, and of one that was got in parts: what is to be had of it now and is not here. False
  /// where that is nothing.
  static bool take_part(HistoryFile& file, const Held& held) {
    if (file.bar == 0) return true;
    const UnixNanos settled = SystemClock{}.now() - venues::kBarSettled;
    const UnixNanos begin = file.from, end = file.to;
    file.from = held.has_until(file);
    file.to = std::min(end, settled - settled % file.bar);
    if (file.from != begin || file.to != end) file.name = name_of_part(file, file.to);
    return file.from < file.to || file.from == begin;
  }

  std::string bar() const { return options_.bar.empty() ? "1m" : options_.bar; }
  bool of_bars() const { return options_.kind == "klines" || options_.kind == "candles"; }

  Result<void> list_files() {
    const auto from = parse_day(options_.from), to = parse_day(options_.to);
    if (!from || !to)
      return fail(Errc::Usage, fmt::format("'{}' is no day", from ? options_.to : options_.from),
                  "write it as 2024-08-01");
    wish_ = {.instrument = options_.instrument, .kind = options_.kind, .bar = options_.bar, .from = *from, .to = *to};
    source_ = venues::history_source(wish_);
    authority_ = options_.authority;
    if (auto read = read_venues_file(); !read) return read;
    if (!options_.source.empty()) source_ = options_.source;
    while (source_.ends_with("/")) source_.pop_back();
    auto files = venues::history_files(wish_);
    if (!files) return std::unexpected(files.error());
    files_ = std::move(*files);
    if (const auto source = net::parse_url(source_); !source) return std::unexpected(source.error());
    const auto silence = parse_duration(options_.timeout);
    if (!silence || *silence < kMillisecond)
      return fail(Errc::Usage, fmt::format("--timeout '{}' is no time", options_.timeout), "write it as 30s");
    silence_ = std::chrono::milliseconds{*silence / kMillisecond};
    auto downloader = net::Downloader::make({.authority = authority_,
                                             .proxy = environment("HTTPS_PROXY", "https_proxy"),
                                             .no_proxy = environment("NO_PROXY", "no_proxy"),
                                             .silence = silence_});
    if (!downloader) return std::unexpected(downloader.error());
    downloader_ = std::move(*downloader);
    return {};
  }

  /// The addresses of the file are those of venues' APIs, so it says nothing about files of a venue.
  Result<void> read_venues_file() {
    if (options_.venues_file.empty()) return {};
    const auto file = trade::read_venues_file(options_.venues_file);
    if (!file) return std::unexpected(file.error());
    const auto name = options_.instrument.substr(0, options_.instrument.find(':'));
    const auto venue = file->venues.find(name);
    if (venue == file->venues.end())
      return fail(Errc::NotFound, fmt::format("{} has no {}", options_.venues_file, name),
                  "name the file of an exchange that has that venue");
    if (options_.instrument.starts_with("binance") && options_.kind != "candles")
      return fail(Errc::Usage, fmt::format("--venues has no address of the files of {}", options_.kind),
                  "leave it out, or ask for --kind candles");
    source_ = venue->second.rest;
    credentials_ = venue->second.credentials;
    if (authority_.empty()) authority_ = file->authority;
    return {};
  }

  Result<void> load() {
    if (files_.empty()) return {};
    const auto colon = options_.instrument.find(':');
    folder_ = session_.home / "downloads" / options_.instrument.substr(0, colon);
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error)
      return fail(Errc::Io, fmt::format("cannot make {}: {}", folder_.string(), error.message()),
                  "check the rights of that folder, and the room there");
    Progress progress{session_, "get"};
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const net::DownloadWatch watch = [&](std::uint64_t done, std::uint64_t total) {
        const double part = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
        progress.update(static_cast<std::uint64_t>(1e6 * (static_cast<double>(i) + part)), files_.size() * 1'000'000);
        return !interrupted();
      };
      const bool of_pages = files_[i].path.empty();
      auto loaded = of_pages ? load_pages(files_[i], watch) : load_one(files_[i], watch);
      if (!loaded && loaded.error().code == Errc::NotFound) {
        missing_.push_back(files_[i].period);
        if (of_pages) why_missing_ = loaded.error();
        continue;
      }
      if (!loaded) return loaded;
      paths_.push_back((folder_ / files_[i].name).string());
    }
    for (const auto& period : missing_)
      say(session_, fmt::format("{} has no {} of {}: left out", source_, options_.kind, period));
    if (why_missing_) say(session_, why_missing_->message);
    return {};
  }

  Result<void> load_one(const HistoryFile& file, const net::DownloadWatch& watch) {
    const auto url = net::parse_url(fmt::format("{}/{}", source_, file.path));
    const auto checksum_url = net::parse_url(fmt::format("{}/{}.CHECKSUM", source_, file.path));
    if (!url) return std::unexpected(url.error());
    if (!checksum_url) return std::unexpected(checksum_url.error());
    const auto text = downloader_->text(*checksum_url, watch);
    if (!text) return std::unexpected(text.error());
    const auto digest = venues::parse_checksum(*text, file.name);
    if (!digest) return std::unexpected(digest.error());

    const auto path = folder_ / file.name;
    // From an earlier try whose import was interrupted or refused.
    if (std::filesystem::exists(path) && matches(path, *digest)) return {};
    for (int tries = 2; tries > 0; --tries) {
      const auto loaded = downloader_->file(*url, path, watch);
      if (!loaded) return std::unexpected(loaded.error());
      bytes_ += *loaded;
      if (matches(path, *digest)) break;
      const bool page = is_web_page(path);
      std::error_code ignored;
      std::filesystem::remove(path, ignored);
      if (page)
        return fail(Errc::BadData, fmt::format("{} came as a web page instead of a zip file", file.name),
                    "a proxy or portal answers in the server's place: get past it first");
      if (tries == 1)
        return fail(Errc::BadData,
                    fmt::format("{} does not fit its checksum, loaded twice: nothing was imported", file.name),
                    "try again later; if it stays so, leave that day out by --from and --to");
    }
    return {};
  }

  /// A file of days that are over, made of the venue's answers.
  Result<void> load_pages(const HistoryFile& file, const net::DownloadWatch& watch) {
    const auto now = SystemClock{}.now();
    if (file.to > now || file.from >= file.to)
      return fail(Errc::NotFound, fmt::format("{} is not over", file.period), "ask for days that have ended");
    auto made = venues::history_pages(wish_, file, credentials_);
    if (!made) return std::unexpected(made.error());
    const auto pages = std::move(*made);
    if (!pages_) {
      auto loader = PageLoader::make(source_, authority_, silence_, pages->limits());
      if (!loader) return std::unexpected(loader.error());
      pages_.emplace(std::move(*loader));
    }
    const auto before = pages_->bytes();
    // Answers from the same beginning on are good for whatever end; a part with an earlier end is of no use any more.
    const auto days = file.name.substr(0, std::min(file.name.find("-until-"), file.name.rfind('.')));
    const auto kept = fmt::format("{}-{}.pages", days, file.from / kSecond);
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder_, ignored})
      if (const auto name = entry.path().filename().string(); name.starts_with(days + "-until-") && name != file.name)
        std::filesystem::remove(entry.path(), ignored);
    auto loaded = pages_->load(*pages, folder_ / file.name, folder_ / kept,
                               [&](double part) { return watch(static_cast<std::uint64_t>(part * 1e6), 1'000'000); });
    bytes_ += pages_->bytes() - before;
    if (const auto note = pages->note(); loaded && !note.empty()) say(session_, note);
    return loaded;
  }

  static bool matches(const std::filesystem::path& path, const std::string& digest) {
    std::ifstream file{path, std::ios::binary};
    Sha256 hash;
    std::vector<char> bytes(1 << 20);
    while (file.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || file.gcount() > 0)
      hash.update({bytes.data(), static_cast<std::size_t>(file.gcount())});
    return hash.hex() == digest;
  }

  static bool is_web_page(const std::filesystem::path& path) {
    char first = 0;
    return std::ifstream{path, std::ios::binary}.get(first) && first == '<';
  }

  void remove_files() const {
    std::error_code ignored;  // what cannot be removed costs room, no data
    for (const auto& path : paths_) std::filesystem::remove(path, ignored);
    std::filesystem::remove(folder_, ignored);  // where it is empty
    std::filesystem::remove(folder_.parent_path(), ignored);
  }

  const Session& session_;
  const GetOptions& options_;

  venues::HistoryWish wish_;
  std::string source_;
  std::filesystem::path authority_;
  std::optional<venues::Credentials> credentials_;
  std::chrono::milliseconds silence_{};
  std::optional<net::Downloader> downloader_;
  std::optional<PageLoader> pages_;
  std::vector<HistoryFile> files_;  // to be fetched
  std::filesystem::path folder_;
  std::vector<std::string> paths_, missing_;
  std::optional<Error> why_missing_;  // of the last one made of pages
  std::uint64_t bytes_ = 0;
};

int run_get(const Session& session, const GetOptions& options) {
  Getting getting{session, options};
  const auto answer = getting.run();
  if (!answer)
    return getting.timed_out() ? report_timeout(session, answer.error()) : report_error(session, answer.error());
  print_import(session, *answer);
  if (!session.json)
    fmt::print("  {} files, {} bytes loaded\n", (*answer)["files"].get<std::size_t>(),
               (*answer)["bytes"].get<std::uint64_t>());
  return kOk;
}

}  // namespace

void add_data_get(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand(
      "get", "A venue's public history into the store: Binance's files, Upbit's candles and trades (no key)");
  auto o = std::make_shared<GetOptions>();
  command
      ->add_option("INSTRUMENT", o->instrument,
                   "binance:BTCUSDT, binance-usdm:BTCUSDT, binance-coinm:BTCUSD_PERP, upbit:KRW-BTC")
      ->required();
  command
      ->add_option(
          "--kind", o->kind,
          "klines, trades, aggTrades, candles; of futures also bookTicker, fundingRate; of Upbit candles, trades")
      ->required();
  command->add_option("--bar", o->bar, "of klines and candles: 1m (default) to 1d; 1s too, but not of futures");
  command->add_option("--from", o->from, "first day, as 2024-08-01 (UTC)")->required();
  command->add_option("--to", o->to, "last day, included")->required();
  command->add_option("--tick", o->tick, "tick of the price, as 0.1 (default: told from the files)");
  command->add_option("--lot", o->lot, "step of the quantity, as 0.001");
  command->add_option("--source", o->source, "another server that has the same below it");
  command
      ->add_option("--venues", o->venues_file,
                   "the line of stom exchange --json: its addresses instead of the venue's own (of candles and trades)")
      ->check(CLI::ExistingFile);
  command->add_option("--ca", o->authority, "a private CA's certificate (PEM), trusted besides the system's")
      ->check(CLI::ExistingFile);
  command->add_option("--timeout", o->timeout, "how long the server may be silent")->capture_default_str();
  examples(*command,
           {"stom data get binance-usdm:BTCUSDT --kind klines --bar 1m --from 2024-08-01 --to 2024-08-07",
            "stom data get binance:ETHUSDT --kind aggTrades --from 2024-08-01 --to 2024-08-01 --tick 0.01 --lot 0.0001",
            "stom data get binance:BTCUSDT --kind candles --bar 1m --from 2024-08-01 --to 2024-08-01",
            "stom data get upbit:KRW-BTC --kind candles --bar 1m --from 2024-08-01 --to 2024-08-07",
            "stom data get upbit:KRW-BTC --kind trades --from 2024-08-01 --to 2024-08-01",
            "stom data get binance-usdm:BTCUSDT --kind fundingRate --from 2024-01-01 --to 2024-06-30"});
  command->callback([&session, o] { session.status = run_get(session, *o); });
}

}  // namespace stom
