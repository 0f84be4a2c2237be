// What a trading session says of itself, as events for alerts: its log, what became of its orders and, where a file
// says who is told of what, its status once a second. All of it is read on the program's thread; neither engine nor I/O
// waits for any of it.
//
// The page is told without a file: of what the log says is worth a look, of fills, and of what price and profit rules
// of a file have found.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "alerts/desk.hpp"
#include "alerts/post_office.hpp"
#include "alerts/recent.hpp"
#include "alerts_file.hpp"
#include "core/clock.hpp"
#include "trade/trade_session.hpp"

namespace stom {

class SessionAlerts {
 public:
  /// `file`: none: only the page is told. `session` must outlive it.
  SessionAlerts(std::optional<AlertsFile> file, trade::TradeSession& session);

  /// Every turn of the program's loop.
  void look();
  /// A line of the session's log.
  void log(const std::string& line);
  /// What the page is told, one JSON object (docs/alerts.md).
  std::string page() const;
  /// The session is over. Waits for what is still to be delivered, for a bounded time.
  void end(const Result<void>& how);

 private:
  struct VenueSeen {
    bool connected = true;
    bool stale = false;
  };

  void post(alerts::EventKind kind, std::string subject, std::string text, std::string_view number = {});
  void tell_page(alerts::EventKind kind, std::string_view subject, std::string_view text);
  void read_orders();
  void read_status();
  void read_prices();
  std::string told(const char* what) const;

  trade::TradeSession& session_;
  const SystemClock clock_;  // people live by this one, also where an exchange is at another hour
  const bool looks_at_prices_;
  UnixNanos looked_ = 0;
  bool running_ = false;
  std::uint64_t unknown_ = 0;
  std::map<std::string, VenueSeen> venues_;
  mutable std::mutex mutex_;
  std::string status_;  // the last, for the threads that answer chats
  alerts::Recent recent_;
  std::optional<alerts::Desk> numbers_;  // price and profit rules, for the page
  std::optional<alerts::PostOffice> office_;
};

}  // namespace stom
