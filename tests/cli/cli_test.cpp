// The program from the outside: exit codes, help, typos, and what stands on stdout and stderr.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The commands that `stom PATH --help` names, PATH in front.
std::vector<std::string> commands_of(const std::string& path) {
  std::istringstream help{Program{}.run(path + " --help").out};
  std::vector<std::string> commands;
  bool after_options = false;
  for (std::string line; std::getline(help, line);) {
    after_options |= line == "Options:";
    const bool names_one = after_options && line.starts_with("  ") && line.size() > 2 && std::islower(line[2]) != 0;
    if (names_one) commands.push_back((path.empty() ? "" : path + " ") + line.substr(2, line.find(' ', 2) - 2));
  }
  return commands;
}

std::vector<std::string> every_command() {
  std::vector<std::string> all;
  for (const auto& command : commands_of("")) {
    all.push_back(command);
    for (const auto& sub : commands_of(command)) all.push_back(sub);
  }
  return all;
}

TEST(Cli, WithoutArgumentsShowsExamplesAndWhereTheDataIs) {
  const Program stom;
  const Outcome outcome = stom.run("");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("stom doctor"));
  EXPECT_THAT(outcome.out, HasSubstr((stom.folder() / "home").string()));
}

TEST(Cli, HelpOfEveryCommandShowsExamplesBeforeOptions) {
  const auto commands = every_command();
  EXPECT_GE(commands.size(), 20) << "the help of stom names them all";
  for (const auto& command : commands) {
    const Outcome outcome = Program{}.run(command + " --help");
    EXPECT_EQ(outcome.exit_code, 0) << command;
    ASSERT_THAT(outcome.out, HasSubstr("Examples:\n  stom " + command.substr(0, command.find(' ')))) << command;
    EXPECT_LT(outcome.out.find("Examples:"), outcome.out.find("Options:")) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Usage: stom " + command)) << command;
    EXPECT_EQ(outcome.err, "") << command;
    EXPECT_EQ(Program{}.run("help " + command).out, outcome.out) << command;
  }
}

TEST(Cli, HelpAloneTellsOfAllCommands) { EXPECT_EQ(Program{}.run("help").out, Program{}.run("--help").out); }

TEST(Cli, AGroupWithoutACommandShowsItsHelp) {
  for (const std::string group : {"data", "strategy", "backtest"}) {
    const Outcome outcome = Program{}.run(group);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out, Program{}.run(group + " --help").out);
    // A script asked for an object and named nothing to do.
    const Outcome json = Program{}.run(group + " --json");
    EXPECT_EQ(json.exit_code, 2);
    EXPECT_THAT(json.out,
                StartsWith(R"({"error":{"code":"usage","message":"\"stom )" + group + R"(\" needs a command)"));
  }
}

TEST(Cli, EveryCommandRefusesAnUnknownOptionAsOneJsonObject) {
  for (const auto& command : every_command()) {
    const Outcome outcome = Program{}.run(command + " --json --no-such-thing");
    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_THAT(outcome.out, StartsWith(R"({"error":{"code":"usage","message":")")) << command;
    EXPECT_THAT(outcome.out, EndsWith("\",\"hint\":\"stom " + command + " --help\"}}\n")) << command;
    EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1) << command;
    EXPECT_EQ(outcome.err, "") << command;
  }
}

TEST(Cli, AMisspelledCommandNamesTheNearestOneAndIsAUsageError) {
  const Outcome outcome = Program{}.run("docter");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("did you mean doctor?"));
}

TEST(Cli, HelpOfACommandThatDoesNotExistIsAUsageErrorToo) { EXPECT_EQ(Program{}.run("docter --help").exit_code, 2); }

TEST(Cli, AMisspelledOptionNamesTheNearestOneAndIsAUsageError) {
  const Outcome outcome = Program{}.run("doctor --prot=3");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean --port?"));
}

TEST(Cli, AWordThatIsLikeNothingGetsNoGuess) {
  const Outcome outcome = Program{}.run("zzzzzz");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, Not(HasSubstr("did you mean")));
}

