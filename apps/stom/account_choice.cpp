#include "account_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "account/tables.hpp"
#include "core/decimal.hpp"
#include "core/spelling.hpp"
#include "core/text_file.hpp"

namespace stom {
namespace {

constexpr int kMostLeverage = 125;

/// Spot is paid for, contracts are margined; the other fill rules have money of their own or none.
Result<AccountKind> kind_for(const std::string& name, const std::vector<Instrument>& instruments,
                             sim::FillRules rules) {
  const bool spot = std::ranges::all_of(instruments, [](const auto& i) { return i.kind == ContractKind::Spot; });
  const bool contracts = std::ranges::none_of(instruments, [](const auto& i) { return i.kind == ContractKind::Spot; });
  if (name.empty()) {
    if (rules != sim::FillRules::Stom || (!spot && !contracts)) return AccountKind::Unlimited;
    return spot ? AccountKind::Cash : AccountKind::Margin;
  }
  const auto kind = parse_account_kind(name);
  if (!kind || *kind == AccountKind::Unlimited) return kind;
  if (rules == sim::FillRules::Bars)
    return fail(Errc::Unsupported, fmt::format("--account {} is not offered on bars", name),
                "bars fill within --cash and --margin by their own rules: docs/fills.md, B4");
  if (rules == sim::FillRules::Hftbacktest)
    return fail(Errc::Unsupported, fmt::format("--account {} is not offered with --fill-rules hftbacktest", name),
                "that package has no account; use --fill-rules stom");
  if (*kind == AccountKind::Cash && !spot)
    return fail(Errc::Usage, "--account cash is for spot; a contract cannot be paid for and held", "--account margin");
  if (*kind == AccountKind::Margin && !contracts)
    return fail(Errc::Usage, "--account margin is for contracts; spot is not traded on margin here", "--account cash");
  return kind;
}

Result<std::shared_ptr<const FeeSchedule>> schedule_for(const std::string& name) {
  const auto named = fee_schedule(name);
  if (named || !std::filesystem::is_regular_file(name)) {
    if (named) return named;
    const std::string near = nearest_name(name, fee_schedule_names());
    return fail(named.error().code, named.error().message,
                near.empty() ? named.error().hint : fmt::format("did you mean {}?", near));
  }
  const auto text = read_text_file(name);
  if (!text) return std::unexpected(text.error());
  return fee_schedule_of(*text, name);
}

}  // namespace

Result<void> apply_account(const AccountChoice& choice, const std::vector<Instrument>& instruments,
                           sim::FillRules rules, const StartCash& cash, std::int32_t day, sim::RunModels& models) {
  const auto kind = kind_for(choice.account, instruments, rules);
  if (!kind) return std::unexpected(kind.error());
  models.account.kind = *kind;
  models.account.cash = cash;
  if (!choice.fees.empty()) {
    auto schedule = schedule_for(choice.fees);
    if (!schedule) return std::unexpected(schedule.error());
    models.fees.schedule = std::move(*schedule);
  }
  if (*kind != AccountKind::Margin) {
    if (choice.leverage.empty()) return {};
    return fail(Errc::Usage, fmt::format("--leverage needs a margin account; this one is {}", name_of(*kind)),
                rules == sim::FillRules::Bars ? "on bars --margin 0.5 is leverage 2" : "--account margin");
  }
  const auto leverage = parse_decimal(choice.leverage.empty() ? "1" : choice.leverage, 0);
  if (!leverage || *leverage < 1 || *leverage > kMostLeverage) {
    return fail(Errc::Usage,
                fmt::format("--leverage {} is not a whole number from 1 to {}", choice.leverage, kMostLeverage),
                "1 means that a position's whole value stands as margin");
  }
  models.account.leverage = static_cast<int>(*leverage);
  for (const Instrument& instrument : instruments) {
    MarginTable table = margin_table(instrument.id, day);
    if (models.account.leverage > table.brackets.front().max_leverage) {
      return fail(Errc::Usage,
                  fmt::format("{} allows a leverage of at most {}", instrument.id, table.brackets.front().max_leverage),
                  table.known ? "docs/accounts.md has the brackets"
                              : "its brackets are not known (docs/accounts.md); lower --leverage");
    }
    models.account.brackets.push_back(std::move(table.brackets));
    models.account.liquidation_fee_rate = std::max(models.account.liquidation_fee_rate, table.liquidation_fee_rate);
  }
  return {};
}

std::vector<std::pair<std::string, std::string>> account_configuration(const AccountChoice& choice,
                                                                       const sim::RunModels& models) {
  std::vector<std::pair<std::string, std::string>> out;
  const AccountKind kind = models.account.kind;
  if (kind != AccountKind::Unlimited || !choice.account.empty()) out.emplace_back("account", name_of(kind));
  if (kind == AccountKind::Margin) out.emplace_back("leverage", std::to_string(models.account.leverage));
  if (models.fees.schedule != nullptr) out.emplace_back("fees", models.fees.schedule->name);
  return out;
}

}  // namespace stom
