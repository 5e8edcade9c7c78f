// Replays corpus folders through a fuzz target and says how many inputs there were. A target that
// finds something wrong aborts; no input at all is a failure too.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

int main(int argc, char** argv) {
  std::size_t n_inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (auto const& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::vector<char> const bytes{std::istreambuf_iterator<char>(in),
                                    std::istreambuf_iterator<char>()};
      auto const* const data = reinterpret_cast<std::uint8_t const*>(bytes.data());
      if (LLVMFuzzerTestOneInput(data, bytes.size()) != 0) {
        std::printf("refused: %s\n", entry.path().c_str());
        return 1;
      }
      ++n_inputs;
    }
  }
  std::printf("%zu inputs\n", n_inputs);
  return n_inputs > 0 ? 0 : 1;
}
