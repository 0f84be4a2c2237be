#include "net/io.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <utility>
#include <vector>

namespace stom::net {

namespace asio = boost::asio;

struct Io::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};  // runs also when idle
  std::vector<std::function<void()>> later, running;
  ReadRoom room;

  /// What one of them adds is for the next time; what ran leaves its room to that.
  asio::io_context& begin() {
    running.swap(later);
    for (const auto& one : running) one();
    running.clear();
    return context;
  }
};

Io::Io() : state_{std::make_unique<State>()} {}
Io::~Io() = default;
std::size_t Io::poll() { return state_->begin().poll(); }
bool Io::poll_one() { return state_->begin().poll_one() != 0; }
std::size_t Io::wait(std::chrono::nanoseconds most) {
  const std::size_t first = state_->begin().run_one_for(most);
  return first == 0 ? 0 : first + state_->context.poll();
}
void Io::post(std::function<void()> work) { asio::post(state_->context, std::move(work)); }
void Io::later(std::function<void()> work) { state_->later.push_back(std::move(work)); }
ReadRoom& Io::read_room() { return state_->room; }
asio::io_context& Io::context() { return state_->context; }

struct Timer::State {
  asio::steady_timer timer;
  std::function<void()> due;
  std::uint64_t round = 0;  // an expiry that was on its way when the timer was armed anew counts no more
};

Timer::Timer(Io& io, std::function<void()> due)
    : state_{std::make_shared<State>(asio::steady_timer{io.context()}, std::move(due))} {}
Timer::~Timer() { cancel(); }

void Timer::arm(std::chrono::nanoseconds from_now) {
  state_->timer.expires_after(from_now);
  state_->timer.async_wait([state = state_, round = ++state_->round](const boost::system::error_code& error) {
    if (!error && round == state->round) state->due();
  });
}

void Timer::cancel() {
  ++state_->round;
  state_->timer.cancel();
}

}  // namespace stom::net
