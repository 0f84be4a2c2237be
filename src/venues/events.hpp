// What a frame or a response says, in words that are the same for every venue (docs/events.md): an event has a kind and
// named fields. Decimals stay exact text: at how many decimals they become integers is the instrument's business.
// Market data on their way to a book do not come through here where a venue has a straighter road (market_data.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace stom::venues {

struct EventField {
  enum class Type : std::uint8_t {
    Text,
    Symbol,   // the venue's name of an instrument
    Decimal,  // plain and canonical: "-0.5", no exponent, no plus, no zeros that say nothing
    Integer,
    Time,  // ns since 1970
    Bool,
  };
  std::string_view name;
  Type type = Type::Text;
  std::string_view text;     // Text, Symbol, Decimal
  std::int64_t integer = 0;  // Integer, Time, Bool
};

struct LevelText {
  std::string_view price;
  std::string_view quantity;
};

struct Event {
  std::string_view kind;
  std::uint32_t first_field = 0, fields = 0;
  std::uint32_t first_level = 0, bids = 0, asks = 0;  // of a book
  bool has_levels = false;
};

/// Events of one frame. Views are into the frame, the decoder, or `texts`: valid until the next frame.
struct EventBatch {
  std::vector<Event> events;
  std::vector<EventField> fields;
  std::vector<LevelText> levels;
  std::vector<std::string_view> unknown_fields;  // the names of members that the venue's documents do not have

  void clear();
  /// A new event; fields are put() to the newest.
  Event& add(std::string_view kind);
  void put(std::string_view name, EventField::Type type, std::string_view text);
  void put(std::string_view name, EventField::Type type, std::int64_t integer);
  void text(std::string_view name, std::string_view value) { put(name, EventField::Type::Text, value); }
  /// Of one event; null where it has none of that name.
  const EventField* find(const Event& event, std::string_view name) const;
  /// A copy that lives as long as the batch's events.
  std::string_view keep(std::string text);
  /// Takes back all that came after.
  struct Mark {
    std::size_t events, fields, levels, unknown;
  };
  Mark mark() const { return {events.size(), fields.size(), levels.size(), unknown_fields.size()}; }
  void rewind(const Mark& mark);

 private:
  std::deque<std::string> texts_;
};

/// The canonical form of a number: JSON's ("1.50e-3"), or a decimal with sign, leading zeros or a leading space; empty
/// where it is none of that or longer than 40 digits. What is no part of `text` is kept in `batch`.
std::string_view canonical_decimal(std::string_view text, EventBatch& batch);

/// One line of JSON, {"events":[…]}; `venue` stands before the symbols ("upbit:KRW-BTC").
std::string to_json(const EventBatch& batch, std::string_view venue);

/// What came of a frame.
struct Decoded {
  enum class What : std::uint8_t {
    Events,     // nothing or more was learned
    Sent,       // it is of the kind that we send, not the venue
    Unknown,    // a type of message, or a value of a list, that the venue's documents (as we read them) do not have
    Malformed,  // bytes that do not mean what they should
  };
  What what = What::Events;
  std::string text;  // Unknown: which. Malformed: what is wrong
};

/// Frames and responses of one venue to events: a value with memory of its own, no state that a frame changes.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Appends to `out` only where the answer is Events. `received`: when the frame came, for venues that tell the time
  /// of day without the day; kNoTime where nobody knows.
  virtual Decoded decode(std::string_view frame, UnixNanos received, EventBatch& out) = 0;
};

}  // namespace stom::venues
