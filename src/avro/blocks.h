// An Avro file that is read block by block, so that no more than one is in memory.
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
  /// The next block; one without rows and bytes at the end of the file.
  Result<Block> Next();

 private:
  /// Lets `window_` hold `bytes` from where the next block begins, or all that are left.
  Status Fill(int64_t bytes);

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  int64_t file_bytes_ = 0, at_ = 0;  // `at_`: of what `window_` begins with
  std::string window_;
  AvroHeader header_;
};

}  // namespace ingot::avro
