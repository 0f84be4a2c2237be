// The kill switch where orders leave, on the I/O thread, which needs no engine for it: a strategy that hangs cannot
// keep it from working. It counts for itself what is held and what works. What was pulled is in the folder's
// emergency.log, on the disk before it acts; an engine that lives makes an act of its journal of it, else the next
// start does.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.hpp"
#include "orders/account_state.hpp"
#include "orders/sent_orders.hpp"
#include "risk/holdings.hpp"
#include "trade/risk_desk.hpp"

namespace stom::trade {

class KillSwitch {
 public:
  explicit KillSwitch(std::size_t instruments) : holdings_{instruments} {}

  /// Before the threads begin: what an earlier process left. `sent`: its orders at venues.
  void resume(const orders::AccountState& account, const orders::SentOrders& sent) {
    for (const WorkingOrder& order : account.orders())
      if (const auto* left = sent.find(order.id)) holdings_.sent(left->order, 0, order.leaves);
    for (InstrumentIndex i = 0; i < account.holdings().size(); ++i)
      holdings_.set_position(i, account.holding(i).position);
  }

  /// Any thread.
  KillStep step() const { return step_.load(std::memory_order_acquire); }
  void set(KillStep step) { step_.store(step, std::memory_order_release); }

  // I/O thread
  bool lets_pass(const NewOrder& order) const {
    switch (step()) {
      case KillStep::Off:
        return true;
      case KillStep::Entries:
        return holdings_.reduces(order);
      case KillStep::Cancel:
        return false;
      case KillStep::Flatten:
        break;
    }
    return order.type == OrderType::Market && holdings_.reduces(order);  // the engine's own, which close
  }
  void sent(const NewOrder& order) { holdings_.sent(order, 0, order.quantity); }
  /// Of orders that were sent and wait before a venue, in the order in which they would leave: those that may not leave
  /// any more. Each is judged as if it were sent only now, behind those of them that may.
  std::vector<NewOrder> not_to_leave(const std::vector<NewOrder>& waiting);
  void told(const OrderEvent& event) {
    if (event.id != 0) holdings_.told(event, 0);
  }
  /// An order of ours is on its way there, works or is unknown.
  bool may_work(InstrumentIndex instrument) const { return !holdings_.orders(instrument).empty(); }
  /// No order of ours is on its way, works or is unknown.
  bool nothing_works() const { return holdings_.orders() == 0; }

 private:
  std::atomic<KillStep> step_{KillStep::Off};
  risk::Holdings holdings_;
};

/// A line more, on the disk when it returns.
Result<void> write_emergency(const std::filesystem::path& log, std::string_view act);
/// The acts of its whole lines; none where there is no log.
std::vector<std::string> emergency_acts(const std::filesystem::path& log);

/// The log while a session runs. A thread of its own writes it, in order, so that a disk that hangs holds up neither
/// the cancels nor the sockets. Bounded by what people can ask for.
class EmergencyLog {
 public:
  enum class Worker : std::uint8_t { Own, Caller };
  static constexpr std::chrono::milliseconds kPatience{250};
  EmergencyLog(std::filesystem::path file, Worker worker, std::chrono::milliseconds patience = kPatience);
  ~EmergencyLog();  // once the disk has taken what was asked
  EmergencyLog(const EmergencyLog&) = delete;
  EmergencyLog& operator=(const EmergencyLog&) = delete;

  /// A line more, on the disk when it returns. Errors: the disk refuses it, or has not taken it for so long; then it
  /// comes there as soon as it does. One thread.
  Result<void> write(std::string act);

 private:
  void run();

  const std::filesystem::path file_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  // of what is below it
  std::condition_variable news_;
  std::deque<std::string> waiting_;
  std::uint64_t asked_ = 0, done_ = 0;
  Result<void> last_;  // of the one that was done last
  bool over_ = false;
  std::thread thread_;
};

}  // namespace stom::trade
