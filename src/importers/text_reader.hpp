// Readers of text: a LineDecoder knows one format, TextReader does what all formats share (two passes, order, bad
// lines, duplicates, digest).
#pragma once

#include "importers/file_reader.hpp"

namespace stom::importers {

/// One format, line by line. It first learns how many decimals the numbers need, then reads at given ones.
class LineDecoder {
 public:
  virtual ~LineDecoder() = default;
  virtual bool gives_bars() const = 0;
  virtual bool gives_actions() const { return false; }

  /// From here on line() learns: rows come with their times, prices and quantities are not looked at again.
  virtual void learn(Decimals at_least) = 0;
  virtual Decimals learned() const = 0;
  /// From here on line() reads. Both start a new pass over the file.
  virtual void read(Decimals decimals) = 0;

  /// Appends what the line says; nothing for a header. Leaves `out` as it was when it fails.
  virtual Result<void> line(std::string_view text, Rows& out) = 0;
  /// After the last line: what was held back.
  virtual Result<void> finish(Rows&) { return {}; }
  /// Numbers rounded in this pass.
  virtual std::uint64_t rounded() const { return 0; }
};

std::unique_ptr<FileReader> make_text_reader(std::filesystem::path path, std::string format,
                                             std::unique_ptr<LineDecoder> decoder, bool skip_bad);

}  // namespace stom::importers
