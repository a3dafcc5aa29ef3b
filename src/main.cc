#include "cli/cli.h"

int main(int argc, char** argv) {
  return ingot::cli::Main(argc, argv);
}
