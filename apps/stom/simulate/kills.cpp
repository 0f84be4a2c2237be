#include "simulate/kills.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "core/state_io.hpp"
#include "core/text_file.hpp"
#include "engine/journal.hpp"
#include "engine/journal_bytes.hpp"
#include "engine/journal_reader.hpp"
#include "engine/recovery.hpp"

namespace stom::simulate {
namespace {

constexpr std::size_t kTail = 4096;           // cut at each of its bytes
constexpr std::size_t kWrittenDownEvery = 8;  // records

/// What the records before a place had led to.
struct WrittenDown {
  JournalPosition position;
  std::string state;
  std::vector<Fill> fills;
};

struct PlainOrder {
  std::int64_t quantity = 0, left = 0;
  std::uint64_t request = 0;
  bool accepted = false, unknown = false, canceling = false;
  bool kept = false;  // by the session itself
  friend bool operator==(const PlainOrder&, const PlainOrder&) = default;
};

struct PlainAccount {
  std::map<ClientOrderId, PlainOrder> open;
  Int128 held = 0, cash = 0;
  std::uint64_t fills = 0, next_id = 1;

  void apply(const JournalRecord& record, Int128 unit) {
    if (record.kind == RecordKind::Submit) {
      open[record.order.id] = {record.order.quantity.value, record.order.quantity.value, record.request};
      next_id = std::max(next_id, record.order.id + 1);
    }
    if (record.kind == RecordKind::Cancel)
      if (const auto at = open.find(record.order.id); at != open.end()) {
        at->second.canceling = true;
        at->second.request = record.request;
      }
    if (record.kind == RecordKind::Restart) {
      for (auto& [id, order] : open) {
        order.unknown |= !order.accepted;
        order.canceling = false;
      }
      next_id = (next_id / 1'000'000 + 1) * 1'000'000;
    }
    if (record.kind != RecordKind::OrderEvent) return;
    const OrderEvent& event = record.event;
    using enum OrderEventKind;
    if (event.kind == Funding) {
      cash -= event.fee.value;
      return;
    }
    if (event.kind == Filled) {
      const int sign = event.side == Side::Buy ? 1 : -1;
      held += sign * event.quantity.value;
      cash -= sign * (Int128{event.price.value} * event.quantity.value * unit) + event.fee.value;
      ++fills;
    }
    const bool own = event.reason == RejectReason::Held;
    if (own && event.kind == Accepted && !open.contains(event.id) && (event.id & ~kParentIds) != 0)
      open[event.id].request = record.request;  // a bracket's, which nobody submitted
    const auto at = open.find(event.id);
    if (at == open.end()) return;
    PlainOrder& order = at->second;
    if (own && (event.kind == Accepted || event.kind == Triggered)) {
      order.quantity = order.left = event.leaves.value;
      order.kept = event.kind == Accepted;
    }
    if (event.kind == Accepted) {
      order.accepted = true;
      order.unknown = false;
    }
    if (event.kind == Filled) order.left -= event.quantity.value;
    if (event.kind == CancelRejected && order.request == record.request) order.canceling = false;
    if (event.kind == Canceled || event.kind == Expired || event.kind == Rejected || event.kind == Denied ||
        (event.kind == Filled && order.left == 0))
      open.erase(at);
  }

