#include "trade/session_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "engine/recovery.hpp"
#include "model/order_words.hpp"
#include "orders/order_end.hpp"
#include "trade/record_words.hpp"

namespace stom::trade {
namespace {

/// Two orders that are alike are the same decision where they were sent within that time.
constexpr DurationNanos kNear = kSecond;

std::pair<Cause, std::string> of_a_gap() { return {Cause::RecordingGap, "the re-run did not know the book"}; }

/// An order as its run's records tell it.
struct Sent {
  const JournalRecord* submit = nullptr;
  const JournalRecord* refusal = nullptr;
  UnixNanos over_at = kNever;
  std::vector<const JournalRecord*> fills;
  Sent* partner = nullptr;
};

/// All orders of one of the two, by submission.
class Orders {
 public:
  explicit Orders(std::span<const JournalRecord> records) {
    for (const JournalRecord& record : records)
      if (record.kind == RecordKind::Submit) all_.push_back({.submit = &record, .fills = {}});
    for (Sent& sent : all_) by_id_.emplace(sent.submit->order.id, &sent);
    for (const JournalRecord& record : records)
      if (record.kind == RecordKind::OrderEvent) told(record);
  }
  std::vector<Sent>& all() { return all_; }

 private:
  void told(const JournalRecord& record) {
    const OrderEvent& event = record.event;
    const auto of = by_id_.find(event.id & kParentIds);  // of a bracket's closing orders: their parent's
    if (of == by_id_.end()) return;
    Sent& sent = *of->second;
    using enum OrderEventKind;
    if (event.kind == Filled) sent.fills.push_back(&record);
    if (event.kind == Rejected || event.kind == Denied) sent.refusal = &record;
    if (orders::end_of(event) && event.id == sent.submit->order.id) sent.over_at = record.time;
  }

  std::vector<Sent> all_;
  std::map<ClientOrderId, Sent*> by_id_;
};

auto wish_of(const Sent& sent) {
  const NewOrder& o = sent.submit->order;
  return std::tuple{o.instrument,
                    o.side,
                    o.type,
                    o.time_in_force,
                    o.post_only,
                    o.reduce_only,
                    o.price.value,
                    o.quantity.value,
                    o.trigger_price.value,
                    o.trail.value,
                    o.stop_loss.value,
                    o.take_profit.value};
}

/// Of each wish, in order of time: the two that are near each other.
void pair_up(std::vector<Sent>& session, std::vector<Sent>& rerun) {
  std::map<decltype(wish_of(session.front())), std::vector<Sent*>> left;
  for (Sent& sent : rerun) left[wish_of(sent)].push_back(&sent);
  std::map<decltype(wish_of(session.front())), std::size_t> next;
  for (Sent& sent : session) {
    const auto wish = wish_of(sent);
    const auto others = left.find(wish);
    if (others == left.end()) continue;
    std::size_t& at = next[wish];
    while (at < others->second.size() && others->second[at]->submit->time < sent.submit->time - kNear) ++at;
    if (at == others->second.size() || others->second[at]->submit->time > sent.submit->time + kNear) continue;
    sent.partner = others->second[at++];
    sent.partner->partner = &sent;
  }
}

/// What both runs believed, as time goes on.
class Beliefs {
 public:
  Beliefs(std::span<const JournalRecord> session, std::span<const JournalRecord> rerun,
          std::span<const Instrument> instruments)
      : session_{session, instruments}, rerun_{rerun, instruments}, words_{instruments} {}

