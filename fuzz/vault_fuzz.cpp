// Whatever bytes a vault has: it opens to keys that are written the same again, or it is said what is wrong. One that
// was sealed and then changed anywhere never opens. The first byte chooses: the file, its contents, or a change.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "vault/vault.hpp"

using namespace stom;

namespace {

void must_say(const Error& error) { STOM_ASSERT(!error.message.empty() && !error.hint.empty()); }

std::string sealed(const vault::Secret& passphrase) {
  std::vector<vault::Key> keys;
  keys.push_back({"binance", "main", "id", 1, vault::Secret{"key"}, vault::Secret{"secret"}});
  const auto file = vault::seal(keys, passphrase, {1, 8192});
  STOM_ASSERT(file);
  return *file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const vault::Secret passphrase{"correct horse"};
  static const std::string whole = sealed(passphrase);
  if (size < 3) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  if (data[0] % 3 == 0) {
    const auto keys = vault::unseal(bytes, passphrase);
    if (!keys) must_say(keys.error());
  } else if (data[0] % 3 == 1) {
    const auto keys = vault::read_contents(bytes);
    if (!keys)
      must_say(keys.error());
    else
      STOM_ASSERT(vault::write_contents(*keys).view() == bytes);
  } else if (data[1] != 0) {
    std::string changed = whole;
    changed[data[2] % changed.size()] = static_cast<char>(changed[data[2] % changed.size()] ^ data[1]);
    const auto keys = vault::unseal(changed, passphrase);
    STOM_ASSERT(!keys);
    must_say(keys.error());
  }
  return 0;
}
