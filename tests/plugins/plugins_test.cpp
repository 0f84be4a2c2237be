// Strategy plug-ins from the outside: built by the user's one command in a folder of his own, with nothing but the
// program and the headers beside it, and run by file and by name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Where in `text` lies what is between the first `begin` and the next of `ends`: {start, length}, length npos where
/// there is no `begin`.
std::pair<std::size_t, std::size_t> span(const std::string& text, const std::string& begin, const char* ends) {
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return {0, std::string::npos};
  const std::size_t start = at + begin.size();
  return {start, std::min(text.find_first_of(ends, start), text.size()) - start};
}

std::string between(const std::string& text, const std::string& begin, const char* ends) {
  const auto [start, length] = span(text, begin, ends);
  return length == std::string::npos ? "" : text.substr(start, length);
}

/// `text` with what is between `begin` and the next of `ends` replaced.
std::string with(std::string text, const std::string& begin, const char* ends, const std::string& value) {
  const auto [start, length] = span(text, begin, ends);
  if (length != std::string::npos) text.replace(start, length, value);
  return text;
}

/// The value of "key":"value" in a JSON text.
std::string field(const std::string& json, const std::string& key) {
  const std::size_t at = json.find("\"" + key + "\":");
  return at == std::string::npos ? "" : between(json.substr(at + key.size() + 3), "\"", "\"");
}

/// A strategy that does what `constructor` says, and nothing more.
std::string source_of(const std::string& name, const std::string& constructor) {
  return "#include <stdexcept>\n#include \"strategies/registry.hpp\"\nnamespace stom {\nnamespace {\n"
         "struct Mine final : Strategy {\n  explicit Mine(Parameters&) { " +
         constructor + " }\n};\n}\nSTOM_STRATEGY(" + name + ", Mine, \"of the user's own\")\n}\n";
}

class Plugins : public testing::Test {
 protected:
  fs::path file(const std::string& name) const { return stom_.folder() / name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream{file(name)} << text; }
  std::string quoted(const std::string& name) const { return "'" + file(name).string() + "'"; }

  /// The library of a source of the product, copied out of its tree.
  Outcome build_copy(const std::string& source, const std::string& options) const {
    fs::copy_file(STOM_SOURCE_DIR "/src/strategies/" + source, file(source), fs::copy_options::overwrite_existing);
    return stom_.run("strategy build " + quoted(source) + " " + options);
  }
  /// A library that the compiler makes without the program's help.
  void compile(const std::string& source, const std::string& library) const {
    const std::string line = STOM_COMPILER " -fPIC -shared -x c++ " + quoted(source) + " -o " + quoted(library);
    ASSERT_EQ(std::system(line.c_str()), 0) << line;
  }
  Outcome backtest(const std::string& options, const std::string& out) const {
    return stom_.run("--json backtest run --instrument sim:BTCUSDT --no-report --no-band " + options + " --out " +
                     quoted(out));
  }
  void generate() const {
    const Outcome made = stom_.run("data gen --instrument sim:BTCUSDT --minutes 3 --seed 5 --quiet");
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  Program stom_;
};

/// Writes the rows that it is given, as `stom data rows` prints them.
constexpr const char* kRowsSource = R"(#include <cmath>
#include <cstdio>
#include "strategies/registry.hpp"

namespace stom {
namespace {

class RowWriter final : public Strategy {
 public:
  explicit RowWriter(Parameters& p)
      : file_{std::fopen(p.text("file", "/dev/null", "where to write").c_str(), "w")},
        minute_{p.flag("minute", false, "rows of minutes")} {}
  ~RowWriter() override { std::fclose(file_); }

  void on_start(Context& context) override { context.subscribe_rows(0, {.minute = minute_}); }
  void on_row(Context&, const RowEvent& event) override {
    const SecondRow& r = event.row;
    std::fprintf(file_, "%lld", static_cast<long long>(r.index));
    put({r.price, r.open, r.high, r.low, r.change, r.day_value, r.strength, r.bought, r.sold});
    if (minute_) put({r.minute_open, r.minute_high, r.minute_low});
    put({r.value, r.high_low_change, r.total_ask, r.total_bid});
    const auto up = [&](const auto& level) { for (double x : level) put({x}); };
    const auto down = [&](const auto& level) { for (auto i = level.size(); i > 0; --i) put({level[i - 1]}); };
    down(r.ask_price);
    up(r.bid_price);
    down(r.ask_quantity);
    up(r.bid_quantity);
    put({r.five_levels, r.length, r.clock, r.tick});
    std::fputc('\n', file_);
  }

