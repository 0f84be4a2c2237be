#include "market/order_book.hpp"

#include <algorithm>

namespace stom {

void LevelMap::add_page(std::uint64_t index) {
  STOM_ASSERT(index <= static_cast<std::uint64_t>(kMaxTick) >> kPageBits);
  if (index >= directory_.size()) {
    directory_.resize(index + 1 + index / 4);
    used_.resize(directory_.size() / 64 + 1, 0);
  }
  pages_.push_back(std::make_unique<Page>());
  directory_[index].page = pages_.back().get();
}

/// Returns the true quantity before.
std::int64_t LevelMap::set_wide(Tick tick, std::int64_t before, std::int64_t quantity) {
  if (before == kWide) {
    const auto found = wide_.find(tick);
    before = found->second;
    wide_.erase(found);
  }
  if (quantity >= kWide) wide_[tick] = quantity;
  return before;
}

std::size_t LevelMap::size() const {
  std::int64_t levels = 0;
  for (const Entry& entry : directory_) levels += entry.levels;
  return static_cast<std::size_t>(levels);
}

Tick LevelMap::at_or_below(Tick from) const {
  if (from < 0 || directory_.empty()) return kNoBid;
  auto index = static_cast<std::uint64_t>(from) >> kPageBits;
  if (index >= directory_.size()) {
    index = directory_.size() - 1;
    from = static_cast<Tick>((index + 1) << kPageBits) - 1;
  }
  if (directory_[index].levels > 0) {
    const Page* page = directory_[index].page;
    const auto slot = static_cast<std::uint32_t>(from & kPageMask);
    auto word = static_cast<int>(slot >> 6);
    std::uint64_t bits = page->occupied[static_cast<std::size_t>(word)] & (~std::uint64_t{0} >> (63 - (slot & 63)));
    while (bits == 0 && word > 0) bits = page->occupied[static_cast<std::size_t>(--word)];
    if (bits != 0) return static_cast<Tick>(index << kPageBits) + word * 64 + 63 - std::countl_zero(bits);
  }
  // The page below that holds anything.
  auto word = static_cast<std::int64_t>(index >> 6);
  std::uint64_t bits = used_[static_cast<std::size_t>(word)] & ((std::uint64_t{1} << (index & 63)) - 1);
  while (bits == 0 && word > 0) bits = used_[static_cast<std::size_t>(--word)];
  if (bits == 0) return kNoBid;
  index = static_cast<std::uint64_t>(word) * 64 + 63 - static_cast<std::uint64_t>(std::countl_zero(bits));
  const Page& page = *directory_[index].page;
  for (std::size_t w = page.occupied.size(); w-- > 0;) {
    if (page.occupied[w] != 0)
      return static_cast<Tick>((index << kPageBits) + w * 64) + 63 - std::countl_zero(page.occupied[w]);
  }
  STOM_ASSERT(false);
}

Tick LevelMap::at_or_above(Tick from) const {
  if (from < 0) from = 0;
  auto index = static_cast<std::uint64_t>(from) >> kPageBits;
  if (index >= directory_.size()) return kNoAsk;
  if (directory_[index].levels > 0) {
    const Page* page = directory_[index].page;
    const auto slot = static_cast<std::uint32_t>(from & kPageMask);
    std::size_t word = slot >> 6;
    std::uint64_t bits = page->occupied[word] & (~std::uint64_t{0} << (slot & 63));
    while (bits == 0 && word + 1 < page->occupied.size()) bits = page->occupied[++word];
    if (bits != 0) return static_cast<Tick>((index << kPageBits) + word * 64) + std::countr_zero(bits);
  }
  std::size_t word = (index + 1) >> 6;
  if (word >= used_.size()) return kNoAsk;
  std::uint64_t bits = used_[word] & (~std::uint64_t{0} << ((index + 1) & 63));
  while (bits == 0 && word + 1 < used_.size()) bits = used_[++word];
  if (bits == 0) return kNoAsk;
  index = word * 64 + static_cast<std::uint64_t>(std::countr_zero(bits));
  const Page& page = *directory_[index].page;
  for (std::size_t w = 0; w < page.occupied.size(); ++w) {
    if (page.occupied[w] != 0)
      return static_cast<Tick>((index << kPageBits) + w * 64) + std::countr_zero(page.occupied[w]);
  }
  STOM_ASSERT(false);
}

void LevelMap::clear() {
  for (std::size_t word = 0; word < used_.size(); ++word) {
    for (std::uint64_t bits = used_[word]; bits != 0; bits &= bits - 1) {
      Entry& entry = directory_[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
      *entry.page = Page{};
      entry.levels = 0;
    }
    used_[word] = 0;
  }
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
