// What Telegram's server sends: read whole or refused with a reason, and nobody but an authorised chat is answered or
// stops anything.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alerts/telegram.hpp"
#include "core/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  const auto updates = alerts::parse_updates({reinterpret_cast<const char*>(data), size});
  if (!updates) {
    STOM_ASSERT(!updates.error().hint.empty());
    return 0;
  }
  constexpr std::int64_t kMine = 7;
  std::int64_t chat = 0;
  const auto text = [&] {
    STOM_ASSERT(chat == kMine);
    return std::string{"done"};
  };
  alerts::Conversation conversation{{kMine},
                                    {text, text, text, [&] { (void)text(); }, [&](std::string_view) { return text(); },
                                     text, [&](std::uint64_t) { return text() == "done"; }}};
  for (const auto& update : *updates) {
    chat = update.chat;
    STOM_ASSERT(update.id >= 0);
    const auto said = conversation.answer(update, update.time);
    STOM_ASSERT(chat == kMine || said.empty());
  }
  return 0;
}
