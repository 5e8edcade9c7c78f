// Look-ups in the list of metrics.
#include "trainers/metrics/metric_list.hpp"

namespace nta {

std::optional<MetricInfo> find_metric(std::string_view name) {
  std::size_t const slash = name.find('/');
  bool const of_class = slash != std::string_view::npos && slash + 1 < name.size();
  std::string_view const wanted = of_class ? name.substr(0, slash + 1) : name;
  for (MetricInfo const& info : kMetrics) {
    if (info.name == wanted && info.name.ends_with('/') == of_class) {
      return info;
    }
  }
  return std::nullopt;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (MetricInfo const& info : kMetrics) {
    if (!info.name.ends_with('/')) {
      names.emplace_back(info.name);
    }
  }
  return names;
}

}  // namespace nta
