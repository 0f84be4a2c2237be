// From a journal back to what its run believed.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/journal.hpp"
#include "model/instrument.hpp"
#include "orders/account_state.hpp"

namespace stom {

/// A journal folded, record by record.
class Recovery {
 public:
  /// The run's instruments, in its order, and its cash at the start.
  Recovery(std::span<const Instrument> instruments, Money cash)
      : instruments_{instruments}, account_{instruments.size(), cash}, others_hold_(instruments.size()) {}

  /// Errors: a record that cannot be of that run.
  Result<void> fold(const JournalRecord& record);

  orders::AccountState& account() { return account_; }
  const orders::AccountState& account() const { return account_; }
  struct Sent {
    NewOrder order;  // as it was sent
    UnixNanos time = 0;
    std::string venue_order_id;  // where the venue's own name for it was kept
  };
  /// Orders that are not over.
  const std::map<ClientOrderId, Sent>& sent() const { return sent_; }
  /// By instrument: what the account held in it that was not the run's; nothing where no record says.
  const std::vector<std::optional<Quantity>>& others_hold() const { return others_hold_; }
  /// The configuration that counts: the first record's, or that of the last restart.
  const std::string& configuration() const { return configuration_; }
  UnixNanos last_time() const { return last_time_; }

 private:
  std::span<const Instrument> instruments_;
  orders::AccountState account_;
  std::map<ClientOrderId, Sent> sent_;
  std::vector<std::optional<Quantity>> others_hold_;
  std::string configuration_;
  UnixNanos last_time_ = 0;
};

}  // namespace stom
