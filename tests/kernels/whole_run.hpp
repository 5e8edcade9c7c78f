// A device's run over like flows, all features of all rows asked for at once.
#pragma once

#include "kernels/device_run.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace nta::test {

template <class Set, class Device>
void run_whole(DeviceRun<Device>& run, SelectedPackets const& packets, std::size_t flows,
               std::size_t features) {
  auto const cuts = run.cut(packets);
  EXPECT_EQ(cuts.size(), flows);
  std::vector<std::uint32_t> order(cuts.size());
  std::iota(order.begin(), order.end(), 0U);
  std::vector<int> ids(features);
  std::iota(ids.begin(), ids.end(), 0);
  std::vector<std::vector<FeatureCell>> cells(ids.size(), std::vector<FeatureCell>(order.size()));
  std::vector<FeatureCell*> columns;
  for (auto& column : cells) {
    columns.push_back(column.data());
  }
  FlowOutput output;
  output.order = order, output.ids = ids, output.columns = columns;
  run.template finish<Set>(output);
}

}  // namespace nta::test
