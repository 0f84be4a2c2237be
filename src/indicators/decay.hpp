// The recursion under every exponential and Wilder average: value = value * keep + share.
//
// Done as written, each value waits for a product and a sum of the one before, and that wait is the whole cost of an
// EMA. Written over two steps, value = before * keep^2 + (last share * keep + share), it waits for the one before that,
// half as long a value. The same operations at every step, so the same bits however it is fed.
#pragma once

namespace stom {

class Decay {
 public:
  explicit Decay(double keep) : keep_{keep}, keep_twice_{keep * keep} {}

  void start(double value) {
    value_ = value;
    before_ = 0;
    share_ = value;  // 0 * keep^2 + (value * keep + share): the first step is the plain recursion
  }
  void update(double share) {
    const double value = before_ * keep_twice_ + (share_ * keep_ + share);
    before_ = value_;
    value_ = value;
    share_ = share;
  }
  double value() const { return value_; }

 private:
  double keep_;
  double keep_twice_;
  double value_ = 0;
  double before_ = 0;
  double share_ = 0;
};

}  // namespace stom
