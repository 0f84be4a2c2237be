#include "market/order_book.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace stom {

namespace {

// Eight levels at a time; most searches end among the first.
constexpr int kStride = 8;

template <class Page>
bool any_of_eight(const Page& page, int first) {
  std::array<std::uint64_t, kStride / 2> pairs;
  std::memcpy(pairs.data(), page.data() + first, sizeof pairs);
  return (pairs[0] | pairs[1] | pairs[2] | pairs[3]) != 0;
}

/// The greatest slot <= from that holds a level, or -1.
template <class Page>
int last_in(const Page& page, int from) {
  for (; from % kStride != kStride - 1; --from) {
    if (from < 0) return -1;
    if (page[static_cast<std::size_t>(from)] != 0) return from;
  }
  while (from >= 0 && !any_of_eight(page, from - kStride + 1)) from -= kStride;
  while (from >= 0 && page[static_cast<std::size_t>(from)] == 0) --from;
  return from;
}

/// The least slot >= from that holds a level, or the size of the page.
template <class Page>
int first_in(const Page& page, int from) {
  const int size = static_cast<int>(page.size());
  for (; from % kStride != 0; ++from) {
    if (page[static_cast<std::size_t>(from)] != 0) return from;
  }
  while (from < size && !any_of_eight(page, from)) from += kStride;
  while (from < size && page[static_cast<std::size_t>(from)] == 0) ++from;
  return from;
}

/// Memory follows the ticks in use, and not all those where the price ever was: for each page that comes, so many of
/// those that are there are looked at, in turn. So about a sixteenth of them hold little, whatever the depth of the
/// book, and memory does not go up and down.
constexpr std::size_t kLooks = 16;
/// A page with so many levels becomes a list again: half of what fits one, so that a level more or less does not change
/// it back and forth.
constexpr std::size_t kFewAgain = LevelMap::kFew / 2;
/// Of so many writes to lists, one that takes so many becomes a page, too: where the price is, each message of a book
/// of few levels would look for its place among the others. What is far from the price never takes as many, however
/// long it stands there.
constexpr std::uint32_t kCounted = 4096, kOften = 256;

/// Pages, all 0, of which no book of this thread has need: what a deep book gives back with a snapshot serves it again
/// as the next one comes, and all others meanwhile. So a thread that follows books takes none from the heap once they
/// were as deep together as they become, and no small things come to lie where its pages were.
constexpr std::size_t kMostSpare = 8192;  // 16 MiB

template <class Page>
std::vector<std::unique_ptr<Page>>& spare_pages() {
  thread_local std::vector<std::unique_ptr<Page>> pages;
  return pages;
}

template <class Page>
std::unique_ptr<Page> empty_page() {
  auto& spare = spare_pages<Page>();
  if (spare.empty()) return std::make_unique<Page>();
  auto page = std::move(spare.back());
  spare.pop_back();
  return page;
}

template <class Page>
void put_aside(std::unique_ptr<Page> page) {
  auto& spare = spare_pages<Page>();
  if (page != nullptr && spare.size() < kMostSpare) spare.push_back(std::move(page));
}

}  // namespace

std::size_t LevelMap::List::find(std::uint16_t slot) const {
  std::size_t at = 0;
  while (at < levels && slots[at] != slot) ++at;
  return at;
}

std::uint32_t LevelMap::quantity_of(Place place, std::uint16_t slot) const {
  if (place == kNowhere) return 0;
  const List& list = list_at(place);
  const std::size_t at = list.find(slot);
  return at == list.levels ? 0 : list.quantities[at];
}

/// set() where there is a list, or nothing yet.
std::int64_t LevelMap::set_far(Tick tick, std::int64_t quantity) {
  const auto index = page_of(tick);
  const bool is_new = index >= directory_.size() || directory_[index] == kNowhere;
  if (is_new) {
    if (quantity == 0) return 0;  // venues take away levels that a snapshot never had
    add_list(index);
  }
  List& list = list_at(directory_[index]);
  const std::size_t at = list.find(slot_of(tick));
  const std::int64_t before = at == list.levels ? 0 : list.quantities[at];
  const auto stored = static_cast<std::uint32_t>(std::min<std::int64_t>(quantity, kWide));
  if (++far_writes_ == kCounted) {
    far_writes_ = 0;
    for (List& each : lists_) each.writes = 0;
  }
  if (stored != 0 && (at == kFew || ++list.writes >= kOften)) {
    make_page(index);
    return set(tick, quantity);
  }
  if (stored != 0) {
    if (at == list.levels) list.slots[list.levels++] = slot_of(tick);
    list.quantities[at] = stored;
  } else if (at != list.levels) {
    --list.levels;
    list.slots[at] = list.slots[list.levels];
    list.quantities[at] = list.quantities[list.levels];
    if (list.levels == 0) forget(index);
  }
  return before == kWide || stored == kWide ? set_wide(tick, before, quantity) : before;
}

