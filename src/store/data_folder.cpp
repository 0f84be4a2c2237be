// The data folder (data_folder.hpp): names, the lock, and finishing what an interrupted import left.
#include "store/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <set>
#include <utility>

#include "store/catalogue.hpp"
#include "store/file.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".stom";
constexpr std::string_view kAdjusted = ".adjusted";

bool plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// "<stem>.stom" or "<stem>.<part>.stom".
bool parse_name(std::string_view name, std::string_view& stem, std::uint32_t& part) {
  if (!name.ends_with(kSuffix)) return false;
  stem = name.substr(0, name.size() - kSuffix.size());
  part = 0;
  const auto dot = stem.rfind('.');
  if (dot != std::string_view::npos && parse_number(stem.substr(dot + 1), part)) stem = stem.substr(0, dot);
  return true;
}

std::string part_suffix(std::uint32_t part) {
  return part == 0 ? std::string{kSuffix} : fmt::format(".{}{}", part, kSuffix);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

fs::path instrument_folder(const fs::path& root, std::string_view instrument) {
  const auto colon = instrument.find(':');
  return root / escape_name(instrument.substr(0, colon)) /
         escape_name(colon == std::string_view::npos ? std::string_view{} : instrument.substr(colon + 1));
}

// Calls visit(id, folder) for every venue/symbol below root.
template <class Visit>
void each_instrument(const fs::path& root, Visit visit) {
  for (const auto& venue : names_in(root))
    for (const auto& symbol : names_in(root / venue))
      visit(unescape_name(venue) + ":" + unescape_name(symbol), root / venue / symbol);
}

Result<int> take_lock(const fs::path& home, bool say_who) {
  const fs::path path = home / "lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_failure("open", path, errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
      const int error = errno;
      ::close(descriptor);
      return system_failure("write", path, error);
    }
    return descriptor;
  }
  const int error = errno;
  char holder[32] = {};
  const auto got = say_who ? ::pread(descriptor, holder, sizeof holder - 1, 0) : 0;
  ::close(descriptor);
  if (error != EWOULDBLOCK) return system_failure("lock", path, error);
  std::string pid{holder, got > 0 ? static_cast<std::size_t>(got) : 0};
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  if (pid.empty()) pid = "?";
  return fail(Errc::Locked, fmt::format("the data folder {} is being written to by process {}", home.string(), pid),
              fmt::format("wait until it has finished, or stop it (kill {}); reading is possible meanwhile", pid));
}

// An import that was cut short after its commit is finished, one cut short before it is removed.
Result<void> recover(const fs::path& home, Catalogue& catalogue) {
  const auto pending = catalogue.pending();
  if (!pending) return std::unexpected(pending.error());
  std::set<fs::path> touched;
  for (const auto& name : *pending) {
    const fs::path to = home / name;
    fs::path from = to;
    from += ".part";
    std::error_code error;
    if (!fs::exists(from, error)) continue;
    if (auto renamed = rename_file(from, to); !renamed) return renamed;
    touched.insert(to.parent_path());
  }
  for (const auto& folder : touched)
    if (auto synced = sync_folder(folder); !synced) return synced;
  if (!pending->empty())
    if (auto cleared = catalogue.clear_pending(); !cleared) return cleared;

  const auto doomed = catalogue.doomed();
  if (!doomed) return std::unexpected(doomed.error());
  for (const auto& name : *doomed) {
    std::error_code error;
    fs::remove(home / name, error);
    if (error) return system_failure("remove", home / name, error.value());
  }
  if (!doomed->empty())
    if (auto cleared = catalogue.clear_doomed(); !cleared) return cleared;

  for (const char* root : {"ticks", "bars"})
    each_instrument(home / root, [](const std::string&, const fs::path& folder) {
      for (const auto& name : names_in(folder)) {
        std::error_code error;
        if (name.ends_with(".part")) fs::remove(folder / name, error);
      }
    });
  return {};
}

}  // namespace

std::string escape_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (plain(name[i]) && !(i == 0 && name[i] == '.'))
      out += name[i];
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(name[i]));
  }
  return out;
}

std::string unescape_name(std::string_view escaped) {
  std::string out;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    unsigned value = 0;
    if (escaped[i] == '%' && i + 2 < escaped.size() &&
        std::from_chars(escaped.data() + i + 1, escaped.data() + i + 3, value, 16).ptr == escaped.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += escaped[i];
    }
  }
  return out;
}

Result<void> check_instrument_id(std::string_view id) {
  const auto colon = id.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == id.size())
    return fail(Errc::Usage, fmt::format("'{}' is not an instrument", id),
                "write venue:symbol, for example binance:BTCUSDT or kiwoom:005930");
  if (escape_name(id.substr(0, colon)).size() > 200 || escape_name(id.substr(colon + 1)).size() > 200)
    return fail(Errc::Usage, "the name of an instrument is too long for a file name", "use at most 60 characters");
  return {};
}

Result<void> check_bar_spec(std::string_view spec) {
  const bool good = !spec.empty() && spec.size() <= 16 && std::all_of(spec.begin(), spec.end(), [](char c) {
    return plain(c) && c != '.' && c != '-' && c != '_';
  });
  if (!good)
    return fail(Errc::Usage, fmt::format("'{}' is not a kind of bar", spec),
                "write for example 1m, 5m, 1h, 1d or 100t");
  return {};
}

