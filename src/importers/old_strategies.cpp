#include "importers/old_strategies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/sqlite.hpp"
#include "core/utf8.hpp"
#include "importers/old_database.hpp"

namespace stom::importers {
namespace {

using sqlite::Kind;

constexpr std::string_view kText = "전략코드", kBest = "변수값";
constexpr std::size_t kMostTexts = 10'000, kLongestText = 1 << 20, kMostTables = 1'000;

struct TextTable {
  std::string_view name;
  bool stock;
  OldTextKind kind;
};
constexpr auto kTextTables = [] {
  using enum OldTextKind;
  return std::array{TextTable{"stockbuy", true, Buy},
                    TextTable{"stocksell", true, Sell},
                    TextTable{"stockoptibuy", true, OptimizeBuy},
                    TextTable{"stockoptisell", true, OptimizeSell},
                    TextTable{"stockoptivars", true, Ranges},
                    TextTable{"stockvars", true, GeneticRanges},
                    TextTable{"stockbuyconds", true, BuyConditions},
                    TextTable{"stocksellconds", true, SellConditions},
                    TextTable{"coinbuy", false, Buy},
                    TextTable{"coinsell", false, Sell},
                    TextTable{"coinoptibuy", false, OptimizeBuy},
                    TextTable{"coinoptisell", false, OptimizeSell},
                    TextTable{"coinoptivars", false, Ranges},
                    TextTable{"coinvars", false, GeneticRanges},
                    TextTable{"coinbuyconds", false, BuyConditions},
                    TextTable{"coinsellconds", false, SellConditions}};
}();

Result<std::vector<std::string>> names_in(const sqlite::Database& database, std::string_view sql,
                                          std::string_view of = {}) {
  auto found = database.prepare(sql);
  if (!found) return std::unexpected(found.error());
  if (!of.empty()) found->bind(of);
  std::vector<std::string> names;
  for (;;) {
    const auto row = found->step();
    if (!row) return std::unexpected(row.error());
    if (!*row || names.size() == kMostTables) return names;
    names.emplace_back(found->text(0));
  }
}

Result<std::vector<std::string>> tables_of(const sqlite::Database& database) {
  return names_in(
      database,
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql "
      "NOT LIKE 'CREATE VIRTUAL%' ORDER BY name");
}

Result<std::vector<std::string>> columns_of(const sqlite::Database& database, std::string_view table) {
  return names_in(database, "SELECT name FROM pragma_table_info(?1)", table);
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Result<void> read_texts(const sqlite::Database& database, const TextTable& table, std::vector<OldText>& out) {
  const auto columns = columns_of(database, table.name);
  if (!columns) return std::unexpected(columns.error());
  const auto bad = [&](const std::string& what, std::string_view hint) {
    return fail(Errc::BadData, fmt::format("{}: table {}: {}", database.file().string(), table.name, what),
                std::string{hint});
  };
  for (const std::string_view column : {std::string_view{"index"}, kText})
    if (!has(*columns, column))
      return bad(fmt::format("column {} is missing", column),
                 "its columns are index, the name, and 전략코드, the text");
  const bool has_best = table.kind == OldTextKind::OptimizeBuy && has(*columns, kBest);
  auto rows = database.prepare(fmt::format(R"(SELECT "index", "{}", {} FROM {} ORDER BY "index")", kText,
                                           has_best ? sqlite::quoted(kBest) : "NULL", table.name));
  if (!rows) return std::unexpected(rows.error());
  for (;;) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const std::string name{rows->text(0)}, text{rows->text(1)};
    if (out.size() == kMostTexts)
      return bad(fmt::format("more than {} texts", kMostTexts), "nobody has so many: is it the right file?");
    if (name.empty() || !is_utf8(name))
      return bad("a text without a name", "give it one, or delete its row, in a copy");
    if (rows->kind(1) != Kind::Text || !is_utf8(text))
      return bad(fmt::format("'{}' is no text in UTF-8", shown(name)), "delete its row in a copy of the file");
    if (text.size() > kLongestText)
      return bad(fmt::format("'{}' is longer than {} bytes", shown(name), kLongestText),
                 "shorten it in a copy of the file");
    if (!out.empty() && out.back().stock == table.stock && out.back().kind == table.kind && out.back().name == name)
      return bad(fmt::format("'{}' is there twice", shown(name)), "names are unique: rename one in a copy of the file");
    out.push_back({table.stock, table.kind, name, text, std::nullopt});
    if (rows->kind(2) == Kind::Text && !rows->text(2).empty()) out.back().best = std::string{rows->text(2)};
  }
}

// --- settings -------------------------------------------------------------------------------------------------

/// Of these nothing is read, not even to be left out.
bool is_secret(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view word : {"key", "secret", "pass", "token", "telegram", "bot", "chat", "account", "acc",
                                      "비밀", "암호", "인증", "아이디", "계좌", "텔레", "사용자"})
    if (lower.find(word) != std::string::npos) return true;
  return false;
}

bool says(std::string_view column, std::initializer_list<std::string_view> words) {
  return std::ranges::all_of(words, [&](std::string_view word) { return column.find(word) != std::string_view::npos; });
}

/// "a;b;expression of a;expression of b"; nothing where there is no pair.
std::vector<std::pair<std::string, std::string>> named_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::vector<std::pair<std::string, std::string>> named;
  if (parts.size() % 2 != 0) return named;
  for (std::size_t i = 0; i < parts.size() / 2; ++i) named.emplace_back(parts[i], parts[i + parts.size() / 2]);
  return named;
}

