#include <cstdlib>

#include "cli/cli.h"
#include "iceberg/journal.h"
#include "storage/storage.h"

int main(int argc, char** argv) {
  // Arrow's buffers share one heap with all other memory, so that each reuses what the other freed
  // (docs/decisions/0003-speed.md).
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
  const int code = ingot::cli::Main(argc, argv);
  ingot::iceberg::WithdrawAll();
  ingot::storage::CloseStorages();
  return code;
}
