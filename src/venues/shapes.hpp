// Messages described as data: which members an object has, what each is called in an event (docs/events.md) and how its
// value is read. A venue's folder has such tables for what it sends; this reads any of them by the same rules:
//   - a member that is missing, comes twice or is of another type is an error, and nothing of the frame counts;
//   - a member that the table does not name passes and is counted;
//   - a word that the table's list does not have makes the whole message unknown: kept, counted, shown, never guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/time.hpp"
#include "venues/events.hpp"
#include "venues/json.hpp"

namespace stom::venues {

/// How a member's value is read.
enum class As : std::uint8_t {
  Skip,     // documented, and nothing that we need
  Text,     // a string
  Symbol,   // a string: an instrument
  Id,       // a whole JSON number, kept as text
  AnyId,    // string or whole JSON number, where the venue writes both
  Decimal,  // a string with a plain decimal that is not negative
  Signed,   // the same, may be negative
  Number,   // a JSON number that is not negative, kept exact
  SignedNumber,
  Amount,  // string or JSON number, where the venue writes both; not negative
  SignedAmount,
  Magnitude,  // a string whose sign tells a direction ("-20800"), maybe behind a space or with leading zeros: without
              // it
  Directed,   // the same with its sign
  TakenQuantity,  // the same, of a trade: + a buyer took, - a seller; without a sign nobody says. Also gives "side"
  Integer,        // a whole JSON number
  Count,          // a whole JSON number that is not negative
  Ms,             // a JSON number: milliseconds since 1970
  MsText,         // the same as a string
  AnyMs,          // either, where the venue writes both
  Iso,            // "2018-04-10T15:42:23+09:00"
  ClockKst,       // "115618", a time of day in Seoul
  StampKst,       // "20250917131939" or "20250917", in Seoul: to a time
  Bool,
  BoolText,  // "true", "false"
  Word,      // one of a list
  Object,    // its members belong to this event
  List,      // each element is an event of its own; instrument, times, side and order that it lacks are its parent's
};

enum Need : std::uint8_t {
  kMust = 0,
  kMayMiss = 1,     // optional
  kMayBeNull = 2,   // null: as if missing
  kMayBeEmpty = 4,  // "" or spaces: as if missing
  kMayBeNone = 8,   // 0, -1: as if missing (ids and times)
};

struct Term {
  std::string_view venue;  // as it stands in the frame
  std::string_view ours;
};

struct Shape;
struct Rule {
  std::string_view key;
  std::string_view name;  // in the event; empty for Skip
  As as = As::Skip;
  unsigned need = kMust;
  std::span<const Term> words{};
  const Shape* shape = nullptr;  // Object, List
  std::string_view brief{};      // the member's other name, where the venue has a short format too
};

struct Shape {
  std::string_view kind;  // empty: no event of its own, only what its lists hold
  std::span<const Rule> rules;
};

/// Reads `object` by the table, appending to `out`. What is not Events leaves `out` for the caller to rewind.
Decoded read_shape(const Json& object, const Shape& shape, EventBatch& out);
/// The same for each element of a list; empty objects, by which documents shorten, say nothing.
Decoded read_shapes(const Json& array, const Shape& shape, EventBatch& out);

/// Which table an object without a type is read by: the first whose keys it has all.
struct Known {
  std::span<const std::string_view> keys;
  const Shape* shape;
  std::uint32_t most = 1000;  // members that it may have, where the keys are words that others use too
};
const Shape* shape_of(const Json& object, std::span<const Known> known);

inline constexpr DurationNanos kSeoul = 9 * kHour;  // ahead of UTC, all year

/// "115618" since midnight in Seoul; nothing where it is no time of day.
std::optional<DurationNanos> clock_kst(std::string_view text);
/// The same of its six digits as a number.
std::optional<DurationNanos> clock_kst(std::uint32_t digits);
/// kNoTime where it is none.
UnixNanos stamp_kst(std::string_view text);
/// The moment of that time of day in Seoul nearest to `received`.
UnixNanos near(DurationNanos clock_kst, UnixNanos received);

/// What an object is called that no table fits: the names of its first members.
std::string members_of(const Json& json);
/// A name that two of its members have; empty where each has its own. For objects that no table reads.
std::string_view name_said_twice(const Json& object);
Decoded said_twice(std::string_view name);

/// One value by a rule, appended to the newest event of `out`.
Decoded read_value(const Json& value, const Rule& rule, EventBatch& out);

inline Decoded events() { return {}; }
Decoded unknown(std::string text);
Decoded malformed(std::string text);

}  // namespace stom::venues
