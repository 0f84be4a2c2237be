#include "market/reading_rules.hpp"

namespace stom {

void GatedDepth::hold(const Message& message, std::span<const Level> bids, std::span<const Level> asks) {
  if (held_.messages.size() == kMostHeld) {
    auto& messages = held_.messages;
    messages.erase(messages.begin(), messages.begin() + kMostHeld / 2);
    const std::uint32_t gone = messages.front().first_level;
    held_.levels.erase(held_.levels.begin(), held_.levels.begin() + gone);
    for (Message& m : messages) m.first_level -= gone;
  }
  Message kept = message;
  kept.first_level = static_cast<std::uint32_t>(held_.levels.size());
  held_.levels.insert(held_.levels.end(), bids.begin(), bids.end());
  held_.levels.insert(held_.levels.end(), asks.begin(), asks.end());
  held_.messages.push_back(kept);
}

}  // namespace stom
