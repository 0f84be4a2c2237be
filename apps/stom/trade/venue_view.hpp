// How a session's venues are, at length and for people: connections, budgets, registrations, what waits, the books
// (docs/trade.md has each field). Gathered when somebody asks and never otherwise: the I/O thread tells what is in its
// gateways, the engine thread what is in its books, each as a copy of figures between two turns of its own work; who
// asked makes words of them. Times are told as how long ago or how long still, so that a reader needs no clock of ours.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/time.hpp"
#include "gateway/gateway.hpp"
#include "live/slowest_event.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "model/views.hpp"

namespace stom::trade {

/// One question between two threads: one asks and waits for so long as it likes, the other looks between two turns of
/// its work, for the price of one load, and answers.
template <class Answer>
class Question {
 public:
  /// One thread. A question that was not answered yet is given up.
  std::future<Answer> ask() {
    std::promise<Answer> promise;
    auto answer = promise.get_future();
    {
      const std::lock_guard lock{mutex_};
      promise_ = std::move(promise);
    }
    asked_.store(true, std::memory_order_release);
    return answer;
  }
  /// The other thread.
  bool asked() const { return asked_.load(std::memory_order_acquire); }
  void answer(Answer answer) {
    const std::lock_guard lock{mutex_};
    asked_.store(false, std::memory_order_release);
    if (promise_) std::exchange(promise_, std::nullopt)->set_value(std::move(answer));
  }

 private:
  std::atomic<bool> asked_{false};
  std::mutex mutex_;
  std::optional<std::promise<Answer>> promise_;
};

/// What the I/O thread tells of a venue: a copy of its gateway's figures at that time.
struct WireView {
  struct BudgetState {
    std::int64_t used = 0, limit = 0;
    UnixNanos closed_until = 0;
  };
  UnixNanos at = 0;
  bool connected = false;
  std::vector<gateway::Gateway::Connection> connections;
  std::optional<gateway::ClockOffset::Estimate> clock;
  std::array<std::size_t, 5> waiting{};  // by priority
  std::vector<BudgetState> budgets;      // in the order of the description
  gateway::GatewayCounts counts;
};
WireView view_of(const gateway::Gateway& gateway, const venues::Description& venue, UnixNanos now);

/// What the engine thread tells of a venue: its books, and how late its newest messages were.
struct BooksView {
  struct Book {
    InstrumentIndex instrument = 0;
    Level bid, ask;
    Price last = kNoPrice;
    bool stale = true;
    UnixNanos heard_at = kNoTime;  // when the engine took the newest message of it; kNoTime: there was none
  };
  UnixNanos at = 0;
  DurationNanos lag = kNoTime;  // the largest of them; kNoTime before the first message
  std::vector<Book> books;
};

/// {"lately","ever"}: of each how long the slowest event waited, of what, and how long ago that was; null: there was
/// none.
nlohmann::ordered_json slowest_json(const SlowestEvent& slowest, std::span<const Instrument> instruments,
                                    UnixNanos now);

/// One venue of the answer, put into words by who asked. `universe`: null where there is none.
nlohmann::ordered_json venue_json(const venues::Description& venue, const WireView& wire,
                                  nlohmann::ordered_json universe, const BooksView& books,
                                  std::span<const Instrument> instruments);

/// The answer as rows of a table: venue, part, name, value.
using ViewRow = std::array<std::string, 4>;
std::vector<ViewRow> view_rows(const nlohmann::ordered_json& view);

}  // namespace stom::trade
