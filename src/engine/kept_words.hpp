// What strategies keep for the process after theirs (Context::keep()): a line of the journal each, and a fold over
// those. The latest word of an instrument and a strategy counts; with a restart all are over, and whoever still wants
// his keeps it again as he starts.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "model/types.hpp"
#include "orders/owner.hpp"

namespace stom {

class KeptWords {
 public:
  struct Of {
    InstrumentIndex instrument = 0;
    orders::Owner owner = orders::kSessionsOwn;
  };
  /// "kept 0 1 WORD".
  static std::string line(Of of, std::string_view word) {
    std::string line{kKept};
    line += std::to_string(of.instrument) + ' ' + std::to_string(of.owner) + ' ';
    return line += word;
  }
  static bool is_line(std::string_view text) { return parse(text).has_value(); }

  void keep(Of of, std::string_view word) { words_[place_of(of)] = word; }
  /// A line of a strategy's: what is none of these, of so many instruments, is passed over.
  void read(std::string_view text, std::size_t instruments) {
    if (const auto one = parse(text); one && one->first.instrument < instruments) keep(one->first, one->second);
  }
  void restarted() { words_.clear(); }
  /// Empty: there is none.
  std::string_view word(Of of) const {
    const auto at = words_.find(place_of(of));
    return at == words_.end() ? std::string_view{} : std::string_view{at->second};
  }

  template <class Io>
  void fields(Io& io) {
    io(words_);
  }

 private:
  static constexpr std::string_view kKept = "kept ";

  static std::optional<std::pair<Of, std::string_view>> parse(std::string_view text) {
    if (!text.starts_with(kKept)) return std::nullopt;
    text.remove_prefix(kKept.size());
    Of of;
    const auto number = [&text](auto& value) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const auto read = static_cast<std::size_t>(end - text.data());
      if (error != std::errc{} || read >= text.size() || text[read] != ' ') return false;
      text.remove_prefix(read + 1);
      return true;
    };
    if (!number(of.instrument) || !number(of.owner) || of.owner >= orders::kOwners) return std::nullopt;
    return std::pair{of, text};
  }

  static std::uint64_t place_of(Of of) { return std::uint64_t{of.instrument} * orders::kOwners + of.owner; }

  std::map<std::uint64_t, std::string> words_;
};

}  // namespace stom
