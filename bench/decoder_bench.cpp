// links: stom_venues simdjson::simdjson ZLIB::ZLIB
// peer: decoder_peer.cpp
// The decoder that ships against simdjson On-Demand, on the frames of a Binance USD-M capture. The peer's side reads
// every number that ours reads, decimals to scaled integers with checks, and adds them up; ours makes the messages that
// the engine gets. Prints one JSON object a kind of frame: nanoseconds a frame of both (median of the rounds, taken by
// turns), and whether the two read the same numbers.
//   decoder_bench CAPTURE.jsonl.gz [rounds]
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "decoder_peer.hpp"
#include "venues/binance/market_data.hpp"

namespace {

using namespace stom;

constexpr venues::Decimals kDecimals{bench::kPriceDecimals, bench::kQuantityDecimals};

struct Frames {
  std::string text;  // of all frames of the kind, each ended by a newline
  std::vector<std::pair<std::size_t, std::size_t>> spans;

  std::string_view at(std::size_t i) const { return {text.data() + spans[i].first, spans[i].second}; }
};

using bench::kKinds;
constexpr const char* kNames[] = {"depthUpdate", "bookTicker", "trade"};

bool read_capture(const char* path, std::vector<Frames>& kinds) {
  gzFile file = gzopen(path, "rb");
  if (file == nullptr) return false;
  std::vector<char> line(1 << 22);
  while (gzgets(file, line.data(), static_cast<int>(line.size())) != nullptr) {
    std::string_view text{line.data()};
    if (text.find(' ') == text.npos) continue;
    text.remove_prefix(text.find(' ') + 1);
    text = text.substr(0, text.find('\n'));
    for (int k = 0; k < kKinds; ++k) {
      if (text.find("\"e\":\"" + std::string{kNames[k]} + '"') == text.npos) continue;
      Frames& f = kinds[static_cast<std::size_t>(k)];
      f.spans.emplace_back(f.text.size(), text.size());
      f.text.append(text).push_back('\n');
    }
  }
  gzclose(file);
  for (Frames& f : kinds) f.text.append(bench::kPadding, ' ');
  return true;
}

// ---- our side

std::uint64_t sum_of(const MessageBatch& batch) {
  const Message& m = batch.messages.back();
  auto sum = static_cast<std::uint64_t>((m.event_time + m.transaction_time) / kMillisecond + m.first_update_id +
                                        m.final_update_id + m.previous_update_id);
  for (std::uint32_t i = 0; i < m.levels(); ++i) {
    const Level& l = batch.levels[m.first_level + i];
    sum += 31 * static_cast<std::uint64_t>(l.price.value) + static_cast<std::uint64_t>(l.quantity.value);
  }
  if (m.kind == MessageKind::Trade) sum += (m.flags & kSellAggressor ? 1u : 0u) + (m.flags & kNotMarketTrade ? 7u : 0u);
  return sum;
}

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

int measure(const Frames& f, int kind, int rounds) {
  venues::binance::MarketData decoder{{"BTCUSDT", venues::binance::Feed::UsdM, kDecimals}};
  bench::SimdjsonReader peer_reader;
  const auto peer_reads = [&](std::size_t i) {
    return peer_reader.read(f.at(i), f.text.size() - f.spans[i].first, kind);
  };
  MessageBatch batch;
  bool equal = true;
  for (std::size_t i = 0; i < f.spans.size(); ++i) {
    batch.clear();
    const auto got = decoder.decode(f.at(i), 1, batch);
    if (!got || batch.messages.size() != 1) {
      std::fprintf(stderr, "decoder_bench: frame %zu refused: %.200s\n", i, f.at(i).data());
      return 1;
    }
    equal &= sum_of(batch) == peer_reads(i);
  }
  std::vector<double> ours, peer;
  std::uint64_t sink = 0;
  for (int r = 0; r < rounds; ++r) {
    ours.push_back(nanoseconds_a_frame(f.spans.size(), [&](std::size_t i) {
      batch.clear();
      (void)decoder.decode(f.at(i), 1, batch);
      sink += batch.levels.size();
    }));
    peer.push_back(nanoseconds_a_frame(f.spans.size(), [&](std::size_t i) { sink += peer_reads(i); }));
  }
  std::printf(
      "{\"frame\":\"%s\",\"frames\":%zu,\"ours_ns\":%.2f,\"simdjson_ns\":%.2f,\"equal\":%s,\"simdjson\":\"%s\","
      "\"sink\":%llu}\n",
      kNames[kind], f.spans.size(), median(ours), median(peer), equal ? "true" : "false",
      bench::SimdjsonReader::version(), static_cast<unsigned long long>(sink % 1000));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (argc < 2 || rounds < 1) {
    std::fputs("usage: decoder_bench CAPTURE.jsonl.gz [rounds]\n", stderr);
    return 2;
  }
  std::vector<Frames> kinds(kKinds);
  if (!read_capture(argv[1], kinds)) {
    std::fprintf(stderr, "decoder_bench: cannot read %s\n", argv[1]);
    return 1;
  }
  int status = 0;
  for (int k = 0; k < kKinds; ++k) status |= measure(kinds[static_cast<std::size_t>(k)], k, rounds);
  return status;
}
