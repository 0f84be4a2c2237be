// Parquet through Arrow's C++ library (data_parquet.hpp): decimals as decimal128, times as timestamps in nanoseconds,
// UTC.
#include "data_parquet.hpp"

#ifdef STOM_PARQUET
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/writer.h>

#include <cstdio>
#endif

namespace stom {

#ifdef STOM_PARQUET
namespace {

constexpr std::int64_t kRowGroup = 1 << 17;

class ParquetFile final : public ExportTable {
 public:
  ParquetFile(std::string file, const std::vector<ExportColumn>& columns) : final_{std::move(file)}, columns_{columns} {
    arrow::FieldVector fields;
    for (const auto& column : columns) {
      fields.push_back(arrow::field(column.name, type_of(column)));
      builders_.push_back(arrow::MakeBuilder(fields.back()->type()).ValueOrDie());
    }
    schema_ = arrow::schema(fields);
  }
  ~ParquetFile() override {
    if (!done_) std::remove(pending().c_str());
  }

  arrow::Status open() {
    ARROW_ASSIGN_OR_RAISE(out_, arrow::io::FileOutputStream::Open(pending()));
    const auto properties = parquet::WriterProperties::Builder{}.compression(parquet::Compression::ZSTD)->build();
    ARROW_ASSIGN_OR_RAISE(writer_,
                          parquet::arrow::FileWriter::Open(*schema_, arrow::default_memory_pool(), out_, properties));
    return arrow::Status::OK();
  }

  void integer(std::int64_t value) override { note(builder<arrow::Int64Builder>().Append(value)); }
  void time(UnixNanos value) override {
    auto& to = builder<arrow::TimestampBuilder>();
    note(value == kNoTime ? to.AppendNull() : to.Append(value));
  }
  void decimal(std::int64_t mantissa, int) override {
    note(builder<arrow::Decimal128Builder>().Append(arrow::Decimal128{mantissa}));
  }
  void text(const char* value) override { note(builder<arrow::StringBuilder>().Append(value)); }
  Result<void> end_row() override {
    column_ = 0;
    if (++rows_ % kRowGroup == 0) note(write_group());
    return outcome();
  }
  Result<void> finish() override {
    note(write_group());
    if (status_.ok()) note(writer_->Close());
    if (status_.ok()) note(out_->Close());
    if (status_.ok() && std::rename(pending().c_str(), final_.c_str()) != 0)
      note(arrow::Status::IOError("cannot rename ", pending()));
    done_ = status_.ok();
    return outcome();
  }
  Result<void> outcome() const {
    if (status_.ok()) return {};
    return fail(Errc::Io, "cannot write " + final_ + ": " + status_.message(),
                "check the folder and the space on the disk");
  }
  void note(const arrow::Status& status) {
    if (status_.ok()) status_ = status;
  }

 private:
  static std::shared_ptr<arrow::DataType> type_of(const ExportColumn& column) {
    switch (column.type) {
      case ExportColumn::Type::Time:
        return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
      case ExportColumn::Type::Decimal:
        return arrow::decimal128(20, column.decimals);
      case ExportColumn::Type::Text:
        return arrow::utf8();
      case ExportColumn::Type::Integer:
        break;
    }
    return arrow::int64();
  }
  template <class Builder>
  Builder& builder() {
    return static_cast<Builder&>(*builders_[column_++]);
  }
  std::string pending() const { return final_ + ".part"; }
  arrow::Status write_group() {
    arrow::ArrayVector arrays;
    for (auto& each : builders_) {
      ARROW_ASSIGN_OR_RAISE(auto array, each->Finish());
      arrays.push_back(std::move(array));
    }
    if (arrays.empty() || arrays[0]->length() == 0) return arrow::Status::OK();
    return writer_->WriteTable(*arrow::Table::Make(schema_, arrays), kRowGroup);
  }

  std::string final_;
  std::vector<ExportColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders_;
  std::shared_ptr<arrow::io::FileOutputStream> out_;
  std::unique_ptr<parquet::arrow::FileWriter> writer_;
  arrow::Status status_;
  std::size_t column_ = 0;
  std::int64_t rows_ = 0;
  bool done_ = false;
};

}  // namespace

Result<std::unique_ptr<ExportTable>> open_parquet(const std::string& file, const std::vector<ExportColumn>& columns) {
  if (file == "-") return fail(Errc::Usage, "Parquet needs a file", "name one with --out FILE.parquet");
  auto table = std::make_unique<ParquetFile>(file, columns);
  table->note(table->open());
  if (auto opened = table->outcome(); !opened) return std::unexpected(opened.error());
  return table;
}
#else
Result<std::unique_ptr<ExportTable>> open_parquet(const std::string&, const std::vector<ExportColumn>&) {
  return fail(Errc::Unsupported, "this stom was built without Arrow's C++ library, so it cannot write Parquet",
              "use --format csv, or install Arrow's C++ development files and build again (docs/store-format.md)");
}
#endif

}  // namespace stom
