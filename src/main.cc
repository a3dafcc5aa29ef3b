#include <malloc.h>

#include "cli/cli.h"
#include "storage/storage.h"

/// Buffers of some megabytes come and go with every batch. They are taken from what the batch before has freed, instead of
/// from the kernel, which would have to clear each page again.
static void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

int main(int argc, char** argv) {
  KeepFreedMemory();
  const int code = ingot::cli::Main(argc, argv);
  ingot::storage::CloseStorages();
  return code;
}
