// `stom doctor`: can this machine do the work? Every check really tries what it names.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "armed_accounts.hpp"
#include "command.hpp"
#include "conditions/pair.hpp"
#include "core/clock.hpp"
#include "trade/private_file.hpp"
#include "vault_file.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kNeededDisk = std::uintmax_t{1} << 30;
constexpr std::uintmax_t kMebibyte = std::uintmax_t{1} << 20;

struct Check {
  std::string name;
  bool good;
  std::string detail;
  std::string remedy;  // empty where it is good
};

/// The folder itself, or the nearest parent that exists: where the folder would be made.
fs::path existing_part(fs::path folder) {
  std::error_code error;
  folder = fs::absolute(folder, error);
  while (!fs::exists(folder, error) && folder.has_parent_path() && folder != folder.parent_path())
    folder = folder.parent_path();
  return folder;
}

Check check_home(const fs::path& home) {
  const fs::path folder = existing_part(home);
  const fs::path probe = folder / fmt::format(".stom-doctor-{}", getpid());
  std::ofstream file{probe};
  file << "written by stom doctor\n";
  file.close();
  const bool written = !file.fail();
  std::error_code ignored;
  fs::remove(probe, ignored);
  if (written) return {"data folder", true, fmt::format("{} can be written", home.string()), ""};
  return {"data folder", false, fmt::format("cannot write in {}", folder.string()),
          "give yourself the folder, or name another: STOM_HOME=FOLDER stom …"};
}

Check check_disk(const fs::path& home) {
  std::error_code error;
  const auto space = fs::space(existing_part(home), error);
  if (error) return {"disk", false, error.message(), "STOM_HOME=FOLDER names another disk"};
  const bool enough = space.available >= kNeededDisk;
  return {"disk", enough, fmt::format("{} MiB free", space.available / kMebibyte),
          enough ? "" : "free 1024 MiB or more, or name another disk by STOM_HOME=FOLDER"};
}

/// What a program can have: also what the system keeps files in until somebody wants it. After days of recording that
/// is nearly all.
std::uintmax_t available_memory() {
  std::ifstream file{"/proc/meminfo"};
  for (std::string word; file >> word;)
    if (std::uintmax_t kibibytes = 0; word == "MemAvailable:" && file >> kibibytes) return kibibytes << 10;
  const auto pages = sysconf(_SC_AVPHYS_PAGES);
  return static_cast<std::uintmax_t>(pages > 0 ? pages : 0) * static_cast<std::uintmax_t>(sysconf(_SC_PAGESIZE));
}

Check check_memory() {
  const auto bytes = available_memory();
  constexpr std::uintmax_t kNeeded = 256 * kMebibyte;
  return {"memory", bytes >= kNeeded, fmt::format("{} MiB can be had", bytes / kMebibyte),
          bytes >= kNeeded ? "" : "close other programs: 256 MiB are needed"};
}

/// stom serve of this data folder holds it.
bool is_served(const fs::path& home, std::uint16_t port) {
  std::error_code missing;
  if (!fs::exists(home / "serve.json", missing)) return false;
  const auto text = trade::read_private_file(home / "serve.json", "");
  const auto json = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json{};
  const auto told = json.is_object() ? json.value("address", nlohmann::json{}) : nlohmann::json{};
  const std::string begin = fmt::format("http://127.0.0.1:{}", port);
  const std::string address = told.is_string() ? told.get<std::string>() : "";
  return address == begin || address.starts_with(begin + "/");
}

Check check_port(const fs::path& home, std::uint16_t port) {
  const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return {"port", false, std::strerror(errno), "no sockets: check the limits of this account"};
  const int on = 1;  // as the server does: a port in TIME_WAIT is free
  setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const std::string reason = free ? "is free" : std::strerror(errno);
  close(handle);
  if (!free && is_served(home, port))
    return {"port", true, fmt::format("127.0.0.1:{} is that of stom serve, which runs", port), ""};
  return {"port", free, fmt::format("127.0.0.1:{} {}", port, reason),
          free ? "" : "stop what listens there, or choose another port with --port"};
}

/// The journal of real orders is brought to the disk before each of them leaves: how long that takes here. Slow is a
/// fault where real orders are to leave.
Check check_sync(const fs::path& home, bool live) {
  const fs::path folder = existing_part(home);
  const std::string probe = (folder / fmt::format(".stom-doctor-sync-{}", getpid())).string();
  const int file = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return {"journal", false, fmt::format("cannot write in {}", folder.string()), "give yourself the folder"};
  ::unlink(probe.c_str());
  constexpr int kTries = 5;
  bool synced = true;
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < kTries; ++i) synced &= ::write(file, "stom", 4) == 4 && ::fdatasync(file) == 0;
  const std::chrono::duration<double, std::milli> each = (std::chrono::steady_clock::now() - begun) / kTries;
  ::close(file);
  constexpr double kSlow = 100;
  if (!synced)
    return {"journal", false, fmt::format("fdatasync: {}", std::strerror(errno)),
            "name a folder on another disk: STOM_HOME=FOLDER"};
  const bool quick = each.count() < kSlow || !live;
  return {"journal", quick, fmt::format("the disk takes a record in {:.2f} ms", each.count()),
          quick ? "" : "a real order waits for that: use a local disk, STOM_HOME=FOLDER"};
}

