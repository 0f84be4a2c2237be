#include "venues/event_market_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "venues/event_messages.hpp"

namespace stom::venues {
namespace {

std::unexpected<Error> bad(std::string message) {
  return fail(Errc::BadData, std::move(message), "fetch the file again, or leave the line out with --skip-bad");
}

/// Of canonical text: no zeros stand at its end.
int decimals_in(std::string_view text) {
  const auto dot = text.find('.');
  return dot == std::string_view::npos ? 0 : static_cast<int>(text.size() - dot - 1);
}

class EventMarketData final : public MarketDataDecoder {
 public:
  EventMarketData(std::unique_ptr<Decoder> decoder, std::string_view symbol)
      : decoder_{std::move(decoder)}, symbol_{symbol} {}

  void set_decimals(Decimals decimals) override { decimals_ = decimals; }
  void refuse_unknown_fields(bool refuse) override { refuse_unknown_fields_ = refuse; }

  Result<FrameKind> decode(std::string_view frame, UnixNanos receive_time, MessageBatch& out) override {
    if (auto read = events_of(frame, receive_time); !read) return std::unexpected(read.error());
    const std::size_t messages = out.messages.size(), levels = out.levels.size();
    for (const Event& event : events_.events) {
      if (!counts(event)) continue;
      if (const auto done = append_message(events_, event, decimals_, receive_time, out); !done) {
        out.messages.resize(messages);
        out.levels.resize(levels);
        return std::unexpected(done.error());
      }
    }
    return out.messages.size() > messages ? FrameKind::Message : FrameKind::Control;
  }

  Result<void> widen(std::string_view frame, Decimals& decimals) override {
    if (auto read = events_of(frame, kNoTime); !read) return read;
    const auto raise = [](int& to, std::string_view text) { to = std::max(to, decimals_in(text)); };
    for (const Event& event : events_.events) {
      if (!counts(event) || (event.kind != "trade" && event.kind != "quote" && event.kind != "book")) continue;
      for (const auto name : {"price", "bid", "ask"})
        if (const auto* field = events_.find(event, name)) raise(decimals.price, field->text);
      for (const auto name : {"quantity", "bid_quantity", "ask_quantity"})
        if (const auto* field = events_.find(event, name)) raise(decimals.quantity, field->text);
      for (std::uint32_t i = 0; i < event.bids + event.asks; ++i) {
        raise(decimals.price, events_.levels[event.first_level + i].price);
        raise(decimals.quantity, events_.levels[event.first_level + i].quantity);
      }
    }
    return {};
  }

 private:
  Result<void> events_of(std::string_view frame, UnixNanos receive_time) {
    events_.clear();
    const Decoded decoded = decoder_->decode(frame, receive_time, events_);
    if (decoded.what == Decoded::What::Malformed) return bad(decoded.text);
    if (decoded.what == Decoded::What::Unknown)
      return bad(fmt::format("a message of an unknown type, {}", decoded.text));
    if (refuse_unknown_fields_ && !events_.unknown_fields.empty())
      return bad(fmt::format("the venue's documents have no field \"{}\" (--ignore-unknown-fields reads without it)",
                             events_.unknown_fields.front()));
    return {};
  }

  bool counts(const Event& event) const {
    const auto* instrument = events_.find(event, "instrument");
    if (!instrument || instrument->text != symbol_) return false;
    // A subscription of Upbit's begins with the last trade before it, which is not traded again.
    const auto* stream = events_.find(event, "stream");
    return event.kind != "trade" || !stream || stream->text != "SNAPSHOT";
  }

  std::unique_ptr<Decoder> decoder_;
  std::string symbol_;
  Decimals decimals_;
  bool refuse_unknown_fields_ = false;
  EventBatch events_;  // reused
};

}  // namespace

std::unique_ptr<MarketDataDecoder> event_market_data(std::unique_ptr<Decoder> decoder, std::string_view symbol) {
  return std::make_unique<EventMarketData>(std::move(decoder), symbol);
}

}  // namespace stom::venues
