#include "venues/binance/straight.hpp"

#include "venues/straight_reader.hpp"

namespace stom::venues::binance {
namespace {

using straight::Reader;

/// The names of the fields we read, one bit each: a field that comes twice goes to the full parser.
enum Field : unsigned {
  kType = 1,
  kEventTime = 2,
  kTransactionTime = 4,
  kSymbol = 8,
  kFirst = 16,
  kFinal = 32,
  kPrevious = 64,
  kBids = 128,
  kAsks = 256,
  kPrice = 512,
  kQuantity = 1024,
  kMaker = 2048,
  kBidQuantity = 4096,
  kAskQuantity = 8192,
};

constexpr int kPu = 256;  // stands for the key "pu" where the others are one letter

struct Object {
  Reader& in;
  const MarketDataConfig& config;
  Message message{};
  unsigned seen = 0;

  bool once(unsigned field) {
    if (seen & field) return false;
    seen |= field;
    return true;
  }
  /// The value of a field that is documented and not read. Any other is the full parser's: it may be one that says what
  /// kind of frame this is ("data", "lastUpdateId"), or be refused.
  bool pass_long() { return (in.take("ps\":") || in.take("st\":")) && in.skip_value(); }
  bool symbol() { return once(kSymbol) && in.take('"') && in.take(config.symbol) && in.take('"'); }