 private:
  void put(std::initializer_list<double> values) {
    for (const double value : values) {
      if (std::isnan(value))
        std::fputc(',', file_);
      else
        std::fprintf(file_, ",%.15g", value);
    }
  }

  std::FILE* file_;
  bool minute_;
};

}  // namespace

STOM_STRATEGY(row_writer, RowWriter, "writes the rows that it is given")

}  // namespace stom
)";

TEST_F(Plugins, AStrategysRowsAreThoseThatDataRowsPrints) {
  generate();
  write("row_writer.cpp", kRowsSource);
  const Outcome built = stom_.run("strategy build " + quoted("row_writer.cpp"));
  ASSERT_EQ(built.exit_code, 0) << built.err;
  for (const std::string minute : {"false", "true"}) {
    const Outcome ran = backtest(
        "--strategy row_writer --param minute=" + minute + " --param file=" + quoted("rows.csv"), "run-" + minute);
    ASSERT_EQ(ran.exit_code, 0) << ran.out;
    const Outcome printed = stom_.run("data rows sim:BTCUSDT" + std::string{minute == "true" ? " --minute" : ""});
    ASSERT_EQ(printed.exit_code, 0) << printed.err;
    const std::string without_head = printed.out.substr(printed.out.find('\n') + 1);
    EXPECT_GT(std::count(without_head.begin(), without_head.end(), '\n'), minute == "true" ? 2 : 150);
    EXPECT_EQ(text_of(file("rows.csv")), without_head);
  }
}

TEST_F(Plugins, TheSameStrategyHasTheSameJournalBuiltInAndFromAPlugin) {
  generate();
  const Outcome built = build_copy("market_makers.cpp", "--json");
  ASSERT_EQ(built.exit_code, 0) << built.err;
  EXPECT_THAT(built.out, HasSubstr(R"("strategies":["mm_keep","mm_replace"])"));
  const std::string library = "'" + (file("home") / "plugins" / "market_makers.so").string() + "'";

  const Outcome own = backtest("--strategy mm_keep", "own");
  const Outcome plugged = backtest("--strategy mm_keep --plugin " + library, "plugged");
  ASSERT_EQ(own.exit_code, 0) << own.err;
  ASSERT_EQ(plugged.exit_code, 0) << plugged.err;
  EXPECT_THAT(own.out, Not(HasSubstr(R"("fills":0,)")));
  EXPECT_EQ(field(own.out, "journal_hash"), field(plugged.out, "journal_hash"));
  EXPECT_EQ(text_of(file("own") / "fills.csv"), text_of(file("plugged") / "fills.csv"));

  const std::string run = text_of(file("plugged") / "run.json");
  EXPECT_EQ(field(run, "plugin"), "market_makers.so");
  EXPECT_EQ(field(run, "plugin_sha256"), field(built.out, "sha256"));
  EXPECT_EQ(field(run, "plugin_sha256").size(), 64u);
  EXPECT_THAT(run, Not(HasSubstr(stom_.folder().string())));
  EXPECT_EQ(field(text_of(file("own") / "run.json"), "plugin"), "");
}

TEST_F(Plugins, WhatAStrategyLogsReachesWhoeverRunsIt) {
  generate();
  write("talker.cpp",
        "#include \"strategies/registry.hpp\"\nnamespace stom {\nnamespace {\nstruct Talker final : Strategy {\n"
        "  explicit Talker(Parameters& p) { p.needs_instruments(1); }\n"
        "  void on_start(Context& context) override { context.log(\"good morning\"); }\n};\n}\n"
        "STOM_STRATEGY(talker, Talker, \"says so\")\n}\n");
  const Outcome built = stom_.run("strategy build " + quoted("talker.cpp"));
  ASSERT_EQ(built.exit_code, 0) << built.err;
  const Outcome ran = backtest("--strategy talker", "talked");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("talker says: good morning"));
}

