// The files that options of a backtest name, where there is none, or something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/small_market.hpp"

namespace stom::test {
namespace {

using ::testing::HasSubstr;

class NamedFiles : public OnASmallMarket {
 protected:
  static Outcome run(const std::string& option, const std::filesystem::path& path) {
    return backtest("--no-band --no-report --instrument sim:BTCUSDT " + option + "'" + path.string() + "'");
  }
};

TEST_F(NamedFiles, OneThatIsMissingAFolderAndOneThatIsTooLargeAreRefusedByName) {
  const auto folder = stom_->folder(), none = folder / "none";
  for (const std::string option : {"--limits ", "--watch ", "--order-latency file:"}) {
    const auto missing = run(option, none), is_folder = run(option, folder);
    EXPECT_EQ(missing.exit_code, 3) << option << missing.out;
    EXPECT_THAT(missing.out, HasSubstr("there is no file " + none.string()));
    EXPECT_EQ(is_folder.exit_code, 2) << option << is_folder.out;
    EXPECT_THAT(is_folder.out, HasSubstr(folder.string() + " is a folder, not a file"));
  }
  const auto large = file("large.toml", "");
  std::filesystem::resize_file(large, (16 << 20) + 1);
  EXPECT_THAT(run("--limits ", large).out, HasSubstr("large.toml is larger than 16 MiB"));
}

}  // namespace
}  // namespace stom::test
