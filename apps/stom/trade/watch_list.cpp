#include "trade/watch_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "core/text_file.hpp"

namespace stom::trade {
namespace {

constexpr DurationNanos kLookAtList = 500 * kMillisecond;
constexpr DurationNanos kLeastEvery = 500 * kMillisecond;
constexpr std::size_t kMostRanked = 100;     // a venue's first page
constexpr std::size_t kMostStrangers = 100;  // told of

std::string_view trimmed(std::string_view line) {
  line = line.substr(0, line.find('#'));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return line;
}

std::unexpected<Error> no_universe(const std::string& text, std::string_view why) {
  return fail(Errc::Usage, fmt::format("--universe {}: {}", text, why),
              "VENUE:top=50,every=5s, VENUE:search=0 or VENUE:list=FILE (docs/universe.md)");
}

Result<std::vector<std::string>> candidates_in(std::string_view text, const std::filesystem::path& file,
                                               std::string_view venue) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    std::string id = line.contains(':') ? std::string{line} : fmt::format("{}:{}", venue, line);
    if (id.starts_with(':') || id.ends_with(':'))
      return fail(Errc::BadData, fmt::format("{}: {} is not VENUE:SYMBOL", file.string(), line), "kiwoom:005930");
    if (!seen.insert(id).second)
      return fail(Errc::BadData, fmt::format("{} has {} twice", file.string(), id), "name each instrument once");
    out.push_back(std::move(id));
  }
  return out;
}

}  // namespace

Result<UniverseSource> parse_universe(const std::string& text) {
  const auto colon = text.find(':'), equals = text.find('=');
  if (colon == std::string::npos || equals == std::string::npos || colon == 0 || equals < colon)
    return no_universe(text, "not VENUE:SOURCE=VALUE");
  UniverseSource source{.venue = text.substr(0, colon), .condition = {}, .file = {}, .text = text};
  const std::string kind = text.substr(colon + 1, equals - colon - 1);
  std::string value = text.substr(equals + 1);
  if (value.empty()) return no_universe(text, "nothing stands after =");
  if (kind == "search") {
    source.kind = UniverseSource::Kind::Search;
    source.condition = value;
    return source;
  }
  if (kind == "list") {
    source.kind = UniverseSource::Kind::List;
    source.file = value;
    return source;
  }
  if (kind != "top") return no_universe(text, fmt::format("there is no source \"{}\"", kind));
  if (const auto comma = value.find(','); comma != std::string::npos) {
    const std::string option = value.substr(comma + 1);
    value.resize(comma);
    if (!option.starts_with("every=")) return no_universe(text, fmt::format("\"{}\" is not every=TIME", option));
    const auto every = parse_duration(option.substr(6));
    if (!every) return std::unexpected(every.error());
    if (*every < kLeastEvery) return no_universe(text, "no venue is asked more often than every 500ms");
    source.every = *every;
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), source.most);
  if (error != std::errc{} || end != value.data() + value.size() || source.most == 0 || source.most > kMostRanked)
    return no_universe(text, fmt::format("{} is not a number from 1 to {}", value, kMostRanked));
  return source;
}

Result<std::vector<std::string>> read_candidates(const std::filesystem::path& file, std::string_view venue) {
  const auto text = read_text_file(file);
  if (!text) return std::unexpected(text.error());
  return candidates_in(*text, file, venue);
}

Result<WatchFileEnd> end_watch_file(const std::filesystem::path& file, UnixNanos now) {
  WatchFileEnd end{.time = now, .lines = std::string{WatchTimeline::header()}};
  const auto text = read_text_file(file, kMostRecorded);
  if (text ? text->empty() : text.error().code == Errc::NotFound) return end;
  if (!text) return std::unexpected(text.error());
  const auto timeline = WatchTimeline::parse(*text);
  if (!timeline) return std::unexpected(timeline.error());
  if (const auto whole = text->rfind('\n') + 1; whole < text->size()) {
    std::error_code error;
    std::filesystem::resize_file(file, whole, error);
    if (error)
      return fail(Errc::Io, fmt::format("{} cannot be written: {}", file.string(), error.message()),
                  "check who may write it");
  }
  end.lines.clear();
  for (const auto& [instrument, changes] : timeline->instruments()) end.time = std::max(end.time, changes.back().time);
  for (const auto& [instrument, changes] : timeline->instruments())
    if (changes.back().state != WatchState::Out)
      end.lines += WatchTimeline::line(end.time, instrument, WatchState::Out, WatchReason::Ended);
  return end;
}

WatchList::WatchList(UniverseSource source, std::span<const Instrument> instruments, std::size_t pinned,
                     std::size_t budget, Port port)
    : source_{std::move(source)}, universe_{instruments.size(), budget}, port_{std::move(port)} {
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    if (instruments[i].venue() != source_.venue) continue;
    candidates_.emplace(instruments[i].symbol(), i);
    if (i < pinned) universe_.pin(i);
  }
}

void WatchList::on_due(UnixNanos now) {
  switch (source_.kind) {
    case UniverseSource::Kind::TopByValue:
      next_due_ = now + (spoken_ ? source_.every : kLeastEvery);  // before the login nobody answers
      return port_.rank_by_value(source_.most);
    case UniverseSource::Kind::Search:
      next_due_ = kNever;
      return port_.follow_search(source_.condition);
    case UniverseSource::Kind::List:
      next_due_ = now + kLookAtList;
      return read_list();
  }
}

/// A list that cannot be read changes nothing: who is in stays in.
void WatchList::read_list() {
  auto text = read_text_file(source_.file);
  if (text && spoken_ && *text == list_) return;
  const auto lines = text ? candidates_in(*text, source_.file, source_.venue) : std::unexpected(text.error());
  if (!lines) {
    if (std::exchange(complaint_, lines.error().message) != lines.error().message) port_.say(complaint_);
    return;
  }
  complaint_.clear();
  list_ = std::move(*text);
  found_.clear();
  InstrumentIndex index = 0;
  for (const std::string& id : *lines) {
    const std::string_view line = id;
    const auto colon = line.find(':');
    if (line.substr(0, colon) == source_.venue && find(line.substr(colon + 1), index)) found_.push_back(index);
  }
  universe_.name(found_);
  spoken_ = true;
}

bool WatchList::find(std::string_view symbol, InstrumentIndex& out) {
  if (const auto at = candidates_.find(symbol); at != candidates_.end()) {
    out = at->second;
    return true;
  }
  if (strangers_.size() < kMostStrangers && strangers_.emplace(symbol).second)
    port_.say(fmt::format("{} is named and is no candidate: it is not watched", symbol));
  return false;
}

void WatchList::named(const venues::NamedReport& report) {
  using enum venues::NamedReport::What;
  found_.clear();
  InstrumentIndex index = 0;
  for (const std::string_view symbol : report.symbols)
    if (find(symbol, index)) found_.push_back(index);
  if (report.what == All) {
    universe_.name(found_);
    spoken_ = true;
  }
  for (const InstrumentIndex i : found_) {
    if (report.what == Came) universe_.add(i);
    if (report.what == Left) universe_.drop(i);
  }
}

}  // namespace stom::trade