/// What the column is called differs from version to version; what it is about stands in its name.
bool take_setting(OldMarketSettings& out, std::string_view column, const sqlite::Statement& row, int at) {
  const std::string text{row.text(at)};
  const auto number = [&] { return row.kind(at) == Kind::Null ? std::nullopt : std::optional{row.real(at)}; };
  if (says(column, {"매수전략"})) return out.buy = text, true;
  if (says(column, {"매도전략"})) return out.sell = text, true;
  if (says(column, {"타임프레임"})) {
    if (const auto value = number()) out.seconds = *value != 0;
    return true;
  }
  if (says(column, {"평균값"})) return out.window = number(), true;
  if (says(column, {"전략종료시간"})) return out.end_clock = number(), true;
  if (says(column, {"경과틱수"})) {
    out.conditions = named_of(text);
    return text.empty() || !out.conditions.empty();
  }
  return false;
}

Result<void> read_market(const sqlite::Database& database, bool stock, OldSettings& out) {
  const std::string_view table = stock ? "stock" : "coin";
  const auto columns = columns_of(database, table);
  if (!columns) return std::unexpected(columns.error());
  std::vector<std::string> plain;
  for (const std::string& column : *columns) {
    if (column == "index") continue;
    if (is_secret(column))
      out.secrets.push_back(fmt::format("{}.{}", table, shown(column)));
    else
      plain.push_back(column);
  }
  OldMarketSettings& market = out.markets.emplace_back();
  market.stock = stock;
  if (plain.empty()) return {};
  std::string list;
  for (const std::string& column : plain) list += (list.empty() ? "" : ", ") + sqlite::quoted(column);
  auto rows = database.prepare(fmt::format("SELECT {} FROM {} LIMIT 1", list, table));
  if (!rows) return std::unexpected(rows.error());
  const auto row = rows->step();
  if (!row) return std::unexpected(row.error());
  for (std::size_t i = 0; i < plain.size(); ++i)
    if (!*row || !take_setting(market, plain[i], *rows, static_cast<int>(i)))
      market.without_equivalent.push_back(shown(plain[i]));
  return {};
}

