// One file of the store: a header, blocks of columns, and commit marks. Writing buffers rows per kind and encodes a
// block when one is full; reading hops over block headers and decodes what is asked for. docs/store-format.md is the
// format in prose. Internal to store/.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model/message.hpp"
#include "store/codec.hpp"
#include "store/file.hpp"
#include "store/tick_reader.hpp"
#include "store/tick_writer.hpp"

namespace stom::store {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kBlockRows = 16'384;
inline constexpr std::size_t kBlockLevels = 32'768;

enum class SegmentType : std::uint8_t { Ticks = 1, Bars = 2 };

/// Message kinds have their own numbers; bars follow.
inline constexpr std::uint8_t kBarKind = 5;
inline constexpr std::size_t kKinds = 6;

// A column may be written as differences to another one; that one then has a lower number.
enum Column : std::uint8_t {
  kSequence,         // position of the message in this file, across kinds
  kTransactionTime,  //
  kEventTime,
  kReceiveTime,
  kFirstUpdateId,
  kFinalUpdateId,
  kPreviousUpdateId,
  kFlags,
  kBids,
  kAsks,
  kPrice,     // one per level
  kQuantity,  // one per level
  kBarTime,
  kOpen,
  kHigh,
  kLow,
  kClose,
  kVolume,
  kColumns
};
inline constexpr std::uint32_t column_bit(Column c) { return 1u << c; }
inline constexpr std::uint32_t kAllColumns = (1u << kColumns) - 1;

struct SegmentInfo {
  SegmentType type = SegmentType::Ticks;
  std::string instrument;
  std::string spec;  // bars
  bool adjusted = false;
  std::int32_t day = 0;  // ticks
  std::int32_t price_decimals = 0;
  std::int32_t quantity_decimals = 0;
  friend bool operator==(const SegmentInfo&, const SegmentInfo&) = default;
};

/// What a file holds as of a commit.
struct SegmentFigures {
  std::array<std::uint64_t, kKinds> counts{};
  std::uint64_t levels = 0;
  std::uint64_t next_sequence = 0;
  UnixNanos first_time = kNever;  // least and greatest of the messages' times (receive, or venue)
  UnixNanos last_time = kNoTime;
  std::uint64_t bytes = 0;  // committed length of the file
};

struct ColumnEntry {
  std::uint8_t id = 0;
  std::uint8_t reference = 0xFF;  // the column it is relative to; 0xFF: none
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;
};

struct BlockEntry {
  std::uint64_t offset = 0;   // of the block
  std::uint64_t payload = 0;  // offset of its first column
  std::uint32_t payload_bytes = 0;
  std::uint8_t kind = 0;
  std::uint8_t columns = 0;
  std::uint32_t rows = 0;
  std::uint32_t levels = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  TimeBounds bounds;
  UnixNanos first_time = kNever;  // least and greatest time (receive, or venue)
  UnixNanos last_time = kNoTime;
};

class SegmentWriter {
 public:
  static Result<SegmentWriter> create(const std::filesystem::path& path, const SegmentInfo& info);
  /// Cuts what follows the last commit. Refuses a damaged file, one of a newer version, and one of other `info`.
  static Result<SegmentWriter> open(const std::filesystem::path& path, const SegmentInfo& info);

  Result<void> append(const Message& message, std::span<const Level> levels);
  Result<void> append_trades(const TradeColumns& trades);
  Result<void> append(const Bar& bar);
  Result<void> commit();
  Result<void> rollback();

  const SegmentInfo& info() const { return info_; }
  /// As of the last commit.
  const SegmentFigures& committed() const { return committed_; }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  struct Buffer {
    std::size_t rows = 0;
    std::size_t levels = 0;
    std::array<std::vector<std::int64_t>, kColumns> columns;
    TimeBounds bounds;
    UnixNanos first_time = kNever;
    UnixNanos last_time = kNoTime;
  };

  std::unexpected<Error> after_failure() const;
  Result<void> flush(std::uint8_t kind);
  Result<void> write_out();
  void encode_block(std::uint8_t kind, const Buffer& buffer);
  void encode_column(Column column, const Buffer& buffer, std::vector<ColumnEntry>& entries);

  File file_;
  SegmentInfo info_;
  SegmentFigures now_;  // with what is buffered
  SegmentFigures committed_;
  std::uint64_t last_commit_ = 0;  // offset of its mark, 0 = none
  std::uint64_t end_ = 0;          // bytes given to the file
  std::uint32_t blocks_ = 0;       // since the last commit
  bool failed_ = false;
  bool dirty_ = false;
  std::array<Buffer, kKinds> buffers_;
  std::vector<std::byte> out_;      // encoded, not yet given to the file
  std::vector<std::byte> payload_;  // of the block being encoded
  std::vector<std::byte> trial_;
  std::vector<std::int64_t> difference_;
  ColumnEncoder encoder_;
};

/// Puts right checksums on every header, block and mark that can be recognised: for tests that must get behind them.
void repair_checksums(std::span<std::byte> file);

/// Decoded columns of one block; those not asked for are empty.
struct DecodedBlock {
  std::size_t rows = 0;
  std::size_t levels = 0;
  std::array<std::vector<std::int64_t>, kColumns> columns;

  const std::int64_t* column(Column c) const { return columns[c].data(); }
};

class SegmentReader {
 public:
  /// Reads header and block headers up to the last commit. An uncommitted tail is not an error (a writer may be at
  /// work); a damaged block header before a later commit is.
  static Result<SegmentReader> open(const std::filesystem::path& path);

  const SegmentInfo& info() const { return info_; }
  const SegmentFigures& committed() const { return committed_; }
  const std::vector<BlockEntry>& blocks() const { return blocks_; }
  std::uint64_t uncommitted_bytes() const { return file_bytes_ - committed_.bytes; }
  std::uint64_t last_commit() const { return last_commit_; }
  const std::filesystem::path& path() const { return path_; }

  /// Decodes the wanted columns (and those they refer to), checking their checksums.
  Result<void> read(const BlockEntry& block, std::uint32_t wanted, DecodedBlock& out);
  /// Gives the file descriptor back; read() opens the file again.
  void close() { file_ = File{}; }

 private:
  friend class SegmentWriter;
  std::unexpected<Error> damaged(std::uint64_t offset, const std::string& what) const;
  Result<void> read_header();
  Result<void> read_index();
  Result<bool> later_commit(std::uint64_t from) const;

  std::filesystem::path path_;
  File file_;
  SegmentInfo info_;
  SegmentFigures committed_;
  std::uint64_t last_commit_ = 0;
  std::uint64_t file_bytes_ = 0;
  std::vector<BlockEntry> blocks_;
  std::vector<std::byte> bytes_;
  ColumnDecoder decoder_;
};

/// Whether the file is of the instrument, day and series whose place it lies in: a file that was copied or renamed is
/// Errc::BadData. Decimals are not compared.
Result<void> check_place(const SegmentReader& segment, const SegmentInfo& place);
/// What the catalogue knows of and the folder does not have.
std::unexpected<Error> file_is_gone(const std::filesystem::path& path, std::uint64_t rows);
std::unexpected<Error> end_is_missing(const std::filesystem::path& path, std::uint64_t bytes, std::uint64_t known);

}  // namespace stom::store
