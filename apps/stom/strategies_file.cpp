#include "strategies_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/decimal.hpp"
#include "core/spelling.hpp"
#include "core/text_file.hpp"
#include "core/toml.hpp"
#include "trade/adoption.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kShownIn = "docs/several-strategies.md shows a file";
constexpr int kShareDecimals = 9;
constexpr std::size_t kLongestName = 32;

/// What a strategy may not be called: whose orders that would be is somebody else.
constexpr std::string_view kSessionsName = "session";

class StrategiesReader {
 public:
  explicit StrategiesReader(const fs::path& file) : file_{file}, folder_{fs::absolute(file).parent_path()} {}

  Result<std::vector<StrategyInFile>> read() {
    const auto text = read_text_file(file_);
    if (!text) return std::unexpected(text.error());
    const auto table = parse_toml(*text, file_.string(), kShownIn);
    if (!table) return std::unexpected(table.error());
    for (const auto& [key, node] : *table)
      if (key != "strategy") return wrong(node, fmt::format("there is no setting named '{}'", key.str()));
    const toml::array* all = (*table)["strategy"].as_array();
    if (all == nullptr || all->empty())
      return fail(Errc::Usage, fmt::format("{}: no table [[strategy]]", file_.string()), std::string{kShownIn});
    for (const toml::node& node : *all) {
      const toml::table* one = node.as_table();
      if (one == nullptr) return wrong(node, "a strategy is a table [[strategy]]");
      if (auto done = read_one(*one); !done) return std::unexpected(done.error());
      if (strategies_.size() > orders::kMostStrategies)
        return wrong(node, fmt::format("more than {} strategies", orders::kMostStrategies),
                     "the others in a session of their own");
    }
    if (auto shared = share_cash(); !shared) return std::unexpected(shared.error());
    return std::move(strategies_);
  }

 private:
  std::unexpected<Error> wrong_at(std::uint32_t line, std::string_view why, std::string_view remedy = kShownIn) const {
    return fail(Errc::Usage, fmt::format("{}: line {}: {}", file_.string(), line, why), std::string{remedy});
  }
  std::unexpected<Error> wrong(const toml::node& at, std::string_view why, std::string_view remedy = kShownIn) const {
    return wrong_at(at.source().begin.line, why, remedy);
  }

  Result<void> read_one(const toml::table& table) {
    StrategyInFile one;
    one.line = table.source().begin.line;
    std::optional<std::int64_t> share;
    for (const auto& [key, node] : table) {
      const std::string_view name = key.str();
      Result<void> done;
      if (name == "name")
        done = read_name(node, one.name);
      else if (name == "strategy")
        done = read_text(node, name, one.strategy);
      else if (name == "plugin")
        done = read_text(node, name, one.plugin);
      else if (name == "instruments")
        done = read_instruments(node, one.instruments);
      else if (name == "cash")
        done = read_share(node, share);
      else if (name == "params")
        done = read_parameters(node, one.parameters);
      else
        done = unknown(node, name);
      if (!done) return done;
    }
    if (one.name.empty()) return wrong(table, "a strategy without a name", "name = \"trend\"");
    if (one.strategy.empty() && one.plugin.empty())
      return wrong(table, fmt::format("{} is which strategy?", one.name),
                   "strategy = \"sma_cross\"; stom strategy list shows them");
    if (one.instruments.empty())
      return wrong(table, fmt::format("{} trades nothing", one.name), "instruments = [\"binance:BTCUSDT\"]");
    // As the command line would take them, were it given from the file's folder.
    if (!one.plugin.empty()) one.plugin = (folder_ / one.plugin).string();
    if (one.strategy.find('/') != one.strategy.npos || one.strategy.ends_with(".so"))
      one.strategy = (folder_ / one.strategy).string();
    strategies_.push_back(std::move(one));
    shares_.push_back(share);
    return {};
  }

  Result<void> unknown(const toml::node& node, std::string_view name) const {
    const std::vector<std::string> known{"name", "strategy", "plugin", "instruments", "cash", "params"};
    const std::string near = nearest_name(std::string{name}, known);
    return wrong(node, fmt::format("a strategy has no setting named '{}'", name),
                 near.empty() ? std::string{kShownIn} : fmt::format("did you mean {}?", near));
  }

  Result<void> read_text(const toml::node& node, std::string_view name, std::string& out) const {
    const auto text = node.value_exact<std::string>();
    if (!text || text->empty()) return wrong(node, fmt::format("{} is no text in quotes", name));
    out = *text;
    return {};
  }