/// The first row of a table, but its index and what is secret; nothing where there is none.
Result<OldColumns> read_row(const sqlite::Database& database, const std::string& table, OldSettings& out) {
  auto columns = columns_of(database, table);
  if (!columns) return std::unexpected(columns.error());
  std::string list;
  std::erase_if(*columns, [&](const std::string& column) {
    if (is_secret(column)) out.secrets.push_back(fmt::format("{}.{}", table, shown(column)));
    return column == "index" || is_secret(column);
  });
  for (const std::string& column : *columns) list += (list.empty() ? "" : ", ") + sqlite::quoted(column);
  OldColumns row;
  if (list.empty()) return row;
  auto rows = database.prepare(fmt::format("SELECT {} FROM {} LIMIT 1", list, sqlite::quoted(table)));
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->step();
  if (!found) return std::unexpected(found.error());
  for (std::size_t i = 0; *found && i < columns->size(); ++i)
    row.emplace_back((*columns)[i], std::string{rows->text(static_cast<int>(i))});
  return row;
}

/// The order grid of one market; its tables that have a row are no longer among those without an equivalent.
Result<void> read_orders(const sqlite::Database& database, bool stock, std::vector<std::string>& tables,
                         OldSettings& out) {
  OldColumns sides[2];
  for (std::size_t side = 0; side < 2; ++side) {
    const std::string table = fmt::format("{}{}order", stock ? "stock" : "coin", side == 0 ? "buy" : "sell");
    if (!has(tables, table)) continue;
    auto row = read_row(database, table, out);
    if (!row) return std::unexpected(row.error());
    if (!row->empty()) std::erase(tables, table);
    sides[side] = std::move(*row);
  }
  if (!sides[0].empty() || !sides[1].empty()) out.orders.push_back(old_orders(stock, sides[0], sides[1]));
  return {};
}

}  // namespace

Result<std::optional<OldStrategies>> read_old_strategies(const std::filesystem::path& file) {
  const auto database = sqlite::Database::open_foreign(file);
  if (!database) return std::unexpected(database.error());
  const auto tables = tables_of(*database);
  if (!tables) return std::unexpected(tables.error());
  const auto is_known = [](std::string_view name) {
    return std::ranges::find(kTextTables, name, &TextTable::name) != kTextTables.end();
  };
  if (std::ranges::none_of(*tables, is_known)) return std::optional<OldStrategies>{};
  OldStrategies out;
  for (const TextTable& table : kTextTables)
    if (has(*tables, table.name))
      if (auto read = read_texts(*database, table, out.texts); !read) return std::unexpected(read.error());
  for (const std::string& table : *tables) {
    if (table == "schedule") {
      auto count = database->prepare("SELECT count(*) FROM schedule");
      if (!count) return std::unexpected(count.error());
      if (const auto row = count->step(); !row) return std::unexpected(row.error());
      out.schedules = count->integer(0);
    } else if (!is_known(table)) {
      out.passed_over.push_back(shown(table));
    }
  }
  return std::optional{std::move(out)};
}

Result<std::optional<OldSettings>> read_old_settings(const std::filesystem::path& file) {
  const auto database = sqlite::Database::open_foreign(file);
  if (!database) return std::unexpected(database.error());
  auto tables = tables_of(*database);
  if (!tables) return std::unexpected(tables.error());
  if (!has(*tables, "stock") && !has(*tables, "coin")) return std::optional<OldSettings>{};
  OldSettings out;
  for (const bool stock : {true, false})
    if (has(*tables, stock ? "stock" : "coin"))
      if (auto read = read_market(*database, stock, out); !read) return std::unexpected(read.error());
  for (const bool stock : {true, false})
    if (auto read = read_orders(*database, stock, *tables, out); !read) return std::unexpected(read.error());
  for (const std::string& table : *tables) {
    if (table == "stock" || table == "coin") continue;
    (is_secret(table) ? out.secrets : out.without_equivalent).push_back(shown(table));
  }
  return std::optional{std::move(out)};
}

}  // namespace stom::importers
