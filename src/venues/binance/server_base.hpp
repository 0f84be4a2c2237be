// The parts that Binance's servers are made of: one request's parameters, whether its signature is right and the
// request fresh, how much of the allowance is used, who listens to which stream, and how digits are printed. What a
// market does with them is market_server.hpp. docs/exchange.md names the pages that each rule is from.
#pragma once

#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "venues/server_text.hpp"
#include "venues/venue_server.hpp"

namespace stom::venues::binance::server {

using namespace venues::server;

struct ApiError {
  int status = 400;
  int code = 0;
  std::string message;
  std::string data{};  // JSON: what was done all the same

  std::string json() const;
};
/// JSON, or why not.
using Outcome = std::expected<std::string, ApiError>;
inline std::unexpected<ApiError> refuse(int code, std::string message, int status = 400) {
  return std::unexpected(ApiError{status, code, std::move(message)});
}

/// One request's parameters. What is missing or wrong is noted, the first time only, and looked at before anything is
/// done; what nobody read is an error too.
class Call {
 public:
  explicit Call(Parameters parameters) : parameters_{std::move(parameters)} {}

  std::optional<std::string> find(std::string_view name);
  std::string text(std::string_view name);  // mandatory
  std::optional<std::int64_t> find_number(std::string_view name);
  /// Milliseconds, or microseconds where it has that many digits, in milliseconds.
  std::optional<std::int64_t> find_time(std::string_view name);
  std::int64_t number(std::string_view name);
  /// An amount with up to eight decimals, in 10^-8.
  std::optional<std::int64_t> find_amount(std::string_view name);
  /// Within 1 and `most`, or the usual one.
  std::size_t limit(std::int64_t usual, std::int64_t most);

  void fail(int code, std::string message, int status = 400);
  void missing(std::string_view name);   // -1102
  void unwanted(std::string_view name);  // -1106
  bool failed() const { return error_.has_value(); }
  /// The first thing wrong, if only that something was sent that nobody asked for.
  const ApiError* check();

  std::optional<AccountId> account;  // of signed calls

 private:
  Parameters parameters_;
  std::set<std::string, std::less<>> read_;
  std::optional<ApiError> error_;
};

inline std::int64_t ms(UnixNanos time) { return time / kMillisecond; }
/// With eight decimals, whatever the instrument's.
std::string eight(Int128 mantissa, int decimals);
std::string money(Money amount);  // eight decimals, rounded down
/// What the quantity is worth at the price: in the quote currency, of inverse contracts in the base currency.
Money worth(const Instrument& instrument, Price price, Quantity quantity);
/// The average price of what is worth so much, with eight decimals.
std::string average_price(const Instrument& instrument, Money value, Quantity quantity);

/// "1m" to "1M" as a length of time; nothing for others.
std::optional<DurationNanos> interval_of(std::string_view name);
/// Weeks begin on Monday, and what stands for a month is one of the calendar: where the candle of that time begins, and
/// where the one that began there ends.
UnixNanos candle_start(UnixNanos time, DurationNanos interval);
UnixNanos candle_end(UnixNanos start, DurationNanos interval);

/// A candle of any interval, made of minutes.
struct Candle {
  UnixNanos start = 0;
  MinuteBar sum;
};
/// Those that begin in [from, to], at most `limit`: the last of them, or with a `from` the first.
std::vector<Candle> candles(const std::deque<MinuteBar>& minutes, DurationNanos interval, std::optional<UnixNanos> from,
                            std::optional<UnixNanos> to, std::size_t limit);

/// The allowances of an address and of its accounts, by the clock's own minutes, seconds and days.
class RateLimits {
 public:
  struct Terms {
    std::int64_t weight_per_minute;
    std::int64_t orders_per_10s;
    std::int64_t orders_per_minute;  // 0: not counted
    std::int64_t orders_per_day;     // 0: not counted
  };
  explicit RateLimits(Terms terms) : terms_{terms} {}

  /// From here on all is counted and nothing refused.
  void lift() { lifted_ = true; }
  /// Counts the request; an error where it is one too many.
  std::optional<ApiError> weigh(std::int64_t weight, UnixNanos now);
  std::optional<ApiError> count_order(AccountId account, UnixNanos now);
  /// Of a refusal: in how many seconds to come again.
  std::int64_t retry_after(int status, UnixNanos now) const;

  std::int64_t used(UnixNanos now) const { return weight_.at(now / kMinute); }
  struct OrderCounts {
    std::int64_t per_10s, per_minute, per_day;
  };
  OrderCounts orders(AccountId account, UnixNanos now) const;

 private:
  struct Window {
    std::int64_t number = -1;
    std::int64_t count = 0;
    std::int64_t at(std::int64_t now) const { return now == number ? count : 0; }
    std::int64_t add(std::int64_t now, std::int64_t by) {
      count = at(now) + by;
      number = now;
      return count;
    }
  };
  Terms terms_;
  bool lifted_ = false;
  Window weight_, refused_;
  UnixNanos banned_until_ = 0;
  std::map<AccountId, std::array<Window, 3>> orders_;
};

/// Who has asked for which stream. A name is what the venue calls it: "btcusdt@depth@100ms".
class Streams {
 public:
  bool add(SocketId socket, const std::string& stream);
  void remove(SocketId socket, const std::string& stream);
  void remove(SocketId socket);
  std::vector<std::string> of(SocketId socket) const;
  std::size_t count(SocketId socket) const;
  /// Null where nobody listens.
  const std::vector<SocketId>* listeners(const std::string& stream) const;
  const std::map<std::string, std::vector<SocketId>>& all() const { return streams_; }

 private:
  std::map<std::string, std::vector<SocketId>> streams_;
  std::unordered_map<SocketId, std::vector<std::string>> of_;
};

/// A request object of a socket, as strings: numbers and flags as they were written.
struct SocketCall {
  std::string id = "null";  // JSON
  std::string method;
  Parameters parameters;          // where params is an object
  std::vector<std::string> list;  // where it is an array
  std::vector<bool> list_is_text;
};
std::optional<SocketCall> parse_socket_call(std::string_view text);
/// A list of objects, each as parameters; nothing where it is anything else.
std::optional<std::vector<Parameters>> parse_objects(std::string_view text);

/// Keys and signatures: HMAC-SHA256 in hexadecimal digits of either case, Ed25519 in base64.
class Doorman {
 public:
  void open(std::vector<Credentials> credentials);
  struct Owner {
    AccountId account;
    bool ed25519;
  };
  std::optional<Owner> owner_of(std::string_view key) const;
  /// Notes in the call what is wrong with the key, the signature or the time, else whose call it is. `signed_text` is
  /// what the signature is of.
  void check(Call& call, std::string_view key, std::string_view signed_text, UnixNanos now) const;
  void check_key(Call& call, std::string_view key) const;
  /// Only the time: of a request on a socket that was logged on.
  static void check_time(Call& call, UnixNanos now);

 private:
  bool is_signed(const Owner& owner, std::string_view text, std::string_view signature) const;

  std::vector<Credentials> credentials_;
  std::vector<std::string> public_keys_;  // Ed25519, by account; "" where there is none
};

/// Query and body without their signature: what was signed. Percent-encoded, as they have to be since 2026-01-15: bytes
/// that no query can hold count as if they had been, so that who signed before encoding is refused.
std::string signed_text(std::string_view query, std::string_view body);
/// What is signed of a socket's parameters: by name, without the signature.
std::string signed_text(const Parameters& parameters);

}  // namespace stom::venues::binance::server