  void count_states(std::array<std::uint64_t, 5>& states) const {
    std::array<bool, 5> there{};
    for (const auto& [id, order] : open)
      there[order.unknown                  ? 4
            : order.canceling              ? 3
            : !order.accepted              ? 0
            : order.left == order.quantity ? 1
                                           : 2] = true;
    for (std::size_t i = 0; i < there.size(); ++i) states[i] += there[i] ? 1 : 0;
  }
};

/// What a session that goes on there would take for true, by all records or behind `from`; or what keeps it from going
/// on.
std::string differs(const PlainAccount& expected, std::uint64_t records, std::size_t torn,
                    const std::filesystem::path& file, std::span<const Instrument> instruments, Int128 cash,
                    const WrittenDown* from) {
  Recovery recovery{instruments, Money{cash}};
  auto reader = JournalReader::open(file, JournalReader::Sums::Kept);
  if (!reader) return reader.error().message;
  if (from != nullptr) {
    if (!reader->skip_to(from->position)) return "the journal is not the one that it was before the cut";
    StateReader state{from->state};
    state(recovery);
    recovery.account().restore_fills(from->fills);
    if (!state.done() || !recovery.is_of_its_instruments()) return "what was written down cannot be read back";
  }
  Result<void> folded;
  Journal journal;
  const auto cut = journal.go_on(std::move(*reader), [&](const JournalRecord& record) {
    if (folded) folded = recovery.fold(record);
  });
  if (!cut) return cut.error().message;
  if (!folded) return folded.error().message;
  if (*cut != torn) return fmt::format("{} bytes were cut off, and not {}", *cut, torn);
  if (journal.records() != records) return fmt::format("{} records are read, and not {}", journal.records(), records);
  const auto& account = recovery.account();
  if (account.holding(0).position.value != expected.held)
    return fmt::format("the position is {}, and not {}", account.holding(0).position.value,
                       static_cast<std::int64_t>(expected.held));
  if (account.holding(0).cash.value != expected.cash)
    return fmt::format("the cash is {}, and not {}",
                       format_decimal_trimmed(account.holding(0).cash.value, kMoneyDecimals),
                       format_decimal_trimmed(expected.cash, kMoneyDecimals));
  if (account.fills().size() != expected.fills || account.next_id() != expected.next_id)
    return fmt::format("{} fills and the next id {}, and not {} and {}", account.fills().size(), account.next_id(),
                       expected.fills, expected.next_id);
  if (account.fill_count() != expected.fills)
    return fmt::format("{} fills are counted, and not {}", account.fill_count(), expected.fills);
  std::map<ClientOrderId, PlainOrder> open;
  for (const WorkingOrder& order : account.orders()) {
    open[order.id] = {order.quantity.value,
                      order.leaves.value,
                      order.request,
                      order.status == OrderStatus::Working,
                      order.status == OrderStatus::Unknown,
                      order.cancel_pending,
                      recovery.held().keeps(order.id)};
    if (!recovery.held().keeps(order.id) && !recovery.sent().contains(order.id))
      return fmt::format("order {} is open, and nobody knows as what", order.id);
  }
  if (open == expected.open) return {};
  const auto apart = std::ranges::find_if(expected.open, [&](const auto& one) {
    const auto at = open.find(one.first);
    return at == open.end() || at->second != one.second;
  });
  return apart == expected.open.end() ? std::string{"an order is open that must not be"}
                                      : fmt::format("order {} is not as it must be", apart->first);
}

}  // namespace

std::string cut_everywhere(std::string_view journal, std::span<const Instrument> instruments, Int128 cash,
                           const std::filesystem::path& folder, CutJournal& counts,
                           const std::function<bool()>& go_on) {
  const std::filesystem::path whole = folder / "whole.stom", file = folder / "cut.stom",
                              beside = folder / "cut.stom.cut";
  const auto write = [](const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc}.write(bytes.data(),
                                                                  static_cast<std::streamsize>(bytes.size()));
  };
  write(whole, journal);
  const auto records = read_journal(whole);
  if (!records) return records.error().message;
  std::vector<std::size_t> ends{kJournalMagic.size()};  // of the first so many records
  for (std::size_t at = ends.front(); at < journal.size();) {
    std::uint32_t length = 0;
    std::memcpy(&length, journal.data() + at, 4);
    ends.push_back(at += 8 + length);
  }
  if (ends.size() != records->size() + 1 || ends.back() != journal.size()) return "the journal is not whole";
  const Instrument& of = instruments.front();
  const Int128 unit = power_of_ten(kMoneyDecimals - of.price_decimals - of.quantity_decimals);
  std::vector<PlainAccount> after{PlainAccount{.open = {}, .cash = cash}};  // behind the first so many
  std::vector<WrittenDown> written;
  auto reader = JournalReader::open(whole, JournalReader::Sums::Kept);
  if (!reader) return reader.error().message;
  Recovery all{instruments, Money{cash}};
  std::string bytes;
  const auto try_from = [&](std::size_t kept, std::size_t torn, const WrittenDown* from) -> std::string {
    if (!go_on()) return "interrupted";
    write(file, bytes);
    auto wrong = differs(after[kept], kept, torn, file, instruments, cash, from);
    if (wrong.empty() && std::filesystem::file_size(file) != ends[kept]) wrong = "the file is not its whole records";
    if (wrong.empty() && torn > 0) {
      const std::string kept_beside = read_text_file(beside, kAnySize).value_or("");
      if (!std::string_view{bytes}.ends_with(kept_beside) || kept_beside.size() != torn)
        wrong = "what was cut off is not kept";
      std::filesystem::remove(beside);
    }
    return wrong;
  };
  const auto try_cut = [&](std::size_t kept, std::size_t torn) -> std::string {
    if (auto wrong = try_from(kept, torn, nullptr); !wrong.empty()) return wrong;
    const auto ahead =
        std::ranges::upper_bound(written, kept, {}, [](const WrittenDown& one) { return one.position.records; });
    if (ahead != written.end()) {  // it knows of records that are gone
      write(file, bytes);
      auto cut = JournalReader::open(file);
      if (!cut) return cut.error().message;
      if (cut->skip_to(ahead->position)) return "a snapshot would be used that the journal does not bear out";
    }
    if (ahead == written.begin()) return {};
    ++counts.from_snapshots;
    auto wrong = try_from(kept, torn, &*std::prev(ahead));
    return wrong.empty() ? wrong : "from a snapshot: " + wrong;
  };
  for (std::size_t n = 0; n <= records->size(); ++n) {
    if (n > 0) {
      after.push_back(after.back());
      after.back().apply((*records)[n - 1], unit);
      const JournalRecord* record = reader->next();
      if (record == nullptr || !all.fold(*record)) return "the journal cannot be folded";
    }
    if (n % kWrittenDownEvery == 0 && n > 0) {
      written.push_back({reader->position(), {}, all.account().fills()});
      StateWriter{written.back().state}(all);
    }
    after.back().count_states(counts.states);
    bytes = journal.substr(0, ends[n]);
    if (auto wrong = try_cut(n, 0); !wrong.empty()) return fmt::format("behind record {}: {}", n, wrong);
    ++counts.records;
  }
  const std::size_t tail = std::max(ends.front(), journal.size() - std::min(journal.size(), kTail));
  for (std::size_t at = tail; at < journal.size(); ++at) {
    const auto next = std::ranges::upper_bound(ends, at);
    const auto kept = static_cast<std::size_t>(next - ends.begin()) - 1;
    if (at > ends[kept]) {
      bytes = journal.substr(0, at);
      if (auto wrong = try_cut(kept, at - ends[kept]); !wrong.empty()) return fmt::format("at byte {}: {}", at, wrong);
      ++counts.torn;
    }
    bytes = journal;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    if (auto wrong = try_cut(kept, journal.size() - ends[kept]); !wrong.empty())
      return fmt::format("with a bit of byte {} turned: {}", at, wrong);
    ++counts.flipped;
  }
  return {};
}

}  // namespace stom::simulate
