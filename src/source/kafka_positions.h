// Where each partition goes on: what the table has, held against what the cluster has now.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "source/kafka_client.h"

namespace ingot::source {

class KafkaPositions {
 public:
  KafkaPositions() = default;
  KafkaPositions(rd_kafka_t* client, OnReset on_reset) : client_(client), on_reset_(on_reset) {}

  /// Forgets the resets; `topics` are those that are there now.
  void Begin(const std::map<std::string, KafkaTopic>& topics);

  /// The table's positions in the topics as they are now. Those of a topic that was made anew are reset, if the
  /// operator said how to go on. Errors: kBadInput with the choice to make.
  Result<Positions> ToGoOnFrom(const Checkpoint& checkpoint);

  /// Where a partition begins: at its known position, else at its first record; `high` gets its end. Errors: kBadInput
  /// when the records at its position are gone, with the choice to make.
  Result<int64_t> StartOf(const PartitionId& id, const Positions& known, int64_t& high);

  const std::vector<OffsetReset>& resets() const { return resets_; }

 private:
  struct Watermarks {
    int64_t low = 0;
    int64_t high = 0;
  };
  Result<Watermarks> WatermarksOf(const PartitionId& id);
  Result<int64_t> ResetStart(const PartitionId& id);
  Status FindReplaced(const Checkpoint& checkpoint);

  rd_kafka_t* client_ = nullptr;
  OnReset on_reset_ = OnReset::kFail;
  std::map<std::string, KafkaTopic> topics_;
  std::map<std::string, std::string> replaced_;  // topics that are not those of the checkpoint, and why
  std::vector<OffsetReset> resets_;
};

}  // namespace ingot::source
