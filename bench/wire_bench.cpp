// links: stom_venues simdjson::simdjson fmt::fmt
// peer: wire_peer.cpp
// Frames of Upbit and Kiwoom to messages, as their clients read them, against simdjson On-Demand written for the same
// frames. The frames are made here, in the shape that the venues document, from a seed. Prints one JSON object a kind:
// nanoseconds a frame of both (median of the rounds, taken by turns), and whether the two read the same numbers.
//   wire_bench [frames a kind] [rounds]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "venues/kiwoom/straight.hpp"
#include "venues/upbit/straight.hpp"
#include "wire_peer.hpp"

namespace {

using namespace stom;
using bench::Wire;

constexpr UnixNanos kReceived = 1'789'095'378'000'000'000;
constexpr venues::Decimals kUpbit{bench::kUpbitPriceDecimals, bench::kUpbitQuantityDecimals}, kKiwoom{0, 0};
constexpr struct {
  Wire kind;
  const char* name;
} kKinds[] = {{Wire::UpbitBook, "upbit orderbook, 15 levels"},
              {Wire::UpbitTrade, "upbit trade"},
              {Wire::KiwoomTrade, "kiwoom 0B, one trade"},
              {Wire::KiwoomBook, "kiwoom 0D, ten levels"}};

std::string size_of(Random& random) {
  return fmt::format("{}", static_cast<double>(random.below(5'000'000'000)) / 1e8);
}

std::string upbit_book(Random& random) {
  std::string units;
  const std::uint64_t middle = 130'000'000 + 1000 * random.below(10'000);
  for (std::uint64_t i = 0; i < 15; ++i)
    units += fmt::format(R"({}{{"ask_price":{},"bid_price":{},"ask_size":{},"bid_size":{}}})", i == 0 ? "" : ",",
                         middle + 1000 * (i + 1), middle - 1000 * i, size_of(random), size_of(random));
  return fmt::format(R"({{"type":"orderbook","code":"KRW-BTC","timestamp":{},"total_ask_size":{},"total_bid_size":{},)"
                     R"("orderbook_units":[{}],"stream_type":"REALTIME","level":0}})",
                     1'746'601'573'804 + random.below(1'000'000), size_of(random), size_of(random), units);
}

std::string upbit_trade(Random& random) {
  const std::uint64_t time = 1'746'601'573'804 + random.below(1'000'000);
  return fmt::format(
      R"({{"type":"trade","code":"KRW-BTC","timestamp":{},"trade_date":"2025-05-07","trade_time":"07:06:13",)"
      R"("trade_timestamp":{},"trade_price":{}.00000000,"trade_volume":{},"ask_bid":"{}",)"
      R"("prev_closing_price":135000000.00000000,"change":"RISE","change_price":2000000.00000000,"sequential_id":{},)"
      R"("best_ask_price":137002000,"best_ask_size":{},"best_bid_price":137001000,"best_bid_size":{},)"
      R"("stream_type":"REALTIME"}})",
      time + 60, time, 130'000'000 + 1000 * random.below(10'000), size_of(random), random.below(2) ? "ASK" : "BID",
      time * 10'000 + random.below(10), size_of(random), size_of(random));
}

std::string kiwoom_trade(Random& random) {
  const std::uint64_t price = 250'000 + 500 * random.below(40);
  return fmt::format(
      R"({{"data":[{{"values":{{"20":"115618","10":"-{}","11":"-11250","12":"-4.18","27":"-{}","28":"-{}","15":"{}{}",)"
      R"("13":"7198927","14":"1860588","16":"-258000","17":"-261000","18":"-257000","25":"5","26":"-15318148",)"
      R"("29":"-4167722708811","30":"-31.97","31":"0.12","32":"595","228":"89.62","311":"15068783","290":"2","691":"0",)"
      R"("567":"000000","568":"000000","851":"10379","1890":"090016","1891":"053039","1892":"114556","1030":"3645181",)"
      R"("1031":"3266718","1032":"-47.26","1071":"63318","1072":"96320","1313":"-4897","1315":"-19","1316":" 0",)"
      R"("1314":"-19","1497":"103100","1498":"82480","620":"258453","732":"1294","852":"1035","9081":"KRX"}},)"
      R"("type":"0B","name":"주식체결","item":"005930"}}],"trnm":"REAL"}})",
      price, price + 500, price, random.below(2) ? '+' : '-', 1 + random.below(500));
}

std::string kiwoom_book(Random& random) {
  const std::uint64_t middle = 20'000 + 50 * random.below(100);
  std::string values = R"("21":"165207")";
  const auto member = [&](unsigned number, auto value) { values += fmt::format(R"(,"{}":"{}")", number, value); };
  for (unsigned i = 0; i < 10; ++i) {
    member(41 + i, fmt::format("+{}", middle + 50 * (i + 1)));
    member(61 + i, random.below(3'000'000));
    member(81 + i, 0);
    member(51 + i, fmt::format("-{}", middle - 50 * i));
    member(71 + i, random.below(3'000'000));
    member(91 + i, 0);
  }
  member(121, 12'622'527);
  member(122, -1'036'021);
  member(125, 14'453'430);
  member(126, "+1062126");
  member(23, 20'850);
  member(24, 332'941);
  for (const unsigned number : {128u, 129u, 138u, 139u, 200u, 201u, 238u, 291u, 292u, 293u, 294u, 295u})
    member(number, 0);
  for (unsigned i = 0; i < 10; ++i) {
    member(621 + i, 0);
    member(631 + i, 0);
  }
  member(13, 30'379'650);
  member(299, "-1.06");
  member(215, "");
  member(216, "");
  for (unsigned number = 6044; number <= 6087; ++number) member(number, 0);
  for (unsigned number = 6100; number <= 6115; ++number) member(number, 0);
  return R"({"trnm":"REAL","data":[{"type":"0D","name":"주식호가잔량","item":"005930","values":{)" + values + "}}]}";
}

std::string frame_of(Wire kind, Random& random) {
  switch (kind) {
    case Wire::UpbitBook:
      return upbit_book(random);
    case Wire::UpbitTrade:
      return upbit_trade(random);
    case Wire::KiwoomTrade:
      return kiwoom_trade(random);
    case Wire::KiwoomBook:
      return kiwoom_book(random);
  }
  return {};
}

struct Frames {
  std::string text;
  std::vector<std::pair<std::size_t, std::size_t>> spans;
  std::string_view at(std::size_t i) const { return {text.data() + spans[i].first, spans[i].second}; }
};

/// Our side, as the clients call it; false where the straight road does not take the frame.
class Ours {
 public:
  bool read(std::string_view frame, Wire kind, MessageBatch& out) {
    if (kind == Wire::UpbitBook || kind == Wire::UpbitTrade)
      return venues::upbit::instrument_of(frame) && venues::upbit::decode_straight(frame, kUpbit, kReceived, out);
    const auto entries = kiwoom_.read(frame, kReceived);
    items_ = 0;
    for (const auto& entry : entries) {
      items_ += entry.item.size();
      if (!kiwoom_.append(entry, kKiwoom, kReceived, out)) return false;
    }
    return !entries.empty();
  }
  std::uint64_t sum(const MessageBatch& batch, Wire kind) const {
    std::uint64_t sum = 0;
    for (const Message& m : batch.messages) {
      if (kind == Wire::UpbitBook || kind == Wire::UpbitTrade) {
        sum += static_cast<std::uint64_t>(m.event_time / kMillisecond);
        if (m.kind == MessageKind::Trade)
          sum += static_cast<std::uint64_t>(m.transaction_time / kMillisecond + m.first_update_id);
      }
      if (m.kind == MessageKind::Trade && (m.flags & kSellAggressor) != 0) ++sum;
      for (std::uint32_t i = 0; i < m.levels(); ++i) {
        const Level& l = batch.levels[m.first_level + i];
        sum += 31 * static_cast<std::uint64_t>(l.price.value) + static_cast<std::uint64_t>(l.quantity.value);
      }
    }
    return sum + (kind == Wire::KiwoomTrade || kind == Wire::KiwoomBook ? items_ : 0);
  }

 private:
  venues::kiwoom::Straight kiwoom_;
  std::size_t items_ = 0;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <class Work>
double nanoseconds_a_frame(std::size_t frames, Work work) {
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < frames; ++i) work(i);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() /
         static_cast<double>(frames);
}

int measure(Wire kind, const char* name, std::size_t count, int rounds) {
  Random random{11};
  Frames frames;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string frame = frame_of(kind, random);
    frames.spans.emplace_back(frames.text.size(), frame.size());
    frames.text += frame + '\n';
  }
  frames.text.append(bench::kPadding, ' ');
  Ours ours;
  bench::WireReader peer;
  const auto peer_reads = [&](std::size_t i) {
    return peer.read(frames.at(i), frames.text.size() - frames.spans[i].first, kind);
  };
  MessageBatch batch;
  bool equal = true;
  for (std::size_t i = 0; i < count; ++i) {
    batch.clear();
    if (!ours.read(frames.at(i), kind, batch)) {
      std::fprintf(stderr, "wire_bench: frame %zu not taken: %.*s\n", i, static_cast<int>(frames.at(i).size()),
                   frames.at(i).data());
      return 1;
    }
    equal &= ours.sum(batch, kind) == peer_reads(i);
  }
  std::vector<double> mine, theirs;
  std::uint64_t sink = 0;
  for (int r = 0; r < rounds; ++r) {
    mine.push_back(nanoseconds_a_frame(count, [&](std::size_t i) {
      batch.clear();
      (void)ours.read(frames.at(i), kind, batch);
      sink += batch.levels.size();
    }));
    theirs.push_back(nanoseconds_a_frame(count, [&](std::size_t i) { sink += peer_reads(i); }));
  }
  std::printf(
      "{\"frame\":\"%s\",\"frames\":%zu,\"bytes\":%zu,\"ours_ns\":%.2f,\"simdjson_ns\":%.2f,\"equal\":%s,"
      "\"simdjson\":\"%s\",\"sink\":%llu}\n",
      name, count, frames.text.size() / count, median(mine), median(theirs), equal ? "true" : "false",
      bench::WireReader::version(), static_cast<unsigned long long>(sink % 1000));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int frames = argc > 1 ? std::atoi(argv[1]) : 20'000, rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (frames < 1 || rounds < 1) {
    std::fputs("usage: wire_bench [frames a kind] [rounds]\n", stderr);
    return 2;
  }
  int status = 0;
  for (const auto& [kind, name] : kKinds) status |= measure(kind, name, static_cast<std::size_t>(frames), rounds);
  return status;
}
