#include "decoder_peer.hpp"

#include <simdjson.h>

#include <stdexcept>

namespace stom::bench {
namespace {

namespace od = simdjson::ondemand;

/// "123.4500" at 3 decimals -> 123450; refuses everything that is not a plain decimal that fits.
std::int64_t decimal(std::string_view text, int decimals) {
  std::int64_t value = 0;
  int behind = -1;
  for (const char c : text) {
    const auto digit = static_cast<unsigned>(c - '0');
    if (digit < 10) {
      if (behind >= decimals) {
        if (digit != 0) throw std::runtime_error{"more digits than expected"};
        continue;
      }
      value = value * 10 + digit;
      behind += behind >= 0;
    } else if (c == '.' && behind < 0) {
      behind = 0;
    } else {
      throw std::runtime_error{"not a decimal"};
    }
  }
  for (int i = behind < 0 ? 0 : behind; i < decimals; ++i) value *= 10;
  return value;
}

std::uint64_t price_of(od::value text) {
  return static_cast<std::uint64_t>(decimal(std::string_view(text), kPriceDecimals));
}
std::uint64_t quantity_of(od::value text) {
  return static_cast<std::uint64_t>(decimal(std::string_view(text), kQuantityDecimals));
}
std::uint64_t whole(od::object& o, std::string_view key) { return static_cast<std::uint64_t>(std::int64_t(o[key])); }

}  // namespace

struct SimdjsonReader::Parser {
  od::parser parser;
};

SimdjsonReader::SimdjsonReader() : parser_{std::make_unique<Parser>()} {
  static_assert(kPadding >= simdjson::SIMDJSON_PADDING);
}
SimdjsonReader::~SimdjsonReader() = default;

const char* SimdjsonReader::version() {
  return SIMDJSON_STRINGIFY(SIMDJSON_VERSION) " " SIMDJSON_STRINGIFY(SIMDJSON_BUILTIN_IMPLEMENTATION);
}

std::uint64_t SimdjsonReader::read(std::string_view frame, std::size_t readable, int kind) {
  auto document = parser_->parser.iterate(simdjson::padded_string_view(frame.data(), frame.size(), readable));
  od::object o = document["data"].get_object();
  std::uint64_t sum = whole(o, "E") + whole(o, "T");
  if (kind == kDepth) {
    sum += whole(o, "U") + whole(o, "u") + whole(o, "pu");
    for (const std::string_view side : {"b", "a"}) {
      for (auto level : o[side].get_array()) {
        auto number = level.get_array().begin();
        sum += 31 * price_of(*number);
        ++number;
        sum += quantity_of(*number);
        ++number;
      }
    }
  } else if (kind == kTrade) {
    sum += whole(o, "t") + 31 * price_of(o["p"]) + quantity_of(o["q"]);
    sum += std::string_view(o["X"]) == "MARKET" ? 0u : 7u;
    sum += bool(o["m"]) ? 1 : 0;
  } else {
    sum = whole(o, "u");
    sum += 31 * price_of(o["b"]) + quantity_of(o["B"]) + 31 * price_of(o["a"]) + quantity_of(o["A"]);
    sum += whole(o, "T") + whole(o, "E");
  }
  return sum;
}

}  // namespace stom::bench
