#include "cli/cli.h"
#include "iceberg/journal.h"
#include "storage/storage.h"

int main(int argc, char** argv) {
  const int code = ingot::cli::Main(argc, argv);
  ingot::iceberg::WithdrawAll();
  ingot::storage::CloseStorages();
  return code;
}
