// From a journal back to what its run believed.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/journal.hpp"
#include "engine/kept_words.hpp"
#include "model/instrument.hpp"
#include "orders/account_state.hpp"
#include "orders/held_orders.hpp"
#include "orders/sent_orders.hpp"

namespace stom {

/// A journal folded, record by record; or what it had led to when it was written down, and the records behind that.
class Recovery {
 public:
  /// The run's instruments, in its order, its cash at the start, and what their venues offer (HeldOrders).
  Recovery(std::span<const Instrument> instruments, StartCash cash, std::vector<OrdersOffered> offered = {})
      : instruments_{instruments},
        account_{instruments.size(), std::move(cash)},
        held_{instruments.size(), std::move(offered)},
        others_hold_(instruments.size()) {}

  /// Errors: a record that cannot be of that run.
  Result<void> fold(const JournalRecord& record);

  orders::AccountState& account() { return account_; }
  const orders::AccountState& account() const { return account_; }
  /// What STOM keeps itself.
  orders::HeldOrders& held() { return held_; }
  const orders::HeldOrders& held() const { return held_; }
  /// Orders that left for their venue and are not over. One that was kept and then left is there as it left.
  const orders::SentOrders& sent() const { return sent_; }
  /// Those that are over and were named (RecordKind::Named), under each name that they had: the last kOverKept, oldest
  /// first. One without an answer is none of them, however alike.
  const std::deque<orders::OverOrder>& over() const { return over_; }
  static constexpr std::size_t kOverKept = 1'024;
  /// By instrument: what the account held in it that was not the run's; nothing where no record says.
  const std::vector<std::optional<Quantity>>& others_hold() const { return others_hold_; }
  /// What strategies kept since the last start.
  const KeptWords& kept() const { return kept_; }
  /// The configuration that counts: the first record's, or that of the last restart.
  const std::string& configuration() const { return configuration_; }
  /// Of the first record that has a time of its own.
  UnixNanos first_time() const { return first_time_; }
  UnixNanos last_time() const { return last_time_; }

  /// To be written down and read back (core/state_io.hpp), without the account's history; the configuration first. What
  /// was written down is read by programs after this one: whoever changes fields, or what a record leads to, raises the
  /// version of who keeps it (trade/snapshot.hpp).
  template <class Io>
  void fields(Io& io) {
    io(configuration_, account_, held_, sent_, over_, others_hold_, first_time_, last_time_, kept_);
  }
  /// What was read back speaks of no other instruments.
  bool is_of_its_instruments() const;

 private:
  /// What it is called now it will not be called any more.
  void name_is_over(ClientOrderId id);

  std::span<const Instrument> instruments_;
  orders::AccountState account_;
  orders::HeldOrders held_;
  orders::SentOrders sent_;
  std::deque<orders::OverOrder> over_;
  std::vector<std::optional<Quantity>> others_hold_;
  KeptWords kept_;
  std::string configuration_;
  UnixNanos first_time_ = kNoTime, last_time_ = 0;
};

}  // namespace stom
