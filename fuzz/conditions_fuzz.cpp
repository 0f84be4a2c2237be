// Any bytes as a condition text: refused with reports that can be shown, or a tree in which every name has its meaning.
// The first byte says how the text is checked.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "conditions/checker.hpp"
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
  (void)check(tree, options, reports);
  for (const Report& report : reports.all()) judged(report, text);
  if (!reports.has_errors()) meant(tree.body);
  return 0;
}
