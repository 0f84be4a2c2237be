#include "wire_peer.hpp"

#include <simdjson.h>

#include <charconv>
#include <stdexcept>

namespace stom::bench {
namespace {

namespace od = simdjson::ondemand;

/// "123.4500", "8.4e-05" or "-250" at some decimals, without its sign; refuses what is no number or does not fit.
std::int64_t decimal(std::string_view text, int decimals) {
  std::int64_t value = 0;
  int behind = -1, exponent = 0;
  std::size_t i = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    const auto digit = static_cast<unsigned>(c - '0');
    if (digit < 10) {
      value = value * 10 + digit;
      behind += behind >= 0;
    } else if (c == '.' && behind < 0) {
      behind = 0;
    } else if (c == 'e' || c == 'E') {
      const char* from = text.data() + i + 1 + (text[i + 1] == '+');
      std::from_chars(from, text.data() + text.size(), exponent);
      break;
    } else if (c == ' ') {
      break;
    } else {
      throw std::runtime_error{"not a decimal"};
    }
  }
  int shift = decimals + exponent - (behind < 0 ? 0 : behind);
  for (; shift > 0; --shift) value *= 10;
  for (; shift < 0; ++shift) {
    if (value % 10 != 0) throw std::runtime_error{"more digits than expected"};
    value /= 10;
  }
  return value;
}

std::uint64_t number(od::value v, int decimals) {
  return static_cast<std::uint64_t>(decimal(v.raw_json_token(), decimals));
}
std::uint64_t quoted(od::value v) { return static_cast<std::uint64_t>(decimal(std::string_view(v), 0)); }

std::uint64_t upbit_book(od::document& d) {
  std::uint64_t sum = std::uint64_t(std::int64_t(d["timestamp"]));
  for (od::object unit : d["orderbook_units"].get_array()) {
    sum += 31 * number(unit["ask_price"], kUpbitPriceDecimals);
    sum += 31 * number(unit["bid_price"], kUpbitPriceDecimals);
    sum += number(unit["ask_size"], kUpbitQuantityDecimals);
    sum += number(unit["bid_size"], kUpbitQuantityDecimals);
  }
  return sum;
}

std::uint64_t upbit_trade(od::document& d) {
  std::uint64_t sum = std::uint64_t(std::int64_t(d["timestamp"])) + std::uint64_t(std::int64_t(d["trade_timestamp"]));
  sum += 31 * number(d["trade_price"], kUpbitPriceDecimals) + number(d["trade_volume"], kUpbitQuantityDecimals);
  sum += std::string_view(d["ask_bid"]) == "ASK" ? 1u : 0u;
  sum += std::uint64_t(std::int64_t(d["sequential_id"]));
  if (std::string_view(d["stream_type"]) != "REALTIME") throw std::runtime_error{"not the stream"};
  return sum;
}

std::uint64_t kiwoom_trades(od::document& d) {
  std::uint64_t sum = 0;
  for (od::object entry : d["data"].get_array()) {
    od::object values = entry["values"];
    sum += decimal(std::string_view(values["20"]), 0) >= 0 ? 0u : 1u;
    sum += 31 * quoted(values["10"]);
    const std::string_view taken = values["15"];
    sum += static_cast<std::uint64_t>(decimal(taken, 0)) + (taken[0] == '-' ? 1u : 0u);
    if (std::string_view(entry["type"]) != "0B") throw std::runtime_error{"not a trade"};
    sum += std::string_view(entry["item"]).size();
  }
  return sum;
}

std::uint64_t kiwoom_books(od::document& d) {
  static constexpr const char* kKeys[10][4] = {
      {"41", "61", "51", "71"}, {"42", "62", "52", "72"}, {"43", "63", "53", "73"}, {"44", "64", "54", "74"},
      {"45", "65", "55", "75"}, {"46", "66", "56", "76"}, {"47", "67", "57", "77"}, {"48", "68", "58", "78"},
      {"49", "69", "59", "79"}, {"50", "70", "60", "80"}};
  std::uint64_t sum = 0;
  for (od::object entry : d["data"].get_array()) {
    if (std::string_view(entry["type"]) != "0D") throw std::runtime_error{"not a book"};
    sum += std::string_view(entry["item"]).size();
    od::object values = entry["values"];
    sum += decimal(std::string_view(values["21"]), 0) >= 0 ? 0u : 1u;
    for (const auto& [ask, ask_size, bid, bid_size] : kKeys) {
      sum += 31 * quoted(values[ask]);
      sum += quoted(values[ask_size]);
      sum += 31 * quoted(values[bid]);
      sum += quoted(values[bid_size]);
    }
  }
  return sum;
}

}  // namespace

struct WireReader::Parser {
  od::parser parser;
};

WireReader::WireReader() : parser_{std::make_unique<Parser>()} {
  static_assert(kPadding >= simdjson::SIMDJSON_PADDING);
}
WireReader::~WireReader() = default;

const char* WireReader::version() {
  return SIMDJSON_STRINGIFY(SIMDJSON_VERSION) " " SIMDJSON_STRINGIFY(SIMDJSON_BUILTIN_IMPLEMENTATION);
}

std::uint64_t WireReader::read(std::string_view frame, std::size_t readable, Wire kind) {
  od::document d = parser_->parser.iterate(simdjson::padded_string_view(frame.data(), frame.size(), readable));
  switch (kind) {
    case Wire::UpbitBook:
      return upbit_book(d);
    case Wire::UpbitTrade:
      return upbit_trade(d);
    case Wire::KiwoomTrade:
      return kiwoom_trades(d);
    case Wire::KiwoomBook:
      return kiwoom_books(d);
  }
  return 0;
}

}  // namespace stom::bench
