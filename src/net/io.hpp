// One thread's sockets and timers. Everything in net/ that is given an Io calls back on the thread that runs it, and
// only while it runs: from poll() (the thread never sleeps, and may do other work between two calls) or from wait() (it
// sleeps until something is ready). Owns the event loop; must outlive what was made with it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace stom::net {

/// Where connections read to, one at a time: what is in it is looked at before anything else is read. Each with a room
/// of its own would keep as much of it as the largest burst once filled, for as long as it is open.
struct ReadRoom {
  std::array<char, 64 * 1024> arrived;  // from the kernel
  std::array<char, 16 * 1024> plain;    // out of TLS, of which a record holds no more
};

class Io {
 public:
  Io();
  ~Io();
  Io(const Io&) = delete;
  Io& operator=(const Io&) = delete;

  /// Handles what is ready now; how much that was.
  std::size_t poll();
  /// Handles one thing that is ready, for who looks again at once; whether there was one.
  bool poll_one();
  /// Sleeps until something is ready or `most` is over, then handles what is ready.
  std::size_t wait(std::chrono::nanoseconds most);
  /// Any thread: `work` runs on the I/O thread, and a wait() ends for it.
  void post(std::function<void()> work);
  /// I/O thread: `work` runs as the next of poll(), poll_one() or wait() begins, and counts for none of them: behind
  /// whatever their caller makes of what they have handled.
  void later(std::function<void()> work);

  /// I/O thread.
  ReadRoom& read_room();

  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Calls `due` once per arm(), unless armed anew or canceled before.
class Timer {
 public:
  Timer(Io& io, std::function<void()> due);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(std::chrono::nanoseconds from_now);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stom::net
