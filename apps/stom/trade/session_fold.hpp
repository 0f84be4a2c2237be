// All that a session's journal leads to, record by record: what a process that goes on with it begins with. Written
// down and read back it is what it was; so a snapshot (snapshot.hpp) is a fold that somebody else has done.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/state_io.hpp"
#include "engine/recovery.hpp"
#include "trade/adoption.hpp"
#include "trade/dead_man.hpp"
#include "trade/reconciliation.hpp"
#include "trade/rerun.hpp"
#include "trade/risk_desk.hpp"

namespace stom::trade {

class SessionFold {
 public:
  /// As Recovery. `instruments` must outlive it.
  SessionFold(std::span<const Instrument> instruments, StartCash cash, std::vector<OrdersOffered> offered)
      : recovery_{instruments, std::move(cash), offered}, risk_{!offered.empty() && offered.front().shared} {}

  /// Errors: a record that cannot be of that session.
  Result<void> fold(const JournalRecord& record) {
    if (auto folded = recovery_.fold(record); !folded) return folded;
    if (const auto adopted = adoption_of(risk_.acts(), record)) {  // the venue knows it by no name of ours
      JournalRecord named = record;
      named.kind = RecordKind::Named;
      named.text = adopted->venue_order_id;
      if (auto folded = recovery_.fold(named); !folded) return folded;
    }
    if (record.kind == RecordKind::Operator)
      if (const auto first = ids_begun_by(record.text)) recovery_.account().begin_ids(*first);
    if (record.kind == RecordKind::Difference && is_accepted_position(record.text)) has_accepted_ = true;
    if (record.kind == RecordKind::Operator && asks_to_close(record.text)) has_accepted_ = false;
    risk_.fold(record);
    last_word_ = DeadMan::last_word(record, last_word_);
    return {};
  }

  Recovery& recovery() { return recovery_; }
  const Recovery& recovery() const { return recovery_; }
  const RiskHistory& risk() const { return risk_; }
  /// Somebody was there then; kNoTime: nobody was yet.
  UnixNanos last_word() const { return last_word_; }
  /// A difference was accepted, and nobody has asked to close all since (Closing).
  bool has_accepted() const { return has_accepted_; }

  /// All but the account's history (AccountState).
  std::string save() {
    std::string state;
    StateWriter{state}(*this);
    return state;
  }
  /// What save() gave, and the fills of then. False: it is no state of these instruments, and nothing of it is to be
  /// used.
  bool load(std::string_view state, std::vector<Fill> fills) {
    StateReader in{state};
    in(*this);
    recovery_.account().restore_fills(std::move(fills));
    return in.done() && recovery_.is_of_its_instruments();
  }
  /// Of what save() gave: the configuration that counts, which comes first.
  static std::string configuration_in(std::string_view state) {
    std::string configuration;
    StateReader in{state};
    in(configuration);
    return configuration;
  }

  template <class Io>
  void fields(Io& io) {
    io(recovery_, risk_, last_word_, has_accepted_);
  }

 private:
  Recovery recovery_;
  RiskHistory risk_;
  UnixNanos last_word_ = kNoTime;
  bool has_accepted_ = false;
};

}  // namespace stom::trade
