// A venue's history that comes as answers: which is asked for next, and the table that all of them make. A state
// machine without I/O and clock: who loads it may keep the answers and hand them in again, and goes on from the last
// one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venues/venue.hpp"

namespace stom::venues {

/// How long after its end a bar may still change: the venue's clock is not ours.
inline constexpr DurationNanos kBarSettled = 5 * kSecond;

struct PageRequest {
  std::string method = "GET";
  std::string target;
  std::vector<Header> headers{};
  std::string body{};
  Costs costs{};
  bool admission = false;  // for what opens the door (a token): its answer is for admit(), and is written down nowhere
};

/// An answer of status 200.
struct HistoryPage {
  std::string_view body;
  UnixNanos asked = kNoTime;  // when: what was not over then is not taken
  std::string_view next_key;  // of venues that tell in a header how to go on; empty: this was the last
};

class HistoryPages {
 public:
  virtual ~HistoryPages() = default;

  /// What is to be spent: the budgets that requests name, and how the venue says "too many".
  virtual const Description& limits() const = 0;
  /// Nothing once all are there. Errc::NotFound where the venue does not have (any more) what is asked for.
  virtual Result<std::optional<PageRequest>> next(UnixNanos now) const = 0;
  virtual Result<void> admit(std::string_view) {
    return fail(Errc::BadData, "an answer that lets nobody in", "report it");  // nobody asked for one
  }
  /// Text that is no such page, or one that does not go on from the page before, is refused, and changes nothing.
  virtual Result<void> take(const HistoryPage& page) = 0;
  /// After a page was refused: whether nothing that is there is of use any more.
  virtual bool begin_again() const { return false; }
  /// From 0 to 1.
  virtual double part() const = 0;
  virtual std::size_t rows() const = 0;
  /// For people, once all are there: that the venue's past begins behind the beginning of what was asked for; else
  /// empty.
  virtual std::string note() const { return {}; }
  /// For `stom data import`, the oldest first.
  virtual std::string table() const = 0;
};

}  // namespace stom::venues