TEST(Cli, ACommandWrittenAsAnOptionIsNamed) {
  const Outcome outcome = Program{}.run("--doctor");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean stom doctor?"));
}

TEST(Cli, TheVersionIsAlsoAnOption) {
  for (const std::string json : {"", " --json"}) {
    const Outcome command = Program{}.run("version" + json), option = Program{}.run("--version" + json);
    EXPECT_EQ(option.exit_code, 0);
    EXPECT_THAT(option.out, HasSubstr("0.1.0"));
    EXPECT_EQ(option.out, command.out);
    EXPECT_EQ(option.err, "");
  }
  EXPECT_EQ(Program{}.run("docter --version").exit_code, 2) << "no version of what is not there";
}

// What was typed, and what fits: one line, whatever the parser of options says.
TEST(Cli, AValueThatDoesNotFitIsQuotedWithWhatWould) {
  const auto message = [](const std::string& arguments) {
    const Outcome outcome = Program{}.run(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
    return outcome.err.substr(0, outcome.err.find('\n'));
  };
  EXPECT_EQ(message("doctor --port 99999"), "error[usage]: --port: '99999' is not a number from 1 to 65535");
  EXPECT_EQ(message("doctor --port"), "error[usage]: --port needs a value");
  EXPECT_EQ(message("backtest run --seed abc"),
            "error[usage]: --seed: 'abc' is not a whole number from 0 to 18446744073709551615");
  EXPECT_EQ(message("data gen --minutes 5min"), "error[usage]: --minutes: '5min' is not a number above 0");
  EXPECT_EQ(message("data gen --start yesterday"), "error[usage]: 'yesterday' is not a time");
  EXPECT_EQ(message("report last --format htm"), "error[usage]: --format: 'htm' is not one of html, pdf, json, md");
  EXPECT_THAT(Program{}.run("report last --format htm").err, HasSubstr("did you mean html?"));
  EXPECT_EQ(message("backtest run /"), "error[usage]: / is a folder, not a file");
}

TEST(Cli, AFileThatIsNotThereIsNotFound) {
  for (const std::string command : {"backtest run no.toml", "data import no.csv --instrument us:GOOG",
                                    "strategy build no.cpp", "strategy show ./no.so"}) {
    const Outcome outcome = Program{}.run(command + " --json");
    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_THAT(outcome.out, StartsWith(R"({"error":{"code":"not_found")")) << command;
    EXPECT_THAT(outcome.out, Not(HasSubstr(R"("hint":"")"))) << command;
  }
}

TEST(Cli, AFileOfSettingsThatIsWrongIsAConfigurationError) {
  const Program stom;
  const auto refused = [&](const std::string& text) {
    std::ofstream{stom.folder() / "run.toml"} << text;
    return stom.run("backtest run '" + (stom.folder() / "run.toml").string() + "'");
  };
  const Outcome unknown = refused("stratgy = \"grid\"\n");
  EXPECT_EQ(unknown.exit_code, 5);
  EXPECT_THAT(unknown.err, StartsWith("error[configuration]: "));
  EXPECT_THAT(unknown.err, HasSubstr("did you mean strategy?"));
  EXPECT_EQ(refused("strategy = \n").exit_code, 5);
}

// A value of another kind is no empty one: a run over all days, or without limits, is not what was asked for.
TEST(Cli, AValueThatIsNoSingleOneIsAConfigurationError) {
  const Program stom;
  const std::string run = "strategy = \"grid\"\ninstrument = \"sim:BTCUSDT\"\n";
  const auto refused = [&](const std::string& text) {
    std::ofstream{stom.folder() / "run.toml"} << run << text;
    return stom.run("backtest run '" + (stom.folder() / "run.toml").string() + "'");
  };
  const Outcome table = refused("[limits]\nposition = \"2\"\n");
  EXPECT_EQ(table.exit_code, 5);
  EXPECT_THAT(table.err, HasSubstr("line 3: limits is no single value"));
  EXPECT_THAT(table.err, HasSubstr("limit = ["));
  EXPECT_EQ(refused("from = [\"2024-08-08\"]\n").exit_code, 5);
  EXPECT_EQ(refused("[params]\nx = [1]\n").exit_code, 5);
  const Outcome dates = refused("from = 2024-08-09\nto = 2024-08-08T09:00:00Z\n");
  EXPECT_THAT(dates.err, HasSubstr("2024-08-09")) << "days of TOML's own count: " << dates.err;
}

TEST(Cli, ATextIsJudgedWithTheNamesThatItUses) {
  const Program stom;
  const auto lint = [&](const std::string& named, const std::string& command = "lint") {
    std::ofstream{stom.folder() / "named.txt"} << named;
    std::ofstream{stom.folder() / "buy.txt"} << "매수 = 급등 and 기울기(3) > 0\n";
    const std::string folder = stom.folder().string();
    return stom.run("condition " + command + " '" + folder + "/buy.txt' --named '" + folder + "/named.txt'");
  };
  const std::string right = "급등: 등락율 > 5\n기울기(n): (체결강도 - 체결강도N(n)) / n\n";
  EXPECT_EQ(lint(right).exit_code, 0) << lint(right).out;
  const Outcome wrong = lint(right + "\n눌림: 등락율 >\n");
  EXPECT_EQ(wrong.exit_code, 1) << "nobody uses it, but it is wrong";
  EXPECT_THAT(wrong.out, HasSubstr("named.txt:4:10: ")) << "the column is the line's";
  EXPECT_THAT(wrong.out, HasSubstr("\n    눌림: 등락율 >\n"));
  EXPECT_EQ(lint(right + "눌림(n): n +\n").exit_code, 1);
  const Outcome head = lint("급등 등락율 > 5\n");
  EXPECT_THAT(head.err, HasSubstr("named.txt:1: no name and expression"));
  EXPECT_EQ(lint(right, "translate --to en").exit_code, 0);
  EXPECT_THAT(lint(right, "explain").out, HasSubstr("strength"));
  EXPECT_EQ(lint(right + "눌림: 등락율 >\n", "explain").exit_code, 1);
}

TEST(Cli, AMaintenanceThatNoTimeCanNameIsRefused) {
  const Outcome outcome = Program{}.run("trade availability --session x --maintenance '2026-12-01 100000d'");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("2026-12-01 02:00+09:00 2h"));
}

