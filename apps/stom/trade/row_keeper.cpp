#include "trade/row_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "market/row_text.hpp"
#include "sim/sessions.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kOfMinutes = ",minute";

std::string_view name_of(RowRule rule) { return rule == RowRule::Stom ? "stom" : "any_change"; }

std::unexpected<Error> cannot_write(const std::filesystem::path& file) {
  return fail(Errc::Io, fmt::format("cannot write {}", file.string()), "check the folder's permissions and disk space");
}

}  // namespace

Result<RowSpec> parse_row_spec(const std::string& text) {
  std::string_view rule = text;
  RowSpec spec;
  if (rule.ends_with(kOfMinutes)) {
    spec.minute = true;
    rule.remove_suffix(kOfMinutes.size());
  }
  if (rule != name_of(RowRule::Stom) && rule != name_of(RowRule::AnyChange))
    return fail(Errc::Usage, fmt::format("--rows {}: there is no such rule", text),
                "stom or any_change, with ,minute behind it for one row a minute (docs/rows.md)");
  spec.rule = rule == name_of(RowRule::Stom) ? RowRule::Stom : RowRule::AnyChange;
  return spec;
}

std::string RowKeeper::file_name(std::string_view instrument_id, bool minute) {
  std::string name{instrument_id};
  for (char& c : name)
    if (c == ':' || c == '/' || c == '\\') c = '-';
  return name + (minute ? "-minute.csv" : ".csv");
}

std::string RowKeeper::trades_of(std::string_view instrument_id) {
  if (const auto market = sim::market_of(instrument_id); !market.empty()) return std::string{market};
  return instrument_id.ends_with("_AL") ? "krx and nxt" : std::string{instrument_id.substr(0, instrument_id.find(':'))};
}

RowKeeper::RowKeeper(std::filesystem::path folder, std::span<const Instrument> instruments,
                     const std::vector<RowSpec>& specs)
    : folder_{std::move(folder)},
      instruments_(instruments.begin(), instruments.end()),
      specs_{specs},
      queue_{kQueued},
      builders_(instruments.size() * specs.size()),
      files_(instruments.size() * specs.size()) {}

Result<std::unique_ptr<RowKeeper>> RowKeeper::open(const std::filesystem::path& folder,
                                                   std::span<const Instrument> instruments,
                                                   const std::vector<RowSpec>& specs) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  const auto about = folder / "about.json";
  Json rows = Json::array();
  for (const Instrument& instrument : instruments)
    for (const RowSpec& spec : specs)
      rows.push_back({{"instrument", instrument.id},
                      {"file", file_name(instrument.id, spec.minute)},
                      {"rule", name_of(spec.rule)},
                      {"every", spec.minute ? "minute" : "second"},
                      {"trades", trades_of(instrument.id)}});
  std::ofstream out{about, std::ios::binary};
  out << Json{{"rows", std::move(rows)}}.dump() << '\n';
  if (!out.flush()) return cannot_write(about);
  return std::unique_ptr<RowKeeper>{new RowKeeper{folder, instruments, specs}};
}

void RowKeeper::apply(const FeedMessage& message) {
  for (std::uint32_t spec = 0; spec < specs_.size(); ++spec) {
    auto& builder = builders_[message.instrument * specs_.size() + spec];
    if (!builder) builder = std::make_unique<RowBuilder>(instruments_[message.instrument], specs_[spec]);
    const SecondRow* row = builder->apply(message);
    if (row != nullptr && !queue_.try_push(Item{*row, message.instrument, spec}))
      left_out_.fetch_add(1, std::memory_order_relaxed);
  }
}

void RowKeeper::take() {
  Item item;
  full_.clear();
  while (queue_.try_pop(item)) {
    const std::size_t at = item.instrument * specs_.size() + item.spec;
    File& file = files_[at];
    const auto fields = row_fields(specs_[item.spec].minute, has_krx_words(instruments_[item.instrument]));
    if (!std::exchange(file.begun, true)) file.text = row_header(fields, false) + "\n";
    append_row(file.text, item.row, fields);
    file.text += '\n';
    if (file.text.size() >= kHeldBytes && (full_.empty() || full_.back() != at)) full_.push_back(at);
  }
}

Result<void> RowKeeper::write_file(InstrumentIndex instrument, std::uint32_t spec) {
  File& file = files_[instrument * specs_.size() + spec];
  if (file.text.empty()) return {};
  const auto path = folder_ / file_name(instruments_[instrument].id, specs_[spec].minute);
  std::ofstream out{path, std::ios::binary | std::ios::app};
  out << file.text;
  if (!out.flush()) return cannot_write(path);
  file.text.clear();
  return {};
}

Result<void> RowKeeper::write(UnixNanos now) {
  take();
  for (const std::size_t at : full_)
    if (auto done = write_file(static_cast<InstrumentIndex>(at / specs_.size()),
                               static_cast<std::uint32_t>(at % specs_.size()));
        !done)
      return done;
  if (now < next_write_) return {};
  next_write_ = now + kWriteEvery;
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
    for (std::uint32_t spec = 0; spec < specs_.size(); ++spec)
      if (auto done = write_file(i, spec); !done) return done;
  return {};
}

Result<void> RowKeeper::finish() {
  next_write_ = 0;
  return write(0);
}

}  // namespace stom::trade
