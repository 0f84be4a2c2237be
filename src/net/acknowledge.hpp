// When a computer acknowledges what has come over a TCP connection. Left to itself it mostly sends that packet as the
// bytes are read, before their reader has them: some microseconds in front of all that they lead to.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace stom::net {

/// What was read is acknowledged now, if it is not yet; what comes next is not as it is read, but by the next call,
/// with what is sent, or after the kernel's own 40 ms. Where a system cannot do that, it acknowledges as it likes.
inline void acknowledge(int socket) {
  for (const int at_once : {1, 0}) ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &at_once, sizeof at_once);
}

}  // namespace stom::net
