#include "venues/kiwoom/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "venues/kiwoom/decoder.hpp"
#include "venues/kiwoom/signing.hpp"
#include "venues/shapes.hpp"

namespace stom::venues::kiwoom {
namespace {

using std::string_view;

struct Chart {
  string_view name, api_id, scope;
};
constexpr std::array<Chart, 9> kCharts{
    Chart{"1m", "ka10080", "1"},   Chart{"3m", "ka10080", "3"},   Chart{"5m", "ka10080", "5"},
    Chart{"10m", "ka10080", "10"}, Chart{"15m", "ka10080", "15"}, Chart{"30m", "ka10080", "30"},
    Chart{"1h", "ka10080", "60"},  Chart{"1d", "ka10081", ""},    Chart{"trades", "ka10079", "1"}};

/// "005930", "005930_NX", "005930_AL".
bool is_code(string_view text) {
  return text.size() >= 6 && text.size() <= 12 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::string compact_day(std::int32_t day) {
  std::string text = format_day(day);
  std::erase(text, '-');
  return text;
}

}  // namespace

Result<std::vector<HistoryFile>> history(string_view instrument, string_view kind, string_view bar, std::int32_t from,
                                         std::int32_t to) {
  const auto code = instrument.substr(std::min(instrument.find(':') + 1, instrument.size()));
  if (!is_code(code))
    return fail(Errc::Usage, fmt::format("'{}' is no stock of kiwoom", code),
                "write its code: 005930, of NXT 005930_NX, of both 005930_AL");
  const bool trades = kind == "trades";
  if (kind != "candles" && !trades)
    return fail(Errc::Unsupported, fmt::format("kiwoom has no history of kind '{}'", kind),
                "offered: --kind candles|trades");
  if (trades && !bar.empty()) return fail(Errc::Usage, "--bar is for candles, not for trades", "leave it out");
  const auto chart = trades ? kind : bar.empty() ? string_view{"1m"} : bar;
  if (std::ranges::find(kCharts, chart, &Chart::name) == kCharts.end())
    return fail(Errc::Unsupported, fmt::format("kiwoom has no candles of '{}'", chart),
                "offered: 1m, 3m, 5m, 10m, 15m, 30m, 1h, 1d");
  if (from > to)
    return fail(Errc::Usage, fmt::format("--from {} is after --to {}", format_day(from), format_day(to)), "swap them");
  return std::vector{file_of_days(fmt::format("{}-{}", code, chart), from, to, true, kSeoul)};
}

ChartPages::ChartPages(string_view code, string_view chart, const HistoryFile& file, Credentials credentials)
    : credentials_{std::move(credentials)}, code_{code}, trades_{chart == "trades"}, from_{file.from}, to_{file.to} {
  const auto* about = std::ranges::find(kCharts, chart, &Chart::name);
  STOM_ASSERT(about != kCharts.end());  // history() made the file
  api_id_ = about->api_id;
  // Prices as they were, not adjusted for splits: those are data of their own here.
  body_ = about->scope.empty()
              ? fmt::format(R"({{"stk_cd":"{}","base_dt":"{}","upd_stkpc_tp":"0"}})", code_, compact_day(file.last_day))
              : fmt::format(R"({{"stk_cd":"{}","tic_scope":"{}","upd_stkpc_tp":"0"}})", code_, about->scope);
  limits_.name = "kiwoom";
  // Measured by others: each API id two at once, then one a second (docs/venues/kiwoom.md).
  limits_.budgets = {{.name = api_id_ + "-2s", .limit = 2, .window = 2 * kSecond}};
  limits_.rate_refusals = {{.status = 429, .wait_otherwise = kSecond}};
}

Result<std::optional<PageRequest>> ChartPages::next(UnixNanos) const {
  if (phase_ == Phase::Done) return std::nullopt;
  if (token_.empty())
    return PageRequest{.method = "POST",
                       .target = "/oauth2/token",
                       .headers = {{"api-id", "au10001"}, {"Content-Type", "application/json;charset=UTF-8"}},
                       .body = token_request(credentials_),
                       .admission = true};
  Request signed_request;
  if (auto done = sign(signed_request, api_id_, token_); !done) return std::unexpected(done.error());
  PageRequest request{.method = "POST",
                      .target = "/api/dostk/chart",
                      .headers = std::move(signed_request.headers),
                      .body = body_,
                      .costs = {{.budget = 0}}};
  if (phase_ == Phase::Pages && !next_key_.empty()) {
    request.headers.push_back({"cont-yn", "Y"});
    request.headers.push_back({"next-key", next_key_});
  }
  return request;
}

Result<void> ChartPages::admit(string_view answer) {
  const auto decode = decoder();
  EventBatch events;
  const auto decoded = decode->decode(answer, kNoTime, events);
  const auto* event =
      decoded.what == Decoded::What::Events && !events.events.empty() ? &events.events.front() : nullptr;
  const auto* token = event != nullptr && event->kind == "token" ? events.find(*event, "token") : nullptr;
  if (token == nullptr) {
    const auto* words = event != nullptr ? events.find(*event, "message") : nullptr;
    return fail(Errc::Io,
                fmt::format("Kiwoom gives no token: {}", words != nullptr ? words->text : "the answer has none"),
                "check key and secret in the file of --venues");
  }
  token_ = token->text;
  return {};
}

Result<std::vector<ChartPages::Row>> ChartPages::read(string_view answer) const {
  const auto refused = [&](string_view why) {
    return fail(Errc::BadData, fmt::format("Kiwoom's chart of {}: {}", code_, why),
                "try again; if it stays so, the venue may have changed its answer (docs/venues/kiwoom.md): report it");
  };
  const auto decode = decoder();
  EventBatch events;
  const auto decoded = decode->decode(answer, kNoTime, events);
  if (decoded.what != Decoded::What::Events) return refused(decoded.text);
  std::vector<Row> rows;
  for (const Event& event : events.events) {
    const auto text = [&](string_view name) {
      const auto* field = events.find(event, name);
      return field != nullptr ? field->text : string_view{};
    };
    if (event.kind == "refusal") {
      if (text("message").contains("1902"))
        return fail(Errc::NotFound, fmt::format("Kiwoom: {}", text("message")), "check the code");
      return fail(Errc::Io, fmt::format("Kiwoom: {}", text("message")), "the same command again asks for a new token");
    }
    const auto* time = event.kind == "bar" ? events.find(event, "start_time_ns") : nullptr;
    if (time == nullptr || text("instrument") != code_)
      return refused(fmt::format("a {} of '{}' is among them", event.kind, text("instrument")));
    if (!rows.empty() && (trades_ ? time->integer > rows.back().time : time->integer >= rows.back().time))
      return refused("one is not before the one that stands before it");
    const auto ms = time->integer / kMillisecond;
    rows.push_back({time->integer, trades_ ? fmt::format("{},{},{}\n", ms, text("close"), text("volume"))
                                           : fmt::format("{},{},{},{},{},{}\n", ms, text("open"), text("high"),
                                                         text("low"), text("close"), text("volume"))});
  }
  return rows;
}

Result<void> ChartPages::take(const HistoryPage& answer) {
  auto page = read(answer.body);
  if (!page) return std::unexpected(page.error());
  if (phase_ == Phase::LookAgain) return check_still_first(*page);
  const auto refused = [&](string_view why) {
    return fail(Errc::BadData, fmt::format("Kiwoom's chart of {}: {}", code_, why),
                "the same command again begins anew");
  };
  const bool more = !answer.next_key.empty();
  std::vector<Row> rows;
  bool older = false;
  for (const Row& row : *page) {
    if (row.time < from_) break;
    const bool known = oldest_ != kNoTime && (trades_ ? row.time > oldest_ : row.time >= oldest_);
    older |= !known;
    if (row.time >= to_) continue;
    if (known) {
      // The list grew at its beginning since the page before: a bar that is there already must be the same.
      const auto same = std::ranges::find(rows_, row.time, &Row::time);
      if (trades_ || same == rows_.end() || *same != row) {
        moved_ = true;
        return refused("what was told before has changed");
      }
      continue;
    }
    rows.push_back(row);
  }
  const bool over = !more || (!page->empty() && page->back().time < from_);
  if (!over && !older) return refused("it does not go on from the page before");
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  if (!page->empty()) {
    if (newest_ == kNoTime) newest_ = page->front().time;
    oldest_ = oldest_ == kNoTime ? page->back().time : std::min(oldest_, page->back().time);
  }
  if (trades_ && first_page_.empty()) first_page_ = std::move(*page);
  next_key_ = answer.next_key;
  whole_list_ = !more;
  if (over) phase_ = trades_ && !rows_.empty() ? Phase::LookAgain : Phase::Done;
  return {};
}

/// Two trades of one second may be equal in all that is told of them. Where the list grew while its pages were read,
/// nobody could say which of them was told twice: the first page must still be what it was.
Result<void> ChartPages::check_still_first(const std::vector<Row>& page) {
  moved_ = page != first_page_;
  if (moved_)
    return fail(Errc::BadData,
                fmt::format("{} was traded while its trades were read, so some may be told twice", code_),
                "run it again while nothing is traded (KRX and NXT: from 20:00 to 08:00 in Seoul)");
  phase_ = Phase::Done;
  return {};
}

double ChartPages::part() const {
  if (phase_ != Phase::Pages) return 1;
  if (newest_ == kNoTime || newest_ <= from_) return 0;
  return std::clamp(static_cast<double>(newest_ - oldest_) / static_cast<double>(newest_ - from_), 0.0, 1.0);
}

std::string ChartPages::note() const {
  const auto first = oldest_ == kNoTime ? 0 : day_of(oldest_ + kSeoul);
  if (!whole_list_ || first <= day_of(from_ + kSeoul)) return {};
  return fmt::format("Kiwoom's chart of {} begins on {}: it tells nothing of the days before", code_,
                     format_day(first));
}

std::string ChartPages::table() const {
  std::string out = trades_ ? "time,price,quantity\n" : "time,open,high,low,close,volume\n";
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) out += row->text;
  return out;
}

}  // namespace stom::venues::kiwoom
