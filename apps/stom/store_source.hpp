// Market data of the store as a backtest reads it: the one place where store and simulation meet.
#pragma once

#include <memory>
#include <string>

#include "sim/replay_feed.hpp"
#include "store/data_folder.hpp"
#include "store/tick_reader.hpp"

namespace stom {

class StoreSource final : public sim::MessageSource {
 public:
  /// `folder` must outlive the source.
  static Result<std::unique_ptr<StoreSource>> open(const store::DataFolder& folder, const std::string& instrument,
                                                   const store::TickQuery& query);
  Result<bool> next(MessageBatch& batch) override { return reader_.next(batch); }
  Result<void> rewind() override;

 private:
  StoreSource(const store::DataFolder& folder, std::string instrument, const store::TickQuery& query,
              store::TickReader reader)
      : folder_{folder}, instrument_{std::move(instrument)}, query_{query}, reader_{std::move(reader)} {}

  const store::DataFolder& folder_;
  std::string instrument_;
  store::TickQuery query_;
  store::TickReader reader_;
};

}  // namespace stom
