// What has to be so before the first order of a futures account leaves, one question or wish at a time: positions are
// one each (one-way mode), margin mode and leverage are as the session wants them. The client (client.cpp) sends what
// this says and tells it the answers; orders wait meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venues/binance/refusals.hpp"
#include "venues/events.hpp"
#include "venues/venue.hpp"

namespace stom::venues::binance {

class AccountSetup {
 public:
  /// `api`: what REST paths begin with.
  AccountSetup(std::string_view api, const std::vector<MarginSetting>& settings);

  struct Step {
    std::string_view method;
    std::string path;
    std::string form;  // POST
    std::int32_t weight = 1;
  };
  /// What is to be sent next; null: all is as it should be.
  const Step* next() const { return at_ < steps_.size() ? &steps_[at_] : nullptr; }

  enum class Then : std::uint8_t {
    GoOn,   // with next()
    Again,  // the same, later
    Stop,   // text() and remedy() say why
  };
  /// `events`: what the decoder made of an answer with status 200; empty where it could make nothing of it.
  Then answered(int status, const EventBatch& events, const std::optional<Refusal>& refusal);
  /// The account turned out to hold long and short positions apart.
  void found_hedge_mode();

  bool stopped() const { return !text_.empty(); }
  const std::string& text() const { return text_; }
  const std::string& remedy() const { return remedy_; }

 private:
  struct Wish {
    std::string what;  // "leverage 5 of BTCUSDT"; empty: the question of the mode
    std::int64_t leverage = 0;
  };
  std::vector<Step> steps_;
  std::vector<Wish> wishes_;  // by step
  std::size_t at_ = 0;
  std::string text_, remedy_;
};

}  // namespace stom::venues::binance
