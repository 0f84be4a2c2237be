// Which format a file is in: by its first bytes and lines, never by its extension alone.
#include <fmt/format.h>

#include <algorithm>

#include "importers/decoders.hpp"
#include "importers/line_source.hpp"
#include "venues/registry.hpp"

namespace stom::importers {
namespace {

constexpr std::size_t kLinesLookedAt = 4;

constexpr std::string_view kFormats[] = {"capture",         "frames",           "table", "lean", "tardis_book",
                                         "hftbacktest_npz", "corporate_actions"};

bool is_stamped_frame(std::string_view line) {
  return line.size() > 20 && line[19] == ' ' &&
         std::ranges::all_of(line.substr(0, 19), [](char c) { return c >= '0' && c <= '9'; }) && line[20] == '{';
}

Result<bool> is_numpy(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  if (!name.ends_with(".npz") && !name.ends_with(".npy")) return false;
  std::uint64_t size = 0;
  const auto file = open_file(path, size);
  if (!file) return std::unexpected(file.error());
  close_file(*file);
  return true;
}

Result<std::unique_ptr<venues::MarketDataDecoder>> frames_of(const ReadOptions& options) {
  auto decoder = venues::make_market_data_decoder(options.instrument);
  if (decoder) {
    decoder->refuse_unknown_fields(!options.ignore_unknown_fields);
    return decoder;
  }
  const auto venue = options.instrument.substr(0, options.instrument.find(':'));
  return fail(Errc::Unsupported, fmt::format("no frames of venue '{}' can be read", venue),
              fmt::format("venues with frames: {}; name the instrument with one of them",
                          fmt::join(venues::venues_with_market_data(), ", ")));
}

}  // namespace

std::vector<std::string> format_names() { return {std::begin(kFormats), std::end(kFormats)}; }

Result<std::unique_ptr<FileReader>> open_reader(const std::filesystem::path& path, const ReadOptions& options) {
  if (!options.format.empty() && std::ranges::find(kFormats, options.format) == std::end(kFormats))
    return fail(Errc::Usage, fmt::format("no format '{}'", options.format),
                fmt::format("there are {}", fmt::join(kFormats, ", ")));
  const auto numpy = is_numpy(path);
  if (!numpy) return std::unexpected(numpy.error());
  if (*numpy || options.format == "hftbacktest_npz") return make_npz_reader(path);

  auto source = LineSource::open(path);
  if (!source) return std::unexpected(source.error());
  std::vector<std::string> lines;
  std::string_view line;
  while (lines.size() < kLinesLookedAt) {
    const auto more = source->next(line);
    // A damaged end shows in the pass over the file; the first lines are enough here.
    if (!more && lines.empty()) return std::unexpected(more.error());
    if (!more || !*more) break;
    if (!line.empty()) lines.emplace_back(line);
  }
  if (lines.empty())
    return fail(Errc::BadData, fmt::format("{} holds nothing but empty lines", path.string()), "fetch the file again");

  std::string format = options.format;
  if (format.empty()) {
    // One damaged line among the first does not change what the file is.
    const auto most = [&](auto&& is) { return 2 * std::ranges::count_if(lines, is) >= std::ssize(lines); };
    if (most(is_stamped_frame))
      format = "capture";
    else if (most([](const std::string& l) { return l.starts_with("{\""); }))
      format = "frames";
    else if (lines[0].starts_with("exchange,symbol,timestamp,local_timestamp,is_snapshot"))
      format = "tardis_book";
    else
      format = "table";
  }
  if (format == "capture" || format == "frames") {
    auto frames = frames_of(options);
    if (!frames) return std::unexpected(frames.error());
    auto decoder =
        format == "capture" ? make_capture_decoder(std::move(*frames)) : make_frame_decoder(std::move(*frames));
    return make_text_reader(path, format, std::move(decoder), options.skip_bad);
  }
  // A later line is judged when it is read, and can be left out.
  if (auto encoded = check_encoding(lines[0], "check that it is a table of text"); !encoded) {
    encoded.error().message = fmt::format("{}: {}", path.string(), encoded.error().message);
    return std::unexpected(encoded.error());
  }
  if (format == "tardis_book") return make_text_reader(path, format, make_tardis_book_decoder(), options.skip_bad);
  auto plan = plan_table(lines, path.filename().string(), options);
  if (!plan) {
    // Names in another encoding are known as little as names that are none.
    for (const auto& text : lines)
      if (auto encoded = check_encoding(text, plan.error().hint); !encoded) plan = std::unexpected(encoded.error());
    plan.error().message = fmt::format("{}: {}", path.string(), plan.error().message);
    return std::unexpected(plan.error());
  }
  format = plan->format;
  return make_text_reader(path, format, make_table_decoder(std::move(*plan)), options.skip_bad);
}

}  // namespace stom::importers