  /// Calls read(key) for each one-letter field, skips the longer ones that are documented, until '}'. The '{' is behind
  /// us.
  template <class Read>
  bool fields(Read&& read) {
    do {
      if (!in.take('"') || in.end - in.at < 3) return false;
      const char key = in.at[0];
      if (key != '"' && in.at[1] == '"' && in.at[2] == ':') {
        in.at += 3;
        if (!read(key)) return false;
      } else if (in.take("pu\":")) {
        if (!read(kPu)) return false;
      } else if (!pass_long()) {
        return false;
      }
    } while (in.take(','));
    return in.take('}');
  }
};

/// `[["61800.20","2.507"],…]`: appends the levels, tells how many.
bool read_levels(Reader& in, Decimals decimals, std::vector<Level>& out, std::uint32_t& count) {
  if (!in.take('[')) return false;
  count = 0;
  if (in.take(']')) return true;
  constexpr std::size_t kBlock = 64;  // gathered here, so that the vector is asked for room once a block
  Level block[kBlock];
  std::size_t n = 0;
  if (!in.take("[\"")) return false;
  for (;;) {
    if (!in.decimal(decimals.price, block[n].price.value)) return false;
    if (!in.take(",\"") || !in.decimal(decimals.quantity, block[n].quantity.value)) return false;
    if (++n == kBlock) {
      out.insert(out.end(), block, block + n);
      count += kBlock;
      n = 0;
    }
    if (in.take("],[\"")) continue;
    if (!in.take("]]")) return false;
    out.insert(out.end(), block, block + n);
    count += static_cast<std::uint32_t>(n);
    return true;
  }
}

bool read_depth(Object& o, MessageBatch& out) {
  auto& m = o.message;
  auto& in = o.in;
  m.kind = MessageKind::Depth;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  const bool read = o.fields([&](int key) {
    switch (key) {
      case 'e':
        return o.once(kType) && in.take("\"depthUpdate\"");
      case 'E':
        return o.once(kEventTime) && in.milliseconds(m.event_time);
      case 'T':
        return o.once(kTransactionTime) && in.milliseconds(m.transaction_time);
      case 's':
        return o.symbol();
      case 'U':
        return o.once(kFirst) && in.integer(m.first_update_id);
      case 'u':
        return o.once(kFinal) && in.integer(m.final_update_id);
      case kPu:
        return o.once(kPrevious) && in.integer(m.previous_update_id);
      case 'b':
        return o.once(kBids) && !(o.seen & kAsks) && read_levels(in, o.config.decimals, out.levels, m.bids);
      case 'a':
        return o.once(kAsks) && (o.seen & kBids) && read_levels(in, o.config.decimals, out.levels, m.asks);
      default:
        return false;
    }
  });
  constexpr unsigned kSpot = kType | kEventTime | kSymbol | kFirst | kFinal | kBids | kAsks;
  const unsigned wanted = o.config.feed == Feed::Spot ? kSpot : kSpot | kTransactionTime | kPrevious;
  return read && o.seen == wanted;
}

bool read_quote(Object& o, MessageBatch& out) {
  auto& m = o.message;
  auto& in = o.in;
  const auto decimals = o.config.decimals;
  Level bid, ask;
  m.kind = MessageKind::Quote;
  const bool read = o.fields([&](int key) {
    switch (key) {
      case 'e':
        return o.once(kType) && in.take("\"bookTicker\"");
      case 'E':
        return o.once(kEventTime) && in.milliseconds(m.event_time);
      case 'T':
        return o.once(kTransactionTime) && in.milliseconds(m.transaction_time);
      case 's':
        return o.symbol();
      case 'u':
        return o.once(kFinal) && in.integer(m.final_update_id);
      case 'b':
        return o.once(kBids) && in.decimal_string(decimals.price, bid.price.value);
      case 'B':
        return o.once(kBidQuantity) && in.decimal_string(decimals.quantity, bid.quantity.value);
      case 'a':
        return o.once(kAsks) && in.decimal_string(decimals.price, ask.price.value);
      case 'A':
        return o.once(kAskQuantity) && in.decimal_string(decimals.quantity, ask.quantity.value);
      default:
        return false;
    }
  });
  constexpr unsigned kSpot = kSymbol | kFinal | kBids | kBidQuantity | kAsks | kAskQuantity;
  const unsigned wanted = o.config.feed == Feed::Spot ? kSpot : kSpot | kType | kEventTime | kTransactionTime;
  if (!read || o.seen != wanted) return false;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  m.bids = m.asks = 1;
  out.levels.push_back(bid);
  out.levels.push_back(ask);
  return true;
}

bool read_trade(Object& o, MessageBatch& out) {
  auto& m = o.message;
  auto& in = o.in;
  Level level;
  m.kind = MessageKind::Trade;
  const bool read = o.fields([&](int key) {
    switch (key) {
      case 'e':
        return o.once(kType) && in.take("\"trade\"");
      case 'E':
        return o.once(kEventTime) && in.milliseconds(m.event_time);
      case 'T':
        return o.once(kTransactionTime) && in.milliseconds(m.transaction_time);
      case 's':
        return o.symbol();
      case 't':
        return o.once(kFirst) && in.integer(m.first_update_id);
      case 'p':
        return o.once(kPrice) && in.decimal_string(o.config.decimals.price, level.price.value);
      case 'q':
        return o.once(kQuantity) && in.decimal_string(o.config.decimals.quantity, level.quantity.value);
      case 'm':
        if (!o.once(kMaker)) return false;
        if (in.take("true")) return m.flags = kSellAggressor, true;
        return in.take("false");
      // Any other value marks a trade outside the market: rare, and the full parser's.
      case 'X':
        return o.once(kPrevious) && in.take("\"MARKET\"");
      case 'M':
      case 'a':
      case 'b':
        return in.skip_value();
      default:
        return false;
    }
  });
  constexpr unsigned kWanted = kType | kEventTime | kTransactionTime | kSymbol | kFirst | kPrice | kQuantity | kMaker;
  if (!read || (o.seen & ~static_cast<unsigned>(kPrevious)) != kWanted) return false;
  m.first_level = static_cast<std::uint32_t>(out.levels.size());
  m.bids = 1;
  out.levels.push_back(level);
  return true;
}

}  // namespace

bool decode_straight(std::string_view frame, UnixNanos receive_time, const MarketDataConfig& config,
                     MessageBatch& out) {
  Reader in{frame.data(), frame.data() + frame.size()};
  const bool combined = in.take("{\"stream\":\"");
  const char* const name = in.at;
  if (combined ? !in.skip_string() : !in.take('{')) return false;
  const std::string_view stream{name, combined ? static_cast<std::size_t>(in.at - 1 - name) : 0};
  if (combined && !in.take(",\"data\":{")) return false;

  const std::size_t levels = out.levels.size();
  Object object{in, config};
  object.message.receive_time = receive_time;
  bool taken = false;
  const std::string_view rest{in.at, static_cast<std::size_t>(in.end - in.at)};
  if (rest.starts_with("\"e\":\"depthUpdate\""))
    taken = !is_partial_book(stream) && read_depth(object, out);
  else if (rest.starts_with("\"e\":\"trade\""))
    taken = read_trade(object, out);
  else if (rest.starts_with("\"u\":") || rest.starts_with("\"e\":\"bookTicker\""))
    taken = read_quote(object, out);

  if (!taken || (combined && !in.take('}')) || in.at != in.end) {
    out.levels.resize(levels);
    return false;
  }
  out.messages.push_back(object.message);
  return true;
}

}  // namespace stom::venues::binance