  /// Before `time`, which never goes back: how the two differ in that instrument, where they do.
  std::optional<std::pair<Cause, std::string>> apart(InstrumentIndex instrument, UnixNanos time) {
    session_.go_to(time);
    rerun_.go_to(time);
    const Quantity ours = session_.account().holding(instrument).position,
                   theirs = rerun_.account().holding(instrument).position;
    if (ours != theirs)
      return std::pair{Cause::Follows,
                       fmt::format("position {} in the session, {} in the re-run", words_.quantity(instrument, ours),
                                   words_.quantity(instrument, theirs))};
    if (session_.resting(instrument) != rerun_.resting(instrument))
      return std::pair{Cause::Follows, std::string{"other orders were working by then"}};
    if (session_.under_way(instrument) != rerun_.under_way(instrument))
      return std::pair{Cause::Latency, std::string{"an answer was there in one of the two alone"}};
    return std::nullopt;
  }

 private:
  class Belief {
   public:
    Belief(std::span<const JournalRecord> records, std::span<const Instrument> instruments)
        : left_{records}, recovery_{instruments, Money{}} {}
    void go_to(UnixNanos time) {
      while (!left_.empty() && left_.front().time < time) {
        (void)recovery_.fold(left_.front());  // both were folded before, so it can be
        left_ = left_.subspan(1);
      }
    }
    const orders::AccountState& account() const { return recovery_.account(); }
    std::multiset<std::tuple<Side, std::int64_t, std::int64_t>> resting(InstrumentIndex instrument) const {
      std::multiset<std::tuple<Side, std::int64_t, std::int64_t>> all;
      for (const WorkingOrder& order : account().orders())
        if (order.instrument == instrument) all.emplace(order.side, order.price.value, order.leaves.value);
      return all;
    }
    std::multiset<std::tuple<Side, std::int64_t, OrderStatus, bool>> under_way(InstrumentIndex instrument) const {
      std::multiset<std::tuple<Side, std::int64_t, OrderStatus, bool>> all;
      for (const WorkingOrder& order : account().orders())
        if (order.instrument == instrument)
          all.emplace(order.side, order.price.value, order.status, order.cancel_pending);
      return all;
    }

   private:
    std::span<const JournalRecord> left_;
    Recovery recovery_;
  };

  Belief session_, rerun_;
  RecordWords words_;
};

class Comparing {
 public:
  Comparing(std::span<const JournalRecord> session, std::span<const JournalRecord> rerun,
            std::span<const Instrument> instruments, const std::function<bool(InstrumentIndex, UnixNanos)>& is_gap)
      : session_{session}, rerun_{rerun}, beliefs_{session, rerun, instruments}, words_{instruments}, is_gap_{is_gap} {}

  Comparison run() {
    pair_up(session_.all(), rerun_.all());
    result_.orders.session = session_.all().size();
    result_.orders.rerun = rerun_.all().size();
    alone(session_.all(), true);
    alone(rerun_.all(), false);
    for (const Sent& sent : session_.all())
      if (sent.partner != nullptr) both(sent, *sent.partner);
    std::ranges::stable_sort(found_, {}, [](const Found& f) { return f.difference.time; });
    for (Found& found : found_) {
      Comparison::Difference& difference = found.difference;
      if (!found.settled) settle(found);
      ++result_.causes[difference.cause];
      if (result_.first.size() < Comparison::kTold) result_.first.push_back(std::move(difference));
    }
    return std::move(result_);
  }

 private:
  struct Found {
    Comparison::Difference difference;
    InstrumentIndex instrument;
    bool settled;  // its cause is known
  };

  void add(bool is_fill, const JournalRecord& at, InstrumentIndex instrument, bool in_session,
           std::optional<std::pair<Cause, std::string>> why) {
    found_.push_back({{.is_fill = is_fill,
                       .time = at.time,
                       .session = in_session ? words_.of(at) : "",
                       .rerun = in_session ? "" : words_.of(at),
                       .cause = why ? why->first : Cause::MarketData,
                       .why = why ? std::move(why->second) : std::string{}},
                      instrument,
                      why.has_value()});
  }

