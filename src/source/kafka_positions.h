// Finds where each partition resumes, from the table's checkpoint and the current state of the cluster.
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

  /// Clears the resets. `topics` are the current topics.
  void Begin(const std::map<std::string, KafkaTopic>& topics);

  /// Returns the table's positions in the current topics. A recreated topic is reset if the operator chose how to
  /// continue.
  /// Errors: kBadInput with the options.
  Result<Positions> ResumePositions(const Checkpoint& checkpoint);

  /// Returns the start of a partition: its known position, otherwise its first record. `high` gets its end.
  /// Errors: kBadInput with the options when the records at its position no longer exist.
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
  std::map<std::string, std::string> replaced_;  // topics that differ from the checkpoint, and why
  std::vector<OffsetReset> resets_;
};

}  // namespace ingot::source
