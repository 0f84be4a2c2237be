// Where each venue's past is to be had: as files of its own, or made of its answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "venues/history_file.hpp"
#include "venues/history_pages.hpp"

namespace stom::venues {

/// What `stom data get` brings of an instrument ("upbit:KRW-BTC") for days `from` to `to`, both inclusive.
struct HistoryWish {
  std::string_view instrument, kind, bar;
  std::int32_t from = 0, to = 0;
};

/// What a venue does not offer is refused by name.
Result<std::vector<HistoryFile>> history_files(const HistoryWish& wish);
/// The address below which they lie, or the venue's paths begin.
std::string_view history_source(const HistoryWish& wish);
/// The answers that make the file; for files whose `path` is empty. Refused: a venue that wants a key, without one.
Result<std::unique_ptr<HistoryPages>> history_pages(const HistoryWish& wish, const HistoryFile& file,
                                                    const std::optional<Credentials>& credentials);

}  // namespace stom::venues