Check check_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  constexpr rlim_t kNeeded = 1024;
  return {"open files", limit.rlim_cur >= kNeeded, fmt::format("{} at most", limit.rlim_cur),
          limit.rlim_cur >= kNeeded ? "" : "ulimit -n 1024, or LimitNOFILE= of the service"};
}

/// As the system says it: requests carry its time, and a venue refuses those that are seconds off. Where no real orders
/// are to leave, it is told and is no fault.
Check check_clock(bool live) {
  timex state{};
  const int told = ::adjtimex(&state);
  const bool kept = told >= 0 && told != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  return {"clock", kept || !live,
          kept ? fmt::format("kept by a time server, off by {} ms at most", state.maxerror / 1000)
               : "the system does not say that a time server keeps it",
          kept || !live ? "" : "timedatectl set-ntp true; stom venue check VENUE tells how far it is off"};
}

/// Not wrong where there is none: only slower.
Check check_texts() {
  const auto made = conditions::make_pair_of({.buy = "pass", .sell = "pass"});
  const bool native = made.pair && made.pair->buy.native;
  return {"texts", true,
          native ? "condition texts run as code of this processor"
                 : "condition texts run more slowly, without code of the processor: STOM_NO_NATIVE is set, or this "
                   "system lets no program make code",
          ""};
}

Check check_vault(const Session& session) {
  std::error_code missing;
  if (!fs::exists(vault_path(session), missing)) return {"vault", true, "none: there are no keys", ""};
  const auto file = trade::read_private_file(vault_path(session), "");
  if (!file) return {"vault", false, file.error().message, file.error().hint};
  if (const auto form = vault::check_form(*file); !form)
    return {"vault", false, form.error().message, form.error().hint};
  return {"vault", true,
          is_unlocked(session) ? "whole, yours alone, and unlocked (stom vault lock)"
                               : "whole, and yours alone (stom vault check opens it)",
          ""};
}

Check check_account(const fs::path& home, const std::string& name) {
  const auto account = armed_account(home, name);
  const auto holds = account ? check_limits(*account) : Result<void>{std::unexpected(account.error())};
  return {"armed", holds.has_value(),
          holds ? fmt::format("{}, since {}", name, format_time(account->at)) : holds.error().message,
          holds ? "" : fmt::format("{}, or stom account disarm {}", holds.error().hint, name)};
}

int run_doctor(const Session& session, std::uint16_t port) {
  const auto armed = armed_accounts(session.home);
  std::vector<Check> checks{check_home(session.home),
                            check_disk(session.home),
                            check_sync(session.home, !armed.empty()),
                            check_memory(),
                            check_files(),
                            check_clock(!armed.empty()),
                            check_port(session.home, port),
                            check_texts(),
                            check_vault(session)};
  for (const std::string& name : armed) checks.push_back(check_account(session.home, name));
  bool healthy = true;
  std::string list;
  for (const auto& check : checks) {
    healthy &= check.good;
    if (!list.empty()) list += ',';
    list += fmt::format("{{\"name\":{},\"ok\":{},\"detail\":{},\"hint\":{}}}", json_string(check.name), check.good,
                        json_string(check.detail), json_string(check.remedy));
  }
  if (session.json) {
    fmt::print("{{\"healthy\":{},\"checks\":[{}]}}\n", healthy, list);
    return healthy ? kOk : kFailed;
  }
  for (const auto& check : checks) {
    fmt::print("{}  {:<12} {}\n", check.good ? "ok  " : "FAIL", check.name, check.detail);
    if (!check.good) fmt::print("      {:<12} hint: {}\n", "", check.remedy);
  }
  return healthy ? kOk : kFailed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Session& session) {
  auto* doctor = app.add_subcommand("doctor", "Is this machine ready? Exit code 0 yes, 1 no")->group("Start");
  auto port = std::make_shared<std::uint16_t>(kDefaultPort);
  doctor->add_option("--port", *port, "port of the page")->check(CLI::Range(1, 65535))->capture_default_str();
  examples(*doctor, {"stom doctor", "stom doctor --json"});
  doctor->callback([&session, port] { session.status = run_doctor(session, *port); });
}

}  // namespace stom
