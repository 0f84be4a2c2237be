// A thread for which the system maps no parts of files (core/mapped_part.hpp), so that they are read.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <iterator>

namespace stom::test {

/// For the thread that calls it, and for no other, MADV_POPULATE_READ is from here on as unknown as before Linux 5.14.
/// False: this system lets no thread do that.
inline bool bring_no_parts_of_files() {
#ifdef MADV_POPULATE_READ
  constexpr std::size_t kNumber = offsetof(seccomp_data, nr), kAdvice = offsetof(seccomp_data, args) + 2 * 8;
  sock_filter filter[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kNumber),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
                          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAdvice),
                          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_POPULATE_READ, 0, 1),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
                          BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    return false;
  return ::madvise(nullptr, 0, MADV_POPULATE_READ) != 0;  // of nothing at all it is always done
#else
  return true;
#endif
}

}  // namespace stom::test
