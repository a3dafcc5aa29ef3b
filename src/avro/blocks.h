// Reads an Avro file block by block, with at most one block in memory.
#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string>

#include "avro/avro.h"

namespace ingot::avro {

class AvroBlocks {
 public:
  static Result<AvroBlocks> Open(std::shared_ptr<arrow::io::RandomAccessFile> file);

  const AvroHeader& header() const { return header_; }
  struct Block {
    int64_t rows = 0;
    std::string bytes;  // decompressed
  };
  /// The next block; an empty one at the end of the file. Errors: kCorrupt for a damaged file.
  Result<Block> Next();

 private:
  /// Reads until `window_` holds `bytes` from the start of the next block, or all remaining bytes of the file.
  Status Fill(int64_t bytes);

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  int64_t file_bytes_ = 0, at_ = 0;  // `at_`: the file offset of window_[0]
  std::string window_;
  AvroHeader header_;
};

}  // namespace ingot::avro
