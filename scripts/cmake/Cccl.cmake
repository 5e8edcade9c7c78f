# Thrust, CUB and libcu++ headers (target Cccl::headers) and NTA_NVCC, the CUDA compiler if there is one: from the
# virtual environment, where scripts/setup.sh puts what the machine lacks, else from the machine's CUDA toolkit.
file(GLOB venv_cuda ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/nvidia/cu13)

function(nta_nvcc_is_new_enough result path)  # an older one would be found, and fail in the middle of the build
  execute_process(COMMAND ${path} --version OUTPUT_VARIABLE text ERROR_QUIET)
  if(NOT text MATCHES "release ([0-9]+)" OR CMAKE_MATCH_1 LESS 13)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()
find_program(NTA_NVCC nvcc HINTS ${venv_cuda}/bin PATHS /usr/local/cuda/bin VALIDATOR nta_nvcc_is_new_enough)
if(NTA_CUDA AND NOT NTA_CUDA STREQUAL "AUTO" AND NOT NTA_NVCC)
  message(FATAL_ERROR "NTA_CUDA=${NTA_CUDA}, but there is no CUDA compiler 13 or newer; run scripts/setup.sh")
endif()

set(toolkits /usr/local/cuda ${venv_cuda})
if(NTA_NVCC)  # its own headers before others
  get_filename_component(nvcc_real ${NTA_NVCC} REALPATH)
  foreach(nvcc ${nvcc_real} ${NTA_NVCC})
    get_filename_component(toolkit ${nvcc}/../.. ABSOLUTE)
    list(PREPEND toolkits ${toolkit})
  endforeach()
endif()
find_path(CCCL_INCLUDE_DIR thrust/version.h PATHS ${toolkits} PATH_SUFFIXES include/cccl NO_DEFAULT_PATH)
if(NOT CCCL_INCLUDE_DIR)
  message(FATAL_ERROR "Thrust headers not found; run scripts/setup.sh")
endif()
add_library(Cccl::headers INTERFACE IMPORTED)
set_target_properties(Cccl::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${CCCL_INCLUDE_DIR})
