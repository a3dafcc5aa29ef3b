// Adds data files to a silver table that exist only in its manifests: ten files of 140,000 keys for each hour of the
// DAYS days before BEFORE. Opening one of them fails, so the benchmark also shows that none is opened.
//
//   add_history WAREHOUSE TABLE DAYS BEFORE     e.g. add_history /tmp/w silver.speedtest_clean 30 2024-07-19
#include <filesystem>

#include "base/rfc3339.h"
#include "bench/described_file.h"
#include "catalog/open.h"
#include "iceberg/table.h"

using namespace ingot;
using bench::Must;

int main(int count, char** arguments) {
  if (count != 5) return std::cerr << "usage: add_history WAREHOUSE TABLE DAYS BEFORE\n", 2;
  const std::string folder = std::filesystem::absolute(arguments[1]), root = "file://" + folder;
  int64_t before = 0;
  if (!ParseRfc3339(std::string(arguments[4]) + "T00:00:00Z", before))
    return std::cerr << "BEFORE is not a date (write 2024-07-19)\n", 2;
  const auto storage = Must(storage::OpenStorage(root));
  const auto catalog = Must(catalog::OpenCatalog("sqlite://" + folder + "/catalog.db", root));
  const iceberg::TableHome home{catalog, storage, Must(iceberg::ParseTableName(arguments[2], catalog->Name()))};
  const auto table = Must(iceberg::LoadTable(home));
  const int64_t hours = std::atoll(arguments[3]) * 24;
  iceberg::SnapshotChange change;
  for (int64_t hour = 1; hour <= hours; ++hour)
    for (int64_t number = 0; number < 10; ++number)
      change.added.push_back(bench::FileOf(*table.metadata, before - hour * kMicrosPerHour, kMicrosPerHour, number));
  if (hours > 0) Must(iceberg::CommitSnapshot(home, change));
  int64_t keys = 0;
  for (const auto& file : change.added) keys += file.record_count;
  std::cout << keys << "\n";
}
