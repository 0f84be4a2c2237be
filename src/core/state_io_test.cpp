// A state that was written is read back as it was; what is no state is noticed.
#include "core/state_io.hpp"

#include <gtest/gtest.h>

namespace stom {
namespace {

struct Point {
  std::int32_t x = 0;
  bool marked = false;
};
template <class Io>
void fields(Io& io, Point& point) {
  auto& [x, marked] = point;
  io(x, marked);
}

struct Shape {
  enum class Kind : std::uint8_t { Open, Closed };
  Kind kind = Kind::Open;
  Int128 area = 0;
  std::string name;
  std::vector<Point> points;
  std::deque<std::optional<std::uint64_t>> marks;
  std::array<std::int16_t, 3> sides{};
  std::map<std::uint32_t, std::pair<std::string, std::int64_t>> labels;

  template <class Io>
  void fields(Io& io) {
    io(kind, area, name, points, marks, sides, labels);
  }
};

Shape any() {
  Shape shape;
  shape.kind = Shape::Kind::Closed;
  shape.area = -(Int128{1} << 100);
  shape.name = std::string{"a\0b", 3};
  shape.points = {{-1, true}, {1 << 30, false}};
  shape.marks = {std::nullopt, 7};
  shape.sides = {1, -2, 3};
  shape.labels[9] = {"nine", -9};
  return shape;
}

std::string written(Shape& shape) {
  std::string bytes;
  StateWriter{bytes}(shape);
  return bytes;
}

TEST(AState, IsReadBackAsItWasWritten) {
  Shape shape = any(), back;
  back.points = {{5, true}};  // what was there before goes
  back.labels[1] = {"one", 1};
  const std::string bytes = written(shape);
  StateReader in{bytes};
  in(back);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(back.kind, Shape::Kind::Closed);
  EXPECT_TRUE(back.area == -(Int128{1} << 100));
  EXPECT_EQ(back.name, (std::string{"a\0b", 3}));
  ASSERT_EQ(back.points.size(), 2u);
  EXPECT_EQ(back.points[0].x, -1);
  EXPECT_TRUE(back.points[0].marked);
  EXPECT_EQ(back.marks, (std::deque<std::optional<std::uint64_t>>{std::nullopt, 7}));
  EXPECT_EQ(back.sides, (std::array<std::int16_t, 3>{1, -2, 3}));
  EXPECT_EQ(back.labels.size(), 1u);
  EXPECT_EQ(back.labels.at(9).first, "nine");
  EXPECT_EQ(written(back), bytes);
}

// By hand: a number is its bytes, lowest first, and what may be long has eight bytes of length before it.
TEST(AState, IsItsFieldsOneBehindTheOther) {
  std::string bytes;
  StateWriter out{bytes};
  std::uint32_t number = 0x01020304;
  std::string text = "ab";
  out(number, text);
  EXPECT_EQ(bytes, std::string("\x04\x03\x02\x01\x02\0\0\0\0\0\0\0ab", 14));
}

TEST(AState, ThatIsCutShortOrLongerIsNone) {
  Shape shape = any();
  const std::string bytes = written(shape);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    StateReader in{std::string_view{bytes}.substr(0, size)};
    Shape back;
    in(back);
    EXPECT_FALSE(in.done()) << size;
  }
  const std::string longer = bytes + '\0';
  StateReader in{longer};
  in(shape);
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.done());
}

TEST(AState, WithALengthThatCannotBeIsNone) {
  const std::string bytes(8, '\xff');
  StateReader in{bytes};
  std::vector<std::string> all;
  in(all);
  EXPECT_FALSE(in.ok());
  EXPECT_TRUE(all.empty());
}

struct Line {
  Int128 area = 0;
  Shape::Kind kind = Shape::Kind::Open;
  std::int32_t length = 0;
};
template <class Io>
void fields(Io& io, Line& line) {
  io(line.area, line.kind, line.length);
}

// What has always the same size needs no look at how much is left.
TEST(AState, OfPlainNumbersIsReadBackWithoutASize) {
  std::vector<Line> lines{{-(Int128{1} << 100), Shape::Kind::Closed, -7}, {3, Shape::Kind::Open, 1 << 30}};
  std::string bytes;
  for (Line& line : lines) StateWriter{bytes}(line);
  ASSERT_EQ(bytes.size(), 2u * (16 + 1 + 4));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Line back;
    PlainReader{bytes.data() + 21 * i}(back);
    EXPECT_TRUE(back.area == lines[i].area);
    EXPECT_EQ(back.kind, lines[i].kind);
    EXPECT_EQ(back.length, lines[i].length);
  }
}

}  // namespace
}  // namespace stom
