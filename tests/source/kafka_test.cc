#include "source/kafka.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rdkafka.h>
#include <rdkafka_mock.h>

#include <set>

#include "source/source.h"

namespace ingot::source {
namespace {

constexpr const char* kTopic = "records";
constexpr const char* kGroup = "ingot-test";
constexpr std::chrono::milliseconds kWait{20};
constexpr std::chrono::seconds kPatience{60};

// API keys of Kafka's protocol.
constexpr int16_t kFetch = 1, kMetadata = 3, kOffsetCommit = 8, kFindCoordinator = 10, kJoinGroup = 11, kHeartbeat = 12,
                  kSyncGroup = 14;

std::string RecordText(int number) {
  return fmt::format("{{\"n\":{}}}", number);
}

/// librdkafka's mock cluster of three brokers in this process, with one topic.
class Cluster {
 public:
  explicit Cluster(int partitions) : partitions_(partitions) {
    char problem[256];
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [key, value] : {std::pair{"linger.ms", "5"},
                                     {"reconnect.backoff.max.ms", "200"},
                                     {"retry.backoff.ms", "20"},
                                     {"log_level", "0"}})
      rd_kafka_conf_set(conf, key, value, problem, sizeof problem);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, problem, sizeof problem);
    mock_ = rd_kafka_mock_cluster_new(client_, 3);
    // The mock reports broker 0 as its controller, but numbers its brokers from 1.
    EXPECT_EQ(rd_kafka_mock_broker_add(mock_, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_mock_group_initial_rebalance_delay_ms(mock_, 100);
    EXPECT_EQ(rd_kafka_mock_topic_create(mock_, kTopic, partitions, 3), RD_KAFKA_RESP_ERR_NO_ERROR);
    for (int partition = 0; partition < partitions; ++partition) Lead(partition, 1 + partition % 3);
    Coordinate(1);
    rd_kafka_brokers_add(client_, rd_kafka_mock_cluster_bootstraps(mock_));
  }
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(mock_);
    rd_kafka_destroy(client_);
  }
  std::string Uri() const {
    return std::string("kafka://") + rd_kafka_mock_cluster_bootstraps(mock_) + "/" + kTopic +
           "?heartbeat.interval.ms=100&session.timeout.ms=3000&reconnect.backoff.max.ms=200&retry.backoff.ms=20"
           "&topic.metadata.refresh.interval.ms=500";
  }
  /// Produces to the partitions in turn.
  void Produce(int records) {
    for (int i = 0; i < records; ++i, ++produced) {
      const std::string text = RecordText(produced);
      ASSERT_EQ(rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(kTopic), RD_KAFKA_V_PARTITION(produced % partitions_),
                                  RD_KAFKA_V_VALUE(const_cast<char*>(text.data()), text.size()),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT_EQ(rd_kafka_flush(client_, 60'000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Lead(int partition, int broker) { rd_kafka_mock_partition_set_leader(mock_, kTopic, partition, broker); }
  void Coordinate(int broker) { rd_kafka_mock_coordinator_set(mock_, "group", kGroup, broker); }
  void Down(int broker) { rd_kafka_mock_broker_set_down(mock_, broker); }
  void Up(int broker) { rd_kafka_mock_broker_set_up(mock_, broker); }
  void Fail(int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(mock_, request, errors.size(), errors.data());
  }

  int produced = 0;

 private:
  const int partitions_;
  rd_kafka_t* client_;
  rd_kafka_mock_cluster_t* mock_;
};

/// Does what bronze does: stores a batch only if it begins at the table's position, in one commit with its offsets.
struct Table {
  Checkpoint checkpoint;
  std::multiset<std::string> rows;

  bool Append(const std::vector<RawBatch>& batches, const Source& source) {
    Positions next = checkpoint.positions;
    for (const RawBatch& batch : batches) {
      const auto at = next.try_emplace(batch.from, batch.begin).first;
      if (at->second != batch.begin) return false;  // another worker was first
      at->second = batch.end;
    }
    checkpoint = {.positions = std::move(next), .topics = source.Topics(), .files = {}};
    for (const RawBatch& batch : batches)
      for (const auto& record : batch.records) rows.emplace(batch.Bytes(record));
    return true;
  }
};

/// A worker: a followed source and the batches that are read but not stored.
class Worker {
 public:
  Worker(const Cluster& cluster, Table& table) : table_(&table) {
    auto opened = OpenSource(cluster.Uri(), {.follow = true, .group = kGroup});
    EXPECT_TRUE(opened) << opened.error().message;
    source_ = std::move(*opened);
    Seek();
  }
  /// Reads briefly; the batches wait to be stored.
  void Read() {
    if (source_->Interrupted() && read_.empty()) Seek();
    auto batch = source_->Next(kWait);
    ASSERT_TRUE(batch) << batch.error().message;
    if (!*batch) return;
    ASSERT_TRUE((*batch)->Unpack());
    read_.push_back(std::move(**batch));
  }
  /// Stores the batches that were read; releases and takes partitions as the group requires.
  void Store() {
    const bool stored = table_->Append(read_, *source_);
    read_.clear();
    if (stored) source_->Committed(table_->checkpoint.positions);
    lost_commits += !stored;
    if (!stored || source_->Interrupted()) Seek();
  }
  void Seek() {
    read_.clear();
    // A follower runs again after a retryable error.
    for (int attempt = 0; attempt < 20; ++attempt) {
      const Status sought = source_->Seek(table_->checkpoint);
      if (sought) return;
      ASSERT_EQ(sought.error().kind, ErrorKind::kRetry) << sought.error().message;
    }
    FAIL() << "Seek never succeeded";
  }
  bool Interrupted() const { return source_->Interrupted(); }
  size_t Waiting() const { return read_.size(); }
  std::set<int32_t> PartitionsRead() const {
    std::set<int32_t> partitions;
    for (const RawBatch& batch : read_) partitions.insert(batch.from.partition);
    return partitions;
  }

  int lost_commits = 0;

 private:
  Table* table_;
  std::unique_ptr<Source> source_;
  std::vector<RawBatch> read_;
};

/// The workers read and store in turn until the table has every record.
void RunUntilAllIsStored(const Cluster& cluster, const Table& table, const std::vector<Worker*>& workers) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (int(table.rows.size()) < cluster.produced && std::chrono::steady_clock::now() < deadline)
    for (Worker* worker : workers) worker->Read(), worker->Store();
}

template <typename Condition>
bool ReadUntil(Worker& worker, const Condition& met) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!met() && std::chrono::steady_clock::now() < deadline) worker.Read();
  return met();
}

void ExpectEachRecordOnce(const Cluster& cluster, const Table& table) {
  EXPECT_EQ(int(table.rows.size()), cluster.produced);
  for (int i = 0; i < cluster.produced; ++i) EXPECT_EQ(table.rows.count(RecordText(i)), 1u) << i;
}

// Goal:   one worker gets every partition from its beginning and continues with new records.
// Method: two rounds.
TEST(Kafka, OneWorkerReadsAll) {
  Cluster cluster(4);
  Table table;
  cluster.Produce(1000);
  Worker worker(cluster, table);
  RunUntilAllIsStored(cluster, table, {&worker});
  cluster.Produce(1000);
  RunUntilAllIsStored(cluster, table, {&worker});
  ExpectEachRecordOnce(cluster, table);
  EXPECT_EQ(table.checkpoint.positions.size(), 4u);
  EXPECT_EQ(worker.lost_commits, 0);
}

// Goal:   a second worker gets partitions without a lost commit, and they return when it leaves.
// Method: join, work, leave.
TEST(Kafka, TwoWorkersShare) {
  Cluster cluster(4);
  Table table;
  cluster.Produce(500);
  Worker first(cluster, table);
  RunUntilAllIsStored(cluster, table, {&first});
  {
    Worker second(cluster, table);
    std::set<int32_t> given;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (given.empty() && std::chrono::steady_clock::now() < deadline) {
      cluster.Produce(20);
      first.Read(), first.Store();
      second.Read();
      given = second.PartitionsRead();
      second.Store();
    }
    EXPECT_FALSE(given.empty());
    EXPECT_LT(given.size(), 4u);
    cluster.Produce(500);
    RunUntilAllIsStored(cluster, table, {&first, &second});
    EXPECT_EQ(first.lost_commits + second.lost_commits, 0);
  }
  cluster.Produce(500);
  RunUntilAllIsStored(cluster, table, {&first});
  ExpectEachRecordOnce(cluster, table);
}

// Goal:   when the group revokes partitions before a batch is stored, the batch counts if it is stored first; otherwise
//         the other worker reads it.
// Method: revocation with a pending batch, both ways.
TEST(Kafka, RevokedInTheMiddleOfABatch) {
  for (const bool stores : {true, false}) {
    Cluster cluster(2);
    Table table;
    cluster.Produce(200);
    Worker first(cluster, table);
    ASSERT_TRUE(ReadUntil(first, [&] { return first.PartitionsRead().size() == 2; }));
    Worker second(cluster, table);
    ASSERT_TRUE(ReadUntil(first, [&] { return first.Interrupted(); }));
    ASSERT_GT(first.Waiting(), 0u);
    stores ? first.Store() : first.Seek();
    EXPECT_EQ(table.rows.empty(), !stores);
    cluster.Produce(200);
    RunUntilAllIsStored(cluster, table, {&first, &second});
    ExpectEachRecordOnce(cluster, table);
    EXPECT_EQ(first.lost_commits + second.lost_commits, 0);
  }
}

// Goal:   a worker whose records another one has stored meanwhile loses its commit and resumes after them.
// Method: a reader outside the group is faster.
TEST(Kafka, LateWorkerLosesItsCommit) {
  Cluster cluster(1);
  Table table;
  cluster.Produce(100);
  Worker late(cluster, table);
  ASSERT_TRUE(ReadUntil(late, [&] { return late.Waiting() > 0; }));
  const auto other = OpenSource(cluster.Uri(), {.group = "other"});
  ASSERT_TRUE(other && (*other)->Seek(table.checkpoint));
  std::vector<RawBatch> batches;
  while (!(*other)->AtEnd()) {
    auto batch = (*other)->Next(kWait);
    ASSERT_TRUE(batch);
    if (*batch && (*batch)->Unpack()) batches.push_back(std::move(**batch));
  }
  ASSERT_TRUE(table.Append(batches, **other));
  late.Store();
  EXPECT_EQ(late.lost_commits, 1);
  cluster.Produce(100);
  RunUntilAllIsStored(cluster, table, {&late});
  ExpectEachRecordOnce(cluster, table);
}

// Goal:   reading a partition continues when its leader changes.
// Method: leaders change between batches; the old one is down.
TEST(Kafka, LeaderChanges) {
  Cluster cluster(3);
  Table table;
  cluster.Produce(300);
  Worker worker(cluster, table);
  for (int round = 1; round <= 3; ++round) {
    worker.Read();
    for (int partition = 0; partition < 3; ++partition) cluster.Lead(partition, 1 + (partition + round) % 3);
    cluster.Produce(300);
    RunUntilAllIsStored(cluster, table, {&worker});
  }
  for (int partition = 0; partition < 3; ++partition) cluster.Lead(partition, 2);
  cluster.Down(3);
  cluster.Produce(300);
  RunUntilAllIsStored(cluster, table, {&worker});
  ExpectEachRecordOnce(cluster, table);
}

// Goal:   the group survives the failure of its coordinator.
// Method: the coordinator's broker goes down, another takes over, and a second worker joins there.
TEST(Kafka, CoordinatorFails) {
  Cluster cluster(2);
  Table table;
  for (int partition = 0; partition < 2; ++partition) cluster.Lead(partition, 3);
  cluster.Produce(100);
  Worker first(cluster, table);
  RunUntilAllIsStored(cluster, table, {&first});
  cluster.Down(1);
  cluster.Coordinate(2);
  cluster.Produce(100);
  RunUntilAllIsStored(cluster, table, {&first});
  Worker second(cluster, table);
  cluster.Up(1);
  cluster.Produce(100);
  RunUntilAllIsStored(cluster, table, {&first, &second});
  ExpectEachRecordOnce(cluster, table);
}

// Goal:   transient errors of brokers are retried, and a member that the group has dropped rejoins.
// Method: errors in the responses to each kind of request, before and while records are read.
TEST(Kafka, TransientErrors) {
  using Errors = std::vector<rd_kafka_resp_err_t>;
  const std::pair<int16_t, Errors> cases[] = {
      {kFetch,
       {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE}},
      {kMetadata, {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE}},
      {kOffsetCommit, {RD_KAFKA_RESP_ERR_NOT_COORDINATOR_FOR_GROUP, RD_KAFKA_RESP_ERR_GROUP_LOAD_IN_PROGRESS}},
      {kFindCoordinator, {RD_KAFKA_RESP_ERR_GROUP_COORDINATOR_NOT_AVAILABLE}},
      {kJoinGroup, {RD_KAFKA_RESP_ERR_GROUP_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR_FOR_GROUP}},
      {kSyncGroup, {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS}},
      {kHeartbeat,
       {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS}}};
  for (const auto& [request, errors] : cases) {
    SCOPED_TRACE(request);
    Cluster cluster(2);
    Table table;
    cluster.Produce(100);
    cluster.Fail(request, errors);
    Worker worker(cluster, table);
    RunUntilAllIsStored(cluster, table, {&worker});
    for (const rd_kafka_resp_err_t error : errors) {
      cluster.Produce(50);
      cluster.Fail(request, {error});
      RunUntilAllIsStored(cluster, table, {&worker});
    }
    ExpectEachRecordOnce(cluster, table);
    EXPECT_EQ(worker.lost_commits, 0);
  }
}

}  // namespace
}  // namespace ingot::source
