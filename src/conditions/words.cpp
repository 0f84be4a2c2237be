// The table (words.hpp). A row: Korean, English, what it is, unit, where, meaning in Korean, in English, an example.
#include "conditions/words.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "conditions/hangul.hpp"
#include "core/assert.hpp"
#include "core/spelling.hpp"

namespace stom::conditions {
namespace {

constexpr Word field(std::string_view korean, std::string_view english, Unit unit, std::string_view korean_meaning,
                     std::string_view english_meaning, std::string_view example, Mode mode = Mode::Any,
                     Market market = Market::Any) {
  return {korean,          english, WordKind::Field, kNumber,         unit,   mode, market,
          Statistic::None, {},      korean_meaning,  english_meaning, example};
}
constexpr Word stock(std::string_view korean, std::string_view english, Unit unit, std::string_view korean_meaning,
                     std::string_view english_meaning, std::string_view example) {
  return field(korean, english, unit, korean_meaning, english_meaning, example, Mode::Any, Market::Stock);
}
constexpr Word text(std::string_view korean, std::string_view english, std::string_view korean_meaning,
                    std::string_view english_meaning, std::string_view example) {
  return {korean,          english, WordKind::Field, kText,           Unit::Free, Mode::Any, Market::Any,
          Statistic::None, {},      korean_meaning,  english_meaning, example};
}
constexpr Word window(std::string_view korean, std::string_view english, Statistic statistic, std::string_view of,
                      Unit unit, std::string_view korean_meaning, std::string_view english_meaning,
                      std::string_view example, Mode mode = Mode::Any, Market market = Market::Any) {
  return {korean,    english, WordKind::Window, kNumber,         unit,   mode, market,
          statistic, of,      korean_meaning,   english_meaning, example};
}
constexpr Word indicator(std::string_view name, std::string_view family, Unit unit, std::string_view korean_meaning,
                         std::string_view english_meaning, std::string_view example) {
  return {name,   name,           WordKind::Indicator, kNumber, unit, Mode::Any, Market::Any, Statistic::None,
          family, korean_meaning, english_meaning,     example};
}
constexpr Word position(std::string_view korean, std::string_view english, Type type, Unit unit,
                        std::string_view korean_meaning, std::string_view english_meaning, std::string_view example) {
  return {korean, english,        WordKind::Position, type,   unit, Mode::Any, Market::Any, Statistic::None,
          {},     korean_meaning, english_meaning,    example};
}
constexpr Word signal(std::string_view korean, std::string_view english, Market market, std::string_view korean_meaning,
                      std::string_view english_meaning, std::string_view example) {
  return {korean,          english, WordKind::Signal, kFlag,           Unit::Free, Mode::Any, market,
          Statistic::None, {},      korean_meaning,   english_meaning, example};
}
constexpr Word function(std::string_view name, std::string_view korean_meaning, std::string_view english_meaning,
                        std::string_view example) {
  return {name, name,           WordKind::Function, kNumber, Unit::Free, Mode::Any, Market::Any, Statistic::None,
          {},   korean_meaning, english_meaning,    example};
}

// clang-format off
// The four words of one level of the book.
#define STOM_LEVEL(n, which_korean, which_english)                                                                             \
  field("매도호가" #n, "ask_price_" #n, Unit::Price, which_korean " 매도호가", "price of the " which_english " ask", "매도호가" #n " > 0"),                 \
  field("매수호가" #n, "bid_price_" #n, Unit::Price, which_korean " 매수호가", "price of the " which_english " bid", "매수호가" #n " > 0"),                 \
  field("매도잔량" #n, "ask_quantity_" #n, Unit::Quantity, which_korean " 매도호가의 잔량", "quantity at the " which_english " ask", "매도잔량" #n " > 0"),  \
  field("매수잔량" #n, "bid_quantity_" #n, Unit::Quantity, which_korean " 매수호가의 잔량", "quantity at the " which_english " bid", "매수잔량" #n " > 0")

constexpr Word kWords[] = {
    // The row: prices and strength.
    field("현재가", "price", Unit::Price, "마지막 체결가", "last price", "현재가 > 시가"),
    field("시가", "open", Unit::Price, "오늘의 시가", "the day's open", "현재가 > 시가 * 1.02"),
    field("고가", "high", Unit::Price, "오늘의 고가", "the day's high so far", "현재가 >= 고가"),
    field("저가", "low", Unit::Price, "오늘의 저가", "the day's low so far", "현재가 > 저가 * 1.03"),
    field("등락율", "change", Unit::Percent, "전일 종가 대비 등락율", "change against the previous close", "3 <= 등락율 < 20"),
    field("당일거래대금", "day_value", Unit::Value, "오늘의 거래대금", "value traded today", "당일거래대금 > 10000"),
    field("체결강도", "strength", Unit::Percent, "누적 매수 체결량 / 누적 매도 체결량 x 100 (코인은 500까지)", "cumulative bought / cumulative sold volume x 100; coins at most 500", "체결강도 > 120"),
    field("초당매수수량", "bought_per_second", Unit::Quantity, "직전 행 이후 매수 체결량", "volume that buyers started since the last row", "초당매수수량 > 초당매도수량 * 2", Mode::Second),
    field("초당매도수량", "sold_per_second", Unit::Quantity, "직전 행 이후 매도 체결량", "volume that sellers started since the last row", "초당매도수량 < 1000", Mode::Second),
    field("초당거래대금", "value_per_second", Unit::Value, "직전 행 이후 거래대금", "value traded since the last row", "초당거래대금 > 초당거래대금평균(30) * 3", Mode::Second),
    field("분당매수수량", "bought_per_minute", Unit::Quantity, "직전 행 이후 매수 체결량", "volume that buyers started since the last row", "분당매수수량 > 분당매도수량", Mode::Minute),
    field("분당매도수량", "sold_per_minute", Unit::Quantity, "직전 행 이후 매도 체결량", "volume that sellers started since the last row", "분당매도수량 < 100000", Mode::Minute),
    field("분당거래대금", "value_per_minute", Unit::Value, "직전 행 이후 거래대금", "value traded since the last row", "분당거래대금 > 분당거래대금평균(20)", Mode::Minute),
    field("분봉시가", "minute_open", Unit::Price, "이번 분의 시가", "this minute's open", "현재가 > 분봉시가", Mode::Minute),
    field("분봉고가", "minute_high", Unit::Price, "이번 분의 고가", "this minute's high", "현재가 >= 분봉고가", Mode::Minute),
    field("분봉저가", "minute_low", Unit::Price, "이번 분의 저가", "this minute's low", "현재가 > 분봉저가", Mode::Minute),
    field("고저평균대비등락율", "high_low_mean_change", Unit::Percent, "(현재가 / ((고가 + 저가) / 2) - 1) x 100, 소수 2자리", "(price / ((high + low) / 2) - 1) x 100, 2 decimals", "고저평균대비등락율 > 0"),
    // The book.
    field("매도총잔량", "total_ask_quantity", Unit::Quantity, "거래소가 알리는 매도 총잔량", "total resting ask quantity that the venue states", "매도총잔량 > 매수총잔량"),
    field("매수총잔량", "total_bid_quantity", Unit::Quantity, "거래소가 알리는 매수 총잔량", "total resting bid quantity that the venue states", "매수총잔량 > 0"),
    STOM_LEVEL(1, "최우선", "best"),
    STOM_LEVEL(2, "2번째", "second"),
    STOM_LEVEL(3, "3번째", "third"),
    STOM_LEVEL(4, "4번째", "fourth"),
    STOM_LEVEL(5, "5번째", "fifth"),
    field("매도수5호가잔량합", "five_level_quantity", Unit::Quantity, "매도 5호가와 매수 5호가의 잔량 합", "sum of the ten quantities of the five best levels", "매도수5호가잔량합 > 0"),
    field("관심종목", "watched", Unit::Switch, "관심종목에 있으면 1", "1 while the instrument is in the watch list", "관심종목 == 1"),
    // Stocks only.
    stock("거래대금증감", "day_value_change", Unit::Value, "거래대금의 증감", "change in traded value", "거래대금증감 > 0"),
    stock("전일비", "day_volume_ratio", Unit::Percent, "전일 대비 거래량 비율", "volume against the day before", "전일비 > 100"),
    stock("회전율", "turnover", Unit::Percent, "상장 주식 대비 거래량 비율", "volume against the shares listed", "회전율 > 5"),
    stock("전일동시간비", "same_time_volume_ratio", Unit::Percent, "전일 같은 시각 대비 거래량 비율", "volume against the same time the day before", "전일동시간비 > 200"),
    stock("시가총액", "market_cap", Unit::HundredMillion, "시가총액", "market capitalisation", "시가총액 < 3000"),
    stock("라운드피겨위5호가이내", "above_round_figure", Unit::Switch, "현재가가 호가단위가 바뀌는 가격에서 위로 5호가 이내이면 1", "1 when the price is within five ticks above a price where the tick size changes", "라운드피겨위5호가이내 == 0"),
    stock("VI가격", "vi_price", Unit::Price, "변동성완화장치 발동 가격 (기준가 +10 %)", "price that triggers the volatility interruption (reference + 10 %)", "현재가 < VI가격"),
    stock("VI호가단위", "vi_tick_size", Unit::Price, "VI가격의 호가단위", "tick size at vi_price", "현재가 > VI가격 - VI호가단위 * 10"),
    stock("VI해제시간", "vi_release_time", Unit::Stamp, "마지막 VI 해제 시각 + 5초, 없으면 0", "time of the last release + 5 s; 0 if none", "VI해제시간 == 0"),
    stock("VI아래5호가", "vi_five_ticks_below", Unit::Price, "VI가격에서 아래로 5호가인 가격", "price five ticks below vi_price", "현재가 < VI아래5호가"),
    // About the row.
    text("종목명", "name", "종목의 이름", "name of the instrument", "종목명 != '삼성전자'"),
    text("종목코드", "code", "종목의 코드", "code of the instrument", "종목코드 not in ['005930', '000660']"),
    field("데이터길이", "row_count", Unit::Rows, "오늘의 행 수, 이 행 포함", "rows of the day so far, this one included", "데이터길이 > 60"),
    field("시분초", "clock", Unit::Clock, "행의 시각 (분봉에서는 끝이 00)", "time of the row; in minute mode it ends in 00", "90100 <= 시분초 < 100000"),
    field("호가단위", "tick_size", Unit::Price, "현재가의 호가단위", "tick size at the price", "매도호가1 - 매수호가1 <= 호가단위 * 2"),
    // Windows.
    window("이동평균", "price_mean", Statistic::Mean, "현재가", Unit::Price, "현재가의 평균, 소수 3자리 (코인 8자리)", "mean of price, 3 decimals (coins 8)", "현재가 > 이동평균(60)"),
    window("최고현재가", "price_max", Statistic::Max, "현재가", Unit::Price, "현재가의 최댓값", "highest price", "현재가 >= 최고현재가(30, 1)"),
    window("최저현재가", "price_min", Statistic::Min, "현재가", Unit::Price, "현재가의 최솟값", "lowest price", "현재가 > 최저현재가(30)"),
    window("체결강도평균", "strength_mean", Statistic::Mean, "체결강도", Unit::Percent, "체결강도의 평균, 소수 3자리", "mean of strength, 3 decimals", "체결강도 > 체결강도평균(30) + 5"),
    window("최고체결강도", "strength_max", Statistic::Max, "체결강도", Unit::Percent, "체결강도의 최댓값", "highest strength", "체결강도 >= 최고체결강도(30)"),
    window("최저체결강도", "strength_min", Statistic::Min, "체결강도", Unit::Percent, "체결강도의 최솟값", "lowest strength", "최저체결강도(30) > 100"),
    window("최고초당매수수량", "bought_per_second_max", Statistic::Max, "초당매수수량", Unit::Quantity, "초당매수수량의 최댓값", "highest bought_per_second", "초당매수수량 >= 최고초당매수수량(30)", Mode::Second),
    window("최고초당매도수량", "sold_per_second_max", Statistic::Max, "초당매도수량", Unit::Quantity, "초당매도수량의 최댓값", "highest sold_per_second", "초당매도수량 < 최고초당매도수량(30)", Mode::Second),
    window("누적초당매수수량", "bought_per_second_sum", Statistic::Sum, "초당매수수량", Unit::Quantity, "초당매수수량의 합", "sum of bought_per_second", "누적초당매수수량(30) > 누적초당매도수량(30)", Mode::Second),
    window("누적초당매도수량", "sold_per_second_sum", Statistic::Sum, "초당매도수량", Unit::Quantity, "초당매도수량의 합", "sum of sold_per_second", "누적초당매도수량(30) < 10000", Mode::Second),
    window("초당거래대금평균", "value_per_second_mean", Statistic::Mean, "초당거래대금", Unit::Value, "초당거래대금의 평균, 소수점 버림", "mean of value_per_second, cut to a whole number", "초당거래대금 > 초당거래대금평균(30)", Mode::Second),
    window("최고분당매수수량", "bought_per_minute_max", Statistic::Max, "분당매수수량", Unit::Quantity, "분당매수수량의 최댓값", "highest bought_per_minute", "분당매수수량 >= 최고분당매수수량(10)", Mode::Minute),
    window("최고분당매도수량", "sold_per_minute_max", Statistic::Max, "분당매도수량", Unit::Quantity, "분당매도수량의 최댓값", "highest sold_per_minute", "분당매도수량 < 최고분당매도수량(10)", Mode::Minute),
    window("누적분당매수수량", "bought_per_minute_sum", Statistic::Sum, "분당매수수량", Unit::Quantity, "분당매수수량의 합", "sum of bought_per_minute", "누적분당매수수량(10) > 누적분당매도수량(10)", Mode::Minute),
    window("누적분당매도수량", "sold_per_minute_sum", Statistic::Sum, "분당매도수량", Unit::Quantity, "분당매도수량의 합", "sum of sold_per_minute", "누적분당매도수량(10) < 100000", Mode::Minute),
    window("분당거래대금평균", "value_per_minute_mean", Statistic::Mean, "분당거래대금", Unit::Value, "분당거래대금의 평균, 소수점 버림", "mean of value_per_minute, cut to a whole number", "분당거래대금 > 분당거래대금평균(20)", Mode::Minute),
    window("최고분봉고가", "minute_high_max", Statistic::Max, "분봉고가", Unit::Price, "분봉고가의 최댓값", "highest minute_high", "현재가 >= 최고분봉고가(20)", Mode::Minute),
    window("최저분봉저가", "minute_low_min", Statistic::Min, "분봉저가", Unit::Price, "분봉저가의 최솟값", "lowest minute_low", "현재가 > 최저분봉저가(20)", Mode::Minute),
    window("등락율각도", "change_angle", Statistic::Angle, "등락율", Unit::Degrees, "등락율의 기울기 각도, 소수 2자리", "angle of the slope of change, 2 decimals", "등락율각도(30) > 5"),
    window("당일거래대금각도", "day_value_angle", Statistic::Angle, "당일거래대금", Unit::Degrees, "당일거래대금의 기울기 각도, 소수 2자리", "angle of the slope of day_value, 2 decimals", "당일거래대금각도(30) > 10"),
    window("전일비각도", "day_volume_ratio_angle", Statistic::Angle, "전일비", Unit::Degrees, "전일비의 기울기 각도, 소수 2자리", "angle of the slope of day_volume_ratio, 2 decimals", "전일비각도(30) > 1", Mode::Any, Market::Stock),
    {"경과틱수", "rows_since", WordKind::Elapsed, kNumber, Unit::Rows, Mode::Any, Market::Any, Statistic::None, {}, "이름 붙인 조건이 마지막으로 참이던 행부터 지난 행 수, 없었으면 0", "rows since the named condition last held; 0 if it never did today", "0 < 경과틱수('돌파') < 60"},
    // Indicators, equal to TA-Lib's.
    indicator("AD", "AD", Unit::Free, "누적 분산 지표", "accumulation/distribution (Chaikin)", "AD > AD_N(1)"),
    indicator("ADOSC", "ADOSC", Unit::Free, "채이킨 오실레이터", "Chaikin oscillator", "ADOSC > 0"),
    indicator("ADXR", "ADXR", Unit::Free, "평균 방향성 지수 평가", "directional movement rating (Wilder)", "ADXR > 25"),
    indicator("APO", "APO", Unit::Price, "두 이동평균의 차", "difference of two averages", "APO > 0"),
    indicator("AROOND", "AROON", Unit::Free, "아룬 하락", "Aroon down (Chande)", "AROOND < 30"),
    indicator("AROONU", "AROON", Unit::Free, "아룬 상승", "Aroon up (Chande)", "AROONU > 70"),
    indicator("ATR", "ATR", Unit::Price, "평균 실제 변동폭", "average true range (Wilder)", "ATR > 0"),
    indicator("BBU", "BBANDS", Unit::Price, "볼린저 밴드 상단", "upper Bollinger band", "현재가 < BBU"),
    indicator("BBM", "BBANDS", Unit::Price, "볼린저 밴드 중심선", "middle of the Bollinger bands", "현재가 > BBM"),
    indicator("BBL", "BBANDS", Unit::Price, "볼린저 밴드 하단", "lower Bollinger band", "현재가 > BBL"),
    indicator("CCI", "CCI", Unit::Free, "상품 채널 지수", "commodity channel index (Lambert)", "CCI > 100"),
    indicator("DIM", "DI", Unit::Free, "하락 방향 지표 (-DI)", "minus directional indicator (Wilder)", "DIM < DIP"),
    indicator("DIP", "DI", Unit::Free, "상승 방향 지표 (+DI)", "plus directional indicator (Wilder)", "DIP > 25"),
    indicator("MACD", "MACD", Unit::Price, "이동평균 수렴·확산", "moving average convergence/divergence (Appel)", "MACD > MACDS"),
    indicator("MACDS", "MACD", Unit::Price, "MACD의 신호선", "signal line of MACD", "MACD_N(1) <= MACDS_N(1)"),
    indicator("MACDH", "MACD", Unit::Price, "MACD와 신호선의 차", "MACD less its signal line", "MACDH > 0"),
    indicator("MFI", "MFI", Unit::Free, "자금 흐름 지수", "money flow index", "MFI < 80"),
    indicator("MOM", "MOM", Unit::Price, "모멘텀", "momentum", "MOM > 0"),
    indicator("OBV", "OBV", Unit::Quantity, "거래량 누적 지표", "on-balance volume (Granville)", "OBV > OBV_N(1)"),
    indicator("PPO", "PPO", Unit::Percent, "두 이동평균의 차 (%)", "difference of two averages in per cent", "PPO > 0"),
    indicator("ROC", "ROC", Unit::Percent, "변화율", "rate of change in per cent", "ROC > 1"),
    indicator("RSI", "RSI", Unit::Free, "상대 강도 지수", "relative strength index (Wilder)", "30 < RSI(14) < 70"),
    indicator("SAR", "SAR", Unit::Price, "파라볼릭 SAR", "parabolic stop and reverse (Wilder)", "현재가 > SAR"),
    indicator("STOCHSK", "STOCHS", Unit::Free, "느린 스토캐스틱 %K", "slow stochastic %K (Lane)", "STOCHSK > STOCHSD"),
    indicator("STOCHSD", "STOCHS", Unit::Free, "느린 스토캐스틱 %D", "slow stochastic %D (Lane)", "STOCHSD < 80"),
    indicator("STOCHFK", "STOCHF", Unit::Free, "빠른 스토캐스틱 %K", "fast stochastic %K (Lane)", "STOCHFK > STOCHFD"),
    indicator("STOCHFD", "STOCHF", Unit::Free, "빠른 스토캐스틱 %D", "fast stochastic %D (Lane)", "STOCHFD < 80"),
    indicator("WILLR", "WILLR", Unit::Free, "윌리엄스 %R", "Williams %R", "WILLR > -80"),
    // What is held.
    position("수익률", "return_percent", kNumber, Unit::Percent, "비용을 뺀 수익률", "return of the position after costs", "수익률 >= 3"),
    position("최고수익률", "best_return_percent", kNumber, Unit::Percent, "보유 중 최고 수익률, 0에서 시작", "best return so far; it starts at 0", "최고수익률 - 수익률 > 2"),
    position("최저수익률", "worst_return_percent", kNumber, Unit::Percent, "보유 중 최저 수익률, 0에서 시작", "worst return so far; it starts at 0", "최저수익률 < -1"),
    position("보유수량", "held_quantity", kNumber, Unit::Quantity, "보유 수량", "quantity held", "보유수량 > 0"),
    position("보유시간", "held_time", kNumber, Unit::Duration, "매수 행부터 지난 시간", "time since the buy row", "보유시간 > 600"),
    position("매수틱번호", "buy_row", kNumber, Unit::Rows, "매수 행의 데이터길이 - 1", "row_count of the buy row - 1", "데이터길이 - 매수틱번호 > 60"),
    position("수익금", "profit", kNumber, Unit::Money, "수익 금액", "profit in money", "수익금 > 100000"),
    position("매입가", "entry_price", kNumber, Unit::Price, "산 가격", "price paid", "현재가 < 매입가 * 0.98"),
    position("분할매수횟수", "buy_parts", kNumber, Unit::Count, "나누어 산 횟수", "parts bought", "분할매수횟수 == 1"),
    position("분할매도횟수", "sell_parts", kNumber, Unit::Count, "나누어 판 횟수", "parts sold", "분할매도횟수 == 0"),
    position("포지션", "position", kText | kNone, Unit::Free, "'LONG', 'SHORT' 또는 None", "'LONG', 'SHORT' or None", "포지션 == 'LONG'"),
    position("레버리지", "leverage", kNumber, Unit::Free, "레버리지", "leverage", "수익률 * 레버리지 < -50"),
    // What a text decides.
    signal("매수", "buy", Market::Any, "매수 조건식의 결론: True로 시작하며 끝까지 True이면 삽니다", "what a buy text decides: starts True, and buys if it is left so", "매수 = False"),
    signal("매도", "sell", Market::Any, "매도 조건식의 결론: False로 시작하며 True가 되면 팝니다", "what a sell text decides: starts False, and sells once True", "매도 = True"),
    signal("BUY_LONG", "BUY_LONG", Market::Futures, "선물 매수 조건식: 롱 진입, True로 시작", "futures, buy text: enter long; starts True", "BUY_LONG = False"),
    signal("SELL_SHORT", "SELL_SHORT", Market::Futures, "선물 매수 조건식: 숏 진입, True로 시작", "futures, buy text: enter short; starts True", "SELL_SHORT = False"),
    signal("SELL_LONG", "SELL_LONG", Market::Futures, "선물 매도 조건식: 롱 청산, False로 시작", "futures, sell text: leave a long; starts False", "SELL_LONG = True"),
    signal("BUY_SHORT", "BUY_SHORT", Market::Futures, "선물 매도 조건식: 숏 청산, False로 시작", "futures, sell text: leave a short; starts False", "BUY_SHORT = True"),
    // Functions of Python.
    function("abs", "절댓값", "absolute value", "abs(등락율) < 5"),
    function("min", "가장 작은 값", "smallest of its arguments", "min(시가, 현재가) > 저가"),
    function("max", "가장 큰 값", "largest of its arguments", "max(매수잔량1, 매도잔량1) > 100"),
    function("round", "반올림, 두 번째 값은 소수 자릿수", "rounded, as Python does; the second argument says to how many decimals", "round(등락율, 1) > 2.5"),
    function("int", "소수점 아래를 버린 정수", "cut to a whole number", "int(등락율) == 3"),
    function("float", "수", "as a number", "float(현재가) > 0"),
    function("len", "목록이나 글자의 길이", "length of a list or a text", "len(종목코드) == 6"),
    function("sum", "목록의 합", "sum of a list", "sum([매수잔량1, 매수잔량2]) > 1000"),
};
#undef STOM_LEVEL

constexpr double kAny = 3e37;  // TA-Lib's own bound
constexpr Setting kPeriod14[] = {{"timeperiod", 14, 2, 100000, true}};
constexpr Setting kPeriod14From1[] = {{"timeperiod", 14, 1, 100000, true}};
constexpr Setting kPeriod10From1[] = {{"timeperiod", 10, 1, 100000, true}};
constexpr Setting kFastSlow[] = {{"fastperiod", 3, 2, 100000, true}, {"slowperiod", 10, 2, 100000, true}};
constexpr Setting kOscillator[] = {{"fastperiod", 12, 2, 100000, true}, {"slowperiod", 26, 2, 100000, true}, {"matype", 0, 0, 8, true}};
constexpr Setting kBands[] = {{"timeperiod", 5, 2, 100000, true}, {"nbdevup", 2, -kAny, kAny, false}, {"nbdevdn", 2, -kAny, kAny, false}, {"matype", 0, 0, 8, true}};
constexpr Setting kMacd[] = {{"fastperiod", 12, 2, 100000, true}, {"slowperiod", 26, 2, 100000, true}, {"signalperiod", 9, 1, 100000, true}};
constexpr Setting kSar[] = {{"acceleration", 0.02, 0, kAny, false}, {"maximum", 0.2, 0, kAny, false}};
constexpr Setting kSlow[] = {{"fastk_period", 5, 1, 100000, true}, {"slowk_period", 3, 1, 100000, true}, {"slowd_period", 3, 1, 100000, true}, {"slowk_matype", 0, 0, 8, true}, {"slowd_matype", 0, 0, 8, true}};
constexpr Setting kFast[] = {{"fastk_period", 5, 1, 100000, true}, {"fastd_period", 3, 1, 100000, true}, {"fastd_matype", 0, 0, 8, true}};

// In the order in which a call gives them: what kind an average is, which few say, comes last.
// The alias is TA-Lib's own name of the function where the family's is another.
constexpr Family kFamilies[] = {
    {"AD", "", {}},           {"ADOSC", "", kFastSlow}, {"ADXR", "", kPeriod14},       {"APO", "", kOscillator},
    {"AROON", "", kPeriod14}, {"ATR", "", kPeriod14From1}, {"BBANDS", "BB", kBands},   {"CCI", "", kPeriod14},
    {"DI", "", kPeriod14From1}, {"MACD", "", kMacd},    {"MFI", "", kPeriod14},        {"MOM", "", kPeriod10From1},
    {"OBV", "", {}},          {"PPO", "", kOscillator}, {"ROC", "", kPeriod10From1},   {"RSI", "", kPeriod14},
    {"SAR", "", kSar},        {"STOCHS", "STOCH", kSlow}, {"STOCHF", "", kFast},       {"WILLR", "", kPeriod14},
};

struct Named {
  std::string_view korean, english;
};
constexpr Named kUnits[] = {
    {"", ""}, {"가격", "price"}, {"%", "%"}, {"수량", "quantity"}, {"거래대금 (KRX 백만원, 코인 결제 통화)", "traded value (KRX: million won; coins: quote currency)"},
    {"억원", "100 million won"}, {"금액", "money"}, {"시분초 (HHMMSS)", "time (HHMMSS)"}, {"연월일시분초 (YYYYMMDDHHMMSS)", "date and time (YYYYMMDDHHMMSS)"},
    {"초 (분봉에서는 분)", "seconds (minutes in minute mode)"}, {"행", "rows"}, {"도", "degrees"}, {"회", "times"}, {"1 또는 0", "1 or 0"},
};
// clang-format on
static_assert(std::size(kUnits) == static_cast<std::size_t>(Unit::Switch) + 1);

/// Every name by which a word can be written.
const std::unordered_map<std::string_view, FoundWord>& index_of_names() {
  static const auto index = [] {
    static std::vector<std::string> history;  // owns the names that the table does not spell out
    history.reserve(2 * std::size(kWords));   // views into it stay
    std::unordered_map<std::string_view, FoundWord> names;
    for (const Word& word : kWords) {
      for (const Language language : {Language::Korean, Language::English}) {
        names.try_emplace(word.name(language), &word, false);
        if (word.has_history()) names.try_emplace(history.emplace_back(history_name(word, language)), &word, true);
      }
    }
    return names;
  }();
  return index;
}

/// As nearest_name() should see it: Hangul letter by letter, one byte each, so that a wrong vowel is one edit.
std::string letters(std::string_view name) {
  std::string out;
  for_each_letter(name, [&](char32_t c) { out += static_cast<char>(letter_byte(c)); });
  return out;
}

}  // namespace

std::string_view unit_name(Unit unit, Language language) {
  const Named& names = kUnits[static_cast<std::size_t>(unit)];
  return language == Language::Korean ? names.korean : names.english;
}

std::span<const Word> words() { return kWords; }

FoundWord find_word(std::string_view name) {
  const auto& names = index_of_names();
  const auto found = names.find(name);
  return found == names.end() ? FoundWord{} : found->second;
}

bool is_for_buying(const Word& word) {
  return word.korean == "매수" || word.korean == "BUY_LONG" || word.korean == "SELL_SHORT";
}

std::string history_name(const Word& word, Language language) {
  if (language == Language::English) return std::string{word.english} + "_at";
  return std::string{word.korean} + (word.kind == WordKind::Indicator ? "_N" : "N");
}

std::string nearest_word(std::string_view typed, std::span<const std::string_view> also) {
  static const auto known = [] {
    std::vector<std::string_view> names;
    for (const auto& [name, found] : index_of_names()) names.push_back(name);
    std::ranges::sort(names);  // of equally near ones the same is named on every machine
    std::pair<std::vector<std::string_view>, std::vector<std::string>> both{std::move(names), {}};
    for (const auto name : both.first) both.second.push_back(letters(name));
    return both;
  }();
  // Nobody mistypes more than that, and a hostile text is full of it.
  constexpr std::size_t kMostLetters = 64, kMostNames = 500;
  if (typed.size() > 3 * kMostLetters) return {};
  // Of equally near ones the text's own name is meant, so these stand first.
  also = also.first(std::min(also.size(), kMostNames));
  std::vector<std::string> own;
  for (const auto name : also) own.push_back(letters(name.substr(0, 4 * kMostLetters)));
  std::vector<std::string_view> spelled(own.begin(), own.end());
  spelled.insert(spelled.end(), known.second.begin(), known.second.end());
  const auto best = nearest_of(letters(typed), spelled);
  if (!best) return {};
  return std::string{*best < also.size() ? also[*best] : known.first[*best - also.size()]};
}

std::span<const Family> families() { return kFamilies; }

const Family& family_of(const Word& indicator) {
  const auto found = std::ranges::find(kFamilies, indicator.of, &Family::name);
  STOM_ASSERT(found != std::end(kFamilies));
  return *found;
}

const Family* family_named(std::string_view name) {
  const Word* word = find_word(name).word;
  if (word && word->kind == WordKind::Indicator) name = word->of;
  const auto is_called = [name](const Family& family) {
    return name == family.name || (!family.alias.empty() && name == family.alias);
  };
  const auto found = std::ranges::find_if(kFamilies, is_called);
  return found == std::end(kFamilies) ? nullptr : &*found;
}

FoundSetting find_setting(std::string_view key) {
  for (const std::string_view direction : {"MINUS_", "PLUS_"})  // TA-Lib's functions have a '_' in their names
    if (key.starts_with(direction) && key.substr(direction.size()).starts_with("DI_"))
      key.remove_prefix(direction.size());
  const std::size_t cut = key.find('_');
  const Family* family = cut == std::string_view::npos ? nullptr : family_named(key.substr(0, cut));
  if (!family) return {};
  const auto setting = std::ranges::find(family->settings, key.substr(cut + 1), &Setting::name);
  return setting == family->settings.end() ? FoundSetting{} : FoundSetting{family, &*setting};
}

std::vector<std::string> setting_keys() {
  std::vector<std::string> keys;
  for (const Family& family : kFamilies)
    for (const Setting& setting : family.settings)
      keys.push_back(std::string{family.name} + "_" + std::string{setting.name});
  return keys;
}

}  // namespace stom::conditions
