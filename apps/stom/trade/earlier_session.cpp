#include "trade/earlier_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/journal_reader.hpp"

namespace stom::trade {
namespace {

constexpr std::string_view kOnPaper = "trade mode=paper ";
constexpr std::string_view kStrategy = " strategy=", kInstrument = " instrument=", kSession = " session=",
                           kRate = " rate=";

/// Without what says the strategy and its parameters.
std::string without_strategy(std::string_view text) {
  const auto from = text.find(kStrategy), to = text.find(kInstrument, from == text.npos ? 0 : from);
  if (from == text.npos || to == text.npos) return std::string{text};
  return fmt::format("{}{}", text.substr(0, from), text.substr(to));
}

/// Without its rates. Only behind the instruments: before them stand the strategy's parameters, whatever they hold.
std::string without_rates(std::string text) {
  for (auto at = text.rfind(kInstrument); (at = text.find(kRate, at)) != text.npos;)
    text.erase(at, text.find(' ', at + 1) - at);
  return text;
}

/// The word at which two texts part.
std::string_view word_at(std::string_view text, std::size_t at) {
  const auto from = at == 0 ? text.npos : text.rfind(' ', at - 1);
  text.remove_prefix(from == text.npos ? 0 : from + 1);
  const auto word = text.substr(0, text.find(' '));
  return word.empty() ? "nothing" : word;
}

/// What `name` is said to be there; nothing where it is not said.
std::string said_at(std::string_view text, std::size_t at, std::string_view name) {
  return at == text.npos ? "" : std::string{word_at(text, at + 1)}.substr(name.size() - 1);
}

}  // namespace

Result<EarlierSession> earlier_session(const std::filesystem::path& journal) {
  EarlierSession earlier;
  if (!std::filesystem::exists(journal)) return earlier;
  auto reader = JournalReader::open(journal);
  if (!reader) return std::unexpected(reader.error());
  earlier.snapshot = newest_snapshot(journal.parent_path(), *reader, earlier.not_used);
  if (earlier.snapshot) earlier.configuration = earlier.snapshot->configuration();
  while (const JournalRecord* record = reader->next())
    if (record->kind == RecordKind::Configuration || record->kind == RecordKind::Restart)
      earlier.configuration = record->text;
  if (auto ended = reader->check_end(); !ended) {
    if (!reader->status()) return std::unexpected(ended.error());
    earlier.spoiled = ended.error().message;
  }
  return earlier;
}

std::string session_of(std::string_view configuration) {
  return said_at(configuration, configuration.rfind(kSession), kSession);
}

std::string strategy_of(std::string_view configuration) {
  return said_at(configuration, configuration.find(kStrategy), kStrategy);
}

std::vector<std::string> names_in(std::string_view strategy) {
  std::vector<std::string> names;
  if (!strategy.starts_with(kSeveral)) return names;
  strategy.remove_prefix(kSeveral.size());
  while (true) {
    const auto comma = strategy.find(',');
    names.emplace_back(strategy.substr(0, comma));
    if (comma == strategy.npos) return names;
    strategy.remove_prefix(comma + 1);
  }
}

std::string several_name(const std::vector<std::string>& names) {
  return fmt::format("{}{}", kSeveral, fmt::join(names, ","));
}

Result<void> check_goes_on(std::string_view earlier, std::string_view now, bool changed) {
  const std::string was = strategy_of(earlier), is = strategy_of(now);
  const auto old_names = names_in(was), names = names_in(is);
  const bool in_place =
      old_names.size() <= names.size() && std::equal(old_names.begin(), old_names.end(), names.begin());
  if (!in_place || old_names.empty() != names.empty())
    return fail(Errc::Usage,
                fmt::format("the session of that folder has the strategy {}, and not {}: whose its orders are follows "
                            "from the strategies' places",
                            was, is),
                old_names.empty() ? "begin one in a new folder: --session DIR"
                                  : "keep their names in that order, and add others behind them; one that is to trade "
                                    "no more is strategy = \"idle\"");
  const auto compared = [changed](std::string_view text) {
    return without_rates(changed ? without_strategy(text) : std::string{text});
  };
  const std::string before = compared(earlier), after = compared(now);
  if (session_of(earlier).empty() && !earlier.starts_with(kOnPaper))  // no exchange has to know its orders by that
    return fail(Errc::Unsupported, "the session of that folder was begun by a version that could not go on",
                "begin one in a new folder, --session DIR");
  if (before == after) return {};
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(before, after).in1 - before.begin());
  return fail(Errc::Usage,
              fmt::format("the session of that folder is another: it has {}, and not {}", word_at(before, at),
                          word_at(after, at)),
              changed ? "start it as it was, or begin one in a new folder: --session DIR"
                      : "start it as it was, with --changed where its strategy is to be another, or begin one in a new "
                        "folder: --session DIR");
}

}  // namespace stom::trade