TEST_F(Plugins, APluginChoosesAnyIndicatorByItsName) {
  generate();
  write("by_name.cpp", R"(#include "core/math.hpp"
#include "indicators/candles.hpp"
#include "indicators/registry.hpp"
#include "strategies/registry.hpp"
namespace stom {
namespace {
struct ByName final : Strategy {
  explicit ByName(Parameters& p) { p.needs_instruments(1); }
  void on_start(Context& context) override {
    for (const IndicatorInfo& info : indicators()) made_ += make_indicator(info.name).has_value();
    const auto all = static_cast<int>(indicators().size());
    context.log(made_ == all && made_ > 150 && find_candle_pattern("CDLDOJI") != nullptr && portable_exp(0) == 1
                    ? "all are there" : "some are missing");
  }
  int made_ = 0;
};
}
STOM_STRATEGY(by_name, ByName, "asks for every indicator")
}
)");
  const Outcome built = stom_.run("strategy build " + quoted("by_name.cpp"));
  ASSERT_EQ(built.exit_code, 0) << built.err;
  const Outcome ran = backtest("--strategy by_name", "out");
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("by_name says: all are there"));
}

TEST_F(Plugins, APluginIsListedShownAndRunByItsName) {
  generate();
  write("patient.cpp", source_of("patient", ""));
  const Outcome built = stom_.run("strategy build " + quoted("patient.cpp"));
  ASSERT_EQ(built.exit_code, 0) << built.err;
  EXPECT_THAT(built.err, HasSubstr("stom backtest run --strategy patient"));
  EXPECT_THAT(stom_.run("strategy list").out, HasSubstr("of the user's own (plug-in patient.so)"));
  EXPECT_THAT(stom_.run("strategy show patient --json").out, HasSubstr(R"("plugin":"patient.so")"));
  const Outcome ran = backtest("--strategy patient", "out");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr(R"("strategy":"patient")"));
}

TEST_F(Plugins, APluginIsRunByItsFile) {
  generate();
  write("patient.cpp", source_of("patient", ""));
  ASSERT_EQ(stom_.run("strategy build " + quoted("patient.cpp") + " -o " + quoted("elsewhere.so")).exit_code, 0);
  EXPECT_EQ(backtest("--strategy " + quoted("elsewhere.so"), "out").exit_code, 0);
  EXPECT_EQ(backtest("--strategy patient", "out2").exit_code, 3) << "only the plug-ins folder is searched by name";
}

TEST_F(Plugins, AFileOfTwoStrategiesAsksWhichOne) {
  ASSERT_EQ(build_copy("market_makers.cpp", "-o " + quoted("two.so")).exit_code, 0);
  const Outcome asked = stom_.run("strategy show " + quoted("two.so"));
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, HasSubstr("holds mm_keep, mm_replace"));
}

TEST_F(Plugins, AConstructorThatThrowsIsReportedWithItsWords) {
  generate();
  write("angry.cpp", source_of("angry", "throw std::runtime_error{\"no such day\"};"));
  ASSERT_EQ(stom_.run("strategy build " + quoted("angry.cpp")).exit_code, 0);
  const Outcome ran = backtest("--strategy angry", "out");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("strategy angry cannot be made: it threw \\\"no such day\\\""));
  EXPECT_FALSE(fs::exists(file("out")));
}

TEST_F(Plugins, ASourceThatDoesNotCompileLeavesNothing) {
  write("broken.cpp", "this is not C++\n");
  const Outcome built = stom_.run("strategy build " + quoted("broken.cpp"));
  EXPECT_EQ(built.exit_code, 1);
  EXPECT_THAT(built.err, HasSubstr("broken.cpp:1"));
  EXPECT_THAT(built.err, HasSubstr("does not compile"));
  EXPECT_TRUE(fs::is_empty(file("home") / "plugins"));
  EXPECT_EQ(stom_.run("strategy build /nonexistent.cpp").exit_code, 3);
}

TEST_F(Plugins, ASourceWithoutAStrategyIsRefused) {
  write("empty.cpp", "#include \"strategies/registry.hpp\"\n");
  const Outcome built = stom_.run("strategy build " + quoted("empty.cpp"));
  EXPECT_EQ(built.exit_code, 1);
  EXPECT_THAT(built.err, HasSubstr("holds no strategy"));
}

