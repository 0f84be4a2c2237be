#include "venues/binance/straight.hpp"

#include <smmintrin.h>

#include <array>
#include <bit>
#include <cstring>

namespace stom::venues::binance {
namespace {

constexpr std::size_t kWide = 16;  // bytes looked at together
constexpr std::size_t kNoDot = 16;
constexpr std::int64_t kMaxMilliseconds = INT64_MAX / kMillisecond;

/// For a number of `length` bytes with its point at `dot`: the byte shuffle that drops the point and moves the digits
/// to the right end, zeros on the left.
consteval auto make_shuffles() {
  std::array<std::array<std::array<std::uint8_t, kWide>, kWide + 1>, kWide + 1> table{};
  for (std::size_t dot = 0; dot <= kWide; ++dot)
    for (std::size_t length = 0; length <= kWide; ++length) {
      auto& shuffle = table[dot][length];
      shuffle.fill(0x80);
      std::size_t to = kWide;
      for (std::size_t from = length; from-- > 0;)
        if (from != dot) shuffle[--to] = static_cast<std::uint8_t>(from);
    }
  return table;
}
alignas(64) constexpr auto kShuffles = make_shuffles();

constexpr auto kPowers = [] {
  std::array<std::int64_t, kMaxDecimals + 1> powers{};
  for (int n = 0; n <= kMaxDecimals; ++n) powers[static_cast<std::size_t>(n)] = power_of_ten(n);
  return powers;
}();

/// 16 digits, most significant first, as a number below 10^16.
inline std::int64_t sixteen_digits(__m128i digits) {
  const __m128i pairs = _mm_maddubs_epi16(digits, _mm_set1_epi16(0x010A));    // 10 a + b
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00010064));    // 100 ab + cd
  const __m128i packed = _mm_packus_epi32(fours, fours);                      // four 16-bit groups
  const __m128i eights = _mm_madd_epi16(packed, _mm_set1_epi32(0x00012710));  // 10000 abcd + efgh
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return static_cast<std::int64_t>((both & 0xFFFFFFFFu) * 100'000'000u + (both >> 32));
}

inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline unsigned mask_of(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(bytes)); }
/// The lowest `n` bits, n <= 16.
inline unsigned low_bits(std::size_t n) { return (1u << n) - 1u; }

struct Reader {
  const char* at;
  const char* end;

  bool wide() const { return static_cast<std::size_t>(end - at) >= kWide; }
  /// The next 16 bytes; near the end those that are left, then zeros.
  __m128i next(char (&spare)[kWide]) const {
    if (wide()) [[likely]]
      return load(at);
    std::memset(spare, 0, kWide);
    std::memcpy(spare, at, static_cast<std::size_t>(end - at));
    return load(spare);
  }

  template <std::size_t N>
  bool take(const char (&text)[N]) {
    constexpr std::size_t n = N - 1;
    if (static_cast<std::size_t>(end - at) < n || std::memcmp(at, text, n) != 0) return false;
    at += n;
    return true;
  }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool take(std::string_view text) {
    if (static_cast<std::size_t>(end - at) < text.size() || std::memcmp(at, text.data(), text.size()) != 0)
      return false;
    at += text.size();
    return true;
  }

