#include "vault/key_ring.hpp"

#include <fmt/format.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace stom::vault::key_ring {
namespace {

constexpr const char* kType = "user";       // bytes that a program may read back
constexpr std::size_t kMostBytes = 32'767;  // of that type

// glibc has no functions for these; libkeyutils, which has, is nothing more.
long control(long what, long one = 0, long two = 0, long three = 0, long four = 0) {
  return ::syscall(SYS_keyctl, what, one, two, three, four);
}
long address(const void* bytes) { return reinterpret_cast<long>(bytes); }

/// A key that this process has in a ring of its own, which ends with it: only who has it in one of his rings may read
/// it, and a service's session has none that leads to the user's.
class Held {
 public:
  explicit Held(long serial) : serial_{serial} {}
  ~Held() {
    if (serial_ > 0) control(KEYCTL_UNLINK, serial_, KEY_SPEC_PROCESS_KEYRING);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  explicit operator bool() const { return serial_ > 0; }
  long serial() const { return serial_; }

 private:
  const long serial_;
};

long found(const std::string& name) {
  return control(KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, address(kType), address(name.c_str()), KEY_SPEC_PROCESS_KEYRING);
}

std::unexpected<Error> refused(std::string_view what) {
  const int cause = errno;
  const bool none = cause == ENOSYS || cause == EPERM || cause == EACCES;
  return fail(none ? Errc::Unsupported : Errc::Io, fmt::format("the key ring {}: {}", what, std::strerror(cause)),
              none ? "this kernel or container lets no program at its key ring: use the passphrase"
                   : "keyctl show @u lists what is in it; /proc/key-users has its limits");
}

}  // namespace

Result<void> keep(const std::string& name, const Secret& bytes, DurationNanos how_long) {
  // Its time is set before anybody else can see it: it never lies there without an end.
  const Held key{::syscall(SYS_add_key, kType, name.c_str(), bytes.view().data(), bytes.size(),
                           static_cast<long>(KEY_SPEC_PROCESS_KEYRING))};
  if (!key) return refused("takes no key");
  const auto seconds = std::max<DurationNanos>(how_long / kSecond, 1);  // 0 would be for ever
  if (control(KEYCTL_SET_TIMEOUT, key.serial(), static_cast<long>(seconds)) != 0) return refused("keeps no time");
  if (control(KEYCTL_LINK, key.serial(), KEY_SPEC_USER_KEYRING) != 0) return refused("of this user takes no key");
  return {};
}

std::optional<Secret> find(const std::string& name) {
  const Held key{found(name)};
  if (!key) return {};
  const long size = control(KEYCTL_READ, key.serial());
  if (size < 0 || static_cast<std::size_t>(size) > kMostBytes) return {};
  Secret bytes{static_cast<std::size_t>(size)};
  if (control(KEYCTL_READ, key.serial(), address(bytes.data()), size) != size) return {};
  return bytes;
}

bool take_out(const std::string& name) {
  const Held key{found(name)};
  if (!key) return false;
  control(KEYCTL_REVOKE, key.serial());  // also for who has it in a ring of his own
  control(KEYCTL_UNLINK, key.serial(), KEY_SPEC_USER_KEYRING);
  return true;
}

}  // namespace stom::vault::key_ring
