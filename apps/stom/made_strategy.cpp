#include "made_strategy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "strategy_folder.hpp"

namespace stom {

std::string MadeStrategy::text() const {
  return (plugin_sha256.empty() ? "" : " plugin_sha256=" + plugin_sha256) + (parameters.empty() ? "" : " ") +
         parameters;
}

nlohmann::ordered_json MadeStrategy::json() const {
  return {{"strategy", name}, {"plugin", plugin}, {"plugin_sha256", plugin_sha256}, {"parameters", given}};
}

Result<MadeStrategy> make_named_strategy(const std::string& name, const std::string& plugin,
                                         std::vector<std::string> parameters, const std::filesystem::path& home,
                                         const std::filesystem::path& files, std::size_t instruments,
                                         std::string_view remedy) {
  auto named = strategy_named(name, plugin, home, std::move(parameters), files);
  if (!named) return std::unexpected(named.error());
  MadeStrategy one;
  one.choice = named->choice;
  one.name = one.choice.entry->name;
  if (one.choice.plugin != nullptr) {
    one.plugin_sha256 = one.choice.plugin->sha256;
    one.plugin = std::filesystem::absolute(one.choice.plugin->file).string();
  }
  one.given = named->parameters;
  Parameters values{std::move(named->parameters)};
  auto made = make_strategy(*one.choice.entry, values);
  if (!made) return std::unexpected(made.error());
  one.strategy = std::move(*made);
  one.parameters = values.describe();
  if (auto enough = values.check_instruments(one.name, instruments, remedy); !enough)
    return std::unexpected(enough.error());
  return one;
}

Result<std::vector<MadeStrategy>> make_strategies(const std::string& file, const std::vector<StrategyInFile>& all,
                                                  const std::filesystem::path& home) {
  const auto folder = std::filesystem::absolute(file).parent_path();
  std::vector<MadeStrategy> made;
  for (const StrategyInFile& in_file : all) {
    auto one = make_named_strategy(in_file.strategy, in_file.plugin, in_file.parameters, home, folder,
                                   in_file.instruments.size(), "name more of them in its list instruments");
    if (!one)
      return fail(one.error().code,
                  fmt::format("{}: line {}: {}: {}", file, in_file.line, in_file.name, one.error().message),
                  one.error().hint);
    made.push_back(std::move(*one));
  }
  return made;
}

std::unique_ptr<Several> share_account(const std::vector<StrategyInFile>& all,
                                       std::vector<std::unique_ptr<Strategy>> strategies,
                                       const std::vector<std::string>& ids) {
  STOM_ASSERT(all.size() == strategies.size());
  std::vector<Several::Member> members;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<InstrumentIndex> instruments;
    for (const std::string& id : all[i].instruments)
      instruments.push_back(static_cast<InstrumentIndex>(std::ranges::find(ids, id) - ids.begin()));
    members.push_back({all[i].name, std::move(strategies[i]), std::move(instruments), all[i].cash});
  }
  return std::make_unique<Several>(std::move(members), ids.size());
}

}  // namespace stom
