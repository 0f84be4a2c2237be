#include "replay/data_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/hash.hpp"
#include "sim/generator/order_flow.hpp"
#include "store/catalogue.hpp"
#include "store/tick_reader.hpp"
#include "store_source.hpp"

namespace stom::replay {
namespace {

constexpr DurationNanos kGeneratedLength = 4 * kHour;
constexpr UnixNanos kGeneratedStart = 1'767'225'600 * kSecond;  // 2026-01-01, where the file says nothing else
constexpr std::size_t kGeneratedBatch = 4096;

/// The generator's flow: the same configuration gives the same messages.
class GeneratorSource final : public sim::MessageSource {
 public:
  explicit GeneratorSource(sim::FlowConfig config) : config_{std::move(config)}, flow_{config_} {}

  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    flow_.generate(batch, kGeneratedBatch);
    return !batch.messages.empty();
  }
  Result<void> rewind() override {
    flow_ = sim::OrderFlow{config_};
    return {};
  }

 private:
  sim::FlowConfig config_;
  sim::OrderFlow flow_;
};

/// A stock has the name that a recording of it would have: what it is stands in how it came into the store.
bool made_up(const store::DataFolder& folder, const std::string& id) {
  if (sim::flow_preset(id)) return true;
  const auto imports = folder.catalogue().imports();
  return imports && std::ranges::any_of(*imports, [&](const store::ImportRecord& import) {
           return import.instrument == id && import.options.starts_with("generator=");
         });
}

std::string source_of(const store::DataFolder& folder, const std::string& id) {
  return made_up(folder, id) ? "generator" : "recording";
}

Result<Data> from_store(const std::shared_ptr<const store::DataFolder>& folder, const std::string& id,
                        const DataChoice& choice) {
  auto instrument = folder->catalogue().instrument(id);
  if (!instrument) return std::unexpected(instrument.error());
  const store::TickQuery query{choice.from, choice.to, store::kAllKinds};
  auto hash = store::data_hash(*folder, id, query);
  if (!hash) return std::unexpected(hash.error());
  const auto files = folder->tick_files(id);
  const std::string days = files.size() == 1
                               ? format_day(files.front().day)
                               : fmt::format("{} to {}", format_day(files.front().day), format_day(files.back().day));
  // What the generator made is no recording, also where it was stored like one.
  Data data{*instrument, source_of(*folder, id), fmt::format("{} {}", id, days), *hash, choice.from, choice.to, {}};
  data.open = [folder, id, query]() -> Result<std::unique_ptr<sim::MessageSource>> {
    auto source = StoreSource::open(*folder, id, query);  // the folder lives as long as this function
    if (!source) return std::unexpected(source.error());
    return std::move(*source);
  };
  return data;
}

Result<Data> from_generator(const std::string& id, const DataChoice& choice) {
  auto config = sim::flow_preset(id);
  if (!config) return std::unexpected(config.error());
  config->start = choice.from == kNoTime ? kGeneratedStart : choice.from;
  config->length = choice.to == kNever ? kGeneratedLength : choice.to - config->start;
  if (config->length <= 0) return fail(Errc::Usage, "--to is not after --from", "name a later --to");
  Sha256 hash;
  hash.update(fmt::format("generator {} {} {} {}", id, config->start, config->length, config->seed));
  Data data{config->instrument, "generator", fmt::format("{} seed {}", id, config->seed), hash.hex(), choice.from,
            choice.to,          {}};
  data.open = [flow = *config]() -> Result<std::unique_ptr<sim::MessageSource>> {
    return std::make_unique<GeneratorSource>(flow);
  };
  return data;
}

}  // namespace

std::vector<Replayable> list_replayable(const std::filesystem::path& home) {
  std::vector<Replayable> all;
  if (const auto folder = store::DataFolder::open(home, store::OpenMode::Read)) {
    for (const auto& id : folder->instruments_with_ticks()) {
      const auto files = folder->tick_files(id);
      if (!files.empty())
        all.push_back({id, source_of(*folder, id), format_day(files.front().day), format_day(files.back().day)});
    }
  }
  for (const auto& preset : sim::flow_presets()) {
    const std::string& id = preset.instrument.id;
    const bool stored = std::any_of(all.begin(), all.end(), [&](const Replayable& r) { return r.instrument == id; });
    if (!stored) all.push_back({id, "generator", {}, {}});
  }
  return all;
}

Result<Data> choose_data(const std::filesystem::path& home, const DataChoice& choice) {
  auto opened = store::DataFolder::open(home, store::OpenMode::Read);
  if (!opened && opened.error().code != Errc::NotFound) return std::unexpected(opened.error());
  std::shared_ptr<const store::DataFolder> folder;
  if (opened) folder = std::make_shared<const store::DataFolder>(std::move(*opened));
  const auto recorded = folder ? folder->instruments_with_ticks() : std::vector<std::string>{};
  if (choice.instrument.empty() && recorded.empty())
    return fail(Errc::NotFound, fmt::format("there is no market data in {}", home.string()),
                "make some with `stom data gen`, or import a recording with `stom data import PATH --instrument ID`");
  const std::string id = choice.instrument.empty() ? recorded.front() : choice.instrument;
  for (const auto& known : recorded)
    if (known == id) return from_store(folder, id, choice);
  if (sim::flow_preset(id)) return from_generator(id, choice);
  return fail(Errc::NotFound, fmt::format("there is no market data of {}", id),
              "stom data list shows what there is; stom data gen makes more");
}

}  // namespace stom::replay