TEST_F(Plugins, WhatIsNoPluginIsRefusedInOneLine) {
  write("text.so", "hello\n");
  write("plain.cpp", "int nothing;\n");
  compile("plain.cpp", "plain.so");
  write("wanting.cpp", "extern int nobody(); int wanting = nobody();\n");
  compile("wanting.cpp", "wanting.so");
  const std::pair<const char*, const char*> cases[] = {{"text.so", "cannot be loaded"},
                                                       {"plain.so", "has no stom_plugin()"},
                                                       {"wanting.so", "undefined symbol"},
                                                       {"absent.so", "there is no plug-in"}};
  for (const auto& [name, words] : cases) {
    const Outcome shown = stom_.run("strategy show " + quoted(name));
    EXPECT_NE(shown.exit_code, 0) << name;
    EXPECT_THAT(shown.err, HasSubstr(words)) << name;
    EXPECT_THAT(shown.err, HasSubstr("hint: stom strategy build FILE.cpp")) << name;
  }
  EXPECT_THAT(stom_.run("strategy show '" + stom_.folder().string() + "/'").err, HasSubstr("holds no buy.txt"));
}

/// An entry whose stamp says `version`, `compiler` and `shape`; it is read without trusting anything else.
std::string foreign(const std::string& shape, const std::string& version, const std::string& compiler) {
  return "struct Stamp { unsigned shape; const char *version, *compiler, *library, *headers, *sanitizer;\n"
         "  const void* strategies; unsigned long count; };\n"
         "static Stamp stamp{" +
         shape + ", " + version + ", \"" + compiler +
         "\", \"libc++ 1\", \"0\", \"none\", nullptr, 1};\n"
         "extern \"C\" const Stamp* stom_plugin() { return &stamp; }\n";
}

TEST_F(Plugins, AnotherVersionCompilerOrFormatIsRefusedByName) {
  const std::string version = "\"" + field(stom_.run("version --json").out, "version") + "\"";
  const struct {
    std::string name, source, words;
  } cases[] = {{"version", foreign("1", "\"9.9.9\"", "gcc 12"), "version 9.9.9, this one has "},
               {"compiler", foreign("1", version, "icc 3"), "compiler icc 3, this one has "},
               {"format", foreign("7", version, "gcc 12"), "plug-in format 7, this one has 1"},
               {"nothing", foreign("1", "nullptr", "gcc 12"), "version unknown, this one has "}};
  for (const auto& c : cases) {
    write(c.name + ".cpp", c.source);
    compile(c.name + ".cpp", c.name + ".so");
    const Outcome shown = stom_.run("strategy show " + quoted(c.name + ".so"));
    EXPECT_EQ(shown.exit_code, 2) << c.name;
    EXPECT_THAT(shown.err, HasSubstr("was built for another program: " + c.words)) << c.name;
    EXPECT_THAT(shown.err, HasSubstr("hint: build it again")) << c.name;
  }
}

TEST_F(Plugins, APluginOfOtherHeadersIsRefusedAndTheListGoesOn) {
  const std::string command = stom_.run("strategy build x.cpp --show-command").out;
  const std::string headers = between(command, "-I", " \n");
  ASSERT_FALSE(headers.empty()) << command;
  fs::copy(headers, file("include"), fs::copy_options::recursive);
  const auto stamp = file("include") / "strategies" / "plugin_abi.hpp";
  const std::string own = text_of(stamp);
  std::ofstream{stamp} << with(own, "HEADERS \"", "\"", "0");
  write("patient.cpp", source_of("patient", ""));
  fs::create_directories(file("home") / "plugins");
  const std::string library = (file("home") / "plugins" / "patient.so").string();
  std::string line = with(command, "-I", " \n", "'" + file("include").string() + "'");
  line.resize(std::min(line.size(), line.rfind(" x.cpp -o ")));
  line += " " + quoted("patient.cpp") + " -o '" + library + "'";
  ASSERT_EQ(std::system(line.c_str()), 0) << line;

  const Outcome shown = stom_.run("strategy show patient");
  EXPECT_THAT(shown.err, HasSubstr("was built for another program"));
  const Outcome list = stom_.run("strategy list");
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.out, HasSubstr("ema_cross"));
  EXPECT_THAT(list.out, Not(HasSubstr("patient")));
  EXPECT_THAT(list.err, HasSubstr("left out: "));
  EXPECT_THAT(list.err, HasSubstr("headers 0, this one has "));
}

}  // namespace
}  // namespace stom::test
