// What preparation an experiment asks for, as plain values: the input of every fit.
// Order and constants are those of the design: missing, log, outliers, encode, scale.
#pragma once

#include <string>
#include <vector>

namespace nta {

enum class MissingRule { median, mean, most_frequent, constant };
enum class OutlierRule { clip, iqr, none };
enum class EncodeRule { one_hot, none };
enum class UnknownRule { bucket, zero };
enum class ScaleRule { standard, min_max, robust, none };

struct PreparationRules {
  MissingRule missing = MissingRule::median;
  double missing_constant = 0;
  std::vector<std::string> log;  // globs over column and sequence field names
  OutlierRule outliers = OutlierRule::clip;
  double outlier_low = 0.001, outlier_high = 0.999;  // quantiles of rule clip
  double outlier_iqr = 1.5;                          // k of rule iqr
  EncodeRule encode = EncodeRule::one_hot;           // none: codes stay numbers
  UnknownRule unknown = UnknownRule::bucket;
  int min_count = 1;  // a category seen less often counts as unknown
  ScaleRule scale = ScaleRule::standard;
};

}  // namespace nta
