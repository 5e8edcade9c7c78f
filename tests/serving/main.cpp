// The test binary is also the fresh process that checks an export: nta_test_serving export-check
// FOLDER.
#include "trainers/serving/parity.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "export-check") {
    try {
      return nta::export_check(argv[2]);
    } catch (std::exception const& error) {
      std::fprintf(stderr, "export-check: %s\n", error.what());
      return 3;
    }
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
