#include "research/tear_sheet_text.hpp"

#include <array>
#include <optional>
#include <vector>

#include "research/statistics.hpp"

namespace stom {
namespace {

struct Phrase {
  std::string_view english, korean;
};
constexpr auto kPhrases = std::to_array<Phrase>({
    {"Backtest", "백테스트"},
    {"Return", "수익"},
    {"Risk", "위험"},
    {"Trades", "거래"},
    {"Activity", "활동"},
    {"Benchmark", "벤치마크"},
    {"Period and capital", "기간과 자본"},
    {"Equity", "자산"},
    {"Drawdown", "낙폭"},
    {"between the queue models", "대기열 모형 사이"},
    {"Fill uncertainty: total return from", "체결 불확실성: 총수익률"},
    {"to", "~"},
    {"initial capital", "초기 자본"},
    {"Monthly returns", "월별 수익률"},
    {"Year", "연간"},
    {"Distribution of daily returns", "일간 수익률 분포"},
    {"Distribution of trade returns", "거래별 수익률 분포"},
    {"Distribution of the returns of periods", "기간 수익률 분포"},
    {"normal distribution of the same mean and deviation", "평균과 편차가 같은 정규분포"},
    {"mean", "평균"},
    {"Rolling Sharpe ratio", "이동 샤프 지수"},
    {"Rolling volatility, per year", "이동 변동성(연율)"},
    {"window", "구간"},
    {"periods", "기간"},
    {"Exposure", "보유 비중"},
    {"share of the time with a position", "포지션을 보유한 시간의 비율"},
    {"Profit by hour of entry", "진입 시간대별 손익"},
    {"Profit by weekday of entry", "진입 요일별 손익"},
    {"Deepest drawdowns", "가장 깊은 낙폭"},
    {"Peak", "고점"},
    {"Trough", "저점"},
    {"Recovered", "회복"},
    {"Depth", "깊이"},
    {"Length", "기간"},
    {"not yet", "미회복"},
    {"Monte Carlo", "몬테카를로"},
    {"paths from blocks of", "개 경로, 블록 길이"},
    {"returns drawn with replacement", "(복원 추출)"},
    {"Trades in random order", "거래 순서 무작위 섞기"},
    {"Same days, drawn again", "같은 날들을 다시 추출"},
    {"Percentile", "백분위"},
    {"Probability of a loss", "손실 확률"},
    {"paths", "경로"},
    {"seed", "시드"},
    {"Price and fills", "가격과 체결"},
    {"Price at our fills", "체결 시점의 가격"},
    {"of", "/"},
    {"fills drawn", "개 체결 표시"},
    {"By instrument", "종목별"},
    {"By exit reason", "청산 사유별"},
    {"Name", "이름"},
    {"Count", "건수"},
    {"Win rate", "승률"},
    {"Profit", "손익"},
    {"Profit factor", "프로핏 팩터"},
    {"Round trips", "거래 내역"},
    {"Entry", "진입"},
    {"Exit", "청산"},
    {"Instrument", "종목"},
    {"Side", "방향"},
    {"Quantity", "수량"},
    {"Entry price", "진입가"},
    {"Exit price", "청산가"},
    {"Fee", "수수료"},
    {"Held", "보유"},
    {"Reason", "사유"},
    {"long", "매수"},
    {"short", "매도"},
    {"Shown are the first and last trades; all are in trades.csv.",
     "처음과 마지막 거래만 표시합니다. 전체는 trades.csv에 있습니다."},
    {"Print shows the first 40; all are in trades.csv.",
     "인쇄물에는 처음 40건만 나옵니다. 전체는 trades.csv에 있습니다."},
    {"All statistics", "전체 통계"},
    {"Statistic", "통계"},
    {"Value", "값"},
    {"Definition", "정의"},
    {"Settings and proof", "설정과 증명"},
    {"Settings", "설정"},
    {"Setting", "항목"},
    {"Data hash", "데이터 해시"},
    {"Journal hash", "저널 해시"},
    {"Version", "버전"},
    {"Conventions", "계산 관례"},
    {"The same data and settings give the same journal, byte for byte; its hash proves it.",
     "같은 데이터와 설정은 바이트까지 같은 저널을 만들며, 해시가 이를 증명합니다."},
    {"Read this first", "먼저 읽으세요"},
    {"There are no trades.", "거래가 없습니다."},
    {"The run was interrupted: what is here ends early.", "실행이 중단되어 결과가 도중에 끝납니다."},
    {"Few trades: below 30, a win rate or profit factor is mostly chance.",
     "거래가 적습니다. 30건 미만이면 승률과 프로핏 팩터는 대부분 우연입니다."},
    {"More than half of the profit was made on one day.", "이익의 절반 이상이 하루에 났습니다."},
    {"Too short for annual figures and ratios: they are left empty, not guessed.",
     "연율 지표와 비율을 내기에는 너무 짧습니다. 추정하지 않고 비워 둡니다."},
    {"Generated data: the result says nothing about a real market's past.",
     "생성된 자료입니다. 실제 시장의 과거에 대해서는 아무것도 말해 주지 않습니다."},
    {"Less than 90 days: annual figures are scaled up from little.",
     "90일 미만입니다. 연율 수치는 짧은 기간을 늘려 계산한 것입니다."},
    {"The Sharpe ratio cannot be told from zero at 95 %.", "샤프 지수를 95 % 수준에서 0과 구별할 수 없습니다."},
    {"Fees are larger than the profit before fees.", "수수료가 수수료 차감 전 이익보다 큽니다."},
    {"Positions are still open at the end; they count at the market.",
     "끝까지 청산되지 않은 포지션이 있으며 현재가로 평가했습니다."},
    {"With another queue model the run loses money where it wins with its own.",
     "설정한 대기열 모형에서는 이익이지만 다른 모형에서는 손실입니다."},
    {"Too little data for this figure.", "이 그림을 그리기에는 데이터가 적습니다."},
    {"Times are UTC.", "시각은 UTC 기준입니다."},
    {"Simulated results are not a promise of real ones.", "모의 결과는 실제 성과를 보장하지 않습니다."},
    {"days", "일"},
    {"Mon", "월"},
    {"Tue", "화"},
    {"Wed", "수"},
    {"Thu", "목"},
    {"Fri", "금"},
    {"Sat", "토"},
    {"Sun", "일"},
});

struct MetricPhrase {
  std::string_view key, english, korean, korean_definition;
};
constexpr auto kMetrics = std::to_array<MetricPhrase>({
    {"start_time_ns", "Start", "시작", "자산 곡선의 첫 점."},
    {"end_time_ns", "End", "끝", "자산 곡선의 마지막 점."},
    {"duration_seconds", "Duration", "기간", "실행 기간의 길이."},
    {"equity_initial", "Initial capital", "초기 자본", "첫 거래 전의 자본."},
    {"equity_final", "Final equity", "최종 자산", "끝에서의 계좌 가치. 미청산 포지션은 현재가로 평가."},
    {"equity_peak", "Highest equity", "최고 자산", "도중에 도달한 가장 높은 가치."},
    {"net_profit", "Net profit", "순이익", "수수료를 뺀 이익."},
    {"total_return", "Total return", "총수익률", "초기 자본 대비 이익."},
    {"annual_return", "Annual return", "연환산 수익률", "같은 기간 수익이 한 해 동안 복리로 이어질 때의 수익률."},
    {"cagr", "CAGR", "연평균 성장률", "같은 최종 자산에 이르는 일정한 연 성장률."},
    {"periods", "Periods", "기간 수", "아래 수치를 계산한 기간(기본은 일)의 수."},
    {"periods_per_year", "Periods per year", "연간 기간 수",
     "한 해의 기간 수. 주말에도 열리는 시장은 365, 아니면 252."},
    {"risk_free_rate", "Risk-free rate", "무위험 수익률", "비교 기준이 되는 연 무위험 수익률."},
    {"annual_volatility", "Volatility", "변동성", "기간 수익률의 퍼짐을 연율로 환산."},
    {"downside_deviation", "Downside deviation", "하방 편차", "손실 기간만의 변동성. 이익 기간은 0으로 셈."},
    {"sharpe_ratio", "Sharpe ratio", "샤프 지수", "변동성 한 단위당 무위험 초과 수익."},
    {"sortino_ratio", "Sortino ratio", "소르티노 지수", "하방 편차 한 단위당 무위험 초과 수익."},
    {"calmar_ratio", "Calmar ratio", "칼마 지수", "최대 낙폭 한 단위당 연환산 수익률."},
    {"omega_ratio", "Omega ratio", "오메가 지수", "기간 이익의 합을 기간 손실의 합으로 나눈 값."},
    {"probabilistic_sharpe_ratio", "Probabilistic Sharpe", "확률적 샤프",
     "표본의 길이, 비대칭, 꼬리를 고려할 때 진짜 샤프 지수가 0보다 클 확률."},
    {"max_drawdown", "Max drawdown", "최대 낙폭", "고점에서 가장 깊이 떨어진 폭(음수)."},
    {"max_drawdown_start_time_ns", "Max drawdown from", "최대 낙폭 시작", "가장 깊은 하락 직전의 고점."},
    {"max_drawdown_trough_time_ns", "Max drawdown trough", "최대 낙폭 저점", "그 하락의 가장 낮은 점."},
    {"max_drawdown_end_time_ns", "Max drawdown until", "최대 낙폭 끝", "고점을 회복한 때 또는 실행의 끝."},
    {"max_drawdown_seconds", "Max drawdown length", "최대 낙폭 기간", "가장 깊은 낙폭의 길이."},
    {"longest_drawdown_seconds", "Longest drawdown", "최장 낙폭 기간", "가장 오래 이어진 낙폭의 길이."},
    {"avg_drawdown", "Average drawdown", "평균 낙폭", "낙폭 깊이의 평균(음수)."},
    {"avg_drawdown_seconds", "Average drawdown length", "평균 낙폭 기간", "낙폭 길이의 평균."},
    {"time_under_water", "Time under water", "고점 아래 시간", "이전 고점보다 낮았던 시간의 비율."},
    {"recovery_factor", "Recovery factor", "회복 계수", "최악의 하락에서 잃은 금액 대비 이익."},
    {"ulcer_index", "Ulcer index", "얼서 지수(Ulcer)", "낙폭의 깊이. 길고 깊을수록 크게 셈."},
    {"value_at_risk_95", "VaR 95 %", "VaR 95 %", "가장 나쁜 5 % 기간이 넘지 못하는 수익률(음수)."},
    {"conditional_value_at_risk_95", "CVaR 95 %", "CVaR 95 %", "그 나쁜 기간들의 평균(음수)."},
    {"skewness", "Skewness", "왜도", "수익률의 비대칭. 음수면 손실 쪽 꼬리가 길다."},
    {"kurtosis", "Kurtosis", "첨도", "정규분포보다 두꺼운 꼬리의 정도."},
    {"tail_ratio", "Tail ratio", "꼬리 비율", "좋은 기간의 크기를 나쁜 기간의 크기로 나눈 값."},
    {"stability", "Stability", "안정성", "성장이 직선에 가까운 정도. 1이면 직선."},
    {"best_period", "Best period", "최고 기간", "가장 좋은 기간의 수익률."},
    {"worst_period", "Worst period", "최악 기간", "가장 나쁜 기간의 수익률."},
    {"winning_periods", "Winning periods", "이익 기간 비율", "이익이 난 기간의 비율."},
    {"exposure_time", "Exposure", "보유 시간 비율", "포지션을 보유한 시간의 비율."},
    {"fills", "Fills", "체결 수", "우리 주문의 체결 수."},
    {"traded_value", "Traded value", "거래 대금", "매수와 매도 체결 대금의 합."},
    {"maker_share", "Maker share", "메이커 비율", "호가창에 먼저 걸려 있던 체결 대금의 비율."},
    {"turnover", "Turnover", "회전율", "자본이 거래된 횟수."},
    {"annual_turnover", "Turnover per year", "연간 회전율", "한 해로 환산한 회전율."},
    {"fees_paid", "Fees paid", "지불 수수료", "모든 체결의 수수료. 음수면 받은 리베이트."},
    {"trades", "Trades", "거래 수", "청산까지 끝난 왕복 거래. 선입선출."},
    {"trades_long", "Long trades", "매수 거래", "먼저 산 거래."},
    {"trades_short", "Short trades", "매도 거래", "먼저 판 거래."},
    {"winning_trades", "Winning trades", "이익 거래", "수수료를 빼고 이익이 난 거래."},
    {"losing_trades", "Losing trades", "손실 거래", "수수료를 빼고 손실이 난 거래."},
    {"win_rate", "Win rate", "승률", "이익이 난 거래의 비율."},
    {"gross_profit", "Gross profit", "총이익", "이익 거래가 번 금액."},
    {"gross_loss", "Gross loss", "총손실", "손실 거래가 잃은 금액(양수)."},
    {"profit_factor", "Profit factor", "프로핏 팩터", "잃은 돈 대비 번 돈."},
    {"payoff_ratio", "Payoff ratio", "평균 손익비", "평균 이익을 평균 손실로 나눈 값."},
    {"expectancy", "Expectancy", "기대 수익률", "진입 금액 대비 거래 수익률의 평균."},
    {"expectancy_money", "Expectancy, money", "기대 손익", "거래당 평균 손익."},
    {"avg_trade", "Average trade", "평균 거래", "거래 수익률의 기하 평균."},
    {"best_trade", "Best trade", "최고 거래", "가장 좋은 거래."},
    {"worst_trade", "Worst trade", "최악 거래", "가장 나쁜 거래."},
    {"avg_win", "Average win", "평균 이익", "이익 거래의 평균 이익."},
    {"avg_loss", "Average loss", "평균 손실", "손실 거래의 평균 손실(음수)."},
    {"sqn", "SQN", "SQN", "시스템 품질 지수: 평균 거래가 우연보다 얼마나 위인가."},
    {"kelly_criterion", "Kelly criterion", "켈리 기준", "가장 빨리 자랐을 투자 비율. 상한일 뿐 권고가 아님."},
    {"max_consecutive_wins", "Wins in a row", "최대 연승", "가장 긴 연속 이익."},
    {"max_consecutive_losses", "Losses in a row", "최대 연패", "가장 긴 연속 손실."},
    {"avg_holding_seconds", "Average holding", "평균 보유", "거래의 평균 보유 시간."},
    {"median_holding_seconds", "Median holding", "중간 보유", "거래 보유 시간의 중앙값."},
    {"min_holding_seconds", "Shortest holding", "최단 보유", "가장 짧은 거래."},
    {"max_holding_seconds", "Longest holding", "최장 보유", "가장 긴 거래."},
    {"avg_mae", "Average MAE", "평균 MAE", "보유 중 최악의 평가 수익률의 평균(음수)."},
    {"worst_mae", "Worst MAE", "최악 MAE", "그중 가장 나쁜 값."},
    {"avg_mfe", "Average MFE", "평균 MFE", "보유 중 최고의 평가 수익률의 평균."},
    {"best_mfe", "Best MFE", "최고 MFE", "그중 가장 좋은 값."},
    {"best_day_profit_share", "Best day's share", "최고일 비중",
     "가장 좋은 하루가 이익에서 차지하는 비율. 1에 가까우면 운 좋은 하루."},
    {"benchmark_return", "Benchmark return", "벤치마크 수익률", "전략이 거래할 수 있던 첫 시점부터의 벤치마크 수익률."},
    {"alpha", "Alpha", "알파", "벤치마크로 설명되지 않는 연 수익률."},
    {"beta", "Beta", "베타", "벤치마크 수익률에 대한 민감도."},
    {"correlation", "Correlation", "상관계수", "벤치마크 수익률과의 상관."},
    {"information_ratio", "Information ratio", "정보 비율", "추적 오차 한 단위당 벤치마크 초과 수익."},
    {"tracking_error", "Tracking error", "추적 오차", "벤치마크와의 거리의 연간 퍼짐."},
});

/// Warnings with names and figures: {} in English is {0}, {1}, … in Korean, in whatever order.
constexpr auto kSentences = std::to_array<Phrase>({
    {"{}: {} of {} days have no data ({})", "{0}: {2}일 가운데 {1}일의 데이터가 없습니다({3})."},
    {"{}: there was no book for {} of the time", "{0}: 전체 시간의 {1} 동안 호가창이 없었습니다."},
    {"{}: prices are adjusted for {}", "{0}: 수정주가입니다({1})."},
    {"{}: {} within the run; prices are raw, and what is held over them is not changed; end or begin the run there",
     "{0}: 기간 안에 {1}이(가) 있습니다. 가격은 수정하지 않았고 보유 수량도 바뀌지 않습니다. 그날에 맞추어 기간을 "
     "나누십시오."},
    {"{}: {} within the run; prices are raw, and what is held over them is not changed; {}",
     "{0}: 기간 안에 {1}이(가) 있습니다. 가격은 수정하지 않았고 보유 수량도 바뀌지 않습니다. {2}을(를) 쓰십시오."},
    {"{} gaps in the market data: the book was stale after each until the next snapshot",
     "시세가 {0}번 끊겼습니다. 끊길 때마다 다음 스냅샷까지 호가창을 알 수 없었습니다."},
    {"the recorded latencies reach from {} to {}: outside of that their first and last are taken",
     "기록된 지연은 {0}부터 {1}까지입니다. 그 밖에서는 처음과 마지막 값을 씁니다."},
    {"{} orders were refused: {}", "주문 {0}건이 거부되었습니다: {1}."},
    {"the account was liquidated: the reason of those trades' exit is liquidation",
     "계좌가 강제 청산되었습니다. 그 거래들의 청산 사유는 강제 청산입니다."},
    {"breakers are not looked at here: {}", "차단기는 여기에서 보지 않습니다: {0}."},
    {"--queue {} is not used: bars have no queue", "--queue {0}은(는) 쓰이지 않습니다. 봉에는 대기열이 없습니다."},
    {"--spread {} is not used: ticks have their own",
     "--spread {0}은(는) 쓰이지 않습니다. 틱에는 실제 스프레드가 있습니다."},
    {"--bar-path {} is not used: this run is on ticks",
     "--bar-path {0}은(는) 쓰이지 않습니다. 이 백테스트는 틱으로 돌았습니다."},
    {"the sale tax and the commission of Korea are not counted: --fees {}",
     "한국의 거래세와 수수료를 계산하지 않았습니다: --fees {0}"},
});
/// Words inside of them.
constexpr auto kPieces = std::to_array<Phrase>({
    {"less than 0.1 %", "0.1 % 미만"},
    {"krx-kospi or krx-kosdaq", "krx-kospi 또는 krx-kosdaq"},
    {"--adjust splits or --adjust all", "--adjust splits 또는 --adjust all"},
    {"insufficient_balance", "잔고 부족"},
    {"insufficient_margin", "증거금 부족"},
    {"position_limit", "보유 한도"},
    {"no_liquidity", "받아 줄 호가 없음"},
    {"post_only_would_take", "메이커 전용 주문이 바로 체결될 가격"},
    {"off_tick", "호가 단위에 맞지 않음"},
    {"off_lot", "수량 단위에 맞지 않음"},
    {"not_positive", "0 이하의 값"},
    {"unsupported", "지원하지 않는 주문"},
    {"book_stale", "호가창을 알 수 없음"},
    {"reduce_only_would_increase", "줄일 포지션이 없음"},
    {"duplicate_id", "이미 쓰는 주문 번호"},
    {"liquidation", "강제 청산 중"},
    {"market_closed", "장이 닫혀 있음"},
    {"price_out_of_range", "가격 제한 밖의 가격"},
    {"risk_price_band", "한도: 호가 중간에서 너무 먼 가격"},
    {"risk_order_quantity", "한도: 한 주문의 수량"},
    {"risk_order_notional", "한도: 한 주문의 금액"},
    {"risk_position", "한도: 한 종목의 포지션"},
    {"risk_gross_exposure", "한도: 총 노출"},
    {"risk_net_exposure", "한도: 순 노출"},
    {"risk_working_orders", "한도: 동시에 걸린 주문 수"},
    {"risk_order_rate", "한도: 시간당 주문 수"},
    {"risk_duplicate", "한도: 같은 주문의 반복"},
    {"risk_self_trade", "한도: 자기 주문과의 체결"},
    {"risk_reduce_only", "한도: 포지션을 줄이는 주문만"},
    {"risk_leverage", "한도: 레버리지"},
    {"risk_unknown", "한도: 가격이나 환율, 수량을 알 수 없음"},
});

/// What stands for each {} of the pattern, or nothing where the text is not of it.
std::optional<std::vector<std::string_view>> values_in(std::string_view text, std::string_view pattern) {
  std::vector<std::string_view> values;
  for (;;) {
    const std::size_t hole = pattern.find("{}");
    if (!text.starts_with(pattern.substr(0, hole))) return std::nullopt;
    if (hole == std::string_view::npos) {
      if (text.size() != pattern.size()) return std::nullopt;
      return values;
    }
    text.remove_prefix(hole);
    pattern.remove_prefix(hole + 2);
    const std::string_view next = pattern.substr(0, pattern.find("{}"));
    const std::size_t end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos) return std::nullopt;
    values.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string filled_in(std::string_view korean, const std::vector<std::string_view>& values) {
  std::string out;
  for (std::size_t i = 0; i < korean.size(); ++i) {
    if (korean[i] != '{') {
      out += korean[i];
      continue;
    }
    std::string_view value = values.at(static_cast<std::size_t>(korean[i + 1] - '0'));
    for (const auto& piece : kPieces)
      if (piece.english == value) value = piece.korean;
    out += value;
    i += 2;
  }
  return out;
}

}  // namespace

std::string translated_warning(Language language, std::string_view english) {
  if (language == Language::Korean) {
    for (const auto& sentence : kSentences)
      if (const auto values = values_in(english, sentence.english)) return filled_in(sentence.korean, *values);
  }
  return std::string{translated(language, english)};
}

std::string_view translated(Language language, std::string_view english) {
  if (language == Language::Korean)
    for (const auto& phrase : kPhrases)
      if (phrase.english == english) return phrase.korean;
  return english;
}

std::string_view setting_name(Language language, std::string_view key) {
  static constexpr auto kSettings = std::to_array<Phrase>({
      {"strategy", "전략"},
      {"instrument", "종목"},
      {"fill_rules", "체결 규칙"},
      {"stored_bar", "저장된 봉"},
      {"adjust", "수정주가"},
      {"bar_path", "봉 안의 가격 순서"},
      {"spread", "스프레드"},
      {"margin", "증거금률"},
      {"queue", "대기열 모형"},
      {"order_latency", "주문 지연"},
      {"seed", "시드"},
      {"maker", "메이커 수수료"},
      {"taker", "테이커 수수료"},
      {"fees", "수수료표"},
      {"account", "계좌"},
      {"leverage", "레버리지"},
      {"limits", "주문 한도"},
      {"cash", "초기 현금"},
      {"from", "시작"},
      {"to", "끝"},
      {"warmup", "준비 구간"},
      {"conventions", "계산 관례"},
      {"benchmark", "벤치마크"},
      {"signal", "신호"},
      {"stop", "손절"},
      {"stop_loss", "손절"},
      {"take_profit", "익절"},
      {"liquidation", "강제 청산"},
      {"end", "종료"},
  });
  if (language == Language::Korean)
    for (const auto& phrase : kSettings)
      if (phrase.english == key) return phrase.korean;
  return key;
}

MetricText metric_text(Language language, std::string_view key) {
  for (const auto& m : kMetrics) {
    if (m.key != key) continue;
    if (language == Language::Korean) return {m.korean, std::string{m.korean_definition}};
    const Metric* metric = metric_named(key);
    return {m.english, metric == nullptr ? std::string{} : metric->definition};
  }
  return {};
}

}  // namespace stom
