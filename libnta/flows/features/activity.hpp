// Subflows, idle gaps and the stretches of activity between them (group A).
#pragma once

#include "libnta/flows/features/feature_info.hpp"

namespace nta {

struct SubflowCount {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "subflow_count", "1", "1 + gaps > 1 s"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(1 + f.activity.subflow_gaps);
  }
};

struct IdleCount {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "idle_count", "1", "gaps > 5 s"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const&) {
    return as_integer(f.activity.idle_count);
  }
};

struct IdleMean {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "idle_mean_ns", "ns",
                                     "mean gap of those > 5 s"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    return mean_ns(f.activity.idle_sum, f.activity.idle_count, rules);
  }
};

struct IdleMax {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "idle_max_ns", "ns",
                                     "longest gap of those > 5 s"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    return in_ns(f.activity.idle_max, rules);
  }
};

struct ActiveMean {
  static constexpr FeatureInfo kInfo{
      FlowPart::flow, "active_mean_ns", "ns",
      "(duration minus the gaps > 5 s) / (1 + number of gaps > 5 s)"};
  NTA_HD static double value(FlowState const& f, Rules const& rules) {
    return mean_ns(I128{f.time.duration()} - f.activity.idle_sum, f.activity.idle_count + 1, rules);
  }
};

struct ActiveMax {
  static constexpr FeatureInfo kInfo{FlowPart::flow, "active_max_ns", "ns",
                                     "longest stretch between gaps > 5 s"};
  NTA_HD static std::int64_t value(FlowState const& f, Rules const& rules) {
    Activity const& a = f.activity;
    if (a.idle_count == 0) {
      return in_ns(f.time.duration(), rules);
    }
    std::int64_t const head = a.head_last - f.time.first;
    std::int64_t const tail = f.time.last - a.tail_first;
    std::int64_t const longer = head > tail ? head : tail;
    return in_ns(longer > a.closed_max ? longer : a.closed_max, rules);
  }
};

}  // namespace nta
