// Any bytes as a condition text: refused with reports that can be shown, or a tree in which every name has its meaning,
// which then runs over some rows. The first byte says how the text is checked.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/machine.hpp"
#include "conditions/parser.hpp"
#include "core/assert.hpp"
#include "core/utf8.hpp"

namespace {

using namespace stom::conditions;

void judged(const Report& report, std::string_view text) {
  STOM_ASSERT(report.place.line >= 1 && report.place.column >= 1 && report.place.length >= 1);
  for (const Language language : {Language::Korean, Language::English}) {
    STOM_ASSERT(!report.message(language).empty() && !report.hint(language).empty());
    const std::string shown = render(report, text, "text", language);
    STOM_ASSERT(stom::is_utf8(shown));
    STOM_ASSERT(shown.size() < 8192);
  }
}

void meant(const Expr& expr) {
  STOM_ASSERT(expr.depth <= kMostDepth);
  const bool is_name = expr.node == Node::Name || expr.node == Node::Call;
  STOM_ASSERT(!is_name || expr.meaning != Meaning::None);
  for (const Expr* operand : expr.operands) meant(*operand);
}

void meant(std::span<Stmt* const> body) {
  for (const Stmt* statement : body) {
    const bool is_given = statement->act == Act::SetVariable || statement->act == Act::SetSetting;
    if (statement->value && !is_given) meant(*statement->value);
    for (const Branch& branch : statement->branches) {
      if (branch.condition) meant(*branch.condition);
      meant(branch.body);
    }
  }
}

/// Over two days, with something held on most rows.
void run(const Tree& tree, const Checked& checked, const CheckOptions& options) {
  Needs needs;
  const CompileOptions how{.market = options.market, .minute = options.mode == Mode::Minute, .given = options.given};
  const Program program = compile(tree, checked, how, needs);
  const DayPlan plan{needs};
  InstrumentDay day{plan, how.minute, "name", "code"};
  Machine machine{program};
  std::vector<double> row(input_count());
  for (std::uint32_t i = 0; i < 12; ++i) {
    for (std::size_t k = 0; k < row.size(); ++k) row[k] = static_cast<double>((i * 7 + k * 3) % 11) * 0.75 - 1;
    day.add(i / 8, 32'400 + i * 20, row);
    if (i == 2 || i == 9) day.bought();
    if (i == 7) day.sold();
    for (std::size_t n = 0; n < needs.conditions.size(); ++n) day.held(n, i % 3 == 0);
    const Outcome outcome = machine.run(row, day);
    STOM_ASSERT(!outcome.stopped || !outcome.signal);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text{reinterpret_cast<const char*>(data + 1), size - 1};
  CheckOptions options;
  if (const unsigned kind = data[0] % 5; kind < 4) options.kind = static_cast<TextKind>(kind);
  options.mode = static_cast<Mode>(data[0] / 5 % 3);
  options.market = static_cast<Market>(data[0] / 15 % 4);
  if (data[0] >= 128) options.conditions = {"돌파", "급등"};
  const Settings settings;
  if (data[0] % 2 == 0) options.given = &settings;

  Reports reports;
  Tree tree = parse(text, reports);
  const Checked checked = check(tree, options, reports);
  for (const Report& report : reports.all()) judged(report, text);
  if (reports.has_errors()) return 0;
  meant(tree.body);
  if (checked.kind != TextKind::Variables && !tree.body.empty()) run(tree, checked, options);
  return 0;
}
