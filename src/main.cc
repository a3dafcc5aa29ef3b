#include <cstdlib>

#include "cli/cli.h"
#include "iceberg/journal.h"
#include "storage/storage.h"

int main(int argc, char** argv) {
  // One heap for Arrow's buffers and all else: what the one has freed, the other takes (docs/decisions/0003-speed.md).
  setenv("ARROW_DEFAULT_MEMORY_POOL", "system", 0);
  const int code = ingot::cli::Main(argc, argv);
  ingot::iceberg::WithdrawAll();
  ingot::storage::CloseStorages();
  return code;
}