/// For a quantity, before or now, that its place does not hold; returns the one before.
std::int64_t LevelMap::set_wide(Tick tick, std::int64_t before, std::int64_t quantity) {
  if (before == kWide) {
    const auto found = wide_.find(tick);
    before = found->second;
    wide_.erase(found);
  }
  if (quantity >= kWide) wide_[tick] = quantity;
  return before;
}

void LevelMap::add_list(std::uint64_t index) {
  STOM_ASSERT(index <= page_of(kMaxTick));
  if (index >= directory_.size()) {
    directory_.resize(index + 1 + index / 4, kNowhere);
    may_hold_.resize(directory_.size() / 64 + 1, 0);
  }
  if (unused_lists_.empty()) {
    unused_lists_.push_back(static_cast<std::uint32_t>(lists_.size()));
    lists_.emplace_back();
  }
  const std::uint32_t number = unused_lists_.back();
  unused_lists_.pop_back();
  lists_[number].index = static_cast<std::uint32_t>(index);
  lists_[number].levels = 0;
  directory_[index] = Place{number} * 2 + 1;
  may_hold_[index >> 6] |= std::uint64_t{1} << (index & 63);
}

/// Nothing is there any more; what was a list serves others.
void LevelMap::forget(std::uint64_t index) {
  if (!is_page(directory_[index])) unused_lists_.push_back(static_cast<std::uint32_t>(directory_[index] >> 1));
  directory_[index] = kNowhere;
  may_hold_[index >> 6] &= ~(std::uint64_t{1} << (index & 63));
}

/// Of a list that is full, or written to often.
void LevelMap::make_page(std::uint64_t index) {
  std::unique_ptr<Page> page;
  for (std::size_t looks = std::min(pages_.size(), kLooks); looks > 0; --looks) {
    if (next_look_ >= pages_.size()) next_look_ = 0;
    auto unused = look_at(next_look_);
    if (unused == nullptr) continue;
    if (page != nullptr) {  // one is used again and one goes: in the midst of a snapshot others hold nothing yet
      put_aside(std::move(unused));
      break;
    }
    page = std::move(unused);
  }
  if (page == nullptr) page = empty_page<Page>();
  List& list = list_at(directory_[index]);
  for (; list.levels > 0; --list.levels) (*page)[list.slots[list.levels - 1u]] = list.quantities[list.levels - 1u];
  list.writes = 0;
  unused_lists_.push_back(static_cast<std::uint32_t>(directory_[index] >> 1));
  directory_[index] = reinterpret_cast<Place>(page.get());
  pages_.push_back({index, std::move(page)});
}

/// The page, all 0, where it holds few levels or none, which are in a list then, and the last one in its place; null
/// where it holds more: then the next one is looked at next.
std::unique_ptr<LevelMap::Page> LevelMap::look_at(std::size_t kept) {
  const auto index = pages_[kept].index;
  Page& page = *pages_[kept].page;
  const auto levels = static_cast<std::size_t>(std::ranges::count_if(page, [](auto q) { return q != 0; }));
  if (levels > kFewAgain) {
    next_look_ = kept + 1;
    return nullptr;
  }
  auto unused = take_away(kept);
  if (levels == 0) return unused;
  add_list(index);
  List& list = list_at(directory_[index]);
  for (int slot = first_in(page, 0); slot <= kPageMask; slot = first_in(page, slot + 1)) {
    list.slots[list.levels] = static_cast<std::uint16_t>(slot);
    list.quantities[list.levels++] = page[static_cast<std::size_t>(slot)];
  }
  page.fill(0);
  return unused;
}

std::unique_ptr<LevelMap::Page> LevelMap::take_away(std::size_t kept) {
  auto [index, page] = std::move(pages_[kept]);
  forget(index);
  if (kept + 1 != pages_.size()) pages_[kept] = std::move(pages_.back());
  pages_.pop_back();
  return std::move(page);
}

void LevelMap::give_back_pages() {
  for (std::size_t kept = pages_.size(); kept-- > 0;) {
    const Page& page = *pages_[kept].page;
    if (first_in(page, 0) == static_cast<int>(page.size())) put_aside(take_away(kept));
  }
}

std::size_t LevelMap::size() const {
  std::size_t levels = 0;
  for (const auto& [index, page] : pages_)
    levels += static_cast<std::size_t>(std::count_if(page->begin(), page->end(), [](auto q) { return q != 0; }));
  for (const List& list : lists_) levels += list.levels;
  return levels;
}

