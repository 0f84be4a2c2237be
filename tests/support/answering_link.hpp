// A venue that answers what it was told to, one after the other, whatever it is sent.
#pragma once

#include <deque>

#include "model/venue_link.hpp"

namespace stom::test {

class AnsweringLink : public VenueLink {
 public:
  std::deque<Answer> answers;
  void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
  UnixNanos advance(UnixNanos limit) override { return limit; }
  bool take(UnixNanos, Answer& answer) override {
    if (answers.empty()) return false;
    answer = answers.front();
    answers.pop_front();
    return true;
  }
  bool idle() override { return answers.empty(); }
};

}  // namespace stom::test
