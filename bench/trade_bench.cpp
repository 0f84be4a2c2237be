// links: stom_live stom_gateway stom_venues stom_engine stom_net simdjson::simdjson OpenSSL::SSL fmt::fmt
// peer: decoder_peer.cpp
// Trading in the process, without a socket, on frames of Binance USD-M made from a seed
// (memory_wire.hpp). Prints one JSON object.
//   trade_bench tick [ticks]     a depth frame's bytes until the signed, encrypted bytes of the order that the strategy
//                                sends on it: p50 and p99; beside it what of that nobody can leave out, each alone over
//                                the same bytes: reading the frame (simdjson On-Demand), HMAC-SHA256 and the TLS record
//                                (OpenSSL). Each order is decrypted by the other end, its signature computed anew, and
//                                its price is the best bid of a book kept apart.
//   trade_bench burst [frames]   so many trade frames that are there at once, as the bytes of a WebSocket, until the
//                                strategy has seen the last; beside it reading them with simdjson.
#include <fmt/format.h>
#include <openssl/hmac.h>

#include <chrono>

#include "memory_wire.hpp"
#include "net/ws_frames.hpp"

namespace {

using namespace stom;
using Clock = std::chrono::steady_clock;

/// A trader in memory, with a clock that is moved by hand.
class InMemory {
 public:
  InMemory(bench::MemoryTls& tls, const std::filesystem::path& folder, const std::string& snapshot, bool orders)
      : transport_{&tls}, trader_{transport_, folder, orders, now_} {
    auto& gateway = trader_.gateway();
    trader_.start();
    for (const auto link : std::exchange(transport_.opened, {})) gateway.on_open(books_ = link, now_);
    for (const auto& call : std::exchange(transport_.calls, {})) {
      if (call.target.find("/positionSide/") != std::string::npos)
        gateway.on_answer(call.id, 200, {}, R"({"dualSidePosition":false})", now_);
      if (call.target.find("/depth?") != std::string::npos) gateway.on_answer(call.id, 200, {}, snapshot, now_);
    }
    trader_.turn(now_);
    answer();
  }
  /// What is timed.
  void frame(std::string_view bytes) {
    trader_.gateway().on_text(books_, bytes, now_);
    trader_.turn(now_);
  }
  void take(std::string_view bytes) { trader_.gateway().on_text(books_, bytes, now_); }
  void turn() { trader_.turn(now_); }
  /// The venue answers that the order has lapsed; the budgets' windows go by.
  void answer() {
    if (!ordered()) return;
    const std::string body = bench::lapsed(fmt::format("stom-0-{}", transport_.orders), transport_.orders);
    trader_.gateway().on_answer(std::exchange(transport_.order, 0), 200, {}, body, now_);
    trader_.turn(now_);
    for (int i = 0; i < 2; ++i) {
      now_ += kSecond;
      if (trader_.gateway().next_due() <= now_) trader_.gateway().on_due(now_);
    }
    transport_.calls.clear();
  }
  void pass(DurationNanos time) { now_ += time; }
  bool ordered() const { return transport_.order != 0; }
  const bench::Trader& trader() const { return trader_; }

 private:
  UnixNanos now_ = bench::kStart;
  bench::MemoryTransport transport_;
  bench::Trader trader_;
  gateway::LinkId books_ = 0;
};

struct Text {  // frames behind one another, with room for simdjson behind the last
  std::string bytes;
  std::vector<std::pair<std::size_t, std::size_t>> spans;
  void add(std::string_view frame) {
    spans.emplace_back(bytes.size(), frame.size());
    bytes += frame;
  }
  std::string_view at(std::size_t i) const { return {bytes.data() + spans[i].first, spans[i].second}; }
  std::size_t readable(std::size_t i) const { return bytes.size() - spans[i].first; }
};

template <class Work>
std::vector<double> each(std::size_t count, Work work) {
  std::vector<double> times;
  times.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto began = Clock::now();
    work(i);
    times.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count());
  }
  return times;
}

