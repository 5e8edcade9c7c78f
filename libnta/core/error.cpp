#include "libnta/core/error.hpp"

#include <cerrno>
#include <cstring>

namespace nta {

void fail_errno(ErrorKind kind, std::string_view what, int error_number) {
  bool const full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  throw Error(full ? ErrorKind::storage : kind,
              fmt::format("{}: {}{}", what, std::strerror(error_number),
                          full ? "; free space and run the same command again" : ""));
}

}  // namespace nta
