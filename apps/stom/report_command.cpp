// stom report: a run as a page, a paper, data or text. PDF is printed by a browser, where there is one.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>

#include "research/run_folder.hpp"
#include "research/tear_sheet.hpp"
#include "run_name.hpp"

extern char** environ;

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr int kPrintSeconds = 60;

struct ReportOptions {
  std::string run;
  std::string format = "html";
  std::string output;       // empty: by format
  std::string conventions;  // empty: those of the run
};

std::string find_browser() {
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "";
  for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"}) {
    for (std::size_t at = 0; at <= folders.size();) {
      const auto end = std::min(folders.find(':', at), folders.size());
      const std::string file = folders.substr(at, end - at) + "/" + name;
      if (::access(file.c_str(), X_OK) == 0) return file;
      at = end + 1;
    }
  }
  return {};
}

/// Waits for the process; ends it when the time is over or the user pressed Ctrl-C.
bool ends_well(pid_t process) {
  int status = 0;
  for (int tenths = 0; ::waitpid(process, &status, WNOHANG) == 0; ++tenths) {
    if (interrupted() || tenths > kPrintSeconds * 10) {
      ::kill(process, SIGKILL);
      ::waitpid(process, &status, 0);
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The page printed to `pdf` by a browser without window, profile or network.
Result<void> print_pdf(const std::string& page, const fs::path& pdf) {
  const std::string browser = find_browser();
  if (browser.empty())
    return fail(Errc::Unsupported, "no browser was found to print the PDF with",
                "install chromium, or open the HTML report in any browser and print it");
  std::string folder = (fs::temp_directory_path() / "stom-print-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr)
    return fail(Errc::Io, "cannot make a folder in " + fs::temp_directory_path().string(), "TMPDIR names another one");
  const struct Cleaner {
    fs::path folder;
    ~Cleaner() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } cleaner{folder};
  std::ofstream{folder + "/report.html"} << page;
  std::vector<std::string> words{browser,
                                 "--headless",
                                 "--disable-gpu",
                                 "--no-first-run",
                                 "--disable-background-networking",
                                 "--disable-component-update",
                                 "--disable-sync",
                                 "--no-pdf-header-footer",
                                 "--user-data-dir=" + folder + "/profile",
                                 "--print-to-pdf=" + folder + "/report.pdf",
                                 "file://" + folder + "/report.html"};
  if (::geteuid() == 0) words.insert(words.begin() + 1, "--no-sandbox");  // Chromium refuses its sandbox to root
  std::vector<char*> arguments;
  for (auto& w : words) arguments.push_back(w.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  ::posix_spawn_file_actions_init(&quiet);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_RDWR, 0);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, browser.c_str(), &quiet, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&quiet);
  if (error != 0)
    return fail(Errc::Io, "cannot start " + browser + ": " + std::strerror(error),
                "open the HTML report in a browser and print it: stom report RUN --format html");
  const fs::path printed = fs::path{folder} / "report.pdf";
  std::error_code ignored;
  if (!ends_well(process) || !fs::exists(printed, ignored))
    return fail(Errc::Io, browser + " did not print the report",
                "open the HTML report in a browser and print it: stom report RUN --format html");
  std::error_code copied;
  fs::copy_file(printed, pdf, fs::copy_options::overwrite_existing, copied);
  if (copied) return fail(Errc::Io, "cannot write " + pdf.string() + ": " + copied.message(), "-o names another place");
  return {};
}

Result<void> write_text(const std::string& text, const std::string& output) {
  if (output == "-") {
    fmt::print("{}", text);
    return {};
  }
  std::ofstream file{output, std::ios::binary};
  file << text;
  file.close();
  if (file.fail()) return fail(Errc::Io, "cannot write " + output, "check the folder and its permissions");
  return {};
}

std::string report_json(const RunResult& run, const Statistics& statistics) {
  const auto slices = [](const std::vector<Slice>& list) {
    std::string text;
    for (const auto& s : list) {
      text += fmt::format(R"({}{{"key":{},"trades":{},"win_rate":{},"pnl":{},"profit_factor":{}}})",
                          text.empty() ? "" : ",", json_string(s.key), plain_number(s.trades),
                          plain_number(s.win_rate()), plain_number(s.pnl), plain_number(s.profit_factor()));
    }
    return text;
  };
  std::string warnings;
  for (const auto& w : warnings_of(run, statistics)) warnings += (warnings.empty() ? "" : ",") + json_string(w);
  return fmt::format("{{\"run\":{},\"statistics\":{},\"by_symbol\":[{}],\"by_exit_reason\":[{}],\"warnings\":[{}]}}\n",
                     run_json(run), statistics_json(statistics), slices(statistics.by_symbol),
                     slices(statistics.by_exit_reason), warnings);
}

int run_report(const Session& session, ReportOptions options) {
  const auto folder = find_run(session, options.run);
  if (!folder) return report_error(session, folder.error());
  if (options.conventions.empty()) {
    const auto summary = read_run_summary(*folder);
    if (!summary) return report_error(session, summary.error());
    options.conventions = summary->statistic("conventions");
  }
  const auto conventions = conventions_named(options.conventions);
  if (!conventions) return report_error(session, conventions.error());
  const auto run = read_run(*folder);
  if (!run) return report_error(session, run.error());
  const Statistics statistics = compute_statistics(*run, *conventions);
  const TearSheetOptions sheet{session.lang};
  const bool to_stdout = options.format == "json" || options.format == "md";
  if (options.output.empty()) options.output = to_stdout ? "-" : run->id + "." + options.format;

  Result<void> written;
  if (options.format == "json")
    written = write_text(report_json(*run, statistics), options.output);
  else if (options.format == "md")
    written = write_text(tear_sheet_markdown(*run, statistics, sheet), options.output);
  else if (options.format == "html")
    written = write_text(tear_sheet(*run, statistics, *conventions, sheet), options.output);
  else
    written = print_pdf(tear_sheet(*run, statistics, *conventions, sheet), options.output);
  if (!written) return report_error(session, written.error());
  if (options.output == "-") return kOk;
  if (session.json)
    fmt::print("{{\"file\":{},\"format\":{}}}\n", json_string(options.output), json_string(options.format));
  else
    say(session, "wrote " + options.output);
  return kOk;
}

}  // namespace

void add_report_command(CLI::App& app, Session& session) {
  auto* report =
      app.add_subcommand("report", "The tear sheet of a run: HTML, PDF, JSON or Markdown")->group("Research");
  auto options = std::make_shared<ReportOptions>();
  report->add_option("RUN", options->run, "id, folder or 'last'")->required();
  report->add_option("--format", options->format, "html, pdf (a browser must be installed), json or md")
      ->check(CLI::IsMember({"html", "pdf", "json", "md"}))
      ->capture_default_str();
  report->add_option("-o,--output", options->output,
                     "file to write; - for stdout (default RUN.html, RUN.pdf; json and md: stdout)");
  report->add_option("--conventions", options->conventions, "whose definitions of the statistics (default: the run's)")
      ->check(CLI::IsMember(conventions_names()));
  examples(*report, {"stom report last", "stom report last --format pdf -o report.pdf",
                     "stom report last --format json --conventions backtesting_py"});
  report->callback([&session, options] { session.status = run_report(session, *options); });
}

}  // namespace stom