std::string hmac_hex(std::string_view payload) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), bench::kSecret.data(), static_cast<int>(bench::kSecret.size()),
       reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), out, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", out[i]);
  return hex;
}

/// "" where the order is the one that the book asks for, rightly signed.
std::string wrong_with(const std::string& request, std::int64_t best_bid) {
  if (!request.starts_with("POST /fapi/v1/order HTTP/1.1\r\n")) return "no order: " + request.substr(0, 80);
  const auto body = request.substr(request.find("\r\n\r\n") + 4);
  const auto signature = body.find("&signature=");
  if (signature == std::string::npos || body.substr(signature + 11) != hmac_hex(body.substr(0, signature)))
    return "its signature is another one: " + body;
  const std::string price = "&price=" + format_decimal_trimmed(Int128{best_bid}, 2) + '&';
  if (body.find(price) == std::string::npos) return "not" + price + " in " + body;
  return "";
}

int tick(std::size_t ticks, const std::filesystem::path& folder) {
  bench::Market market;
  const std::string snapshot = market.snapshot();
  Text frames;
  std::vector<std::int64_t> best;
  for (std::size_t i = 0; i < ticks; ++i) {
    frames.add(market.depth());
    best.push_back(market.best_bid());
  }
  frames.bytes.append(bench::kPadding, ' ');
  bench::MemoryTls tls{folder};
  InMemory trader{tls, folder, snapshot, true};
  (void)tls.opened();
  std::string wrong, request;
  std::vector<double> ours;
  std::size_t warm = ticks / 10;
  for (std::size_t i = 0; i < ticks && wrong.empty(); ++i) {
    trader.pass(kMillisecond);
    const auto began = Clock::now();
    trader.frame(frames.at(i));
    const std::chrono::duration<double, std::nano> took = Clock::now() - began;
    if (!trader.ordered()) {
      wrong = fmt::format("no order at tick {}", i);
      break;
    }
    request = tls.opened();
    wrong = wrong_with(request, best[i]);
    trader.answer();
    if (i >= warm) ours.push_back(took.count());
  }
  if (wrong.empty() && (trader.trader().wrong() != 0 || trader.trader().working() != 0))
    wrong = "a frame or an answer was not understood";
  if (!wrong.empty()) bench::give_up("trade_bench: " + wrong);

  const std::string payload =
      request.substr(request.find("\r\n\r\n") + 4, request.rfind("&signature=") - request.find("\r\n\r\n") - 4);
  bench::SimdjsonReader peer;
  std::uint64_t sink = 0;
  const auto parse =
      each(ticks, [&](std::size_t i) { sink += peer.read(frames.at(i), frames.readable(i), bench::kDepth); });
  const auto sign = each(ticks, [&](std::size_t) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha256(), bench::kSecret.data(), static_cast<int>(bench::kSecret.size()),
         reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), out, &size);
    sink += out[0];
  });
  const auto record = each(ticks, [&](std::size_t) {
    tls.seal(request);
    sink += static_cast<unsigned char>(tls.sealed().back());
  });
  const double p50[] = {bench::at_part(parse, .5), bench::at_part(sign, .5), bench::at_part(record, .5)};
  const double p99[] = {bench::at_part(parse, .99), bench::at_part(sign, .99), bench::at_part(record, .99)};
  fmt::print(
      R"({{"work":"tick","ticks":{},"frame_bytes":{},"order_bytes":{},"signed_bytes":{},"cipher":"{}","ours_p50_ns":{:.0f},"ours_p99_ns":{:.0f},"parse_p50_ns":{:.0f},"hmac_p50_ns":{:.0f},"tls_p50_ns":{:.0f},"floor_p50_ns":{:.0f},"floor_p99_ns":{:.0f},"equal":true,"sink":{}}})"
      "\n",
      ours.size(), frames.bytes.size() / ticks, request.size(), payload.size(), tls.cipher(), bench::at_part(ours, .5),
      bench::at_part(ours, .99), p50[0], p50[1], p50[2], p50[0] + p50[1] + p50[2], p99[0] + p99[1] + p99[2],
      sink % 1000);
  return 0;
}

