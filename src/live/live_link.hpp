// Orders on their way from the engine to a venue on the wire, and the answers back: the engine thread writes commands
// and reads answers, the I/O thread the other way round.
//
// A command leaves only with release(): by then its journal record must have been handed to the system, so that no
// order is at a venue of which the journal knows nothing.
//
// Full, either way: trading stops (failed()). A command that finds no room was not sent, and its order is denied. An
// answer that finds none is kept by the I/O thread and offered again: what a venue said is never dropped.
//
// An order whose outcome nobody knows stays as it is, and is counted (unknown()), until the venue's client has asked
// and was told. It is never taken for rejected.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/spsc_queue.hpp"
#include "model/venue_link.hpp"

namespace stom {

class LiveLink final : public VenueLink {
 public:
  static constexpr std::size_t kCommands = 1024, kAnswers = 8192;
  explicit LiveLink(std::size_t commands = kCommands, std::size_t answers = kAnswers);

  /// What a venue without client order ids calls an order, or any venue one that the session adopts.
  struct Name {
    static constexpr std::size_t kMost = 40;  // a UUID
    ClientOrderId id = 0;
    std::array<char, kMost> text{};
    std::uint8_t size = 0;
    std::string_view view() const { return {text.data(), size}; }
  };
  struct Command {
    bool is_cancel = false;
    NewOrder order;  // of a cancel: id and instrument
    Name adopts{};   // it rests there under that name; empty: it is to be sent
  };

  // Engine thread: VenueLink. One run.
  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  void adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
             UnixNanos sent) override;
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  bool idle() override { return false; }
  /// Before all else: an order that is not over, of an earlier process. `request`: the latest about it.
  void resume(ClientOrderId id, std::uint64_t request, bool unknown);
  /// How many marks have come with what poll() took, since the last time.
  std::size_t take_marks() { return std::exchange(marks_, 0); }
  /// What came with what poll() took; until the next poll(). To be journaled before the answers that it took.
  const std::vector<Name>& names() const { return names_; }
  /// Takes the answers that have come by `now`. How many, with what was denied here since the last time.
  std::size_t poll(UnixNanos now);
  /// Commands wait for release().
  bool holds_some() const { return !held_.empty(); }
  /// Lets the commands go since the last release(); how many.
  std::size_t release();
  /// Those since then do not leave any more: they are denied.
  void deny_held(UnixNanos now);
  /// A queue was full: nothing new may be sent.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  std::size_t unknown() const { return unknown_; }
  bool is_unknown(ClientOrderId id) const;
  /// What was told of orders that are not ours.
  std::uint64_t foreign() const { return foreign_; }

  // I/O thread
  bool next(Command& command) { return commands_.try_pop(command); }
  void report(const OrderEvent& event) { tell({event, News::What::Told}); }
  void report_unknown(ClientOrderId id, InstrumentIndex instrument) {
    tell({OrderEvent{.instrument = instrument, .id = id}, News::What::Unknown});
  }
  /// False: it is too long to be kept.
  bool report_name(ClientOrderId id, std::string_view venue_order_id);
  /// Offers again what found no room. Once a turn.
  void offer();
  /// Behind all that was reported before.
  void mark() { tell({{}, News::What::Mark}); }
  bool take_news() { return std::exchange(news_, false); }

 private:
  struct News {
    enum class What : std::uint8_t { Told, Unknown, Named, Mark };
    OrderEvent event;
    What what = What::Told;
    Name name{};
  };
  struct Sent {
    std::uint64_t submit = 0, cancel = 0;  // request numbers; cancel 0: none is under way
    bool unknown = false;
  };
  void deny(bool is_cancel, std::uint64_t request, const NewOrder& order, UnixNanos at, RejectReason reason);
  void enqueue(std::uint64_t request, const Command& command, UnixNanos sent);
  void tell(const News& news);
  void take_in(const News& news, UnixNanos now);

  SpscQueue<Command> commands_;
  SpscQueue<News> answers_;
  std::atomic<bool> failed_{false};

  // Engine thread
  std::vector<Command> held_;  // until release()
  std::deque<Answer> ready_;   // by local time
  std::size_t counted_ = 0;    // so many of them poll() has told of
  std::pmr::unsynchronized_pool_resource memory_;
  std::pmr::unordered_map<ClientOrderId, Sent> sent_{&memory_};  // orders that are not over
  std::size_t unknown_ = 0;
  std::uint64_t foreign_ = 0;
  std::size_t marks_ = 0;
  std::vector<Name> names_;
  UnixNanos floor_ = kNoTime;

  // I/O thread
  std::deque<News> kept_;
  bool news_ = false;
};

}  // namespace stom
