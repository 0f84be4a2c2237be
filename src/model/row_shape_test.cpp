#include "model/row_shape.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

TEST(RowShapes, HaveTheColumnsThatTheOldProgramsDatabasesHave) {
  EXPECT_EQ(row_shape("stock-second")->columns.size() + 1, 45u);
  EXPECT_EQ(row_shape("stock-minute")->columns.size() + 1, 48u);
  EXPECT_EQ(row_shape("coin-second")->columns.size() + 1, 36u);
  EXPECT_EQ(row_shape("coin-minute")->columns.size() + 1, 39u);
  EXPECT_EQ(row_shape("stock"), nullptr);
  for (const RowShape& shape : row_shapes()) {
    EXPECT_EQ(shape.columns.back(), kWatchedColumn);
    EXPECT_EQ(&row_shape(shape.stock, shape.minute), &shape);
  }
}

TEST(RowShapes, AStampIsADateAndATimeOfItsKind) {
  EXPECT_TRUE(is_row_index(20240229'235959, false));
  EXPECT_TRUE(is_row_index(20240229'2359, true));
  for (const std::int64_t wrong : {20230229'090000L, 20240105'240000L, 20240105'096000L, 20240105'090060L,
                                   20241305'090000L, 20240105'0900L, 0L, -20240105'090000L, 9'223'372'036'854'775'807L})
    EXPECT_FALSE(is_row_index(wrong, false)) << wrong;
  EXPECT_FALSE(is_row_index(20240105'090000, true));
  EXPECT_EQ(second_of_index(20240105'090102, false), 9 * 3600 + 62);
  EXPECT_EQ(second_of_index(20240105'0901, true), 9 * 3600 + 60);
}

}  // namespace
}  // namespace stom