/// A frame as a server sends it: not masked.
void append_server_frame(std::string& out, std::string_view text) {
  out += static_cast<char>(0x81);
  if (text.size() < 126) {
    out += static_cast<char>(text.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(text.size() >> 8);
    out += static_cast<char>(text.size() & 0xff);
  }
  out += text;
}

int burst(std::size_t count, const std::filesystem::path& folder) {
  constexpr std::size_t kRecord = 16 * 1024;  // what TLS hands on at a time
  constexpr int kRounds = 5;
  bench::Market market;
  const std::string snapshot = market.snapshot();
  Text frames;
  std::string wire;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string frame = market.trade();
    frames.add(frame);
    append_server_frame(wire, frame);
  }
  frames.bytes.append(bench::kPadding, ' ');
  bench::MemoryTls tls{folder};
  InMemory trader{tls, folder, snapshot, false};
  bench::SimdjsonReader peer;
  std::vector<double> ours, theirs;
  std::uint64_t sink = 0;
  for (int round = 0; round < kRounds; ++round) {
    net::WsReader reader{1 << 20};
    trader.pass(kSecond);
    auto began = Clock::now();
    for (std::size_t at = 0; at < wire.size(); at += kRecord) {
      reader.put(std::string_view{wire}.substr(at, kRecord));
      net::WsMessage message;
      for (auto got = reader.next(message); got && *got; got = reader.next(message)) trader.take(message.bytes);
      trader.turn();
    }
    ours.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count());
    began = Clock::now();
    for (std::size_t i = 0; i < count; ++i) sink += peer.read(frames.at(i), frames.readable(i), bench::kTrade);
    theirs.push_back(std::chrono::duration<double, std::nano>(Clock::now() - began).count());
  }
  // The price and quantity of each frame, read once more out of the frames' text.
  std::uint64_t sum = 0;
  const auto digits = [](std::string_view text) {
    std::uint64_t value = 0;
    for (const char c : text)
      if (c != '.') value = 10 * value + static_cast<std::uint64_t>(c - '0');
    return value;
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto field = [&](std::string_view name) {
      const auto text = frames.at(i);
      const auto from = text.find(name) + name.size();
      return digits(text.substr(from, text.find('"', from) - from));
    };
    sum += 31 * field("\"p\":\"") + field("\"q\":\"");
  }
  const bool equal = trader.trader().wrong() == 0 && trader.trader().strategy().trades == kRounds * count &&
                     trader.trader().strategy().sum == kRounds * sum;
  fmt::print(
      R"({{"work":"burst","frames":{},"frame_bytes":{},"ours_ns":{:.0f},"floor_ns":{:.0f},"equal":{},"sink":{}}})"
      "\n",
      count, wire.size() / count, bench::at_part(ours, .5), bench::at_part(theirs, .5), equal, sink % 1000);
  return equal ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string work = argc > 1 ? argv[1] : "";
  const long count = argc > 2 ? std::atol(argv[2]) : work == "burst" ? 100'000 : 20'000;
  if ((work != "tick" && work != "burst") || count < 10) {
    std::fputs("usage: trade_bench tick|burst [how many, 10 or more]\n", stderr);
    return 2;
  }
  std::string name = (std::filesystem::temp_directory_path() / "stom-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) bench::give_up("trade_bench: no folder for temporary files");
  const std::filesystem::path folder{name};
  const int status =
      work == "tick" ? tick(static_cast<std::size_t>(count), folder) : burst(static_cast<std::size_t>(count), folder);
  std::filesystem::remove_all(folder);
  return status;
}
