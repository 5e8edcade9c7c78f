// Which steps a fitted preparation needs; the exported script leaves out the others. No torch here.
#pragma once

#include "trainers/datasets/preparation.hpp"

namespace nta {

struct PreparationSteps {
  bool is_sequence = false, one_hot = false, unknown = false, log = false;
};
PreparationSteps steps_of(Preparation const& preparation, bool is_sequence);

}  // namespace nta