TEST(Cli, AFolderWithoutASessionIsSaidWithWhatMakesOne) {
  const Program stom;
  for (const std::string command :
       {"session segments x", "session delete x --before 2", "session backup x --to y", "trade log --session x",
        "trade availability --session x", "account export --session x --to y", "verify --session x"}) {
    const Outcome outcome = stom.run(command);
    EXPECT_EQ(outcome.exit_code, 3) << command;
    EXPECT_THAT(outcome.err, HasSubstr("there is no session in x\n")) << command;
    EXPECT_THAT(outcome.err, HasSubstr("hint: name the folder of stom trade start … --session DIR")) << command;
  }
}

// "No session runs" would be believed by whoever has to stop one and is another user.
TEST(Cli, AFolderThatMayNotBeLookedIntoIsNotTakenForOneWithoutASession) {
  const Program stom;
  const auto folder = stom.folder() / "x";
  std::filesystem::create_directory(folder);
  std::ofstream{folder / "journal.stom"} << "STOMJRN2";
  std::filesystem::permissions(folder, std::filesystem::perms::none);
  // Root looks into everything, unless it gives that right away.
  const std::string as_user = geteuid() == 0 ? "setpriv --bounding-set=-all --inh-caps=-all " : "";
  const std::string there =
      "cd '" + stom.folder().string() + "' && STOM_HOME='" + (stom.folder() / "home").string() + "' ";
  for (const std::string command : {"verify --session x", "account export --session x --to y", "calibrate --session x",
                                    "trade availability --session x", "trade status --session x",
                                    "trade kill --session x --step cancel", "risk show --session x"}) {
    const Outcome outcome = stom.shell(there + as_user + "'" STOM_PROGRAM "' " + command);
    EXPECT_EQ(outcome.exit_code, 1) << command;
    EXPECT_THAT(outcome.err, HasSubstr("Permission denied")) << command;
    EXPECT_THAT(outcome.err, HasSubstr("hint: a session's folder is open to the user who trades there alone"))
        << command;
  }
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
}

