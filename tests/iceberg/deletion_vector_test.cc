#include "iceberg/deletion_vector.h"

#include <algorithm>
#include <limits>
#include <map>

#include "tests/rows/fixtures.h"

namespace ingot::iceberg {
namespace {

constexpr int64_t kAnyRows = std::numeric_limits<int64_t>::max();

std::string Peer(const std::string& name) {
  return rows::ReadFile(rows::PeerData() / "iceberg_metadata/org/apache/iceberg/deletes" /
                        (name + "-position-index.bin"));
}

// Goal:   deletion vectors of other writers are read.
// Method: vectors of the Iceberg project with each kind of container.
TEST(DeletionVector, ReadsVectorsOfOtherWriters) {
  INGOT_NEED_PEER_DATA();
  using Positions = std::vector<int64_t>;
  EXPECT_EQ(*DecodeDeletionVector(Peer("empty"), kAnyRows), Positions());
  EXPECT_EQ(*DecodeDeletionVector(Peer("small-alternating-values"), kAnyRows), Positions({1, 3, 5, 7, 9}));
  EXPECT_EQ(*DecodeDeletionVector(Peer("small-and-large-values"), kAnyRows),
            Positions({100, 101, 2147483747, 2147483748}));
  // Containers of 65,536 positions: arrays, a run and a bitset, below and above 2^32.
  const auto all = *DecodeDeletionVector(Peer("all-container-types"), kAnyRows);
  std::map<int64_t, int64_t> counts;
  for (const int64_t position : all) ++counts[position >> 16];
  EXPECT_EQ(counts,
            (std::map<int64_t, int64_t>{{0, 2}, {1, 999}, {2, 65534}, {65536, 2}, {65537, 490}, {65538, 65534}}));
  EXPECT_EQ(Positions(all.begin(), all.begin() + 3), Positions({5, 7, 65537}));
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

// Goal:   damaged vectors are detected.
// Method: change each byte of a vector in turn; truncate it to each length.
TEST(DeletionVector, Damaged) {
  INGOT_NEED_PEER_DATA();
  const std::string good = Peer("all-container-types");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = char(bad[i] ^ 1);
    EXPECT_EQ(DecodeDeletionVector(bad, kAnyRows).error().kind, ErrorKind::kCorrupt) << i;
    EXPECT_EQ(DecodeDeletionVector(good.substr(0, i), kAnyRows).error().kind, ErrorKind::kCorrupt) << i;
  }
}

// Goal:   positions beyond the data file are an error.
// Method: a data file that ends after the last position, and one that is one row shorter.
TEST(DeletionVector, PositionsBeyondTheFile) {
  INGOT_NEED_PEER_DATA();
  const std::string vector = Peer("small-alternating-values");
  EXPECT_TRUE(DecodeDeletionVector(vector, 10));
  const auto rejected = DecodeDeletionVector(vector, 9);
  EXPECT_EQ(rejected.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(rejected.error().message.find("position 9 in a data file of 9 rows"), std::string::npos);
}

// Goal:   vectors are written like those of other writers.
// Method: encode the positions of the Iceberg project's vectors and compare the bytes; round trips of unordered
//         positions in each kind of container.
TEST(DeletionVector, WritesLikeOtherWriters) {
  INGOT_NEED_PEER_DATA();
  for (const char* name : {"empty", "small-alternating-values", "small-and-large-values", "all-container-types"})
    EXPECT_EQ(EncodeDeletionVector(*DecodeDeletionVector(Peer(name), kAnyRows)), Peer(name)) << name;
  std::vector<int64_t> positions{5, 3, int64_t(1) << 40};
  for (int64_t i = 100'000; i < 300'000; i += 1 + i % 3) positions.push_back(i);
  const std::string blob = EncodeDeletionVector(positions);
  std::ranges::sort(positions);
  EXPECT_EQ(*DecodeDeletionVector(blob, kAnyRows), positions);
}

}  // namespace
}  // namespace ingot::iceberg