  /// In one of the two alone.
  void alone(const std::vector<Sent>& orders, bool in_session) {
    Comparison::Count& fills = result_.fills;
    for (const Sent& sent : orders) {
      (in_session ? fills.session : fills.rerun) += sent.fills.size();
      if (sent.partner != nullptr) continue;
      const InstrumentIndex of = sent.submit->order.instrument;
      add(false, *sent.submit, of, in_session, std::nullopt);
      for (const JournalRecord* fill : sent.fills)
        add(true, *fill, of, in_session,
            std::pair{Cause::Follows, fmt::format("order {} is in one of the two alone", sent.submit->order.id)});
    }
  }

  /// The same wish: what became of it.
  void both(const Sent& ours, const Sent& theirs) {
    const InstrumentIndex of = ours.submit->order.instrument;
    const bool refused = (ours.refusal != nullptr) != (theirs.refusal != nullptr);
    if (refused) {
      ++result_.refused;
      const bool here = ours.refusal != nullptr;
      const JournalRecord& record = here ? *ours.refusal : *theirs.refusal;
      add(false, record, of, here,
          std::pair{Cause::Refused,
                    fmt::format("{} in the {} alone", name_of(record.event.reason), here ? "session" : "re-run")});
    } else {
      ++result_.orders.same;
    }
    const auto why = [&](const JournalRecord& fill, const Sent& other, std::string_view there) {
      return is_gap_(of, fill.time) ? of_a_gap() : why_filled(fill, other, refused, there);
    };
    std::vector<const JournalRecord*> rest = theirs.fills;
    for (const JournalRecord* fill : ours.fills) {
      const auto same = std::ranges::find_if(rest, [&](const JournalRecord* other) {
        return other->event.price == fill->event.price && other->event.quantity == fill->event.quantity;
      });
      if (same == rest.end()) {
        add(true, *fill, of, true, why(*fill, theirs, "re-run"));
        continue;
      }
      ++result_.fills.same;
      rest.erase(same);
    }
    for (const JournalRecord* fill : rest) add(true, *fill, of, false, why(*fill, ours, "session"));
  }

  static std::pair<Cause, std::string> why_filled(const JournalRecord& fill, const Sent& other, bool refused,
                                                  std::string_view there) {
    if (refused) return {Cause::Refused, "its order was refused in one of the two"};
    if (fill.event.liquidity == Liquidity::Taker)
      return {Cause::Latency, "the book had moved by the time the order was there"};
    if (other.over_at < fill.time && other.fills.empty())
      return {Cause::Latency, fmt::format("its order was over in the {} by then", there)};
    if (!other.fills.empty()) return {Cause::Queue, fmt::format("filled by other parts in the {}", there)};
    return {Cause::Queue, fmt::format("its order rested in the {} and was not filled", there)};
  }

  /// An order of one of the two: by what was believed before it, else it saw another market.
  void settle(Found& found) {
    Comparison::Difference& difference = found.difference;
    if (is_gap_(found.instrument, difference.time)) {
      std::tie(difference.cause, difference.why) = of_a_gap();
    } else if (auto apart = beliefs_.apart(found.instrument, difference.time)) {
      std::tie(difference.cause, difference.why) = std::move(*apart);
    } else {
      difference.why = "the same position and orders, so another market";
    }
  }

  Orders session_, rerun_;
  Beliefs beliefs_;
  RecordWords words_;
  const std::function<bool(InstrumentIndex, UnixNanos)>& is_gap_;
  Comparison result_;
  std::vector<Found> found_;
};

}  // namespace

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::Refused:
      return "refused";
    case Cause::Queue:
      return "queue";
    case Cause::Latency:
      return "latency";
    case Cause::Follows:
      return "follows";
    case Cause::RecordingGap:
      return "recording_gap";
    case Cause::MarketData:
      break;
  }
  return "market_data";
}

Comparison compare(std::span<const JournalRecord> session, std::span<const JournalRecord> rerun,
                   std::span<const Instrument> instruments,
                   const std::function<bool(InstrumentIndex, UnixNanos)>& is_gap) {
  return Comparing{session, rerun, instruments, is_gap}.run();
}

}  // namespace stom::trade
