// The straight road for messages that tables describe (shapes.hpp): the same rules, for frames whose members stand in
// the table's order, with plain numbers and no spaces, escapes or bytes outside ASCII. Whatever else it meets it
// answers "not mine", and the full parser with the same table decides; so it can be wrong about speed only.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "venues/shapes.hpp"

namespace stom::venues::straight {

struct Reader;

/// A table, prepared for reading straight through.
class Members {
 public:
  /// `wanted`: names of the events' fields whose text read() gives, 127 at most; "side" of a TakenQuantity is told by
  /// the sign before it. The table must outlive this.
  Members(std::span<const Rule> rules, std::span<const std::string_view> wanted);

  /// The members of an object after '{' up to and with '}': true where all are as the table wants them. `values` has a
  /// text for each wanted name, as it stands in the frame, numbers without sign; empty where the frame has none.
  bool read(Reader& in, std::span<std::string_view> values) const;

 private:
  enum class Check : std::uint8_t { Any, Text, Number, QuotedNumber, Whole, Clock, Word, Never };
  struct Member {                       // half a cache line: a message may have two hundred
    std::uint64_t first = 0, mask = 0;  // of the first eight bytes of `"key":`
    std::uint16_t at = 0;               // of all of it in keys_
    std::uint16_t rule = 0;
    std::uint8_t length = 0;
    Check check = Check::Any;
    std::int8_t slot = -1, side_slot = -1;
    bool may_miss = false, may_be_empty = false, may_have_sign = false;
  };
  bool read_all(Reader& in, std::span<std::string_view> values) const;
  bool read_value(Reader& in, const Member& member, std::span<std::string_view> values) const;
  bool at_member(const Reader& in, const Member& member) const;
  static bool skip_quickly(Reader& in, const Member& member);

  std::span<const Rule> rules_;
  std::vector<Member> members_;
  std::string keys_;
};

/// The text of a plain number that read() gave, at `decimals`; false where it needs more of them.
bool number_of(std::string_view text, int decimals, std::int64_t& out);

}  // namespace stom::venues::straight