  /// The rest of a string of plain ASCII and its closing quote.
  bool skip_string() {
    for (;;) {
      char spare[kWide];
      const __m128i bytes = next(spare);
      const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
      // Signed: bytes from 0x80 are below 0x20 too.
      const unsigned strange =
          mask_of(_mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
      const unsigned before = quote ? low_bits(static_cast<std::size_t>(std::countr_zero(quote))) : 0xFFFFu;
      if (strange & before) return false;
      if (quote) {
        at += std::countr_zero(quote) + 1;
        return true;
      }
      at += kWide;
    }
  }

  /// A whole number of 1 to 15 digits without a leading zero, ended by ',' or '}'.
  bool integer(std::int64_t& out) {
    char spare[kWide];
    const __m128i digits = _mm_sub_epi8(next(spare), _mm_set1_epi8('0'));
    const unsigned other = ~mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits)) & 0xFFFFu;
    if (!other) return false;
    const auto length = static_cast<std::size_t>(std::countr_zero(other));
    if (length == 0 || (*at == '0' && length > 1)) return false;
    out =
        sixteen_digits(_mm_shuffle_epi8(digits, load(reinterpret_cast<const char*>(kShuffles[kNoDot][length].data()))));
    at += length;
    return at != end && (*at == ',' || *at == '}');
  }

  /// A plain decimal that is not negative, at `decimals`, with its closing quote; the opening one is behind us.
  bool decimal(int decimals, std::int64_t& out) {
    char spare[kWide];
    const __m128i bytes = next(spare);
    const unsigned quote = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
    if (!quote) return long_decimal(decimals, out);
    const auto length = static_cast<std::size_t>(std::countr_zero(quote));
    const unsigned inside = low_bits(length);
    const unsigned dots = mask_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'))) & inside;
    const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const unsigned figures = mask_of(_mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits));
    if (length == 0 || ((figures | dots) & inside) != inside) return false;

    std::size_t dot = kNoDot, kept = length;
    int fraction = 0;
    if (dots) {
      dot = static_cast<std::size_t>(std::countr_zero(dots));
      fraction = static_cast<int>(length - dot - 1);
      if ((dots & (dots - 1)) || dot == 0 || fraction == 0) return false;
      if (fraction > decimals) {
        kept = dot + 1 + static_cast<std::size_t>(decimals);
        const unsigned zeros = mask_of(_mm_cmpeq_epi8(digits, _mm_setzero_si128()));
        const unsigned excess = inside & ~low_bits(kept);
        if ((zeros & excess) != excess) return false;
        fraction = decimals;
      }
    }
    const auto* shuffle = reinterpret_cast<const char*>(kShuffles[dot][kept].data());
    const std::int64_t value = sixteen_digits(_mm_shuffle_epi8(digits, load(shuffle)));
    at += length + 1;
    return !__builtin_mul_overflow(value, kPowers[static_cast<std::size_t>(decimals - fraction)], &out);
  }

  /// Longer than 15 bytes: the general parser of core/.
  bool long_decimal(int decimals, std::int64_t& out) {
    const auto* close = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (!close || *at == '-') return false;
    const auto value = parse_decimal({at, static_cast<std::size_t>(close - at)}, decimals);
    if (!value) return false;
    out = *value;
    at = close + 1;
    return true;
  }

  bool decimal_string(int decimals, std::int64_t& out) { return take('"') && decimal(decimals, out); }

  /// A time in milliseconds, to nanoseconds.
  bool milliseconds(UnixNanos& out) {
    if (!integer(out) || out > kMaxMilliseconds) return false;
    out *= kMillisecond;
    return true;
  }

  /// The value of a field that the schema does not know: a plain string, a whole number, true, false or null.
  bool skip_value() {
    if (take('"')) return skip_string();
    std::int64_t ignored;
    if (at != end && *at >= '0' && *at <= '9') return integer(ignored);
    return take("true") || take("false") || take("null");
  }
};

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

constexpr char kPu = '\x01';  // stands for the key "pu"; no plain key is a control character

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
  /// The value of a field that is not read. Those that are not documented are the full parser's where they are refused.
  bool pass(char key, std::string_view documented = {}) {
    if (config.refuse_unknown_fields && !documented.contains(key)) return false;
    return in.skip_value();
  }
  bool pass_long() {
    const char* const key = in.at;
    if (!in.skip_string()) return false;
    const std::string_view name{key, static_cast<std::size_t>(in.at - 1 - key)};
    if (config.refuse_unknown_fields && name != "ps" && name != "st") return false;
    return in.take(':') && in.skip_value();
  }
  bool symbol() { return once(kSymbol) && in.take('"') && in.take(config.symbol) && in.take('"'); }

  /// Calls read(key) for each one-letter field, skips longer ones, until '}'. The '{' is behind us.
  template <class Read>
  bool fields(Read&& read) {
    do {
      if (!in.take('"') || in.end - in.at < 3) return false;
      const char key = in.at[0];
      if (key != '"' && in.at[1] == '"' && in.at[2] == ':') {
        in.at += 3;
        if (!plain(key) || !read(key)) return false;
      } else if (in.take("pu\":")) {
        if (!read(kPu)) return false;
      } else if (!pass_long()) {
        return false;
      }
    } while (in.take(','));
    return in.take('}');
  }
  static bool plain(char key) {
    return static_cast<unsigned char>(key) >= 0x20 && static_cast<unsigned char>(key) < 0x80 && key != '\\';
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
  const bool read = o.fields([&](char key) {
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
        return o.pass(key);
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
  const bool read = o.fields([&](char key) {
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
        return o.pass(key);
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
  const bool read = o.fields([&](char key) {
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
      default:
        return o.pass(key, "Mab");
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
  if (combined && !(in.skip_string() && in.take(",\"data\":{"))) return false;
  if (!combined && !in.take('{')) return false;

  const std::size_t levels = out.levels.size();
  Object object{in, config};
  object.message.receive_time = receive_time;
  bool taken = false;
  const std::string_view rest{in.at, static_cast<std::size_t>(in.end - in.at)};
  if (rest.starts_with("\"e\":\"depthUpdate\""))
    taken = read_depth(object, out);
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
