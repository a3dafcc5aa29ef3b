// The first stage: ingests each record of the source once into the bronze table.
// Protocol (docs/formats/snapshot-summary.md): read the table's checkpoint; read records from there; write files;
// commit.
// The compare-and-swap of the commit checks that each partition is still at the start of its batch. If another
// run was first, this one restarts from the new checkpoint.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "source/source.h"
#include "stage/processor.h"

namespace ingot::bronze {

/// The options of the pipeline's source, as its file says.
source::SourceOptions SourceOptionsOf(const pipeline::Pipeline& pipeline);

struct BronzeOptions {
  std::string source;                          // a URI; empty: the one in the pipeline file
  std::string on_changed;                      // fail, reread, skip; empty: the one in the pipeline file
  bool follow = false;                         // the source has no end
  std::string group;                           // consumer group of a followed topic; empty: named after the pipeline
  std::string on_reset = "fail";               // fail, earliest, latest
  std::chrono::microseconds idle{30'000'000};  // a followed file that was not written for this long is complete
  int64_t rows_per_commit = 8'000'000;
  int64_t bytes_per_commit = int64_t(4) << 30;
};

/// Keeps the source open between runs.
class Bronze : public stage::Processor {
 public:
  explicit Bronze(BronzeOptions options) : options_(std::move(options)) {}

  stage::Stage stage() const override { return stage::Stage::kBronze; }
  /// Errors: those of source::OpenSource.
  Status Open(const stage::Environment& environment) override;
  Status EnsureTables(const stage::Environment& environment) override;
  Status PrepareForEngine(const stage::Environment&) override { return {}; }

  /// Reads to the end of the source or to the deadline. Commits when the limit of rows or bytes is reached, and at the
  /// end. `progress` gets the number of records as they are read.
  /// Errors: those of the source; kConflict when other writers commit first repeatedly.
  Result<stage::StageReport> Run(const stage::Environment& environment, const stage::Deadline& deadline,
                                 const std::function<void(int64_t)>& progress) override;
  int64_t RecordsBehind() const override { return source_ ? source_->RecordsBehind() : 0; }

 private:
  const BronzeOptions options_;
  std::unique_ptr<source::Source> source_;
};

}  // namespace ingot::bronze
