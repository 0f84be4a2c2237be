// Any bytes as the texts of a strategy, from the lexer to the machine: buy, sell, variables, named conditions and an
// expression to trace, run together over two days of rows with positions, gates, windows, bars and indicators. What is
// accepted has to run to its end, say the same by the machine as by native code, the same twice, and the same in the
// other language's words.
//
// The first byte says which market and which rows; a zero byte ends each text. Work is bounded by the size of the input
// and the few rows: a text may take 10,000 loop steps on each of them.
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conditions/layout.hpp"
#include "conditions/pair.hpp"
#include "conditions/program.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "conditions/translate.hpp"
#include "core/assert.hpp"

namespace {

using namespace stom::conditions;

constexpr std::size_t kMostInput = 2048;
constexpr std::size_t kRows = 24;  // of which the second half is the next day

/// Prices that rise and fall, quantities that are now and then 0, VI and round figures now and then.
RowFile made_rows(bool minute) {
  RowFile rows;
  rows.minute = minute;
  rows.has_ask = rows.has_bid = rows.has_fifth_level = true;
  rows.stride = kRows;
  rows.inputs.resize(kRows * input_count());
  for (std::size_t i = 0; i < kRows; ++i) {
    const std::int64_t day = i < kRows / 2 ? 20240105 : 20240108;
    const auto clock = static_cast<std::int64_t>(i % (kRows / 2));
    rows.index.push_back(minute ? day * 10'000 + 900 + clock * 3 : day * 1'000'000 + 90'000 + clock * 4);
    std::size_t k = 0;
    for (const Word& word : words()) {
      if (word.kind != WordKind::Field && word.kind != WordKind::Position) continue;
      double& value = rows.inputs[k++ * kRows + i];
      value = static_cast<double>((i * 7 + k * 3) % 11) * 0.75 - 1;
      if (word.korean == "종목명") value = stom::conditions::text_value(kNameText);
      if (word.korean == "종목코드") value = stom::conditions::text_value(kCodeText);
      if (word.korean == "관심종목") value = i % 5 == 4 ? 0 : 1;
      if (word.korean == "데이터길이") value = static_cast<double>(clock + 1);
      if (word.korean == "매도호가1" || word.korean == "매수호가1") value = i % 7 == 6 ? 0 : value + 2;
      if (word.kind == WordKind::Position) value = kNothing;
    }
  }
  return rows;
}

/// The text up to the next zero byte, taken off the front.
std::string next(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  std::string text{rest.substr(0, end)};
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return text;
}

void expect_equal(const RowRun& a, const RowRun& b) {
  STOM_ASSERT(a.buys.size() == b.buys.size() && a.sells.size() == b.sells.size());
  for (std::size_t i = 0; i < a.buys.size(); ++i) STOM_ASSERT(a.buys[i].row == b.buys[i].row);
  for (std::size_t i = 0; i < a.sells.size(); ++i)
    STOM_ASSERT(a.sells[i].row == b.sells[i].row && a.sells[i].line == b.sells[i].line);
  STOM_ASSERT(a.buy_stopped == b.buy_stopped && a.sell_stopped == b.sell_stopped && a.trace.size() == b.trace.size());
  for (std::size_t i = 0; i < a.trace.size(); ++i) {
    const double left = a.trace[i].value, right = b.trace[i].value;
    STOM_ASSERT(std::bit_cast<std::uint64_t>(left) == std::bit_cast<std::uint64_t>(right) ||
                kind_of(left) == ValueKind::Text);  // whose number is the program's own
    STOM_ASSERT(a.trace[i].text == b.trace[i].text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kMostInput) return 0;
  static const RowFile seconds = made_rows(false), minutes = made_rows(true);
  std::string_view rest{reinterpret_cast<const char*>(data + 1), size - 1};
  PairTexts texts{.market = data[0] % 2 == 0 ? Market::Stock : Market::Coin, .minute = data[0] / 2 % 2 == 1};
  texts.buy = next(rest);
  texts.sell = next(rest);
  texts.variables = next(rest);
  std::optional<std::uint32_t> wrong;
  texts.named = named_texts(next(rest), wrong);
  texts.trace = next(rest);
  if (texts.variables.empty()) texts.variables = "self.vars[0] = 2";  // else nothing would run on so few rows

  const PairResult made = make_pair_of(texts);
  for (const PairReport& of : made.reports) STOM_ASSERT(!of.reports.all().empty());
  if (!made.pair) return 0;
  const RowFile& rows = texts.minute ? minutes : seconds;
  const RowRun run = run_rows(*made.pair, rows);
  STOM_ASSERT(run.sells.size() <= run.buys.size() && run.buys.size() <= kRows / 2);
  STOM_ASSERT(!made.pair->trace || run.trace.size() == kRows);
  PairTexts plain = texts;
  plain.native = false;
  expect_equal(run, run_rows(*make_pair_of(plain).pair, rows));
  if (data[0] / 8 % 4 != 0) return 0;  // the rest costs more than all before it
  expect_equal(run, run_rows(*made.pair, rows));

  const Language other = data[0] / 4 % 2 == 0 ? Language::English : Language::Korean;
  texts.buy = translate(laid_out(texts.buy), other, TextKind::Buy);
  for (std::string* text : {&texts.sell, &texts.trace}) *text = translate(laid_out(*text), other, TextKind::Sell);
  for (NamedText& named : texts.named)  // of the others a word may be a parameter's name
    if (!named.parameters) named.text = translate(named.text, other, TextKind::Condition);
  const PairResult translated = make_pair_of(texts);
  STOM_ASSERT(translated.pair.has_value());
  expect_equal(run, run_rows(*translated.pair, rows));
  return 0;
}
