// Every word of the condition language, once: what the checker allows, what completion and hover show, what translation
// swaps and what the pages print. Words are what a text may name without defining it; the grammar's own words
// (if, and, …) are the parser's.
//
// A history form (현재가N(k), price_at(k)) is not a word of its own: every number field and every indicator has one,
// and find_word() knows the rule.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stom::conditions {

enum class Language : std::uint8_t { Korean, English };

/// How a word is written in a text, and what it stands for.
enum class WordKind : std::uint8_t {
  Field,      // 현재가: a column of the row
  Window,     // 이동평균(n), (n, k), (n, '5m'): over the last n rows, as of k rows ago
  Elapsed,    // 경과틱수('name'): rows since a named condition held
  Indicator,  // RSI, RSI(7): over the rows of the day
  Position,   // 수익률: of what is held; sell texts only
  Signal,     // 매수, 매도, BUY_LONG, …: what the text decides
  Function,   // abs(x): of its arguments alone
};

/// What a value can be: a set, as a name may hold now one, now another.
using Type = std::uint8_t;
inline constexpr Type kNumber = 1, kFlag = 2, kText = 4, kNone = 8, kList = 16;
inline constexpr Type kAnything = kNumber | kFlag | kText | kNone;

/// What a number counts. Free fits every other: plain numbers, ratios, variables.
enum class Unit : std::uint8_t {
  Free,
  Price,
  Percent,
  Quantity,
  Value,           // traded value: million won at KRX, the quote currency for coins
  HundredMillion,  // of won
  Money,           // won, or the quote currency
  Clock,           // HHMMSS
  Stamp,           // YYYYMMDDHHMMSS
  Duration,        // seconds; minutes in minute mode
  Rows,
  Degrees,
  Count,
  Switch,  // 1 or 0
};
std::string_view unit_name(Unit unit, Language language);

/// Where a word has a value; elsewhere it reads 0.
enum class Mode : std::uint8_t { Any, Second, Minute };
enum class Market : std::uint8_t { Any, Stock, Coin, Futures };

enum class Statistic : std::uint8_t { None, Mean, Max, Min, Sum, Angle };

struct Word {
  std::string_view korean, english;
  WordKind kind;
  Type type;
  Unit unit;
  Mode mode;
  Market market;
  Statistic statistic;  // of a window
  std::string_view of;  // window: the Korean name of its field; indicator: its family
  std::string_view korean_meaning, english_meaning;
  std::string_view example;  // in Korean words; an expression, or a line of a text

  std::string_view name(Language language) const { return language == Language::Korean ? korean : english; }
  std::string_view meaning(Language language) const {
    return language == Language::Korean ? korean_meaning : english_meaning;
  }
  bool has_history() const { return (kind == WordKind::Field && type == kNumber) || kind == WordKind::Indicator; }
};

/// In the order in which the pages show them.
std::span<const Word> words();

struct FoundWord {
  const Word* word = nullptr;  // nullptr: there is none of that name
  bool history = false;        // written as 현재가N or price_at
};
/// By its Korean or English name, Hangul composed; history forms too.
FoundWord find_word(std::string_view name);
/// Of a Signal: whether buy texts decide it, and not sell texts.
bool is_for_buying(const Word& word);
/// The name of the history form: 현재가N, price_at, RSI_N, RSI_at.
std::string history_name(const Word& word, Language language);

/// The word, or one of `also` (names of the text's own), that was probably meant; empty where none is near. Hangul is
/// compared letter by letter, so that 채결강도 is one slip away from 체결강도.
std::string nearest_word(std::string_view typed, std::span<const std::string_view> also = {});

/// A parameter of an indicator, as TA-Lib names and bounds it.
struct Setting {
  std::string_view name;
  double standard, least, most;
  bool whole;
};

/// Indicators that are computed together and share their parameters: MACD, MACDS and MACDH.
struct Family {
  std::string_view name;   // before the '_' of self.indicator['MACD_fastperiod']
  std::string_view alias;  // another spelling of it that is accepted; may be empty
  std::span<const Setting> settings;
};
std::span<const Family> families();
const Family& family_of(const Word& indicator);
/// By its name or alias, or the name of one of its indicators: BBANDS, BB, BBU. Null: there is none.
const Family* family_named(std::string_view name);

struct FoundSetting {
  const Family* family = nullptr;
  const Setting* setting = nullptr;
};
/// 'RSI_timeperiod', 'BBANDS_nbdevup', 'BBU_nbdevup'; both null where there is none.
FoundSetting find_setting(std::string_view key);
/// Every key of self.indicator.
std::vector<std::string> setting_keys();

}  // namespace stom::conditions
