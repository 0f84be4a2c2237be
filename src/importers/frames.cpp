// Recordings of what venues sent: a frame a line, with or without our receive time in front.
#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "importers/decoders.hpp"

namespace stom::importers {
namespace {

constexpr std::size_t kStampDigits = 19;

class FrameDecoder final : public LineDecoder {
 public:
  FrameDecoder(std::unique_ptr<venues::MarketDataDecoder> frames, bool stamped)
      : frames_{std::move(frames)}, stamped_{stamped} {}

  bool gives_bars() const override { return false; }
  void learn(Decimals at_least) override {
    learning_ = true;
    decimals_ = at_least;
    frames_->set_decimals(decimals_);
  }
  Decimals learned() const override { return decimals_; }
  void read(Decimals decimals) override {
    learning_ = false;
    frames_->set_decimals(decimals);
  }

  Result<void> line(std::string_view text, Rows& out) override {
    UnixNanos receive = kNoTime;
    if (stamped_) {
      const auto stamp = take_stamp(text);
      if (!stamp) return std::unexpected(stamp.error());
      receive = *stamp;
    }
    const std::size_t before = out.messages.messages.size();
    auto kind = frames_->decode(text, receive, out.messages);
    if (!kind && learning_) {
      Decimals needed = decimals_;
      if (frames_->widen(text, needed) && needed != decimals_) {
        decimals_ = needed;
        frames_->set_decimals(needed);
        kind = frames_->decode(text, receive, out.messages);
      }
    }
    if (!kind) return std::unexpected(kind.error());
    if (!stamped_) return {};
    for (std::size_t i = before; i < out.messages.messages.size(); ++i)
      if (auto near = check_times(out.messages.messages[i]); !near) return near;
    return {};
  }

 private:
  /// One wrong time would move the whole recording: clocks are repaired by the least distance (reading_rules.hpp).
  static Result<void> check_times(const Message& m) {
    for (const UnixNanos time : {m.event_time, m.transaction_time}) {
      if (time == kNoTime) continue;
      const Int128 apart = time > m.receive_time ? Int128{time} - m.receive_time : Int128{m.receive_time} - time;
      if (apart <= kDay) continue;
      const auto days = static_cast<std::int64_t>(apart / kDay);
      return fail(Errc::BadData,
                  fmt::format("time {} is {} {} from its receive time {}", format_time(time), days,
                              days == 1 ? "day" : "days", format_time(m.receive_time)),
                  "correct the line, or leave it out with --skip-bad");
    }
    return {};
  }

  static Result<UnixNanos> take_stamp(std::string_view& text) {
    const auto stamp = text.substr(0, kStampDigits);
    const bool whole = text.size() > kStampDigits && text[kStampDigits] == ' ' &&
                       std::ranges::all_of(stamp, [](char c) { return c >= '0' && c <= '9'; });
    const auto time = whole ? parse_decimal(stamp, 0) : Result<std::int64_t>{fail(Errc::BadData, "")};
    if (!time)
      return fail(Errc::BadData,
                  fmt::format("begins with '{}', not with 19 digits of receive time in ns and a space", stamp),
                  "the line is damaged: fetch the file again, or leave the line out with --skip-bad");
    text.remove_prefix(kStampDigits + 1);
    return *time;
  }

  std::unique_ptr<venues::MarketDataDecoder> frames_;
  bool stamped_;
  bool learning_ = true;
  Decimals decimals_;
};

/// exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount; times in microseconds.
class TardisBookDecoder final : public LineDecoder {
 public:
  bool gives_bars() const override { return false; }
  void learn(Decimals at_least) override {
    prices_.learn(at_least.price);
    quantities_.learn(at_least.quantity);
    restart();
  }
  Decimals learned() const override { return {prices_.learned(), quantities_.learned()}; }
  void read(Decimals decimals) override {
    prices_.read(decimals.price);
    quantities_.read(decimals.quantity);
    restart();
  }
  std::uint64_t rounded() const override { return prices_.rounded() + quantities_.rounded(); }

  Result<void> line(std::string_view text, Rows& out) override {
    if (first_line_) {
      first_line_ = false;
      if (text.starts_with("exchange,")) return {};
    }
    const auto broken = [](std::string message) {
      return fail(Errc::BadData, std::move(message), "correct the line, or leave it out with --skip-bad");
    };
    if (!split_fields(text, ",", fields_) || fields_.size() < 8)
      return broken(
          fmt::format("{} fields where exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount belong",
                      fields_.size()));
    const TimeForm us{
        .kind = TimeForm::Kind::Unit, .unit = kMicrosecond, .pattern = {}, .day = 0, .zone = TimeForm::Zone::Utc};
    const auto venue = read_time(fields_[2], us), local = read_time(fields_[3], us);
    if (!venue) return std::unexpected(venue.error());
    if (!local) return std::unexpected(local.error());
    const bool snapshot = fields_[4] == "true";
    if (!snapshot && fields_[4] != "false")
      return broken(fmt::format("is_snapshot '{}' is neither true nor false", fields_[4]));
    const bool bid = fields_[5] == "bid";
    if (!bid && fields_[5] != "ask") return broken(fmt::format("side '{}' is neither bid nor ask", fields_[5]));
    const auto price = prices_.number(fields_[6], 0, "price");
    const auto quantity = quantities_.number(fields_[7], 0, "amount");
    if (!price) return std::unexpected(price.error());
    if (!quantity) return std::unexpected(quantity.error());
    const auto kind = snapshot ? MessageKind::Snapshot : MessageKind::Depth;
    if (open_ && (held_.receive_time != *local || held_.event_time != *venue || held_.kind != kind)) flush(out);
    held_.receive_time = *local, held_.event_time = *venue, held_.kind = kind;
    open_ = true;
    (bid ? bids_ : asks_).push_back({{*price}, {*quantity}});
    return {};
  }
  Result<void> finish(Rows& out) override {
    if (open_) flush(out);
    return {};
  }

 private:
  void restart() {
    held_ = {};
    bids_.clear();
    asks_.clear();
    open_ = false;
    first_line_ = true;
  }
  void flush(Rows& out) {
    auto& batch = out.messages;
    held_.first_level = static_cast<std::uint32_t>(batch.levels.size());
    held_.bids = static_cast<std::uint32_t>(bids_.size());
    held_.asks = static_cast<std::uint32_t>(asks_.size());
    batch.levels.insert(batch.levels.end(), bids_.begin(), bids_.end());
    batch.levels.insert(batch.levels.end(), asks_.begin(), asks_.end());
    batch.messages.push_back(held_);
    bids_.clear();
    asks_.clear();
    open_ = false;
  }

  TableNumbers prices_, quantities_;
  std::vector<std::string_view> fields_;
  Message held_;
  std::vector<Level> bids_, asks_;
  bool open_ = false;
  bool first_line_ = true;
};

}  // namespace

std::unique_ptr<LineDecoder> make_capture_decoder(std::unique_ptr<venues::MarketDataDecoder> frames) {
  return std::make_unique<FrameDecoder>(std::move(frames), true);
}
std::unique_ptr<LineDecoder> make_frame_decoder(std::unique_ptr<venues::MarketDataDecoder> frames) {
  return std::make_unique<FrameDecoder>(std::move(frames), false);
}
std::unique_ptr<LineDecoder> make_tardis_book_decoder() { return std::make_unique<TardisBookDecoder>(); }

}  // namespace stom::importers
