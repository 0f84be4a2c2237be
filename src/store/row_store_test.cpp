// Rows come back as they were put, or not at all.
#include "store/row_store.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/random.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "stom-rows-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

RowDay day_of(const RowShape& shape, std::int64_t day, std::size_t rows, std::uint64_t seed, bool has_watched = true) {
  Random random{seed};
  RowDay out;
  out.clear(shape);
  out.day = day;
  out.has_watched = has_watched;
  for (std::size_t i = 0; i < rows; ++i) {
    const auto clock = static_cast<std::int64_t>(i);
    out.index.push_back(shape.minute ? day * 10'000 + 900 + clock / 60 * 100 + clock % 60
                                     : day * 1'000'000 + 90'000 + clock / 60 * 100 + clock % 60);
    for (std::size_t c = 0; c + (has_watched ? 0 : 1) < shape.columns.size(); ++c) {
      const double price = 50'000 + static_cast<double>(random.below(100)) * 50;
      const double kinds[] = {price, static_cast<double>(random.below(1'000'000)) / 100, 0.1 + 0.2 * price,
                              static_cast<double>(random.below(10)) * 1e-8};
      out.columns[c].push_back(kinds[c % 4]);
    }
  }
  return out;
}

TEST(RowBlocks, EveryDoubleComesBackBitByBit) {
  const RowShape& shape = row_shape(false, false);
  RowDay day = day_of(shape, 20240105, 600, 7);
  const double odd[] = {-0.0,
                        5e-324,
                        std::numeric_limits<double>::max(),
                        -1e300,
                        0.1 + 0.2,
                        9007199254740993.0,
                        1.0 / 3,
                        std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < std::size(odd); ++i) day.columns[i][i] = odd[i];
  const auto bytes = encode_row_day(day, shape);
  const auto back = decode_row_day(bytes, shape, day.day, day.rows(), true);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->index, day.index);
  for (std::size_t c = 0; c < day.columns.size(); ++c)
    for (std::size_t i = 0; i < day.rows(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint64_t>(back->columns[c][i]), std::bit_cast<std::uint64_t>(day.columns[c][i]))
          << "column " << c << " row " << i;
}

TEST(RowBlocks, BytesThatAreNoBlockAreRefused) {
  const RowShape& shape = row_shape(true, false);
  const RowDay day = day_of(shape, 20240105, 300, 1);
  const auto bytes = encode_row_day(day, shape);
  Random random{3};
  for (int i = 0; i < 2'000; ++i) {
    auto broken = bytes;
    if (i % 2 == 0) broken.resize(random.below(broken.size()));
    for (int n = 0; n < 4 && !broken.empty(); ++n)
      broken[random.below(broken.size())] = static_cast<std::byte>(random.below(256));
    static_cast<void>(decode_row_day(broken, shape, 20240105, day.rows(), i % 3 != 0));  // no crash, no read outside
  }
  EXPECT_FALSE(decode_row_day(std::span{bytes}.first(bytes.size() - 1), shape, 20240105, day.rows(), true));
  EXPECT_FALSE(decode_row_day(bytes, shape, 20240105, day.rows() + 1, true));
  EXPECT_FALSE(decode_row_day(bytes, shape, 20240105, std::size_t{1} << 40, true));
}

TEST(RowStore, WhatIsNotCommittedIsGoneAndLeavesNoFile) {
  const Folder folder;
  const fs::path home = folder.path() / "home";
  {
    auto store = RowStore::open(home, row_shape(true, false), OpenMode::Write);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put("005930", day_of(store->shape(), 20240105, 10, 1)));
  }
  EXPECT_FALSE(fs::exists(home));
}

TEST(RowStore, OneWritesAtATime) {
  const Folder folder;
  const auto first = RowStore::open(folder.path(), row_shape(true, false), OpenMode::Write);
  ASSERT_TRUE(first.has_value());
  const auto second = RowStore::open(folder.path(), row_shape(false, true), OpenMode::Write);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, Errc::Locked);
}

TEST(RowStore, KeepsDaysNamesAndTheWatchList) {
  const Folder folder;
  const RowShape& shape = row_shape(true, false);
  const RowDay monday = day_of(shape, 20240108, 50, 1), tuesday = day_of(shape, 20240109, 60, 2, false);
  {
    auto store = RowStore::open(folder.path(), shape, OpenMode::Write);
    ASSERT_TRUE(store.has_value());
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put("005930", tuesday));
    ASSERT_TRUE(store->put("005930", monday));
    ASSERT_TRUE(store->put("000660", monday));
    ASSERT_TRUE(store->put_name({"005930", "이름", 0}));
    ASSERT_TRUE(store->put_watched({20240108090000, "005930;000660"}));
    ASSERT_TRUE(store->commit());
  }
  const auto store = RowStore::open(folder.path(), shape, OpenMode::Read);
  ASSERT_TRUE(store.has_value());
  const auto blocks = store->blocks({.codes = {"005930"}});
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].day, 20240108);
  EXPECT_EQ(store->read("005930", 20240108).value(), monday);
  EXPECT_EQ(store->read("005930", 20240109).value(), tuesday);
  EXPECT_EQ(store->names().value()[0].name, "이름");
  EXPECT_EQ(store->watched_at(20240108090000).value(), "005930;000660");
  EXPECT_EQ(store->blocks({.codes = {"005935"}}).error().code, Errc::NotFound);
}

TEST(RowStore, DamagedRowsAreToldByTheirChecksum) {
  const Folder folder;
  const RowShape& shape = row_shape(false, true);
  {
    auto store = RowStore::open(folder.path(), shape, OpenMode::Write);
    ASSERT_TRUE(store->begin() && store->put("KRW-BTC", day_of(shape, 20240108, 50, 1)) && store->commit());
  }
  {
    const auto database = sqlite::Database::open(folder.path() / "rows" / "coin-minute.sqlite");
    ASSERT_TRUE(database->execute("UPDATE block SET bytes = zeroblob(length(bytes))"));
  }
  const auto store = RowStore::open(folder.path(), shape, OpenMode::Read);
  EXPECT_EQ(store->read("KRW-BTC", 20240108).error().code, Errc::BadData);
}

}  // namespace
}  // namespace stom::store
