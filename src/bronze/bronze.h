// The first stage: from the source to the bronze table, every record once.
// Protocol (docs/formats/snapshot-summary.md):
//   read checkpoint C of the table; read records from C; write files; commit, and in the compare-and-swap check that
//   each partition is still where its batch began; what lost begins again from the new checkpoint.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "source/source.h"
#include "stage/processor.h"

namespace ingot::bronze {

/// From a word of the pipeline file: fail, reread, skip.
source::OnChanged OnChangedOf(const std::string& choice);

struct BronzeOptions {
  std::string source;             // a URI; empty: the pipeline file's
  std::string on_changed;         // fail, reread, skip; empty: the pipeline file's
  bool follow = false;            // the source has no end
  std::string group;              // the consumer group of a followed topic; empty: named after the pipeline
  std::string on_reset = "fail";  // fail, earliest, latest
  std::chrono::microseconds idle{30'000'000};  // after which a followed file is complete
  int64_t rows_per_commit = 8'000'000;
  int64_t bytes_per_commit = int64_t(4) << 30;
};

/// Keeps the source open from run to run.
class Bronze : public stage::Processor {
 public:
  explicit Bronze(BronzeOptions options) : options_(std::move(options)) {}

  stage::Stage stage() const override { return stage::Stage::kBronze; }
  /// Errors: those of source::OpenSource.
  Status Open(const stage::Environment& environment) override;
  Status EnsureTables(const stage::Environment& environment) override;
  Status PrepareForEngine(const stage::Environment&) override { return {}; }

  /// Reads to the end of the source, or to the deadline; commits by rows, bytes and then. `progress` is told of records
  /// as they are read. Errors: see the source; kConflict when other writers kept winning.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;
  int64_t RecordsBehind() const override { return source_ ? source_->RecordsBehind() : 0; }

 private:
  const BronzeOptions options_;
  std::unique_ptr<source::Source> source_;
};

}  // namespace ingot::bronze