Result<DataFolder> DataFolder::open(const fs::path& home, OpenMode mode) {
  DataFolder folder;
  folder.home_ = home;
  folder.mode_ = mode;
  if (mode == OpenMode::Write) {
    if (auto made = make_folders(home); !made) return std::unexpected(made.error());
    auto lock = take_lock(home, true);
    if (!lock) return std::unexpected(lock.error());
    folder.lock_ = *lock;
  }
  // Files without a catalogue would be hidden from a reader, and a writer would put others beside them.
  std::error_code unknown;
  if (!fs::exists(home / "catalogue.sqlite", unknown))
    if (const std::size_t held = folder.instruments_with_ticks().size() + folder.bar_series().size(); held > 0)
      return fail(Errc::BadData,
                  fmt::format("{} holds data ({} instruments with ticks or series of bars) but catalogue.sqlite, which "
                              "says what they are, is gone",
                              home.string(), held),
                  "put catalogue.sqlite back from a copy; or move ticks/ and bars/ away and import the files again");
  auto catalogue = Catalogue::open(home / "catalogue.sqlite", mode);
  if (!catalogue) return std::unexpected(catalogue.error());
  folder.catalogue_ = std::move(*catalogue);
  if (mode == OpenMode::Write) {
    if (auto done = recover(home, *folder.catalogue_); !done) return std::unexpected(done.error());
    return folder;
  }
  // A reader helps an interrupted import over the line when no writer is there to do it.
  const auto pending = folder.catalogue_->pending();
  if (pending && !pending->empty())
    if (auto lock = take_lock(home, false)) {
      const auto done = recover(home, *folder.catalogue_);
      ::close(*lock);
      if (!done) return std::unexpected(done.error());
    }
  return folder;
}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}
DataFolder::DataFolder(DataFolder&& other) noexcept
    : home_{std::move(other.home_)},
      mode_{other.mode_},
      lock_{std::exchange(other.lock_, -1)},
      catalogue_{std::move(other.catalogue_)} {}
DataFolder& DataFolder::operator=(DataFolder&& other) noexcept {
  std::swap(home_, other.home_);
  std::swap(mode_, other.mode_);
  std::swap(lock_, other.lock_);
  std::swap(catalogue_, other.catalogue_);
  return *this;
}

fs::path DataFolder::tick_path(std::string_view instrument, std::int32_t day, std::uint32_t part) const {
  return instrument_folder(home_ / "ticks", instrument) / (format_day(day) + part_suffix(part));
}

fs::path DataFolder::bar_path(const BarSeries& series, std::uint32_t part) const {
  return instrument_folder(home_ / "bars", series.instrument) /
         (series.spec + std::string{series.adjusted ? kAdjusted : ""} + part_suffix(part));
}

std::vector<TickFile> DataFolder::tick_files(std::string_view instrument) const {
  std::vector<TickFile> files;
  const fs::path folder = instrument_folder(home_ / "ticks", instrument);
  for (const auto& name : names_in(folder)) {
    std::string_view stem;
    std::uint32_t part = 0;
    if (!parse_name(name, stem, part)) continue;
    if (const auto day = parse_day(stem)) files.push_back({*day, part, folder / name});
  }
  std::sort(files.begin(), files.end(),
            [](const TickFile& a, const TickFile& b) { return std::pair{a.day, a.part} < std::pair{b.day, b.part}; });
  return files;
}

std::vector<fs::path> DataFolder::bar_files(const BarSeries& series) const {
  std::vector<std::pair<std::uint32_t, fs::path>> found;
  const fs::path folder = instrument_folder(home_ / "bars", series.instrument);
  const std::string wanted = series.spec + std::string{series.adjusted ? kAdjusted : ""};
  for (const auto& name : names_in(folder)) {
    std::string_view stem;
    std::uint32_t part = 0;
    if (parse_name(name, stem, part) && stem == wanted) found.emplace_back(part, folder / name);
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& [part, path] : found) files.push_back(std::move(path));
  return files;
}

std::vector<std::string> DataFolder::instruments_with_ticks() const {
  std::vector<std::string> ids;
  each_instrument(home_ / "ticks", [&](const std::string& id, const fs::path&) {
    if (!tick_files(id).empty()) ids.push_back(id);
  });
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<BarSeries> DataFolder::bar_series() const {
  std::vector<BarSeries> all;
  each_instrument(home_ / "bars", [&](const std::string& id, const fs::path& folder) {
    for (const auto& name : names_in(folder)) {
      std::string_view stem;
      std::uint32_t part = 0;
      if (!parse_name(name, stem, part)) continue;
      const bool adjusted = stem.ends_with(kAdjusted);
      if (adjusted) stem.remove_suffix(kAdjusted.size());
      BarSeries series{id, std::string{stem}, adjusted};
      if (std::find(all.begin(), all.end(), series) == all.end()) all.push_back(std::move(series));
    }
  });
  std::sort(all.begin(), all.end(), [](const BarSeries& a, const BarSeries& b) {
    return std::tie(a.instrument, a.spec, a.adjusted) < std::tie(b.instrument, b.spec, b.adjusted);
  });
  return all;
}

}  // namespace stom::store
