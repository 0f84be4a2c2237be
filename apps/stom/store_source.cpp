#include "store_source.hpp"

namespace stom {

Result<std::unique_ptr<StoreSource>> StoreSource::open(const store::DataFolder& folder, const std::string& instrument,
                                                       const store::TickQuery& query) {
  auto reader = store::TickReader::open(folder, instrument, query);
  if (!reader) return std::unexpected(reader.error());
  return std::unique_ptr<StoreSource>{new StoreSource{folder, instrument, query, std::move(*reader)}};
}

Result<void> StoreSource::rewind() {
  auto reader = store::TickReader::open(folder_, instrument_, query_);
  if (!reader) return std::unexpected(reader.error());
  reader_ = std::move(*reader);
  return {};
}

}  // namespace stom
