// The first stage: from the source to the bronze table, every record once.
// Protocol (docs/formats/snapshot-summary.md):
//   read checkpoint C of the table; read records from C; write files; commit, and in the compare-and-swap check that
//   each partition is still where its batch began; what lost begins again from the new checkpoint.
#pragma once

#include <functional>
#include <memory>

#include "source/source.h"
#include "stage/stage.h"

namespace ingot::bronze {

/// From a word of the pipeline file: fail, reread, skip.
source::OnChanged OnChangedOf(const std::string& choice);

/// Keeps the source open from run to run.
class Bronze {
 public:
  /// Errors: those of source::OpenSource.
  static Result<Bronze> Open(const stage::StageContext& context);

  /// Reads to the end of the source, of a followed one until context.read_until; commits by rows, bytes and then.
  /// `progress` is told of records as they are read. Errors: see the source; kConflict when other writers kept winning.
  Result<stage::StageReport> Run(const stage::StageContext& context, const std::function<void(int64_t)>& progress);

  /// Records that the source has behind what was read; 0 when not known.
  int64_t RecordsBehind() const { return source_->RecordsBehind(); }

 private:
  explicit Bronze(std::unique_ptr<source::Source> source) : source_(std::move(source)) {}

  std::unique_ptr<source::Source> source_;
};

}  // namespace ingot::bronze
