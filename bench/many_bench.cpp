// links: stom_live stom_gateway stom_venues stom_engine stom_net simdjson::simdjson OpenSSL::SSL fmt::fmt
// peer: decoder_peer.cpp
// 3,000 instruments on three venues at once (Binance USD-M, Upbit, Kiwoom, a thousand
// each): clients, gateways, live feed, books and one-second rows of every instrument, 50,000 ticks a second, six books
// to four trades, in turns of a millisecond. Frames are made between the turns and not counted. Prints one JSON object:
// processor time a second of market, the process's greatest memory, and whether each book's best bid is that of its
// last frame and there are exactly the rows that the rule demands. Registration limits are the venues' and not met
// here: what is not registered is sent all the same.
//   many_bench [seconds of market] [instruments a venue]
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include "memory_wire.hpp"
#include "venue_frames.hpp"
#include "venues/kiwoom/client.hpp"
#include "venues/upbit/client.hpp"

namespace {

using namespace stom;
using bench::give_up;

constexpr int kTicksATurn = 50;                          // of a millisecond
constexpr UnixNanos kBegin = 1'789'092'000'000'000'000;  // 2026-09-11 11:00 in Seoul, a Friday

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class AllRows final : public Strategy {
 public:
  std::uint64_t rows = 0, trades = 0;
  void on_start(Context& context) override {
    for (InstrumentIndex i = 0; i < context.instruments(); ++i) {
      context.subscribe_rows(i, {.rule = RowRule::AnyChange});
      context.subscribe_trades(i);
    }
  }
  void on_row(Context&, const RowEvent&) override { ++rows; }
  void on_trade(Context&, const TradeTick&) override { ++trades; }
};

/// One instrument as its venue sees it.
struct Listed {
  std::string symbol, lower;
  std::int64_t update = 1'000, trade = 0;
  std::int64_t best_bid = 0;  // as the last book told it, at the instrument's decimals
  std::int64_t row_second = 0;
};

struct Venue {
  std::unique_ptr<venues::Venue> client;
  bench::MemoryTransport transport{nullptr};
  std::unique_ptr<gateway::Gateway> gateway;
  gateway::LinkId link = 0;  // of the market data
};

Instrument instrument_of(int venue, int number) {
  Instrument out;
  if (venue == 0) {
    out = {.id = fmt::format("binance-usdm:B{:04}USDT", number),
           .base = fmt::format("B{:04}", number),
           .quote = "USDT",
           .kind = ContractKind::Linear};
    out.price_decimals = 2;
    out.quantity_decimals = 3;
    out.ladder = {{Price{0}, Price{10}}};
  } else if (venue == 1) {
    out = {.id = fmt::format("upbit:KRW-C{:04}", number), .base = fmt::format("C{:04}", number), .quote = "KRW"};
    out.quantity_decimals = 8;
    out.ladder = {{Price{0}, Price{1000}}};
  } else {
    out = {.id = fmt::format("kiwoom:{:06}", 100'000 + number),
           .base = fmt::format("{:06}", 100'000 + number),
           .quote = "KRW"};
    out.ladder = {{Price{0}, Price{50}}};
  }
  return out;
}

class Floor {  // of the three exchanges
 public:
  Floor(int each) : each_{each} {
    for (int venue = 0; venue < 3; ++venue)
      for (int i = 0; i < each; ++i) instruments_.push_back(instrument_of(venue, i));
    for (const Instrument& one : instruments_) {
      Listed listed{.symbol = one.symbol(), .lower = one.symbol()};
      for (char& c : listed.lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      listed_.push_back(std::move(listed));
    }
  }
  const std::vector<Instrument>& instruments() const { return instruments_; }
  Listed& listed(std::size_t i) { return listed_[i]; }
  int venue_of(std::size_t i) const { return static_cast<int>(i) / each_; }

  std::string snapshot(std::size_t i, UnixNanos now) {
    note_book(i, now, 6'000'000);
    return fmt::format(R"({{"lastUpdateId":{},"E":{},"T":{},"bids":[{}],"asks":[{}]}})", listed_[i].update,
                       now / kMillisecond, now / kMillisecond, levels(6'000'000, -10, 200), levels(6'000'010, 10, 200));
  }
  /// The next frame of an instrument, chosen by chance.
  std::string frame(std::size_t& chosen, UnixNanos now) {
    chosen = static_cast<std::size_t>(random_.below(instruments_.size()));
    Listed& of = listed_[chosen];
    const bool book = random_.below(10) < 6;
    const std::int64_t ms = now / kMillisecond;
    books += book;
    switch (venue_of(chosen)) {
      case 0:
        if (book) {
          // The best level is told anew each time and never goes: ten levels of either side.
          const std::int64_t before = of.update;
          of.update += 9;
          note_book(chosen, now, 6'000'000);
          return fmt::format(
              R"({{"stream":"{}@depth@100ms","data":{{"e":"depthUpdate","E":{},"T":{},"s":"{}","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})",
              of.lower, ms, ms, of.symbol, before + 1, of.update, before, levels(6'000'000, -10, 10),
              levels(6'000'010, 10, 10));
        }
        return fmt::format(
            R"({{"stream":"{}@trade","data":{{"e":"trade","E":{},"T":{},"s":"{}","t":{},"p":"60000.{}0","q":"{}","X":"MARKET","m":{}}}}})",
            of.lower, ms, ms, of.symbol, ++of.trade, random_.below(10),
            bench::decimal(static_cast<std::int64_t>(1 + random_.below(9'000)), 3),
            random_.below(2) ? "true" : "false");
      case 1: {
        if (!book) return bench::upbit_trade(random_, of.symbol, ms);
        std::string frame = bench::upbit_book(random_, of.symbol, ms);
        note_book(chosen, now, member(frame, "\"bid_price\":"));
        return frame;
      }
      default: {
        const std::int64_t seconds = (now / kSecond + 9 * 3600) % 86'400;
        const std::string clock = fmt::format("{:02}{:02}{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if (!book) return bench::kiwoom_trade(random_, of.symbol, clock);
        std::string frame = bench::kiwoom_book(random_, of.symbol, clock);
        note_book(chosen, now, member(frame, "\"51\":\"-"));
        return frame;
      }
    }
  }
  std::uint64_t books = 0, rows = 0;  // rows: that the rule demands

 private:
  static std::int64_t member(std::string_view frame, std::string_view name) {
    return std::strtoll(frame.data() + frame.find(name) + name.size(), nullptr, 10);
  }
  std::string levels(std::int64_t from, std::int64_t step, int count) {
    std::string out;
    for (int i = 0; i < count; ++i)
      out += fmt::format(R"({}["{}","{}"])", i == 0 ? "" : ",", bench::decimal(from + step * i, 2),
                         bench::decimal(static_cast<std::int64_t>(1 + random_.below(50'000)), 3));
    return out;
  }
  /// A book event: the first of a second emits a row.
  void note_book(std::size_t i, UnixNanos now, std::int64_t best_bid) {
    listed_[i].best_bid = best_bid;
    if (listed_[i].row_second == now / kSecond) return;
    listed_[i].row_second = now / kSecond;
    ++rows;
  }
  int each_;
  std::vector<Instrument> instruments_;
  std::vector<Listed> listed_;
  Random random_{5};
};

template <class Made>
std::unique_ptr<venues::Venue> made(Made result) {
  if (!result) give_up("many_bench: " + result.error().message);
  return std::move(*result);
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 10, each = argc > 2 ? std::atoi(argv[2]) : 1'000;
  if (seconds < 1 || each < 1 || each > 1'000) {
    std::fputs("usage: many_bench [seconds of market] [instruments a venue, 1 to 1000]\n", stderr);
    return 2;
  }
  Floor floor{each};
  UnixNanos now = kBegin;
  LiveFeed feed{floor.instruments()};
  LiveLink link;
  Engine engine{floor.instruments(), feed.local_side(), link};
  bench::ToEngine to{feed, nullptr, now};
  auto strategy = std::make_unique<AllRows>();
  const AllRows& all = *strategy;
  engine.add_run(std::move(strategy), {.configuration = "many_bench", .cash = {}});
  if (auto started = engine.start(now, kMinute); !started) give_up("many_bench: " + started.error().message);
  Venue three[3];
  three[0].client = made(venues::binance::usdm_client({}));
  three[1].client = made(venues::upbit::client({}));
  three[2].client = made(venues::kiwoom::client({.credentials = venues::Credentials{.key = "k", .secret = "s"}}));
  for (Venue& venue : three) {
    venue.gateway =
        std::make_unique<gateway::Gateway>(*venue.client, venue.transport, to, nullptr, gateway::GatewayOptions{});
    venue.gateway->start(now);
  }
  for (InstrumentIndex i = 0; i < floor.instruments().size(); ++i)
    three[floor.venue_of(i)].gateway->watch(i, floor.instruments()[i], {.book = true, .trades = true}, now);
  const auto turn = [&] {
    feed.poll(now);
    link.poll(now);
    engine.advance(now);
  };
  // Connections open and snapshots come as fast as the budgets let them.
  for (int round = 0;; ++round) {
    for (Venue& venue : three) {
      for (const auto id : std::exchange(venue.transport.opened, {})) {
        venue.gateway->on_open(id, now);
        venue.link = id;
      }
      for (const auto& call : std::exchange(venue.transport.calls, {})) {
        if (call.target.starts_with("/oauth2/token")) {
          venue.gateway->on_answer(
              call.id, 200, {},
              R"({"expires_dt":"20991231000000","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})",
              now);
        } else if (const auto at = call.target.find("/depth?symbol=B"); at != std::string::npos) {
          const auto i = static_cast<std::size_t>(std::atoi(call.target.c_str() + at + 15));
          venue.gateway->on_answer(call.id, 200, {}, floor.snapshot(i, now), now);
          turn();
        }
      }
      if (venue.link != 0) venue.gateway->on_heard(venue.link, now);  // the market is quiet until it begins
      if (venue.gateway->next_due() <= now) venue.gateway->on_due(now);
    }
    turn();
    bool ready = true;
    for (int i = 0; i < each; ++i) ready &= !engine.market()[static_cast<InstrumentIndex>(i)].stale;
    if (ready && three[1].link != 0 && three[2].link != 0) break;
    if (round > 100'000) give_up("many_bench: not all books are there");
    now += kSecond;
  }
  three[2].gateway->on_text(three[2].link, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", now);

  std::vector<std::string> frames(kTicksATurn);
  std::vector<std::size_t> whose(kTicksATurn);
  std::uint64_t ticks = 0;
  double spent = 0;
  const UnixNanos from = now = (now / kSecond + 1) * kSecond;
  while (now < from + seconds * kSecond) {
    for (int i = 0; i < kTicksATurn; ++i) frames[i] = floor.frame(whose[i], now);
    const double began = cpu_seconds();
    for (int i = 0; i < kTicksATurn; ++i) {
      Venue& venue = three[floor.venue_of(whose[i])];
      venue.gateway->on_text(venue.link, frames[i], now);
    }
    turn();
    for (Venue& venue : three)
      if (venue.gateway->next_due() <= now) venue.gateway->on_due(now);
    spent += cpu_seconds() - began;
    ticks += kTicksATurn;
    now += kMillisecond;
  }
  std::size_t wrong_books = 0;
  for (InstrumentIndex i = 0; i < floor.instruments().size(); ++i)
    if (floor.listed(i).best_bid != 0) wrong_books += engine.market()[i].best_bid.value != floor.listed(i).best_bid;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const bool equal = wrong_books == 0 && to.wrong == 0 && feed.left_out() == 0 && feed.refused() == 0 &&
                     all.rows == floor.rows && all.trades == ticks - floor.books;
  fmt::print(
      R"({{"instruments":{},"ticks":{},"seconds":{},"cpu_a_second":{:.4f},"ns_a_tick":{:.0f},"peak_mb":{:.0f},"rows":{},"rows_wanted":{},"trades":{},"wrong_books":{},"wrong_frames":{},"refused":{},"equal":{}}})"
      "\n",
      floor.instruments().size(), ticks, seconds, spent / seconds, spent / static_cast<double>(ticks) * 1e9,
      static_cast<double>(usage.ru_maxrss) / 1024, all.rows, floor.rows, all.trades, wrong_books, to.wrong,
      feed.refused(), equal);
  return equal ? 0 : 1;
}
