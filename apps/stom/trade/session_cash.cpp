#include "trade/session_cash.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/decimal.hpp"
#include "core/spelling.hpp"

namespace stom::trade {
namespace {

constexpr std::string_view kCashWord = " cash=", kInstrumentWord = " instrument=";
constexpr int kCashDecimals = 6;
constexpr std::int64_t kUsualWon = 100'000'000, kUsualCoins = 10, kUsual = 100'000;

/// Of coins few: cash that nobody named must not be what makes limits of leverage and drawdown wide.
Money usual_amount(const Instrument& instrument) {
  const std::string& currency = instrument.settlement();
  const bool coin =
      instrument.kind == ContractKind::Inverse || currency == "BTC" || currency == "ETH" || currency == "BNB";
  return {Int128{currency == "KRW" ? kUsualWon : coin ? kUsualCoins : kUsual} * power_of_ten(kMoneyDecimals)};
}

/// Those in which something is traded, once each, in the order of the instruments.
std::vector<std::string> currencies_of(std::span<const Instrument> traded) {
  std::vector<std::string> all;
  for (const Instrument& one : traded)
    if (std::ranges::find(all, one.settlement()) == all.end()) all.push_back(one.settlement());
  return all;
}

Result<std::pair<std::string, Money>> parse_cash_of(const std::string& text, std::span<const Instrument> traded) {
  const auto equals = text.find('=');
  const bool named = equals != std::string::npos;
  const auto amount = parse_decimal(std::string_view{text}.substr(named ? equals + 1 : 0), kCashDecimals);
  if (!amount || *amount <= 0)
    return fail(Errc::Usage, fmt::format("--cash {} is not an amount above 0", text),
                "a plain decimal such as 10000, or of a currency USDT=10000; no more than 9223372036854");
  std::string currency = named ? text.substr(0, equals) : traded.front().settlement();
  const auto known = currencies_of(traded);
  if (std::ranges::find(known, currency) == known.end()) {
    const std::string near = nearest_name(currency, known);
    return fail(Errc::Usage, fmt::format("--cash {}: nothing that is traded is paid in {}", text, currency),
                near.empty() ? fmt::format("its currencies are {}", fmt::join(known, ", "))
                             : fmt::format("did you mean {}?", near));
  }
  return std::pair{std::move(currency), Money{Int128{*amount} * power_of_ten(kMoneyDecimals - kCashDecimals)}};
}

/// As they were written. Only behind the instruments: before them stand the strategy's parameters, whatever they hold.
std::vector<std::string> cash_words(std::string_view configuration) {
  std::vector<std::string> words;
  auto at = configuration.rfind(kInstrumentWord);
  if (at == configuration.npos) return words;
  while ((at = configuration.find(kCashWord, at)) != configuration.npos) {
    at += kCashWord.size();
    words.emplace_back(configuration.substr(at, configuration.find(' ', at) - at));
  }
  return words;
}

}  // namespace

Result<StartCash> session_cash(std::span<const Instrument> traded, const std::vector<std::string>& texts,
                               std::string_view earlier) {
  std::map<std::string, Money> amounts;
  for (const std::string& text : texts) {
    auto amount = parse_cash_of(text, traded);
    if (!amount) return std::unexpected(amount.error());
    if (!amounts.insert(*amount).second)
      return fail(Errc::Usage, fmt::format("--cash {}: {} is there twice", text, amount->first), "name it once");
  }
  // What that one began with and these instruments do not know is another session: check_goes_on() says so.
  for (const std::string& word : cash_words(earlier))
    if (auto amount = parse_cash_of(word, traded)) amounts.insert(std::move(*amount));
  StartCash cash;
  std::set<std::string_view> seen;
  for (InstrumentIndex i = 0; i < traded.size(); ++i) {
    const std::string& currency = traded[i].settlement();
    if (!seen.insert(currency).second) continue;
    if (const auto at = amounts.find(currency); at != amounts.end())
      cash.set(i, at->second);
    else if (earlier.empty())
      cash.set(i, usual_amount(traded[i]));
  }
  return cash;
}

std::string cash_configuration(std::span<const Instrument> traded, const StartCash& cash) {
  std::string text;
  for (InstrumentIndex i = 0; i < traded.size(); ++i)
    if (const Money amount = cash.of(i); i == 0 || amount.value != 0)
      text += fmt::format("{}{}{}", kCashWord, i == 0 ? "" : traded[i].settlement() + "=",
                          format_decimal_trimmed(amount.value, kMoneyDecimals));
  return text;
}

}  // namespace stom::trade