// In the folder where one happens to stand, data would be lost as soon as one stands elsewhere.
TEST(Cli, DataNeverGoIntoTheCurrentFolderForWantOfAHome) {
  const Program stom;
  const std::string there = "cd '" + stom.folder().string() + "' && env -u STOM_HOME -u XDG_DATA_HOME ";
  for (const std::string home : {"-u HOME", "HOME=", "HOME=relative", "-u HOME XDG_DATA_HOME=relative"}) {
    const Outcome outcome = stom.shell(there + home + " '" STOM_PROGRAM "' doctor --json");
    EXPECT_THAT(outcome.out, Not(HasSubstr("relative"))) << home << outcome.out;
    EXPECT_THAT(outcome.out, Not(HasSubstr("\".local"))) << home << outcome.out;
  }
  EXPECT_FALSE(std::filesystem::exists(stom.folder() / ".local"));
}

TEST(Cli, AFolderWithSpacesAndHangulIsAFolder) {
  const Program stom;
  const auto home = stom.folder() / "나의 자료" / "a b";
  const std::string gen = "data gen --minutes 0.2 --history 1 --quiet";
  ASSERT_EQ(stom.run(gen, home).exit_code, 0);
  const auto out = stom.folder() / "결과 1";
  const std::string run = "backtest run --strategy mm_keep --instrument sim:BTCUSDT --quiet --json --out '";
  const Outcome outcome = stom.run(run + out.string() + "'", home);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"folder\":\"" + out.string() + "\""));
  EXPECT_TRUE(std::filesystem::exists(out / "report.html"));
}

TEST(Cli, WhereTheReaderLeavesTheWriterIsSilent) {
  const Program stom;
  const Outcome outcome =
      stom.shell("STOM_HOME='" + (stom.folder() / "home").string() + "' '" STOM_PROGRAM "' strategy list | head -n 1");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_EQ(outcome.err, "");
}

// The settings come through a pipe, so that the Ctrl-C is there before the run begins, whatever the machine's speed.
TEST(Cli, CtrlCBeforeAnythingIsDoneLeavesNothingAndEndsWith130) {
  const Program stom;
  ASSERT_EQ(stom.run("data gen --minutes 0.2 --history 1 --quiet").exit_code, 0);
  const Outcome outcome = stom.shell("cd '" + stom.folder().string() +
                                     "' && mkfifo run.toml && "
                                     "{ STOM_HOME=home '" STOM_PROGRAM
                                     "' backtest run run.toml --json --out kept & } && "
                                     "exec 3>run.toml && kill -INT $! && "
                                     "printf 'strategy = \"mm_keep\"\\ninstrument = \"sim:BTCUSDT\"\\n' >&3 && "
                                     "exec 3>&- && wait $!");
  EXPECT_EQ(outcome.exit_code, 130) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("\"code\":\"canceled\""));
  EXPECT_FALSE(std::filesystem::exists(stom.folder() / "kept"));
}

