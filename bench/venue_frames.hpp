// Frames of Upbit and Kiwoom for benchmarks, made from a seed in the shape that the venues document and send.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/random.hpp"

namespace stom::bench {

inline std::string size_of(Random& random) {
  return fmt::format("{}", static_cast<double>(random.below(5'000'000'000)) / 1e8);
}

inline std::string upbit_book(Random& random, std::string_view code, std::int64_t ms) {
  std::string units;
  const std::uint64_t middle = 130'000'000 + 1000 * random.below(10'000);
  for (std::uint64_t i = 0; i < 15; ++i)
    units += fmt::format(R"({}{{"ask_price":{},"bid_price":{},"ask_size":{},"bid_size":{}}})", i == 0 ? "" : ",",
                         middle + 1000 * (i + 1), middle - 1000 * i, size_of(random), size_of(random));
  return fmt::format(R"({{"type":"orderbook","code":"{}","timestamp":{},"total_ask_size":{},"total_bid_size":{},)"
                     R"("orderbook_units":[{}],"stream_type":"REALTIME","level":0}})",
                     code, ms, size_of(random), size_of(random), units);
}

inline std::string upbit_trade(Random& random, std::string_view code, std::int64_t ms) {
  return fmt::format(
      R"({{"type":"trade","code":"{}","timestamp":{},"trade_date":"2025-05-07","trade_time":"07:06:13",)"
      R"("trade_timestamp":{},"trade_price":{}.00000000,"trade_volume":{},"ask_bid":"{}",)"
      R"("prev_closing_price":135000000.00000000,"change":"RISE","change_price":2000000.00000000,"sequential_id":{},)"
      R"("best_ask_price":137002000,"best_ask_size":{},"best_bid_price":137001000,"best_bid_size":{},)"
      R"("stream_type":"REALTIME"}})",
      code, ms + 60, ms, 130'000'000 + 1000 * random.below(10'000), size_of(random), random.below(2) ? "ASK" : "BID",
      ms * 10'000 + static_cast<std::int64_t>(random.below(10)), size_of(random), size_of(random));
}

inline std::string kiwoom_trade(Random& random, std::string_view code, std::string_view clock) {
  const std::uint64_t price = 250'000 + 500 * random.below(40);
  return fmt::format(
      R"({{"data":[{{"values":{{"20":"{}","10":"-{}","11":"-11250","12":"-4.18","27":"-{}","28":"-{}","15":"{}{}",)"
      R"("13":"7198927","14":"1860588","16":"-258000","17":"-261000","18":"-257000","25":"5","26":"-15318148",)"
      R"("29":"-4167722708811","30":"-31.97","31":"0.12","32":"595","228":"89.62","311":"15068783","290":"2","691":"0",)"
      R"("567":"000000","568":"000000","851":"10379","1890":"090016","1891":"053039","1892":"114556","1030":"3645181",)"
      R"("1031":"3266718","1032":"-47.26","1071":"63318","1072":"96320","1313":"-4897","1315":"-19","1316":" 0",)"
      R"("1314":"-19","1497":"103100","1498":"82480","620":"258453","732":"1294","852":"1035","9081":"KRX"}},)"
      R"("type":"0B","name":"주식체결","item":"{}"}}],"trnm":"REAL"}})",
      clock, price, price + 500, price, random.below(2) ? '+' : '-', 1 + random.below(500), code);
}

inline std::string kiwoom_book(Random& random, std::string_view code, std::string_view clock) {
  const std::uint64_t middle = 20'000 + 50 * random.below(100);
  std::string values = fmt::format(R"("21":"{}")", clock);
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
  return fmt::format(R"({{"trnm":"REAL","data":[{{"type":"0D","name":"주식호가잔량","item":"{}","values":{{)", code) +
         values + "}}]}";
}

}  // namespace stom::bench
