// Backtests on a small made-up market, from the outside: one program and its store for all tests of a suite.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "tests/cli/program.hpp"

namespace stom::test {

class OnASmallMarket : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    stom_ = std::make_unique<Program>();
    const auto made = stom_->run("data gen --instrument sim:BTCUSDT --instrument sim:KRW-BTC --minutes 5 --seed 3");
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  static void TearDownTestSuite() { stom_.reset(); }

  /// mm_keep wants an order on each side. Of a run before nothing is left in out().
  static Outcome backtest(const std::string& options) {
    std::filesystem::remove_all(out());
    return stom_->run("backtest run --strategy mm_keep --out '" + out().string() + "' --json " + options);
  }
  static std::filesystem::path out() { return stom_->folder() / "run"; }
  static std::string text_of(const char* name) {
    std::ifstream in{out() / name};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  /// A file for an option.
  static std::filesystem::path file(const std::string& name, const std::string& text) {
    const auto path = stom_->folder() / name;
    std::ofstream{path} << text;
    return path;
  }

  static inline std::unique_ptr<Program> stom_;
};

}  // namespace stom::test
