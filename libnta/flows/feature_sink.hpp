// Where finished flows go, block after block: meters that never hold all rows write through this.
#pragma once

#include "libnta/flows/feature_table.hpp"

namespace nta {

class FeatureSink {
 public:
  virtual ~FeatureSink() = default;
  /// The next rows, ascending over all blocks. Every block has the same columns and provenance; the
  /// first one, which may be empty, settles them.
  virtual void add(FeatureTable const& rows) = 0;
  /// After the last block; what was written is complete only now. Called once.
  virtual void finish() = 0;
};

}  // namespace nta