TEST(Cli, ABacktestRefusesSettingsThatCannotBeMeant) {
  const Program stom;
  ASSERT_EQ(stom.run("data gen --minutes 0.2 --history 1 --quiet").exit_code, 0);
  const auto refused = [&](const std::string& settings) {
    const Outcome outcome =
        stom.run("backtest run --strategy sma_cross --instrument sim:BTCUSDT --bar 1m --no-report --json " + settings);
    EXPECT_EQ(outcome.exit_code, 2) << settings << ": " << outcome.out;
    return outcome.out;
  };
  EXPECT_THAT(refused("--taker 5"), HasSubstr("--taker 5 is not a share between -1 and 1"));
  EXPECT_THAT(refused("--maker=-1"), HasSubstr("--maker -1"));
  EXPECT_THAT(refused("--spread=-0.5"), HasSubstr("--spread -0.5 is below 0"));
  EXPECT_THAT(refused("--seed=-1"), HasSubstr("not a whole number"));
  EXPECT_THAT(refused("--seed 99999999999999999999"), HasSubstr("not a whole number"));
  EXPECT_THAT(refused("--param fast=2 --param fast=3"), HasSubstr("--param fast is given twice"));
  EXPECT_THAT(refused("--param sl=2"), HasSubstr("a share from 0 to below 1"));
  EXPECT_THAT(refused("--param tp=-0.1"), HasSubstr("not below 0"));
}

TEST(Cli, QuietSaysNothingButTheResult) {
  const Program stom;
  const Outcome loud = stom.run("strategy new idea --dir '" + stom.folder().string() + "'");
  const Outcome quiet = stom.run("strategy new other --quiet --dir '" + stom.folder().string() + "'");
  EXPECT_NE(loud.err, "");
  EXPECT_EQ(quiet.err, "");
  EXPECT_THAT(quiet.out, HasSubstr("wrote "));
}

TEST(Cli, WithJsonAnErrorIsOneObjectOnStdoutWhereverTheFlagStands) {
  for (const auto* line : {"--json docter", "docter --json"}) {
    const Outcome outcome = Program{}.run(line);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.out, StartsWith(R"({"error":{"code":"usage","message":"\"docter\" is not a command)"));
    EXPECT_EQ(outcome.err, "");
  }
}

TEST(Cli, DoctorFailsWhereTheDataFolderCannotBeMade) {
  const Program stom;
  // A file stands where the folder's parent should be: that stops root too.
  std::ofstream{stom.folder() / "file"} << "in the way";
  const Outcome outcome = stom.run("doctor --json", stom.folder() / "file" / "home");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr(R"("healthy":false)"));
}

TEST(Cli, DoctorCountsMemoryInWhichTheSystemKeepsFilesUntilItIsWanted) {
  std::ifstream system{"/proc/meminfo"};
  std::uint64_t kibibytes = 0;
  for (std::string word; kibibytes == 0 && system >> word;)
    if (word == "MemAvailable:") system >> kibibytes;
  if (kibibytes == 0) GTEST_SKIP() << "this system does not say what can be had";
  const std::string out = Program{}.run("doctor --json").out;
  constexpr std::string_view kBegin = R"("name":"memory","ok":)";
  const auto at = out.find_first_of("0123456789", std::min(out.find(kBegin), out.size()));
  ASSERT_NE(at, out.npos) << out;
  EXPECT_GT(std::stoull(out.substr(at)), kibibytes / 1024 / 2) << out;
}

TEST(Cli, DoctorFindsNoFaultWithAPortThatStomServeHolds) {
  const int holder = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(holder, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(holder, 1), 0);
  ASSERT_EQ(::getsockname(holder, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Program stom;
  const auto told = [&] { return stom.run("doctor --json --port " + port).out; };
  EXPECT_THAT(told(), HasSubstr(R"("name":"port","ok":false)"));
  const auto home = stom.folder() / "home";
  std::filesystem::create_directories(home);
  std::ofstream{home / "serve.json"} << R"({"address":"http://127.0.0.1:)" << port << "\"}";
  std::filesystem::permissions(home / "serve.json", std::filesystem::perms::owner_read);
  EXPECT_THAT(told(), HasSubstr(R"("name":"port","ok":true)"));
  ::close(holder);
}

TEST(Cli, DoctorLeavesNothingBehind) {
  const Program stom;
  stom.run("doctor");
  EXPECT_FALSE(std::filesystem::exists(stom.folder() / "home"));
}

TEST(Cli, AResultThatAFullDiskLostIsAFailure) {
  const Outcome outcome = Program{}.run("version >/dev/full");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("stdout"));
}

}  // namespace
}  // namespace stom::test
