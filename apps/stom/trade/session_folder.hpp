// The folder of a trading session: one process at a time, and one session ever, which may go on after an end.
//
//   DIR/lock          held by the process that trades; its number
//   DIR/journal.stom  what was decided and what was told (docs/journal.md)
//   DIR/journal.0*    older segments of it (journal_segment.hpp, journal_archive.hpp)
//   DIR/snapshot.*    what that had led to at some of its records (snapshot.hpp)
//   DIR/frames/       what went over the wire (docs/gateway.md)
//   DIR/input/        what the engine took in, turn by turn (docs/verify.md)
//   DIR/rows/         rows of the instruments that were watched, where they are kept (row_keeper.hpp)
//   DIR/watch.csv     which instruments were watched when, and why (docs/universe.md); where there is a universe
//   DIR/log           what people should know, a line each
//   DIR/books.jsonl   the books as they were at the end
//   DIR/status        a socket: whoever connects is told how the session is, while it runs
//   DIR/venues        another: how its venues are, at length (venue_view.hpp)
//   DIR/account       another: positions, balances and orders
//   DIR/reconcile     another: what differs between it and its venues, once they were asked anew
//   DIR/alerts        another: what its page is to tell people of (docs/alerts.md)
//   DIR/command       another: whoever connects says in a line what is to be done (docs/risk.md)
//   DIR/emergency.log what the kill switch did, also where the engine hung (kill_switch.hpp)
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::trade {

class SessionFolder {
 public:
  /// Refused: another process trades there.
  static Result<SessionFolder> take(const std::filesystem::path& path);
  SessionFolder(SessionFolder&& other) noexcept;
  SessionFolder& operator=(SessionFolder&&) = delete;
  ~SessionFolder();
  /// What is in it is found again after a power cut.
  Result<void> sync_names() const;
  /// No session comes of it: removes what take() made.
  void give_back();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path journal() const { return path_ / "journal.stom"; }
  std::filesystem::path frames() const { return path_ / "frames"; }
  std::filesystem::path input() const { return path_ / "input"; }
  std::filesystem::path rows() const { return path_ / "rows"; }
  std::filesystem::path watch() const { return path_ / "watch.csv"; }
  std::filesystem::path log() const { return path_ / "log"; }
  std::filesystem::path emergency_log() const { return path_ / "emergency.log"; }
  std::filesystem::path last_books() const { return path_ / "books.jsonl"; }

 private:
  explicit SessionFolder(std::filesystem::path path) : path_{std::move(path)} {}
  std::filesystem::path path_;
  int lock_ = -1;
  bool made_ = false;  // the folder was not there before
};

/// The journal of the session that lies there, whether or not it runs. Errc::NotFound: none does.
Result<std::filesystem::path> journal_in(const std::filesystem::path& folder);

inline constexpr std::string_view kStatusSocket = "status", kVenuesSocket = "venues", kAccountSocket = "account",
                                  kReconcileSocket = "reconcile", kCommandSocket = "command", kAlertsSocket = "alerts";

/// Beside an answer's "error": whoever asks again may be told more (patient_ask.hpp).
inline constexpr std::string_view kTryAgain = "try_again";

/// Answers everybody who connects to a socket of the folder with one line.
class StatusServer {
 public:
  static Result<StatusServer> open(const std::filesystem::path& folder, std::string_view socket);
  StatusServer(StatusServer&& other) noexcept;
  StatusServer& operator=(StatusServer&&) = delete;
  ~StatusServer();

  /// Waits for at most so long for somebody to ask.
  void serve(int milliseconds, const std::function<std::string()>& answer);
  /// The same where who asks says something first, in a line. Several threads may do this at once.
  void serve_requests(int milliseconds, const std::function<std::string(std::string_view request)>& answer);

 private:
  int accept(int milliseconds) const;
  StatusServer(std::filesystem::path file, int socket) : file_{std::move(file)}, socket_{socket} {}
  std::filesystem::path file_;
  int socket_ = -1;
};

/// What the session says at that socket. Errc::NotFound where none runs there; Errc::Io where nothing is said for
/// `patience`. `request`: a line that it is told first, where it wants one. `silent`: called each second in which it
/// says nothing; false: nobody waits any more.
Result<std::string> ask(const std::filesystem::path& folder, std::string_view socket,
                        std::chrono::seconds patience = std::chrono::seconds{10}, std::string_view request = {},
                        const std::function<bool()>& silent = {});

}  // namespace stom::trade
