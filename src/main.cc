#include "cli/cli.h"
#include "storage/storage.h"

int main(int argc, char** argv) {
  const int code = ingot::cli::Main(argc, argv);
  ingot::storage::CloseStorages();
  return code;
}
