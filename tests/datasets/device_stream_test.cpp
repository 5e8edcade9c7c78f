// Partitions on devices: through nta_test_datasets on the machine's own, if there are any, through
// nta_test_datasets_emulated on emulated ones. Rows are those of the streaming meter.
#include "libnta/core/error.hpp"
#include "tests/datasets/flow_stream_fixture.hpp"
#include "tests/support/on_each_device.hpp"

#include <gtest/gtest.h>

namespace nta {
namespace {

using test::difference;
using test::TableSink;
class DeviceStream : public test::FlowStreamOf<test::OnEachDevice> {};

TEST_P(DeviceStream, WorkersAndBudgetDoNotShow) {
  auto const table = test::make_traffic({.packets = 3000, .keys = 200, .seed = 3});
  for (auto const& [profile, set] : {std::pair{"nta", "nta"},
                                     {"nfstream", "nfstream"},
                                     {"cic-fixed", "cic76"},
                                     {"cic-original", "cic76"}}) {
    auto wanted = request(profile, set);
    auto const whole = expected(table, wanted);
    auto const shards = shards_of(table, 8, 700);
    for (int const threads : {1, 3}) {
      for (std::size_t const memory : {0U, 500'000U}) {
        wanted.exec = exec(threads);
        TableSink sink;
        auto const result = stream_flows_of_shards(shards, wanted, bounded(memory), sink);
        EXPECT_EQ(difference(whole, sink.table()), "")
            << profile << ", " << threads << " threads, " << memory << " B";
        EXPECT_EQ(result.flows, whole.size());
      }
    }
  }
}

TEST_P(DeviceStream, ADeviceThatIsNotThereIsADeviceError) {
  if (GetParam() == Exec::Device::cpu) {
    GTEST_SKIP() << "cores have no index";
  }
  auto wanted = request("nta", "nta");
  wanted.exec = exec();
  wanted.exec.index = cuda_device_count();
  auto const shards = shards_of(test::make_traffic({.packets = 100}), 4, 1000);
  TableSink sink;
  try {
    stream_flows_of_shards(shards, wanted, bounded(0), sink);
    FAIL() << "no error";
  } catch (Error const& error) {
    EXPECT_EQ(error.kind(), ErrorKind::device);
    EXPECT_NE(std::string(error.what()).find("cuda:" + std::to_string(wanted.exec.index)),
              std::string::npos);
  }
}

NTA_ON_EACH_DEVICE(DeviceStream);

}  // namespace
}  // namespace nta
