// `stom rows`: rows that came as rows (docs/old-data.md): the group, and what its commands share.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "rows_group.hpp"

namespace stom {
namespace {

Result<std::int64_t> day_of(const std::string& text) {
  std::string digits = text;
  std::erase(digits, '-');
  const bool plain = digits.size() == 8 && digits.find_first_not_of("0123456789") == std::string::npos;
  const std::int64_t day = plain ? std::stoll(digits) : 0;
  if (!is_row_index(day * 10'000, true))
    return fail(Errc::Usage, fmt::format("'{}' is no day", text), "as 2024-01-05 or 20240105");
  return day;
}

}  // namespace

void add_row_choice(CLI::App& command, RowChoiceFlags& flags) {
  command.add_option("--code", flags.codes, "only this instrument; may be given more than once");
  command.add_option("--from", flags.from, "first day, as 2024-01-05");
  command.add_option("--to", flags.to, "last day");
}

Result<const RowShape*> shape_named(const std::string& set) {
  if (const RowShape* shape = row_shape(set)) return shape;
  std::vector<std::string> known;
  for (const RowShape& shape : row_shapes()) known.emplace_back(shape.name);
  return fail(Errc::Usage, fmt::format("there is no set of rows named '{}'", set),
              fmt::format("it is one of {}", fmt::join(known, ", ")));
}

Result<store::RowChoice> row_choice(const RowChoiceFlags& flags) {
  store::RowChoice choice;
  choice.codes = flags.codes;
  for (const auto& [text, day] : {std::pair{&flags.from, &choice.from}, std::pair{&flags.to, &choice.to}}) {
    if (text->empty()) continue;
    const auto parsed = day_of(*text);
    if (!parsed) return std::unexpected(parsed.error());
    *day = *parsed;
  }
  if (choice.from > choice.to) return fail(Errc::Usage, "--from is after --to", "write the earlier day first");
  return choice;
}

void add_rows_command(CLI::App& app, Session& session) {
  auto* rows =
      app.add_subcommand("rows", "Rows of the old program's databases: in, out, and from stored ticks")->group("Data");
  add_rows_import(*rows, session);
  add_rows_build(*rows, session);
  add_rows_list(*rows, session);
  add_rows_export(*rows, session);
  add_rows_delete(*rows, session);
  examples(*rows, {"stom rows import stock_tick_back.db", "stom rows list",
                   "stom condition run --buy buy.txt --sell sell.txt --set stock-second"});
}

}  // namespace stom
