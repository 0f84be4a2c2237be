// Where recorded market data and the peers' results lie. They are not part of the project: a test that needs them skips
// where the folder is absent and fails where the folder is there but the file is not.
//
//   const auto capture = stom::test::test_data("market/binance_ws_raw/usdm_btcusdt_20240808.jsonl.gz");
//   if (!capture) GTEST_SKIP() << stom::test::kNoTestData;
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace stom::test {

inline constexpr const char* kNoTestData = "no test data: STOM_TEST_DATA names the folder (default ../shared/data)";

/// The folder: $STOM_TEST_DATA, else shared/data beside the checkout; nothing where it does not exist.
inline std::optional<std::filesystem::path> test_data() {
  const char* named = std::getenv("STOM_TEST_DATA");
  const std::filesystem::path folder = named != nullptr && *named != '\0'
                                           ? std::filesystem::path{named}
                                           : std::filesystem::path{STOM_SOURCE_DIR "/../shared/data"};
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) return std::nullopt;
  return folder;
}

/// A file or folder in it.
inline std::optional<std::filesystem::path> test_data(const std::string& path) {
  const auto folder = test_data();
  if (!folder) return std::nullopt;
  std::error_code error;
  EXPECT_TRUE(std::filesystem::exists(*folder / path, error)) << "test data without " << path;
  return *folder / path;
}

}  // namespace stom::test
