#include "maintain/erase_ref.h"

#include "base/fault.h"

namespace ingot::maintain {

using iceberg::TableMetadata;

Status RemakeRef(const iceberg::TableHome& home, const std::string& ref, EraseRowsOptions options) {
  const std::string beside = std::string(kRemadeRef) + ref;
  iceberg::SnapshotId named = 0;
  INGOT_TRY(iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
    const auto found = metadata.refs.find(ref);
    if (found == metadata.refs.end())
      return Fail(ErrorKind::kConflict, "there is no branch or tag " + ref + " any more");
    named = found->second.snapshot_id;
    metadata.refs.erase(beside);
    return iceberg::SetRef(metadata, beside, {.snapshot_id = named, .type = "branch"});
  }));
  INGOT_TRY(FaultPoint("erase.ref_copied"));
  options.branch = beside;
  options.always_commits = true;  // the snapshot may name files that it removed
  INGOT_TRY(EraseRows(home, options));
  INGOT_TRY(iceberg::CommitMetadata(home, [&](TableMetadata& metadata) -> Status {
    const auto found = metadata.refs.find(ref), made = metadata.refs.find(beside);
    if (found == metadata.refs.end() || made == metadata.refs.end() || found->second.snapshot_id != named)
      return Fail(ErrorKind::kConflict, "the branch or tag " + ref + " was moved meanwhile: run the command again");
    found->second.snapshot_id = made->second.snapshot_id;
    metadata.refs.erase(made);
    return {};
  }));
  return FaultPoint("erase.ref_moved");
}

}  // namespace ingot::maintain
