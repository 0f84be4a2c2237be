// The values of a real-time entry, read straight through: an object whose members are all strings, named by numbers
// ("20":"115618"), in the order in which the venue writes them. Whatever else it meets it answers "not mine", and the
// decoder decides; so it can be wrong about speed only.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "venues/shapes.hpp"

namespace stom::venues::straight {
struct Reader;
}

namespace stom::venues::kiwoom {

class StraightValues {
 public:
  static constexpr int kUnread = -1;
  /// The next member, by the rule that the decoder has for it; its key has two to four digits. `slot`: where read()
  /// puts its number.
  void add(std::string_view key, As as = As::Skip, unsigned need = kMust, int slot = kUnread);

  /// What is told besides numbers.
  struct Told {
    DurationNanos clock = 0;  // of the member that is a time of day in Seoul
    char taken = 0;           // the sign before a TakenQuantity; 0: none
  };
  /// The members of an object after '{' up to and with '}': true where all are as they should be, and those with a slot
  /// are whole numbers, which `numbers` has without their signs.
  bool read(straight::Reader& in, std::span<std::int64_t> numbers, Told& told) const;

 private:
  enum class Check : std::uint8_t { Any, Text, Number, Clock, Never };
  struct Member {
    std::uint64_t key = 0, mask = 0;  // `"key":"`, and which of its eight bytes it has
    std::int16_t slot = kUnread;
    std::uint8_t length = 0;
    Check check = Check::Any;
    bool may_miss = false, may_be_empty = false, may_have_sign = false, tells_taker = false;
  };
  static bool read_value(const straight::Reader& in, const Member& member, const char* value, const char* close,
                         std::span<std::int64_t> numbers, Told& told);

  std::vector<Member> members_;
  std::size_t needed_ = 0;  // so many must have been passed
};

}  // namespace stom::venues::kiwoom
