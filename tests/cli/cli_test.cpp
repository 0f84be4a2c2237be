// The program from the outside: exit codes, help, typos, and what stands on stdout and stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "tests/cli/program.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Cli, WithoutArgumentsShowsExamplesAndWhereTheDataIs) {
  const Program stom;
  const Outcome outcome = stom.run("");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("stom doctor"));
  EXPECT_THAT(outcome.out, HasSubstr((stom.folder() / "home").string()));
}

TEST(Cli, HelpOfACommandShowsExamplesBeforeOptions) {
  const Outcome outcome = Program{}.run("doctor --help");
  EXPECT_EQ(outcome.exit_code, 0);
  ASSERT_THAT(outcome.out, HasSubstr("Examples:"));
  EXPECT_LT(outcome.out.find("Examples:"), outcome.out.find("Options:"));
  EXPECT_THAT(outcome.out, HasSubstr("Usage: stom doctor"));
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