/// The greatest slot <= from that holds a level, or -1.
int LevelMap::last_at(Place place, int from) const {
  if (is_page(place)) return last_in(page_at(place), from);
  int best = -1;
  const List& list = list_at(place);
  for (std::size_t i = 0; i < list.levels; ++i)
    if (list.slots[i] <= from) best = std::max(best, int{list.slots[i]});
  return best;
}

/// The least slot >= from that holds a level, or the size of a page.
int LevelMap::first_at(Place place, int from) const {
  if (is_page(place)) return first_in(page_at(place), from);
  int best = kPageMask + 1;
  const List& list = list_at(place);
  for (std::size_t i = 0; i < list.levels; ++i)
    if (list.slots[i] >= from) best = std::min(best, int{list.slots[i]});
  return best;
}

Tick LevelMap::at_or_below(Tick from) const {
  if (from < 0 || directory_.empty()) return kNoBid;
  auto index = static_cast<std::uint64_t>(from) >> kPageBits;
  int slot = static_cast<int>(from & kPageMask);
  if (index >= directory_.size()) {
    index = directory_.size() - 1;
    slot = kPageMask;
  }
  while (true) {
    if (directory_[index] != kNowhere) {
      const int found = last_at(directory_[index], slot);
      if (found >= 0) return static_cast<Tick>(index << kPageBits) + found;
      if (slot == kPageMask) may_hold_[index >> 6] &= ~(std::uint64_t{1} << (index & 63));
    }
    // The page below that may hold anything.
    auto word = index >> 6;
    std::uint64_t bits = may_hold_[word] & ((std::uint64_t{1} << (index & 63)) - 1);
    while (bits == 0 && word > 0) bits = may_hold_[--word];
    if (bits == 0) return kNoBid;
    index = word * 64 + 63 - static_cast<std::uint64_t>(std::countl_zero(bits));
    slot = kPageMask;
  }
}

Tick LevelMap::at_or_above(Tick from) const {
  if (from < 0) from = 0;
  auto index = static_cast<std::uint64_t>(from) >> kPageBits;
  int slot = static_cast<int>(from & kPageMask);
  if (index >= directory_.size()) return kNoAsk;
  while (true) {
    if (directory_[index] != kNowhere) {
      const int found = first_at(directory_[index], slot);
      if (found <= kPageMask) return static_cast<Tick>(index << kPageBits) + found;
      if (slot == 0) may_hold_[index >> 6] &= ~(std::uint64_t{1} << (index & 63));
    }
    auto word = (index + 1) >> 6;
    if (word >= may_hold_.size()) return kNoAsk;
    std::uint64_t bits = may_hold_[word] & (~std::uint64_t{0} << ((index + 1) & 63));
    while (bits == 0 && word + 1 < may_hold_.size()) bits = may_hold_[++word];
    if (bits == 0) return kNoAsk;
    index = word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
    slot = 0;
  }
}

/// Pages that the book of before had no use for go, but for a few: a snapshot of the same market takes about the same.
void LevelMap::clear() {
  const auto each = [&](auto&& call) {
    for (std::size_t word = 0; word < may_hold_.size(); ++word)
      for (std::uint64_t bits = may_hold_[word]; bits != 0; bits &= bits - 1)
        call(directory_[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))]);
  };
  std::size_t used = 0;
  each([&](Place place) { used += is_page(place) ? 1 : 0; });
  if (pages_.size() > used + used / 16 + 16) give_back_pages();
  each([&](Place& place) {
    if (is_page(place)) {
      page_at(place).fill(0);
    } else {
      list_at(place).levels = 0;
      unused_lists_.push_back(static_cast<std::uint32_t>(std::exchange(place, kNowhere) >> 1));
    }
  });
  std::ranges::fill(may_hold_, 0);
  wide_.clear();
}

void apply_snapshot(OrderBook& book, const FeedMessage& message) {
  if (message.replaces_book) book.clear();
  if (!message.replaces_book && message.bids > 0)
    book.clear_bids(message.bid_levels().back().tick, message.bid_levels().back().tick - 2);
  for (const FeedLevel& level : message.bid_levels()) book.set_bid(level.tick, level.quantity);
  if (!message.replaces_book && message.asks > 0)
    book.clear_asks(message.ask_levels().back().tick, message.ask_levels().back().tick + 2);
  for (const FeedLevel& level : message.ask_levels()) book.set_ask(level.tick, level.quantity);
}

void LevelMap::erase(Tick first, Tick last) {
  for (Tick tick = at_or_above(first); tick <= last; tick = at_or_above(tick + 1)) set(tick, 0);
}

}  // namespace stom
