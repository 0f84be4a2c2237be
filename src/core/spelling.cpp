#include "core/spelling.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <utility>

namespace stom {
namespace {

/// Edits (insert, delete, replace, swap of neighbours) between two short words; of words that are `most` edits apart or
/// more it says `most`, and works out no more than tells that.
class EditDistance {
 public:
  std::size_t operator()(std::string_view a, std::string_view b, std::size_t most) {
    before_.assign(b.size() + 1, most);
    row_.assign(b.size() + 1, most);
    last_.resize(b.size() + 1);
    std::iota(last_.begin(), last_.end(), std::size_t{0});
    std::size_t least = 0;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t least_before = std::exchange(least, most);
      // Further from the diagonal there are `most` edits already.
      const std::size_t from = i < most ? 1 : i - most + 1, to = std::min(b.size(), i + most - 1);
      row_[from - 1] = from == 1 ? i : most;
      for (std::size_t j = from; j <= to; ++j) {
        row_[j] = std::min({last_[j] + 1, row_[j - 1] + 1, last_[j - 1] + (a[i - 1] != b[j - 1])});
        const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
        if (swapped) row_[j] = std::min(row_[j], before_[j - 2] + 1);
        least = std::min(least, row_[j]);
      }
      if (to < b.size()) row_[to + 1] = most;  // which the next line reads
      if (std::min({least, least_before, row_[from - 1]}) >= most) return most;
      std::swap(before_, last_);
      std::swap(last_, row_);
    }
    return std::min(most, last_[b.size()]);
  }

 private:
  std::vector<std::size_t> before_, last_, row_;
};

/// Which letters a word has, some of them under one bit.
std::uint64_t letters_of(std::string_view word) {
  std::uint64_t bits = 0;
  for (const char c : word) bits |= std::uint64_t{1} << (static_cast<unsigned char>(c) % 64);
  return bits;
}

}  // namespace

std::optional<std::size_t> nearest_of(std::string_view typed, std::span<const std::string_view> known) {
  EditDistance distance_of;
  std::optional<std::size_t> best;
  std::size_t best_distance = std::max<std::size_t>(1, typed.size() / 3) + 1;
  const std::uint64_t letters = letters_of(typed);
  for (std::size_t i = 0; i < known.size(); ++i) {
    const std::string_view name = known[i];
    const bool is_prefix = typed.size() >= 2 && name.starts_with(typed);
    const std::size_t longer = std::max(typed.size(), name.size()), shorter = std::min(typed.size(), name.size());
    if (!is_prefix && longer - shorter >= best_distance) continue;  // so many edits it takes at least
    const std::uint64_t others = letters_of(name);  // a letter that only one of them has takes an edit, too
    const auto apart =
        static_cast<std::size_t>(std::max(std::popcount(letters & ~others), std::popcount(others & ~letters)));
    if (!is_prefix && apart >= best_distance) continue;
    const std::size_t distance = is_prefix ? 1 : distance_of(typed, name, best_distance);
    if (distance < best_distance) {
      best_distance = distance;
      best = i;
    }
  }
  return best;
}

std::string nearest_name(std::string_view typed, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const auto best = nearest_of(typed, names);
  return best ? known[*best] : std::string{};
}

}  // namespace stom