  Result<void> read_name(const toml::node& node, std::string& out) const {
    if (auto text = read_text(node, "name", out); !text) return text;
    const bool plain = std::ranges::all_of(
        out, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
    if (!plain || out.size() > kLongestName)
      return wrong(node, fmt::format("'{}' is no name of a strategy here", out),
                   fmt::format("a-z, 0-9, _ and -, {} of them at most", kLongestName));
    if (out == trade::kNobodys || out == kSessionsName)
      return wrong(node, fmt::format("'{}' says whose an order is where it is no strategy's", out), "another name");
    if (std::ranges::find(strategies_, out, &StrategyInFile::name) != strategies_.end())
      return wrong(node, fmt::format("the name {} is there twice", out), "a name of its own for each");
    return {};
  }

  Result<void> read_instruments(const toml::node& node, std::vector<std::string>& out) const {
    const toml::array* list = node.as_array();
    if (list == nullptr) return wrong(node, "instruments is no list", "instruments = [\"binance:BTCUSDT\"]");
    for (const toml::node& item : *list) {
      std::string id;
      if (auto text = read_text(item, "an instrument", id); !text) return text;
      if (std::ranges::find(out, id) != out.end())
        return wrong(item, fmt::format("{} is there twice", id), "name it once for each strategy");
      out.push_back(std::move(id));
    }
    return {};
  }

  Result<void> read_share(const toml::node& node, std::optional<std::int64_t>& out) const {
    const auto text = node.value_exact<std::string>();
    const auto share = text ? parse_decimal(*text, kShareDecimals) : Result<std::int64_t>{0};
    if (!share || *share <= 0 || *share > power_of_ten(kShareDecimals))
      return wrong(node, "cash is no share above 0 and up to 1, in quotes", "cash = \"0.25\" is a quarter of the cash");
    out = *share;
    return {};
  }

  Result<void> read_parameters(const toml::node& node, std::vector<std::string>& out) const {
    const toml::table* table = node.as_table();
    if (table == nullptr) return wrong(node, "params is no table", "params = { fast = 10, slow = 30 }");
    for (const auto& [key, value] : *table) {
      std::string text;
      if (const auto* s = value.as_string())
        text = s->get();
      else if (const auto* i = value.as_integer())
        text = std::to_string(i->get());
      else if (const auto* b = value.as_boolean())
        text = b->get() ? "true" : "false";
      else if (const auto* d = value.as_floating_point())
        text = fmt::format("{}", d->get());
      else
        return wrong(value, fmt::format("{} is no single value", key.str()), "a text in quotes");
      out.push_back(fmt::format("{}={}", key.str(), text));
    }
    return {};
  }

  /// Who says nothing has an equal part of what is left.
  Result<void> share_cash() {
    constexpr std::int64_t kWhole = power_of_ten(kShareDecimals);
    std::int64_t left = kWhole, silent = 0;
    for (const auto& share : shares_) {
      left -= share.value_or(0);
      silent += !share.has_value();
    }
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
      StrategyInFile& one = strategies_[i];
      if (left < 0)
        return wrong_at(one.line, "the shares of cash are more than 1 together",
                        "make them smaller, or leave them out");
      if (!shares_[i] && left == 0)
        return wrong_at(one.line, fmt::format("no cash is left for {}", one.name),
                        "make the others' shares smaller, or give it its own");
      one.cash = shares_[i] ? Several::CashShare{*shares_[i], kWhole} : Several::CashShare{left, kWhole * silent};
    }
    return {};
  }

  const fs::path file_, folder_;
  std::vector<StrategyInFile> strategies_;
  std::vector<std::optional<std::int64_t>> shares_;  // as they were written, in 10^-9
};

}  // namespace

Result<std::vector<StrategyInFile>> read_strategies_file(const fs::path& file) { return StrategiesReader{file}.read(); }

std::vector<std::string> instruments_in(const std::vector<StrategyInFile>& strategies) {
  std::vector<std::string> all;
  for (const StrategyInFile& one : strategies)
    for (const std::string& id : one.instruments)
      if (std::ranges::find(all, id) == all.end()) all.push_back(id);
  return all;
}

std::vector<std::string> names_in(const std::vector<StrategyInFile>& strategies) {
  std::vector<std::string> names;
  for (const StrategyInFile& one : strategies) names.push_back(one.name);
  return names;
}

Result<std::vector<std::vector<std::string>>> parameters_by_name(const std::vector<std::string>& names,
                                                                 const std::vector<std::string>& given) {
  std::vector<std::vector<std::string>> of_each(names.size());
  for (const std::string& parameter : given) {
    const auto whose =
        std::ranges::find_if(names, [&](const std::string& name) { return parameter.starts_with(name + "."); });
    if (whose == names.end()) {
      const auto dot = parameter.substr(0, parameter.find('=')).find('.');
      const std::string alone = dot == std::string::npos ? parameter : parameter.substr(dot + 1);
      return fail(Errc::Usage, fmt::format("--param {}: of which of the strategies?", parameter),
                  names.empty() ? std::string{kShownIn}
                                : fmt::format("--param NAME.PARAMETER=VALUE, for example {}.{}", names.front(), alone));
    }
    of_each[static_cast<std::size_t>(whose - names.begin())].push_back(parameter.substr(whose->size() + 1));
  }
  return of_each;
}

Result<void> change_parameters(std::vector<StrategyInFile>& strategies, const std::vector<std::string>& given) {
  const auto of_each = parameters_by_name(names_in(strategies), given);
  if (!of_each) return std::unexpected(of_each.error());
  for (std::size_t i = 0; i < strategies.size(); ++i) {
    std::vector<std::string>& its = strategies[i].parameters;
    for (const std::string& parameter : (*of_each)[i]) {
      const auto value = parameter.find('=') + 1;
      std::erase_if(its, [key = parameter.substr(0, value)](const std::string& of) { return of.starts_with(key); });
    }
    for (std::string parameter : (*of_each)[i]) {
      if (const auto at = parameter.find("=@"); at != std::string::npos && at == parameter.find('='))
        parameter.replace(at + 2, std::string::npos, fs::absolute(parameter.substr(at + 2)).string());
      its.push_back(std::move(parameter));
    }
  }
  return {};
}

std::string share_text(const Several::CashShare& share) {
  constexpr std::int64_t kWhole = power_of_ten(kShareDecimals);
  const std::string part = format_decimal_trimmed(Int128{share.part}, kShareDecimals);
  return share.whole == kWhole ? part : fmt::format("{}/{}", part, share.whole / kWhole);
}

}  // namespace stom
