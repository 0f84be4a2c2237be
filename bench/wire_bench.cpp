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
#include "venue_frames.hpp"
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

std::string frame_of(Wire kind, Random& random) {
  const auto ms = static_cast<std::int64_t>(1'746'601'573'804 + random.below(1'000'000));
  switch (kind) {
    case Wire::UpbitBook:
      return bench::upbit_book(random, "KRW-BTC", ms);
    case Wire::UpbitTrade:
      return bench::upbit_trade(random, "KRW-BTC", ms);
    case Wire::KiwoomTrade:
      return bench::kiwoom_trade(random, "005930", "115618");
    case Wire::KiwoomBook:
      return bench::kiwoom_book(random, "005930", "165207");
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
